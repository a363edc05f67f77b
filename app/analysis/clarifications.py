"""Questions about unclear wording, as moderators and authors see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.database import fetch
from deliberation.disclosure import ReleasedDay, release_day
from deliberation.wordings import Piece, compare_wordings


@dataclass(frozen=True)
class Asked:
    """What is unclear in a statement, what its author was asked, and what they did.

    answer : what they added for the moderator; pieces : how the words have changed since, none where they have not
    """

    number: int
    statement: str
    language: str
    kind: str
    question: str
    asked_on: ReleasedDay
    is_answered: bool
    answer: str
    pieces: tuple[Piece, ...]


LATEST = """
select distinct on (c.proposal) c.*, p.number, p.statement, p.language
from clarifications c join proposals p on p.id = c.proposal
where c.proposal = any($1::int[]) order by c.proposal, c.asked_at desc
"""
RETURNED = """
select c.*, p.number, p.statement, p.language from clarifications c join proposals p on p.id = c.proposal
where p.consultation = $1 and p.status = 'returned' and c.answered_at is null order by c.asked_at, p.number
"""


async def asked_about(proposals: Sequence[int]) -> dict[int, Asked]:
    """The latest question about each of these statements, by the statement's id."""
    return {row["proposal"]: _asked(row) for row in await fetch(LATEST, list(proposals))}


async def returned_in(consultation: UUID) -> tuple[Asked, ...]:
    """What is with its authors now, the oldest question first."""
    return tuple(_asked(row) for row in await fetch(RETURNED, consultation))


def _asked(row: Any) -> Asked:
    is_reworded = row["before"].split() != row["statement"].split()
    return Asked(
        number=row["number"],
        statement=row["statement"],
        language=row["language"],
        kind=row["kind"],
        question=row["question"],
        asked_on=release_day(row["asked_at"]),
        is_answered=row["answered_at"] is not None,
        answer=row["answer"],
        pieces=compare_wordings(row["before"], row["statement"]) if is_reworded else (),
    )
