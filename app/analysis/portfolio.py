"""The convenor's view of all coalitions: what forms, what is missing, who joins circles, and what they cover together.

People appear as the kind of participant they are, as their offers tell the convenor; counts of people pass the gate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.assembly import unusual_among
from app.analysis.cards import overview_of, partners_of
from app.analysis.coalition_power import coalition_imbalances
from app.analysis.pulses import deliverables_of, health_of
from app.database import fetch
from app.tables.participants import Participant
from deliberation.brokers import brokers
from deliberation.disclosure import (
    Attribution,
    Audience,
    ReleasedCount,
    ReleasedIndex,
    release_count,
    release_index,
    release_share,
)
from deliberation.portfolio import (
    Footprint,
    Fragmentation,
    Overlap,
    Part,
    PortfolioSettings,
    coverage,
    fragmentation,
    gaps,
    introductions,
    missing_smoothers,
    overlaps,
)
from deliberation.pulses import delivery

EVERYWHERE = "global"
MOST_LINKED = 1_000
"""People among whom brokers are looked for while the page waits: a third of a second."""
STRONG_INSIDE, STRONG_OUTSIDE = 3.5, 0.5
"""Partners who find it rather good than not; half of what is due is there."""
COALITIONS = """
select c.id, c.number, c.title, c.status, c.n_needed, c.proposal, p.number as statement,
  count(s.id) filter (where s.status = 'drafted') as n_drafted,
  count(s.id) filter (where s.status = 'invited') as n_invited,
  count(s.id) filter (where s.status = 'accepted') as n_accepted
from coalitions c join proposals p on p.id = c.proposal left join coalition_seats s on s.coalition = c.id
where c.consultation = $1 group by c.id, p.number order by c.number
"""
COMMITTED = """
select c.id, k.number, c.targets, c.region, c.role from commitments c join coalitions k on k.id = c.coalition
where k.consultation = $1 and c.status in ('made', 'paused', 'delivered') order by k.number, c.number
"""
SEATS = """
select c.number, s.participant from coalition_seats s join coalitions c on c.id = s.coalition
where c.consultation = $1 and s.status in ('invited', 'accepted')
"""
OFFERS = """
select w.proposal, w.participant, p.number, q.constituency from work_offers w join proposals p on p.id = w.proposal
join participants q on q.id = w.participant where p.consultation = $1 and not q.is_excluded order by p.number
"""
AGAINST = """
select q.constituency, count(*) filter (where v.choice = 'disagree') as n_against, count(*) as n
from votes v join participants q on q.id = v.participant
where v.proposal = $1 and q.constituency <> '' and not q.is_excluded group by q.constituency
"""


@dataclass(frozen=True)
class Forming:
    """One coalition and how far it is; counts are those that its convenor sees on its own page."""

    number: int
    title: str
    status: str
    statement: int
    n_drafted: int
    n_invited: int
    n_accepted: int
    n_needed: int
    is_dominated: bool


@dataclass(frozen=True)
class MapRow:
    """A target in a region: which coalitions initiate, smooth and scale there."""

    target: str
    region: str
    by_role: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Gap:
    """A goal or target that people named on their cards and no coalition works on."""

    name: str
    n_people: ReleasedCount


@dataclass(frozen=True)
class Divided:
    """A target under which partners sit at several tables."""

    target: str
    n_coalitions: int
    index: ReleasedIndex


@dataclass(frozen=True)
class Between:
    """Somebody on the way between others, by constituency and the statements they offered to work on."""

    constituency: str
    statements: tuple[int, ...]
    is_bridge: bool


@dataclass(frozen=True)
class Place:
    """A coalition in the two by two of health inside and effect outside; None where one is not known yet."""

    number: int
    is_healthy: bool | None
    is_effective: bool | None


@dataclass(frozen=True)
class Portfolio:
    """Everything on the convenor's view. between : None where too many people are linked to look while one waits."""

    forming: tuple[Forming, ...]
    missing: tuple[str, ...]
    between: tuple[Between, ...] | None
    pairs: tuple[tuple[str, str], ...]
    introduced: tuple[tuple[int, int, tuple[str, ...]], ...]
    map: tuple[MapRow, ...]
    gaps: tuple[Gap, ...]
    overlaps: tuple[Overlap, ...]
    divided: tuple[Divided, ...]
    unsmoothed: Mapping[int, tuple[str, ...]]
    places: tuple[Place, ...]

    def placed(self, *, is_healthy: bool, is_effective: bool) -> tuple[int, ...]:
        """The coalitions of one quarter."""
        return tuple(
            one.number for one in self.places if (one.is_healthy, one.is_effective) == (is_healthy, is_effective)
        )

    @property
    def unplaced(self) -> tuple[int, ...]:
        return tuple(one.number for one in self.places if None in (one.is_healthy, one.is_effective))


async def portfolio_of(actor: Actor) -> Portfolio:
    """All coalitions of the consultation together, as its convenor sees them."""
    consultation = actor.consultation
    mode = Attribution(consultation.attribution)
    rows = await fetch(COALITIONS, consultation.id)
    n_participants = await Participant.n_in(consultation.id)
    members = await _members(consultation.id)
    footprints = await _footprints(consultation.id, members)
    dominated = {
        one.parameters["coalition"] for one, lingers in await coalition_imbalances(consultation.id) if not lingers
    }
    offers = await fetch(OFFERS, consultation.id)
    return Portfolio(
        forming=tuple(_forming(row, row["number"] in dominated) for row in rows),
        missing=(await overview_of(consultation)).gaps,
        between=await _between(members, offers),
        pairs=await _pairs(actor, offers),
        introduced=introductions(footprints, members)[:5],
        map=_map(footprints),
        gaps=await _gaps(consultation.id, footprints, mode),
        overlaps=overlaps(footprints),
        divided=tuple(_divided(one, footprints, mode, n_participants) for one in fragmentation(footprints)),
        unsmoothed=await _unsmoothed(rows, footprints, mode, n_participants),
        places=tuple([await _place(row["id"], row["number"], actor) for row in rows if row["status"] == "formed"]),
    )


def _forming(row: Mapping[str, Any], is_dominated: bool) -> Forming:
    names = ("number", "title", "status", "statement", "n_drafted", "n_invited", "n_accepted", "n_needed")
    return Forming(**{name: row[name] for name in names}, is_dominated=is_dominated)


async def _members(consultation: UUID) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in await fetch(SEATS, consultation):
        found.setdefault(row["number"], []).append(row["participant"])
    return found


async def _footprints(consultation: UUID, members: Mapping[int, Sequence[int]]) -> tuple[Footprint, ...]:
    """What coalitions have committed to; what names no role is on no map."""
    cells: dict[int, set[tuple[str, str, str]]] = {}
    for row in await fetch(COMMITTED, consultation):
        if row["role"] in set(Part):
            where = row["region"] or EVERYWHERE
            cells.setdefault(row["number"], set()).update((target, where, row["role"]) for target in row["targets"])
    return tuple(
        Footprint(number, frozenset(found), max(len(members.get(number, ())), 1))
        for number, found in sorted(cells.items())
        if found
    )


def _map(footprints: Sequence[Footprint]) -> tuple[MapRow, ...]:
    found: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {}
    for (target, region, role), numbers in coverage(footprints).items():
        found.setdefault((target, region), {})[role] = numbers
    order = sorted(found, key=lambda pair: ([int(part) if part.isdigit() else 99 for part in pair[0].split(".")], pair))
    return tuple(MapRow(target, region, found[target, region]) for target, region in order)


async def _gaps(consultation: UUID, footprints: Sequence[Footprint], mode: Attribution) -> tuple[Gap, ...]:
    """Goals on cards that no coalition works on; said only where enough people named one."""
    wanted: dict[tuple[str, str], int] = {}
    for card in await partners_of(consultation):
        for goal in card.goals:
            wanted[str(goal), ""] = wanted.get((str(goal), ""), 0) + 1
    by_goal = [
        replace(one, cells=frozenset((target.partition(".")[0], "", role) for target, _, role in one.cells))
        for one in footprints
    ]
    told = [Gap(name, release_count(n, mode, audience=Audience.INSIDE)) for name, _, n in gaps(wanted, by_goal)]
    return tuple(one for one in told if one.n_people.value is not None)


def _divided(one: Fragmentation, footprints: Sequence[Footprint], mode: Attribution, n_participants: int) -> Divided:
    n_people = sum(other.n_members for other in footprints if one.target in other.targets)
    index = release_index(one.index, n_people, mode, audience=Audience.INSIDE, n_participants=n_participants)
    return Divided(one.target, one.n_coalitions, index)


async def _unsmoothed(
    rows: Sequence[Mapping[str, Any]], footprints: Sequence[Footprint], mode: Attribution, n_participants: int
) -> dict[int, tuple[str, ...]]:
    """Coalitions that scale up against a constituency's votes while nobody eases the change."""
    known = {one.coalition for one in footprints}
    opposed: dict[int, dict[str, float]] = {}
    for row in rows:
        for vote in await fetch(AGAINST, row["proposal"]) if row["number"] in known else []:
            shown = release_share(
                vote["n_against"], vote["n"], mode, audience=Audience.INSIDE, n_participants=n_participants
            )
            if shown.value is not None:
                opposed.setdefault(row["number"], {})[vote["constituency"]] = shown.value
    return missing_smoothers(footprints, opposed, settings=PortfolioSettings())


async def _between(
    members: Mapping[int, Sequence[int]], offers: Sequence[Mapping[str, Any]]
) -> tuple[Between, ...] | None:
    """Brokers among those who sit in a coalition together or would work on the same statement."""
    circles: list[Sequence[int]] = list(members.values())
    by_statement: dict[int, list[int]] = {}
    for row in offers:
        by_statement.setdefault(row["number"], []).append(row["participant"])
    circles += by_statement.values()
    if len({one for circle in circles for one in circle}) > MOST_LINKED:
        return None
    links = {pair for circle in circles for pair in combinations(sorted(set(circle)), 2)}
    found = await asyncio.to_thread(brokers, links, n_most=5)
    where = {row["participant"]: row["constituency"] for row in offers}
    return tuple(
        Between(
            where.get(one.participant, ""),
            tuple(number for number, people in sorted(by_statement.items()) if one.participant in people),
            one.is_bridge,
        )
        for one in found
    )


async def _pairs(actor: Actor, offers: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Kinds of partners who share goals and would seldom meet, those most worth it first; each pair of kinds once."""
    where = {row["participant"]: row["constituency"] for row in offers}
    unusual = await unusual_among(actor.consultation.id, where)
    found: list[tuple[str, str]] = []
    for pair, _ in sorted(unusual.items(), key=lambda item: (-item[1], item[0])):
        kinds = sorted(where[one] for one in pair)
        if all(kinds) and kinds[0] != kinds[1] and (kinds[0], kinds[1]) not in found:
            found.append((kinds[0], kinds[1]))
    return tuple(found[:5])


async def _place(coalition: UUID, number: int, actor: Actor) -> Place:
    """How well partners find that they work together, beside how much of what is due is there."""
    health = (await health_of(coalition)).middle.value
    rows = await fetch("select id from commitments where coalition = $1 and status in ('made', 'delivered')", coalition)
    on = actor.now.date()
    shares = []
    for row in rows:
        due = [line.due for line in await deliverables_of(row["id"])]
        if any(one.done_on is not None or one.due_on <= on for one in due):
            shares.append(delivery(due, on))
    return Place(
        number,
        None if health is None else health >= STRONG_INSIDE,
        sum(shares) / len(shares) >= STRONG_OUTSIDE if shares else None,
    )
