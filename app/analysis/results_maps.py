"""The pictures of the results: the opinion map from crowded hexagons, and where one statement lands on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app import maps
from app.analysis.results import Gate
from app.maps import Frame, GroupShape, Hexagon, OpinionMap
from deliberation.disclosure import DEFAULT, Audience, ReleasedRow, Row, release
from deliberation.records import array_from
from deliberation.released import ReleasedMap
from deliberation.released_map import RADII, cells_of, centre_of, release_map

Floats = NDArray[np.float64]
EVERYBODY = "x"
REACH = 1.5
"""How far from the middle the statement with the largest loading stands, in units of the map: at its people's edge."""
ENOUGH_SHOWN = 0.7
"""Share of a statement's voters who must be in hexagons that the public may see."""


@dataclass(frozen=True)
class Picture:
    """The opinion map of everybody, or of groups; `frame` and `unit` place further things on it."""

    map: OpinionMap
    released: ReleasedMap
    frame: Frame
    is_grouped: bool


def plane(space: Mapping[str, Any], name: str) -> Floats:
    """The first two axes of positions or loadings; an opinion space of one axis lies on a line."""
    values: Floats = array_from(space[name]).astype(float)
    return np.pad(values[:, :2], ((0, 0), (0, max(0, 2 - values.shape[1]))))


def units(positions: Floats) -> tuple[Floats, float]:
    """Middle and size of the map's unit: the root mean square distance, as the released map measures."""
    middle: Floats = positions.mean(axis=0)
    return middle, float(np.sqrt(((positions - middle) ** 2).sum(axis=1).mean())) or 1.0


def letters_of(groups: Mapping[str, Any]) -> list[str | None]:
    """The opinion group of each participant of the space, None for those between groups."""
    letters = list(groups["letters"])
    return [letters[label] if label >= 0 and letters else None for label in groups["labels"]["values"]]


def draw(
    landscape: Mapping[str, Any],
    gate: Gate,
    *,
    names: Mapping[str, tuple[str, str]],
    numbers: Mapping[int, int],
    chosen: Sequence[int],
) -> Picture | None:
    """The map of a landscape, None where there is none or the gate withholds it.

    names : per letter its name and size in words; numbers : of the statements to mark, by id; chosen : filled ones
    """
    space = landscape["space"]
    if space is None or space["rank"] == 0:
        return None
    positions = plane(space, "positions")
    released = release_map(
        positions,
        letters_of(landscape["groups"]),
        gate.mode,
        audience=gate.audience,
        n_participants=gate.n_participants,
    )
    if not released.is_shown:
        return None
    marks = _marks(space, numbers)
    corners = [(h.x + dx, h.y + dy) for h in released.hexagons for dx in (-0.5, 0.5) for dy in (-0.5, 0.5)]
    frame = maps.frame_of([*corners, *((x, y) for _, x, y in marks)])
    shapes = _shapes(released, frame, names)
    places = maps.statement_marks(marks, frame, chosen=chosen)
    is_grouped = bool(names)
    return Picture(OpinionMap(shapes, places, frame.x(0), frame.y(0)), released, frame, is_grouped)


def _marks(space: Mapping[str, Any], numbers: Mapping[int, int]) -> list[tuple[int, float, float]]:
    loadings = plane(space, "loadings")
    farthest = float(np.sqrt((loadings**2).sum(axis=1)).max(initial=0.0)) or 1.0
    ids = space["statement_ids"]["values"]
    return [
        (numbers[item], float(x) * REACH / farthest, float(y) * REACH / farthest)
        for item, (x, y) in zip(ids, loadings, strict=True)
        if item in numbers
    ]


def _shapes(released: ReleasedMap, frame: Frame, names: Mapping[str, tuple[str, str]]) -> tuple[GroupShape, ...]:
    """The hexagons of each group as bands; those of no one group belong to everybody's picture only."""
    grouped = [(letter, name, size, _grid(released, frame, letter)) for letter, (name, size) in names.items()]
    if not names:
        grouped = [(EVERYBODY, "", "", _grid(released, frame, None))]
    return maps.group_shapes([entry for entry in grouped if entry[3].any()][:6])


def _grid(released: ReleasedMap, frame: Frame, group: str | None) -> Floats:
    """How crowded each cell of the drawing's grid is, by the hexagon that it lies in; of everybody for None."""
    rows, columns = np.indices(maps.GRID)
    xs = ((columns + 0.5) * maps.WIDTH / maps.GRID[1] - maps.WIDTH / 2) / frame.scale + frame.x0
    ys = frame.y0 - ((rows + 0.5) * maps.HEIGHT / maps.GRID[0] - maps.HEIGHT / 2) / frame.scale
    grid = np.zeros(maps.GRID)
    for hexagon in released.hexagons:
        if group is None or hexagon.group == group:
            inside = (xs - hexagon.x) ** 2 + (ys - hexagon.y) ** 2 <= (0.93 * released.radius) ** 2
            grid[inside] += 2.0 ** (hexagon.level - 1)
    return grid


@dataclass(frozen=True)
class Landing:
    """Hexagons of one statement's votes, over the outlines of the map."""

    hexagons: tuple[Hexagon, ...]
    at_least: int


def land(positions: Floats, signs: Floats, picture: Picture, gate: Gate) -> Landing | None:
    """Where one statement's votes lie on the map, each hexagon a row of the gate; None where too few may be shown.

    signs : each person's vote, NaN where there is none. The grid is the same for every audience, so that two pictures
    of the same votes cannot be subtracted from each other.
    """
    middle, unit = units(positions)
    voted = ~np.isnan(signs)
    places, signs = (positions[voted] - middle) / unit, signs[voted]
    fewest = DEFAULT.fewest_open if gate.is_exact else DEFAULT.fewest_public
    for radius in RADII:
        cells = np.array(cells_of(places, radius))
        crowd = np.unique(cells, axis=0, return_counts=True)[1]
        if crowd[crowd >= fewest].sum() >= ENOUGH_SHOWN * signs.size:
            break
    found = _released_cells(cells, signs, gate)
    if not found:
        return None
    at_least = fewest if gate.is_exact or gate.audience is Audience.PUBLIC else DEFAULT.fewest_inside
    return Landing(tuple(_hexagon(cell, row, radius, picture.frame) for cell, row in found), at_least)


def _released_cells(cells: NDArray[np.int64], signs: Floats, gate: Gate) -> list[tuple[tuple[int, int], ReleasedRow]]:
    known, at = np.unique(cells, axis=0, return_inverse=True)
    # Agree, disagree and pass of each cell, in this order, as a row of the gate has them.
    counts = np.stack([np.bincount(at.ravel()[signs == sign], minlength=len(known)) for sign in (1, -1, 0)], axis=1)
    rows = [Row(("s",), *counts.sum(axis=0).tolist())]
    rows += [Row(("s", "place", f"{c},{r}"), *of) for (c, r), of in zip(known.tolist(), counts.tolist(), strict=True)]
    released = release(rows, None, gate.mode, audience=gate.audience, n_participants=gate.n_participants)
    found = []
    for row in released:
        if len(row.key) == 3 and row.is_shown and "," in row.key[2]:
            column, line = row.key[2].split(",")
            found.append(((int(column), int(line)), row))
    return found


def _hexagon(cell: tuple[int, int], row: ReleasedRow, radius: float, frame: Frame) -> Hexagon:
    x, y = centre_of(cell, radius)
    mean = (row.agree_share or 0.0) - (row.disagree_share or 0.0)
    return maps.hexagon(frame.x(x), frame.y(y), reach=max(radius * frame.scale - 1, 1.0), mean=mean)
