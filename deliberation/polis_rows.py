"""What single rows of a Polis export say. Numbers are checked; what means nothing here is kept as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadFile
from deliberation.polis_csv import Block
from deliberation.polis_export import PolisParticipant, PolisStatement, PolisVoteLog

LARGEST_ID = 2**31 - 2
"""Of people and statements: the number after it still fits 32 bits, and is what the next proposal would have."""
LATEST_MS = 10**14
MAX_SHORT_CELL = 200
"""Longest cell of a vote that is kept: written dates have some 60 characters, and there is one for every vote."""

VOTE_COLUMNS = ("timestamp", "comment-id", "voter-id", "vote")
TABLE_COLUMNS = ("participant", "xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree")
STATEMENT_COLUMNS = (
    "timestamp",
    "comment-id",
    "author-id",
    "agrees",
    "disagrees",
    "moderated",
    "is-meta",
    "is-seed",
    "comment-body",
)
_SIGN_OF_CELL = {"1": 1, "+1": 1, "-1": -1, "0": 0}
_TRUE, _FALSE = ("true", "t", "1"), ("false", "f", "0")


def read_statements(block: Block, columns: tuple[str, ...]) -> Iterator[PolisStatement]:
    """The statements of some rows of comments.csv; their times still as they are written."""
    for row, cells in enumerate(block.rows):
        of = _Cells(block, row, dict(zip(columns, cells, strict=True)))
        yield PolisStatement(
            id=of.id("comment-id"),
            author_id=of.number("author-id"),
            text=of.text("comment-body"),
            timestamp_ms=of.number("timestamp", high=LATEST_MS),
            moderated=of.number("moderated", low=-1, high=1),
            is_meta=of.flag("is-meta"),
            is_seed=of.flag("is-seed"),
            recorded_agrees=of.number("agrees"),
            recorded_disagrees=of.number("disagrees"),
            other_cells=tuple((name, of.text(name)) for name in columns if name not in STATEMENT_COLUMNS),
        )


def read_participants(block: Block, columns: tuple[str, ...]) -> Iterator[PolisParticipant]:
    """The participants of some rows of participants-votes.csv, without their votes."""
    where = {name: columns.index(name) for name in TABLE_COLUMNS if name in columns}
    for row, cells in enumerate(block.rows):
        of = _Cells(block, row, {name: cells[index] for name, index in where.items()})
        yield PolisParticipant(
            id=of.id("participant"),
            xid=of.text("xid"),
            published_group=of.number("group-id"),
            n_statements=of.number("n-comments"),
            n_votes=of.number("n-votes"),
            n_agrees=of.number("n-agree"),
            n_disagrees=of.number("n-disagree"),
        )


def read_table_cells(block: Block, statement_of: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """(row, statement, sign as written) of the cells of the table of last votes that are not blank."""
    for row, cells in enumerate(block.rows):
        for index, statement in statement_of.items():
            if cells[index]:
                sign = _SIGN_OF_CELL.get(cells[index])
                if sign is None:
                    raise BadFile(
                        file=block.file, line=block.lines[row], problem="unknown_choice", found=cells[index][:40]
                    )
                yield row, statement, sign


def statement_of_column(file: str, name: str) -> int:
    """The statement that a column of the table of last votes stands for."""
    if not re.fullmatch(r"[0-9]{1,10}", name) or int(name) > LARGEST_ID:
        raise BadFile(file=file, line=1, problem="unknown_column", column=name[:40])
    return int(name)


def read_votes(block: Block, columns: tuple[str, ...]) -> PolisVoteLog:
    """The vote events of some rows of votes.csv; times and signs still as they are written."""
    where = {name: columns.index(name) for name in columns}
    others = {name: block.column(where[name]) for name in columns if name not in VOTE_COLUMNS}
    for cells in others.values():
        longest = max(range(len(cells)), key=lambda row: len(cells[row]))
        if len(cells[longest]) > MAX_SHORT_CELL:
            raise BadFile(file=block.file, line=block.lines[longest], problem="cell_too_long", allowed=MAX_SHORT_CELL)
    return PolisVoteLog(
        block.integers(where["timestamp"], low=0, high=LATEST_MS),
        block.integers(where["comment-id"], low=0, high=LARGEST_ID),
        block.integers(where["voter-id"], low=0, high=LARGEST_ID),
        block.integers(where["vote"], low=-1, high=1).astype(np.int8),
        {name: _compact(cells) for name, cells in others.items()},
    )


def joined_logs(logs: Sequence[PolisVoteLog], columns: tuple[str, ...]) -> PolisVoteLog:
    """One log of several, in their order."""
    if not logs:
        none = np.zeros(0, np.int64)
        empty = {name: _compact([]) for name in columns if name not in VOTE_COLUMNS}
        return PolisVoteLog(none, none, none, np.zeros(0, np.int8), empty)
    return PolisVoteLog(
        np.concatenate([log.timestamps_ms for log in logs]),
        np.concatenate([log.statements for log in logs]),
        np.concatenate([log.participants for log in logs]),
        np.concatenate([log.signs for log in logs]),
        {name: np.concatenate([log.other_cells[name] for log in logs]) for name in logs[0].other_cells},
    )


def _compact(cells: list[str]) -> NDArray[np.bytes_]:
    # UTF-8 bytes: a quarter of the memory that numpy's own text takes for written dates.
    return np.array([cell.encode("utf-8", "surrogatepass") for cell in cells], np.bytes_)


class _Cells:
    """The cells of one row by column name; a column that the file does not have is an empty cell."""

    def __init__(self, block: Block, row: int, cells: Mapping[str, str]) -> None:
        self.block, self.row, self.cells = block, row, cells

    def text(self, name: str) -> str:
        return self.cells.get(name, "")

    def number(self, name: str, *, low: int = 0, high: int = LARGEST_ID) -> int | None:
        cell = self.text(name)
        if cell in ("", "null"):
            return None
        return self.block.integer(self.row, cell, low=low, high=high)

    def id(self, name: str) -> int:
        number = self.number(name)
        if number is None:
            raise BadFile(file=self.block.file, line=self.block.lines[self.row], problem="not_an_integer", found="")
        return number

    def flag(self, name: str) -> bool | None:
        word = self.text(name).strip().lower()
        if word in ("", "null"):
            return None
        if word not in (*_TRUE, *_FALSE):
            raise BadFile(
                file=self.block.file, line=self.block.lines[self.row], problem="not_true_or_false", found=word[:40]
            )
        return word in _TRUE
