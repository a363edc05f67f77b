"""Whether categories of people answer a statement differently: exactly where they are few, by chi-squared where not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, gammaln

from deliberation.errors import BadShape, BadValue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_EXPECTED = 5.0
"""Expected answers in every cell from which the chi-squared distribution is close enough (Cochran 1954)."""
MOST_TABLES = 4_000
"""Most classes of equally probable tables that are told apart; beyond, the smallest categories are counted together."""
SAME = 9
"""Decimals of a log probability to which two tables count as equally probable."""


def independence(successes: ArrayLike, trials: ArrayLike) -> Floats:
    """P value, (n_statements,), of categories having one and the same share of successes; 1 where nothing can differ.

    successes, trials : whole numbers (n_categories, n_statements), 0 <= successes <= trials; categories without trials
    do not count. Where every cell expects at least `LEAST_EXPECTED` this is Pearson's chi-squared test. Elsewhere it is
    exact: the chance, given both margins, of a table no more probable than this one (Fisher 1935 for two categories;
    Freeman and Halton 1951 for more). Which of them is taken depends on the margins alone, so that the choice favours
    no answer. Errors: BadShape, BadValue.
    """
    yes, n = np.atleast_2d(np.asarray(successes)), np.atleast_2d(np.asarray(trials))
    if yes.shape != n.shape or yes.ndim != 2:
        raise BadShape(name="successes", expected=n.shape, found=yes.shape)
    if yes.dtype.kind not in "iu" or n.dtype.kind not in "iu" or (yes < 0).any() or (yes > n).any():
        raise BadValue(name="successes", value="not a count within its trials", allowed="whole numbers, 0 to trials")
    yes, n = yes.astype(np.int64), n.astype(np.int64)
    total, held = n.sum(axis=0), yes.sum(axis=0)
    p = np.ones(n.shape[1])
    differing = ((n > 0).sum(axis=0) > 1) & (held > 0) & (held < total)
    many = differing & (_least_expected(yes, n) >= LEAST_EXPECTED)
    p[many] = _chi_squared(yes[:, many], n[:, many])
    for column in np.flatnonzero(differing & ~many):
        voted = n[:, column] > 0
        p[column] = _of_few(yes[voted, column], n[voted, column])
    return p


def _least_expected(yes: Ints, n: Ints) -> Floats:
    """The smallest expected count of each statement's table, categories without trials left out."""
    total = np.maximum(n.sum(axis=0), 1)
    held = yes.sum(axis=0)
    smallest = np.where(n > 0, n, np.iinfo(np.int64).max).min(axis=0, initial=np.iinfo(np.int64).max)
    return np.asarray(smallest / total * np.minimum(held, total - held), np.float64)


def _chi_squared(yes: Ints, n: Ints) -> Floats:
    share = yes.sum(axis=0) / n.sum(axis=0)
    terms = np.divide((yes - n * share) ** 2, n * share * (1 - share), out=np.zeros(n.shape), where=n > 0)
    return np.asarray(chdtrc((n > 0).sum(axis=0) - 1, terms.sum(axis=0)), np.float64)


def _of_few(yes: Ints, n: Ints) -> float:
    """Exact where the tables can be told apart; else, of ever fewer categories, the first that can be tested."""
    while n.size > 1:
        if _least_expected(yes[:, None], n[:, None])[0] >= LEAST_EXPECTED:
            return float(_chi_squared(yes[:, None], n[:, None])[0])
        p = _exact(yes, n)
        if p is not None:
            return p
        order = np.argsort(n, kind="stable")
        yes, n = (np.append(counts[order[2:]], counts[order[:2]].sum()) for counts in (yes, n))
    return 1.0


def _exact(yes: Ints, n: Ints) -> float | None:
    """Share of all tables of these margins, by probability, that are no more probable; None where they are too many.

    Categories are added one by one. After each, only the successes so far and the probability so far matter, so that
    tables equal in both are carried on as one with their weight.
    """
    held, left = int(yes.sum()), int(n.sum())
    # Successes so far as the real part and the log probability as the imaginary: sorted and merged as one number.
    tables: NDArray[np.complex128] = np.zeros(1, np.complex128)
    counted: Floats = np.ones(1)
    for size in np.sort(n).tolist():
        left -= size
        if tables.size * (size + 1) > 10 * MOST_TABLES:
            return None
        taken = np.arange(size + 1)
        longer = np.add.outer(tables, taken + 1j * _log_choose(size, taken)).ravel()
        longer.imag = np.round(longer.imag, SAME)
        possible = (longer.real <= held) & (longer.real >= held - left)
        many = np.repeat(counted, size + 1)[possible]
        tables, back = np.unique(longer[possible], return_inverse=True)
        counted = np.bincount(back, weights=many).astype(np.float64)
        if tables.size > MOST_TABLES:
            return None
    chance = counted * np.exp(tables.imag - tables.imag.max())
    improbable = tables.imag <= float(_log_choose(n, yes).sum()) + 100 * 10.0**-SAME
    return float(chance[improbable].sum() / chance.sum())


def _log_choose(n: ArrayLike, k: ArrayLike) -> Floats:
    n, k = np.asarray(n, np.float64), np.asarray(k, np.float64)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), np.float64)
