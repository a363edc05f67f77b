"""Probabilistic PCA and the additive model on the votes that were cast: sparse sums, nothing unseen is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from deliberation.votes import VoteMatrix

Floats = NDArray[np.float64]

DENSE_EIGENPROBLEM = 500
"""Most statements for which all eigenvectors are computed: above it Lanczos iteration for a few of them is faster, and
needs no table of statements by statements."""

LEAST_VARIANCE = 1e-6
"""Noise never falls to zero, or votes that are all alike would make a division by zero."""


@dataclass(frozen=True, eq=False)
class Observed:
    """Votes as sparse sums need them: `mask` holds a one and `values` the sign for each vote cast, passes included.

    rows, columns : shape (n_votes,); x : float64 signs; mask, values : CSR
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    x: Floats
    n: int
    m: int
    mask: Any  # scipy's sparse matrices carry no types
    values: Any

    @classmethod
    def of(cls, rows: NDArray[Any], columns: NDArray[Any], x: NDArray[Any], n: int, m: int) -> Observed:
        signs = np.asarray(x, dtype=np.float64)
        mask = sparse.csr_matrix((np.ones(signs.size), (rows, columns)), shape=(n, m))
        values = sparse.csr_matrix((signs, (rows, columns)), shape=(n, m))
        return cls(rows.astype(np.int64), columns.astype(np.int64), signs, n, m, mask, values)

    @classmethod
    def of_votes(cls, votes: VoteMatrix) -> Observed:
        signs, where = votes.signs.astype(np.float64), (votes.columns, votes.index_pointer())
        mask = sparse.csr_matrix((np.ones(signs.size), *where), shape=votes.shape)
        values = sparse.csr_matrix((signs, *where), shape=votes.shape)
        return cls(votes.rows.astype(np.int64), votes.columns.astype(np.int64), signs, *votes.shape, mask, values)

    @cached_property
    def mask_t(self) -> Any:
        return self.mask.T.tocsr()

    @cached_property
    def values_t(self) -> Any:
        return self.values.T.tocsr()

    @cached_property
    def imputed(self) -> Any:
        """Votes less the shrunk mean of their statement, CSR: zero where unseen votes stand at that mean."""
        return (self.values - self.mask.multiply(shrunk_means(self)[None, :])).tocsr()

    def where(self, keep: NDArray[np.bool_]) -> Observed:
        """The same participants and statements, with the marked votes only."""
        return Observed.of(self.rows[keep], self.columns[keep], self.x[keep], self.n, self.m)


@dataclass(frozen=True, eq=False)
class Factors:
    """v_ij = means_j + z_i . loadings_j + noise, with z_i standard normal.

    means : (m,); loadings : (m, rank); noise_variance : variance of one vote around its expectation
    """

    means: Floats
    loadings: Floats
    noise_variance: float

    @property
    def rank(self) -> int:
        return int(self.loadings.shape[1])

    def predict(self, z: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
        """Expected sign of the votes (rows, columns) for participants at `z`."""
        expected: Floats = self.means[columns] + np.einsum("ta,ta->t", z[rows], self.loadings[columns])
        return expected


@dataclass(frozen=True, eq=False)
class Additive:
    """v_ij = statements_j + leanings_i + noise: how agreeable a statement is, and how agreeable a person."""

    statements: Floats
    leanings: Floats
    noise_variance: float

    def predict(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
        expected: Floats = self.statements[columns] + self.leanings[rows]
        return expected


def leanings_of(observed: Observed, statements: Floats, *, ridge: float) -> Floats:
    """Each person's mean departure from the statements' levels, drawn towards zero by `ridge` votes."""
    residual = np.bincount(observed.rows, weights=observed.x - statements[observed.columns], minlength=observed.n)
    leanings: Floats = residual / (np.bincount(observed.rows, minlength=observed.n) + ridge)
    return leanings


def fit_additive(
    observed: Observed, *, row_ridge: float = 2.0, column_ridge: float = 1.0, sweeps: int = 10
) -> Additive:
    """Levels of statements and leanings of people by alternating ridge regression."""
    overall = float(observed.x.mean())
    per_column = np.bincount(observed.columns, minlength=observed.m) + column_ridge
    leanings = np.zeros(observed.n)
    statements = np.full(observed.m, overall)
    for _ in range(sweeps):
        left = observed.x - overall - leanings[observed.rows]
        statements = overall + np.bincount(observed.columns, weights=left, minlength=observed.m) / per_column
        leanings = leanings_of(observed, statements, ridge=row_ridge)
    residual = observed.x - statements[observed.columns] - leanings[observed.rows]
    return Additive(statements, leanings, max(float(np.mean(residual**2)), LEAST_VARIANCE))


def shrunk_means(observed: Observed, *, ridge: float = 1.0) -> Floats:
    """Mean sign of each statement, drawn towards the overall mean by `ridge` votes."""
    count = np.bincount(observed.columns, minlength=observed.m)
    total = np.bincount(observed.columns, weights=observed.x, minlength=observed.m)
    means: Floats = (total + ridge * observed.x.mean()) / (count + ridge)
    return means


def imputed_axes(observed: Observed, rank: int) -> tuple[Floats, Floats]:
    """Leading eigenvectors (m, rank) and eigenvalues (rank,) of the covariance with unseen votes at their mean."""
    imputed, m = observed.imputed, observed.m
    transposed = imputed.T
    if m <= max(DENSE_EIGENPROBLEM, 3 * rank):
        values, vectors = np.linalg.eigh((transposed @ imputed).toarray())
    else:
        products = LinearOperator((m, m), matvec=lambda x: transposed @ (imputed @ x), dtype=np.float64)
        values, vectors = eigsh(products, k=rank, v0=np.ones(m))
    values = values / max(observed.n - 1, 1)
    order = np.argsort(-values, kind="stable")[:rank]
    return np.asarray(vectors[:, order], np.float64), np.asarray(values[order], np.float64)


def starting_factors(observed: Observed, rank: int, known: tuple[Floats, Floats] | None = None) -> Factors:
    """Where the iteration begins: principal axes of the mean-imputed votes, scaled up for what is unseen.

    known : `imputed_axes` of at least this rank, if they are at hand
    """
    means = shrunk_means(observed)
    axes, variances = known or imputed_axes(observed, rank)
    axes, variances = axes[:, :rank], variances[:rank]
    density = max(observed.x.size / max(observed.n * observed.m, 1), 1e-3)
    noise = max(float(np.var(observed.x - means[observed.columns])), LEAST_VARIANCE)
    return Factors(means, axes * np.sqrt(np.maximum(variances, LEAST_VARIANCE) / density), noise)


def fit_factors(
    observed: Observed,
    rank: int,
    prior: float,
    *,
    start: Factors | None = None,
    tolerance: float = 1e-4,
    max_iterations: int = 60,
) -> Factors:
    """Means and loadings that maximise the likelihood of the votes cast times the prior N(0, 1/prior) of loadings.

    EM of probabilistic PCA with missing values (Tipping and Bishop 1999; Ilin and Raiko 2010), O(n_votes rank^2) a
    sweep; stops when the noise variance changes by less than `tolerance` of itself.
    """
    factors = starting_factors(observed, rank) if start is None else start
    for _ in range(max_iterations):
        z, covariances = posterior(observed, factors)
        improved = _regress(observed, z, covariances, prior, factors.noise_variance)
        change = abs(improved.noise_variance - factors.noise_variance)
        factors = improved
        if change < tolerance * improved.noise_variance:
            break
    return factors


def posterior(observed: Observed, factors: Factors) -> tuple[Floats, Floats]:
    """Posterior means (n, rank) and covariances (n, rank, rank) of every participant's z, given the votes cast."""
    rank, loadings = factors.rank, factors.loadings
    upper = _upper(rank)
    products = loadings[:, upper[0]] * loadings[:, upper[1]]
    sums = observed.mask @ np.hstack([products, loadings * factors.means[:, None]])
    precision = _symmetric(sums[:, : upper[0].size] / factors.noise_variance, rank) + np.eye(rank)
    covariances = inverses(precision)
    pulls = (observed.values @ loadings - sums[:, upper[0].size :]) / factors.noise_variance
    return np.einsum("iab,ib->ia", covariances, pulls), covariances


def inverses(matrices: Floats) -> Floats:
    """The inverse of each symmetric positive definite matrix, (n, rank, rank); up to rank 3 by its cofactors.

    LAPACK is called once for each matrix, which takes ten times as long as the arithmetic itself. Precisions hold the
    identity and a sum of squares: their determinants are at least one.
    """
    rank = matrices.shape[1]
    if rank == 0 or rank > 3:
        return np.asarray(np.linalg.inv(matrices), np.float64)
    if rank == 1:
        return np.asarray(1.0 / matrices, np.float64)
    found = np.empty_like(matrices)
    if rank == 2:
        a, b, d = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
        scale = 1.0 / (a * d - b * b)
        found[:, 0, 0], found[:, 1, 1] = d * scale, a * scale
        found[:, 0, 1] = found[:, 1, 0] = -b * scale
        return found
    a, b, c = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 0, 2]
    d, e, f = matrices[:, 1, 1], matrices[:, 1, 2], matrices[:, 2, 2]
    first, second, third = d * f - e * e, c * e - b * f, b * e - c * d
    scale = 1.0 / (a * first + b * second + c * third)
    found[:, 0, 0], found[:, 1, 1], found[:, 2, 2] = first * scale, (a * f - c * c) * scale, (a * d - b * b) * scale
    found[:, 0, 1] = found[:, 1, 0] = second * scale
    found[:, 0, 2] = found[:, 2, 0] = third * scale
    found[:, 1, 2] = found[:, 2, 1] = (b * c - a * e) * scale
    return found


def _regress(observed: Observed, z: Floats, covariances: Floats, prior: float, noise_variance: float) -> Factors:
    """The M step: one small ridge regression per statement on [1, z], and the noise that remains."""
    rank = z.shape[1]
    design = np.hstack([np.ones((observed.n, 1)), z])
    upper = _upper(rank + 1)
    moments = design[:, upper[0]] * design[:, upper[1]]
    inner = upper[0] > 0
    moments[:, inner] += covariances[:, upper[0][inner] - 1, upper[1][inner] - 1]
    gram = _symmetric(observed.mask_t @ moments, rank + 1)
    target = observed.values_t @ design
    ridge = np.diag([1.0] + [prior * noise_variance] * rank)
    pulled = target.copy()
    pulled[:, 0] += observed.x.mean()
    solved = np.linalg.solve(gram + ridge, pulled[:, :, None])[:, :, 0]
    explained = 2 * np.sum(solved * target) - np.einsum("ja,jab,jb->", solved, gram, solved)
    noise = (np.dot(observed.x, observed.x) - explained) / observed.x.size
    return Factors(solved[:, 0], solved[:, 1:], max(float(noise), LEAST_VARIANCE))


@cache
def _upper(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of an upper triangle; asked for thousands of times in an analysis."""
    return np.triu_indices(size)


def _symmetric(upper_entries: Floats, size: int) -> Floats:
    """Full symmetric matrices from the columns of their upper triangles."""
    upper = _upper(size)
    full = np.empty((upper_entries.shape[0], size, size))
    full[:, upper[0], upper[1]] = upper_entries
    full[:, upper[1], upper[0]] = upper_entries
    return full
