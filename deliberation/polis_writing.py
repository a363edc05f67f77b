"""Polis exports written back: read again they hold equal vote events and statements, and mostly equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TextIO

import numpy as np

from deliberation.polis_csv import write_rows
from deliberation.polis_export import (
    DECLARATION,
    STATEMENTS,
    SUMMARY,
    TABLES,
    VOTES,
    PolisExport,
    PolisParticipant,
    PolisStatement,
    latest_votes,
)


def write_export(export: PolisExport, open_stream: Callable[[str], AbstractContextManager[TextIO]]) -> None:
    """The files of the export's layout: vote events in their order, times and signs in the form they were found in.

    open_stream : file name -> text stream to write, opened with newline="" and closed by leaving its context

    Cells of the table of last votes are derived from the log; everything else stands as it was read.
    """
    writers = {SUMMARY: _summary_rows, STATEMENTS: _statement_rows, VOTES: _vote_rows}
    writers |= dict.fromkeys(TABLES, _table_rows)
    for file, columns in export.layout.columns.items():
        line_end = export.layout.line_ends.get(file, "\n")
        with open_stream(file) as stream:
            if file == VOTES and VOTES in export.layout.texts:
                stream.write(export.layout.texts[VOTES] + line_end)
            if columns:
                write_rows(stream, [columns], line_end=line_end)
            write_rows(stream, writers[file](export, columns), line_end=line_end)
    if DECLARATION in export.layout.texts:
        with open_stream(DECLARATION) as stream:
            stream.write(export.layout.texts[DECLARATION])


def _summary_rows(export: PolisExport, _columns: Sequence[str]) -> Iterator[Sequence[object]]:
    return iter(export.summary)


def _statement_rows(export: PolisExport, columns: Sequence[str]) -> Iterator[Sequence[object]]:
    divisor = 1000 if export.layout.in_seconds.get(STATEMENTS) else 1
    for statement in export.statements:
        cells = dict(statement.other_cells) | _statement_cells(statement, divisor)
        yield [cells.get(column, "") for column in columns]


def _statement_cells(statement: PolisStatement, divisor: int) -> dict[str, str]:
    time = statement.timestamp_ms
    return {
        "timestamp": _text(None if time is None else time // divisor),
        "comment-id": str(statement.id),
        "author-id": _text(statement.author_id),
        "agrees": _text(statement.recorded_agrees),
        "disagrees": _text(statement.recorded_disagrees),
        "moderated": _text(statement.moderated),
        "is-meta": _text(statement.is_meta),
        "is-seed": _text(statement.is_seed),
        "comment-body": statement.text,
    }


def _vote_rows(export: PolisExport, columns: Sequence[str]) -> Iterator[Sequence[object]]:
    log, layout = export.log, export.layout
    divisor = 1000 if layout.in_seconds.get(VOTES) else 1
    cells: dict[str, list[object]] = {
        "timestamp": (log.timestamps_ms // divisor).tolist(),
        "comment-id": log.statements.tolist(),
        "voter-id": log.participants.tolist(),
        "vote": (log.signs * np.int8(layout.sign_of_agree)).tolist(),
    }
    cells |= {
        name: [text.decode("utf-8", "surrogatepass") for text in texts.tolist()]
        for name, texts in log.other_cells.items()
    }
    return zip(*(cells[column] for column in columns), strict=True)


def _table_rows(export: PolisExport, columns: Sequence[str]) -> Iterator[Sequence[object]]:
    votes = latest_votes(export)
    signs = (votes.signs * np.int8(export.layout.sign_of_agree)).tolist()
    start = votes.index_pointer().tolist()
    row_of = {participant: row for row, participant in enumerate(votes.participant_ids.tolist())}
    names = [str(statement) for statement in votes.statement_ids.tolist()]
    voted = [names[column] for column in votes.columns.tolist()]
    for participant in export.participants:
        cells = _participant_cells(participant)
        row = row_of.get(participant.id)
        if row is not None:
            own = slice(start[row], start[row + 1])
            cells |= dict(zip(voted[own], map(str, signs[own]), strict=True))
        yield [cells.get(column, "") for column in columns]


def _participant_cells(participant: PolisParticipant) -> dict[str, str]:
    return {
        "participant": str(participant.id),
        "xid": participant.xid,
        "group-id": _text(participant.published_group),
        "n-comments": _text(participant.n_statements),
        "n-votes": _text(participant.n_votes),
        "n-agree": _text(participant.n_agrees),
        "n-disagree": _text(participant.n_disagrees),
    }


def _text(value: int | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
