"""Was everybody's proposal seen alike: early beside late, often shown beside hardly shown, first answers beside later.

For a worker: it imports scipy.stats.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue
from deliberation.power import Level
from deliberation.shares import e_of_p

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExposureSettings:
    """When exposure was uneven."""

    correlation_over: float = 0.2
    """Of the order of submission with the number of times shown."""
    alpha: float = 0.05
    """Chance that a fair order raises a flag, however often it is looked at."""
    fewest_statements: int = 15
    fewest_events: int = 30
    """A statement shown less often is under its floor; in a smaller room, shown to fewer than half the people."""
    n_first: int = 20
    """First votes on a statement, beside all later ones."""
    fewest_later: int = 20
    false_discovery_rate: float = 0.05
    smallest_gap: float = 0.10
    """Ten points between the first votes and the later: less changes no list."""


@dataclass(frozen=True)
class PositionBias:
    """Whether early proposals are shown more often: Spearman's correlation of order and exposures with its interval.

    lower, upper : 95 %, by Fisher's z with the variance of Bonett and Wright (2000)
    n_below_floor : statements shown less often than the floor
    """

    correlation: float
    lower: float
    upper: float
    floor: int
    n_below_floor: int
    n_statements: int
    level: Level | None


def position_bias(
    exposures: ArrayLike, *, n_participants: int, settings: ExposureSettings | None = None
) -> PositionBias | None:
    """Correlation of the order of submission with exposures; None for fewer statements than say anything.

    exposures : times shown, one per statement, in the order of submission
    Spearman's rho, beside none at all, from `fewest_statements` on.
    Negative: early statements were shown more often. Note: beyond `correlation_over` with an interval that leaves out
    0. Flag: with evidence, besides, that holds however often one looks. Raises `BadShape`, `BadValue`.
    """
    from scipy.stats import rankdata

    settings = settings or ExposureSettings()
    shown = np.asarray(exposures, np.float64)
    if shown.ndim != 1:
        raise BadShape(name="exposures", expected="one number for each statement", found=shown.shape)
    if not np.isfinite(shown).all() or (shown < 0).any():
        raise BadValue(name="exposures", value="negative or not finite", allowed="0 or more")
    n = shown.size
    if n < settings.fewest_statements:
        return None
    ranks = rankdata(shown)
    spread = float(ranks.std())
    correlation = float(np.corrcoef(np.arange(n), ranks)[0, 1]) if spread > 0 else 0.0
    z = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    error = float(np.sqrt((1 + correlation**2 / 2) / (n - 3)))
    half = NormalDist().inv_cdf(0.975) * error
    lower, upper = float(np.tanh(z - half)), float(np.tanh(z + half))
    floor = min(settings.fewest_events, n_participants // 2)
    is_far = abs(correlation) > settings.correlation_over and not lower <= 0 <= upper
    p = 2 * NormalDist().cdf(-abs(float(z)) / error)
    is_sure = e_of_p(p, n, settings.fewest_statements) >= 1 / settings.alpha
    level = (Level.FLAG if is_sure else Level.NOTE) if is_far else None
    return PositionBias(correlation, lower, upper, floor, int((shown < floor).sum()), n, level)


@dataclass(frozen=True)
class EarlyGap:
    """A statement whose first votes agreed at another rate than the later ones. p_adjusted : Benjamini-Hochberg."""

    statement: Hashable
    first: float
    later: float
    n_first: int
    n_later: int
    p_adjusted: float


def early_gaps(
    statements: Sequence[Hashable], first: ArrayLike, later: ArrayLike, *, settings: ExposureSettings | None = None
) -> tuple[EarlyGap, ...]:
    """Statements whose first `n_first` votes differ from the later ones, the surest first, then by name.

    first, later : shape (statements, 2), how many agreed and how many did not
    Fisher's exact test, corrected over all statements with enough later votes. Early voters may have been invited first
    or watched by the author's friends: a reason to look at who came first. Raises `BadShape`, `BadValue`.
    """
    from scipy.stats import false_discovery_control, fisher_exact

    settings = settings or ExposureSettings()
    counts = np.stack([_counts(first, "first", len(statements)), _counts(later, "later", len(statements))], axis=1)
    n = counts.sum(axis=2)
    compared = np.flatnonzero((n[:, 1] >= settings.fewest_later) & (n[:, 0] > 0)).tolist()
    if not compared:
        return ()
    p = [float(fisher_exact(counts[place]).pvalue) for place in compared]
    found = []
    for place, q in zip(compared, false_discovery_control(p, method="bh"), strict=True):
        early, late = (float(share) for share in counts[place, :, 0] / n[place])
        if q < settings.false_discovery_rate and abs(early - late) >= settings.smallest_gap:
            found.append(EarlyGap(statements[place], early, late, int(n[place, 0]), int(n[place, 1]), float(q)))
    return tuple(sorted(found, key=lambda gap: (gap.p_adjusted, str(gap.statement))))


def _counts(given: ArrayLike, name: str, n_statements: int) -> NDArray[np.int64]:
    counts = np.asarray(given, np.int64).reshape(-1, 2) if n_statements == 0 else np.asarray(given, np.int64)
    if counts.shape != (n_statements, 2):
        raise BadShape(name=name, expected=(n_statements, 2), found=counts.shape)
    if (counts < 0).any():
        raise BadValue(name=name, value=int(counts.min()), allowed="0 or more")
    return counts
