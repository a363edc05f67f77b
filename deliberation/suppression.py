"""Which rows of a table may be shown, and when a table may be shown anew: the arithmetic behind `disclosure`.

Three ways to recover a hidden row are closed here:

- from the margins: a total minus the shown rows leaves either nothing, or at least two categories that hold together at
  least as many people as a row must have. Whole rows are withheld, never single cells (SDC Handbook, section 4).
- from two publications: between two of them every quantity that can be derived from both changed by nobody or by at
  least so many people. A table that fails this is repeated as it was.
- from two audiences: both see rows of the same counts, and what the public sees merges what the room sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deliberation.errors import BadValue, CrossedAttributes

Counts = tuple[int, int, int]
Table = dict[str, Counts]

UNLISTED = ""
"""The category of those who are in the total and in no row of the table."""
OTHER = "other"
"""The category under which withheld rows are merged."""


@dataclass(frozen=True)
class Row:
    """Votes on one statement: by everybody, key `(statement,)`, or by one category of one attribute of people,
    key `(statement, attribute, category)`, where each person is in at most one category of an attribute."""

    key: tuple[str, ...]
    agrees: int
    disagrees: int
    passes: int

    @property
    def counts(self) -> Counts:
        return self.agrees, self.disagrees, self.passes

    @property
    def n_voters(self) -> int:
        return self.agrees + self.disagrees + self.passes


@dataclass(frozen=True)
class Statement:
    """Everything known of one statement: the counts of all, and its tables, each with its unlisted rest."""

    total: Counts
    tables: Mapping[str, Table]


@dataclass(frozen=True, repr=False)
class Basis:
    """The exact counts behind what was last released: stored beside a publication and given back to the gate with the
    next one; never shown. One basis serves both audiences."""

    statements: Mapping[str, Statement] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Basis({len(self.statements)} statements)"

    def records(self) -> list[list[str | int]]:
        """The basis as lists of plain values, for storage as JSON: key parts, then agrees, disagrees, passes."""
        found: list[list[str | int]] = []
        for statement, known in self.statements.items():
            found.append([statement, *known.total])
            for attribute, table in known.tables.items():
                found += [[statement, attribute, category, *counts] for category, counts in table.items()]
        return found

    @classmethod
    def from_records(cls, records: Iterable[Sequence[str | int]]) -> Basis:
        """The basis that `records` wrote."""
        rows = [Row(tuple(str(part) for part in r[:-3]), int(r[-3]), int(r[-2]), int(r[-1])) for r in records]
        return cls(statements_of(rows))


def statements_of(rows: Iterable[Row]) -> dict[str, Statement]:
    """Rows by statement and attribute, each table completed by its unlisted rest.

    Raises `CrossedAttributes` for a key that names more than one attribute, `BadValue` for a repeated key, a negative
    count, a table without its total, or a table that counts more people than the total.
    """
    totals: dict[str, Counts] = {}
    tables: dict[str, dict[str, Table]] = {}
    for row in rows:
        _check(row)
        if len(row.key) == 1:
            _put(totals, row.key[0], row)
        else:
            statement, attribute, category = row.key
            _put(tables.setdefault(statement, {}).setdefault(attribute, {}), category, row)
    for statement in tables:
        if statement not in totals:
            raise BadValue(name="rows", value=statement, allowed="tables beside the total of their statement")
    return {
        statement: Statement(
            total,
            {name: _completed(table, total, (statement, name)) for name, table in tables.get(statement, {}).items()},
        )
        for statement, total in totals.items()
    }


def _check(row: Row) -> None:
    if len(row.key) not in (1, 3):
        raise CrossedAttributes(key=row.key)
    if min(row.counts) < 0:
        raise BadValue(name="counts", value=row.counts, allowed="0 or more")
    if len(row.key) == 3 and row.key[2] == OTHER:
        raise BadValue(name="category", value=OTHER, allowed="a category; this one is the gate's own")


def _put(table: Table, name: str, row: Row) -> None:
    if name in table:
        raise BadValue(name="key", value=row.key, allowed="each key once")
    table[name] = row.counts


def _completed(table: Table, total: Counts, key: tuple[str, str]) -> Table:
    listed = added(counts for category, counts in table.items() if category != UNLISTED)
    if UNLISTED in table:
        return dict(table)
    rest = (total[0] - listed[0], total[1] - listed[1], total[2] - listed[2])
    if min(rest) < 0:
        raise BadValue(name="table", value=key, allowed="at most the people of the total, each in one category")
    return {**table, UNLISTED: rest} if any(rest) else dict(table)


def added(counts: Iterable[Counts]) -> Counts:
    """The sum of counts."""
    agrees = disagrees = passes = 0
    for a, d, p in counts:
        agrees, disagrees, passes = agrees + a, disagrees + d, passes + p
    return agrees, disagrees, passes


def split(people: Mapping[str, int], fewest: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Categories shown one by one, the largest first, and categories withheld (merged as "other" if any is shown).

    people : number of people in each category, `UNLISTED` for those in none
    Those withheld are nobody, or at least two non-empty categories with together at least `fewest` people; where that
    cannot be reached the whole table is withheld. What is withheld with a smaller `fewest` is withheld with a larger.
    """
    order = sorted((c for c, n in people.items() if n > 0 and c != UNLISTED), key=lambda c: (-people[c], c))
    n_shown = sum(people[category] >= fewest for category in order)
    unlisted = (UNLISTED,) if people.get(UNLISTED, 0) > 0 else ()
    while n_shown:
        withheld = (*order[n_shown:], *unlisted)
        if not withheld or (len(withheld) >= 2 and sum(people[category] for category in withheld) >= fewest):
            return tuple(order[:n_shown]), withheld
        n_shown -= 1
    return (), (*order, *unlisted)


def n_moved(old: Counts, new: Counts) -> int:
    """The least number of people whose coming, going or changing their vote explains the difference."""
    differences = [after - before for before, after in zip(old, new, strict=True)]
    return max(sum(d for d in differences if d > 0), -sum(d for d in differences if d < 0))


def voters_of(table: Mapping[str, Counts]) -> dict[str, int]:
    """Number of voters of each category."""
    return {category: sum(counts) for category, counts in table.items()}


def advance(old: Statement | None, new: Statement, *, fewest: int, fewest_moved: int) -> Statement:
    """The counts that may be published now: the new ones where enough people moved, else the ones published before.

    fewest : people in a row for the audience that sees most
    fewest_moved : people who must have moved in every quantity that both publications give away, unless nobody did
    """
    if old is None:
        return new
    if 0 < n_moved(old.total, new.total) < fewest_moved:
        return old
    tables = dict(old.tables)
    for attribute, table in new.tables.items():
        before = old.tables.get(attribute)
        if before is None or _may_replace(before, table, fewest, fewest_moved):
            tables[attribute] = table
    return Statement(new.total, tables)


def _may_replace(old: Table, new: Table, fewest: int, fewest_moved: int) -> bool:
    cells = [*_cells(old, fewest), *_cells(new, fewest)]
    for part in _joined(cells):
        moved = n_moved(added(old[c] for c in part if c in old), added(new[c] for c in part if c in new))
        if 0 < moved < fewest_moved:
            return False
    return True


def _cells(table: Table, fewest: int) -> list[set[str]]:
    shown, withheld = split(voters_of(table), fewest)
    return [*({category} for category in shown), set(withheld)]


def _joined(cells: list[set[str]]) -> list[set[str]]:
    """The finest sets of categories that are unions of cells of both publications: all that both give away."""
    parts: list[set[str]] = []
    for cell in cells:
        touching = [part for part in parts if part & cell]
        parts = [part for part in parts if not part & cell]
        parts.append(cell.union(*touching))
    return parts
