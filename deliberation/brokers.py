"""Bridges and brokers: people on the shortest ways between others, who hold coalitions together or could join them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadValue, TooLarge

MOST_PEOPLE = 5_000
"""Three tables of people by people are held at once: half a gigabyte."""


@dataclass(frozen=True)
class Broker:
    """Somebody between others. betweenness : share of all pairs of others whose shortest way leads through them, 0..1;
    is_bridge : without them some of these could not reach each other at all."""

    participant: int
    betweenness: float
    is_bridge: bool


def brokers(links: Iterable[tuple[int, int]], *, n_most: int = 10) -> tuple[Broker, ...]:
    """Those through whom most shortest ways lead, the most first, ties by id; nobody who lies between no two others.

    Betweenness after Freeman (1977) by Brandes's sums (2001), all sources at once; where several ways are equally
    short each counts in part. Raises `BadValue` for somebody linked to themselves, `TooLarge` above 5,000 people.
    """
    pairs = sorted({(min(a, b), max(a, b)) for a, b in links})
    for a, b in pairs:
        if a == b:
            raise BadValue(name="link", value=(a, b), allowed="two people")
    people = sorted({one for pair in pairs for one in pair})
    if len(people) > MOST_PEOPLE:
        raise TooLarge(name="people", found=len(people), allowed=MOST_PEOPLE)
    if len(people) < 3:
        return ()
    row = {one: at for at, one in enumerate(people)}
    linked = np.zeros((len(people), len(people)))
    for a, b in pairs:
        linked[row[a], row[b]] = linked[row[b], row[a]] = 1.0
    between = _betweenness(linked)
    order = sorted(range(len(people)), key=lambda at: (-round(float(between[at]), 9), people[at]))
    return tuple(
        Broker(people[at], round(float(between[at]), 9), _is_bridge(linked, at))
        for at in order[:n_most]
        if between[at] > 1e-9
    )


def _betweenness(linked: NDArray[np.float64]) -> NDArray[np.float64]:
    n = len(linked)
    steps = np.where(np.eye(n, dtype=bool), 0, -1)
    n_ways = np.eye(n)
    front, level = np.eye(n), 0
    while front.any():
        level += 1
        reached = front @ linked
        reached[steps >= 0] = 0.0
        steps[reached > 0] = level
        n_ways += reached
        front = reached
    owed = np.zeros((n, n))
    for now in range(level - 1, 0, -1):
        share = np.where(steps == now, (1 + owed) / np.maximum(n_ways, 1.0), 0.0)
        owed += np.where(steps == now - 1, n_ways * (share @ linked), 0.0)
    np.fill_diagonal(owed, 0.0)
    total: NDArray[np.float64] = owed.sum(axis=0) / ((n - 1) * (n - 2))
    return total


def _is_bridge(linked: NDArray[np.float64], at: int) -> bool:
    """Whether the neighbours of one fall apart without them."""
    around = np.flatnonzero(linked[at])
    if around.size < 2:
        return False
    seen = np.zeros(len(linked), dtype=bool)
    seen[[at, around[0]]] = True
    front = [int(around[0])]
    while front:
        near = np.flatnonzero(linked[front].any(axis=0) & ~seen)
        seen[near] = True
        front = near.tolist()
    return not bool(seen[around].all())
