"""The vocabularies of the United Nations as versioned data: each list says where it comes from and when it held.

Every list is a module with the same three questions: `label(code)`, `codes(on)` and `options(on)`. Labels are
in English, which is also the message id that the page translates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib import import_module


def N_(text: str) -> str:
    """The text itself: marks a message id for the translators, who translate it where it is shown."""
    return text


@dataclass(frozen=True)
class Entry:
    """One term. It may be chosen from `valid_from` to before `valid_to`; its label can be shown for ever.

    `kind` tells the families of one list apart, for instance Major Groups from other stakeholders.
    """

    code: str
    label: str
    kind: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, on: date | None) -> bool:
        """Whether the term may be chosen on that day; without a day, whether it has not been retired."""
        if on is None:
            return self.valid_to is None
        started = self.valid_from is None or self.valid_from <= on
        return started and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True)
class Taxonomy:
    """One version of one list, in the order in which it is shown. Codes are unique and are what is stored."""

    name: str
    version: str
    source: str
    valid_from: date
    entries: tuple[Entry, ...]
    valid_to: date | None = None

    def entry(self, code: str) -> Entry:
        """The term with that code, retired or not. Raises `KeyError` for an unknown one."""
        for entry in self.entries:
            if entry.code == code:
                return entry
        raise KeyError(code)

    def label(self, code: str) -> str:
        """The message id of a code; the code itself where it is unknown, so that old rows can still be shown."""
        return next((entry.label for entry in self.entries if entry.code == code), code)

    def codes(self, on: date | None = None) -> tuple[str, ...]:
        """The codes that may be chosen, in order."""
        return tuple(entry.code for entry in self.entries if entry.holds(on))

    def options(self, on: date | None = None) -> tuple[tuple[str, str], ...]:
        """Pairs of code and message id that may be chosen, in order."""
        return tuple((entry.code, entry.label) for entry in self.entries if entry.holds(on))

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """The terms of one family, in order."""
        return tuple(entry for entry in self.entries if entry.kind == kind and entry.holds(None))


NAMES = (
    "cards",
    "barriers",
    "commitments",
    "conflict_grounds",
    "constituencies",
    "curation_reasons",
    "genders",
    "languages",
    "mandates",
    "moderation_reasons",
    "obstacles",
    "organisations",
    "regions",
    "reports",
    "services",
    "structures",
    "targets",
    "themes",
    "unclear_kinds",
)


def named(name: str) -> Taxonomy:
    """The list of that name, read when it is first asked for. Raises `KeyError` for an unknown one."""
    if name not in NAMES:
        raise KeyError(name)
    taxonomy = import_module(f"app.taxonomies.{name}").TAXONOMY
    assert isinstance(taxonomy, Taxonomy)
    return taxonomy
