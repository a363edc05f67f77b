"""Who waits and who gives way: time to be taken up, and whether amendments are accepted in both directions.

For a worker: it imports scipy.stats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue
from deliberation.power import Level
from deliberation.shares import e_bh, e_of_p

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExchangeSettings:
    """When waiting or giving way is one-sided."""

    fewest_waits: int = 10
    """Proposals of a category, and of the others, before their waits are compared."""
    times_as_long: float = 1.5
    fewest_amendments: int = 10
    """Decided amendments by a category, and to its proposals, before the two are compared."""
    gap_over: float = 0.25
    """Points between how often others accept a category's amendments and how often it accepts theirs."""
    alpha: float = 0.05
    """Chance that fair waits, or a fair exchange, raise any flag, however often they are looked at."""
    false_discovery_rate: float = 0.05
    """Of the notes of one look."""
    n_resamples: int = 200


@dataclass(frozen=True)
class Wait:
    """How long a category's proposals wait to be taken up, beside the others'; hours.

    lower, upper : 95 % bootstrap interval of the median; p_adjusted : Mann-Whitney, Benjamini-Hochberg, None if too few
    """

    category: str
    n: int
    median: float
    lower: float
    upper: float
    others_median: float
    p_adjusted: float | None
    level: Level | None


def uptake_latency(
    categories: Sequence[str | None], hours: ArrayLike, *, seed: int, settings: ExchangeSettings | None = None
) -> tuple[Wait, ...]:
    """How long each category's proposals waited, by name.

    hours : from submission to being taken up, per proposal; NaN where it has not been, which counts as longest, for
        leaving those out would call fast whoever is passed over
    The null is that waits do not depend on the category: Mann and Whitney's test, from `fewest_waits` proposals of both
    sides on; the interval of the median is a bootstrap's.
    Note: at least `times_as_long` as the others, with a p that stands after correction. Flag: with evidence, besides,
    that e-BH accepts among all categories, which holds however often one looks. Raises `BadShape`, `BadValue`.
    """
    from scipy.stats import false_discovery_control, mannwhitneyu

    settings = settings or ExchangeSettings()
    waited = np.asarray(hours, np.float64)
    if waited.shape != (len(categories),):
        raise BadShape(name="hours", expected=(len(categories),), found=waited.shape)
    if (waited < 0).any():
        raise BadValue(name="hours", value=float(np.nanmin(waited)), allowed="0 or more")
    waited = np.where(np.isnan(waited), np.inf, waited)
    known = np.array([label is not None for label in categories], dtype=bool)
    raw: list[tuple[str, Floats, Floats, float | None]] = []
    for category in sorted({label for label in categories if label is not None}):
        mine = np.array([label == category for label in categories], dtype=bool)
        own, others = waited[mine], waited[known & ~mine]
        enough = min(own.size, others.size) >= settings.fewest_waits
        p = float(mannwhitneyu(own, others, method="asymptotic").pvalue) if enough else None
        raw.append((category, own, others, p))
    tested = [p for *_, p in raw if p is not None]
    adjusted = iter(false_discovery_control(tested, method="bh") if tested else ())
    accepted = iter(_sure([(p, int(known.sum())) for p in tested], 2 * settings.fewest_waits, settings))
    found = []
    for place, (category, own, others, p) in enumerate(raw):
        q = float(next(adjusted)) if p is not None else None
        is_sure = p is not None and next(accepted)
        median, rest = _median(own), _median(others)
        lower, upper = _median_interval(own, np.random.default_rng([seed, place]), settings.n_resamples)
        is_long = median >= settings.times_as_long * rest
        level = _level(is_long, is_sure, q, settings)
        found.append(Wait(category, own.size, median, lower, upper, rest, q, level))
    return tuple(found)


def _sure(tests: Sequence[tuple[float, int]], first: int, settings: ExchangeSettings) -> tuple[bool, ...]:
    """Which of the tests, each a p-value and its number of events, hold however often they are looked at."""
    return e_bh([e_of_p(p, n, first) for p, n in tests], alpha=settings.alpha)


def _level(is_far: bool, is_sure: bool, p_adjusted: float | None, settings: ExchangeSettings) -> Level | None:
    if not is_far or p_adjusted is None:
        return None
    return Level.FLAG if is_sure else Level.NOTE if p_adjusted < settings.false_discovery_rate else None


def _median(values: Floats) -> float:
    """The lower median: half at least waited no longer; no mean of a finite and an endless wait."""
    return float(np.sort(values)[(values.size - 1) // 2]) if values.size else float("nan")


def _median_interval(values: Floats, rng: np.random.Generator, n_resamples: int) -> tuple[float, float]:
    drawn = np.sort(rng.choice(values, (n_resamples, values.size)), axis=1)[:, (values.size - 1) // 2]
    ends = np.quantile(drawn, [0.025, 0.975], method="nearest")
    return float(ends[0]), float(ends[1])


@dataclass(frozen=True)
class GiveAndTake:
    """How often others accept a category's amendments, and how often it accepts theirs.

    p_adjusted : Fisher's exact test on the two, Benjamini-Hochberg over categories; None where there are too few
    """

    category: str
    n_given: int
    n_given_accepted: int
    n_received: int
    n_received_accepted: int
    p_adjusted: float | None
    level: Level | None


@dataclass(frozen=True)
class Exchange:
    """Amendments between categories. reciprocity : share of accepted amendments that is answered in kind, 0 to 1, None
    without any (Squartini, Picciolo, Ruzzenenti and Garlaschelli 2013, r = sum of min(w_ij, w_ji) / sum of w_ij)."""

    rows: tuple[GiveAndTake, ...]
    reciprocity: float | None
    n_across: int


def amendment_exchange(
    amenders: Sequence[str | None],
    authors: Sequence[str | None],
    accepted: ArrayLike,
    *,
    settings: ExchangeSettings | None = None,
) -> Exchange:
    """Who gives way to whom, over decided amendments from one category to another's proposal; rows by category.

    amenders, authors : category of who proposed and of who decided each amendment, None where not stated
    Amendments within a category are left out. The null is that others accept a category's amendments as often as it
    accepts theirs: Fisher's exact test, from `fewest_amendments` both ways on. Note: the two rates differ by more than
    `gap_over`, and by more than chance. Flag: with evidence, besides, that e-BH accepts among all categories, which
    holds however often one looks. Raises `BadShape`.
    """
    from scipy.stats import false_discovery_control, fisher_exact

    settings = settings or ExchangeSettings()
    yes = np.asarray(accepted, bool)
    if not len(amenders) == len(authors) == yes.size:
        raise BadShape(name="accepted", expected=len(amenders), found=yes.size)
    across = [
        (one, other, bool(took))
        for one, other, took in zip(amenders, authors, yes, strict=True)
        if one is not None and other is not None and one != other
    ]
    counted = []
    for category in sorted({name for one, other, _ in across for name in (one, other)}):
        given = [took for one, _, took in across if one == category]
        received = [took for _, other, took in across if other == category]
        table = [[sum(part), len(part) - sum(part)] for part in (given, received)]
        enough = min(len(given), len(received)) >= settings.fewest_amendments
        counted.append((category, given, received, float(fisher_exact(table).pvalue) if enough else None))
    tested = [(p, len(given) + len(received)) for _, given, received, p in counted if p is not None]
    adjusted = iter(false_discovery_control([p for p, _ in tested], method="bh") if tested else ())
    sure = iter(_sure(tested, 2 * settings.fewest_amendments, settings))
    rows = []
    for category, given, received, p in counted:
        q = float(next(adjusted)) if p is not None else None
        is_sure = p is not None and next(sure)
        is_far = bool(given and received) and _gap(given, received) > settings.gap_over
        level = _level(is_far, is_sure, q, settings)
        rows.append(GiveAndTake(category, len(given), sum(given), len(received), sum(received), q, level))
    return Exchange(tuple(rows), _reciprocity(across), len(across))


def _gap(given: Sequence[bool], received: Sequence[bool]) -> float:
    return abs(sum(given) / len(given) - sum(received) / len(received))


def _reciprocity(across: Sequence[tuple[str, str, bool]]) -> float | None:
    weight: dict[tuple[str, str], int] = {}
    for one, other, took in across:
        weight[one, other] = weight.get((one, other), 0) + took
    total = sum(weight.values())
    answered = sum(min(n, weight.get((other, one), 0)) for (one, other), n in weight.items())
    return answered / total if total else None
