"""The table of a run as a picture: how many times as fast as its peer each analysis is, on a scale of powers of ten."""

from __future__ import annotations

import math
from html import escape
from typing import Any

WIDTH, LEFT, RIGHT, LINE, TOP = 880, 300, 90, 24, 64
INK, PALE, BLUE, PAPER = "#1b1b1a", "#8a8780", "#1f6fb2", "#fbfaf7"


def plot(rows: list[dict[str, Any]]) -> str:
    """An SVG picture of the rows that have a peer that does the same work."""
    shown = [row for row in rows if row["ratio_time"] is not None and "red-dwarf" in row["peer"]]
    most = max((row["ratio_time"] for row in shown), default=10.0)
    decades = max(1, math.ceil(math.log10(max(most, 1.01))))
    height = TOP + LINE * len(shown) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" '
        f'font-size="13"><title>Times as fast as red-dwarf</title><rect width="100%" height="100%" fill="{PAPER}"/>',
        _text(16, 28, "Times as fast as red-dwarf 0.4.0, on the same votes in one run", INK, size=16),
    ]
    for power in range(decades + 1):
        x = _place(10.0**power, decades)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 34}" stroke="{PALE}" opacity=".4"/>'
        )
        parts.append(_text(x, height - 16, f"{10**power:,}", PALE, anchor="middle"))
    for index, row in enumerate(shown):
        parts.extend(_bar(row, TOP + LINE * index, decades))
    return "\n".join([*parts, "</svg>", ""])


def _bar(row: dict[str, Any], y: int, decades: int) -> list[str]:
    ratio = max(row["ratio_time"], 0.1)
    start, end = sorted((_place(1.0, decades), _place(max(ratio, 1.0), decades)))
    name = row["name"] + (" (default method)" if row["goal"] == 0 else "")
    found = [
        _text(LEFT - 10, y + 14, name, INK, anchor="end"),
        f'<rect x="{start:.1f}" y="{y + 3}" width="{end - start:.1f}" height="{LINE - 8}" fill="{BLUE}"/>',
        _text(end + 6, y + 15, f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}", INK),
    ]
    if row["aim"]:
        x = _place(row["aim"], decades)
        found.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + LINE - 2}" stroke="{INK}" stroke-width="2"/>')
    return found


def _place(ratio: float, decades: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(ratio) / decades


def _text(x: float, y: float, text: str, fill: str, *, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{fill}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
