"""Unusual suspects: pairs who share goals and differ in constituency, opinion or circles, so that they seldom meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.assembly import Candidate, Pair

FAR = 4
"""Steps from partner to partner beyond which people do not know of each other; also for who are not linked at all."""


def unusual_pairs(
    candidates: Sequence[Candidate], worked_together: Iterable[Pair] = (), *, n_most: int = 10
) -> dict[Pair, float]:
    """For each candidate the `n_most` pairs most worth bringing together, with how much, above 0 and at most 1.

    The mean of three distances, each over its largest in the room (another constituency; distance in the opinion space;
    steps through those who worked together, at most 4), times the share of goals that both have (Jaccard): distance
    counts only where there is something to share. What nobody stated is left out of the mean.
    """
    everybody = sorted(candidates, key=lambda one: one.participant)
    n = len(everybody)
    if n < 2:
        return {}
    parts = [part for part in (_constituency(everybody), _opinion(everybody), _steps(everybody, worked_together))
             if part is not None]  # fmt: skip
    if not parts:
        return {}
    worth = np.mean(parts, axis=0) * _shared_goals(everybody)
    np.fill_diagonal(worth, 0.0)
    ids = [one.participant for one in everybody]
    found: dict[Pair, float] = {}
    for row in range(n):
        for column in np.argsort(-worth[row], kind="stable")[:n_most].tolist():
            if worth[row, column] > 0:
                pair = (min(ids[row], ids[column]), max(ids[row], ids[column]))
                found[pair] = round(float(worth[row, column]), 6)
    return found


def _scaled(distances: NDArray[np.float64]) -> NDArray[np.float64] | None:
    largest = float(distances.max())
    return distances / largest if largest > 0 else None


def _constituency(everybody: Sequence[Candidate]) -> NDArray[np.float64] | None:
    names = [one.constituency for one in everybody]
    differs = [[float(a is not None and b is not None and a != b) for b in names] for a in names]
    return _scaled(np.array(differs))


def _opinion(everybody: Sequence[Candidate]) -> NDArray[np.float64] | None:
    """Distance of positions; whoever has none is as far from everybody as the placed are on average."""
    sizes = {len(one.position) for one in everybody if one.position is not None}
    if len(sizes) != 1 or sizes == {0}:
        return None
    is_placed = np.array([one.position is not None for one in everybody])
    if is_placed.sum() < 2:
        return None
    places = np.array([one.position or (0.0,) * max(sizes) for one in everybody], dtype=np.float64)
    distances = np.sqrt(((places[:, None, :] - places[None, :, :]) ** 2).sum(axis=2))
    known = is_placed[:, None] & is_placed[None, :]
    distances[~known] = distances[known & ~np.eye(len(everybody), dtype=bool)].mean()
    return _scaled(distances)


def _steps(everybody: Sequence[Candidate], worked_together: Iterable[Pair]) -> NDArray[np.float64] | None:
    """Steps from each to each, capped; None where nobody has worked with anybody, since all are equally far then."""
    row = {one.participant: at for at, one in enumerate(everybody)}
    linked = np.eye(len(everybody), dtype=bool)
    for low, high in worked_together:
        if low in row and high in row:
            linked[row[low], row[high]] = linked[row[high], row[low]] = True
    if not (linked & ~np.eye(len(everybody), dtype=bool)).any():
        return None
    steps, reached = np.full(linked.shape, float(FAR)), np.eye(len(everybody), dtype=bool)
    for n in range(1, FAR):
        following = (reached.astype(np.float64) @ linked.astype(np.float64)) > 0
        steps[following & ~reached] = n
        reached = following
    np.fill_diagonal(steps, 0.0)
    return steps / FAR


def _shared_goals(everybody: Sequence[Candidate]) -> NDArray[np.float64]:
    goals = sorted({goal for one in everybody for goal in one.goals})
    has = np.array([[goal in one.goals for goal in goals] for one in everybody], dtype=np.float64).reshape(
        len(everybody), len(goals)
    )
    both = has @ has.T
    either = has.sum(axis=1)[:, None] + has.sum(axis=1)[None, :] - both
    shared: NDArray[np.float64] = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    return shared
