"""Votes in blocks of participants: one process works through them in turn, a cluster on several at once.

Counts are sums of integers, and a position depends on one participant's votes alone: neither how votes are cut into
blocks nor who works on which changes a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from deliberation.packed import row_parts
from deliberation.votes import VoteMatrix

T = TypeVar("T")

BLOCK = 1 << 20
"""Votes in a block: enough to be worth a message, few enough that nothing big is made of them."""


class Workers(Protocol):
    """Whoever works on blocks: `work(*block)` of each, in the order of the blocks."""

    def __call__(self, work: Callable[..., T], blocks: Sequence[tuple[Any, ...]]) -> list[T]: ...


def in_turn(work: Callable[..., T], blocks: Sequence[tuple[Any, ...]]) -> list[T]:
    """What this process makes of each block, one after the other."""
    return [work(*block) for block in blocks]


def blocks_of(votes: VoteMatrix) -> Iterator[tuple[slice, VoteMatrix]]:
    """Slices of participants, each with its votes: about `BLOCK` of them, nobody's cut. They cover all participants."""
    for people, part in row_parts(votes.index_pointer(), BLOCK):
        rows = votes.rows[part] - votes.rows.dtype.type(people.start)
        ids = votes.participant_ids[people]
        yield people, VoteMatrix(ids, votes.statement_ids, rows, votes.columns[part], votes.signs[part])
