"""What is kept of one look at the power balance: exact counts, from which the gate releases what the page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from app.analysis.power_rows import ATTRIBUTES, Read
from deliberation.additions import Concentration, concentration_of_additions
from deliberation.disclosure import Attribution, Audience, Basis, release_breakdown
from deliberation.inequality import effective_number, gini_interval, lorenz, theil_of, top_share
from deliberation.power import (
    CONVENOR,
    Between,
    Participation,
    PowerSettings,
    Status,
    between_constituencies,
    category_rows,
    declines,
    largest_organisation,
)

MOST_ORGANISATIONS = 40
SLATE_UNIT = 840
"""Divisible by 1 to 8, so that parts of an item stay whole numbers for the gate's tables of counts."""


def figures_of(read: Read, mode: Attribution, previous: Mapping[str, Any], *, seed: int) -> dict[str, Any]:
    """The balance as plain values for storage; tables stay as `previous` has them unless enough people moved."""
    people = read.participation
    keep = _Keeper(mode, people.n_participants, dict(previous.get("tables", {})))
    for attribute in ATTRIBUTES:
        _keep_attribute(keep, read, attribute)
    keep.table("days", {day.isoformat(): n for day, n, _ in read.days}, {day.isoformat(): n for day, _, n in read.days})
    moderation = {name: _declined_by(people, read.hours, labels) for name, labels in _moderated(people).items()}
    for name, rows in moderation.items():
        keep.table(
            f"moderation/{name}",
            {code: row["n"] for code, row in rows.items()},
            {code: row["n_authors"] for code, row in rows.items()},
        )
    between = between_constituencies(people, seed=seed)
    return {
        "n_participants": people.n_participants,
        "tables": keep.tables,
        "attributes": {name: _attribute(read, name) for name in ATTRIBUTES},
        "spread": {
            "votes": _spread(np.asarray(people.n_votes, dtype=float), between.get("votes"), mode, seed),
            "proposals": _spread(people.n_proposals.astype(float), between.get("proposals"), mode, seed),
        },
        "largest": list(largest_organisation(people) or ()),
        "organisation_bound": _organisation_bound(people),
        "n_alive": sum(status is not Status.DECLINED for status in people.statuses),
        "bursts": [[day.isoformat(), burst.n_votes, burst.n_people] for day, burst in read.bursts],
        "moderation": moderation,
        "additions": _additions(read, seed),
        "network": _network(people),
        "slate": {"n": read.slate_size, "n_curated": read.curated_size, "curated_status": read.curated_status},
        "seed": seed,
        "stands_behind": _stands_behind(people),
        "crossed": _crossed(people),
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
    keep.table(f"{attribute}/voters", voters, members)
    wrote = _count(label for label, n in zip(labels, people.n_proposals.tolist(), strict=True) if n)
    keep.table(f"{attribute}/authors", wrote, members)
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


def _spread(
    amounts: np.ndarray[Any, np.dtype[np.float64]], between: Between | None, mode: Attribution, seed: int
) -> dict[str, Any]:
    if amounts.size == 0 or amounts.sum() <= 0:
        return {}
    # Ten people at least between two points of the curve: it shows a crowd, not a person.
    # Where shares are rounded to steps of 5 points, more than ten points would draw the rounding.
    finest = 10 if mode is Attribution.CHATHAM_HOUSE else 20
    n_steps = int(max(2, min(finest, amounts.size // 10)))
    spread = gini_interval(amounts, seed=seed)
    return {
        "gini": spread.value,
        "gini_lower": spread.lower,
        "gini_upper": spread.upper,
        "theil": theil_of(amounts, np.zeros(amounts.size, np.int64)).total,
        "between": between.theil.between_share if between else None,
        "between_chance": between.chance if between else None,
        "between_n": between.n_people if between else 0,
        "effective": effective_number(amounts),
        "n_events": int(amounts.sum()),
        "top": top_share(amounts),
        "n_people": int(amounts.size),
        "curve": [float(point) for point in lorenz(amounts, n_points=n_steps + 1).contributions],
    }


def _moderated(people: Participation) -> dict[str, Sequence[str | None]]:
    """What moderation could treat unevenly: the language of each proposal, and its author's constituency."""
    constituencies = people.attributes["constituency"]
    return {
        "language": people.proposal_languages,
        "constituency": [None if row == CONVENOR else constituencies[row] for row in people.authors],
    }


def _declined_by(
    people: Participation, hours: Sequence[float | None], labels: Sequence[str | None]
) -> dict[str, dict[str, Any]]:
    rows = {}
    for code, row in declines(labels, people.statuses).items():
        mine = [at for at, label in enumerate(labels) if label == code]
        decided = [at for at in mine if people.statuses[at] is not Status.WAITING]
        waits = [waited for at in decided if (waited := hours[at]) is not None and waited >= 0]
        rows[code] = {
            "n": row.n_decided,
            "n_declined": row.n_declined,
            "n_authors": len({people.authors[at] for at in decided}),
            "wait": float(np.median(waits)) if waits else None,
            "p_value": row.p_value,
            "is_higher": row.declined_share >= PowerSettings().declined_ratio_over * row.others_share,
        }
    return rows


def _additions(read: Read, seed: int) -> dict[str, Any]:
    """Whose proposals curators added to the participants' slate: constituencies, and organisations."""
    people, curated = read.participation, read.curated
    if not read.curated_size or not read.slate_size:
        return {}
    pool = [at for at, status in enumerate(people.statuses) if status is Status.SHOWN and not people.in_slate[at]]
    added = [place for place, at in enumerate(pool) if curated.in_slate[at]]
    found: dict[str, Any] = {"n": len(added)}
    for name, labels in (("constituency", people.attributes["constituency"]), ("organisation", people.organisations)):
        behind = [{label for row in people.sponsors(at) if (label := labels[row]) is not None} for at in pool]
        one = concentration_of_additions(behind, added, seed=seed)
        n_people = sum(label == one.top for label in labels) if one else 0
        found[name] = None if one is None else _concentration(one) | {"n_people": n_people}
    return found


def _concentration(one: Concentration) -> dict[str, Any]:
    return {
        "top": one.top,
        "n_added": one.n_added,
        "share": one.share,
        "pool_share": one.pool_share,
        "effective": one.effective,
        "chance": one.chance,
        "level": one.level,
    }


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


def _crossed(people: Participation) -> list[list[Any]]:
    """How many are of each constituency in each region."""
    pairs = zip(people.attributes["constituency"], people.attributes["region"], strict=True)
    counts = Counter((one or "", other or "") for one, other in pairs)
    return [[*pair, n] for pair, n in sorted(counts.items())]


def _stands_behind(people: Participation) -> list[list[str]]:
    """The constituencies of each live proposal's author and co-sponsors."""
    labels = people.attributes["constituency"]
    alive = [at for at, status in enumerate(people.statuses) if status is not Status.DECLINED]
    return [sorted({name for row in people.sponsors(at) if (name := labels[row])}) for at in alive]


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
