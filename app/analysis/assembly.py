"""What the assembler reads: those who would work on a proposal and left a card, what keeps two apart, what is asked.

Cards are the matcher's alone: what leaves this module towards a page are line-ups of offers and words about them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from app.access import MAX_NUMBER
from app.analysis.cards import PartnerCard, conflicts, partners_of
from app.database import fetch, fetchrow
from app.tables.assemblies import Assembly
from deliberation.assembly import AssemblySettings, Candidate, LineUp, Pair, Pool, Quota, describe
from deliberation.unusual import unusual_pairs

OFFERED = """
select w.participant from work_offers w join participants q on q.id = w.participant
where w.proposal = $1 and not q.is_excluded
"""
TOGETHER = """
select s.coalition, s.participant from coalition_seats s join coalitions c on c.id = s.coalition
where c.consultation = $1 and s.status = 'accepted'
"""
# Read from the record itself: what reads whole landscapes brings scipy, which web processes do without.
PLACES = """
select (landscape::json #>> '{space,rank}')::int as rank, landscape::json #> '{space,participant_ids,values}' as ids,
  landscape::json #> '{space,positions,values}' as places
from analyses where consultation = $1 and kind = 'frozen' and evidence = 'full' order by created_at desc limit 1
"""
UNSAID = {"", "not_said"}


@dataclass(frozen=True)
class Asked:
    """What a convenor asks of a line-up. quotas : attribute, category, at least, at most; interlinkages : two goals and
    how much they further each other, 1 to 3."""

    fewest: int = 3
    most: int = 8
    fewest_constituencies: int = 2
    quotas: tuple[tuple[str, str, float, float], ...] = ()
    interlinkages: tuple[tuple[str, str, float], ...] = ()
    source: str = ""

    @property
    def settings(self) -> AssemblySettings:
        return AssemblySettings(fewest=self.fewest, most=self.most, fewest_constituencies=self.fewest_constituencies)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Asked:
        lists = {name: tuple(tuple(one) for one in record.get(name, ())) for name in ("quotas", "interlinkages")}
        return cls(**{**record, **lists})


async def read_pool(consultation: UUID, proposal: int, asked: Asked, *, with_unusual: bool = False) -> Pool:
    """Everybody who said they would work on the proposal and has left a card, with what stands between them.

    with_unusual : also pairs worth bringing together, which takes the opinion space; for the assembler, not for pages
    """
    offered = {row["participant"] for row in await fetch(OFFERED, proposal)}
    cards = [card for card in await partners_of(consultation) if card.participant in offered]
    places = await _positions(consultation) if with_unusual else {}
    candidates = tuple(_candidate(card, places.get(card.participant)) for card in cards)
    together = await worked_together(consultation) if with_unusual else set()
    return Pool(
        candidates,
        frozenset(conflicts(cards)),
        tuple(Quota(*quota) for quota in asked.quotas),
        {(min(one, other), max(one, other)): weight for one, other, weight in asked.interlinkages},
        unusual_pairs(candidates, together, n_most=asked.settings.n_pairs) if with_unusual else {},
    )


async def unusual_among(consultation: UUID, participants: Iterable[int]) -> dict[Pair, float]:
    """Pairs of these worth bringing together, by their cards and by who worked with whom."""
    wanted = set(participants)
    candidates = [_candidate(card, None) for card in await partners_of(consultation) if card.participant in wanted]
    return unusual_pairs(candidates, await worked_together(consultation))


def _candidate(card: PartnerCard, position: tuple[float, ...] | None) -> Candidate:
    return Candidate(
        card.participant,
        organisation=card.organisation,
        constituency=card.constituency or None,
        region=card.region or None,
        gender=None if card.gender in UNSAID else card.gender,
        needs=card.needs,
        offers=dict(card.offers),
        goals=frozenset(str(goal) for goal in card.goals),
        position=position,
    )


async def _positions(consultation: UUID) -> dict[int, tuple[float, ...]]:
    """Places in the opinion space of the last complete analysis; none where the votes make no picture."""
    row = await fetchrow(PLACES, consultation)
    if row is None or not row["rank"]:
        return {}
    ids, places = loaded(row["ids"]), loaded(row["places"])
    rank = int(row["rank"])
    return {one: tuple(places[at * rank : (at + 1) * rank]) for at, one in enumerate(ids)}


async def worked_together(consultation: UUID) -> set[Pair]:
    """Pairs who have accepted a place in the same coalition."""
    seats: dict[UUID, list[int]] = {}
    for row in await fetch(TOGETHER, consultation):
        seats.setdefault(row["coalition"], []).append(row["participant"])
    return {(min(pair), max(pair)) for members in seats.values() for pair in combinations(members, 2)}


def digest_of(pool: Pool, asked: Asked, *, seed: int) -> str:
    """SHA-256 in hex of everything that the assembler reads, in an order of its own: equal input, equal line-up."""
    people = [
        [
            *(one.participant, one.organisation, one.constituency, one.region, one.gender, sorted(one.needs)),
            *(sorted(one.offers.items()), sorted(one.goals), [round(x, 6) for x in one.position or ()]),
        ]
        for one in sorted(pool.candidates, key=lambda one: one.participant)
    ]
    record = [
        people,
        sorted(pool.conflicts),
        sorted(pool.unusual.items()),
        asked.to_json(),
        asdict(asked.settings),
        seed,
    ]
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(line_up: LineUp) -> dict[str, Any]:
    """What is kept of a line-up: its people and its value; all else follows from their cards, which may change."""
    return {"participants": list(line_up.participants), "value": round(line_up.value, 6)}


@dataclass(frozen=True)
class Seatable:
    """One offer as the convenor sees it, with its participant, who is never shown."""

    participant: int
    offer: UUID
    constituency: str
    is_body: bool
    brings: str


async def seatable(proposal: int) -> dict[int, Seatable]:
    """Everybody whose offer to work on the proposal stands, by participant, in an order that tells nothing."""
    rows = await fetch(
        "select w.id, w.participant, w.brings, q.constituency, q.organisation from work_offers w "
        "join participants q on q.id = w.participant where w.proposal = $1 and not q.is_excluded order by w.id",
        proposal,
    )
    return {
        row["participant"]: Seatable(
            row["participant"], row["id"], row["constituency"], row["organisation"] is not None, row["brings"]
        )
        for row in rows
    }


@dataclass(frozen=True)
class Suggested:
    """One suggested line-up: its offers, and what it would bring, in codes that name nobody."""

    place: int
    offers: tuple[Seatable, ...]
    n_constituencies: int
    goals: tuple[str, ...]
    kinds: tuple[str, ...]
    is_complete: bool


def suggested(place: int, record: Mapping[str, Any], pool: Pool, offers: Mapping[int, Seatable]) -> Suggested | None:
    """A kept line-up as it stands now; None where nobody of it is left. Whoever withdrew is not in it any more."""
    known = {one.participant for one in pool.candidates}
    there = [one for one in record["participants"] if one in known and one in offers]
    if not there:
        return None
    line_up = describe(there, pool)
    return Suggested(
        place,
        tuple(sorted((offers[one] for one in there), key=lambda offer: offer.offer)),
        len(line_up.constituencies),
        line_up.goals,
        tuple(sorted({gift.kind for gift in line_up.gifts})),
        len(there) == len(record["participants"]),
    )


@dataclass(frozen=True)
class Outcome:
    """An assembly as its page shows it. `quick` are there at once; `best` is None until the assembler is done."""

    assembly: Assembly
    asked: Asked
    quick: tuple[Suggested, ...]
    best: Suggested | None
    problem: Mapping[str, Any]

    @property
    def is_open(self) -> bool:
        return self.assembly.status in ("waiting", "running")


async def outcome_of(assembly: Assembly) -> Outcome:
    """What was asked and what was found, with today's cards and offers."""
    asked = Asked.from_json(loaded(assembly.settings))
    pool = await read_pool(assembly.consultation, assembly.proposal, asked)
    offers = await seatable(assembly.proposal)
    quick = [suggested(place, one, pool, offers) for place, one in enumerate(loaded(assembly.quick), start=1)]
    found = loaded(assembly.found)
    return Outcome(
        assembly,
        asked,
        tuple(one for one in quick if one is not None),
        suggested(0, found, pool, offers) if found else None,
        loaded(assembly.problem),
    )


def loaded(value: Any) -> Any:
    """A JSON column as it comes: text from the database, or what was put into a new row."""
    return json.loads(value) if isinstance(value, str) else value


def participants_of(assembly: Assembly, place: int) -> tuple[int, ...]:
    """Whom a line-up of an assembly holds: 0 is the assembler's, from 1 on the quick ones; empty for an unknown one."""
    if place == 0:
        return tuple(loaded(assembly.found).get("participants", ()))
    quick = loaded(assembly.quick)
    return tuple(quick[place - 1]["participants"]) if 1 <= place <= len(quick) else ()


async def n_candidates(consultation: UUID, proposal: int) -> tuple[int, int]:
    """How many would work on the proposal, and how many of them have left a card."""
    offered = {row["participant"] for row in await fetch(OFFERED, proposal)}
    cards = {card.participant for card in await partners_of(consultation)}
    return len(offered), len(offered & cards)


def without_win(participants: Iterable[int], pool: Pool) -> frozenset[int]:
    """Those of a line-up who would receive nothing or give nothing; whoever has no card is left out."""
    known = {one.participant for one in pool.candidates}
    members: Sequence[int] = sorted(set(participants) & known)
    return frozenset(describe(members, pool).without_win) if members else frozenset()


async def numbered(consultation: UUID, number: int) -> Assembly | None:
    """The assembly of this number."""
    if number > MAX_NUMBER:
        return None
    found: Assembly | None = (
        await Assembly.objects().where((Assembly.consultation == consultation) & (Assembly.number == number)).first()
    )
    return found


async def runs_of(consultation: UUID, proposal: int) -> tuple[Assembly, ...]:
    """What the assembler was asked about a proposal, the latest first."""
    where = (Assembly.consultation == consultation) & (Assembly.proposal == proposal)
    return tuple(await Assembly.objects().where(where).order_by(Assembly.number, ascending=False))
