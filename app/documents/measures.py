"""The single figures in a fact: each with its name, what was released of it, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.documents import wording
from app.documents.ladder import DISSENT_NAMES, NAMES
from app.language import gettext
from app.refusals import N_

PLACES = ("people", "band", "withheld", "share", "decimal", "number", "day")
WORDS = {one.value: name for names in (NAMES, DISSENT_NAMES) for one, name in names.items()}
NAMELESS = frozenset({"n", "text", "word", "dissent"})
"""What says by itself what it is."""
LABELS = {"agree": N_("Agree"), "disagree": N_("Disagree"), "pass": N_("Unsure"), "voters": N_("People")}


@dataclass(frozen=True)
class Measure:
    """One released figure. `value` is empty where a band (`low` to `high`) or nothing (`is_withheld`) was released."""

    name: str
    text: str
    value: str = ""
    low: int | None = None
    high: int | None = None
    bound: str = ""
    is_withheld: bool = False

    @property
    def label(self) -> str:
        """Its name for a reader: of votes in their language, else as in the signed record; "" where it needs none."""
        if self.name in NAMELESS:
            return ""
        return gettext(LABELS[self.name]) if self.name in LABELS else self.name


def measures(value: Mapping[str, Any]) -> list[Measure]:
    """The figures of a fact in their order; a fact that is one figure has one without a name."""
    return list(_of("", value))


def _of(name: str, value: Any) -> Iterator[Measure]:
    if isinstance(value, Mapping):
        kind = next((one for one in PLACES if one in value), None)
        if kind is not None and _is_place(kind, value):
            yield _figure(name, kind, value)
            return
        for key, part in value.items():
            yield from _of(_under(name, str(key)), part)
    elif isinstance(value, list):
        yield from _of_list(name, value)
    elif value is not None:
        said = str(value).lower() if isinstance(value, bool) else str(value)
        yield Measure(name, gettext(WORDS[said]) if name in ("word", "dissent") else said, said)


def _of_list(name: str, value: list[Any]) -> Iterator[Measure]:
    """A list of plain values is one figure; rows that begin with a name are figures under that name."""
    if all(isinstance(one, str | int) for one in value):
        said = ", ".join(map(str, value))
        yield Measure(name, said, said)
        return
    for at, row in enumerate(value, 1):
        if isinstance(row, list) and row and isinstance(row[0], str | int):
            rest = row[1:]
            for place, part in enumerate(rest, 1):
                key = str(row[0]) or "not_stated"
                yield from _of(_under(name, key if len(rest) == 1 else f"{key}.{place}"), part)
        else:
            yield from _of(_under(name, str(at)), row)


def _is_place(kind: str, value: Mapping[str, Any]) -> bool:
    return not isinstance(value[kind], dict) and set(value) <= {kind, "bound", "of"}


def _figure(name: str, kind: str, place: Mapping[str, Any]) -> Measure:
    text = wording.place_text(dict(place))
    if kind == "withheld":
        return Measure(name, text, is_withheld=True)
    if kind == "band":
        low, high = place["band"]
        return Measure(name, text, low=low, high=high)
    return Measure(name, text, str(place[kind]), bound=place.get("bound", ""))


def _under(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key
