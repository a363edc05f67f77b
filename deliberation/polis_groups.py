"""The opinion groups of Polis: who is in the conversation, base groups, k-means over them, and how many groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.packed import parts

PAIRWISE_LIMIT = 4096
"""Most positions whose silhouette is taken from all pairs; above it positions are binned, so that cost stays linear."""
N_BINS = 64
"""Bins a side: the mean silhouette is then within 0.005 of the exact one on 17 real conversations."""
BLOCK = 64
"""Rows of the distance table made at once: 64 x 4096 numbers stay in the processor's cache."""
DOUBLE_LIMIT = 256
"""Most positions whose distances are taken in double precision at once: above it single precision takes half the time,
and double is asked where it could decide."""
SINGLE_ERROR = 1e-5
"""Silhouettes from single-precision distances that differ by less than this are computed again; they err by 1e-6."""
MEAN_DISTANCE = 1.25
"""Mean distance between two points of a round normal cloud, by the root of its total variance: sqrt(pi / 2)."""
FEW_POINTS = 1024
"""Most points whose distances to all centres are taken in one table, which needs fewer steps and more time a point."""
NEAREST_PART = 1 << 14
"""Points whose nearest centre is sought at once, so that their distances stay in the processor's first cache."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def in_conversation(
    n_votes: Indices, order: Indices, *, min_votes: int, fill_to: int, already: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Who is grouped: everybody who already was, everybody with `min_votes`, and while they are fewer than `fill_to`
    those with most votes (ties by `order`, which the server leaves open)."""
    inside = already | (n_votes >= min_votes)
    missing = fill_to - int(inside.sum())
    if missing > 0:
        waiting = order[~inside[order]]
        inside[waiting[np.argsort(-n_votes[waiting], kind="stable")][:missing]] = True
    return inside


def first_distinct(points: Floats, k: int) -> Floats:
    """The first k distinct rows, in the order of the rows."""
    seen: dict[tuple[float, ...], None] = {}
    for start in range(0, len(points), 1024):
        for point in points[start : start + 1024].tolist():
            seen.setdefault(tuple(point))
        if len(seen) >= k:
            break
    return np.array(list(seen)[:k], np.float64).reshape(-1, points.shape[1])


def smallest_distinct(points: Floats, k: int) -> Floats:
    """The first k distinct rows in lexicographic order."""
    within = min(4 * k, len(points) - 1)
    edge = np.partition(points[:, 0], within)[within]
    few = _distinct(points[points[:, 0] <= edge])
    return few[:k] if len(few) >= k else _distinct(points)[:k]


def _distinct(points: Floats) -> Floats:
    ordered = points[np.lexsort(points.T[::-1])]
    return np.asarray(ordered[np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1))], np.float64)


def k_means(
    points: Floats, start: Floats, *, weights: Floats, max_steps: int, tolerance: float
) -> tuple[Indices, Floats]:
    """Labels and centres after at most `max_steps` + 1 steps from the `start` centres, empty groups dropped.

    A position between two centres goes to the later one. It stops when the sorted centres of two steps lie within
    `tolerance` of each other, pairwise, as the server does; a group that vanished is left out of that comparison.
    """
    centres = start
    labels = np.zeros(len(points), np.int64)
    weighted = [weights * coordinate for coordinate in points.T]
    for _ in range(max_steps + 1):
        labels = nearest(points, centres)
        size = np.bincount(labels, minlength=len(centres))
        if not size.all():
            labels = (np.cumsum(size > 0) - 1)[labels]
        total = np.bincount(labels, weights=weights)
        moved = np.column_stack([np.bincount(labels, weights=coordinate) / total for coordinate in weighted])
        still = _within(centres, moved, tolerance)
        centres = moved
        if still:
            break
    return labels, centres


def nearest(points: Floats, centres: Floats) -> Indices:
    """Index of the nearest centre of each point, the last of equally near ones."""
    first, *others = (np.ascontiguousarray(coordinate) for coordinate in points.T)
    labels = np.zeros(len(points), np.int64)
    least = np.full(len(points), np.inf)
    squared, step = np.empty_like(least), np.empty_like(least)
    for label, (middle, *middles) in enumerate(centres.tolist()):
        np.square(np.subtract(first, middle, out=squared), out=squared)
        for coordinate, other in zip(others, middles, strict=True):
            np.square(np.subtract(coordinate, other, out=step), out=step)
            squared += step
        labels[squared <= least] = label
        np.minimum(least, squared, out=least)
    return labels


def _within(before: Floats, after: Floats, tolerance: float) -> bool:
    n = min(len(before), len(after))
    steps = before[np.lexsort(before.T[::-1])][:n] - after[np.lexsort(after.T[::-1])][:n]
    return bool((np.hypot(*steps.T) < tolerance).all())


def lloyd(points: Floats, start: Floats, *, max_steps: int, tolerance: float) -> tuple[Indices, Floats]:
    """Labels and centres by scikit-learn's k-means from the `start` centres: it stops when nobody changes group, or
    when the centres' squared steps sum to `tolerance` times the points' mean variance; a group that loses everybody
    takes the point farthest from its centre.

    Above `PAIRWISE_LIMIT` points the centres first settle on the bins of the map, and then on the points themselves.
    """
    middle = points.mean(axis=0)
    places = np.ascontiguousarray((points - middle).T)
    enough = tolerance * float(places.var(axis=1).mean())
    centres = start - middle
    if len(points) > PAIRWISE_LIMIT:
        binned, weights = _binned(places)
        centres = _settled(binned, centres, weights, max_steps, enough)[1]
    labels, centres = _settled(places, centres, None, max_steps, enough)
    return labels, centres + middle


def _settled(
    places: Floats, centres: Floats, weights: Floats | None, max_steps: int, enough: float
) -> tuple[Indices, Floats]:
    before: Indices | None = None
    weighted = places if weights is None else places * weights
    for _ in range(max_steps):
        labels = _nearest_of(places, centres)
        moved = _means(places, weighted, weights, labels, centres)
        step, centres = float(np.square(moved - centres).sum()), moved
        if before is not None and np.array_equal(labels, before):
            return labels, centres
        if step <= enough:
            break
        before = labels
    return _nearest_of(places, centres), centres


def _means(places: Floats, weighted: Floats, weights: Floats | None, labels: Indices, centres: Floats) -> Floats:
    k = len(centres)
    total = np.asarray(np.bincount(labels, weights, k), np.float64)
    sums = np.array([np.bincount(labels, coordinate, k) for coordinate in weighted])
    if not total.all():
        sums, total = _filled(places, weighted, weights, labels, centres, sums, total)
    return np.asarray((sums / total).T, np.float64)


def _filled(
    places: Floats,
    weighted: Floats,
    weights: Floats | None,
    labels: Indices,
    centres: Floats,
    sums: Floats,
    total: Floats,
) -> tuple[Floats, Floats]:
    """Sums and sizes after each empty group took one of the points farthest from their centres."""
    empty = np.flatnonzero(total == 0)
    farthest = np.argsort(-np.square(places - centres[labels].T).sum(axis=0), kind="stable")[: empty.size]
    for group, point in zip(empty.tolist(), farthest.tolist(), strict=True):
        weight = 1.0 if weights is None else float(weights[point])
        sums[:, labels[point]] -= weighted[:, point]
        total[labels[point]] -= weight
        sums[:, group], total[group] = weighted[:, point], weight
    return sums, np.where(total > 0, total, 1.0)


def _nearest_of(places: Floats, centres: Floats) -> Indices:
    """Index of the nearest centre of each point, the first of equally near ones."""
    # Distances less each point's own square, which is the same for every centre.
    doubled, squares = -2 * centres, np.square(centres).sum(axis=1)
    if places.shape[1] <= FEW_POINTS:
        distances = doubled @ places
        distances += squares[:, None]
        return np.asarray(np.argmin(distances, axis=0), np.int64)
    labels = np.empty(places.shape[1], np.int64)
    for part in parts(places.shape[1], NEAREST_PART):
        some, label = places[:, part], labels[part]
        least = doubled[0] @ some
        least += squares[0]
        label[:] = 0
        for group in range(1, len(centres)):
            distance = doubled[group] @ some
            distance += squares[group]
            np.copyto(label, group, where=distance < least)
            np.minimum(least, distance, out=least)
    return labels


def silhouettes(points: Floats, labelings: Sequence[Indices], *, pairwise_limit: int = PAIRWISE_LIMIT) -> list[float]:
    """Mean silhouette of each labelling of the points; 0 for a point alone in its group, and without a second group.

    Exact up to `pairwise_limit` points. Above it, points that share a bin and a group are taken as one.
    """
    if len(points) > pairwise_limit:
        return _binned_silhouettes(points, labelings)
    if len(points) > DOUBLE_LIMIT:
        scores = _exact_silhouettes(points, labelings, np.float32)
        first, *rest = sorted(scores, reverse=True)
        if not rest or first - rest[0] > SINGLE_ERROR:
            return scores
    return _exact_silhouettes(points, labelings, np.float64)


def _exact_silhouettes(
    points: Floats, labelings: Sequence[Indices], precision: type[np.float32 | np.float64]
) -> list[float]:
    groups = [_members(labels) for labels in labelings]
    places = np.ascontiguousarray((points - points.mean(axis=0)).T, precision)
    sums = _summed_distances(places, np.hstack(groups).astype(precision)).astype(np.float64)
    ends = np.cumsum([group.shape[1] for group in groups])[:-1]
    ones = np.ones(len(points))
    return [
        float(silhouette_values(part, labels, group.sum(axis=0), ones).mean())
        for part, labels, group in zip(np.split(sums, ends, axis=1), labelings, groups, strict=True)
    ]


def silhouette_values(sums: Floats, labels: Indices, sizes: Floats, weights: Floats) -> Floats:
    """Silhouette of each point from its summed distances to each group, (n_points, n_groups), and the groups' sizes.
    A point of weight above one counts as so many points in one place."""
    n, k = sums.shape
    if k < 2:
        return np.zeros(n)
    others = sizes[labels] - 1
    inside = sums[np.arange(n), labels] / np.maximum(others, 1)
    outside = sums / sizes
    outside[np.arange(n), labels] = np.inf
    nearest_other = outside.min(axis=1)
    larger = np.maximum(inside, nearest_other)
    value = np.divide(nearest_other - inside, larger, out=np.zeros(n), where=larger > 0)
    return np.asarray(np.where(others > 0, value, 0.0) * weights, np.float64)


def _binned_silhouettes(points: Floats, labelings: Sequence[Indices]) -> list[float]:
    """Silhouettes of the occupied bins. A bin that a border cuts counts once for each group; its points stand at their
    mean, and the mean distance between two of them is taken from their spread."""
    bin_of, n_bins = _bins(np.ascontiguousarray(points.T))
    size = np.bincount(bin_of, minlength=n_bins).astype(np.float64)
    middle = np.array([np.bincount(bin_of, weights=coordinate) / size for coordinate in points.T])
    squares = np.array([np.bincount(bin_of, weights=np.square(coordinate)) / size for coordinate in points.T])
    apart = MEAN_DISTANCE * np.sqrt(np.maximum((squares - np.square(middle)).sum(axis=0), 0))
    numbers = [int(labels.max()) + 1 for labels in labelings]
    members = [
        np.bincount(bin_of * k + labels, minlength=n_bins * k).reshape(n_bins, k).astype(np.float64)
        for labels, k in zip(labelings, numbers, strict=True)
    ]
    places = (middle - middle.mean(axis=1, keepdims=True)).astype(np.float32)
    sums = _summed_distances(places, np.hstack(members).astype(np.float32)).astype(np.float64)
    scores = []
    for group, part in zip(members, np.split(sums, np.cumsum(numbers)[:-1], axis=1), strict=True):
        at, label = np.nonzero(group)
        weights = group[at, label]
        inside = part[at]
        inside[np.arange(at.size), label] += (weights - 1) * apart[at]
        scores.append(float(silhouette_values(inside, label, group.sum(axis=0), weights).sum() / len(points)))
    return scores


def _bins(places: Floats) -> tuple[Indices, int]:
    """The bin of each point, numbered over those that are occupied, and their number. All bins are equal squares."""
    low = places.min(axis=1)
    side = max(float(np.ptp(places, axis=1).max()), 1e-300) * (1 + 1e-12) / N_BINS
    across, up = (((coordinate - least) / side).astype(np.int64) for coordinate, least in zip(places, low, strict=True))
    cell = across * N_BINS + up
    used = np.bincount(cell, minlength=N_BINS * N_BINS) > 0
    return (np.cumsum(used) - 1)[cell], int(used.sum())


def _binned(places: Floats) -> tuple[Floats, Floats]:
    """Means of the occupied bins, (2, n_bins), and how many points each holds."""
    bin_of, n_bins = _bins(places)
    weights = np.bincount(bin_of, minlength=n_bins).astype(np.float64)
    return np.array([np.bincount(bin_of, weights=coordinate) / weights for coordinate in places]), weights


def _members(labels: Indices) -> Floats:
    return np.asarray(labels[:, None] == np.arange(labels.max() + 1), np.float64)


def _summed_distances(places: NDArray[Any], members: NDArray[Any]) -> NDArray[Any]:
    """Distances of each point to the members of each group, summed, (n_points, n_groups); each distance taken once.

    places : (2, n_points); members : (n_points, n_groups), of the same precision
    """
    n = places.shape[1]
    sums = np.zeros(members.shape, places.dtype)
    squares, others = np.empty((2, BLOCK * n), places.dtype)
    for start in range(0, n, BLOCK):
        end = min(start + BLOCK, n)
        shape = end - start, n - start
        distance, other = (table[: shape[0] * shape[1]].reshape(shape) for table in (squares, others))
        np.subtract(places[0, start:end, None], places[0, start:], out=distance)
        np.multiply(distance, distance, out=distance)
        for coordinate in places[1:]:
            np.subtract(coordinate[start:end, None], coordinate[start:], out=other)
            np.multiply(other, other, out=other)
            np.add(distance, other, out=distance)
        np.sqrt(distance, out=distance)
        sums[start:end] += distance @ members[start:]
        sums[end:] += distance[:, shape[0] :].T @ members[start:end]
    return sums
