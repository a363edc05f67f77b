"""Quantities as geometry: plain numbers in, frozen coordinates out; `templates/charts.html` draws them.

Every function is deterministic. Nothing here decides what may be shown: the numbers come through the disclosure gate.
Fluid charts have x in per cent of the width and y in pixels; charts of a fixed shape have both in units of a view box.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def nice_steps(highest: float, about: int = 4) -> tuple[float, ...]:
    """Round tick values from 0 to at least `highest`, about so many steps apart, none of them below it but the last."""
    if not highest > 0:
        return (0.0, 1.0)
    raw = highest / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = float(next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9)))
    count = int(np.ceil(highest / step - 1e-9))
    return tuple(round(step * i, 10) for i in range(count + 1))


# -------- vote bars: agree from the start, disagree from the end, so that each has a common baseline


@dataclass(frozen=True)
class BarPart:
    """One rectangle of a bar 100 wide: `kind` is agree, unsure or disagree."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """The rectangles of one bar, from the start to the end of the line."""

    parts: tuple[BarPart, ...]


@dataclass(frozen=True)
class VoteRow:
    """One released row beside its bar. Where `hidden` says why there are no figures, `bar` is none."""

    label: str
    letter: str | None
    bar: Bar | None
    text: str
    hidden: str | None


def vote_bar(agree: float, disagree: float) -> Bar:
    """Agree from the start, disagree from the end, unsure what is left; released shares over 1 together are scaled."""
    if min(agree, disagree) < 0 or max(agree, disagree) > 1:
        raise ValueError("shares lie between 0 and 1")
    scale = 100 / max(1.0, agree + disagree)
    yes, no = round(agree * scale, 2), round(disagree * scale, 2)
    return Bar(
        (
            BarPart("agree", 0, yes),
            BarPart("unsure", yes, round(max(0.0, 100 - yes - no), 2)),
            BarPart("disagree", round(100 - no, 2), no),
        )
    )


def vote_row(
    label: str,
    agree: float | None,
    disagree: float | None,
    *,
    text: str,
    letter: str | None = None,
    hidden: str | None = None,
) -> VoteRow:
    """A row for `m.vote_bars`: with figures, or, where they were suppressed, with the reason in their place."""
    if agree is None or disagree is None:
        if not hidden:
            raise ValueError("a row without figures says why")
        return VoteRow(label, letter, None, "", hidden)
    return VoteRow(label, letter, vote_bar(agree, disagree), text, None)


# -------- from common ground to divides


@dataclass(frozen=True)
class Tick:
    """A mark of a scale: where, and the number that stands there."""

    at: float
    value: float


@dataclass(frozen=True)
class Bee:
    """One statement in the swarm; `gap` is in points."""

    number: int
    x: float
    y: float
    gap: int
    chosen: bool


@dataclass(frozen=True)
class Label:
    """Words beside a mark: from the mark at (x, y) a line leads to the words at (tx, ty)."""

    text: str
    x: float
    y: float
    tx: float
    ty: float
    anchor: str


@dataclass(frozen=True)
class Swarm:
    """The wide picture for screens and the upright one for phones, of the same statements."""

    width: float
    height: float
    ticks: tuple[Tick, ...]
    bees: tuple[Bee, ...]
    labels: tuple[Label, ...]
    narrow_height: float
    narrow_ticks: tuple[Tick, ...]
    narrow_bees: tuple[Bee, ...]
    narrow_labels: tuple[Label, ...]


def _spread(places: Sequence[float], apart: float, step: float, *, both_ways: bool) -> list[float]:
    """How far each mark moves off its line, in whole steps, so that none overlaps an earlier one.

    places : along the line, in ascending order
    """
    reach = range(-math.ceil(apart / step), math.ceil(apart / step) + 1)
    moves: list[int] = []
    first = 0
    for at, place in enumerate(places):
        while place - places[first] >= apart:
            first += 1
        taken = {
            move + more
            for near, move in set(zip(places[first:at], moves[first:], strict=True))
            for more in reach
            if (place - near) ** 2 + (more * step) ** 2 < apart**2
        }
        tries = ((n + 1) // 2 * (1 if n % 2 else -1) if both_ways else n for n in itertools.count())
        moves.append(next(move for move in tries if move not in taken))
    return [move * step for move in moves]


def _swarm_labels(bees: Sequence[Bee], words: Mapping[int, str], width: float, top: float) -> tuple[Label, ...]:
    used: list[tuple[float, float, float]] = []
    labels = []
    named = [(bee, "end" if bee.x > width / 2 else "start") for bee in bees if bee.number in words]
    # From the middle outwards in each half's own reading direction, so that no line runs through another's words.
    named.sort(key=lambda item: item[0].x if item[1] == "end" else -item[0].x)
    for bee, anchor in named:
        half = len(words[bee.number]) * 3.7
        centre = bee.x - half if anchor == "end" else bee.x + half
        rows = [top - 17 * i for i in range(4)]
        ty = next((y for y in rows if all(abs(centre - u) > half + w + 8 or abs(y - v) > 12 for u, v, w in used)), None)
        if ty is None:
            continue  # Five words deep nobody can follow the lines; the lists below carry every statement.
        used.append((centre, ty, half))
        labels.append(Label(words[bee.number], bee.x, bee.y, bee.x, ty, anchor))
    return tuple(labels)


def swarm(
    statements: Sequence[tuple[int, float]],
    *,
    chosen: Sequence[int] = (),
    words: Mapping[int, str] | None = None,
    width: float = 1160,
) -> Swarm:
    """Statements (number, gap as a share) on one axis from common ground to divides, none covering another.

    The gap is the agreement of the group that agrees most less that of the group that agrees least.
    """
    words = words or {}
    ordered = sorted(statements, key=lambda s: (s[1], s[0]))
    steps = nice_steps(max([100 * gap for _, gap in ordered] + [10]), 5)
    high, picked = steps[-1], set(chosen)
    x0, x1, apart = 14.0, width - 14, 14.2
    xs = [round(x0 + (x1 - x0) * 100 * gap / high, 1) for _, gap in ordered]
    offsets = _spread(xs, apart, 3.0, both_ways=True)
    reach = max([abs(o) for o in offsets] + [20])
    middle = 100 + reach
    bees = tuple(
        Bee(n, x, round(middle + o, 1), round(100 * g), n in picked)
        for (n, g), x, o in zip(ordered, xs, offsets, strict=True)
    )
    ys = [round(30 + 500 * 100 * gap / high, 1) for _, gap in ordered]
    across = _spread(ys, 12.2, 3.0, both_ways=False)
    narrow = tuple(
        Bee(n, round(75 + o, 1), y, round(100 * g), n in picked)
        for (n, g), y, o in zip(ordered, ys, across, strict=True)
    )
    return Swarm(
        width=width,
        height=round(middle + reach + 48, 1),
        ticks=tuple(Tick(round(x0 + (x1 - x0) * v / high, 1), v) for v in steps),
        bees=bees,
        labels=_swarm_labels(bees, words, width, 84),
        narrow_height=560,
        narrow_ticks=tuple(Tick(round(30 + 500 * v / high, 1), v) for v in steps),
        narrow_bees=narrow,
        narrow_labels=_narrow_labels(narrow, words),
    )


def _narrow_labels(bees: Sequence[Bee], words: Mapping[int, str]) -> tuple[Label, ...]:
    labels: list[Label] = []
    for bee in (b for b in bees if b.number in words):
        x = max(b.x for b in bees if abs(b.y - bee.y) < 14) + 12
        if all(abs(bee.y - other.ty) > 16 for other in labels) and x + 7.4 * len(words[bee.number]) < 330:
            labels.append(Label(words[bee.number], bee.x, bee.y, x, bee.y + 4, "start"))
    return tuple(labels)


# -------- target to slate, in the rows of a table


@dataclass(frozen=True)
class GapRow:
    """One constituency on a shared scale, in per cent of the chart's width. Marks that were suppressed are none."""

    label: str
    target: float
    band_start: float
    band_width: float
    participants: float | None
    votes: float | None
    slate: float | None
    outside: bool
    texts: tuple[str, ...]
    reading: str


@dataclass(frozen=True)
class GapChart:
    """All rows and the scale they share; `ticks` are shares."""

    rows: tuple[GapRow, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class Representation:
    """What is known of one constituency. Shares are of 1; none where the gate withheld them."""

    label: str
    target: float
    participants: float | None
    votes: float | None
    slate: float | None
    tolerance: float
    reading: str
    texts: tuple[str, ...] = ()


def gap_chart(rows: Sequence[Representation]) -> GapChart:
    """Every row on one scale from 0 to a round share above the largest mark."""
    shares = [v for r in rows for v in (r.target + r.tolerance, r.participants, r.votes, r.slate) if v is not None]
    steps = nice_steps(max([*shares, 0.1]), 4)

    def place(share: float | None) -> float | None:
        return None if share is None else round(100 * min(1.0, max(0.0, share / steps[-1])), 2)

    drawn = []
    for row in rows:
        low, high = place(row.target - row.tolerance) or 0.0, place(row.target + row.tolerance) or 0.0
        drawn.append(
            GapRow(
                row.label,
                place(row.target) or 0.0,
                low,
                round(high - low, 2),
                place(row.participants),
                place(row.votes),
                place(row.slate),
                row.slate is not None and abs(row.slate - row.target) > row.tolerance + 1e-9,
                row.texts,
                row.reading,
            )
        )
    return GapChart(tuple(drawn), tuple(Tick(round(100 * s / steps[-1], 2), s) for s in steps))


@dataclass(frozen=True)
class BalanceRow:
    """How far a group is served by the slate, against what is due to it; both in per cent of the bar."""

    label: str
    letter: str | None
    filled: float
    due: float
    short: bool
    text: str


def balance_row(label: str, share: float, due: float, *, text: str, letter: str | None = None) -> BalanceRow:
    """A bar filled to `share` with a mark at `due`; it is short where the fill stays below the mark."""
    return BalanceRow(
        label,
        letter,
        round(100 * min(1.0, max(0.0, share)), 2),
        round(100 * min(1.0, max(0.0, due)), 2),
        share < due - 1e-9,
        text,
    )


# -------- how evenly something is spread


@dataclass(frozen=True)
class LorenzCurve:
    """One curve as an SVG path in a square of 330 by 310; `style` is 1, 2 or 3 (colour and dash)."""

    label: str
    path: str
    style: int


def lorenz(curves: Mapping[str, Sequence[float] | Floats]) -> tuple[LorenzCurve, ...]:
    """Up to three curves, each from (0, 0) to (1, 1), in the order given."""
    if len(curves) > 3:
        raise ValueError("three curves can be told apart")
    drawn = []
    for style, (label, shares) in enumerate(curves.items(), start=1):
        last = len(shares) - 1
        points = [f"{330 * i / last:.1f} {310 - 310 * float(share):.1f}" for i, share in enumerate(shares)]
        drawn.append(LorenzCurve(label, "M" + "L".join(points), style))
    return tuple(drawn)


# -------- votes per day


@dataclass(frozen=True)
class Column:
    """One day: x in per cent, y and height in pixels above the line at 340."""

    x: float
    y: float
    height: float
    flagged: bool


@dataclass(frozen=True)
class DayLabel:
    """A day's name under the line; `minor` ones give way on phones."""

    x: float
    text: str
    anchor: str
    minor: bool


@dataclass(frozen=True)
class Event:
    """Something that happened on a day, numbered in the order of days."""

    number: int
    text: str
    x: float
    y: float
    y2: float
    anchor: str


@dataclass(frozen=True)
class Timeline:
    """Columns over days from left to right in every language, as time is drawn."""

    width: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    days: tuple[DayLabel, ...]
    events: tuple[Event, ...]


def timeline(
    counts: Sequence[int],
    days: Sequence[str],
    *,
    events: Sequence[tuple[int, str]] = (),
    flagged: Sequence[int] = (),
) -> Timeline:
    """Votes per day with the days' names, events (day index, words) and the indexes of days to be looked at."""
    if len(counts) != len(days) or not counts:
        raise ValueError("one name for each day, and at least one day")
    pitch = 94.8 / len(counts)
    width = round(min(0.8 * pitch, 12.0), 3)
    steps = nice_steps(max(*counts, 4) if len(counts) > 1 else max(counts[0], 4), 4)
    scale = 290 / steps[-1]
    xs = [round(5.2 + pitch * i, 2) for i in range(len(counts))]
    columns = tuple(
        Column(x, round(340 - count * scale, 1), round(count * scale, 1), i in set(flagged))
        for i, (x, count) in enumerate(zip(xs, counts, strict=True))
    )
    return Timeline(
        width,
        columns,
        tuple(Tick(round(340 - value * scale, 1), value) for value in steps[1:]),
        _day_labels(xs, days, width),
        _events(xs, columns, events, width),
    )


def _day_labels(xs: Sequence[float], days: Sequence[str], width: float) -> tuple[DayLabel, ...]:
    last = len(days) - 1
    shown = sorted({round(last * i / min(4, max(last, 1))) for i in range(min(4, max(last, 1)) + 1)})
    labels = []
    for order, i in enumerate(shown):
        anchor = "start" if i == 0 else "end" if i == last else "middle"
        x = xs[i] + (0 if anchor == "start" else width if anchor == "end" else width / 2)
        labels.append(DayLabel(round(x, 2), days[i], anchor, order % 2 == 1 and i != last))
    return tuple(labels)


def _events(
    xs: Sequence[float], columns: Sequence[Column], events: Sequence[tuple[int, str]], width: float
) -> tuple[Event, ...]:
    ordered = sorted(events)
    drawn: list[Event] = []
    for number, (day, words) in enumerate(ordered, start=1):
        x = round(xs[day] + width / 2, 2)
        anchor = "start" if x < 25 else "end" if x > 75 else "middle"
        near = [e for e in drawn if abs(e.x - x) < 32]
        y = 24.0 + 22 * (len(near) % 4)
        drawn.append(Event(number, words, x, y, max(y + 6, columns[day].y - 4), anchor))
    return tuple(drawn)


# -------- goals covered


@dataclass(frozen=True)
class GoalBar:
    """One goal: how many name it, and the height of its bar in a box of 64."""

    number: int
    title: str
    colour: str
    n: int
    height: float


def goals_covered(counts: Mapping[int, int], goals: Sequence[tuple[int, str, str]]) -> tuple[GoalBar, ...]:
    """All goals (number, title, colour) in their order, those named by nothing with no bar."""
    most = max([*counts.values(), 1])
    return tuple(
        GoalBar(number, title, colour, counts.get(number, 0), round(64 * counts.get(number, 0) / most, 1))
        for number, title, colour in goals
    )
