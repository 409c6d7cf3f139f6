"""XLSX → tables. Cells stream through openpyxl's read-only mode; what that does not tell (merged cells, hidden columns)
is read from the sheet's XML around the cells. Formulas stay formulas;
links to other files are not followed."""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.records import N_, UnreadableFileError
from ingestion.sources.tables import CellError, Formula, OpenedFile, Span, Table

WIDEST = 256  # columns; formatting alone can reach column XFD
LAST_ROW = 1_048_576  # of a sheet in Excel
MOST_ROWS = 200_000  # rows with something in them

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="([A-Z]+\d+:[A-Z]+\d+)"')
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_CELLS_BEGIN = re.compile(rb"<(?:\w+:)?sheetData\b")
_CELLS_END = b"sheetData>"
_DAMAGE = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, OSError, SyntaxError,
    OverflowError, NotImplementedError, LookupError, InvalidFileException, struct.error, zlib.error, RecursionError,
)  # fmt: skip


def open_workbook(path: Path) -> OpenedFile:
    """Raises UnreadableFileError. The second pass for stored results runs only when there are formulas."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that do not concern us
            tables = _read_tables(path)
            if any(isinstance(value, Formula) for table in tables for _, cells in table.rows for value in cells):
                _add_stored_results(path, tables)
    except UnreadableFileError:
        raise
    except (DefusedXmlException, *_DAMAGE) as error:
        if isinstance(error, DefusedXmlException) or isinstance(error.__cause__, DefusedXmlException):
            message = N_("%(file)s holds XML that no spreadsheet program writes (entities) and is not read.")
        else:
            message = N_("%(file)s is damaged or was not copied whole. Ask for it again or save it anew.")
        raise UnreadableFileError(message, file=path.name) from None
    return OpenedFile(tables=tables)


def _read_tables(path: Path) -> list[Table]:
    with _opened(path, data_only=False) as workbook:
        return [_read_table(sheet, path) for sheet in workbook.worksheets if hasattr(sheet, "_worksheet_path")]


@contextmanager
def _opened(path: Path, *, data_only: bool) -> Iterator[openpyxl.Workbook]:
    with path.open("rb") as file:  # given a name, openpyxl would refuse endings it does not know
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=data_only, keep_links=False)
        try:
            yield workbook
        finally:
            workbook.close()


def _read_table(sheet: Any, path: Path) -> Table:
    rows: list[tuple[int, list[object]]] = []
    for number, cells in _rows(sheet):
        values = [_value(cell) for cell in cells]
        while values and values[-1] is None:
            values.pop()
        if values:
            rows.append((number, values))
            if len(rows) > MOST_ROWS:
                raise UnreadableFileError(
                    N_("Sheet %(sheet)s of %(file)s has more than %(limit)s rows. Split it into several files."),
                    file=path.name,
                    sheet=sheet.title,
                    limit=MOST_ROWS,
                )
    spans, hidden = _around_the_cells(sheet)
    return Table(
        sheet=sheet.title,
        rows=rows,
        spans=spans,
        hidden_columns=hidden,
        is_hidden=sheet.sheet_state != "visible",
    )


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    sheet.reset_dimensions()  # the stated size may be wrong
    for number, cells in enumerate(sheet.iter_rows(min_row=1), start=1):
        if number > LAST_ROW:
            return
        yield number, cells[:WIDEST]


def _value(cell: Any) -> object:
    value = cell.value
    if value is None:
        return None
    kind = cell.data_type
    if kind == "f":
        return Formula(value if isinstance(value, str) else "=" + str(getattr(value, "text", "") or "").lstrip("="))
    if kind == "e":
        return CellError(str(value))
    return unescape(value) if isinstance(value, str) else value


def unescape(text: str) -> str:
    """`_x0007_` is how Excel stores a character that XML cannot hold."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _add_stored_results(path: Path, tables: list[Table]) -> None:
    with _opened(path, data_only=True) as workbook:
        sheets = {sheet.title: sheet for sheet in workbook.worksheets}
        for table in tables:
            wanted = {number: cells for number, cells in table.rows if any(isinstance(v, Formula) for v in cells)}
            if not wanted:
                continue
            for number, cells in _rows(sheets[table.sheet]):
                if (row := wanted.get(number)) is None:
                    continue
                for i, cell in enumerate(cells[: len(row)]):
                    formula = row[i]
                    if isinstance(formula, Formula) and cell.value is not None:
                        stored = CellError(str(cell.value)) if cell.data_type == "e" else cell.value
                        row[i] = Formula(formula.text, unescape(stored) if isinstance(stored, str) else stored)


def _around_the_cells(sheet: Any) -> tuple[list[Span], frozenset[int]]:
    with sheet._get_source() as source:
        xml: bytes = source.read()
    begin = match.start() if (match := _CELLS_BEGIN.search(xml)) else len(xml)
    end = xml.rfind(_CELLS_END)
    spans = []
    for reference in _MERGED.findall(xml, max(end, 0)):
        first_column, first_row, last_column, last_row = range_boundaries(reference.decode())
        if None not in (first_column, first_row, last_column, last_row):
            spans.append(Span(int(first_row or 0), int(first_column or 0), int(last_row or 0), int(last_column or 0)))
    hidden: set[int] = set()
    for attributes in _COLUMN.findall(xml, 0, begin):
        column = dict(_ATTRIBUTE.findall(attributes))
        if column.get(b"hidden") in (b"1", b"true"):
            first, last = int(column.get(b"min", b"0")), int(column.get(b"max", b"0"))
            hidden.update(range(first, min(last, WIDEST) + 1))
    return spans, frozenset(hidden)
