"""A sheet of works → works of the people in the same file, joined by code, else by name and unit.

Two people of one name are told apart by their unit; where that does not decide, the work is attached to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ingestion.cleaning.dates import parse_year
from ingestion.cleaning.names import parse_name
from ingestion.cleaning.text import clean_text, fold, is_nothing
from ingestion.cleaning.works import split_names
from ingestion.records import ExpertRecord, RowProblem, Severity, SheetReading, WorkRecord
from ingestion.sources.cells import RowCells, plain, take_over_merged
from ingestion.sources.headers import Header, repeats_header
from ingestion.sources.problems import problem
from ingestion.sources.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedWork:
    """A work and whose it is said to be."""

    name: str
    unit: str
    code: str
    work: WorkRecord


@dataclass(slots=True)
class WorksReading:
    sheet: SheetReading
    works: list[ListedWork] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


def read_works(file: str, table: Table, header: Header) -> WorksReading:
    """Works in order of rows. A name that is left out, or merged over several rows, is that of the row above."""
    rows = [(number, values) for number, values in table.rows if number > header.rows[-1]]
    by_number = dict(rows)
    taken = take_over_merged(table, header)
    result = WorksReading(
        SheetReading(
            sheet=table.sheet,
            kind="works",
            header_rows=header.rows,
            columns=tuple(column.mapping() for column in header.columns),
            row_count=0,
        )
    )
    count = 0
    owner: tuple[str, str, str] = ("", "", "")
    for number, values in rows:
        for column, source in taken.get(number, {}).items():
            values = values + [None] * (column - len(values))
            cells = by_number.get(source, [])
            values[column - 1] = cells[column - 1] if column <= len(cells) else None
        row = RowCells(file, table.sheet, number, header, values, frozenset())
        filled = row.filled()
        count += bool(filled)
        if not filled or repeats_header(filled, header):
            continue
        name, code = _text(row, "name"), _text(row, "external_id")
        if name or code:
            owner = (name, _text(row, "organisation"), code)
        title, column_found = row.first("title")
        if not title:
            if len(filled) > 3:
                row.note(column_found, "title", "missing", Severity.WARN)
                result.problems += row.problems
            continue
        year_text, year_column = row.first("year")
        year = parse_year(year_text)
        if year_text and year is None:
            row.note(year_column, "year", "not_a_year", Severity.WARN, year_text)
        work = WorkRecord(
            title=title,
            year=year,
            kind_text=row.first("kind")[0] or None,
            role_text=row.first("role")[0] or None,
            coauthors=split_names(row.first("coauthors")[0]),
            abstract=row.first("abstract")[0] or None,
            location=row.location,
        )
        result.works.append(ListedWork(name=owner[0], unit=owner[1], code=owner[2], work=work))
        result.problems += row.problems
    result.sheet = replace(result.sheet, row_count=count)
    return result


def _text(row: RowCells, field: str) -> str:
    for column in row.columns(field):
        text = clean_text(plain(row.value(column)))
        if not is_nothing(text):
            return text
    return ""


def attach_works(
    experts: list[ExpertRecord], listed: list[ListedWork]
) -> tuple[list[ExpertRecord], list[tuple[str, WorkRecord]], list[RowProblem]]:
    """The people with their works; works that belong to nobody here, with the name as written; their problems."""
    by_code: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for i, expert in enumerate(experts):
        if expert.external_id:
            by_code.setdefault(fold(expert.external_id), []).append(i)
        for name in (expert.full_name, *expert.aliases):
            by_name.setdefault(fold(name), []).append(i)
    works: dict[int, list[WorkRecord]] = {}
    unattached: list[tuple[str, WorkRecord]] = []
    problems: list[RowProblem] = []
    keys: dict[tuple[str, str, str], int | None] = {}
    for item in listed:
        key = (item.name, item.unit, item.code)
        if key not in keys:
            keys[key] = _owner(item, experts, by_code, by_name)
        owner = keys[key]
        if owner is not None:
            works.setdefault(owner, []).append(item.work)
            continue
        unattached.append((item.name, item.work))
        if item.work.location is not None:
            details = {"name": item.name or item.code, "unit": item.unit or "–"}
            problems.append(problem(item.work.location, "works", "no_such_person", Severity.WARN, **details))
    attached = [
        replace(expert, works=tuple(dict.fromkeys([*expert.works, *works[i]]))) if i in works else expert
        for i, expert in enumerate(experts)
    ]
    return attached, unattached, problems


def _owner(
    item: ListedWork, experts: list[ExpertRecord], by_code: dict[str, list[int]], by_name: dict[str, list[int]]
) -> int | None:
    if item.code and len(found := by_code.get(fold(item.code), [])) == 1:
        return found[0]
    name = parse_name(item.name).full_name
    candidates = list(dict.fromkeys(by_name.get(fold(name), [])))
    exact = [i for i in candidates if experts[i].full_name == name]
    for group in (exact, candidates):
        same_unit = [i for i in group if item.unit and fold(experts[i].organisation_text or "") == fold(item.unit)]
        if len(same_unit) == 1:
            return same_unit[0]
        if len(group) == 1 and not same_unit:
            return group[0]
    return None
