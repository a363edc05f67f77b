"""Polis export folders, read from open text streams so that nothing is lost; `write_export` writes them back.

An export is comments.csv (statements), votes.csv (every vote event), participants-votes.csv (last votes as a table,
with the groups Polis published) and summary.csv, as the export zip, openData and the report pages of Polis have them,
old and new. At least votes.csv or participants-votes.csv has to be there. Files under other names are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadFile, BadValue
from deliberation.polis_csv import CsvFile
from deliberation.polis_export import (
    DECLARATION,
    STATEMENTS,
    SUMMARY,
    TABLES,
    VOTES,
    PolisExport,
    PolisLayout,
    PolisNote,
    PolisParticipant,
    PolisStatement,
    PolisVoteLog,
    latest_votes,
)
from deliberation.polis_rows import (
    TABLE_COLUMNS,
    VOTE_COLUMNS,
    joined_logs,
    read_participants,
    read_statements,
    read_table_cells,
    read_votes,
    statement_of_column,
)
from deliberation.polis_sign import PolisSign, declared_sign, found_sign
from deliberation.polis_writing import write_export
from deliberation.votes import VoteMatrix

__all__ = [
    "PolisExport",
    "PolisFileSettings",
    "PolisLayout",
    "PolisNote",
    "PolisParticipant",
    "PolisSign",
    "PolisStatement",
    "PolisVoteLog",
    "latest_votes",
    "read_export",
    "write_export",
]

_LAST_SECOND = 10**11
"""Times below are seconds, times above milliseconds: in seconds it is the year 5138, in milliseconds 1973."""


@dataclass(frozen=True)
class PolisFileSettings:
    """How much is read. The largest known conversations have 33,422 participants, 9,030 statements, 2 million votes."""

    max_votes: int = 10_000_000
    max_statements: int = 50_000
    max_participants: int = 500_000
    max_row_characters: int = 1_000_000
    """A row of the table of last votes has some two characters a statement; a text has at most 1,000."""


def read_export(
    streams: Mapping[str, TextIO],
    *,
    sign_of_agree: int | None = None,
    settings: PolisFileSettings = PolisFileSettings(),
) -> PolisExport:
    """The conversation in these files: every vote event, with agree = +1 whatever sign the files use.

    streams : file name -> text opened with newline="" (so that line ends inside texts survive)
    sign_of_agree : what the person who has the files says, +1 or -1; None finds out (see `polis_sign`)

    Raises `BadFile` naming file and line, `TooLarge`, `AmbiguousSign` where the sign cannot be told, or
    `BadValue` for a stated sign that is neither.
    """
    if sign_of_agree not in (None, 1, -1):
        raise BadValue(name="sign_of_agree", value=sign_of_agree, allowed="1 or -1")
    return _Reader(streams, settings).export(sign_of_agree)


class _Reader:
    """Reads one export, and collects its layout and the notes on the way."""

    def __init__(self, streams: Mapping[str, TextIO], settings: PolisFileSettings) -> None:
        self.streams = streams
        self.settings = settings
        self.columns: dict[str, tuple[str, ...]] = {}
        self.line_ends: dict[str, str] = {}
        self.in_seconds: dict[str, bool] = {}
        self.texts: dict[str, str] = {}
        self.notes: list[PolisNote] = []

    def export(self, sign_of_agree: int | None) -> PolisExport:
        table = next((name for name in TABLES if name in self.streams), None)
        if VOTES not in self.streams and table is None:
            raise BadFile(file=VOTES, line=0, problem="missing")
        for file in (STATEMENTS, VOTES, SUMMARY):
            if file not in self.streams:
                self.note("missing_file", file=file)
        summary = self.summary() if SUMMARY in self.streams else ()
        if DECLARATION in self.streams:
            self.texts[DECLARATION] = self.declaration()
        statements = self.statements() if STATEMENTS in self.streams else ()
        log = self.votes() if VOTES in self.streams else None
        participants, cells = self.table(table) if table is not None else ((), None)
        if log is None:
            assert cells is not None
            log = cells
            self.note("no_times")
        sign = self.sign(sign_of_agree, summary, statements, log)
        log = replace(log, signs=log.signs * np.int8(sign.agree))
        layout = PolisLayout(self.columns, self.line_ends, self.in_seconds, sign.agree, self.texts)
        export = PolisExport(summary, statements, participants, log, sign, layout)
        self.compare(export, latest_votes(export))
        if cells is not None and VOTES in self.columns:
            self.compare_table(export, replace(cells, signs=cells.signs * np.int8(sign.agree)))
        return replace(export, notes=tuple(self.notes))

    def note(self, code: str, **parameters: int | str) -> None:
        self.notes.append(PolisNote(code, parameters))

    def open(self, file: str, *, max_rows: int, has_header: bool = True) -> CsvFile:
        return CsvFile(
            file,
            self.streams[file],
            max_row_characters=self.settings.max_row_characters,
            max_rows=max_rows,
            has_header=has_header,
        )

    def close(self, source: CsvFile) -> None:
        self.columns[source.file] = source.header.columns
        self.line_ends[source.file] = source.header.line_end
        if not source.ended_in_newline and source.file != SUMMARY:
            self.note("no_final_newline", file=source.file)
        if source.n_joined:
            self.note("unquoted_text", n=source.n_joined)

    def declaration(self) -> str:
        try:
            return self.streams[DECLARATION].read(self.settings.max_row_characters)
        except UnicodeDecodeError as error:
            line = 1 + bytes(error.object[: error.start]).count(b"\n")
            raise BadFile(file=DECLARATION, line=line, problem="not_utf8") from None

    def summary(self) -> tuple[tuple[str, str], ...]:
        source = self.open(SUMMARY, max_rows=1000, has_header=False)
        rows = tuple((row[0], ",".join(row[1:])) for _, row in source.rows())
        self.close(source)
        return rows

    def statements(self) -> tuple[PolisStatement, ...]:
        source = self.open(STATEMENTS, max_rows=self.settings.max_statements)
        source.require("comment-id", "comment-body")
        columns = source.header.columns
        blocks = source.blocks(join_last=columns[-1] == "comment-body")
        found = [statement for block in blocks for statement in read_statements(block, columns)]
        self.close(source)
        if len({statement.id for statement in found}) != len(found):
            raise BadFile(file=STATEMENTS, line=1, problem="statement_twice")
        times = [statement.timestamp_ms for statement in found if statement.timestamp_ms is not None]
        self.in_seconds[STATEMENTS] = bool(times) and max(times) < _LAST_SECOND
        if not self.in_seconds[STATEMENTS]:
            return tuple(found)
        return tuple(
            replace(one, timestamp_ms=None if one.timestamp_ms is None else one.timestamp_ms * 1000) for one in found
        )

    def votes(self) -> PolisVoteLog:
        source = self.open(VOTES, max_rows=self.settings.max_votes)
        source.require(*VOTE_COLUMNS)
        columns = source.header.columns
        if source.header.remark is not None:
            self.texts[VOTES] = source.header.remark
        log = joined_logs([read_votes(block, columns) for block in source.blocks()], columns)
        self.close(source)
        self.in_seconds[VOTES] = log.timestamps_ms.size > 0 and int(log.timestamps_ms.max()) < _LAST_SECOND
        if not self.in_seconds[VOTES]:
            return log
        self.note("times_in_seconds")
        return replace(log, timestamps_ms=log.timestamps_ms * 1000)

    def table(self, file: str) -> tuple[tuple[PolisParticipant, ...], PolisVoteLog]:
        source = self.open(file, max_rows=self.settings.max_participants)
        source.require("participant")
        columns = source.header.columns
        statement_of = {
            index: statement_of_column(file, name) for index, name in enumerate(columns) if name not in TABLE_COLUMNS
        }
        people: list[PolisParticipant] = []
        cells: list[tuple[int, int, int]] = []
        for block in source.blocks():
            n_before = len(people)
            people += read_participants(block, columns)
            cells += [(n_before + row, one, sign) for row, one, sign in read_table_cells(block, statement_of)]
        self.close(source)
        ids = np.array([one.id for one in people], np.int64)
        if np.unique(ids).size != ids.size:
            raise BadFile(file=file, line=1, problem="participant_twice")
        rows, statements, signs = np.array(cells, np.int64).reshape(-1, 3).T
        return tuple(people), PolisVoteLog(np.zeros_like(rows), statements, ids[rows], signs.astype(np.int8))

    def sign(
        self,
        given: int | None,
        summary: tuple[tuple[str, str], ...],
        statements: tuple[PolisStatement, ...],
        log: PolisVoteLog,
    ) -> PolisSign:
        declarations = [text for row, text in summary if row == "vote-convention"] + list(self.texts.values())
        sign = found_sign(
            log.statements,
            log.participants,
            log.signs,
            file=VOTES if VOTES in self.streams else TABLES[0],
            given=given,
            declared=None if given is not None else declared_sign(declarations, file=SUMMARY),
            in_seconds=self.in_seconds.get(VOTES, False),
            authors={one.id: one.author_id for one in statements if one.author_id is not None and not one.is_seed},
            recorded={
                one.id: (one.recorded_agrees, one.recorded_disagrees)
                for one in statements
                if one.recorded_agrees is not None and one.recorded_disagrees is not None
            },
        )
        if sign.own_disagrees > sign.own_agrees:
            self.note("author_votes_differ", agrees=sign.own_agrees, disagrees=sign.own_disagrees)
        return sign

    def compare(self, export: PolisExport, votes: VoteMatrix) -> None:
        n_events = export.log.signs.size
        if n_events > votes.n_votes:
            self.note("superseded_votes", n=n_events - votes.n_votes)
        if export.statements:
            listed = np.array([one.id for one in export.statements])
            for code, ids in (
                ("votes_on_unlisted_statements", np.setdiff1d(votes.statement_ids, listed)),
                ("statements_without_votes", np.setdiff1d(listed, votes.statement_ids)),
            ):
                if ids.size:
                    self.note(code, n=int(ids.size))
            self.compare_counts(export, votes)
        for row, found in (("voters", votes.n_participants), ("comments", votes.n_statements)):
            recorded = export.summary_row(row)
            if recorded and recorded != str(found):
                self.note("summary_differs", row=row, recorded=recorded[:40], found=found)

    def compare_counts(self, export: PolisExport, votes: VoteMatrix) -> None:
        events = _tally(export.log.statements, export.log.signs)
        last = _tally(votes.statement_ids[votes.columns], votes.signs)
        kinds = {"equal_to_events": 0, "equal_to_last_votes": 0, "different": 0}
        for one in export.statements:
            recorded = one.recorded_agrees, one.recorded_disagrees
            if None in recorded:
                continue
            tallies = {"equal_to_events": events.get(one.id, (0, 0)), "equal_to_last_votes": last.get(one.id, (0, 0))}
            kinds[next((kind for kind, tally in tallies.items() if tally == recorded), "different")] += 1
        if any(kinds.values()):
            self.note("recorded_counts", **kinds)

    def compare_table(self, export: PolisExport, cells: PolisVoteLog) -> None:
        n_differing = _n_differing(latest_votes(export), latest_votes(replace(export, log=cells)))
        if n_differing:
            self.note("table_differs", cells=n_differing)


def _n_differing(one: VoteMatrix, other: VoteMatrix) -> int:
    """Cells that are not the same in both, a cell without a vote included."""
    ours, theirs = (
        (votes.participant_ids[votes.rows] << 31) + votes.statement_ids[votes.columns] for votes in (one, other)
    )
    _, ours, theirs = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    n_equal = int(np.count_nonzero(one.signs[ours] == other.signs[theirs]))
    return one.n_votes + other.n_votes - int(ours.size) - n_equal


def _tally(statements: NDArray[np.int64], signs: NDArray[np.int8]) -> dict[int, tuple[int, int]]:
    """Agrees and disagrees by statement."""
    ids, index = np.unique(statements, return_inverse=True)
    agrees, disagrees = (np.bincount(index[signs == sign], minlength=ids.size).tolist() for sign in (1, -1))
    return dict(zip(ids.tolist(), zip(agrees, disagrees, strict=True), strict=True))
