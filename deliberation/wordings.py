"""Two wordings compared word by word, for a reader who must say which one they would vote for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

from deliberation.texts import is_unspaced

_JOINERS = frozenset("'’-‐\u00ad\u200c\u200d")
"""Characters inside a word that are no letters: apostrophes, hyphens, and the marks by which scripts join."""


class Change(StrEnum):
    """What became of a run of words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    """A run of words that stands in both wordings, only in the old one or only in the new one."""

    change: Change
    text: str


def compare_wordings(before: str, after: str) -> tuple[Piece, ...]:
    """The new wording as a change of the old: what is kept and removed reads as `before`, kept and added as `after`.

    Words are compared whole, and single characters in scripts without spaces. What is removed stands before what is
    added in its place; a gap of one short word or of punctuation between two changes counts as changed, too, because
    nobody reads islands. The longest common blocks are those of Ratcliff and Obershelp (difflib).
    """
    old, new = words_of(before), words_of(after)
    runs: list[tuple[list[str], list[str], bool]] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        runs.append((old[i:j], new[k:m], tag == "equal"))
    runs = [
        (one, other, is_kept and not (0 < place < len(runs) - 1 and _is_island(one)))
        for place, (one, other, is_kept) in enumerate(runs)
    ]
    pieces: list[Piece] = []
    for is_kept, group in groupby(runs, key=lambda run: run[2]):
        parts = list(group)
        removed = "".join("".join(part[0]) for part in parts)
        added = "".join("".join(part[1]) for part in parts)
        named = ((Change.KEPT, added),) if is_kept else ((Change.REMOVED, removed), (Change.ADDED, added))
        pieces += [Piece(change, text) for change, text in named if text]
    return tuple(pieces)


def words_of(text: str) -> list[str]:
    """The text in words, runs of white space and single other characters; joined, they are the text."""
    found: list[str] = []
    kind_before = ""
    for character in text:
        kind = _kind(character)
        is_mark = unicodedata.category(character) in {"Mn", "Me", "Mc"}
        if found and (is_mark or (kind == kind_before and kind in {"word", "space"})):
            found[-1] += character
        else:
            found.append(character)
            kind_before = kind
    return found


def _kind(character: str) -> str:
    if character.isspace():
        return "space"
    if is_unspaced(character):
        return "sign"
    return "word" if character.isalnum() or character in _JOINERS else "other"


def _is_island(run: list[str]) -> bool:
    words = [word for word in run if _kind(word[0]) in {"word", "sign"}]
    return len(words) <= 1 and all(len(word) <= 3 for word in words)
