"""The disclosure gate for views in which a unit of people, such as an organisation, counts once.

Part of `deliberation.disclosure`: a row needs as many units as a row elsewhere needs people, and as many people too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor

from deliberation.disclosure_rules import DEFAULT, DisclosureSettings, Rules, number_told, rules_for
from deliberation.released import _GATE, Attribution, Audience, ReleasedRow
from deliberation.suppression import Counts, n_moved

Shares = tuple[float, float, float]


@dataclass(frozen=True)
class UnitRow:
    """One statement in the view of units: how many there are, the people behind them, and the means over units.

    people, shares : of those who agree, disagree, pass. It is what is stored between publications, and never shown.
    """

    statement: str
    n_units: int
    people: Counts
    shares: Shares

    def record(self) -> list[str | int | float]:
        """The row as plain values, for storage as JSON."""
        return [self.statement, self.n_units, *self.people, *self.shares]

    @classmethod
    def from_record(cls, record: Sequence[str | int | float]) -> UnitRow:
        """The row that `record` wrote."""
        n_units, agrees, disagrees, passes = (int(value) for value in record[1:5])
        agree, disagree, neither = (float(value) for value in record[5:8])
        return cls(str(record[0]), n_units, (agrees, disagrees, passes), (agree, disagree, neither))


def next_units(
    rows: Iterable[UnitRow],
    previous: Mapping[str, UnitRow],
    mode: Attribution,
    *,
    settings: DisclosureSettings = DEFAULT,
) -> tuple[UnitRow, ...]:
    """The rows that may be published now: new where enough people came, went or changed, else as published before."""
    exact = mode is not Attribution.CHATHAM_HOUSE
    fewest = 1 if exact else settings.fewest_moved
    found = []
    for row in rows:
        before = previous.get(row.statement)
        is_new = before is None or n_moved(before.people, row.people) >= fewest
        found.append(row if before is None or is_new else before)
    return tuple(found)


def release_units(
    rows: Iterable[UnitRow],
    attribute: str,
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> tuple[ReleasedRow, ...]:
    """Rows of key `(statement, attribute)`; withheld in a small room, and where units or people are too few.

    Shares are means over units, in steps and capped in `chatham_house`; `n_voters` is the number of units.
    """
    rules = rules_for(mode, audience, n_participants, settings)
    return tuple(_released(row, attribute, rules) for row in rows)


def _released(row: UnitRow, attribute: str, rules: Rules) -> ReleasedRow:
    key = (row.statement, attribute)
    if rules.is_small_room or min(row.n_units, sum(row.people)) < rules.fewest:
        return ReleasedRow(gate=_GATE, key=key, is_shown=False)
    return _row(key, row.shares, row.n_units, rules, rules.cap_for(row.n_units))


def _row(key: tuple[str, ...], shares: Sequence[float], n_units: int, rules: Rules, cap: float | None) -> ReleasedRow:
    agree, disagree, neither = (_told(share, rules, cap) for share in shares)
    return ReleasedRow(
        gate=_GATE,
        key=key,
        is_shown=True,
        agree_share=agree,
        disagree_share=disagree,
        pass_share=neither,
        n_voters=number_told(n_units, rules),
        cap=cap,
    )


def _told(share: float, rules: Rules, cap: float | None) -> float:
    if cap is None:
        return share
    n_steps = rules.settings.n_steps
    # A mean of thirds may come out a hair below its half step; nine digits bring it back.
    stepped = floor(round(share * n_steps, 9) + 0.5) / n_steps
    return min(max(stepped, cap), round(1 - cap, 9))


def release_each_category_once(
    rows: Iterable[ReleasedRow],
    statement: str,
    attribute: str,
    mode: Attribution,
    *,
    audience: Audience,
    n_participants: int,
    settings: DisclosureSettings = DEFAULT,
) -> ReleasedRow:
    """The mean over the rows of one statement's table as they were released, small categories together as one.

    Nothing enters but what may be read beside it, so that it gives nothing more away. Withheld with fewer than two.
    """
    rules = rules_for(mode, audience, n_participants, settings)
    told = [
        (row.agree_share, row.disagree_share, row.pass_share)
        for row in rows
        if row.is_shown and row.agree_share is not None
    ]
    if rules.is_small_room or len(told) < 2:
        return ReleasedRow(gate=_GATE, key=(statement, attribute), is_shown=False)
    shares = [sum(part or 0.0 for part in column) / len(told) for column in zip(*told, strict=True)]
    # A mean of what was released already needs no cap for few.
    return _row((statement, attribute), shares, len(told), rules, rules.cap_for(settings.few_below))
