"""Line-ups as a convenor curates them: the assembler's beside theirs, and what each step changes, in words.

Cards stay the matcher's: of needs it is said whether more or fewer are met, never whose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.assembly import Asked, Seatable, read_pool, seatable
from app.analysis.coalitions import targets_of
from app.database import fetch, fetchval
from app.tables.coalitions import Coalition
from deliberation.assembly import AssemblySettings, LineUp, Pool, describe
from deliberation.coalitions import CoalitionBalance, Partner, balance
from deliberation.stability import Why, stability

LARGEST = 40
"""As many as a coalition can have: a convenor may draft more people than the assembler was asked for."""


@dataclass(frozen=True)
class Effect:
    """What a line-up amounts to.

    held : by constituency and organisation; regions : number of regions and of seats of the largest
    everybody_wins : None where fewer than two have left a card; n_met : needs met, for comparing and not for showing
    """

    n_people: int
    held: CoalitionBalance
    n_regions: int
    largest_region: int
    everybody_wins: bool | None
    n_met: int
    goals: tuple[str, ...]
    has_cards: bool
    is_stable: bool
    leavers: frozenset[int]
    joiners: frozenset[int]

    def compared(self, before: Effect) -> str:
        """Whether more needs, as many or fewer would be met than before."""
        return "more" if self.n_met > before.n_met else "fewer" if self.n_met < before.n_met else "same"

    @property
    def largest_organisation(self) -> int:
        return self.held.organisations[0].n_members if self.held.organisations else 0


@dataclass(frozen=True)
class StepRow:
    """One step as it was made: who came and who went, as their offers tell."""

    verb: str
    comes: Seatable | None
    goes: Seatable | None
    reason_code: str
    sentence: str
    is_undone: bool


@dataclass(frozen=True)
class LineUpPage:
    """The assembler's line-up and the convenor's; `after` is what a step that is being thought of would lead to."""

    version: int
    suggested: tuple[Seatable, ...]
    seated: tuple[Seatable, ...]
    fixed: frozenset[int]
    outside: tuple[Seatable, ...]
    before: Effect | None
    now: Effect
    after: Effect | None
    steps: tuple[StepRow, ...]

    @property
    def can_undo(self) -> bool:
        return any(not one.is_undone for one in self.steps)


async def line_up_page(
    actor: Actor, coalition: Coalition, *, comes: UUID | None = None, goes: UUID | None = None
) -> LineUpPage:
    """The line-up with everything that helps to change it. comes, goes : offers of a step to be looked at first."""
    offers = await seatable(coalition.proposal)
    by_offer = {one.offer: one.participant for one in offers.values()}
    seats = await fetch("select participant, status from coalition_seats where coalition = $1", coalition.id)
    here = [row["participant"] for row in seats if row["status"] != "declined"]
    began = await fetch("select participant from line_up_seats where coalition = $1", coalition.id)
    first = [row["participant"] for row in began]
    pool = await read_pool(actor.consultation.id, coalition.proposal, Asked())
    people = await _people(actor.consultation.id)
    targets = await targets_of(actor.consultation.id)

    def effect(participants: Iterable[int]) -> Effect:
        return _effect(sorted(participants), pool, people, targets)

    moved = [one for one in here if one != by_offer.get(goes)] if goes else list(here)
    moved += [by_offer[comes]] if comes in by_offer and by_offer[comes] not in moved else []
    answered = {row["participant"] for row in seats}
    return LineUpPage(
        version=await version_of(coalition),
        suggested=_listed(first, offers),
        seated=_listed(here, offers),
        fixed=frozenset(row["participant"] for row in seats if row["status"] != "drafted"),
        outside=_listed([one for one in offers if one not in answered], offers),
        before=effect(first) if first else None,
        now=effect(here),
        after=effect(moved) if set(moved) != set(here) else None,
        steps=await _steps(coalition, offers),
    )


async def version_of(coalition: Coalition) -> int:
    """Changes with every step and every undo."""
    return int(
        await fetchval("select count(*) + count(undone_at) from line_up_steps where coalition = $1", coalition.id)
    )


def _listed(participants: Iterable[int], offers: Mapping[int, Seatable]) -> tuple[Seatable, ...]:
    return tuple(sorted((offers[one] for one in participants if one in offers), key=lambda one: one.offer))


async def _people(consultation: UUID) -> dict[int, Any]:
    rows = await fetch(
        "select id, constituency, organisation, region from participants where consultation = $1", consultation
    )
    return {row["id"]: row for row in rows}


def _effect(participants: list[int], pool: Pool, people: Mapping[int, Any], targets: Mapping[str, float]) -> Effect:
    known = {one.participant for one in pool.candidates}
    carded = [one for one in participants if one in known]
    settings = AssemblySettings(most=LARGEST)
    line_up: LineUp = describe(carded, pool, settings=settings)
    found = stability(line_up, pool, settings=settings) if len(carded) >= 2 else None
    partners = [
        Partner(
            one,
            str(people[one]["organisation"]) if people[one]["organisation"] else None,
            people[one]["constituency"] or None,
        )
        for one in participants
    ]
    regions = [people[one]["region"] for one in participants if people[one]["region"]]
    return Effect(
        n_people=len(participants),
        held=balance(partners, targets),
        n_regions=len(set(regions)),
        largest_region=max((regions.count(one) for one in regions), default=0),
        everybody_wins=None if found is None else not line_up.without_win,
        n_met=len(line_up.gifts),
        goals=line_up.goals,
        has_cards=len(carded) == len(participants),
        is_stable=found is not None and found.is_stable,
        leavers=frozenset(one.participant for one in found.leavers if one.why is not Why.NOTHING_GIVEN)
        if found
        else frozenset(),
        joiners=frozenset(found.joiners) if found else frozenset(),
    )


async def _steps(coalition: Coalition, offers: Mapping[int, Seatable]) -> tuple[StepRow, ...]:
    rows = await fetch("select * from line_up_steps where coalition = $1 order by number desc", coalition.id)
    return tuple(
        StepRow(
            row["verb"],
            offers.get(row["comes"]),
            offers.get(row["goes"]),
            row["reason_code"],
            row["sentence"],
            row["undone_at"] is not None,
        )
        for row in rows
    )
