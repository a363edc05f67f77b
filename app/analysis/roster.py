"""The roster as its page shows it: who offers which service on what terms, and how engagements are spread over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.access import Actor
from app.database import fetch
from app.tables.roster import RosterEntry
from deliberation.inequality import concentration
from deliberation.phases import Role
from deliberation.roster import RosterSettings, may_take

TAKEN = """
select g.entry from engagements g join coalitions c on c.id = g.coalition
where c.consultation = $1 and g.status in ('agreed', 'ended') order by g.asked_on, g.id
"""
ENGAGEMENTS = """
select g.id, g.service, g.words, g.status, g.asked_on, c.id as coalition, c.number, c.title, e.id as entry, e.name,
  e.participant
from engagements g join coalitions c on c.id = g.coalition join roster_entries e on e.id = g.entry
where c.consultation = $1 order by g.asked_on desc, g.id
"""


@dataclass(frozen=True)
class Listed:
    """An entry, how many engagements it has had, and whether the cap lets it take one more."""

    entry: RosterEntry
    n_engagements: int
    may_take: bool
    is_mine: bool


@dataclass(frozen=True)
class Engaged:
    """A request or an engagement as one of its two sides sees it."""

    id: UUID
    service: str
    words: str
    status: str
    asked_on: date
    coalition_number: int
    coalition: str
    provider: str
    is_provider: bool
    is_partner: bool


@dataclass(frozen=True)
class Roster:
    """The roster for one reader: entries in the order of their names; `waiting` only for convenors.

    index : the Herfindahl-Hirschman index of engagements over providers, None before the first
    own : the reader's coalitions that could ask, as pairs of number and title
    """

    listed: tuple[Listed, ...]
    waiting: tuple[RosterEntry, ...]
    mine: RosterEntry | None
    engagements: tuple[Engaged, ...]
    own: tuple[tuple[int, str], ...]
    n_engagements: int
    index: float | None
    settings: RosterSettings


async def taken_in(consultation: UUID) -> list[str]:
    """Who was engaged each time, as ids of entries; requests that nobody agreed to are none."""
    return [str(row["entry"]) for row in await fetch(TAKEN, consultation)]


async def entries_of(consultation: UUID) -> list[RosterEntry]:
    """Every entry of a consultation, in the order of names."""
    rows = await fetch(
        "select e.id from roster_entries e join participants q on q.id = e.participant where q.consultation = $1",
        consultation,
    )
    return (
        await RosterEntry.objects()
        .where(RosterEntry.id.is_in([row["id"] for row in rows]))
        .order_by(RosterEntry.name, RosterEntry.id)
        if rows
        else []
    )


async def own_coalitions(actor: Actor) -> tuple[tuple[int, str], ...]:
    """Coalitions that the reader has joined and that have formed."""
    if actor.participant is None:
        return ()
    rows = await fetch(
        "select c.number, c.title from coalition_seats s join coalitions c on c.id = s.coalition "
        "where s.participant = $1 and s.status = 'accepted' and c.status = 'formed' order by c.number",
        actor.participant.id,
    )
    return tuple((row["number"], row["title"]) for row in rows)


async def roster_of(actor: Actor) -> Roster:
    """The roster as this reader may see it: an unchecked entry is its owner's and the convenors' alone."""
    every = await entries_of(actor.consultation.id)
    taken = await taken_in(actor.consultation.id)
    own = actor.participant.id if actor.participant else None
    held = Counter(taken)
    return Roster(
        tuple(
            Listed(one, held[str(one.id)], may_take(taken, str(one.id)), one.participant == own)
            for one in every
            if one.status == "listed"
        ),
        tuple(one for one in every if one.status == "waiting") if Role.CONVENOR in actor.roles else (),
        next((one for one in every if one.participant == own), None),
        await _engagements(actor, [number for number, _ in await own_coalitions(actor)]),
        await own_coalitions(actor),
        len(taken),
        concentration(list(held.values())) if taken else None,
        RosterSettings(),
    )


async def _engagements(actor: Actor, coalitions: Sequence[int]) -> tuple[Engaged, ...]:
    own = actor.participant.id if actor.participant else None
    return tuple(
        Engaged(
            row["id"],
            row["service"],
            row["words"],
            row["status"],
            row["asked_on"],
            row["number"],
            row["title"],
            row["name"],
            row["participant"] == own,
            row["number"] in coalitions,
        )
        for row in await fetch(ENGAGEMENTS, actor.consultation.id)
        if row["participant"] == own or row["number"] in coalitions
    )
