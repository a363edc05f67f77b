"""Maps as geometry: the opinion map, where one statement lands, and the co-sponsor network.

Nobody's own place is drawn: the opinion map starts from smoothed counts on a grid, hexagons from cells with enough
people. A map is never mirrored, in no language: its sides have no meaning, and two readers must see the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

WIDTH, HEIGHT, PAD = 640.0, 470.0, 54.0
# Shares of a group's people inside its three bands, widest first, and inside its outline.
BANDS, OUTLINE = (0.82, 0.55, 0.28), 0.90
GRID = (48, 64)


@dataclass(frozen=True)
class Frame:
    """The part of the opinion space that the map shows: both axes on one scale, so that distances are true."""

    x0: float
    y0: float
    scale: float

    def x(self, value: float) -> float:
        return round(WIDTH / 2 + (value - self.x0) * self.scale, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT / 2 - (value - self.y0) * self.scale, 1)


def frame_of(positions: ArrayLike) -> Frame:
    """A frame around the middle 98 % of positions (n × 2) with a margin."""
    places = np.asarray(positions, dtype=float).reshape(-1, 2)
    low, high = np.percentile(places, 1, axis=0), np.percentile(places, 99, axis=0)
    span = np.maximum(high - low, 1e-9)
    scale = min((WIDTH - 2 * PAD) / span[0], (HEIGHT - 2 * PAD) / span[1])
    centre = (low + high) / 2
    return Frame(float(centre[0]), float(centre[1]), float(scale))


def smoothed(counts: ArrayLike, spread: float = 2.1) -> Floats:
    """The grid blurred by a Gaussian of `spread` cells, with two cells added on every side so that bands close."""
    grid = np.pad(np.asarray(counts, dtype=float), 2)
    reach = int(np.ceil(3 * spread))
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * spread**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        grid = np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="same"), axis, grid)
    grid[[0, -1], :] = 0
    grid[:, [0, -1]] = 0
    return grid


def level_for(density: Floats, share: float) -> float:
    """The height above which `share` of the whole lies."""
    heights = np.sort(density.ravel())[::-1]
    total = np.cumsum(heights) / heights.sum()
    return float(heights[min(int(np.searchsorted(total, share)), len(heights) - 1)])


# Marching squares: for each of 16 corner patterns, which edges are joined (0 top, 1 right, 2 bottom, 3 left).
_JOINS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 2),), 2: ((2, 1),), 3: ((3, 1),), 4: ((1, 0),), 5: ((3, 0), (1, 2)), 6: ((2, 0),), 7: ((3, 0),),
    8: ((0, 3),), 9: ((0, 2),), 10: ((0, 1), (2, 3)), 11: ((0, 1),), 12: ((1, 3),), 13: ((1, 2),), 14: ((2, 3),),
}  # fmt: skip
_Edge = tuple[int, int, int]


def _edge(row: int, column: int, side: int) -> _Edge:
    """One name for each edge of the grid, whichever of its two cells asks: (row, column, 0 across | 1 down)."""
    return ((row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1))[side]


def _crossing(density: Floats, level: float, edge: _Edge) -> tuple[float, float]:
    row, column, down = edge
    a = density[row, column]
    b = density[row + 1, column] if down else density[row, column + 1]
    t = 0.5 if a == b else float((level - a) / (b - a))
    return (column, row + t) if down else (column + t, row)


def contours(density: ArrayLike, level: float) -> tuple[Floats, ...]:
    """The closed lines (each m × 2, x then y in cells) along which the density is `level`. Its border must be below."""
    z = np.asarray(density, dtype=float)
    above = (z >= level).astype(int)
    pattern = 8 * above[:-1, :-1] + 4 * above[:-1, 1:] + 2 * above[1:, 1:] + above[1:, :-1]
    onward: dict[_Edge, list[_Edge]] = {}
    for row, column in np.argwhere((pattern > 0) & (pattern < 15)):
        for first, second in _JOINS[int(pattern[row, column])]:
            start, end = _edge(int(row), int(column), first), _edge(int(row), int(column), second)
            onward.setdefault(start, []).append(end)
            onward.setdefault(end, []).append(start)
    loops = []
    while onward:
        loop = [min(onward)]
        while True:
            here = loop[-1]
            following = onward[here].pop()
            onward[following].remove(here)
            for done in (here, following):
                if not onward[done]:
                    del onward[done]
            if following == loop[0]:
                break
            loop.append(following)
        loops.append(np.array([_crossing(z, level, edge) for edge in loop]))
    return tuple(loops)


def _path(points: Floats) -> str:
    """A closed curve that bends at the points and passes through the middles between them."""
    middles = (points + np.roll(points, -1, axis=0)) / 2
    steps = [f"Q{p[0]:.0f} {p[1]:.0f} {m[0]:.0f} {m[1]:.0f}" for p, m in zip(points[1:], middles[1:], strict=True)]
    steps.append(f"Q{points[0][0]:.0f} {points[0][1]:.0f} {middles[0][0]:.0f} {middles[0][1]:.0f}")
    return f"M{middles[0][0]:.0f} {middles[0][1]:.0f}{''.join(steps)}Z"


def _outline(density: Floats, share: float, *, least: int = 6) -> str:
    cell = np.array([WIDTH / GRID[1], HEIGHT / GRID[0]])
    loops = [loop for loop in contours(density, level_for(density, share)) if len(loop) >= least]
    # The grid was padded by two cells, and a value stands in the middle of its cell.
    return "".join(_path((loop[::2] - 1.5) * cell) for loop in loops)


@dataclass(frozen=True)
class GroupShape:
    """One group on the map: its bands widest first, its outline, where its letter stands and which side its name is."""

    letter: str
    name: str
    size: str
    bands: tuple[str, ...]
    outline: str
    x: float
    y: float
    text_x: float
    anchor: str


@dataclass(frozen=True)
class StatementMark:
    """One statement on the map: its mark, its number and, where they stand apart, the line between them."""

    number: int
    chosen: bool
    x: float
    y: float
    text_x: float
    text_y: float
    line: tuple[float, float] | None


@dataclass(frozen=True)
class OpinionMap:
    """The map in a view box of 640 by 470."""

    groups: tuple[GroupShape, ...]
    statements: tuple[StatementMark, ...]
    cross_x: float
    cross_y: float


# Where the letters of groups may stand: x, y, offset of the name, its anchor.
_SPOTS = (
    (24.0, 26.0, 24.0, "start"), (WIDTH - 24, 26.0, -24.0, "end"), (24.0, HEIGHT - 30, 24.0, "start"),
    (WIDTH - 24, HEIGHT - 30, -24.0, "end"), (WIDTH / 2 - 40, 22.0, 24.0, "start"),
    (WIDTH / 2 - 40, HEIGHT - 22, 24.0, "start"),
)  # fmt: skip


def _covered(spot: tuple[float, float, float, str], density: Floats) -> float:
    """The share of all people who would lie under a letter and its name at that spot."""
    x, y, _, anchor = spot
    start = x - 20 if anchor == "start" else x - 150
    rows, columns = np.indices(density.shape)
    xs, ys = (columns - 1.5) * WIDTH / GRID[1], (rows - 1.5) * HEIGHT / GRID[0]
    under = (xs > start) & (xs < start + 170) & (abs(ys - y) < 26)
    return float(density[under].sum() / max(density.sum(), 1e-12))


def _spots(densities: Sequence[Floats]) -> tuple[int, ...]:
    """A spot for each group, all different, near to their groups together and covering few people."""
    centres = [_centre(density) for density in densities]
    everybody = np.sum(densities, axis=0) if densities else np.zeros((1, 1))
    covered = [_covered(spot, everybody) for spot in _SPOTS]

    def cost(choice: tuple[int, ...]) -> float:
        away = sum(
            float(np.hypot(_SPOTS[i][0] - x, _SPOTS[i][1] - y)) for i, (x, y) in zip(choice, centres, strict=True)
        )
        # Corners first: a name between them tends to stand on two groups at once.
        return away + 20_000 * sum(covered[i] for i in choice) + 150 * sum(i > 3 for i in choice)

    return min(permutations(range(len(_SPOTS)), len(centres)), key=lambda choice: (round(cost(choice), 6), choice))


def _centre(density: Floats) -> tuple[float, float]:
    rows, columns = np.indices(density.shape)
    total = density.sum()
    x, y = (columns * density).sum() / total, (rows * density).sum() / total
    return float((x - 1.5) * WIDTH / GRID[1]), float((y - 1.5) * HEIGHT / GRID[0])


def group_shapes(groups: Sequence[tuple[str, str, str, ArrayLike]]) -> tuple[GroupShape, ...]:
    """At most six groups (letter, name, size as released, grid of counts) as bands, outlines and places for names."""
    densities = [smoothed(counts) for *_, counts in groups]
    spots = _spots(densities)
    shapes = []
    for (letter, name, size, counts), density, spot in zip(groups, densities, spots, strict=True):
        x, y, offset, anchor = _SPOTS[spot]
        bands = tuple(_outline(density, share) for share in BANDS)
        outline = _outline(smoothed(counts, 3.2), OUTLINE)
        shapes.append(GroupShape(letter, name, size, bands, outline, x, y, offset, anchor))
    return tuple(shapes)


_DIRECTIONS = (0, 180, 270, 90, 315, 225, 45, 135, 20, 160, 200, 340)


def _number_place(
    at: tuple[float, float], taken: Sequence[tuple[float, float]], marks: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    for radius in (19, 26, 36, 48, 60):
        for angle in _DIRECTIONS:
            place = (
                round(at[0] + radius * 1.1 * float(np.cos(np.radians(angle))), 1),
                round(at[1] + radius * float(np.sin(np.radians(angle))), 1),
            )
            inside = 12 < place[0] < WIDTH - 12 and 10 < place[1] < HEIGHT - 10
            clear = all(abs(place[0] - x) > 21 or abs(place[1] - y) > 14 for x, y in taken)
            if inside and clear and all(abs(place[0] - x) > 18 or abs(place[1] - y) > 13 for x, y in marks):
                return place
    return at[0] + 19, at[1]


def statement_marks(
    statements: Sequence[tuple[int, float, float]], frame: Frame, *, chosen: Sequence[int] = ()
) -> tuple[StatementMark, ...]:
    """Statements (number, x, y in the opinion space), each with its number beside it and off all other marks."""
    picked = set(chosen)
    places = {
        n: (min(max(frame.x(x), 16), WIDTH - 16), min(max(frame.y(y), 16), HEIGHT - 16)) for n, x, y in statements
    }
    taken: list[tuple[float, float]] = []
    marks = []
    for number in sorted(places):
        x, y = places[number]
        tx, ty = _number_place((x, y), taken, list(places.values()))
        taken.append((tx, ty))
        apart = float(np.hypot(tx - x, ty - y)) > 24
        line = (round(x + (tx - x) * 0.72, 1), round(y + (ty - y) * 0.72, 1)) if apart else None
        marks.append(StatementMark(number, number in picked, x, y, tx, round(ty + 5, 1), line))
    return tuple(marks)


def opinion_map(
    groups: Sequence[tuple[str, str, str, ArrayLike]],
    statements: Sequence[tuple[int, float, float]],
    frame: Frame,
    *,
    chosen: Sequence[int] = (),
) -> OpinionMap:
    """Groups (letter, name, size as released, grid of counts) and statements (number, x, y) on one map."""
    return OpinionMap(group_shapes(groups), statement_marks(statements, frame, chosen=chosen), frame.x(0), frame.y(0))


# -------- where one statement lands


@dataclass(frozen=True)
class Hexagon:
    """One drawn cell: `step` is 1 (most agree) to 5 (most disagree)."""

    path: str
    step: int


def hexagon(x: float, y: float, *, reach: float, mean: float) -> Hexagon:
    """One cell around a point, in one of five steps: its mean of +1 and -1 against 0.55 and 0.18 on either side."""
    angles = np.radians(60 * np.arange(6) - 90)
    corners = "L".join(f"{x + reach * np.cos(a):.1f} {y + reach * np.sin(a):.1f}" for a in angles)
    return Hexagon(f"M{corners}Z", 1 + int(np.searchsorted([-0.55, -0.18, 0.18, 0.55], -mean)))


# -------- who co-sponsors with whom


@dataclass(frozen=True)
class Node:
    """One organisation: `kind` is hub, bridge or other; `label` is empty where it stays unnamed."""

    id: str
    kind: str
    label: str
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Link:
    """A line between two organisations, wider where they share more."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True)
class Network:
    """The network in a view box of 560 by 380."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def spring_layout(n_nodes: int, links: Sequence[tuple[int, int, float]], *, seed: int, n_steps: int = 200) -> Floats:
    """Places (n × 2) around (0, 0) in which linked nodes are near, the longer side along x; the same for the same seed.

    Fruchterman and Reingold 1991: all repel, the linked attract, and steps shrink to nothing.
    """
    places = np.random.default_rng(seed).random((n_nodes, 2))
    if n_nodes < 2:
        return np.zeros((n_nodes, 2))
    pull = np.zeros((n_nodes, n_nodes))
    for a, b, weight in links:
        pull[a, b] = pull[b, a] = np.sqrt(weight)
    ideal = 1 / np.sqrt(n_nodes)
    for step in np.linspace(0.1, 0.001, n_steps):
        apart = places[:, None, :] - places[None, :, :]
        distance = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 1e-4)
        force = ideal**2 / distance**2 - pull * distance / ideal
        np.fill_diagonal(force, 0)
        move = (apart * force[..., None]).sum(axis=1) - 0.6 * (places - places.mean(axis=0))
        length = np.maximum(np.hypot(move[:, 0], move[:, 1]), 1e-9)
        places = places + move / length[:, None] * np.minimum(length, step)[:, None]
    places = places - places.mean(axis=0)
    _, _, axes = np.linalg.svd(places, full_matrices=False)
    axes = axes * np.where(axes[:, :1] < 0, -1, 1)
    turned: Floats = places @ axes.T
    return turned


def _fitted(places: Floats, width: float, height: float, centre: tuple[float, float]) -> Floats:
    """The places moved into a box, both directions by the same factor so that near stays near."""
    if len(places) == 0:
        return places
    low, high = places.min(axis=0), places.max(axis=0)
    scale = float(np.min([width, height] / np.maximum(high - low, 1e-9)))
    fitted: Floats = (places - (low + high) / 2) * min(scale, 1e6) + np.array(centre)
    return fitted


def network(
    ids: Sequence[str],
    links: Sequence[tuple[str, str, float]],
    *,
    seed: int,
    kinds: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Network:
    """Organisations (in any order) and what they share (a, b, weight), drawn alike whenever they are alike."""
    order = sorted(ids)
    at = {name: i for i, name in enumerate(order)}
    joined = sorted((min(at[a], at[b]), max(at[a], at[b]), float(w)) for a, b, w in links)
    places = _fitted(spring_layout(len(order), joined, seed=seed), 492, 312, (280, 196))
    degree = np.bincount([i for a, b, _ in joined for i in (a, b)], minlength=len(order))
    radius = {"hub": 15.0, "bridge": 13.0}
    nodes = []
    for i, name in enumerate(order):
        kind = (kinds or {}).get(name, "other")
        r = radius.get(kind, 5.0 + min(4.0, 0.6 * float(degree[i])))
        x, y = (round(float(v), 1) for v in places[i])
        nodes.append(Node(name, kind, (labels or {}).get(name, ""), x, y, round(r, 1)))
    drawn = [
        Link(nodes[a].x, nodes[a].y, nodes[b].x, nodes[b].y, round(0.6 + min(3.0, 0.55 * w), 2)) for a, b, w in joined
    ]
    return Network(tuple(nodes), tuple(drawn))
