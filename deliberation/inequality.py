"""How evenly contributions are spread: Gini, Lorenz, Theil, concentration. Cheap, and without scipy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue, TooFewParticipants

Floats = NDArray[np.float64]

REFERENCE_GINI: dict[str, tuple[float, float]] = {"votes": (0.21, 0.62), "proposals": (0.69, 0.98)}
"""Lowest and highest Gini in 17 public consultations: most people propose nothing, so a high Gini of proposals is usual
and no alarm by itself."""


@dataclass(frozen=True)
class Interval:
    """A figure with the interval of its bootstrap."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Lorenz:
    """Share of all contributions made by the least active share of people; both float64 arrays from 0 to 1."""

    people: Floats
    contributions: Floats


@dataclass(frozen=True)
class Theil:
    """Theil's T and its exact parts between and within categories: total = between + within."""

    total: float
    between: float
    within: float

    @property
    def between_share(self) -> float:
        """Share of the inequality that lies between categories; 0 where all contribute alike."""
        return self.between / self.total if self.total > 1e-12 else 0.0


def gini(contributions: ArrayLike) -> float:
    """Gini coefficient: 0 where all contribute alike, (n - 1) / n where one person contributes everything.

    (n + 1 - 2 * sum of the Lorenz curve) / n on sorted contributions; 0 where nobody contributes.
    """
    return float(_ginis(_checked(contributions)[None, :])[0])


def gini_interval(contributions: ArrayLike, *, seed: int, n_resamples: int = 200, level: float = 0.95) -> Interval:
    """Gini with the percentile interval of a bootstrap over people, drawn as how many contributed each amount."""
    values = _checked(contributions)
    amounts, n = np.unique(values, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(values.size, n / values.size, n_resamples).astype(np.float64)
    summed = np.cumsum(drawn * amounts, axis=1)
    # The Lorenz sum of c people with the same amount a, after others with s in all: c s + a c (c + 1) / 2.
    areas = (drawn * (summed - drawn * amounts) + amounts * drawn * (drawn + 1) / 2).sum(axis=1)
    total = summed[:, -1]
    spread = (values.size + 1 - 2 * areas / np.where(total > 0, total, 1.0)) / values.size
    lower, upper = np.quantile(np.where(total > 0, spread, 0.0), [(1 - level) / 2, (1 + level) / 2])
    return Interval(gini(values), float(lower), float(upper))


def lorenz(contributions: ArrayLike, *, n_points: int = 101) -> Lorenz:
    """The Lorenz curve at `n_points` even shares of people, from (0, 0) to (1, 1), linear between persons."""
    values = np.sort(_checked(contributions))
    summed = np.concatenate(([0.0], np.cumsum(values)))
    people = np.linspace(0.0, 1.0, n_points)
    curve = summed / summed[-1] if summed[-1] > 0 else np.linspace(0.0, 1.0, summed.size)
    return Lorenz(people, np.interp(people, np.linspace(0.0, 1.0, summed.size), curve))


def top_share(contributions: ArrayLike, *, top: float = 0.10) -> float:
    """Share of all contributions made by the most active `top` of people, at least one person."""
    values = np.sort(_checked(contributions))[::-1]
    total = float(values.sum())
    return float(values[: max(1, int(values.size * top))].sum()) / total if total > 0 else 0.0


def theil(contributions: ArrayLike, categories: Sequence[str]) -> Theil:
    """Theil's T of contributions, split exactly into the parts between and within categories.

    T = mean((x / mean) ln(x / mean)); between = sum over categories of their share of contributions times
    ln(mean of the category / mean). Raises `BadShape`.
    """
    values = _checked(contributions)
    if len(categories) != values.size:
        raise BadShape(name="categories", expected=values.size, found=len(categories))
    _, index = np.unique(np.asarray(categories, dtype=str), return_inverse=True)
    return theil_of(values, index.astype(np.int64))


def theil_of(values: Floats, index: NDArray[np.int64]) -> Theil:
    """`theil` with categories as numbers from 0."""
    mean = float(values.mean())
    if mean <= 0:
        return Theil(0.0, 0.0, 0.0)
    ratio = values / mean
    total = float(_x_log_x(ratio).mean())
    sums = np.bincount(index, weights=values)
    relative = sums / np.maximum(np.bincount(index), 1) / mean
    between = float((sums / values.sum() * np.log(np.where(relative > 0, relative, 1.0))).sum())
    return Theil(total, between, total - between)


def concentration(contributions: ArrayLike) -> float:
    """Herfindahl-Hirschman index: sum of squared shares, 1 / n to 1; 0 where nobody contributes."""
    values = _checked(contributions)
    total = float(values.sum())
    return float(((values / total) ** 2).sum()) if total > 0 else 0.0


def effective_number(contributions: ArrayLike) -> float:
    """How many equal contributors would be as concentrated: 1 / concentration; 0 where nobody contributes."""
    index = concentration(contributions)
    return 1 / index if index > 0 else 0.0


def against_reference(kind: str, value: float) -> str:
    """The word "below", "within" or "above" the range of `REFERENCE_GINI` for this kind of contribution."""
    low, high = REFERENCE_GINI[kind]
    return "below" if value < low else "above" if value > high else "within"


def _x_log_x(ratio: Floats) -> Floats:
    return ratio * np.log(np.where(ratio > 0, ratio, 1.0))


def _ginis(samples: Floats) -> Floats:
    ordered = np.cumsum(np.sort(samples, axis=1), axis=1)
    n, total = samples.shape[1], ordered[:, -1]
    spread = (n + 1 - 2 * ordered.sum(axis=1) / np.where(total > 0, total, 1.0)) / n
    return np.where(total > 0, spread, 0.0)


def _checked(contributions: ArrayLike) -> Floats:
    values = np.asarray(contributions, dtype=np.float64)
    if values.ndim != 1:
        raise BadShape(name="contributions", expected="one number for each person", found=values.shape)
    if values.size == 0:
        raise TooFewParticipants(needed=1, found=0)
    if not np.isfinite(values).all() or values.min() < 0:
        raise BadValue(name="contributions", value="negative or not finite", allowed="0 or more")
    return values
