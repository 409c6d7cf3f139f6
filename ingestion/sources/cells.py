"""One row under a header: the text of its cells by field, and what was found wrong while reading them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime

from ingestion.cleaning.dates import parse_birth
from ingestion.cleaning.legacy_encodings import convert_legacy
from ingestion.cleaning.text import Flaw, clean, clean_lines, is_nothing, shorten
from ingestion.records import RowProblem, Severity, SourceLocation
from ingestion.sources.headers import Column, Header
from ingestion.sources.problems import problem
from ingestion.sources.tables import CellError, Formula, Table

LONG_FIELDS = frozenset({"biography", "works", "note", "abstract"})
LIMITS = {  # characters kept of a cell; Excel itself writes at most 32,767
    "biography": 32_767, "works": 32_767, "abstract": 32_767, "keywords": 2_000, "note": 2_000, "awards": 2_000,
    "fields": 2_000, "title": 1_000,
    "coauthors": 2_000,
}  # fmt: skip
LIMIT = 500
REFUSED_FORMULAS = frozenset({"name", "birth_year"})
_REPORTED_AS = {"keywords": "expertise", "fields": "field", "external_id": "id"}  # the words of reports


def reported(field: str) -> str:
    """The name of a field in problems."""
    return _REPORTED_AS.get(field, field)


def plain(value: object) -> str:
    """A cell as a person would read it; formulas give their stored result."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, CellError):
        return ""
    if isinstance(value, Formula):
        return plain(value.stored)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    if isinstance(value, datetime | date):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    return str(value)


class RowCells:
    """`values` are as stored, merged cells filled in. Every problem found goes to `problems`, in order of reading."""

    def __init__(
        self, file: str, sheet: str, number: int, header: Header, values: list[object], merged: frozenset[int]
    ) -> None:
        self.header = header
        self.number = number
        self.values = values
        self.merged = merged
        self.problems: list[RowProblem] = []
        self.location = SourceLocation(file=file, sheet=sheet, row=number)
        self._filled: dict[int, str] | None = None
        self._texts: dict[int, tuple[str, frozenset[Flaw]]] = {}

    def value(self, column: Column) -> object:
        return self.values[column.index - 1] if column.index <= len(self.values) else None

    def filled(self) -> dict[int, str]:
        """Column → cleaned text of every cell that holds something to read, from the left."""
        if self._filled is None:
            self._filled = {
                index: text
                for index, value in enumerate(self.values, start=1)
                if value is not None and (text := self._clean(index, value)[0])
            }
        return self._filled

    def _clean(self, index: int, value: object) -> tuple[str, frozenset[Flaw]]:
        if index not in self._texts:
            self._texts[index] = clean(plain(value))
        return self._texts[index]

    def columns(self, field: str) -> list[Column]:
        return self.header.by_field.get(field, [])

    def note(
        self, column: Column | None, field: str, kind: str, severity: Severity, value: object = None, **details: object
    ) -> None:
        """Report a problem of this row."""
        location = self.location
        if column is not None:
            location = SourceLocation(file=location.file, sheet=location.sheet, row=location.row, column=column.letter)
        header = column.header if column is not None else None
        self.problems.append(problem(location, field, kind, severity, header=header, value=value, **details))

    @property
    def is_refused(self) -> bool:
        return any(found.severity is Severity.REFUSE for found in self.problems)

    def text(self, column: Column, *, keep_lines: bool = False) -> str:
        """The cell's text, cleaned, cut to its limit and "" for "không có"; what is wrong with it is reported."""
        value = self.value(column)
        if value is None:
            return ""
        field = column.field or ""
        name = reported(field)
        if isinstance(value, Formula):
            if value.stored is None:
                severity = Severity.REFUSE if field in REFUSED_FORMULAS else Severity.WARN
                self.note(column, name, "formula", severity, value.text)
                return ""
            if not isinstance(value.stored, CellError):
                self.note(column, name, "formula_result", Severity.WARN, value.text, result=shorten(plain(value), 120))
        error = value.stored if isinstance(value, Formula) else value
        if isinstance(error, CellError):
            self.note(column, name, "error_value", Severity.REFUSE if field == "name" else Severity.WARN, error.code)
            return ""
        text, flaws = self._clean(column.index, value)
        raw = plain(value)
        if not text.isascii() and field != "name" and (converted := convert_legacy(raw)) is not None:
            self.note(column, name, "legacy_encoding", Severity.WARN, text, encoding=converted.encoding)
            raw, text = converted.text, clean(converted.text)[0]
        if flaws and field not in LONG_FIELDS:
            kind = Flaw.CONTROL if Flaw.CONTROL in flaws else Flaw.INVISIBLE
            self.note(column, name, kind.value, Severity.WARN, text)
        if is_nothing(text) and field not in ("available", "open_reviews", "birth_or_gender", "gender", "birth_year"):
            return ""
        if text[0:1] in ("=", "@") and isinstance(value, str):
            self.note(column, name, "formula_text", Severity.WARN, text)
        limit = LIMITS.get(field, LIMIT)
        if len(text) > limit and field != "name":
            self.note(column, name, "too_long", Severity.WARN, text, length=len(text), limit=limit)
            text = shorten(text, limit)
            raw = raw[:limit]
        if column.index in self.merged and text:
            self.note(column, name, "merged_cells", Severity.WARN, text)
        return "\n".join(clean_lines(raw)) if keep_lines else text

    def first(self, field: str) -> tuple[str, Column | None]:
        """The first column of a field that says something."""
        for column in self.columns(field):
            if text := self.text(column):
                return text, column
        columns = self.columns(field)
        return "", columns[0] if columns else None

    def all_texts(self, field: str, *, keep_lines: bool = False) -> list[tuple[str, Column]]:
        return [(text, column) for column in self.columns(field) if (text := self.text(column, keep_lines=keep_lines))]

    def raw(self, today: date) -> dict[str, str]:
        """Header → cell as written, but for the columns that must not be kept; of a date of birth, the year."""
        found: dict[str, str] = {}
        for column in self.header.columns:
            value = self.value(column)
            if value is None or column.field == "withheld":
                continue
            text = (
                value.text
                if isinstance(value, Formula)
                else value.code
                if isinstance(value, CellError)
                else plain(value)
            )
            if column.field in ("birth_year", "birth_or_gender"):
                birth = parse_birth(value.stored if isinstance(value, Formula) else value, today=today)
                text = str(birth.year) if birth.year is not None else text
            text = "\n".join(clean_lines(text[:32_767])) if "\n" in text else clean(text[:32_767])[0]
            if text:
                found[column.header if column.header not in found else f"{column.header} ({column.letter})"] = text
        return found


def take_over_merged(table: Table, header: Header) -> dict[int, dict[int, int]]:
    """Row → column → row that holds the text, for cells merged over several rows below the header."""
    numbers = [number for number, _ in table.rows]
    columns = {column.index for column in header.columns}
    taken: dict[int, dict[int, int]] = {}
    for span in table.spans:
        if span.last_row <= span.first_row or span.first_row <= header.rows[-1] or span.first_column not in columns:
            continue
        for number in numbers[bisect_left(numbers, span.first_row) : bisect_right(numbers, span.last_row)]:
            taken.setdefault(number, {})[span.first_column] = span.first_row
    return taken
