"""Reveals of an author as the two named persons and the auditor see them; only the two are told who it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.access import Actor, accounts_of
from app.database import fetch, fetchrow
from app.refusals import N_
from app.tables.reveals import Reveal
from deliberation.disclosure import ReleasedDay, release_day

CAUSES: dict[str, str] = {
    "safety": N_("a threat to somebody's safety"),
    "law": N_("a duty by law"),
}
"""The two causes for which an author may be revealed; the words of consent name both, and no others."""
SHOWN_FOR = timedelta(days=7)
"""How long the two persons can read the name: whoever needs it acts on it, and it stands on no page for longer."""


@dataclass(frozen=True)
class Line:
    """One request in the list: about which text, for what cause, and how it stands."""

    id: UUID
    number: int
    cause: str
    standing: str
    asked_on: ReleasedDay


@dataclass(frozen=True)
class Shown:
    """One request with its reasons. `name` and `email` only for the two persons, and only for a week."""

    line: Line
    statement: str
    language: str
    words: str
    answer: str
    law: str
    is_mine: bool
    shown_until: ReleasedDay | None = None
    name: str = ""
    email: str = ""


LINES = """
select r.id, p.number, r.cause, r.asked_at,
  case when r.answered_at is null then 'waiting' when r.is_confirmed then 'confirmed' else 'refused' end as standing
from reveals r join proposals p on p.id = r.proposal where r.consultation = $1 order by r.asked_at desc, r.id
"""


async def lines_of(actor: Actor) -> tuple[Line, ...]:
    """Every request of the consultation, the latest first."""
    rows = await fetch(LINES, actor.consultation.id)
    return tuple(
        Line(row["id"], row["number"], row["cause"], row["standing"], release_day(row["asked_at"])) for row in rows
    )


async def shown(actor: Actor, asked: Reveal) -> Shown:
    """The request as this person sees it."""
    line = next(one for one in await lines_of(actor) if one.id == asked.id)
    text = await fetchrow("select statement, language, author from proposals where id = $1", asked.proposal)
    assert text is not None
    person = actor.person.id if actor.person else None
    until = asked.answered_at + SHOWN_FOR if asked.is_confirmed else None
    name, email = "", ""
    if until is not None and actor.now < until and person in (asked.asked_by, asked.answered_by):
        name, email = await _author(text["author"])
    return Shown(
        line,
        text["statement"],
        text["language"],
        asked.words,
        asked.answer,
        asked.law,
        person == asked.asked_by,
        None if until is None or actor.now >= until else release_day(until),
        name,
        email,
    )


async def _author(participant: int) -> tuple[str, str]:
    account = (await accounts_of([participant])).get(participant)
    row = None if account is None else await fetchrow("select name, email from accounts where id = $1", account)
    return ("", "") if row is None else (row["name"], row["email"])
