"""A table that crosses two attributes of people, where the mode allows it: what it hides, the tables beside it keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deliberation.disclosure_rules import DEFAULT, DisclosureSettings, rules_for
from deliberation.errors import BadValue
from deliberation.released import _GATE, Attribution, Audience, ReleasedValue

Cell = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class ReleasedCrossing(ReleasedValue):
    """People of each pair of categories; None where it is withheld. Empty where the whole table is."""

    cells: Mapping[Cell, int | None]

    @property
    def is_shown(self) -> bool:
        return any(n for n in self.cells.values())


def release_crossing(
    counts: Mapping[Cell, int],
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedCrossing:
    """People by two attributes, without small cells and without what would give them away beside the tables of one.

    counts : by pair of categories; "" for not stated. Pairs that nobody is of are 0 and are told
    Empty in `chatham_house`, which crosses nothing. Of each row and column either no cell of somebody is withheld, or
    at least two with together as many people as a row must have, or all of them, where the row is too small itself
    (complementary suppression, Cox 1980); where that cannot be reached the table is empty. Raises `BadValue`.
    """
    if any(n < 0 for n in counts.values()):
        raise BadValue(name="counts", value=min(counts.values()), allowed="0 or more")
    rules = rules_for(mode, audience, n_participants, settings)
    if not rules.is_exact:
        return ReleasedCrossing(gate=_GATE, cells={})
    hidden = _hidden({cell: n for cell, n in counts.items() if n}, rules.fewest)
    if hidden is None:
        return ReleasedCrossing(gate=_GATE, cells={})
    rows, columns = (sorted({cell[side] for cell in counts}) for side in (0, 1))
    return ReleasedCrossing(
        gate=_GATE,
        cells={
            (row, column): None if (row, column) in hidden else counts.get((row, column), 0)
            for row in rows
            for column in columns
        },
    )


def _hidden(counts: Mapping[Cell, int], fewest: int) -> frozenset[Cell] | None:
    """The cells that are withheld; None where no choice of them keeps the small ones."""
    hidden = {cell for cell, n in counts.items() if n < fewest}
    lines = [[cell for cell in sorted(counts) if cell[side] == name] for side in (0, 1)
             for name in sorted({cell[side] for cell in counts})]  # fmt: skip
    while True:
        open_line = next((line for line in lines if not _keeps(line, hidden, counts, fewest)), None)
        if open_line is None:
            return frozenset(hidden)
        shown = [cell for cell in open_line if cell not in hidden]
        if not shown:
            return None
        hidden.add(min(shown, key=lambda cell: (counts[cell], cell)))


def _keeps(line: list[Cell], hidden: set[Cell], counts: Mapping[Cell, int], fewest: int) -> bool:
    mine = [cell for cell in line if cell in hidden]
    if not mine or sum(counts[cell] for cell in line) < fewest:
        # A row of too few people is in no table of its own, so that nothing can be taken from it.
        return True
    return len(mine) >= 2 and sum(counts[cell] for cell in mine) >= fewest
