"""A summary as a workbook: one sheet for each table, and notes on what stands in them; no name and no hour in it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from app.documents.archives import repacked
from app.documents.data import Cell, Sheet, dictionary, sheets
from app.documents.told import Told
from app.language import gettext

WIDTHS = {"string": 28, "integer": 10, "number": 10, "boolean": 10}
WIDE = frozenset({"sentence", "text", "meaning"})
FORBIDDEN = str.maketrans("[]:*?/\\'", "()-.... ")
NAME_LENGTH = 31
"""What a spreadsheet program accepts as the name of a sheet."""


def render(record: Mapping[str, Any], told: Told) -> bytes:
    """The file of a summary; the same summary in the same language is the same bytes."""
    return of_sheets(sheets(record, told), told)


def of_sheets(every: list[Sheet], told: Told) -> bytes:
    """The sheets in their order behind one of notes."""
    import xlsxwriter

    content = io.BytesIO()
    safe = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(content, safe)
    workbook.set_properties({"title": told.title, "created": datetime.combine(told.day, time())})
    order = 2 if told.direction == "rtl" else 1
    styles = {
        "head": workbook.add_format({"bold": True, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"}),
        "text": workbook.add_format({"text_wrap": True, "valign": "top", "reading_order": order}),
        "share": workbook.add_format({"num_format": "0%", "valign": "top"}),
        "title": workbook.add_format({"bold": True, "font_size": 14}),
    }
    taken = set[str]()
    _notes(workbook, styles, told, dictionary(every), taken)
    for sheet in every:
        _sheet(workbook, styles, told, sheet, taken)
    workbook.close()
    return repacked(content.getvalue())


def _notes(workbook: Any, styles: dict[str, Any], told: Told, words: Sheet, taken: set[str]) -> None:
    """First of all: what this is, which snapshot it comes from, and what each column means."""
    sheet = _added(workbook, told, gettext("Notes"), taken)
    sheet.set_column(0, 3, 18)
    sheet.set_column(4, 4, 80)
    sheet.write_string(0, 0, told.title, styles["title"])
    sheet.write_string(1, 0, told.day.isoformat())
    sheet.write_string(2, 0, told.hash or gettext(told.draft_note))
    _rows(sheet, styles, words, first=4)


def _sheet(workbook: Any, styles: dict[str, Any], told: Told, data: Sheet, taken: set[str]) -> None:
    sheet = _added(workbook, told, data.title, taken)
    sheet.freeze_panes(1, 0)
    for at, field in enumerate(data.fields):
        sheet.set_column(at, at, 80 if field.name in WIDE else WIDTHS[field.kind])
    _rows(sheet, styles, data)
    sheet.autofilter(0, 0, len(data.rows), len(data.fields) - 1)


def _added(workbook: Any, told: Told, title: str, taken: set[str]) -> Any:
    """A new sheet under its title, as far as a program allows it and another sheet has not taken it."""
    name = title.translate(FORBIDDEN).strip()[:NAME_LENGTH]
    at = 2
    while name.lower() in taken:
        name = f"{name[: NAME_LENGTH - 3]} {at}"
        at += 1
    taken.add(name.lower())
    sheet = workbook.add_worksheet(name)
    if told.direction == "rtl":
        sheet.right_to_left()
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    return sheet


def _rows(sheet: Any, styles: dict[str, Any], data: Sheet, *, first: int = 0) -> None:
    """Line after line, as constant memory demands; text is written as text, whatever sign it begins with."""
    for at, field in enumerate(data.fields):
        sheet.write_string(first, at, field.name, styles["head"])
    for line, row in enumerate(data.rows, first + 1):
        for at, value in enumerate(row):
            _cell(sheet, styles, line, at, value)


def _cell(sheet: Any, styles: dict[str, Any], line: int, at: int, value: Cell) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(line, at, value)
    elif isinstance(value, int):
        sheet.write_number(line, at, value)
    elif isinstance(value, float):
        sheet.write_number(line, at, value, styles["share"])
    elif value:
        sheet.write_string(line, at, value, styles["text"])
