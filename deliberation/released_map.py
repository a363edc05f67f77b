"""The part of the disclosure gate that releases the opinion space: crowded hexagons, and no positions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.disclosure import DEFAULT, DisclosureSettings
from deliberation.errors import BadShape, BadValue
from deliberation.released import (
    _GATE,
    Attribution,
    Audience,
    ReleasedGroupPlace,
    ReleasedHexagon,
    ReleasedMap,
)

Cell = tuple[int, int]

RADII = (0.25, 0.35, 0.5, 0.7)
"""Radii tried, the finest first."""
ENOUGH_SHOWN = 0.8
"""The finest radius at which so many people are in shown hexagons is taken; else the coarsest."""
HIGHEST_LEVEL = 4


def release_map(
    positions: NDArray[np.float64],
    labels: Sequence[str | None],
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedMap:
    """A map on which every hexagon and every group stands for at least a row's size of people.

    positions : shape (n_people, 2), the first two dimensions of the opinion space
    labels : each person's opinion group, None for the unplaced
    n_participants : people in the consultation: below a small room's size there is no map in any mode

    Middle and scale of the grid are means over everybody, and people are told in doubling levels, so that neither an
    outlier nor a single newcomer shapes what is drawn. Raises `BadShape` and `BadValue`.
    """
    points = np.asarray(positions, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or points.shape[0] != len(labels):
        raise BadShape(name="positions", expected=(len(labels), 2), found=points.shape)
    if not np.isfinite(points).all():
        raise BadValue(name="positions", value="not finite", allowed="finite numbers")
    is_discreet = mode is Attribution.CHATHAM_HOUSE
    # Both audiences get one grid: two of different radius could be laid over each other and subtracted.
    grid = settings.fewest_public if is_discreet else settings.fewest_open
    fewest = settings.fewest_inside if is_discreet and audience is Audience.INSIDE else grid
    spread = _centred(points)
    if min(n_participants, len(labels)) < settings.small_room_below or spread is None:
        return ReleasedMap(gate=_GATE, hexagons=(), groups=(), radius=RADII[0], left_out_share=None, is_shown=False)
    radius, cells = _binned(spread, grid)
    shown = {cell: people for cell, people in _people_by_cell(cells).items() if len(people) >= fewest}
    n_left_out = len(labels) - sum(len(people) for people in shown.values())
    return ReleasedMap(
        gate=_GATE,
        hexagons=tuple(_hexagon(cell, people, labels, radius, fewest) for cell, people in sorted(shown.items())),
        groups=_places(spread, labels, radius, fewest),
        radius=radius,
        left_out_share=round(n_left_out / len(labels) * settings.n_steps) / settings.n_steps,
        is_shown=bool(shown),
    )


def _centred(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    if points.size == 0:
        return None
    centred = points - points.mean(axis=0)
    scale = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return centred / scale if scale > 0 else None


def _binned(points: NDArray[np.float64], fewest: int) -> tuple[float, list[Cell]]:
    for radius in RADII:
        cells = cells_of(points, radius)
        n_shown = sum(len(people) for people in _people_by_cell(cells).values() if len(people) >= fewest)
        if n_shown >= ENOUGH_SHOWN * len(cells):
            break
    return radius, cells


def cells_of(points: NDArray[np.float64], radius: float) -> list[Cell]:
    """The hexagon of each point in axial coordinates: rounded cube coordinates, the worst rounded one corrected."""
    row = points[:, 1] / (1.5 * radius)
    column = points[:, 0] / (np.sqrt(3.0) * radius) - row / 2
    cube = np.stack([column, row, -column - row])
    nearest = np.rint(cube)
    worst = np.abs(nearest - cube).argmax(axis=0)
    nearest[0] = np.where(worst == 0, -nearest[1] - nearest[2], nearest[0])
    nearest[1] = np.where(worst == 1, -nearest[0] - nearest[2], nearest[1])
    return [(int(c), int(r)) for c, r in zip(nearest[0], nearest[1], strict=True)]


def _people_by_cell(cells: Sequence[Cell]) -> dict[Cell, list[int]]:
    people: dict[Cell, list[int]] = {}
    for person, cell in enumerate(cells):
        people.setdefault(cell, []).append(person)
    return people


def centre_of(cell: Cell, radius: float) -> tuple[float, float]:
    """The middle of a hexagon."""
    column, row = cell
    return round(float(np.sqrt(3.0)) * radius * (column + row / 2), 6), round(1.5 * radius * row, 6)


def _hexagon(
    cell: Cell, people: Sequence[int], labels: Sequence[str | None], radius: float, fewest: int
) -> ReleasedHexagon:
    x, y = centre_of(cell, radius)
    told = [label for label in (labels[person] for person in people) if label is not None]
    most = max(sorted(set(told)), key=told.count, default=None)
    is_theirs = most is not None and told.count(most) >= fewest and 2 * told.count(most) > len(people)
    level = min(1 + (len(people) // fewest).bit_length() - 1, HIGHEST_LEVEL)
    return ReleasedHexagon(gate=_GATE, x=x, y=y, level=level, group=most if is_theirs else None)


def _places(
    points: NDArray[np.float64], labels: Sequence[str | None], radius: float, fewest: int
) -> tuple[ReleasedGroupPlace, ...]:
    """Groups of a row's size; where one is withheld its share must not be what the others leave, so all are."""
    members: dict[str, list[int]] = {}
    for person, label in enumerate(labels):
        if label is not None:
            members.setdefault(label, []).append(person)
    if any(len(people) < fewest for people in members.values()):
        return ()
    n_placed = sum(len(people) for people in members.values())
    found = []
    for group, people in sorted(members.items()):
        x, y = centre_of(cells_of(points[people].mean(axis=0)[None, :], radius)[0], radius)
        share = round(len(people) / n_placed * 20) / 20
        found.append(ReleasedGroupPlace(gate=_GATE, group=group, x=x, y=y, share=share))
    return tuple(found)
