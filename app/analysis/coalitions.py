"""Coalitions as their pages show them: offers, line-ups, their balance against the targets, and who may see whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app import access
from app.access import Actor
from app.database import fetch, fetchval
from app.tables.coalitions import Coalition
from app.taxonomies import constituencies
from deliberation.coalitions import (
    Answer,
    CoalitionBalance,
    CoalitionSettings,
    Partner,
    Readiness,
    balance,
    ready,
    suggestions,
)
from deliberation.disclosure import Attribution, Audience, ReleasedCount, release_count
from deliberation.phases import Role

ADOPTED = """
select distinct p.id, p.number, p.statement, p.language, min(i.position) as position
from curated_slates s join slate_items i on i.slate = s.id join proposals p on p.id = i.proposal
where s.consultation = $1 and s.status = 'published' group by p.id, p.number, p.statement, p.language
order by position, p.number
"""
ALL_OFFERS = """
select w.proposal, w.participant, w.brings from work_offers w join proposals p on p.id = w.proposal
where p.consultation = $1
"""
OFFERS = """
select w.id, w.participant, w.brings, q.constituency, q.organisation
from work_offers w join participants q on q.id = w.participant where w.proposal = $1 order by w.id
"""
SEATS = """
select s.participant, s.status, q.constituency, q.organisation
from coalition_seats s join participants q on q.id = s.participant where s.coalition = $1
"""
OWN_SEATS = "select coalition from coalition_seats where participant = $1 and status <> 'drafted'"


@dataclass(frozen=True)
class Adopted:
    """A statement of a published slate, how many would work on it, and what the reader said to it."""

    number: int
    statement: str
    language: str
    n_offers: ReleasedCount
    has_offers: bool
    is_mine: bool
    brings: str


@dataclass(frozen=True)
class Offer:
    """One offer as the convenor sees it, by the consent given with it: no name, no organisation's name."""

    id: UUID
    constituency: str
    speaks_for: str
    brings: str
    is_seated: bool
    is_invited: bool
    is_suggested: bool


@dataclass(frozen=True)
class Contact:
    """A partner, shown to the other partners once the coalition has formed."""

    name: str
    email: str
    organisation: str


async def is_adopted(consultation: UUID, proposal: int) -> bool:
    """Whether the proposal stands on a published slate."""
    return any(row["id"] == proposal for row in await fetch(ADOPTED, consultation))


async def adopted(actor: Actor) -> tuple[Adopted, ...]:
    """What can be worked on, with the number of offers as the gate gives it out."""
    mode = Attribution(actor.consultation.attribution)
    own = actor.participant.id if actor.participant else None
    every = await fetch(ALL_OFFERS, actor.consultation.id)
    found = []
    for row in await fetch(ADOPTED, actor.consultation.id):
        offers = [offer for offer in every if offer["proposal"] == row["id"]]
        mine = [offer["brings"] for offer in offers if offer["participant"] == own]
        found.append(
            Adopted(
                number=row["number"],
                statement=row["statement"],
                language=row["language"],
                n_offers=release_count(len(offers), mode, audience=Audience.INSIDE),
                has_offers=bool(offers),
                is_mine=bool(mine),
                brings=mine[0] if mine else "",
            )
        )
    return tuple(found)


async def targets_of(consultation: UUID) -> dict[str, float]:
    rows = await fetch(
        "select code, share from targets where consultation = $1 and attribute = 'constituency'", consultation
    )
    return {row["code"]: float(row["share"]) for row in rows}


def _partner(row: Mapping[str, Any], answer: Answer = Answer.INVITED) -> Partner:
    return Partner(
        participant=row["participant"],
        organisation=str(row["organisation"]) if row["organisation"] else None,
        constituency=row["constituency"] or None,
        answer=answer,
    )


def _settings(coalition: Coalition) -> CoalitionSettings:
    return CoalitionSettings(fewest_members=coalition.n_needed)


async def readiness_of(coalition: Coalition, consultation: UUID) -> Readiness:
    """Whether enough invited people have accepted, of more than one organisation."""
    rows = await fetch(SEATS, coalition.id)
    answers = {"accepted": Answer.ACCEPTED, "declined": Answer.DECLINED}
    partners = [_partner(row, answers.get(row["status"], Answer.INVITED)) for row in rows if row["status"] != "drafted"]
    return ready(partners, await targets_of(consultation), settings=_settings(coalition))


async def offers_of(
    proposal: int, consultation: UUID, *, seated: Iterable[Mapping[str, Any]] = ()
) -> tuple[Offer, ...]:
    """The offers for a proposal, those first whose constituency the line-up lacks most."""
    rows = await fetch(OFFERS, proposal)
    seats = {row["participant"]: row["status"] for row in seated}
    members = [_partner(row) for row in rows if row["participant"] in seats]
    others = [_partner(row) for row in rows if row["participant"] not in seats]
    wanted = {item.participant for item in suggestions(members, others, await targets_of(consultation))}
    return tuple(
        Offer(
            id=row["id"],
            constituency=constituencies.label(row["constituency"]) if row["constituency"] else "",
            speaks_for="body" if row["organisation"] else "self",
            brings=row["brings"],
            is_seated=row["participant"] in seats,
            is_invited=seats.get(row["participant"], "drafted") != "drafted",
            is_suggested=row["participant"] in wanted,
        )
        for row in rows
    )


async def is_assembled(coalition: Coalition) -> bool:
    """Whether its line-up began with one of the assembler's."""
    return bool(await fetchval("select true from line_up_seats where coalition = $1 limit 1", coalition.id))


async def seats_of(coalition: Coalition) -> list[Any]:
    return await fetch(SEATS, coalition.id)


async def balance_of(seats: Sequence[Mapping[str, Any]], consultation: UUID) -> CoalitionBalance:
    """The line-up by constituency and organisation against the targets; those who declined do not count."""
    present = [_partner(row) for row in seats if row["status"] != "declined"]
    return balance(present, await targets_of(consultation))


async def balance_of_offers(offers: Sequence[UUID], consultation: UUID) -> CoalitionBalance:
    """The same for a line-up that is being put together."""
    rows = await fetch(
        "select w.participant, q.constituency, q.organisation from work_offers w "
        "join participants q on q.id = w.participant where w.id = any($1::uuid[])",
        list(offers),
    )
    return balance([_partner(row) for row in rows], await targets_of(consultation))


async def own_status(actor: Actor, coalition: Coalition) -> str | None:
    """What the reader said to the invitation; None if they were not asked."""
    if actor.participant is None:
        return None
    found = await fetchval(
        "select status from coalition_seats where coalition = $1 and participant = $2 and status <> 'drafted'",
        coalition.id,
        actor.participant.id,
    )
    return None if found is None else str(found)


async def contacts_of(actor: Actor, coalition: Coalition) -> tuple[Contact, ...]:
    """The partners' names and addresses: for partners who accepted, once the coalition has formed, and nobody else."""
    if coalition.status != "formed" or await own_status(actor, coalition) != "accepted":
        return ()
    rows = await fetch(
        "select s.participant, o.name from coalition_seats s join participants q on q.id = s.participant "
        "left join organisations o on o.id = q.organisation where s.coalition = $1 and s.status = 'accepted'",
        coalition.id,
    )
    accounts = await access.accounts_of(row["participant"] for row in rows)
    people = await fetch("select id, name, email from accounts where id = any($1::uuid[])", list(accounts.values()))
    by_account = {person["id"]: person for person in people}
    found = [
        Contact(
            by_account[accounts[row["participant"]]]["name"],
            by_account[accounts[row["participant"]]]["email"],
            row["name"] or "",
        )
        for row in rows
        if accounts.get(row["participant"]) in by_account
    ]
    return tuple(sorted(found, key=lambda contact: contact.email))


async def listed(actor: Actor) -> tuple[Coalition, ...]:
    """Coalitions the reader may see: convenors all, those invited theirs, everybody the formed ones."""
    every = await Coalition.objects().where(Coalition.consultation == actor.consultation.id).order_by(Coalition.number)
    if actor.is_system or Role.CONVENOR in actor.roles:
        return tuple(every)
    seats = [] if actor.participant is None else await fetch(OWN_SEATS, actor.participant.id)
    asked = {seat["coalition"] for seat in seats}
    return tuple(one for one in every if one.status == "formed" or one.id in asked)
