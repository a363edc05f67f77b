"""A summary as tables of data, for spreadsheets and programs; each column says what stands in it.

Figures are machine-readable in `facts` and `statements`; the tables of the summary are there as its reader sees them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.documents import wording
from app.documents.archives import archive
from app.documents.ledger import cell
from app.documents.measures import Measure, measures
from app.documents.model import Document, Section
from app.documents.told import Grid, Told, plain
from app.language import gettext
from app.refusals import N_

Kind = Literal["string", "integer", "number", "boolean"]
Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Field:
    """A column: its name in files, what kind of value it holds, and what it means (a message id)."""

    name: str
    kind: Kind
    means: str


@dataclass(frozen=True)
class Sheet:
    """A table of data; `title` is in the reader's language."""

    name: str
    title: str
    fields: list[Field]
    rows: list[list[Cell]]


FACT_ID = N_("The name of the figure in the signed record of this summary.")
STATEMENT = N_("The number by which people quote the statement.")
SHARE = N_("Of the people who voted on the statement; what is withheld is empty.")
BOUND = N_(
    "How exact the value is: exact, about (rounded to steps of 5 per cent), at_least (that or more) or at_most (that "
    "or less)."
)
SENTENCES = [
    Field("section", "string", N_("The section of the summary.")),
    Field("position", "integer", N_("The place in the summary, from 1.")),
    Field("sentence", "string", N_("The sentence in the language of this file.")),
    Field("facts", "string", N_("The figures that the sentence rests on, separated by blanks.")),
]
FACTS = [
    Field("fact", "string", FACT_ID),
    Field("kind", "string", N_("What kind of figure it is.")),
    Field("statements", "string", N_("The numbers of the statements it comes from, separated by blanks.")),
    Field("measure", "string", N_("Which of the figure's values it is; empty where it has only one.")),
    Field("value", "string", N_("The value as it was released; empty where only a band or nothing was.")),
    Field("low", "integer", N_("The lower end of a band of numbers of people.")),
    Field("high", "integer", N_("The upper end of a band of numbers of people.")),
    Field("bound", "string", BOUND),
    Field("is_withheld", "boolean", N_("Whether too few people stand behind it to show it.")),
]
STATEMENTS = [
    Field("statement", "integer", STATEMENT),
    Field("text", "string", N_("The statement in its own words.")),
    Field("language", "string", N_("The language it was written in.")),
    *(
        field
        for choice in ("agree", "disagree", "pass")
        for field in (Field(choice, "number", SHARE), Field(f"{choice}_bound", "string", BOUND))
    ),
    Field("voters", "string", N_("How many people voted on it: a number, or a band such as 20-29.")),
    Field("word", "string", N_("The word of the ladder that its support allows.")),
    Field("dissent", "string", N_("The sentence of dissent that goes with it.")),
]
AS_SHOWN = N_("As in the summary, in the language of this file.")


def sheets(record: Mapping[str, Any], told: Told) -> list[Sheet]:
    """Sentences, facts, statements, and each table of the summary."""
    body = record.get("snapshot", record)
    document = Document.from_json(body["document"])
    return [
        Sheet("sentences", gettext("Sentences"), SENTENCES, list(_sentences(document))),
        Sheet("facts", gettext("Figures"), FACTS, list(_facts(document))),
        Sheet("statements", gettext("Statements"), STATEMENTS, [_statement(one) for one in body["statements"]]),
        *(_table(at, grid) for at, grid in enumerate(_grids(told), 1)),
    ]


def _grids(told: Told) -> list[Grid]:
    """The tables of the summary; the last one of a document is that of its figures, which has a sheet of its own, and
    what stands below a chart stands in another table already."""
    return [block for block in told.blocks if isinstance(block, Grid) and not block.is_of_chart][:-1]


def _sentences(document: Document) -> Iterator[list[Cell]]:
    sections: list[Section] = document.sections
    said = [(section, sentence) for section in sections for one in section.passages for sentence in one.sentences]
    for at, (section, sentence) in enumerate(said, 1):
        yield [gettext(section.title), at, wording.text(sentence), " ".join(sentence.facts)]


def _facts(document: Document) -> Iterator[list[Cell]]:
    for fact in document.facts:
        for one in measures(fact.value) or [Measure("", "")]:
            statements = " ".join(map(str, fact.statements))
            yield [fact.id, fact.kind, statements, one.name, one.value, one.low, one.high, one.bound, one.is_withheld]


def _statement(record: Mapping[str, Any]) -> list[Cell]:
    votes = record["votes"] or {}
    row: list[Cell] = [record["number"], record["text"], record["language"]]
    for choice in ("agree", "disagree", "pass"):
        place = votes.get(choice, {})
        row += [float(place["share"]) if "share" in place else None, place.get("bound", "")]
    voters = votes.get("voters", {})
    shown = "-".join(map(str, voters["band"])) if "band" in voters else str(voters.get("people", ""))
    return [*row, shown, votes.get("word") or "", votes.get("dissent") or ""]


def _table(at: int, grid: Grid) -> Sheet:
    fields = [Field(head or "-", "string", AS_SHOWN) for head in grid.head]
    return Sheet(f"table_{at:02d}", grid.caption, fields, [[plain(cell) for cell in row] for row in grid.rows])


def dictionary(every: list[Sheet]) -> Sheet:
    """What stands in each column of the others."""
    fields = [
        Field("table", "string", N_("The table, by the name of its file.")),
        Field("title", "string", N_("What the table holds.")),
        Field("column", "string", N_("The column.")),
        Field("type", "string", N_("What kind of value stands in it.")),
        Field("meaning", "string", N_("What it means.")),
    ]
    rows: list[list[Cell]] = [
        [sheet.name, sheet.title, one.name, one.kind, gettext(one.means)] for sheet in every for one in sheet.fields
    ]
    return Sheet("dictionary", gettext("Data dictionary"), fields, rows)


# -------- as files


def zipped(record: Mapping[str, Any], told: Told) -> bytes:
    """The tables as CSV files with their data dictionary and a description for programs, in one archive."""
    return packed(sheets(record, told), told, "plenary-summary")


def packed(sheets_: list[Sheet], told: Told, name: str) -> bytes:
    """The sheets as CSV files, one of them the data dictionary, with `datapackage.json`."""
    every = [*sheets_, dictionary(sheets_)]
    files = {f"{sheet.name}.csv": _csv(sheet).encode() for sheet in every}
    package = json.dumps(_package(every, told, name), ensure_ascii=False, indent=1)
    return archive({"datapackage.json": package.encode(), **files})


def _csv(sheet: Sheet) -> str:
    """One table; a cell cannot become a formula of a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([cell(field.name) for field in sheet.fields])
    for row in sheet.rows:
        writer.writerow([_value(one) for one in row])
    return text.getvalue()


def _value(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else cell(value)


def _package(every: list[Sheet], told: Told, name: str) -> dict[str, Any]:
    """The description of the archive by the Data Package standard."""
    return {
        "profile": "tabular-data-package",
        "name": name,
        "title": told.title,
        "created": told.day.isoformat(),
        "version": told.hash or "draft",
        "languages": [told.locale],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": sheet.name,
                "title": sheet.title,
                "path": f"{sheet.name}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {"name": one.name, "type": one.kind, "description": gettext(one.means)} for one in sheet.fields
                    ],
                    "missingValues": [""],
                },
            }
            for sheet in every
        ],
    }
