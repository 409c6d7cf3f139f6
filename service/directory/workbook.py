"""Tables → an .xlsx file that opens in Excel and LibreOffice as it is meant. Pure.

Text is always written as text: a cell that begins with "=", "+", "-" or "@" is no formula, an address no link, a
telephone number keeps its zero. Dates are dates.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter

Cell = str | int | date | None

_LONGEST_CELL = 32_767  # characters that a cell may hold
_LONGEST_TITLE = 31
_NOT_IN_A_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is in characters."""

    heading: str
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of rows under headings, which stay in view and can be filtered by."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Statements:
    """A sheet that says what the file is: a name and a value in each line."""

    title: str
    lines: Sequence[tuple[str, Cell]]


def write_workbook(sheets: Sequence[Table | Statements]) -> bytes:
    """The file. Rows are taken one by one and not held."""
    target = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        formats = _Formats(book)
        for sheet in sheets:
            page = book.add_worksheet(sheet.title.translate(_NOT_IN_A_TITLE)[:_LONGEST_TITLE])
            page.set_paper(9)  # A4
            if isinstance(sheet, Table):
                _write_table(page, sheet, formats)
            else:
                _write_statements(page, sheet, formats)
    return target.getvalue()


class _Formats:
    def __init__(self, book: Any) -> None:
        plain = {"valign": "top", "text_wrap": True}
        self.heading = book.add_format({**plain, "bold": True, "bottom": 1, "bg_color": "#E3F0F2"})
        self.text = book.add_format(plain)
        self.number = book.add_format({"valign": "top", "num_format": "0"})
        self.day = book.add_format({"valign": "top", "num_format": "dd/mm/yyyy", "align": "left"})


def _write_table(page: Any, table: Table, formats: _Formats) -> None:
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.freeze_panes(1, 1)
    for number, column in enumerate(table.columns):
        page.set_column(number, number, column.width)
        page.write_string(0, number, column.heading, formats.heading)
    last = 0
    for last, row in enumerate(table.rows, start=1):
        for number, cell in enumerate(row):
            _write(page, last, number, cell, formats)
    page.autofilter(0, 0, last, len(table.columns) - 1)


def _write_statements(page: Any, sheet: Statements, formats: _Formats) -> None:
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, 28)
    page.set_column(1, 1, 80)
    for number, (name, value) in enumerate(sheet.lines):
        page.write_string(number, 0, name, formats.heading)
        _write(page, number, 1, value, formats)


def _write(page: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:
    match cell:
        case None | "":
            return
        case str():
            page.write_string(row, column, cell[:_LONGEST_CELL], formats.text)
        case date():
            page.write_datetime(row, column, cell, formats.day)
        case _:
            page.write_number(row, column, cell, formats.number)
