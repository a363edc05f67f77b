"""The types of what may leave: values that only the disclosure gate can make.

Templates, documents and mails accept these types alone, which the type checker checks; `deliberation.disclosure` makes
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Literal, final

from deliberation.errors import BadValue, NotReleased
from deliberation.quantifiers import Dissent, Word
from deliberation.suppression import Basis

Bound = Literal["exact", "about", "at_least", "at_most"]
Number = int | tuple[int, int]
"""An exact count, or the band (lowest, highest) it lies in."""


class Attribution(StrEnum):
    """What may be said of who said it. A consultation's mode can only be made stricter."""

    ATTRIBUTED = "attributed"
    OPEN = "open"
    CHATHAM_HOUSE = "chatham_house"

    def stricter_or_equal(self, other: Attribution) -> bool:
        """Whether this mode reveals no more than `other`."""
        order = list(Attribution)
        return order.index(self) >= order.index(other)


class Audience(StrEnum):
    """Who reads: everybody, or those who take part."""

    PUBLIC = "public"
    INSIDE = "inside"


class Standing(StrEnum):
    """A share against its target, in a word."""

    OVER = "over"
    NEAR = "near"
    UNDER = "under"


@final
class _Gate:
    """Whoever makes a released value must show it; only the disclosure gate does."""


_GATE = _Gate()


@dataclass(frozen=True, kw_only=True)
class ReleasedValue:
    """A value that may leave. Made by the functions of this module only: `NotReleased` otherwise."""

    gate: InitVar[_Gate]

    def __post_init__(self, gate: _Gate) -> None:
        if gate is not _GATE:
            raise NotReleased(type=type(self).__name__)


@dataclass(frozen=True, kw_only=True)
class ReleasedCount(ReleasedValue):
    """A number of people or things: exact, a band, or None where there are too few to tell."""

    value: Number | None


@dataclass(frozen=True, kw_only=True)
class ReleasedShare(ReleasedValue):
    """A share 0..1 with what it bounds, or None where there are too few people."""

    value: float | None
    bound: Bound


@dataclass(frozen=True, kw_only=True)
class ReleasedIndex(ReleasedValue):
    """A figure about many people that is no share, such as a Gini coefficient; None where there are too few."""

    value: float | None


@dataclass(frozen=True, kw_only=True)
class ReleasedWords(ReleasedValue):
    """The ladder's word and its dissent, None where there is none to tell."""

    word: Word | None
    dissent: Dissent | None


@dataclass(frozen=True, kw_only=True)
class ReleasedStanding(ReleasedValue):
    """Over, near or under the target; None where it would describe too few."""

    standing: Standing | None


@dataclass(frozen=True, kw_only=True)
class ReleasedHolder(ReleasedValue):
    """What one organisation holds. Its name is None unless the mode and the organisation allow it."""

    name: str | None
    share: float | None


@dataclass(frozen=True, kw_only=True)
class ReleasedName(ReleasedValue):
    """An author's or organisation's name, None where it stays hidden."""

    name: str | None


@dataclass(frozen=True, kw_only=True)
class ReleasedDay(ReleasedValue):
    """A day in UTC; no time of day leaves."""

    day: date


@dataclass(frozen=True, kw_only=True)
class ReleasedRow(ReleasedValue):
    """One row of results. Shares are of the row's voters; None where the row is withheld or only words may leave.

    n_voters : exact, a band, or None
    cap : where shares are in steps, the lowest that is told, so that it and 1 - cap mean "or less" and "or more"
    """

    key: tuple[str, ...]
    is_shown: bool
    agree_share: float | None = None
    disagree_share: float | None = None
    pass_share: float | None = None
    n_voters: Number | None = None
    words: ReleasedWords | None = None
    cap: float | None = None

    def bound(self, share: float) -> Bound:
        """How one of the row's shares is to be read."""
        return bound_of(share, self.cap)


@dataclass(frozen=True, kw_only=True)
class Released(ReleasedValue):
    """Rows that may leave, in the order asked for; merged rows stand under the category "other" at a table's end.

    basis : what to store with the publication and to give back as `previous` next time; it shows nothing of itself
    """

    rows: tuple[ReleasedRow, ...]
    basis: Basis

    def row(self, *key: str) -> ReleasedRow:
        """The row of a key; `BadValue` if it was not asked for."""
        if key not in self._by_key:
            raise BadValue(name="key", value=key, allowed="a key among the rows")
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[tuple[str, ...], ReleasedRow]:
        return {row.key: row for row in self.rows}

    def __iter__(self) -> Iterator[ReleasedRow]:
        return iter(self.rows)


@dataclass(frozen=True, kw_only=True)
class ReleasedCategory(ReleasedValue):
    """One category of a breakdown: its count and its share of the whole."""

    code: str
    n: Number | None
    share: float | None


@dataclass(frozen=True, kw_only=True)
class ReleasedBreakdown(ReleasedValue):
    """A table of one attribute, the largest category first and "other" last; empty where it is withheld."""

    categories: tuple[ReleasedCategory, ...]
    is_shown: bool
    is_rounded: bool
    basis: Basis


@dataclass(frozen=True, kw_only=True)
class ReleasedHexagon(ReleasedValue):
    """One cell of the map: where it lies, how crowded it is, and the group most of its people are in.

    x, y : its centre, in units of the map
    level : 1 from one row's size of people on, and one more for each doubling, at most 4
    group : the opinion group with at least a row's size of people and more than half of the cell's, or None
    """

    x: float
    y: float
    level: int
    group: str | None


@dataclass(frozen=True, kw_only=True)
class ReleasedGroupPlace(ReleasedValue):
    """An opinion group on the map: the hexagon its middle lies in, and its share of the people placed in groups."""

    group: str
    x: float
    y: float
    share: float


@dataclass(frozen=True, kw_only=True)
class ReleasedMap(ReleasedValue):
    """The opinion space as hexagons: nobody's position is in it. Empty where it is withheld.

    radius : of a hexagon (pointy top), in units of the map; one unit is the root mean square distance from the middle
    left_out_share : share of the people in hexagons that are too empty to show, in steps of 5 points
    """

    hexagons: tuple[ReleasedHexagon, ...]
    groups: tuple[ReleasedGroupPlace, ...]
    radius: float
    left_out_share: float | None
    is_shown: bool


def bound_of(share: float, cap: float | None) -> Bound:
    """How a released share is to be read: exactly, about so much, or at its cap."""
    if cap is None:
        return "exact"
    if share <= cap:
        return "at_most"
    return "at_least" if share >= 1 - cap - 1e-9 else "about"
