"""The rows behind the power balance, as columns: who took part, who wrote and co-sponsored what, what was chosen."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from app.database import fetch, fetchrow, fetchval
from deliberation.bursts import Burst, BurstSettings, bursts
from deliberation.power import CONVENOR, Participation, Status

ATTRIBUTES = ("constituency", "region", "language", "gender")
KEY = "power"
WIDEST_DAYS = 62

PARTICIPANTS = """
select q.id, q.constituency, q.organisation, q.region, q.language, q.gender, count(v.id) as n_votes
from participants q left join votes v on v.participant = q.id
where q.consultation = $1 group by q.id order by q.id
"""
PROPOSALS = """
select p.id, p.author, p.status, p.language,
  extract(epoch from p.decided_at - p.waiting_since) / 3600 as hours,
  array(select c.participant from cosponsors c where c.proposal = p.id order by c.participant) as sponsors
from proposals p where p.consultation = $1 and p.status <> 'withdrawn' order by p.id
"""
VOTES = "select cast_at, participant from votes where consultation = $1"
CURATED = """
select s.status, array(select i.proposal from slate_items i where i.slate = s.id and i.choice = 'agree') as items
from curated_slates s join rounds r on r.id = s.round where s.consultation = $1 order by r.number desc limit 1
"""
CHOSEN = """
select slate from analyses where consultation = $1 and slate <> '{}'::jsonb order by created_at desc limit 1
"""
STATUSES = {"accepted": Status.SHOWN, "merged": Status.SHOWN, "declined": Status.DECLINED, "waiting": Status.WAITING}


@dataclass(frozen=True)
class Read:
    """The rows of one consultation, as columns."""

    participation: Participation
    curated: Participation
    ids: tuple[int, ...]
    hours: tuple[float | None, ...]
    slate_size: int
    curated_size: int
    curated_status: str
    days: tuple[tuple[date, int, int], ...]
    bursts: tuple[tuple[date, Burst], ...]
    rushed: frozenset[int]


async def stored_figures(consultation: UUID) -> dict[str, Any]:
    """What was published of the balance last; empty before the first check."""
    row = await fetchval(
        "select row from publications where consultation = $1 and audience = 'inside' and key = $2", consultation, KEY
    )
    return dict(json.loads(row)) if row else {}


async def read_rows(consultation: UUID) -> Read:
    """Everything the balance is worked out from, as it is now."""
    people = await fetch(PARTICIPANTS, consultation)
    proposals = await fetch(PROPOSALS, consultation)
    curated = await fetchrow(CURATED, consultation)
    chosen = slate_of(await fetchval(CHOSEN, consultation))
    curated_items = set(curated["items"]) if curated else set()
    at = {row["id"]: place for place, row in enumerate(people)}
    participation = Participation(
        attributes={name: [row[name] or None for row in people] for name in ATTRIBUTES},
        organisations=[str(row["organisation"]) if row["organisation"] else None for row in people],
        n_votes=[row["n_votes"] for row in people],
        authors=[at.get(row["author"], CONVENOR) for row in proposals],
        statuses=[STATUSES[row["status"]] for row in proposals],
        co_sponsors=[[at[one] for one in row["sponsors"] if one in at] for row in proposals],
        in_slate=[row["id"] in chosen for row in proposals],
        proposal_languages=[row["language"] if row["author"] else None for row in proposals],
        targets=await _targets(consultation),
    )
    days, found, rushed = await _days(consultation)
    return Read(
        participation,
        replace(participation, in_slate=[row["id"] in curated_items for row in proposals]),
        tuple(row["id"] for row in people),
        tuple(float(row["hours"]) if row["hours"] is not None else None for row in proposals),
        len(chosen),
        len(curated_items),
        curated["status"] if curated else "",
        days,
        found,
        rushed,
    )


def slate_of(stored: str | None) -> set[int]:
    """Proposals that the participants' slate agrees with: its common ground and its distinct stances."""
    slate = json.loads(stored).get("slate", {}) if stored else {}
    stances = [*slate.get("common_ground", ()), *(item["stance"] for item in slate.get("distinct", ()))]
    return {int(stance["statement_id"]) for stance in stances if stance["choice"] == "agree"}


async def _targets(consultation: UUID) -> dict[str, dict[str, float]]:
    targets: dict[str, dict[str, float]] = {}
    for row in await fetch("select attribute, code, share from targets where consultation = $1", consultation):
        if row["attribute"] in ATTRIBUTES and 0 < row["share"] < 1:
            targets.setdefault(row["attribute"], {})[row["code"]] = round(float(row["share"]), 6)
    return targets


Days = tuple[tuple[date, int, int], ...]


async def _days(consultation: UUID) -> tuple[Days, tuple[tuple[date, Burst], ...], frozenset[int]]:
    """Votes and voters of each bar of the chart, a day in UTC or more over long periods; bursts with their bar, and who
    voted in them."""
    rows = await fetch(VOTES, consultation)
    if not rows:
        return (), (), frozenset()
    first = min(row["cast_at"] for row in rows)
    start = first.replace(second=0, microsecond=0)
    minutes = np.array([int((row["cast_at"] - start).total_seconds() // 60) for row in rows], dtype=np.int64)
    who = np.array([row["participant"] for row in rows], dtype=np.int64)
    n_days = (max(row["cast_at"] for row in rows).date() - first.date()).days + 1
    step = 1 if n_days <= WIDEST_DAYS else 7 if n_days <= 7 * WIDEST_DAYS else 28

    begin: date = first.date()

    def bar(moment: datetime) -> date:
        return begin + timedelta(days=(moment.date() - begin).days // step * step)

    voters: dict[date, list[int]] = {begin + timedelta(days=place): [] for place in range(0, n_days, step)}
    for row in rows:
        voters[bar(row["cast_at"])].append(row["participant"])
    found = bursts(minutes, who)
    rushed = [
        who[(minutes >= burst.start) & (minutes < burst.start + BurstSettings().window_minutes)] for burst in found
    ]
    return (
        tuple((day, len(people), len(set(people))) for day, people in voters.items()),
        tuple((bar(start + timedelta(minutes=burst.start)), burst) for burst in found),
        frozenset(int(person) for part in rushed for person in part),
    )
