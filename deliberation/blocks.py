"""Votes in blocks of participants: one process works through them in turn, a cluster on several at once.

Counts are sums of integers, and a position depends on one participant's votes alone: neither how votes are cut into
blocks nor who works on which changes a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from deliberation.packed import row_parts
from deliberation.votes import VoteMatrix

T = TypeVar("T")
Given = Callable[[slice], tuple[Any, ...]]
"""What belongs to the participants of a slice, beside their votes."""

BLOCK = 1 << 20
"""Votes in a block: enough to be worth a message, few enough that nothing big is made of them."""


class Workers(Protocol):
    """Whoever does the parts of an analysis that do not need each other. What they find does not depend on who it is.

    n_at_once : how many parts are done at the same time
    """

    @property
    def n_at_once(self) -> int: ...

    def each(self, work: Callable[..., T], tasks: Sequence[tuple[Any, ...]], *shared: Any) -> list[T]:
        """`work(*shared, *task)` of each task, in their order."""

    def over(self, work: Callable[..., T], votes: VoteMatrix, given: Given) -> list[T]:
        """`work(block, *given(people))` of each block of the votes, in the order of participants."""

    def select(
        self, votes: VoteMatrix, *, participants: NDArray[np.bool_], statements: NDArray[np.bool_]
    ) -> VoteMatrix:
        """The votes of these participants on these statements, which are to be worked `over` next."""

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        """A function that returns what `work` returns, which may have been done since."""


class InTurn:
    """This process, one part after the other."""

    n_at_once = 1

    def each(self, work: Callable[..., T], tasks: Sequence[tuple[Any, ...]], *shared: Any) -> list[T]:
        return [work(*shared, *task) for task in tasks]

    def over(self, work: Callable[..., T], votes: VoteMatrix, given: Given) -> list[T]:
        return [work(block, *given(people)) for people, block in blocks_of(votes)]

    def select(
        self, votes: VoteMatrix, *, participants: NDArray[np.bool_], statements: NDArray[np.bool_]
    ) -> VoteMatrix:
        return votes.select(participants=participants, statements=statements)

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        return work


in_turn = InTurn()


def blocks_of(votes: VoteMatrix, size: int | None = None) -> Iterator[tuple[slice, VoteMatrix]]:
    """Slices of participants, each with its votes: about `size` of them, nobody's cut. They cover all participants."""
    for people, _ in row_parts(votes.index_pointer(), size or BLOCK):
        yield people, block_of(votes, people)


def block_of(votes: VoteMatrix, people: slice) -> VoteMatrix:
    """The votes of a slice of the participants."""
    starts = votes.index_pointer()
    part = slice(int(starts[people.start]), int(starts[people.stop]))
    rows = votes.rows[part] - votes.rows.dtype.type(people.start)
    ids = votes.participant_ids[people]
    return VoteMatrix(ids, votes.statement_ids, rows, votes.columns[part], votes.signs[part])
