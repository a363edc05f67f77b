"""Two versions of a summary side by side: which passages stayed, came, went, or read otherwise, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from app.documents import wording
from app.documents.added import Added
from app.documents.model import Document, Passage
from app.documents.summary import introduction
from app.language import gettext
from app.refusals import N_

ALIKE = 0.5
"""Two passages of which less is the same are one that went and one that came."""
WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Part:
    """Words of a passage. `kind` is same, gone or new."""

    kind: str
    words: str


@dataclass(frozen=True)
class SectionDiff:
    """What differs in one section; each passage as its parts. `n_same` passages stand in both as they are."""

    title: str
    passages: tuple[tuple[Part, ...], ...]
    n_same: int


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[SectionDiff, ...]:
    """The sections of two bodies of a summary that differ, in the reader's language."""
    old, new = _texts(before), _texts(after)
    found = []
    for code in dict.fromkeys([*new, *old]):
        title, was = old.get(code, ("", []))
        name, now = new.get(code, ("", []))
        passages = tuple(_compared(was, now))
        same = sum(len(parts) == 1 and parts[0].kind == "same" for parts in passages)
        changed = tuple(parts for parts in passages if len(parts) != 1 or parts[0].kind != "same")
        if changed:
            found.append(SectionDiff(name or title, changed, same))
    return tuple(found)


def _texts(body: Mapping[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """For each section its title and its passages and table rows as plain text."""
    document, added = Document.from_json(body["document"]), Added.from_json(body["added"])
    opening = introduction({one.id: one for one in document.facts}, added)
    texts = {"introduction": (gettext(N_("Introduction")), [wording.text(one) for one in opening])}
    for section in document.sections:
        said = [_passage(one) for one in section.passages]
        said += [" · ".join(wording.place_text(cell) for cell in row) for table in section.tables for row in table.rows]
        texts[section.code] = (gettext(section.title), said)
    return texts


def _passage(passage: Passage) -> str:
    return " ".join(wording.text(sentence) for sentence in passage.sentences)


def _compared(was: Sequence[str], now: Sequence[str]) -> Iterator[tuple[Part, ...]]:
    matcher = SequenceMatcher(a=was, b=now, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from ((Part("same", text),) for text in was[a:b])
            continue
        pairs = min(b - a, d - c)
        for old, new in zip(was[a : a + pairs], now[c : c + pairs], strict=True):
            yield from _words(old, new)
        yield from ((Part("gone", text),) for text in was[a + pairs : b])
        yield from ((Part("new", text),) for text in now[c + pairs : d])


def _words(old: str, new: str) -> Iterator[tuple[Part, ...]]:
    """One passage with its changed words, or two where hardly anything is the same."""
    one, other = WORD.findall(old), WORD.findall(new)
    matcher = SequenceMatcher(a=one, b=other, autojunk=False)
    if matcher.ratio() < ALIKE:
        yield (Part("gone", old),)
        yield (Part("new", new),)
        return
    parts: list[Part] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            parts.append(Part("same", "".join(one[a:b])))
            continue
        parts += [Part("gone", "".join(one[a:b]))] if b > a else []
        parts += [Part("new", "".join(other[c:d]))] if d > c else []
    yield tuple(parts)
