"""Rows of a list of people → records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from ingestion.cleaning.works import parse_works
from ingestion.records import ExpertRecord, RowProblem, Severity, SheetReading, WorkRecord
from ingestion.sources.cells import RowCells, take_over_merged
from ingestion.sources.furniture import classify, section_organisation
from ingestion.sources.headers import Header, repeats_header
from ingestion.sources.identity import read_name
from ingestion.sources.person import read_person
from ingestion.sources.shifts import is_shifted
from ingestion.sources.tables import CellError, Formula, Table


@dataclass(slots=True)
class PeopleReading:
    """What one list holds, in order of rows."""

    sheet: SheetReading
    experts: list[ExpertRecord] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class PeopleReader:
    """Reads one list."""

    file: str
    table: Table
    header: Header
    today: date
    on_row: Callable[[], None] = lambda: None

    _in_footer: bool = field(default=False, init=False)
    _section: str | None = field(default=None, init=False)
    _last_row: int | None = field(default=None, init=False)  # of the person before

    def read(self) -> PeopleReading:
        header = self.header
        rows = [(number, values) for number, values in self.table.rows if number > header.rows[-1]]
        by_number = dict(rows)
        taken = take_over_merged(self.table, header)
        result = PeopleReading(
            SheetReading(
                sheet=self.table.sheet,
                kind="people",
                header_rows=header.rows,
                columns=tuple(column.mapping() for column in header.columns),
                row_count=0,
            )
        )
        count = 0
        for number, values in rows:
            sources = taken.get(number, {})
            if sources:
                values = self._fill(values, sources, by_number)
            row = RowCells(self.file, self.table.sheet, number, header, values, frozenset(sources))
            count += bool(row.filled())
            self._read_row(row, sources, result)
            result.problems += row.problems
            self.on_row()
        result.sheet = replace(result.sheet, row_count=count)
        return result

    @staticmethod
    def _fill(values: list[object], sources: dict[int, int], by_number: dict[int, list[object]]) -> list[object]:
        filled = values + [None] * (max(sources) - len(values))
        for column, source in sources.items():
            cells = by_number.get(source, [])
            filled[column - 1] = cells[column - 1] if column <= len(cells) else None
        return filled

    def _read_row(self, row: RowCells, sources: dict[int, int], result: PeopleReading) -> None:
        if self._is_no_entry(row):
            return
        if self._continues(row, sources, result):
            return
        name = read_name(row)
        if name is None:
            if is_shifted(row, self.today):
                row.problems.clear()
                row.note(None, "row", "shifted", Severity.REFUSE, " | ".join(list(row.filled().values())[:3]))
            return
        self._in_footer = False
        record = read_person(row, name, self.today, self._section)
        if not row.is_refused:
            result.experts.append(record)
            self._last_row = row.number

    def _is_no_entry(self, row: RowCells) -> bool:
        """Blank rows and furniture; they are said as skipped."""
        texts = row.filled()
        ordinals = {column.index for column in row.columns("ordinal")}
        if not texts.keys() - ordinals:
            values = (value for i, value in enumerate(row.values, start=1) if i not in ordinals)
            if any(isinstance(value, Formula | CellError) for value in values):
                return False
            if not any(len(text) > 2 and not text.strip(".").isdigit() for text in texts.values()):
                row.note(None, "row", "blank", Severity.SKIP)
                return True
        if repeats_header(texts, self.header):
            row.note(None, "row", "repeated_header", Severity.SKIP)
            return True
        names = [
            column.index
            for column in row.header.columns
            if column.field in ("name", "family_and_middle_name", "family_name")
        ]
        first = next(iter(texts), 0)
        kind = classify(
            texts,
            name_column=names[0] if names else 0,
            ordinal_column=next(iter(ordinals), None),
            after_header=row.number <= self.header.rows[-1] + 2,
            in_footer=self._in_footer,
            is_spanned=any(
                s.first_row <= row.number <= s.last_row and s.first_column == first and s.last_column - first >= 2
                for s in self.table.spans
            ),
        )
        if kind is None:
            return False
        if kind in ("total", "place_and_date", "signature"):
            self._in_footer = True
        value = " | ".join(texts.values()) if texts else None
        if kind == "section":
            value = max(texts.values(), key=len)
            self._section = section_organisation(value)
        row.note(None, "row", kind, Severity.SKIP, value)
        return True

    def _continues(self, row: RowCells, sources: dict[int, int], result: PeopleReading) -> bool:
        """Further works of the person above: the name is merged over these rows, or left blank beside works."""
        works_columns = row.columns("works")
        names = [column.index for column in row.header.columns if column.field == "name"]
        merged = any(sources.get(index, row.number) < row.number for index in names)
        if not merged:
            filled = row.filled().keys()
            works_indexes = {column.index for column in works_columns}
            if not works_indexes or not filled or filled - works_indexes or self._last_row != row.number - 1:
                return False
        if not result.experts or self._last_row is None:
            return merged
        works = [work for text, _ in row.all_texts("works", keep_lines=True) for work in parse_works(text)]
        row.problems.clear()
        expert = result.experts[-1]
        result.experts[-1] = replace(expert, works=expert.works + _located(works, row))
        self._last_row = row.number
        if not merged:
            row.note(works_columns[0], "works", "works_continued", Severity.WARN, name=expert.full_name)
        return True


def _located(works: list[WorkRecord], row: RowCells) -> tuple[WorkRecord, ...]:
    return tuple(replace(work, location=row.location) for work in works)
