"""How much room words take in a picture, where they break, and how they keep their direction there."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

ISOLATE, END = "\u2067", "\u2069"
"""Before and after words that run from right to left, so that signs and digits among them stand where they are read."""
NARROW, WIDE_LETTERS = frozenset("iIljt.,:;'|!()[] "), frozenset("mMwWЖШЩЮжшщю%@—")
ELLIPSIS = "…"


def is_right_to_left(text: str) -> bool:
    """Whether letters of a script that runs from right to left are among the words."""
    return any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)


def script_of(text: str) -> str:
    """`arabic` or `chinese` where letters of the one or the other are among the words, else the empty string."""
    if is_right_to_left(text):
        return "arabic"
    return "chinese" if any(unicodedata.east_asian_width(sign) == "W" for sign in text) else ""


def isolated(text: str) -> str:
    """The words as a picture needs them: those with letters from right to left read in that direction, as a whole."""
    return f"{ISOLATE}{text}{END}" if is_right_to_left(text) else text


@lru_cache(maxsize=4096)
def _advance(sign: str) -> float:
    """The width of a letter in parts of its size, a little generous, for a sans-serif typeface."""
    if unicodedata.combining(sign) or unicodedata.category(sign) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(sign) in ("W", "F"):
        return 1.02
    if sign in NARROW:
        return 0.32
    if sign in WIDE_LETTERS:
        return 0.9
    return 0.66 if sign.isupper() else 0.56


def width_of(text: str, size: float) -> float:
    """About how wide the words are, in the units of `size`."""
    return size * sum(map(_advance, text))


def wrapped(text: str, size: float, width: float, most: int = 9) -> tuple[str, ...]:
    """The words in lines no wider than `width`, at most so many; what does not fit ends in an ellipsis."""
    lines, line = [], ""
    for part in _parts(text):
        if line and width_of((line + part).rstrip(), size) > width:
            lines.append(line.strip())
            line = ""
        line += part
    lines = [one for one in (*lines, line.strip()) if one]
    if len(lines) <= most:
        return tuple(lines)
    last = lines[most - 1]
    while last and width_of(last + ELLIPSIS, size) > width:
        last = last[:-1]
    return (*lines[: most - 1], last.rstrip(" ,;:.") + ELLIPSIS)


def _parts(text: str) -> list[str]:
    """Where a line may break: after blanks, and on both sides of a sign of Chinese."""
    parts = [""]
    for sign in " ".join(text.split()):
        is_wide = unicodedata.east_asian_width(sign) in ("W", "F")
        if is_wide and not unicodedata.category(sign).startswith("P"):
            parts.append("")
        parts[-1] += sign
        if sign == " ":
            parts.append("")
    return [one for one in parts if one]
