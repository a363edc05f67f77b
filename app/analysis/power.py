"""The power balance: reads who took part and how, and asks `deliberation.power`; writes nothing.

It runs in workers. What it returns as `figures` is stored as the last published basis: exact counts that only the
disclosure gate turns into what is shown (`app.analysis.power_page`), renewed only when enough people moved.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import numpy as np

from app.database import fetch, fetchrow, fetchval
from app.tables.consultations import Consultation
from deliberation.bursts import Burst, bursts
from deliberation.disclosure import Attribution, Audience, Basis, release_breakdown
from deliberation.inequality import gini, lorenz, top_share
from deliberation.power import (
    CONVENOR,
    Imbalance,
    Level,
    Participation,
    PowerSettings,
    Status,
    category_rows,
    declines,
    imbalances,
    largest_organisation,
)

ATTRIBUTES = ("constituency", "region", "language")
KEY = "power"
WIDEST_DAYS = 62
MOST_ORGANISATIONS = 40
SLATE_UNIT = 840
"""Divisible by 1 to 8, so that parts of an item stay whole numbers for the gate's tables of counts."""

PARTICIPANTS = """
select q.id, q.constituency, q.organisation, q.region, q.language, count(v.id) as n_votes
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
class Found:
    """An imbalance under the key by which its alert is known; `lingers` where only the relaxed bounds hold it."""

    kind: str
    subject: str
    imbalance: Imbalance
    lingers: bool


@dataclass(frozen=True)
class Checked:
    """One look at the balance: what the page may be released from, and what is out of its bounds."""

    figures: dict[str, Any]
    found: tuple[Found, ...]
    n_voters: int


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


async def check(consultation: Consultation) -> Checked:
    """The balance as it is now, beside what was published of it before."""
    read = await _read(consultation.id)
    previous = await stored_figures(consultation.id)
    mode, seed = Attribution(consultation.attribution), consultation.seed
    figures = await asyncio.to_thread(_figures, read, mode, previous, seed=seed)
    found = await asyncio.to_thread(_found, read, seed=seed)
    return Checked(figures, found, sum(n > 0 for n in read.participation.n_votes))


async def stored_figures(consultation: UUID) -> dict[str, Any]:
    """What was published of the balance last; empty before the first check."""
    row = await fetchval(
        "select row from publications where consultation = $1 and audience = 'inside' and key = $2", consultation, KEY
    )
    return dict(json.loads(row)) if row else {}


# -------- rows


async def _read(consultation: UUID) -> Read:
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
    days, found = await _days(consultation)
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


async def _days(consultation: UUID) -> tuple[tuple[tuple[date, int, int], ...], tuple[tuple[date, Burst], ...]]:
    """Votes and voters of each bar of the chart, a day in UTC or more over long periods; and bursts with their bar."""
    rows = await fetch(VOTES, consultation)
    if not rows:
        return (), ()
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
    found = tuple((bar(start + timedelta(minutes=burst.start)), burst) for burst in bursts(minutes, who))
    return tuple((day, len(people), len(set(people))) for day, people in voters.items()), found


# -------- imbalances


def relaxed(settings: PowerSettings) -> PowerSettings:
    """The bounds below which an alert clears by itself: half the minimum effect of each."""
    half = settings.clear_below
    return replace(
        settings,
        ratio_low=1 - (1 - settings.ratio_low) * half,
        ratio_high=1 + (settings.ratio_high - 1) * half,
        author_share_over=settings.author_share_over * half,
        organisation_share_over=settings.organisation_share_over * half,
        times_equal_share=settings.times_equal_share * half,
        fewest_effective_authors=settings.fewest_effective_authors / half,
        effective_authors_share=settings.effective_authors_share / half,
        between_share_over=settings.between_share_over * half,
        declined_ratio_over=1 + (settings.declined_ratio_over - 1) * half,
    )


def _found(read: Read, *, seed: int) -> tuple[Found, ...]:
    """What asks for a decision, and what is still too near its bound for its alert to be cleared."""
    settings = PowerSettings()
    measured = read.curated if read.curated_size else read.participation
    strict = {_key(one, read): one for one in imbalances(measured, seed=seed, settings=settings) if _asks(one)}
    loose = {_key(one, read): one for one in imbalances(measured, seed=seed, settings=relaxed(settings))}
    for day, burst in read.bursts:
        strict["burst", f"{day.isoformat()}:{burst.start}"] = Imbalance(
            "burst",
            day.isoformat(),
            burst.n_votes,
            burst.expected,
            Level.FLAG,
            {"n": burst.n_votes, "n_people": burst.n_people, "minutes": 10, "p_value": burst.p_value},
        )
    found = [Found(kind, subject, one, lingers=False) for (kind, subject), one in strict.items()]
    found += [Found(*key, one, lingers=True) for key, one in loose.items() if key not in strict]
    return tuple(found)


def _asks(one: Imbalance) -> bool:
    """Notes are shown in the tables; only flags, and constituencies that drop out of the slate, ask for a decision."""
    return one.level is Level.FLAG or one.kind == "missing_from_slate"


def _key(one: Imbalance, read: Read) -> tuple[str, str]:
    """Kind and subject of the alert: a subject stays the same from one check to the next."""
    if one.kind == "one_author":
        return one.kind, str(read.ids[int(one.subject)])
    if "attribute" in one.parameters:
        parts = (one.parameters["attribute"], one.subject, one.parameters.get("column", ""))
        return one.kind, ":".join(parts).rstrip(":")
    return one.kind, one.subject


# -------- figures


def _figures(read: Read, mode: Attribution, previous: Mapping[str, Any], *, seed: int) -> dict[str, Any]:
    people = read.participation
    keep = _Keeper(mode, people.n_participants, dict(previous.get("tables", {})))
    for attribute in ATTRIBUTES:
        _keep_attribute(keep, read, attribute)
    keep.table("days", {day.isoformat(): n for day, n, _ in read.days}, {day.isoformat(): n for day, _, n in read.days})
    by_language = _by_language(read)
    keep.table(
        "moderation",
        {code: row["n"] for code, row in by_language.items()},
        {code: row["n_authors"] for code, row in by_language.items()},
    )
    return {
        "n_participants": people.n_participants,
        "tables": keep.tables,
        "attributes": {name: _attribute(read, name) for name in ATTRIBUTES},
        "spread": {
            "votes": _spread(np.asarray(people.n_votes, dtype=float)),
            "proposals": _spread(people.n_proposals.astype(float)),
        },
        "largest": list(largest_organisation(people) or ()),
        "organisation_bound": _organisation_bound(people),
        "n_alive": sum(status is not Status.DECLINED for status in people.statuses),
        "bursts": [[day.isoformat(), burst.n_votes, burst.n_people] for day, burst in read.bursts],
        "moderation": by_language,
        "network": _network(people),
        "slate": {"n": read.slate_size, "n_curated": read.curated_size, "curated_status": read.curated_status},
        "seed": seed,
    }


def _organisation_bound(people: Participation) -> float:
    """Share of proposals above which one organisation is on too many: higher where there are few organisations."""
    settings = PowerSettings()
    n_bodies = len({body for body in people.organisations if body is not None})
    return max(settings.organisation_share_over, settings.times_equal_share / max(n_bodies, 1))


class _Keeper:
    """Tables of one attribute, each kept as it was published before unless enough people moved."""

    def __init__(self, mode: Attribution, n_participants: int, previous: dict[str, Any]) -> None:
        self.mode, self.n, self.previous = mode, n_participants, previous
        self.tables: dict[str, Any] = {}

    def table(self, name: str, counts: Mapping[str, int], n_people: Mapping[str, int]) -> None:
        before = self.previous.get(name)
        released = release_breakdown(
            counts,
            self.mode,
            audience=Audience.INSIDE,
            n_participants=self.n,
            n_people=n_people,
            previous=Basis.from_records(before) if before else None,
        )
        self.tables[name] = released.basis.records()


def _keep_attribute(keep: _Keeper, read: Read, attribute: str) -> None:
    people = read.participation
    labels = [label or "" for label in people.attributes[attribute]]
    members = _count(labels)
    voters = _count(label for label, n in zip(labels, people.n_votes, strict=True) if n)
    keep.table(f"{attribute}/participants", members, members)
    keep.table(f"{attribute}/votes", _count(labels, people.n_votes), voters)
    # Whose category an author has may be told where the category has enough people (the rule for moderators).
    keep.table(f"{attribute}/proposals", _count(labels, people.n_proposals.tolist()), members)
    for name, measured, size in (("slate", people, read.slate_size), ("curated", read.curated, read.curated_size)):
        if size:
            rows = category_rows(measured, attribute)
            units = {row.category: round((row.slate or 0) * size * SLATE_UNIT) for row in rows}
            keep.table(f"{attribute}/{name}", units, {code: members.get(code, 0) for code in units})


def _count(labels: Iterable[str], weights: Iterable[int] | None = None) -> dict[str, int]:
    counts: dict[str, int] = {}
    for label, weight in zip(labels, weights, strict=True) if weights is not None else ((one, 1) for one in labels):
        counts[label] = counts.get(label, 0) + int(weight)
    return counts


def _attribute(read: Read, attribute: str) -> dict[str, Any]:
    """What the words over, near and under are decided on: exact shares, people and organisations of each category."""
    people = read.participation
    labels = people.attributes[attribute]
    curated = {row.category: row.slate for row in category_rows(read.curated, attribute)}
    rows = {}
    for row in category_rows(people, attribute):
        bodies = {
            body for body, label in zip(people.organisations, labels, strict=True) if label == row.category and body
        }
        rows[row.category] = {
            "target": row.target,
            "n_people": row.n_participants,
            "n_organisations": len(bodies),
            "participants": row.participants,
            "votes": row.votes,
            "proposals": row.proposals,
            "slate": row.slate if read.slate_size else None,
            "curated": curated.get(row.category) if read.curated_size else None,
        }
    return rows


def _spread(amounts: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    if amounts.size == 0 or amounts.sum() <= 0:
        return {}
    # Ten people at least between two points of the curve: it shows a crowd, not a person.
    n_steps = int(max(2, min(20, amounts.size // 10)))
    return {
        "gini": gini(amounts),
        "top": top_share(amounts),
        "n_people": int(amounts.size),
        "curve": [float(point) for point in lorenz(amounts, n_points=n_steps + 1).contributions],
    }


def _by_language(read: Read) -> dict[str, Any]:
    people = read.participation
    table = declines(people.proposal_languages, people.statuses)
    rows = {}
    for code, row in table.items():
        mine = [at for at, language in enumerate(people.proposal_languages) if language == code]
        decided = [at for at in mine if people.statuses[at] is not Status.WAITING]
        waits = [hours for at in decided if (hours := read.hours[at]) is not None and hours >= 0]
        rows[code] = {
            "n": row.n_decided,
            "n_declined": row.n_declined,
            "n_authors": len({people.authors[at] for at in decided}),
            "wait": float(np.median(waits)) if waits else None,
            "p_value": row.p_value,
            "is_higher": row.declined_share >= PowerSettings().declined_ratio_over * row.others_share,
        }
    return rows


def _network(people: Participation) -> dict[str, Any]:
    """Organisations that stand behind the same proposals: the most linked ones, with the number of shared proposals."""
    shared: dict[tuple[str, str], int] = {}
    for at, status in enumerate(people.statuses):
        if status is Status.DECLINED:
            continue
        bodies = sorted({body for row in people.sponsors(at) if (body := people.organisations[row]) is not None})
        for pair in combinations(bodies, 2):
            shared[pair] = shared.get(pair, 0) + 1
    degree: dict[str, int] = {}
    for (one, other), n in shared.items():
        degree[one], degree[other] = degree.get(one, 0) + n, degree.get(other, 0) + n
    kept = sorted(degree, key=lambda body: (-degree[body], body))[:MOST_ORGANISATIONS]
    links = [[one, other, n] for (one, other), n in sorted(shared.items()) if one in kept and other in kept]
    return {"organisations": sorted(kept), "links": links, "bridges": _bridges(kept, links), "n_all": len(degree)}


def _bridges(nodes: list[str], links: list[list[Any]]) -> list[str]:
    """Organisations without which the network falls into more parts that have a link in them each; at most three."""

    def n_parts(without: str | None) -> int:
        parent = {node: node for node in nodes if node != without}

        def root(node: str) -> str:
            while parent[node] != node:
                node = parent[node]
            return node

        for one, other, _ in links:
            if one in parent and other in parent:
                parent[root(one)] = root(other)
        sizes: dict[str, int] = {}
        for node in parent:
            sizes[root(node)] = sizes.get(root(node), 0) + 1
        return sum(size > 1 for size in sizes.values())

    whole = n_parts(None)
    return [node for node in sorted(nodes) if n_parts(node) > whole][:3]
