"""What a summary consists of: facts, and sentences that cite them; in no language, so that all languages say the same.

A sentence is a message id with named places. A place is a plain JSON value that says what kind of thing stands there,
and only the functions below make places, from values that the disclosure gate has released or that hold no votes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from app.analysis.results_words import FEW, is_few
from deliberation.disclosure import ReleasedCount, ReleasedDay, ReleasedIndex, ReleasedRow, ReleasedShare
from deliberation.records import to_record
from deliberation.released import Bound, Number, ReleasedBreakdown, ReleasedCategory

Place = dict[str, Any]
Says = Literal["plain", "support", "dissent", "added"]
"""What a sentence does: `support` uses a word of the ladder, `dissent` is its companion, `added` is a person's."""


@dataclass(frozen=True)
class Fact:
    """One computed figure, with the statements it comes from. `value` is what the disclosure gate let out."""

    id: str
    kind: str
    value: dict[str, Any]
    statements: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Sentence:
    """A message id, what stands in its places, and the facts that carry it."""

    message: str
    places: dict[str, Any]
    facts: list[str]
    says: Says = "plain"


@dataclass(frozen=True)
class Passage:
    """Sentences that belong together; `about` is the statement they speak of.

    `key` names the passage as it was generated, so that a convenor's change of it lapses when the facts change.
    """

    sentences: list[Sentence]
    about: int | None = None
    key: str = ""

    @classmethod
    def of(cls, record: dict[str, Any]) -> Passage:
        sentences = [Sentence(**sentence) for sentence in record["sentences"]]
        return cls(sentences, record["about"], record.get("key", ""))


@dataclass(frozen=True)
class Table:
    """A table of places. `head` are message ids."""

    caption: str
    head: list[str]
    rows: list[list[Any]]
    facts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """One section of the outline; `title` is a message id."""

    code: str
    title: str
    passages: list[Passage] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    """The summary: every sentence cites facts that are in it."""

    facts: list[Fact]
    sections: list[Section]

    def section(self, code: str) -> Section | None:
        return next((one for one in self.sections if one.code == code), None)

    def sentences(self) -> Iterator[Sentence]:
        for section in self.sections:
            for passage in section.passages:
                yield from passage.sentences

    def fact(self, id: str) -> Fact:
        return next(one for one in self.facts if one.id == id)

    def passages(self) -> Iterator[tuple[Section, Passage]]:
        for section in self.sections:
            for passage in section.passages:
                yield section, passage

    def to_json(self) -> dict[str, Any]:
        """Plain values without floats, which `from_json` reads back into an equal document."""
        record: dict[str, Any] = to_record(self)
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Document:
        facts = [Fact(**fact) for fact in record["facts"]]
        return cls(facts, [_section(section) for section in record["sections"]])


def content_key(section: Section, passage: Passage) -> str:
    """A short name of a passage by what stands in it: another text has another name."""
    text = json.dumps(to_record([passage.sentences, passage.about]), sort_keys=True, ensure_ascii=False)
    return f"{section.code}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _section(record: dict[str, Any]) -> Section:
    passages = [Passage.of(passage) for passage in record["passages"]]
    return Section(record["code"], record["title"], passages, [Table(**table) for table in record["tables"]])


# -------- places


def decimal(value: float) -> str:
    """A number as a decimal string of at most six places: the same on every machine."""
    text = f"{Decimal(repr(float(value))):.6f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def number(n: int) -> Place:
    """A number of things that are not people."""
    return {"number": n}


def people(count: ReleasedCount) -> Place:
    """A number of people as it was released."""
    return people_number(count.value)


def people_number(value: Number | None) -> Place:
    if value is None:
        return {"withheld": True}
    return {"band": [value[0], value[1]]} if isinstance(value, tuple) else {"people": value}


def share(released: ReleasedShare, of: ReleasedCount | None = None) -> Place:
    """A share of people; `of` is how many they are, so that fewer than 20 are counted."""
    if released.value is None:
        return {"withheld": True}
    place = _share(released.value, released.bound)
    n = None if of is None else of.value
    return place | {"of": n} if isinstance(n, int) and n < FEW and released.bound == "exact" else place


def share_of_table(table: ReleasedBreakdown, one: ReleasedCategory) -> Place:
    """A category's share of the people in a table of one attribute."""
    if one.share is None:
        return {"withheld": True}
    place = _share(one.share, "about" if table.is_rounded else "exact")
    counts = [each.n for each in table.categories if isinstance(each.n, int)]
    is_whole = not table.is_rounded and len(counts) == len(table.categories)
    return place | {"of": sum(counts)} if is_whole and sum(counts) < FEW else place


def is_counted(place: Place) -> bool:
    """So few people stand behind the share that it is told as "8 of 12"."""
    return "of" in place


def agreement(row: ReleasedRow | None) -> Place:
    """The share of a row's voters who agree."""
    if row is None or row.agree_share is None:
        return {"withheld": True}
    return _share_of(row, row.agree_share)


def _share_of(row: ReleasedRow, value: float) -> Place:
    """A share of a row's voters, with their number where it is so small that people are counted."""
    place = _share(value, row.bound(value))
    return place | {"of": row.n_voters} if is_few(row) else place


def row_value(row: ReleasedRow) -> dict[str, Any]:
    """A released row as the value of a fact."""
    value: dict[str, Any] = {}
    if row.agree_share is not None and row.disagree_share is not None and row.pass_share is not None:
        value |= {
            name: _share_of(row, one)
            for name, one in (("agree", row.agree_share), ("disagree", row.disagree_share), ("pass", row.pass_share))
        }
        value["voters"] = people_number(row.n_voters)
    if row.words is not None:
        value |= {
            "word": row.words.word.value if row.words.word else None,
            "dissent": row.words.dissent.value if row.words.dissent else None,
        }
    return value


def index(released: ReleasedIndex) -> Place:
    return {"withheld": True} if released.value is None else {"decimal": decimal(released.value)}


def part(value: float) -> Place:
    """A share of things that are not people, or a target somebody declared."""
    return _share(value, "exact")


def _share(value: float, bound: Bound) -> Place:
    return {"share": decimal(value), "bound": bound}


def statement(number_: int, text: str, language: str) -> Place:
    """A statement in its own words, with the number people quote."""
    return {"statement": number_, "text": text, "language": language}


def cite(numbers: Sequence[int]) -> Place:
    """Statement numbers alone."""
    return {"cite": list(numbers)}


def group(letter: str) -> Place:
    return {"group": letter}


def groups(letters: Sequence[str]) -> Place:
    return {"list": [group(letter) for letter in letters]}


def category(attribute: str, code: str) -> Place:
    return {"category": [attribute, code]}


def categories(attribute: str, codes: Sequence[str]) -> Place:
    return {"list": [category(attribute, code) for code in codes]}


def term(message: str) -> Place:
    """A word of ours that is translated where it is shown."""
    return {"term": message}


def asked(message: str) -> Place:
    """A question of ours that people answered, translated and quoted where it is shown."""
    return {"asked": message}


def prose(text: str, language: str) -> Place:
    """What a person wrote, in their language."""
    return {"text": text, "language": language}


def day(value: ReleasedDay | date) -> Place:
    return {"day": (value.day if isinstance(value, ReleasedDay) else value).isoformat()}
