"""Pulses: which period is reported on, what is asked, how much time it may take, and the light that follows from it.

A report asks for what has changed and nothing else; a pause that partners announce is a state, and never red.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from deliberation.commitments import Status, months_after
from deliberation.errors import BadValue


class Line(StrEnum):
    """How a deliverable stands."""

    DONE = "done"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"


class Colour(StrEnum):
    """The light of a commitment. The last three are states, said in words, and no worse than green."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    PAUSED = "paused"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """What a light follows from."""

    DATE = "date"
    DELIVERY = "delivery"
    DECAY = "decay"


@dataclass(frozen=True)
class PulseSettings:
    """How often, how long, and from where on a light changes."""

    n_months: int = 3
    """Four pulses of ten minutes a year leave more than half of the budget to a coalition with one commitment."""
    n_minutes: int = 10
    """What a pulse is expected to take; it has seven fields, most of them filled in already."""
    n_minutes_a_year: int = 90
    """Reporting is paid with the time of people who deliver: an hour and a half a year, unless partners say more."""
    n_days_reminded: int = 14
    """Two weeks before a period ends, partners are asked; by then there is something to tell."""
    n_days_yellow: int = 365
    n_days_red: int = 730
    """The rule of the United Nations' register (October 2018): yellow without a report for over a year, red at two."""
    half_life_late_days: float = 90.0
    """Something that is a quarter late is half as likely to come as something due today; a convention, not a fit."""
    delivery_yellow: float = 0.9
    """One thing of one, two weeks late, falls below it."""
    delivery_red: float = 0.5
    """Half of what is due is missing, or all of it for a quarter."""
    activity_red: float = 0.1
    """Three and a third half-lives without anything, some five months, after a usual pace."""
    fewest_shared_targets: int = 1
    """Without a target in common, a coalition's way past an obstacle is an anecdote."""


@dataclass(frozen=True)
class Period:
    """What one pulse reports on: its number from 0, its first day and its last."""

    number: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Due:
    """A deliverable: when it is due, when it was done if it was, and what the last pulse said of it."""

    number: int
    due_on: date
    done_on: date | None = None
    last: Line | None = None


@dataclass(frozen=True)
class Burden:
    """Minutes that a coalition's pulses have taken this year, of how many they may."""

    n_used: int
    n_budget: int
    n_next: int

    @property
    def n_left(self) -> int:
        return max(0, self.n_budget - self.n_used)

    @property
    def is_used_up(self) -> bool:
        """Whether one more pulse would go beyond the budget, so that none is asked."""
        return self.n_used + self.n_next > self.n_budget


@dataclass(frozen=True)
class Light:
    """The light of a commitment, and why.

    causes : what has the worst colour, empty for green and for the states that are no colour
    n_days : days since the last report, or since the commitment was made
    delivery : 0..1, how much of what is due is there
    """

    colour: Colour
    causes: tuple[Cause, ...]
    n_days: int
    delivery: float


@dataclass(frozen=True)
class Peer:
    """A coalition as far as others can learn from it: its SDG targets, and what was in its way, pulse by pulse."""

    number: int
    targets: frozenset[str]
    obstacles: tuple[str, ...] = ()
    delivery: float = 1.0


@dataclass(frozen=True)
class Introduction:
    """A peer that got past an obstacle: which, the targets in common, and how alike the targets are, 0..1."""

    number: int
    shared: tuple[str, ...]
    similarity: float


def period_of(made_on: date, on: date, *, settings: PulseSettings | None = None) -> Period:
    """The period that a day lies in, counted in whole periods from the day on which the commitment was made.

    Raises `BadValue` for a day before.
    """
    settings = settings or PulseSettings()
    if on < made_on:
        raise BadValue(name="on", value=on.isoformat(), allowed=f"{made_on.isoformat()} or later")
    number = 0
    while months_after(made_on, settings.n_months * (number + 1)) <= on:
        number += 1
    first = months_after(made_on, settings.n_months * number)
    return Period(number, first, months_after(made_on, settings.n_months * (number + 1)) - timedelta(days=1))


def is_reminded(period: Period, on: date, *, settings: PulseSettings | None = None) -> bool:
    """Whether the period ends soon enough for partners to be asked for its pulse."""
    settings = settings or PulseSettings()
    return period.ends_on - timedelta(days=settings.n_days_reminded) < on <= period.ends_on


def asked(deliverables: Sequence[Due], until: date) -> tuple[int, ...]:
    """Numbers of the deliverables that a pulse asks about: due by `until`, late, or at risk the last time; not done.

    Whatever is neither due nor in danger is skipped; the earliest due comes first, ties by number.
    """
    open_ones = [one for one in deliverables if one.done_on is None]
    wanted = [one for one in open_ones if one.due_on <= until or one.last is Line.AT_RISK]
    return tuple(one.number for one in sorted(wanted, key=lambda one: (one.due_on, one.number)))


def burden(minutes: Iterable[int], *, n_budget: int | None = None, settings: PulseSettings | None = None) -> Burden:
    """What a year's pulses have taken of the budget; `minutes` are those of the pulses sent in this calendar year."""
    settings = settings or PulseSettings()
    used = list(minutes)
    if any(one < 0 for one in used):
        raise BadValue(name="minutes", value=min(used), allowed="0 or more")
    return Burden(sum(used), settings.n_minutes_a_year if n_budget is None else n_budget, settings.n_minutes)


def delivery(deliverables: Sequence[Due], on: date, *, settings: PulseSettings | None = None) -> float:
    """How much of what is due is there, 0..1; 1 where nothing is due yet.

    The mean over deliverables due or done: 1 if done, else 2^(-days late / half-life).
    """
    settings = settings or PulseSettings()
    due = [one for one in deliverables if one.done_on is not None or one.due_on <= on]
    if not due:
        return 1.0
    return sum(
        1.0 if one.done_on is not None else 0.5 ** ((on - one.due_on).days / settings.half_life_late_days)
        for one in due
    ) / len(due)


def light(
    status: Status,
    deliverables: Sequence[Due],
    *,
    reported_on: date,
    on: date,
    paused_until: date | None = None,
    is_cooling: bool = False,
    activity: float | None = None,
    settings: PulseSettings | None = None,
) -> Light:
    """The worst of three colours: of the date of the last report, of what is delivered, and of decay.

    reported_on : day of the last pulse, or on which the commitment was made; the end of a pause counts as a report
    activity : the coalition's level of activity as a share of its own baseline, None while it has none
    A pause lasts until its last day and, without one, until partners end it.
    """
    settings = settings or PulseSettings()
    if paused_until is not None:
        reported_on = max(reported_on, min(paused_until, on))
    share, since = delivery(deliverables, on, settings=settings), (on - reported_on).days
    if status is Status.PAUSED and (paused_until is None or on <= paused_until):
        return Light(Colour.PAUSED, (), since, share)
    if status in {Status.DELIVERED, Status.WITHDRAWN}:
        return Light(Colour.COMPLETED if status is Status.DELIVERED else Colour.WITHDRAWN, (), since, share)
    is_at_risk = any(one.last is Line.AT_RISK and one.done_on is None for one in deliverables)
    grades = {
        Cause.DATE: (since > settings.n_days_yellow) + (since > settings.n_days_red),
        Cause.DELIVERY: max(int(is_at_risk), (share < settings.delivery_yellow) + (share < settings.delivery_red)),
        Cause.DECAY: 2 if activity is not None and activity < settings.activity_red else int(is_cooling),
    }
    worst = max(grades.values())
    colour = (Colour.GREEN, Colour.YELLOW, Colour.RED)[worst]
    return Light(colour, tuple(cause for cause in Cause if worst and grades[cause] == worst), since, share)


def introduction(
    own: Peer, others: Sequence[Peer], obstacle: str, *, settings: PulseSettings | None = None
) -> Introduction | None:
    """The nearest coalition that had this obstacle and has it no more; None where there is none.

    Nearest by the targets in common as a share of the targets of both (Jaccard). Its outcome is better: an earlier
    pulse named the obstacle, its last one does not, and it delivers at least as much. Ties: more delivered, then the
    lower number.
    """
    settings = settings or PulseSettings()
    found = []
    for one in others:
        shared = own.targets & one.targets
        has_passed = obstacle in one.obstacles[:-1] and one.obstacles[-1] != obstacle
        is_near = len(shared) >= settings.fewest_shared_targets
        if one.number != own.number and has_passed and is_near and one.delivery >= own.delivery:
            similarity = len(shared) / len(own.targets | one.targets)
            found.append(
                (-similarity, -one.delivery, one.number, Introduction(one.number, _sorted(shared), similarity))
            )
    return min(found, key=lambda item: item[:3])[3] if found else None


def _sorted(targets: Iterable[str]) -> tuple[str, ...]:
    """Targets in the order of their goals: 2.1 before 17.1."""
    return tuple(sorted(targets, key=lambda one: [part.zfill(3) for part in one.split(".")]))


def overhead(minutes: Iterable[int], hours_a_month: float, n_months: float) -> float | None:
    """Time for reports as a share of the time that coordination takes by a pattern; None while no time has passed."""
    available = 60 * hours_a_month * n_months
    return sum(minutes) / available if available > 0 else None
