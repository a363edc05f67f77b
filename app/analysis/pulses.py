"""Pulses as their pages show them: what is asked this period, how the coalition stands, and who could help it.

What a partner wrote is read by the partners and the convenor, and by others only where its writer opened it. How well
partners find that they work together leaves as the middle and the spread of at least three, and never by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.introductions import Introduced, introductions_of
from app.database import fetch
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment
from app.tables.pulses import Pulse
from app.taxonomies import structures
from deliberation.commitments import Status
from deliberation.disclosure import release_scores
from deliberation.phases import Role
from deliberation.pulses import (
    Burden,
    Due,
    Light,
    Line,
    Peer,
    Period,
    asked,
    burden,
    delivery,
    introduction,
    is_reminded,
    light,
    overhead,
    period_of,
)
from deliberation.released import ReleasedIndex
from deliberation.vitality import Event, Kind, Vitality, vitality

MADE = ("made", "paused", "delivered", "withdrawn")
REPORTING = (Status.MADE,)
"""Only what is under way is reported on: who has paused is asked nothing."""

DELIVERABLES = """
select d.commitment, d.id, d.number, d.words, d.due_on, d.done_at, d.status, (
  select l.standing from pulse_lines l join pulses p on p.id = l.pulse
  where l.deliverable = d.id and p.status = 'sent' order by p.period desc limit 1) as last
from deliverables d where d.commitment = any($1::uuid[]) and d.status <> 'dropped' order by d.number
"""
MINUTES = """
select c.coalition, p.minutes from pulses p join commitments c on c.id = p.commitment
where c.coalition = any($1::uuid[]) and p.status = 'sent' and p.minutes is not null
  and extract(year from p.sent_at at time zone 'UTC')::int = $2
"""
EVENTS = """
select c.id as coalition, 'joined' as kind, s.answered_at::date as day
  from coalition_seats s join coalitions c on c.id = s.coalition
  where c.id = any($1::uuid[]) and s.status = 'accepted' and s.answered_at::date > c.formed_at::date
union all select c.coalition, 'committed', c.made_at::date from commitments c
  where c.coalition = any($1::uuid[]) and c.made_at is not null
union all select c.coalition, 'pulse', p.sent_at::date from pulses p join commitments c on c.id = p.commitment
  where c.coalition = any($1::uuid[]) and p.status = 'sent'
union all select c.coalition, 'delivered', d.done_at::date from deliverables d join commitments c on c.id = d.commitment
  where c.coalition = any($1::uuid[]) and d.done_at is not null
union all select c.coalition, 'renewed', g.renewed_on from pledges g join commitments c on c.id = g.commitment
  where c.coalition = any($1::uuid[]) and c.made_at is not null
union all select c.coalition, 'evidence', e.created_at::date
  from evidence_cards e join commitments c on c.id = e.commitment where c.coalition = any($1::uuid[])
union all select d.coalition, 'agreed', d.day from (
  select distinct h.coalition, a.participant, a.answered_on as day
  from clause_answers a join clause_wordings w on w.id = a.wording join charters h on h.id = w.charter
  where h.coalition = any($1::uuid[])) d
"""
PEERS = """
select c.id, c.number, m.id as commitment, m.targets from coalitions c join commitments m on m.coalition = c.id
where c.consultation = $1 and c.status = 'formed' and m.status <> 'draft' order by c.number, m.number
"""


@dataclass(frozen=True)
class DeliverableLine:
    """A deliverable on a pulse: what it is, by when, and what the last pulse said of it."""

    id: UUID
    words: str
    due: Due


@dataclass(frozen=True)
class Health:
    """How well the partners find that they work together, 1 to 5: the middle and the spread, or None of too few."""

    middle: ReleasedIndex
    spread: ReleasedIndex


@dataclass(frozen=True)
class Situation:
    """A commitment and its pulse of this period: what is asked, what may be asked, and the light.

    pulse : this period's, None before anybody has begun; last : the latest that was sent
    """

    commitment: Commitment
    period: Period
    pulse: Pulse | None
    sent: tuple[Pulse, ...]
    deliverables: tuple[DeliverableLine, ...]
    asked: tuple[DeliverableLine, ...]
    burden: Burden
    light: Light
    is_due: bool

    @property
    def last(self) -> Pulse | None:
        return self.sent[0] if self.sent else None

    @property
    def is_sent(self) -> bool:
        return self.pulse is not None and self.pulse.status == "sent"


async def commitments_of(coalition: UUID) -> tuple[Commitment, ...]:
    """What the coalition has undertaken, drafts left out."""
    found = (
        await Commitment.objects()
        .where((Commitment.coalition == coalition) & Commitment.status.is_in(list(MADE)))
        .order_by(Commitment.number)
    )
    return tuple(found)


async def pulses_of(commitment: UUID) -> tuple[Pulse, ...]:
    """Every pulse of a commitment, the latest period first."""
    return tuple(await Pulse.objects().where(Pulse.commitment == commitment).order_by(Pulse.period, ascending=False))


async def deliverables_of(commitment: UUID) -> tuple[DeliverableLine, ...]:
    """What the commitment will deliver, without what was dropped; the last pulse's word stands beside each."""
    return tuple(_line(row) for row in await fetch(DELIVERABLES, [commitment]))


def _line(row: Mapping[str, Any]) -> DeliverableLine:
    done_on = row["done_at"].date() if row["done_at"] else row["due_on"] if row["status"] == "done" else None
    last = Line(row["last"]) if row["last"] else None
    return DeliverableLine(row["id"], row["words"], Due(row["number"], row["due_on"], done_on, last))


async def burden_of(coalition: Coalition, on: date) -> Burden:
    """The minutes that this year's pulses have taken of the coalition's budget."""
    rows = await fetch(MINUTES, [coalition.id], on.year)
    return burden([row["minutes"] for row in rows], n_budget=coalition.minutes_a_year)


async def situation(coalition: Coalition, commitment: Commitment, on: date, alive: Vitality) -> Situation:
    """The commitment on a day, in a coalition as alive as this."""
    every, lines = await pulses_of(commitment.id), await deliverables_of(commitment.id)
    return _situated(commitment, on, alive, every, lines, await burden_of(coalition, on))


async def situations(coalitions: Sequence[Coalition], on: date) -> tuple[tuple[Coalition, Situation], ...]:
    """What these coalitions have undertaken, drafts left out, by coalition and number; a few queries for all of it."""
    if not coalitions:
        return ()
    wanted = Commitment.coalition.is_in([one.id for one in coalitions]) & Commitment.status.is_in(list(MADE))
    every = await Commitment.objects().where(wanted).order_by(Commitment.number)
    made: dict[UUID, list[Commitment]] = {}
    for one in every:
        made.setdefault(one.coalition, []).append(one)
    ids, homes = [one.id for one in every], list(made)
    if not ids:
        return ()
    pulses = await Pulse.objects().where(Pulse.commitment.is_in(ids)).order_by(Pulse.period, ascending=False)
    lines, events = await fetch(DELIVERABLES, ids), await fetch(EVENTS, homes)
    minutes = await fetch(MINUTES, homes, on.year)
    found = []
    for coalition in (one for one in coalitions if one.id in made):
        alive = _alive(coalition, [row for row in events if row["coalition"] == coalition.id], made[coalition.id], on)
        taken = [row["minutes"] for row in minutes if row["coalition"] == coalition.id]
        held = burden(taken, n_budget=coalition.minutes_a_year)
        for commitment in made[coalition.id]:
            own = tuple(one for one in pulses if one.commitment == commitment.id)
            due = tuple(_line(row) for row in lines if row["commitment"] == commitment.id)
            found.append((coalition, _situated(commitment, on, alive, own, due, held)))
    return tuple(found)


def _situated(
    commitment: Commitment,
    on: date,
    alive: Vitality,
    every: Sequence[Pulse],
    lines: tuple[DeliverableLine, ...],
    held: Burden,
) -> Situation:
    made_on = commitment.made_at.date()
    period = period_of(made_on, max(on, made_on))
    wanted = asked([line.due for line in lines], period.ends_on)
    by_number = {line.due.number: line for line in lines}
    sent = tuple(one for one in every if one.status == "sent")
    pulse = next((one for one in every if one.period == period.number), None)
    is_under_way = commitment.status in REPORTING and not (pulse is not None and pulse.status == "sent")
    return Situation(
        commitment,
        period,
        pulse,
        sent,
        lines,
        tuple(by_number[number] for number in wanted),
        held,
        light_of(commitment, lines, sent, alive, on),
        is_under_way and not held.is_used_up and is_reminded(period, on),
    )


def light_of(
    commitment: Commitment, lines: Sequence[DeliverableLine], sent: Sequence[Pulse], alive: Vitality, on: date
) -> Light:
    """The light of a commitment on a day."""
    reported_on = max([commitment.made_at.date(), *(one.sent_at.date() for one in sent if one.sent_at is not None)])
    return light(
        Status(commitment.status),
        [line.due for line in lines],
        reported_on=min(reported_on, on),
        on=on,
        paused_until=commitment.paused_until,
        is_cooling=alive.is_cooling,
        activity=alive.ratio,
    )


async def vitality_of(coalition: Coalition, on: date) -> Vitality:
    """How alive the coalition is by what its partners did; while all it undertook is paused, silence is agreed on."""
    return _alive(coalition, await fetch(EVENTS, [coalition.id]), await commitments_of(coalition.id), on)


def _alive(
    coalition: Coalition, rows: Sequence[Mapping[str, Any]], commitments: Sequence[Commitment], on: date
) -> Vitality:
    events = [Event(row["day"], Kind(row["kind"])) for row in rows if row["day"] is not None]
    formed_on = (coalition.formed_at or coalition.created_at).date()
    under_way = [one for one in commitments if one.status in ("made", "paused")]
    pauses = []
    if under_way and all(one.status == "paused" for one in under_way):
        pauses = [(max(one.status_at.date() for one in under_way if one.status_at is not None), on)]
    return vitality(events, starts_on=min(formed_on, on), on=on, pauses=pauses)


async def health_of(coalition: UUID) -> Health:
    """The latest mark of each partner, as their middle and spread; None of fewer than three."""
    rows = await fetch(
        """
        select distinct on (k.participant) k.mark from pulse_marks k join pulses p on p.id = k.pulse
        join commitments c on c.id = p.commitment
        join coalition_seats s on s.coalition = c.coalition and s.participant = k.participant and s.status = 'accepted'
        where c.coalition = $1 order by k.participant, p.started_at desc
        """,
        coalition,
    )
    marks = [row["mark"] for row in rows]
    middle, spread = (float(median(marks)), float(max(marks) - min(marks))) if marks else (None, None)
    return Health(*release_scores(middle, spread, len(marks)))


async def own_mark(pulse: UUID | None, participant: int) -> int | None:
    """What the reader found, on this period's pulse."""
    if pulse is None:
        return None
    rows = await fetch("select mark from pulse_marks where pulse = $1 and participant = $2", pulse, participant)
    return int(rows[0]["mark"]) if rows else None


async def is_partner(actor: Actor, coalition: Coalition) -> bool:
    """Whether the reader has accepted a place in it."""
    if actor.participant is None:
        return False
    sql = "select 1 from coalition_seats where coalition = $1 and participant = $2 and status = 'accepted'"
    return bool(await fetch(sql, coalition.id, actor.participant.id))


async def reads_all(actor: Actor, coalition: Coalition) -> bool:
    """Whether the reader sees pulses that nobody opened: a partner, or a convenor who looks after the coalition."""
    return actor.is_system or Role.CONVENOR in actor.roles or await is_partner(actor, coalition)


# -------- who could help


async def _peer(rows: Sequence[Mapping[str, Any]], on: date) -> Peer:
    targets: set[str] = set()
    shares, reported = [], []
    for row in rows:
        targets.update(row["targets"])
        shares.append(delivery([line.due for line in await deliverables_of(row["commitment"])], on))
        reported += [(one.sent_at, one.obstacle) for one in await pulses_of(row["commitment"]) if one.status == "sent"]
    obstacles = tuple(obstacle for _, obstacle in sorted(reported, key=lambda item: item[0]))
    return Peer(int(rows[0]["number"]), frozenset(targets), obstacles, sum(shares) / len(shares))


async def peer_for(coalition: Coalition, obstacle: str, on: date) -> int | None:
    """Number of the nearest coalition of the consultation that got past this obstacle, if one did."""
    rows = await fetch(PEERS, coalition.consultation)
    by_number: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_number.setdefault(row["number"], []).append(row)
    if coalition.number not in by_number or not obstacle:
        return None
    peers = {number: await _peer(group, on) for number, group in by_number.items()}
    found = introduction(peers[coalition.number], list(peers.values()), obstacle)
    return found.number if found else None


# -------- the coalition's page


@dataclass(frozen=True)
class Going:
    """How a coalition goes on, for its page; `situations` are its commitments with their lights."""

    situations: tuple[Situation, ...]
    vitality: Vitality
    burden: Burden
    overhead: float | None
    is_partner: bool
    reads_all: bool
    health: Health | None
    introductions: tuple[Introduced, ...] = field(default=())


async def going(actor: Actor, coalition: Coalition) -> Going:
    """How the coalition goes on, as far as this reader may know."""
    on = actor.now.date()
    alive = await vitality_of(coalition, on)
    found = [now for _, now in await situations([coalition], on)]
    is_own, reads = await is_partner(actor, coalition), await reads_all(actor, coalition)
    minutes = [one.minutes for item in found for one in item.sent if one.minutes is not None]
    days = (on - (coalition.formed_at or coalition.created_at).date()).days
    cost = structures.COSTS.get(coalition.structure)
    return Going(
        tuple(found),
        alive,
        await burden_of(coalition, on),
        overhead(minutes, cost.hours_a_month, days / 30.4) if cost and days >= 28 else None,
        is_own,
        reads,
        await health_of(coalition.id) if reads else None,
        await introductions_of(coalition.id) if is_own else (),
    )


# -------- what stands in a pulse


async def lines_of(pulse: UUID) -> dict[int, str]:
    """What a pulse says of each deliverable, by the deliverable's number."""
    sql = (
        "select d.number, l.standing from pulse_lines l join deliverables d on d.id = l.deliverable where l.pulse = $1"
    )
    return {row["number"]: row["standing"] for row in await fetch(sql, pulse)}


async def told_of(pulse: UUID) -> tuple[tuple[str, str], ...]:
    """The deliverables of a pulse in their words, with what it says of each."""
    return (await told_of_each([pulse]))[pulse]


async def told_of_each(pulses: Sequence[UUID]) -> dict[UUID, tuple[tuple[str, str], ...]]:
    """The same of several pulses."""
    rows = await fetch(
        "select l.pulse, d.words, l.standing from pulse_lines l join deliverables d on d.id = l.deliverable "
        "where l.pulse = any($1::uuid[]) order by d.number",
        list(pulses),
    )
    return {one: tuple((row["words"], row["standing"]) for row in rows if row["pulse"] == one) for one in pulses}
