"""What chance alone gives: tails of the counts and shares that measures of power are held against.

For a worker: it imports scipy.special.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def most_by_chance(most: int, n: int, probability: float, n_holders: int) -> float:
    """Chance that any of so many holders has so many of `n`, at most: Bonferroni over binomial tails."""
    from scipy.special import betainc

    tail = 1.0 if most <= 0 else float(betainc(most, n - most + 1, probability)) if most <= n else 0.0
    return min(1.0, n_holders * tail)


def as_few_by_chance(counts: NDArray[np.int64]) -> float:
    """Chance that equally likely authors are as few in effect: Pearson's chi-squared on their counts."""
    from scipy.special import gammaincc

    n, people = int(counts.sum()), counts.size
    statistic = (people * float((counts.astype(np.float64) ** 2).sum()) / n**2 - 1) * n
    return float(gammaincc((people - 1) / 2, max(statistic, 0.0) / 2)) if people > 1 else 1.0


def tail_of(shuffled: Floats, share: float) -> float:
    """Chance of at least this share, from a beta distribution with the mean and variance of the permutations, whose
    own tail ends at one in their number."""
    from scipy.special import betaincc

    mean, variance = float(shuffled.mean()), float(shuffled.var())
    if not 0 < mean < 1 or variance <= 0:
        return 1.0
    size = max(mean * (1 - mean) / variance - 1, 1e-6)
    return float(betaincc(mean * size, (1 - mean) * size, min(max(share, 0.0), 1.0)))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P-values that stay below a level for any true null with a chance of that level at most (Holm 1979), by name."""
    corrected: dict[str, float] = {}
    highest = 0.0
    for at, name in enumerate(sorted(p_values, key=lambda key: (p_values[key], key))):
        highest = max(highest, min(1.0, p_values[name] * (len(p_values) - at)))
        corrected[name] = highest
    return corrected
