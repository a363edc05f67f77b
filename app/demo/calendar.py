"""When the demo's people come by: visits with peaks at opening, reminder and closing, and the votes of each visit.

Times are seconds since the round opened. Everything is a function of a seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DAY = 86_400


@dataclass(frozen=True)
class Calendar:
    """How people come by during a round.

    n_days : length of the round; n_open_days : days that have passed (all of them once it has closed)
    day_weights : how likely a visit falls on each day that has passed
    return_chance : chance of one more visit after each
    votes_per_visit : median number of statements voted on in one visit; spread : of its logarithm
    hours : the hours of each day of the round, counted from its opening, between which people come by
    """

    n_days: float
    day_weights: tuple[float, ...]
    return_chance: float = 0.56
    votes_per_visit: float = 26.0
    spread: float = 0.55
    hours: tuple[float, float] = (0.1, 14.0)


@dataclass(frozen=True, eq=False)
class Exposures:
    """Who votes on what and when: equally long arrays; a pair occurs once. Rows are in the order of time."""

    participants: NDArray[np.int64]
    statements: NDArray[np.int64]
    seconds: NDArray[np.float64]


def four_weeks() -> Calendar:
    """A round of 28 days: a rush at the opening, another after the reminder in six languages, the last at closing."""
    weights = np.array(
        [10, 7.5, 5, 4, 2.2, 1.4, 2, 2.6, 2.3, 2, 2, 1.1, 1.2, 4, 8, 5, 3, 1.8, 1.4, 2.6, 3, 3.2, 2, 2.4]
    )
    return Calendar(28, (*map(float, weights), 3.2, 3.6, 5.5, 11.0))


def come_by(
    calendar: Calendar, available: NDArray[np.float64], eager: NDArray[np.bool_], *, until: float, seed: int
) -> Exposures:
    """Who votes on what and when, on statements that were available by then. `until` ends it, in seconds.

    available : array of shape (n_statements,), seconds since the opening at which each statement could be voted on
    eager : array of shape (n_people,), those who come back more often than others
    """
    chance = np.random.default_rng(seed)
    rows: list[tuple[int, int, float]] = []
    for participant, is_eager in enumerate(eager):
        again = 1 - (1 - calendar.return_chance) / (4 if is_eager else 1)
        rows += _votes_of(participant, replace(calendar, return_chance=again), available, until, chance)
    rows.sort(key=lambda row: (row[2], row[0], row[1]))
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Exposures(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])


def _votes_of(
    participant: int, calendar: Calendar, available: NDArray[np.float64], until: float, chance: np.random.Generator
) -> list[tuple[int, int, float]]:
    seen: set[int] = set()
    rows = []
    for moment in _visits(calendar, until, chance):
        waiting = [int(column) for column in chance.permutation(available.size) if available[column] <= moment]
        size = int(np.clip(calendar.votes_per_visit * np.exp(calendar.spread * chance.standard_normal()), 3, 80))
        for column in [column for column in waiting if column not in seen][:size]:
            moment += float(chance.gamma(3.0, 9.0))
            if moment < until:
                seen.add(column)
                rows.append((participant, column, moment))
    return rows


def _visits(calendar: Calendar, until: float, chance: np.random.Generator) -> list[float]:
    weights = np.asarray(calendar.day_weights) / np.sum(calendar.day_weights)
    n_visits = 1
    while n_visits < 4 and chance.random() < calendar.return_chance:
        n_visits += 1
    days = chance.choice(weights.size, size=n_visits, p=weights)
    first, last = calendar.hours
    moments = days * float(DAY) + chance.uniform(first, last, size=n_visits) * 3600.0
    # Who would come by after the end comes in its last hours: the rush before a deadline.
    late = moments > until - 1800
    moments[late] = until - 1800 - chance.uniform(0, 6 * 3600, size=int(late.sum()))
    return sorted(float(moment) for moment in np.maximum(moments, 60.0))


def burst(n_people: int, statements: NDArray[np.int64], *, start: float, n_rushed: int, seed: int) -> Exposures:
    """The same votes by a few people on one day, the last `n_rushed` of each within six minutes.

    statements : array of shape (n_votes,), what each of them votes on, in order.
    """
    chance = np.random.default_rng(seed)
    rows = []
    for person in range(n_people):
        n_slow = statements.size - n_rushed
        slow = start - 9 * 3600.0 * (1 - np.sort(chance.random(n_slow))) - 600
        rushed = start + np.sort(chance.uniform(0, 360, n_rushed))
        rows += [(person, int(item), float(at)) for item, at in zip(statements, [*slow, *rushed], strict=True)]
    rows.sort(key=lambda row: (row[2], row[0], row[1]))
    table = np.array(rows, dtype=np.float64)
    return Exposures(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])
