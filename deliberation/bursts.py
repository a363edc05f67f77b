"""Bursts: ten minutes in which far more votes came than the hours around them explain."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Burst:
    """A window with too many votes. start : minutes since the first vote; expected : votes that the rate explains."""

    start: int
    n_votes: int
    n_people: int
    expected: float
    p_value: float


def bursts(minutes: ArrayLike, participants: ArrayLike, *, settings: BurstSettings | None = None) -> tuple[Burst, ...]:
    """Windows whose number of votes a Poisson process with the rate of the hours around them would hardly ever reach.

    minutes, participants : equally long; the minute of each vote since the first, and who cast it
    A person votes many times in one sitting, which a Poisson process of single votes would take for a burst: counts are
    divided by their dispersion, the mean of squared over the mean of plain votes per person and window (quasi-Poisson,
    Wedderburn 1974), before the test, and the threshold is shared among all windows. Raises `BadShape`, `BadValue`.
    """
    settings = settings or BurstSettings()
    at, who = np.asarray(minutes, dtype=np.int64), np.asarray(participants, dtype=np.int64)
    if at.shape != who.shape or at.ndim != 1:
        raise BadShape(name="participants", expected=at.shape, found=who.shape)
    if at.size == 0:
        return ()
    if at.min() < 0:
        raise BadValue(name="minutes", value=int(at.min()), allowed="0 or more")
    windows = at // settings.window_minutes
    counts = np.bincount(windows)
    _, per_sitting = np.unique(np.stack([windows, who]), axis=1, return_counts=True)
    dispersion = float((per_sitting**2).sum() / per_sitting.sum())
    expected = _rate_around(counts, settings.around_hours * 60 // settings.window_minutes)
    found, n_voters = [], int(np.unique(who).size)
    for window in np.flatnonzero(counts >= settings.fewest_votes):
        n_people = int(np.unique(who[windows == window]).size)
        p_value = _poisson_tail(counts[window] / dispersion, expected[window] / dispersion)
        is_few = settings.fewest_people <= n_people <= settings.widest_share * n_voters
        if is_few and p_value < settings.alpha / counts.size:
            start = int(window) * settings.window_minutes
            found.append(Burst(start, int(counts[window]), n_people, float(expected[window]), p_value))
    return tuple(found)


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
