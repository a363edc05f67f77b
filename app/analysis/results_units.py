"""The same votes with each organisation, or each constituency, counted once, beside the view in which each person is.

The organisation's view is counted when an analysis is recorded and published through the gate like the votes; the
constituencies' is the mean of what is released of each, small ones together, and gives nothing more away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from app.analysis.results import CONSTITUENCY, Text
from app.analysis.results_words import bar
from app.charts import VoteRow
from app.database import fetch
from app.language import gettext
from app.tables.publications import Publication
from app.taxonomies import mandates
from deliberation.disclosure import ReleasedRow
from deliberation.disclosure_units import UnitRow, release_each_category_once, release_units
from deliberation.votes import VoteMatrix

if TYPE_CHECKING:
    from app.analysis.results_reading import Reading

ORGANISATIONS, CONSTITUENCIES = "organisations", "constituencies"
VIEWS = (ORGANISATIONS, CONSTITUENCIES)
SPEAKING = """
select id, organisation from participants where consultation = $1 and organisation is not null and mandate <> $2
"""


async def organisation_rows(consultation: UUID, votes: VoteMatrix) -> tuple[UnitRow, ...]:
    """Every statement with each organisation counted once, from the votes of those who speak for one."""
    from deliberation.tallies import categories_of
    from deliberation.weights import each_once

    bodies = {row["id"]: str(row["organisation"]) for row in await fetch(SPEAKING, consultation, mandates.OWN)}
    if not bodies:
        return ()
    labels = np.array([bodies.get(one, "") for one in votes.participant_ids.tolist()])
    found = each_once(votes, categories_of(labels, votes.n_participants))
    columns = (votes.statement_ids.tolist(), found.n_units.tolist(), found.people.tolist(), found.shares.tolist())
    return tuple(
        UnitRow(str(statement), n_units, (people[0], people[1], people[2]), (shares[0], shares[1], shares[2]))
        for statement, n_units, people, shares in zip(*columns, strict=True)
    )


async def published_rows(consultation: UUID) -> dict[str, UnitRow]:
    """The organisations' rows as they were last published, by statement; to be shown through the gate alone."""
    stored = await Publication.stored(consultation, ORGANISATIONS)
    rows = [] if stored is None else [UnitRow.from_record(record) for record in json.loads(stored)["rows"]]
    return {row.statement: row for row in rows}


@dataclass(frozen=True)
class UnitLine:
    """A statement in both views, as released; `differs` where most persons and most units stand on two sides."""

    text: Text
    bars: tuple[VoteRow, ...]
    differs: bool
    gap: float


@dataclass(frozen=True)
class UnitView:
    """The statements in one view, those first on which it says something else; `n_hidden` are of too few units."""

    name: str
    lines: tuple[UnitLine, ...]
    n_differing: int
    n_hidden: int


def row_of(reading: Reading, statement: int, view: str) -> ReleasedRow:
    """The released row of one statement in a view."""
    gate, key = reading.gate, str(statement)
    if view == CONSTITUENCIES:
        table = [gate.rows[code] for code in gate.rows if len(code) == 3 and code[:2] == (key, CONSTITUENCY)]
        return release_each_category_once(
            table, key, view, gate.mode, audience=gate.audience, n_participants=gate.n_participants
        )
    stored = reading.organisations.get(key, UnitRow(key, 0, (0, 0, 0), (0.0, 0.0, 0.0)))
    (row,) = release_units([stored], view, gate.mode, audience=gate.audience, n_participants=gate.n_participants)
    return row


def bars_of(reading: Reading, statement: int) -> tuple[VoteRow, ...]:
    """Both views of one statement, as far as they are released."""
    rows = {view: row_of(reading, statement, view) for view in VIEWS}
    return tuple(bar(label_of(view), row) for view, row in rows.items() if row.is_shown)


def label_of(view: str) -> str:
    return gettext("Organisations, each once") if view == ORGANISATIONS else gettext("Constituencies, each once")


def build(reading: Reading, view: str) -> UnitView:
    """All released statements by person and by unit, the largest difference first."""
    lines, n_hidden = [], 0
    for text in reading.texts.values():
        person = reading.gate.row(str(text.id))
        if person is None:
            continue
        unit = row_of(reading, text.id, view)
        if not unit.is_shown or unit.agree_share is None or person.agree_share is None:
            n_hidden += 1
            continue
        label = gettext("Organisations") if view == ORGANISATIONS else gettext("Constituencies")
        bars = (bar(gettext("Persons"), person), bar(label, unit))
        lines.append(UnitLine(text, bars, _side(person) * _side(unit) < 0, abs(unit.agree_share - person.agree_share)))
    lines.sort(key=lambda line: (not line.differs, -round(line.gap, 9), line.text.number))
    return UnitView(view, tuple(lines), sum(line.differs for line in lines), n_hidden)


def _side(row: ReleasedRow) -> int:
    """1 where more agree than disagree, -1 where fewer do, 0 where they are even, as released."""
    agree, disagree = row.agree_share or 0.0, row.disagree_share or 0.0
    return (agree > disagree) - (agree < disagree)
