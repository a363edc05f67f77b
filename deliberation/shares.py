"""One share against its target: ratio, interval, and evidence that stays valid however often one looks.

Looked at all the time, an ordinary interval raises a false alarm in two of five fair consultations; an e-process does
in one of twenty at most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from deliberation.errors import BadValue


@dataclass(frozen=True)
class Ratio:
    """Share of a category over its target, with the interval that Wilson's gives for the share."""

    share: float
    target: float
    ratio: float
    lower: float
    upper: float


def representation_ratio(n_in: float, n: float, target: float, *, level: float = 0.95) -> Ratio:
    """How many times its agreed share a category has, with an interval that contains the truth at `level`.

    n may be an effective number. The interval is Wilson's (1927) for the share, over the target. Raises `BadValue`.
    """
    if not 0 < target < 1:
        raise BadValue(name="target", value=target, allowed="above 0, below 1")
    lower, upper = share_interval(n_in, n, level=level)
    return Ratio(n_in / n, target, n_in / n / target, lower / target, upper / target)


def share_interval(n_in: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Ends of Wilson's interval (1927) of a share, as `deliberation.intervals` has it, without its library.

    n may be an effective number. Raises `BadValue`.
    """
    if not 0 <= n_in <= n or n <= 0:
        raise BadValue(name="n_in", value=n_in, allowed=f"0 to {n}")
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    share = n_in / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def distance_from_targets(shares: Mapping[str, float], targets: Mapping[str, float]) -> float:
    """Share of people who would have to be of another category for the targets to be met: half the sum of gaps."""
    return sum(abs(shares.get(name, 0.0) - targets.get(name, 0.0)) for name in {*shares, *targets}) / 2


def e_value(successes: float, failures: float, target: float) -> float:
    """Evidence against the share being `target`, valid at every look: of fair processes at most 1/e ever exceed e.

    B(a + s, b + f) / (B(a, b) target^s (1 - target)^f) with a = 1 + 9 target, b = 1 + 9 (1 - target): a mixture over
    alternatives centred on the target, and Ville's inequality (1939). Infinite where it leaves the range of floats.
    """
    if not 0 < target < 1 or min(successes, failures) < 0:
        raise BadValue(name="e_value", value=(successes, failures, target), allowed="counts, and a target within 0..1")
    a, b = 1 + 9 * target, 1 + 9 * (1 - target)
    log_e = _log_beta(a + successes, b + failures) - _log_beta(a, b)
    log_e -= successes * math.log(target) + failures * math.log(1 - target)
    return math.exp(log_e) if log_e < 700 else math.inf


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def e_of_p(p_value: float, n: float, first: float) -> float:
    """Evidence of an ordinary test on `n` events, which may be looked at after every event from the `first` on.

    sqrt(r / (n + r)) exp(z^2 n / (2 (n + r))) with z the two-sided normal quantile of the p-value and r = first / 4:
    Robbins's (1970) normal mixture, for any statistic that is asymptotically normal in its number of events an
    asymptotic e-process (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024). 1 before the first event. The p-value
    itself, watched from 40 to 3,000 events, is below .05 at some time in three of ten fair processes.
    """
    if not 0 <= p_value <= 1 or n < 0 or first <= 0:
        raise BadValue(name="p_value", value=(p_value, n, first), allowed="0..1, of 0 events or more")
    if n < first or p_value >= 1:
        return 1.0
    if p_value == 0:
        return math.inf
    r = first / 4
    z = NormalDist().inv_cdf(p_value / 2)
    log_e = 0.5 * math.log(r / (n + r)) + z * z * n / (2 * (n + r))
    return math.exp(log_e) if log_e < 700 else math.inf


def e_bh(e_values: Sequence[float], *, alpha: float = 0.05) -> tuple[bool, ...]:
    """Which are rejected so that at most `alpha` of the rejections are expected false, under any dependence.

    The largest K for which the Kth highest e-value is at least n / (alpha K) (Wang and Ramdas 2022).
    """
    n = len(e_values)
    ordered = sorted(e_values, reverse=True)
    n_rejected = max((k for k in range(1, n + 1) if ordered[k - 1] >= n / (alpha * k)), default=0)
    bound = ordered[n_rejected - 1] if n_rejected else math.inf
    return tuple(n_rejected > 0 and value >= bound for value in e_values)
