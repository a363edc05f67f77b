"""Which statement stands for which, and whose votes wait for a word of those who cast them.

A statement that was merged or reworded stays as it was; another one stands for it. A vote belongs to the words it was
cast on: it counts for the other statement only once its voter has carried it there.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from deliberation.errors import BadValue
from deliberation.votes import Choice


class CarryAnswer(StrEnum):
    """What a voter says of a vote on a statement for which another one stands now.

    Whoever looks at the new words and votes on them has no need to answer.
    """

    CARRY = "carry"
    DROP = "drop"


@dataclass(frozen=True)
class WaitingVote:
    """One person's votes that count nowhere until they say so.

    statement_id : the statement that stands for those they voted on
    original_ids : the statements they voted on, ascending
    choice : their choice, if it was the same on all of them; None where it was not, so that they must look again
    """

    statement_id: int
    original_ids: tuple[int, ...]
    choice: Choice | None


def current_of(statement_id: int, successors: Mapping[int, int]) -> int:
    """The statement that stands for this one in the end: itself where none does. Raises `BadValue` for a circle."""
    seen = {statement_id}
    while statement_id in successors:
        statement_id = successors[statement_id]
        if statement_id in seen:
            raise BadValue(name="successors", value=statement_id, allowed="no circle")
        seen.add(statement_id)
    return statement_id


def waiting_votes(
    choices: Mapping[int, Choice],
    successors: Mapping[int, int],
    *,
    open_ids: Collection[int],
    answered_ids: Collection[int] = (),
) -> tuple[WaitingVote, ...]:
    """One person's votes that wait, one entry for each statement that stands for others, ascending.

    A vote waits if another statement stands for the one it was cast on, that other is open for votes, the person has
    no vote on it yet and has not answered for this vote. So nobody is ever counted twice on a statement, and a vote
    that was cast on the new words is never touched.

    choices : the person's votes by statement id; successors : statement -> the one that stands for it
    """
    waiting: dict[int, list[int]] = {}
    for original in sorted(choices):
        current = current_of(original, successors)
        if current != original and current in open_ids and current not in choices and original not in answered_ids:
            waiting.setdefault(current, []).append(original)
    return tuple(
        WaitingVote(current, tuple(originals), _common([choices[original] for original in originals]))
        for current, originals in sorted(waiting.items())
    )


def _common(choices: Sequence[Choice]) -> Choice | None:
    return choices[0] if len(set(choices)) == 1 else None


def n_independent(authors: Sequence[tuple[Hashable | None, Hashable | None]]) -> int:
    """How many independent origins statements have that say the same.

    authors : author and organisation of each statement, None where there is none or it is not known

    People of one organisation are one origin, and so is one person with several statements; a statement without an
    author is none.
    """
    return len(
        {("organisation", body) if body is not None else ("person", who) for who, body in authors if who is not None}
    )
