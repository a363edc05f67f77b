"""A lineage as a picture: what is older first, an arrow from each statement to the one that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.analysis.lineage import Node

BOX_WIDTH, BOX_HEIGHT = 128, 40
GAP, LEADING = 44, 56


@dataclass(frozen=True)
class Box:
    """One statement, by its middle. `is_here` is the one the page is about, `is_past` one for which another stands."""

    number: int
    x: float
    y: float
    is_here: bool
    is_past: bool


@dataclass(frozen=True)
class Arrow:
    """From one statement to the other; `is_own` where the other stands beside it and not for it."""

    before: int
    after: int
    path: str
    is_own: bool


@dataclass(frozen=True)
class Picture:
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def picture(nodes: Sequence[Node], *, here: int, is_rtl: bool) -> Picture:
    """Boxes in columns, older ones where reading begins; each stands for those that point to it."""
    deepest = max((node.depth for node in nodes), default=0)
    began = {node.number: _began(node) for node in nodes}
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        source = next((one for one in nodes if one.number == began[node.number]), None)
        column = deepest - node.depth if source is None else max(deepest - source.depth + 1, deepest - node.depth)
        columns.setdefault(column, []).append(node)
    width = (max(columns, default=0) + 1) * (BOX_WIDTH + GAP) - GAP + 4
    places: dict[int, tuple[float, float]] = {}
    for column, members in columns.items():
        for row, node in enumerate(members):
            x = 2 + BOX_WIDTH / 2 + column * (BOX_WIDTH + GAP)
            places[node.number] = (width - x if is_rtl else x, 2 + BOX_HEIGHT / 2 + row * LEADING)
    links = [(node.number, node.into, False) for node in nodes] + [(began[n.number], n.number, True) for n in nodes]
    return Picture(
        width,
        max(len(members) for members in columns.values()) * LEADING - (LEADING - BOX_HEIGHT) + 4 if columns else 0,
        tuple(Box(node.number, *places[node.number], node.number == here, node.into is not None) for node in nodes),
        tuple(
            Arrow(one, other, _arrow(places[one], places[other], is_rtl), is_own)
            for one, other, is_own in links
            if one in places and other in places and one is not None and other is not None
        ),
    )


def _began(node: Node) -> int | None:
    return next((step.number for step in node.steps if step.code == "began_as_amendment"), None)


def _arrow(start: tuple[float, float], end: tuple[float, float], is_rtl: bool) -> str:
    side = -1 if is_rtl else 1
    x, y = start[0] + side * BOX_WIDTH / 2, start[1]
    to_x, to_y = end[0] - side * BOX_WIDTH / 2, end[1]
    middle = (x + to_x) / 2
    return f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
