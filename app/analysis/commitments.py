"""Commitments as their pages show them: complete or not, late or not, with what stands behind and against them.

What is shown was written by partners to be read: no votes, no numbers of people. An office behind a pledge is named to
partners alone, unless it may be named in public.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis import coalitions as bridge
from app.analysis.charters import is_partner
from app.database import fetch
from app.refusals import N_, NotFound
from app.tables.coalitions import Coalition
from app.tables.commitments import Barrier, Commitment, Deliverable, EvidenceCard, Pledge, Resource
from deliberation.commitments import Smart, Status, Undertaking, missing, renewal_due

STATUS_NAMES: dict[str, str] = {
    Status.DRAFT: N_("Draft"),
    Status.MADE: N_("Made"),
    Status.PAUSED: N_("Paused by its partners"),
    Status.DELIVERED: N_("Delivered"),
    Status.WITHDRAWN: N_("Withdrawn"),
}
STATUS_KINDS: dict[str, str] = {Status.MADE: "ok", Status.DELIVERED: "ok", Status.PAUSED: "warn"}
LACKS: dict[Smart, str] = {
    Smart.SPECIFIC: N_("Specific: say what will be done."),
    Smart.MEASURABLE: N_("Measurable: name an indicator and its target."),
    Smart.ACHIEVABLE: N_("Achievable: say why you can do it."),
    Smart.RESOURCE_BASED: N_("Resource-based: add at least one resource you can count on."),
    Smart.TIME_BASED: N_("Time-based: give a start, an end after it, and at least one deliverable with its date."),
}
HAS_MADE = """
select distinct c.coalition from commitments c join coalitions k on k.id = c.coalition
where k.consultation = $1 and c.status <> 'draft'
"""
MADE = """
select c.id, c.number, c.title, c.status, c.due_on, c.targets, c.made_at, k.number as coalition_number,
       k.title as coalition_title
from commitments c join coalitions k on k.id = c.coalition
where k.consultation = $1 and c.status <> 'draft' order by k.number, c.number
"""
BARRIERS = """
select b.*, c.number as commitment_number, c.title as commitment_title, c.targets, k.number as coalition_number,
       k.title as coalition_title
from barriers b join commitments c on c.id = b.commitment join coalitions k on k.id = c.coalition
where k.consultation = $1 and c.status not in ('draft', 'withdrawn')
order by b.owner_kind, lower(b.owner), b.reply_due nulls last, k.number, c.number, b.number
"""


async def coalition_for(actor: Actor, number: int) -> tuple[Coalition, bool]:
    """The coalition of this number and whether the reader is its partner.

    One that has made commitments stays readable when it has too few partners for a while.
    """
    found = next((one for one in await bridge.listed(actor) if one.number == number), None)
    if found is None:
        every = await Coalition.objects().where(Coalition.consultation == actor.consultation.id)
        made = {row["coalition"] for row in await fetch(HAS_MADE, actor.consultation.id)}
        found = next((one for one in every if one.number == number and one.id in made), None)
    if found is None:
        raise NotFound
    return found, await is_partner(actor, found)


async def commitments_of(coalition: Coalition, *, with_drafts: bool) -> tuple[Commitment, ...]:
    """Its commitments in the order in which they were begun; drafts are the partners' alone."""
    rows = await Commitment.objects().where(Commitment.coalition == coalition.id).order_by(Commitment.number)
    return tuple(one for one in rows if with_drafts or one.status != Status.DRAFT)


@dataclass(frozen=True)
class PledgeView:
    """A leader's word as the reader may see it: `office` is empty where it may not be named to them."""

    id: UUID
    office: str
    level: str
    asset: str
    words: str
    due_on: date
    status: str
    is_open: bool
    is_mine: bool
    renewed_on: date
    renewal_due: date
    has_changed: bool
    is_due: bool


@dataclass(frozen=True)
class EvidenceView:
    """A card; `is_mine` means that the reader wrote it and cannot be the one who checks it."""

    card: EvidenceCard
    is_mine: bool


@dataclass(frozen=True)
class Whole:
    """A commitment with everything that belongs to it, as one reader may see it on one day."""

    commitment: Commitment
    deliverables: tuple[Deliverable, ...]
    resources: tuple[Resource, ...]
    pledges: tuple[PledgeView, ...]
    evidence: tuple[EvidenceView, ...]
    barriers: tuple[Barrier, ...]
    today: date

    @property
    def lacks(self) -> tuple[Smart, ...]:
        return missing(undertaking_of(self.commitment, len(self.resources), len(self.deliverables)))

    @property
    def unsourced(self) -> tuple[EvidenceView, ...]:
        """Claims that nobody has named a source for."""
        return tuple(one for one in self.evidence if not one.card.source)

    def is_late(self, item: Deliverable) -> bool:
        is_going_on = self.commitment.status == Status.MADE
        return bool(is_going_on and item.status == "open" and item.due_on < self.today)


def undertaking_of(commitment: Commitment, n_resources: int, n_deliverables: int) -> Undertaking:
    """What the commitment says of itself, for the question what it lacks."""
    return Undertaking(
        what=commitment.what,
        indicator=commitment.indicator,
        target=commitment.target,
        achievable=commitment.achievable,
        n_resources=n_resources,
        n_deliverables=n_deliverables,
        starts_on=commitment.starts_on,
        due_on=commitment.due_on,
    )


async def whole_of(actor: Actor, coalition: Coalition, number: int, *, is_insider: bool) -> Whole:
    """The commitment of this number with all that belongs to it. Raises NotFound for a draft of others."""
    found = next((one for one in await commitments_of(coalition, with_drafts=is_insider) if one.number == number), None)
    if found is None:
        raise NotFound
    own = actor.participant.id if actor.participant else None
    today = actor.now.date()
    deliverables = await Deliverable.objects().where(Deliverable.commitment == found.id)
    resources = await Resource.objects().where(Resource.commitment == found.id).order_by(Resource.created_at)
    pledges = await Pledge.objects().where(Pledge.commitment == found.id).order_by(Pledge.pledged_on, Pledge.id)
    cards = await EvidenceCard.objects().where(EvidenceCard.commitment == found.id).order_by(EvidenceCard.created_at)
    barriers = await Barrier.objects().where(Barrier.commitment == found.id).order_by(Barrier.number)
    return Whole(
        found,
        tuple(sorted(deliverables, key=lambda one: (one.due_on, one.number))),
        tuple(resources),
        tuple(_pledge(one, own, today, is_insider=is_insider) for one in pledges if one.status != "withdrawn"),
        tuple(EvidenceView(one, own is not None and one.participant == own) for one in cards),
        tuple(barriers),
        today,
    )


def _pledge(one: Pledge, own: int | None, today: date, *, is_insider: bool) -> PledgeView:
    due = renewal_due(one.renewed_on, one.changed_on)
    return PledgeView(
        one.id,
        one.office if one.is_open or is_insider else "",
        one.level,
        one.asset,
        one.words if one.is_open or is_insider else "",
        one.due_on,
        one.status,
        one.is_open,
        own is not None and one.participant == own,
        one.renewed_on,
        due,
        one.changed_on is not None and one.changed_on >= one.renewed_on,
        one.status == "standing" and due <= today,
    )


# -------- across coalitions


async def made_in(consultation: UUID) -> list[Any]:
    """Every commitment that was made in a consultation, whatever has become of it."""
    return await fetch(MADE, consultation)


@dataclass(frozen=True)
class Owner:
    """Who could move barriers, with the barriers they own, those whose reply is due soonest first."""

    kind: str
    name: str
    barriers: tuple[Any, ...]
    n_answered: int


async def barriers_in(consultation: UUID) -> list[Any]:
    """Every barrier of commitments that were made, by its owner."""
    return await fetch(BARRIERS, consultation)


def by_owner(rows: Iterable[Any]) -> tuple[Owner, ...]:
    """The same barriers under who could move them."""
    found: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        found.setdefault((row["owner_kind"], " ".join(row["owner"].split()).casefold()), []).append(row)
    return tuple(
        Owner(kind, rows_of[0]["owner"], tuple(rows_of), sum(bool(row["answer"]) for row in rows_of))
        for (kind, _), rows_of in found.items()
    )


# -------- the brief


N_PROBLEM, N_SOLUTION, N_COST, N_ASKS = 3, 5, 3, 5
"""What fits on a page that somebody reads standing up."""


@dataclass(frozen=True)
class Brief:
    """One page for who makes policy: the problem, what works, where it was shown, what it costs, what is asked.

    Only claims with a source are in it; `n_unsourced` were left out.
    """

    coalition: Coalition
    commitments: tuple[Commitment, ...]
    problem: tuple[EvidenceCard, ...]
    solution: tuple[EvidenceCard, ...]
    cost: tuple[EvidenceCard, ...]
    resources: tuple[Resource, ...]
    asks: tuple[Barrier, ...]
    n_unsourced: int

    @property
    def places(self) -> tuple[str, ...]:
        """Where what works was shown, each place once with its latest year."""
        found: dict[str, int] = {}
        for card in self.solution:
            if card.place:
                found[card.place] = max(found.get(card.place, 0), card.year or 0)
        return tuple(f"{place} ({year})" if year else place for place, year in found.items())


async def brief_of(coalition: Coalition) -> Brief:
    """The brief of what the coalition has undertaken and not withdrawn."""
    every = await commitments_of(coalition, with_drafts=False)
    made = tuple(one for one in every if one.status != Status.WITHDRAWN)
    ids = [one.id for one in made]
    if not ids:
        return Brief(coalition, (), (), (), (), (), (), 0)
    cards = await EvidenceCard.objects().where(EvidenceCard.commitment.is_in(ids)).order_by(EvidenceCard.created_at)
    resources = await Resource.objects().where(Resource.commitment.is_in(ids)).order_by(Resource.created_at)
    barriers = await Barrier.objects().where(Barrier.commitment.is_in(ids)).order_by(Barrier.created_at)
    sourced = [card for card in cards if card.source]
    return Brief(
        coalition,
        made,
        _best(sourced, "problem", N_PROBLEM),
        _best(sourced, "solution", N_SOLUTION),
        _best(sourced, "cost", N_COST),
        tuple(resources),
        tuple(one for one in barriers if one.status != "lifted")[:N_ASKS],
        len(cards) - len(sourced),
    )


def _best(cards: Sequence[EvidenceCard], about: str, n_most: int) -> tuple[EvidenceCard, ...]:
    """Checked before unchecked, then the latest; kinds of evidence are not ranked."""
    chosen = [card for card in cards if card.about == about]
    return tuple(sorted(chosen, key=lambda card: (not card.checked_by, -(card.year or 0)))[:n_most])
