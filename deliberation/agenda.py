"""Who sets the agenda: from proposed to committed, how often each category's proposals pass beside equally liked ones.

Raw shares mislead, since some write better proposals than others. So proposals are compared within strata of support,
and the strata are pooled by Mantel and Haenszel. For a worker: it imports scipy.stats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue
from deliberation.power import Level
from deliberation.shares import e_bh, e_of_p

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEPS = ("shown", "voted", "participants_slate", "curated_slate", "committed")
"""What a proposal passes after it was proposed; each step asks only those that passed the one before, but the curated
slate, which curators choose from all that were voted on."""
BEFORE = (None, 0, 1, 1, 3)
"""The step a proposal must have passed to be asked at each step; None: every proposal."""
NORMAL = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class AgendaSettings:
    """When a difference between equally supported proposals is worth a look."""

    n_strata: int = 10
    """Deciles of support."""
    fewest_proposals: int = 30
    """Below it an odds ratio moves by half with one proposal."""
    fewest_in_category: int = 5
    odds_over: float = 2.0
    """Twice the odds, or half: what a person would call unfair."""
    alpha: float = 0.05
    """Chance that a fair agenda raises any flag, however often it is looked at."""
    false_discovery_rate: float = 0.05
    """Of the notes of one look."""
    fewest_exposures: int = 30
    """A proposal counts as shown when so many people, or everybody in a smaller room, had it before them."""


@dataclass(frozen=True)
class OddsRatio:
    """Odds of a category over those of the rest, pooled over strata; infinite where nobody else passed.

    lower, upper : 95 % interval by Robins, Breslow and Greenland (1986); p : Mantel-Haenszel test without correction
    for continuity; p_same : Tarone's (1985) test that the strata share one ratio, None where fewer than two inform
    """

    value: float
    lower: float
    upper: float
    p: float
    p_same: float | None
    n_strata: int


@dataclass(frozen=True)
class Passage:
    """One category at one step: how many were asked and passed, beside the rest, and the odds at equal support.

    odds : None where too few were asked, or nobody or everybody passed
    p_adjusted : after Benjamini-Hochberg over all categories and steps that were tested
    """

    category: str
    step: str
    n_asked: int
    n_passed: int
    n_others_asked: int
    n_others_passed: int
    odds: OddsRatio | None
    p_adjusted: float | None
    level: Level | None


def mantel_haenszel(tables: ArrayLike) -> OddsRatio | None:
    """The odds ratio common to 2 x 2 tables, shape (n, 2, 2): rows category and rest, columns passed and not.

    None where the tables hold no comparison: no stratum in which both rows have people and some but not all passed.
    Mantel and Haenszel (1959), interval by Robins, Breslow and Greenland (1986). Raises `BadShape`, `BadValue`.
    """
    from scipy.stats import chi2

    counted = np.asarray(tables, np.float64)
    if counted.ndim != 3 or counted.shape[1:] != (2, 2):
        raise BadShape(name="tables", expected="(n, 2, 2)", found=counted.shape)
    if not np.isfinite(counted).all() or (counted < 0).any():
        raise BadValue(name="tables", value="negative or not finite", allowed="counts")
    counted = counted[(counted.sum(axis=1) > 0).all(axis=1) & (counted.sum(axis=2) > 0).all(axis=1)]
    if not len(counted):
        return None
    a, b, c, d = counted[:, 0, 0], counted[:, 0, 1], counted[:, 1, 0], counted[:, 1, 1]
    n = counted.sum(axis=(1, 2))
    for_it, against = a * d / n, b * c / n
    expected = (a + b) * (a + c) / n
    variance = ((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * np.maximum(n - 1, 1))).sum()
    p = float(chi2.sf((a - expected).sum() ** 2 / variance, 1)) if variance > 0 else 1.0
    r, s = float(for_it.sum()), float(against.sum())
    if r == 0 or s == 0:
        value = math.inf if s == 0 else 0.0
        return OddsRatio(value, 0.0, math.inf, p, None, len(counted))
    agreeing, crossing = (a + d) / n, (b + c) / n
    spread = (
        (agreeing * for_it).sum() / (2 * r**2)
        + (agreeing * against + crossing * for_it).sum() / (2 * r * s)
        + (crossing * against).sum() / (2 * s**2)
    )
    half = NORMAL * math.sqrt(float(spread))
    value = r / s
    return OddsRatio(value, value * math.exp(-half), value * math.exp(half), p, _p_same(counted, value), len(counted))


def _p_same(tables: Floats, odds: float) -> float | None:
    """Breslow and Day's test with Tarone's correction: whether one odds ratio serves all strata."""
    from scipy.stats import chi2

    if len(tables) < 2:
        return None
    a = tables[:, 0, 0]
    mine, passed = tables[:, 0].sum(axis=1), tables[:, :, 0].sum(axis=1)
    others = tables[:, 1].sum(axis=1)
    fitted = _fitted(mine, passed, others, odds)
    variance = 1 / (1 / fitted + 1 / (mine - fitted) + 1 / (passed - fitted) + 1 / (others - passed + fitted))
    statistic = float(((a - fitted) ** 2 / variance).sum() - (a - fitted).sum() ** 2 / variance.sum())
    return float(chi2.sf(max(statistic, 0.0), len(tables) - 1))


def _fitted(mine: Floats, passed: Floats, others: Floats, odds: float) -> Floats:
    """The count in the first cell that gives a table with these margins this odds ratio: a root of a quadratic."""
    if abs(odds - 1) < 1e-12:
        return np.asarray(mine * passed / (mine + others), np.float64)
    linear = odds * (mine + passed) + others - passed
    root = np.sqrt(linear**2 - 4 * (odds - 1) * odds * mine * passed)
    return np.asarray((linear - root) / (2 * (odds - 1)), np.float64)


def passages(
    categories: Sequence[str | None],
    support: ArrayLike,
    passed: ArrayLike,
    *,
    settings: AgendaSettings | None = None,
) -> tuple[Passage, ...]:
    """How each category's proposals fare at each step beside the others' of equal support, by category, then step.

    categories : of each proposal's author; None (starter proposals, not stated) is compared with nobody
    support : least share of any group that agrees, per proposal; NaN where there were too few votes to tell
    passed : shape (proposals, len(STEPS)), whether each proposal passed each step
    The null is one odds ratio of 1 in all strata: Mantel and Haenszel's test, from `fewest_proposals` on, of which
    `fewest_in_category` are the category's; the interval is that of `mantel_haenszel`.
    Support is known from votes, so that the first two steps are compared unstratified. Note: odds beyond `odds_over`
    or its inverse, an interval that leaves out 1, and a p that stands after correction. Flag: evidence, besides, that
    e-BH accepts among all categories and steps, which holds however often one looks. Raises `BadShape`.
    """
    from scipy.stats import false_discovery_control

    settings = settings or AgendaSettings()
    labels, liked, reached = _columns(categories, support, passed)
    known = np.array([label is not None for label in labels], dtype=bool)
    rows: list[tuple[str, int, Bools, Bools, OddsRatio | None]] = []
    for step, before in enumerate(BEFORE):
        asked = known if before is None else known & reached[:, before]
        strata = _strata(liked, asked, settings.n_strata) if step >= 2 else np.where(asked, 0, -1)
        for category in sorted({str(label) for label in labels if label is not None}):
            mine = np.array([label == category for label in labels], dtype=bool)
            odds = _compared(mine, reached[:, step], asked, strata, settings)
            rows.append((category, step, mine & asked, ~mine & asked, odds))
    tested = [(row[4].p, int((row[2] | row[3]).sum())) for row in rows if row[4] is not None]
    adjusted = iter(false_discovery_control([p for p, _ in tested], method="bh") if tested else ())
    evidence = [e_of_p(p, n, settings.fewest_proposals) for p, n in tested]
    accepted = iter(e_bh(evidence, alpha=settings.alpha))
    found = []
    for category, step, mine, others, odds in rows:
        q = float(next(adjusted)) if odds is not None else None
        is_sure = odds is not None and next(accepted)
        found.append(
            Passage(
                category,
                STEPS[step],
                n_asked=int(mine.sum()),
                n_passed=int((mine & reached[:, step]).sum()),
                n_others_asked=int(others.sum()),
                n_others_passed=int((others & reached[:, step]).sum()),
                odds=odds,
                p_adjusted=q,
                level=_level(odds, q, settings, is_sure=is_sure),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.category, STEPS.index(one.step))))


def _columns(
    categories: Sequence[str | None], support: ArrayLike, passed: ArrayLike
) -> tuple[list[str | None], Floats, Bools]:
    liked, reached = np.asarray(support, np.float64), np.asarray(passed, bool)
    if liked.shape != (len(categories),):
        raise BadShape(name="support", expected=(len(categories),), found=liked.shape)
    if reached.shape != (len(categories), len(STEPS)):
        raise BadShape(name="passed", expected=(len(categories), len(STEPS)), found=reached.shape)
    return list(categories), liked, reached


def _strata(support: Floats, asked: Bools, n_strata: int) -> NDArray[np.int64]:
    """Stratum of each proposal that was asked, -1 of the rest: quantiles of support, one more where it is unknown."""
    strata = np.full(support.size, -1, np.int64)
    known = asked & np.isfinite(support)
    if known.any():
        edges = np.quantile(support[known], np.linspace(0, 1, n_strata + 1)[1:-1])
        strata[known] = np.searchsorted(edges, support[known], side="right")
    strata[asked & ~known] = n_strata
    return strata


def _compared(
    mine: Bools, passed: Bools, asked: Bools, strata: NDArray[np.int64], settings: AgendaSettings
) -> OddsRatio | None:
    if asked.sum() < settings.fewest_proposals or (mine & asked).sum() < settings.fewest_in_category:
        return None
    cell = 4 * strata + 2 * ~mine + ~passed
    tables = np.bincount(cell[asked], minlength=4 * (int(strata.max()) + 1))
    return mantel_haenszel(tables.reshape(-1, 2, 2))


def _level(
    odds: OddsRatio | None, p_adjusted: float | None, settings: AgendaSettings, *, is_sure: bool
) -> Level | None:
    if odds is None or p_adjusted is None or odds.lower <= 1 <= odds.upper:
        return None
    if not (odds.value > settings.odds_over or odds.value < 1 / settings.odds_over):
        return None
    if is_sure:
        return Level.FLAG
    return Level.NOTE if p_adjusted < settings.false_discovery_rate else None
