"""The rows behind the power balance, as columns: who took part, who wrote and co-sponsored what, what was chosen."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from app.analysis.queue_age import AWAY
from app.database import fetch, fetchrow, fetchval
from app.tables.publications import Publication
from deliberation.bursts import Burst, BurstSettings, Windows, bursts, lingering_bursts
from deliberation.power import CONVENOR, Participation, Status

ATTRIBUTES = ("constituency", "region", "language", "gender")
KEY = "power"
WIDEST_DAYS = 62

PARTICIPANTS = """
select q.id, q.constituency, q.organisation, q.region, q.language, q.gender, count(v.id) as n_votes
from participants q left join votes v on v.participant = q.id and not q.is_excluded
where q.consultation = $1 group by q.id order by q.id
"""
PROPOSALS = f"""
select p.id, p.author, p.status, p.language,
  extract(epoch from p.decided_at - p.waiting_since - {AWAY}) / 3600 as hours,
  array(select c.participant from cosponsors c where c.proposal = p.id order by c.participant) as sponsors
from proposals p where p.consultation = $1 and p.status <> 'withdrawn' order by p.id
"""  # noqa: S608  # a constant
SPAN = "select min(cast_at) as first, max(cast_at) as last from votes where consultation = $1"
# The server counts: a row a vote would be an object of every vote of a million people.
BARS = """
select bar, sum(n)::bigint as n_votes, count(*) as n_people
from (
  select ((cast_at at time zone 'UTC')::date - $2::date) / $3::int as bar, participant, count(*) as n
  from votes where consultation = $1 group by 1, 2
) v group by bar
"""
WINDOWS = """
select place, sum(n)::bigint as n_votes, count(*) as n_people, sum(n * n)::bigint as n_squared
from (
  select floor(extract(epoch from cast_at - $2::timestamptz) / (60 * $3::int))::int as place, participant,
    count(*) as n
  from votes where consultation = $1 group by 1, 2
) v group by place
"""
BETWEEN = """
select distinct participant from votes where consultation = $1 and cast_at >= $2 and cast_at < $3
"""
CURATED = """
select s.status, array(select i.proposal from slate_items i where i.slate = s.id and i.choice = 'agree') as items
from curated_slates s join rounds r on r.id = s.round where s.consultation = $1 order by r.number desc limit 1
"""
CHOSEN = """
select slate from analyses where consultation = $1 and slate <> '{}'::jsonb order by created_at desc limit 1
"""
STATUSES = {
    "accepted": Status.SHOWN,
    "merged": Status.SHOWN,
    "declined": Status.DECLINED,
    "waiting": Status.WAITING,
    "returned": Status.WAITING,
}


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
    lingering: tuple[tuple[date, Burst], ...]
    rushed: frozenset[int]


async def stored_figures(consultation: UUID) -> dict[str, Any]:
    """What was published of the balance last; empty before the first check."""
    row = await Publication.stored(consultation, KEY, "inside")
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
    timed = await _timed(consultation, sum(row["n_votes"] > 0 for row in people))
    return Read(
        participation,
        replace(participation, in_slate=[row["id"] in curated_items for row in proposals]),
        tuple(row["id"] for row in people),
        tuple(float(row["hours"]) if row["hours"] is not None else None for row in proposals),
        len(chosen),
        len(curated_items),
        curated["status"] if curated else "",
        *timed,
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


async def _timed(
    consultation: UUID, n_voters: int
) -> tuple[Days, tuple[tuple[date, Burst], ...], tuple[tuple[date, Burst], ...], frozenset[int]]:
    """Votes and voters of each bar of the chart, a day in UTC or more over long periods; bursts with their bar, those
    that are still half of one, and who voted in a burst."""
    span = await fetchrow(SPAN, consultation)
    if span is None or span["first"] is None:
        return (), (), (), frozenset()
    start, begin = span["first"].replace(second=0, microsecond=0), span["first"].date()
    n_days = (span["last"].date() - begin).days + 1
    step = 1 if n_days <= WIDEST_DAYS else 7 if n_days <= 7 * WIDEST_DAYS else 28
    counted = {row["bar"]: row for row in await fetch(BARS, consultation, begin, step)}
    days = []
    for place in range(-(-n_days // step)):
        row = counted.get(place)
        day = begin + timedelta(days=place * step)
        days.append((day, row["n_votes"], row["n_people"]) if row else (day, 0, 0))

    def dated(burst: Burst) -> tuple[date, Burst]:
        n_past = ((start + timedelta(minutes=burst.start)).date() - begin).days
        return begin + timedelta(days=n_past // step * step), burst

    windows = await _windows(consultation, start, n_voters)
    found = bursts(windows)
    rushed: set[int] = set()
    for burst in found:
        since = start + timedelta(minutes=burst.start)
        until = since + timedelta(minutes=BurstSettings().window_minutes)
        rushed |= {row["participant"] for row in await fetch(BETWEEN, consultation, since, until)}
    lingering = tuple(dated(burst) for burst in lingering_bursts(windows))
    return tuple(days), tuple(dated(burst) for burst in found), lingering, frozenset(rushed)


async def _windows(consultation: UUID, start: datetime, n_voters: int) -> Windows:
    rows = await fetch(WINDOWS, consultation, start, BurstSettings().window_minutes)
    size = max((row["place"] for row in rows), default=-1) + 1
    columns = {name: np.zeros(size, np.int64) for name in ("n_votes", "n_people", "n_squared")}
    for row in rows:
        for name, column in columns.items():
            column[row["place"]] = row[name]
    return Windows(**columns, n_voters=n_voters)
