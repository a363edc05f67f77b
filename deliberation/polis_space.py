"""The opinion space of Polis: two principal components of the mean-imputed votes, and everybody's place on them.

A missing vote counts as the mean of its statement, so that the centred matrix is zero wherever nobody voted. Its
components are therefore singular vectors of a sparse matrix, and no dense copy of the votes is ever made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, eigsh

from deliberation.packed import parts, row_parts
from deliberation.votes import StatementCounts, VoteMatrix

GRAM_LIMIT = 100
"""Most statements or participants for which the axes come from a dense table of products between them; above it Lanczos
steps over the votes take less time."""
DENSE_ROWS = 4096
"""Rows of the table that are written out at once for such products."""
LANCZOS_ERROR, N_LANCZOS = 1e-10, 12
"""Residual at which Lanczos steps end, as a share of the variance, and the vectors they keep: on real votes the axes
are then within 1e-10 of those found to the last bit, in half the steps."""
LANCZOS_LIMIT = 4_000_000
"""Most votes of which a centred copy is kept for Lanczos steps; above it a few passes over the votes themselves do."""
SAMPLED_PER_STATEMENT = 2
"""Participants per statement whose table of products is the passes' starting guess: enough for it to have full rank."""
SAMPLED_AT_LEAST = 2000
N_KNOWN = 6
"""Axes of that guess that correct the next step; the rest of its spectrum is taken as flat."""
CLOSE_ENOUGH = 1e-6
"""Passes stop when an axis's residual is this small a share of its variance; its angle is then within some 1e-5."""
MAX_PASSES = 20
SMALLEST_SHARE = 1e-12
"""An axis that holds less than this share of the first one's variance is rounding noise, and no axis."""

Floats = NDArray[np.float64]
Turned = Literal["sum", "largest"]
_Precision = TypeVar("_Precision", np.float32, np.float64)


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
    first = np.full(votes.n_participants, votes.n_statements, np.int32)
    starts = votes.index_pointer()
    voted = np.diff(starts) > 0
    first[voted] = votes.columns[starts[:-1][voted]]
    small = votes.n_statements < np.iinfo(np.uint16).max  # numpy sorts 16-bit integers by counting
    return np.argsort(first.astype(np.uint16) if small else first, kind="stable").astype(np.int64)


def polis_space(
    votes: VoteMatrix,
    excluded: NDArray[np.bool_],
    *,
    counts: StatementCounts | None = None,
    previous_axes: Floats | None = None,
    turned_by: Turned = "sum",
) -> PolisSpace:
    """Centre, axes and positions as the server has them, but for the sign of votes (agree = +1 here) and of each axis.

    `excluded` statements count as voted 0 by everybody, which gives them no weight on the axes but shortens everybody's
    stretch. With fewer than two participants or statements there is no second axis, and everybody stands at the origin.
    `counts` are those of the votes, if they are at hand.
    """
    n, m = votes.shape
    counts = counts or votes.counts()
    centre = np.where(excluded, 0.0, (counts.agrees - counts.disagrees) / np.maximum(counts.votes, 1))
    centred = _Centred(votes, centre, excluded)
    if votes.n_votes <= LANCZOS_LIMIT:
        table = centred.table()
        axes = principal_axes(table, previous=previous_axes, turned_by=turned_by)
        projected = np.array([table @ axis for axis in axes]).T
    else:
        axes = _axes_by_passes(centred, previous=previous_axes, turned_by=turned_by)
        projected = centred.projected(axes)
    stretch = np.sqrt(m / np.maximum(_votes_counted(votes, excluded), 1))
    on_both = 1.0 if min(n, m) > 1 else 0.0
    positions = projected * (stretch * on_both)[:, None]
    statement_positions = (np.sqrt(m) * np.where(excluded, 0.0, 1 - centre) * axes).T * on_both
    return PolisSpace(centre, axes, positions, statement_positions, np.hypot(*statement_positions.T))


def principal_axes(table: csr_array, *, previous: Floats | None = None, turned_by: Turned = "sum") -> Floats:
    """The two directions of most variance of the rows of a centred sparse table, (2, n_columns), each of unit length,
    or zero where no variance is left. Signs follow `previous`, else what `turned_by` names is positive."""
    n, m = table.shape
    if min(n, m) == 0 or not table.data.any():
        return np.zeros((2, m))
    if m <= GRAM_LIMIT:
        variances, vectors = eigh(_products(table), subset_by_index=[max(0, m - 2), m - 1], check_finite=False)
    else:
        transposed = table.T
        gram_times = LinearOperator((m, m), matvec=lambda x: transposed @ (table @ x), dtype=np.float64)
        variances, vectors = eigsh(gram_times, k=2, v0=_start(m), tol=LANCZOS_ERROR, ncv=min(m, N_LANCZOS))
    return _as_axes(variances, vectors, previous, turned_by)


def _products(table: csr_array) -> Floats:
    """Sums of products between columns, from parts of the table written out."""
    n, m = table.shape
    if n <= DENSE_ROWS:
        dense = table.toarray()
        return np.asarray(dense.T @ dense)
    total = np.zeros((m, m))
    for rows in parts(n, DENSE_ROWS):
        dense = table[rows].toarray()
        total += dense.T @ dense
    return total


def _as_axes(variances: Floats, vectors: Floats, previous: Floats | None, turned_by: Turned) -> Floats:
    order = np.argsort(-variances)[:2]
    axes = np.zeros((2, len(vectors)))
    axes[: order.size] = vectors[:, order].T
    axes[: order.size][variances[order] <= SMALLEST_SHARE * variances[order[0]]] = 0.0
    return np.array(
        [_turned(axis, None if previous is None else previous[i], turned_by) for i, axis in enumerate(axes)]
    )


def _start(m: int) -> Floats:
    # Uneven on purpose: statements in opposite pairs would make a table in which every even start sums to zero.
    return np.asarray(0.5 + np.arange(m) * (np.sqrt(5) - 1) / 2 % 1, np.float64)


def _turned(axis: Floats, previous: Floats | None, turned_by: Turned) -> Floats:
    if previous is None and turned_by == "largest":
        return -axis if axis[np.argmax(np.abs(axis))] < 0 else axis
    towards = float(axis.sum() if previous is None else axis @ previous)
    if abs(towards) < 1e-9:
        towards = float(axis[np.argmax(np.abs(axis) > np.abs(axis).max() - 1e-9)])
    return -axis if towards < 0 else axis


class _Centred:
    """Votes less the mean of their statement, 0 for excluded ones: kept as three possible values a statement."""

    def __init__(self, votes: VoteMatrix, centre: Floats, excluded: NDArray[np.bool_]) -> None:
        self.votes = votes
        self.starts = votes.index_pointer()
        values = np.array([-1.0, 0.0, 1.0])[None, :] - centre[:, None]
        values[excluded] = 0.0
        self.values = values

    def codes(self, some: slice) -> NDArray[np.int32]:
        """Which of the values, flattened, each vote has."""
        code = self.votes.columns[some] * np.int32(3)
        code += self.votes.signs[some]
        code += np.int32(1)
        return code

    def table(self, rows: slice | None = None) -> csr_array:
        """The votes of the rows as a sparse table; of all rows without `rows`."""
        rows = rows or slice(0, self.votes.n_participants)
        first, last = int(self.starts[rows.start]), int(self.starts[rows.stop])
        return self._table(rows, self._entries(slice(first, last), np.float64))

    @cached_property
    def _singles(self) -> NDArray[np.float32]:
        """All centred votes at single precision, which every pass reads: looking each up again takes a third of it."""
        return self._entries(slice(0, self.votes.n_votes), np.float32)

    def _single_table(self, rows: slice) -> csr_array:
        return self._table(rows, self._singles[int(self.starts[rows.start]) : int(self.starts[rows.stop])])

    def _entries(self, some: slice, dtype: type[_Precision]) -> NDArray[_Precision]:
        values = self.values.ravel().astype(dtype)
        entries = np.empty(some.stop - some.start, dtype)
        for part in parts(entries.size):
            codes = self.codes(slice(some.start + part.start, some.start + part.stop))
            np.take(values, codes, out=entries[part], mode="clip")
        return entries

    def _table(self, rows: slice, entries: NDArray[Any]) -> csr_array:
        first, last = int(self.starts[rows.start]), int(self.starts[rows.stop])
        starts = (self.starts[rows.start : rows.stop + 1] - first).astype(np.int32)
        shape = rows.stop - rows.start, self.votes.n_statements
        return csr_array((entries, self.votes.columns[first:last], starts), shape=shape)

    def gram_times(self, directions: Floats) -> Floats:
        """The statements' table of products times the directions (m, k), in one pass over the votes."""
        product = np.zeros(directions.shape)
        for rows, _ in row_parts(self.starts):
            table = self._single_table(rows)
            transposed = table.T
            for k, direction in enumerate(directions.T.astype(np.float32)):
                product[:, k] += transposed @ (table @ direction)
        return product

    def gram_of(self, blocks: Iterable[slice]) -> Floats:
        """The table of products (m, m) of the participants in these blocks."""
        total = np.zeros((self.votes.n_statements, self.votes.n_statements))
        for rows in blocks:
            dense = self._single_table(rows).toarray()
            total += dense.T @ dense
        return total

    def projected(self, axes: Floats) -> Floats:
        """Sums of each participant's centred votes along the axes, (n, 2)."""
        places = np.zeros((self.votes.n_participants, 2))
        along = [np.ascontiguousarray((self.values * axis[:, None]).ravel()) for axis in axes]
        for rows, some in row_parts(self.starts):
            code = self.codes(some)
            starts = self.starts[rows] - some.start
            voted = np.diff(self.starts[rows.start : rows.stop + 1]) > 0
            for k, table in enumerate(along):
                places[rows, k][voted] = np.add.reduceat(table.take(code), starts[voted])
        return places


def _axes_by_passes(centred: _Centred, *, previous: Floats | None, turned_by: Turned) -> Floats:
    """The two axes of more votes than are worth a copy: Davidson's method (1975), whose starting guess and corrections
    come from the participants of a sample, and each of whose steps is one pass over the votes."""
    known, vectors, rest = _guess(centred)
    basis = np.linalg.qr(vectors[:, -3:])[0]
    images = centred.gram_times(basis)
    for _ in range(MAX_PASSES):
        variances, turn = np.linalg.eigh(basis.T @ images)
        variances, turn = variances[:-3:-1], turn[:, :-3:-1]
        found = basis @ turn
        residual = images @ turn - found * variances
        if (np.linalg.norm(residual, axis=0) <= CLOSE_ENOUGH * variances[0]).all():
            break
        inside = vectors.T @ residual
        distance = known[:, None] - variances
        floor = 0.02 * variances
        step = vectors @ (inside / np.where(np.abs(distance) < floor, floor, distance))
        step += (residual - vectors @ inside) / np.minimum(rest - variances, -floor)
        for _ in range(2):
            step -= basis @ (basis.T @ step)
        step = np.linalg.qr(step)[0]
        basis, images = np.hstack([basis, step]), np.hstack([images, centred.gram_times(step)])
    return _as_axes(variances, found, previous, turned_by)


def _guess(centred: _Centred) -> tuple[Floats, Floats, float]:
    """The largest variances and axes of a sample of participants, scaled to all, and the mean of other variances."""
    n, m = centred.votes.shape
    wanted = max(SAMPLED_AT_LEAST, SAMPLED_PER_STATEMENT * m)
    n_blocks = 16
    length = min(DENSE_ROWS, max(1, wanted // n_blocks))
    if n <= n_blocks * length:
        blocks = list(parts(n, DENSE_ROWS))
    else:
        first = np.linspace(0, n - length, n_blocks).astype(int).tolist()
        blocks = [slice(start, start + length) for start in first]
    gram = centred.gram_of(blocks) * (n / sum(block.stop - block.start for block in blocks))
    number = min(m - 1, N_KNOWN)
    variances, vectors = eigsh(gram.astype(np.float32), k=number, v0=_start(m).astype(np.float32), tol=1e-3)
    vectors = vectors.astype(np.float64)
    rest = max(0.0, (float(np.trace(gram)) - float(variances.sum())) / max(1, m - number))
    return variances, vectors, rest


def _votes_counted(votes: VoteMatrix, excluded: NDArray[np.bool_]) -> NDArray[np.int64]:
    if not excluded.any():
        return votes.votes_per_participant()
    own = np.bincount(votes.rows[~excluded[votes.columns]], minlength=votes.n_participants)
    return own + int(np.count_nonzero(excluded))
