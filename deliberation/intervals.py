"""Intervals for shares and their differences: Wilson to show, Jeffreys for one-sided bounds, Newcombe for gaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri

from deliberation.checks import check_between, finite_numbers
from deliberation.errors import BadValue
from deliberation.factors import Floats


def wilson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.90) -> tuple[Floats, Floats]:
    """Lower and upper ends of the two-sided Wilson interval (1927) of a share; 0 and 1 where n is 0.

    n may be fractional: with weights it is the effective number of people, and successes the weighted share of it.
    Errors: BadValue.
    """
    check_between("level", level, 0.0, 1.0)
    hits, size = _counted(successes, n)
    z2 = float(ndtri((1 + level) / 2)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / size
        centre = (share + z2 / (2 * size)) / (1 + z2 / size)
        half = np.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    # Nobody and everybody are ends themselves, which rounding would miss.
    lower = np.where((size > 0) & (hits > 0), np.maximum(centre - half, 0.0), 0.0)
    upper = np.where((size > 0) & (hits < size), np.minimum(centre + half, 1.0), 1.0)
    return lower, upper


def jeffreys_lower(successes: ArrayLike, n: ArrayLike, *, level: float = 0.10) -> Floats:
    """The share that is exceeded with probability 1 - level: lower quantile of Beta(successes + 1/2, failures + 1/2).

    One-sided; 0 where n is 0 or nobody holds it. Brown, Cai and DasGupta (2001). Errors: BadValue.
    """
    check_between("level", level, 0.0, 1.0)
    hits, size = _counted(successes, n)
    bound = betaincinv(hits + 0.5, size - hits + 0.5, level)
    return np.where((size > 0) & (hits > 0), bound, 0.0)


def newcombe(
    successes: ArrayLike, n: ArrayLike, other_successes: ArrayLike, other_n: ArrayLike, *, level: float = 0.80
) -> tuple[Floats, Floats]:
    """Ends of the interval of share minus other share, from the two Wilson intervals (Newcombe 1998, method 10).

    -1 and 1 where either n is 0. Level .80 two-sided makes each end a one-sided 90 % bound. Errors: BadValue.
    """
    hits, size = _counted(successes, n)
    other_hits, other_size = _counted(other_successes, other_n)
    low, high = wilson(hits, size, level=level)
    other_low, other_high = wilson(other_hits, other_size, level=level)
    share = hits / np.maximum(size, 1e-300)
    other = other_hits / np.maximum(other_size, 1e-300)
    lower = share - other - np.hypot(share - low, other_high - other)
    upper = share - other + np.hypot(high - share, other - other_low)
    known = (size > 0) & (other_size > 0)
    return np.where(known, lower, -1.0), np.where(known, upper, 1.0)


def _counted(successes: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    hits, size = finite_numbers("successes", successes), finite_numbers("n", n)
    if (hits > size + 1e-9).any():
        raise BadValue(name="successes", value="outside 0 to n", allowed="0 <= successes <= n")
    return np.minimum(hits, size), size
