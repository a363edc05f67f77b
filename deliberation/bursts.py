"""Bursts: ten minutes in which far more votes came than the hours around them explain."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue


@dataclass(frozen=True)
class BurstSettings:
    """When a window counts as a burst."""

    window_minutes: int = 10
    """Long enough for a person's sitting, short enough for a script to stand out."""
    around_hours: int = 12
    """The rate is that of half a day before and after, so that a busy opening day is not a burst by itself."""
    fewest_votes: int = 30
    """Fewer votes change no result."""
    fewest_people: int = 3
    """One or two people voting through their cards in one sitting are no burst, however fast they read."""
    widest_share: float = 0.25
    """When a quarter of all voters vote within minutes it is a session that somebody held, not a few accounts."""
    alpha: float = 0.01
    """Chance of any false alarm in the whole record, shared among all windows (Bonferroni)."""
    clear_below: float = 0.5
    """An alert clears when its votes and people stay below this part of the minimum at two looks in a row."""


@dataclass(frozen=True)
class Burst:
    """A window with too many votes. start : minutes since the first vote; expected : votes that the rate explains."""

    start: int
    n_votes: int
    n_people: int
    expected: float
    p_value: float


@dataclass(frozen=True, eq=False)
class Windows:
    """Votes by window since the first, as sums, so that a record of any length fits; int64 arrays, equally long.

    n_votes, n_people : votes in each window, and people who cast them
    n_squared : sum over these people of the square of their votes in it
    n_voters : people in the whole record
    """

    n_votes: NDArray[np.int64]
    n_people: NDArray[np.int64]
    n_squared: NDArray[np.int64]
    n_voters: int

    def __post_init__(self) -> None:
        for name in ("n_people", "n_squared"):
            if getattr(self, name).shape != self.n_votes.shape or self.n_votes.ndim != 1:
                raise BadShape(name=name, expected=self.n_votes.shape, found=getattr(self, name).shape)
        if (self.n_people > self.n_votes).any() or (self.n_squared < self.n_votes).any():
            raise BadValue(name="windows", value="fewer votes than people", allowed="a vote or more of each person")


def windows_of(minutes: ArrayLike, participants: ArrayLike, *, settings: BurstSettings | None = None) -> Windows:
    """The windows of votes given one by one: the minute of each since the first, and who cast it.

    Raises `BadShape`, `BadValue`.
    """
    at, who = np.asarray(minutes, dtype=np.int64), np.asarray(participants, dtype=np.int64)
    if at.shape != who.shape or at.ndim != 1:
        raise BadShape(name="participants", expected=at.shape, found=who.shape)
    if at.size == 0:
        none = np.zeros(0, np.int64)
        return Windows(none, none, none, n_voters=0)
    if at.min() < 0:
        raise BadValue(name="minutes", value=int(at.min()), allowed="0 or more")
    windows = at // (settings or BurstSettings()).window_minutes
    (of, _), n = np.unique(np.stack([windows, who]), axis=1, return_counts=True)
    size = int(windows.max()) + 1
    return Windows(
        np.bincount(windows, minlength=size),
        np.bincount(of, minlength=size),
        np.bincount(of, weights=n.astype(np.float64) ** 2, minlength=size).astype(np.int64),
        int(np.unique(who).size),
    )


def bursts(windows: Windows, *, settings: BurstSettings | None = None) -> tuple[Burst, ...]:
    """Windows whose number of votes a Poisson process with the rate of the hours around them would hardly ever reach.

    A person votes many times in one sitting, which a Poisson process of single votes would take for a burst: counts are
    divided by their dispersion, the mean of squared over the mean of plain votes per person and window (quasi-Poisson,
    Wedderburn 1974), before the test, and the threshold is shared among all windows.
    """
    settings = settings or BurstSettings()
    counts = windows.n_votes
    if not counts.sum():
        return ()
    dispersion = float(windows.n_squared.sum() / counts.sum())
    expected = _rate_around(counts, settings.around_hours * 60 // settings.window_minutes)
    found = []
    for window in np.flatnonzero(counts >= settings.fewest_votes):
        n_people = int(windows.n_people[window])
        p_value = _poisson_tail(counts[window] / dispersion, expected[window] / dispersion)
        is_few = settings.fewest_people <= n_people <= settings.widest_share * windows.n_voters
        if is_few and p_value < settings.alpha / counts.size:
            start = int(window) * settings.window_minutes
            found.append(Burst(start, int(counts[window]), n_people, float(expected[window]), p_value))
    return tuple(found)


def lingering_bursts(windows: Windows, *, settings: BurstSettings | None = None) -> tuple[Burst, ...]:
    """Windows beyond half the minimum of a burst: the alert of one stays open until its votes or people are fewer."""
    settings = settings or BurstSettings()
    half = settings.clear_below
    return bursts(
        windows,
        settings=replace(
            settings,
            fewest_votes=math.ceil(settings.fewest_votes * half),
            fewest_people=math.ceil(settings.fewest_people * half),
            widest_share=min(settings.widest_share / half, 1.0),
        ),
    )


def _rate_around(counts: NDArray[np.int64], reach: int) -> NDArray[np.float64]:
    """Mean votes per window in the `reach` windows on either side, the window itself left out; never below the mean of
    the whole record, so that the first vote after a silent night is no burst."""
    summed = np.concatenate(([0], np.cumsum(counts)))
    places = np.arange(counts.size)
    low, high = np.maximum(places - reach, 0), np.minimum(places + reach + 1, counts.size)
    around = (summed[high] - summed[low] - counts) / np.maximum(high - low - 1, 1)
    overall = (counts.sum() - counts) / max(counts.size - 1, 1)
    return np.asarray(np.maximum(around, overall), dtype=np.float64)


def _poisson_tail(at_least: float, mean: float) -> float:
    """Probability that a Poisson variable with this mean reaches `at_least`, continued between whole numbers."""
    from scipy.special import gammainc

    return 1.0 if at_least <= 0 else float(gammainc(at_least, mean)) if mean > 0 else 0.0
