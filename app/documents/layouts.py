"""Where things stand in pictures of what a page shows as a list or a table; `templates/pictures.html` draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.charts import BarPart, GapChart, GapRow, GoalBar, Tick, VoteRow, nice_steps
from app.documents.lettering import width_of, wrapped

WIDTH = 720.0
SIZE = 13.0
MOST_LABEL, GAP = 250.0, 12.0
"""The room of the words before a bar at most, and the room between words and bars."""


def _room(labels: Sequence[str], more: float = 0.0) -> float:
    """The room that the widest of the words before bars needs."""
    return min(MOST_LABEL, max((width_of(one, SIZE) for one in labels), default=0.0) + more + 2)


@dataclass(frozen=True)
class BarRow:
    """One bar with its words before and behind it; `y` is its top. Without parts it says why there is none."""

    y: float
    label: str
    letter: str
    parts: tuple[BarPart, ...]
    text: str


@dataclass(frozen=True)
class BarList:
    """Statements, each in lines over its bars. x and width of parts are in units of the picture."""

    height: float
    lines: tuple[tuple[float, str], ...]
    rows: tuple[BarRow, ...]
    start: float
    end: float


def bars(items: Sequence[tuple[str, Sequence[VoteRow]]]) -> BarList:
    """The votes of each group on each statement: agree from the start of its bar, disagree from the end."""
    widest = max((width_of(row.text, SIZE) for _, rows in items for row in rows if row.bar), default=0.0)
    label = _room([row.label for _, rows in items for row in rows], 26)
    start, end = label + GAP, WIDTH - min(widest, 230.0) - GAP
    y, lines, placed = 4.0, [], []
    for text, rows in items:
        for line in wrapped(text, SIZE, WIDTH, 2):
            y += 17
            lines.append((y, line))
        y += 6
        for row in rows:
            parts = row.bar.parts if row.bar else ()
            scaled = tuple(
                BarPart(
                    one.kind, round(start + one.x * (end - start) / 100, 1), round(one.width * (end - start) / 100, 1)
                )
                for one in parts
            )
            named = wrapped(row.label, SIZE, label - 26, 1)[0]
            placed.append(BarRow(y, named, row.letter or "", scaled, row.text or row.hidden or ""))
            y += 21
        y += 9
    return BarList(round(y, 1), tuple(lines), tuple(placed), start, end + GAP)


@dataclass(frozen=True)
class ShareRow:
    """A share as a bar from the start, beside the mark of its target where there is one."""

    y: float
    label: str
    width: float
    target: float | None
    text: str


@dataclass(frozen=True)
class ShareList:
    """Rows on one scale; x of marks are in units of the picture."""

    height: float
    start: float
    length: float
    ticks: tuple[Tick, ...]
    rows: tuple[ShareRow, ...]


def shares(rows: Sequence[tuple[str, float, float | None, str]]) -> ShareList:
    """Rows (label, share, target, words) on a scale from 0 to a round share above all of them."""
    room = _room([label for label, *_ in rows])
    widest = max(width_of(words, SIZE) for *_, words in rows)
    start, length = room + GAP, WIDTH - room - 2 * GAP - min(widest, 180.0)
    top = nice_steps(max([0.1, *(s for _, s, _, _ in rows), *(t for _, _, t, _ in rows if t is not None)]), 4)
    placed = []
    for at, (label, share, target, words) in enumerate(rows):
        mark = None if target is None else round(start + length * target / top[-1], 1)
        shown = wrapped(label, SIZE, room, 1)[0]
        placed.append(ShareRow(26.0 + 28 * at, shown, round(length * share / top[-1], 1), mark, words))
    ticks = tuple(Tick(round(start + length * value / top[-1], 1), value) for value in top)
    return ShareList(26.0 + 28 * len(rows) + 4, start, length, ticks, tuple(placed))


@dataclass(frozen=True)
class TrackRow:
    """One row of a table from target to slate: its words and where its track stands."""

    y: float
    label: str
    row: GapRow
    reading: str


@dataclass(frozen=True)
class TrackList:
    height: float
    start: float
    length: float
    rows: tuple[TrackRow, ...]


def tracks(chart: GapChart) -> TrackList:
    """The rows of the table, each with its track between label and reading."""
    room = _room([row.label for row in chart.rows])
    rows = tuple(
        TrackRow(
            30.0 + 38 * at,
            wrapped(row.label, SIZE, room, 1)[0],
            row,
            wrapped(row.reading, SIZE, 160, 1)[0] if row.reading else "",
        )
        for at, row in enumerate(chart.rows)
    )
    return TrackList(30.0 + 38 * len(rows) + 4, room + 2 * GAP, WIDTH - room - 4 * GAP - 160, rows)


@dataclass(frozen=True)
class GoalColumn:
    x: float
    bar: GoalBar


def goals(every: Sequence[GoalBar]) -> tuple[GoalColumn, ...]:
    """The goals side by side."""
    return tuple(GoalColumn(round(at * WIDTH / len(every), 1), bar) for at, bar in enumerate(every))
