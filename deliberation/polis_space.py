"""The opinion space of Polis: two principal components of the mean-imputed votes, and everybody's place on them.

A missing vote counts as the mean of its statement, so that the centred matrix is zero wherever nobody voted. Its
components are therefore singular vectors of a sparse matrix, and no dense copy of the votes is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, eigsh

from deliberation.votes import StatementCounts, VoteMatrix

GRAM_LIMIT = 80
"""Most statements for which the axes come from the dense statements x statements table; above it Lanczos steps over
the votes take less time (2.9 times less with 371 statements, the same with 80)."""
SMALLEST_SHARE = 1e-12
"""An axis that holds less than this share of the first one's variance is rounding noise, and no axis."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PolisSpace:
    """centre : (m,); axes : (2, m); positions : (n, 2); statement_positions : (m, 2); extremities : (m,)"""

    centre: Floats
    axes: Floats
    positions: Floats
    statement_positions: Floats
    extremities: Floats


def row_order(votes: VoteMatrix) -> NDArray[np.int64]:
    """Indices of participants as they are first met in the votes sorted by (statement, participant)."""
    first = np.full(votes.n_participants, votes.n_statements)
    starts = np.flatnonzero(np.diff(votes.rows, prepend=-1))
    first[votes.rows[starts]] = votes.columns[starts]
    return np.lexsort((np.arange(votes.n_participants), first)).astype(np.int64)


def polis_space(
    votes: VoteMatrix,
    excluded: NDArray[np.bool_],
    *,
    counts: StatementCounts | None = None,
    previous_axes: Floats | None = None,
) -> PolisSpace:
    """Centre, axes and positions as the server has them, but for the sign of votes (agree = +1 here) and of each axis.

    `excluded` statements count as voted 0 by everybody, which gives them no weight on the axes but shortens everybody's
    stretch. With fewer than two participants or statements there is no second axis, and everybody stands at the origin.
    `counts` are those of the votes, if they are at hand.
    """
    n, m = votes.shape
    counts = counts or votes.counts()
    centre = np.where(excluded, 0.0, (counts.agrees - counts.disagrees) / np.maximum(counts.votes, 1))
    deviations = votes.signs - centre[votes.columns]
    deviations[excluded[votes.columns]] = 0.0
    table = csr_array((deviations, votes.columns, votes.index_pointer()), shape=(n, m))
    axes = principal_axes(table, previous=previous_axes)
    stretch = np.sqrt(m / np.maximum(_votes_counted(votes, excluded), 1))
    on_both = 1.0 if min(n, m) > 1 else 0.0
    positions = np.column_stack([table @ axis for axis in axes]) * stretch[:, None] * on_both
    statement_positions = (np.sqrt(m) * np.where(excluded, 0.0, 1 - centre) * axes).T * on_both
    return PolisSpace(centre, axes, positions, statement_positions, np.hypot(*statement_positions.T))


def principal_axes(table: csr_array, *, previous: Floats | None = None) -> Floats:
    """The two directions of most variance of the rows of a centred sparse table, (2, n_columns), each of unit length,
    or zero where no variance is left. Signs follow `previous`, else loadings sum to a positive number."""
    m = table.shape[1]
    if min(table.shape) == 0 or not table.data.any():
        return np.zeros((2, m))
    if m <= GRAM_LIMIT:
        gram = (table.T @ table).toarray()
        variances, vectors = eigh(gram, subset_by_index=[max(0, m - 2), m - 1])
    else:
        transposed = table.T.tocsr()
        gram_times = LinearOperator((m, m), matvec=lambda x: transposed @ (table @ x), dtype=np.float64)
        variances, vectors = eigsh(gram_times, k=2, v0=_start(m), tol=0, ncv=min(m, 24))
    order = np.argsort(-variances)
    axes = np.zeros((2, m))
    axes[: order.size] = vectors[:, order].T
    axes[: order.size][variances[order] <= SMALLEST_SHARE * variances[order[0]]] = 0.0
    return np.array([_turned(axis, None if previous is None else previous[i]) for i, axis in enumerate(axes)])


def _start(m: int) -> Floats:
    # Uneven on purpose: statements in opposite pairs would make a table in which every even start sums to zero.
    return np.asarray(0.5 + np.arange(m) * (np.sqrt(5) - 1) / 2 % 1, np.float64)


def _turned(axis: Floats, previous: Floats | None) -> Floats:
    towards = float(axis.sum() if previous is None else axis @ previous)
    if abs(towards) < 1e-9:
        towards = float(axis[np.argmax(np.abs(axis) > np.abs(axis).max() - 1e-9)])
    return -axis if towards < 0 else axis


def _votes_counted(votes: VoteMatrix, excluded: NDArray[np.bool_]) -> NDArray[np.int64]:
    own = np.bincount(votes.rows[~excluded[votes.columns]], minlength=votes.n_participants)
    return own + int(np.count_nonzero(excluded))
