"""Appeals, as authors and convenors see them; nothing here leads to an author or to a moderator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.database import fetch
from deliberation.disclosure import ReleasedDay, release_day


@dataclass(frozen=True)
class AppealLine:
    """One appeal: what was declined and why, what its author says, and what the convenor answered."""

    id: UUID
    proposal: int
    number: int
    statement: str
    language: str
    reason_code: str
    words: str
    reason: str
    made_on: ReleasedDay
    outcome: str
    answer: str


IN_CONSULTATION = """
select a.*, p.number, p.statement, p.language, p.reason_code, p.reason as words
from appeals a join proposals p on p.id = a.proposal
where p.consultation = $1 order by (a.outcome <> ''), a.made_at, p.number
"""
OF_PROPOSALS = """
select a.*, p.number, p.statement, p.language, p.reason_code, p.reason as words
from appeals a join proposals p on p.id = a.proposal where p.id = any($1::int[])
"""


async def appeals_in(consultation: UUID) -> tuple[AppealLine, ...]:
    """Every appeal of the consultation, those that wait first."""
    return tuple(_line(row) for row in await fetch(IN_CONSULTATION, consultation))


async def appeals_of(proposals: Sequence[int]) -> dict[int, AppealLine]:
    """The appeal for each of these statements that has one, by the statement's id."""
    return {row["proposal"]: _line(row) for row in await fetch(OF_PROPOSALS, list(proposals))}


def _line(row: Any) -> AppealLine:
    return AppealLine(
        id=row["id"],
        proposal=row["proposal"],
        number=row["number"],
        statement=row["statement"],
        language=row["language"],
        reason_code=row["reason_code"],
        words=row["words"],
        reason=row["reason"],
        made_on=release_day(row["made_at"]),
        outcome=row["outcome"],
        answer=row["answer"],
    )
