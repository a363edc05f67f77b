"""Partitions of points: k-means, the silhouette with shared distances, overlap of two partitions and their matching."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from deliberation.factors import Floats

Labels = NDArray[np.int64]

BLOCK = 1024
"""Points whose distances to all others are held at once."""


@cache
def _thread_pools() -> Any:
    """The thread pools of this process. Kept, because finding them takes longer than a small k-means run."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


def partition(points: Floats, k: int, *, seed: int, restarts: int) -> tuple[Labels, Floats]:
    """Labels (n,) and centres (k, d) of the best of `restarts` k-means runs; one group if fewer than k differ."""
    from sklearn.cluster import KMeans

    if not _has_distinct(points, k):
        return np.zeros(points.shape[0], np.int64), points.mean(axis=0, keepdims=True)
    # One thread: sums in a fixed order, and small problems stall in barriers on several.
    with _thread_pools().limit(limits=1):
        fitted = KMeans(k, n_init=restarts, random_state=seed).fit(points)
    return fitted.labels_.astype(np.int64), np.asarray(fitted.cluster_centers_, np.float64)


def _has_distinct(points: Floats, k: int) -> bool:
    """Whether k points differ; the first few tell as a rule, and need no sorting of all."""
    return any(np.unique(some, axis=0).shape[0] >= k for some in (points[: 4 * k], points))


def nearest_centre(points: Floats, centres: Floats) -> Labels:
    """Index of the centre each point is closest to."""
    return np.asarray(cdist(points, centres, "sqeuclidean").argmin(axis=1), np.int64)


def silhouettes(points: Floats, labellings: Sequence[Labels]) -> list[float]:
    """Mean silhouette (Rousseeuw 1987) of each labelling of the same points; 0 where there is only one group.

    Distances are computed once for all labellings, a block of rows at a time.
    """
    numbers = [int(labels.max()) + 1 for labels in labellings]
    members = np.hstack([np.eye(k)[labels] for k, labels in zip(numbers, labellings, strict=True)])
    ends = np.cumsum(numbers)
    totals = [0.0] * len(labellings)
    for start in range(0, points.shape[0], BLOCK):
        rows = slice(start, start + BLOCK)
        sums = cdist(points[rows], points) @ members  # one wide product takes a third of a narrow one for each
        for index, (labels, k, end) in enumerate(zip(labellings, numbers, ends.tolist(), strict=True)):
            if k > 1:
                own = slice(end - k, end)
                totals[index] += float(_silhouette_sum(sums[:, own], labels[rows], members[:, own].sum(axis=0)))
    return [total / points.shape[0] for total in totals]


def _silhouette_sum(sums: Floats, own: Labels, sizes: Floats) -> Any:
    rows = np.arange(own.size)
    within = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    others = sums / np.maximum(sizes, 1)
    others[rows, own] = np.inf
    between = others.min(axis=1)
    larger = np.maximum(within, between)
    score = np.divide(between - within, larger, out=np.zeros_like(larger), where=larger > 0)
    return score[sizes[own] > 1].sum()


def overlaps(labels: Labels, others: Labels, k: int, k_others: int) -> Floats:
    """Jaccard overlap of every group of one labelling with every group of the other, shape (k, k_others).

    Points labelled -1 in either belong to no group there.
    """
    both = np.zeros((k + 1, k_others + 1))
    np.add.at(both, (labels, others), 1)
    union = both.sum(axis=1)[:k, None] + both.sum(axis=0)[None, :k_others] - both[:k, :k_others]
    shared: Floats = np.divide(both[:k, :k_others], union, out=np.zeros((k, k_others)), where=union > 0)
    return shared


def match(overlap: Floats) -> dict[int, int]:
    """The one-to-one pairing of rows with columns of greatest total overlap; pairs without any overlap are left out."""
    rows, columns = linear_sum_assignment(-overlap)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if overlap[row, column] > 0}
