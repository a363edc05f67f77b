"""Comma-separated text read with suspicion: bounded, with every refusal naming its file and line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadFile, TooLarge

BLOCK_ROWS = 65_536
"""Rows held as Python strings at a time, so that memory stays small beside the columns they become."""
BYTE_ORDER_MARK = "\ufeff"

_INTEGER = re.compile(r"[+-]?[0-9]{1,16}\Z")
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')
_INTEGERS = re.compile(r"[+-]?[0-9]{1,16}(?:,[+-]?[0-9]{1,16})*\Z")


@dataclass(frozen=True)
class Header:
    """What stands above the rows: column names, whether lines end in CR LF, and a first line that is a remark."""

    columns: tuple[str, ...]
    line_end: str
    remark: str | None


@dataclass(frozen=True)
class Block:
    """Some rows of a file, all of the header's width, and the line each starts on."""

    file: str
    rows: list[list[str]]
    lines: list[int]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]

    def integers(self, index: int, *, low: int, high: int) -> NDArray[np.int64]:
        """A column of whole numbers within bounds; `BadFile` names the first line that holds something else."""
        cells = self.column(index)
        if cells and _INTEGERS.match(",".join(cells)):
            numbers = np.fromiter(map(int, cells), np.int64, len(cells))
            if low <= numbers.min() and numbers.max() <= high:
                return numbers
        return np.array([self.integer(row, cell, low=low, high=high) for row, cell in enumerate(cells)], np.int64)

    def integer(self, row: int, cell: str, *, low: int, high: int) -> int:
        """A cell of this row as a whole number within bounds; `BadFile` otherwise."""
        if _INTEGER.match(cell) and low <= int(cell) <= high:
            return int(cell)
        digits = cell.lstrip("+-")
        problem = "number_out_of_range" if digits.isascii() and digits.isdigit() else "not_an_integer"
        raise BadFile(file=self.file, line=self.lines[row], problem=problem, found=cell[:40])


class CsvFile:
    """The rows of one comma-separated text. The header, if it has one, is read at once; rows as they are asked for."""

    def __init__(
        self, file: str, stream: TextIO, *, max_row_characters: int, max_rows: int, has_header: bool = True
    ) -> None:
        self.file = file
        self.n_joined = 0
        self.ended_in_newline = True
        self._stream = stream
        self._max_row_characters = max_row_characters
        self._max_rows = max_rows
        self._line = 0
        self._room = max_row_characters
        self.header = self._read_header() if has_header else Header((), "\n", None)

    def _read_header(self) -> Header:
        first = self._next_line()
        remark = first.rstrip("\r\n") if first.startswith("#") else None
        if remark is not None:
            first = self._next_line()
        return Header(self._header_cells(first), "\r\n" if first.endswith("\r\n") else "\n", remark)

    def require(self, *names: str) -> None:
        """`BadFile` unless the header has these columns, and no column twice."""
        columns = self.header.columns
        for name in names:
            if name not in columns:
                raise BadFile(file=self.file, line=self._line, problem="missing_column", column=name)
        if len(set(columns)) != len(columns):
            repeated = next(name for index, name in enumerate(columns) if name in columns[:index])
            raise BadFile(file=self.file, line=self._line, problem="column_twice", column=repeated)

    def blocks(self, *, join_last: bool = False) -> Iterator[Block]:
        """The rows under the header. Blank lines are skipped; a row of another width is refused, unless `join_last`
        says that what is too much belongs to a last cell that was written without quotes."""
        width, n_rows = len(self.header.columns), 0
        rows: list[list[str]] = []
        lines: list[int] = []
        for line, row in self.rows():
            if len(row) != width:
                if not (join_last and len(row) > width):
                    raise BadFile(
                        file=self.file, line=line, problem="wrong_number_of_cells", expected=width, found=len(row)
                    )
                row = [*row[: width - 1], ",".join(row[width - 1 :])]
                self.n_joined += 1
            rows.append(row)
            lines.append(line)
            if len(rows) == BLOCK_ROWS:
                n_rows = self._counted(n_rows + len(rows))
                yield Block(self.file, rows, lines)
                rows, lines = [], []
        self._counted(n_rows + len(rows))
        if rows:
            yield Block(self.file, rows, lines)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row that is not blank, with the line it starts on."""
        reader = csv.reader(iter(self._next_line, ""), strict=True)
        start = self._line + 1
        try:
            for row in reader:
                if row:
                    yield start, row
                start = self._line + 1
                self._room = self._max_row_characters
        except csv.Error as error:
            raise BadFile(file=self.file, line=start, problem=_problem(str(error))) from None

    def _counted(self, n_rows: int) -> int:
        if n_rows > self._max_rows:
            raise TooLarge(name=f"rows of {self.file}", found=n_rows, allowed=self._max_rows)
        return n_rows

    def _header_cells(self, line: str) -> tuple[str, ...]:
        try:
            cells = next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            raise BadFile(file=self.file, line=self._line, problem=_problem(str(error))) from None
        if not cells:
            raise BadFile(file=self.file, line=max(self._line, 1), problem="empty")
        self._room = self._max_row_characters
        return tuple(cell.strip() for cell in cells)

    def _next_line(self) -> str:
        try:
            line = self._stream.readline(self._room + 1)
        except UnicodeDecodeError as error:
            broken = self._line + 1 + bytes(error.object[: error.start]).count(b"\n")
            raise BadFile(file=self.file, line=broken, problem="not_utf8") from None
        if not line:
            return ""
        self._line += 1
        if self._line == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if len(line) > self._room:
            raise BadFile(file=self.file, line=self._line, problem="row_too_long", allowed=self._max_row_characters)
        if "\0" in line:
            raise BadFile(file=self.file, line=self._line, problem="nul_character")
        self._room -= len(line)
        self.ended_in_newline = line.endswith("\n")
        return line


def _problem(message: str) -> str:
    for part, problem in (
        ("field larger", "row_too_long"),
        ("unexpected end", "unclosed_quote"),
        ("expected after", "misplaced_quote"),
        ("new-line character", "stray_carriage_return"),
    ):
        if part in message:
            return problem
    return "not_csv"


def write_rows(stream: TextIO, rows: Iterable[Sequence[object]], *, line_end: str) -> None:
    """Rows as comma-separated text, quoted only where a cell needs it."""
    for row in rows:
        line = ",".join(_quoted(str(cell)) for cell in row)
        stream.write((line or '""') + line_end)


def _quoted(cell: str) -> str:
    # Python's own writer leaves a lone carriage return unquoted, which no reader takes back.
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell
