"""Reads the roster an office sends: XLSX or CSV, any order and spelling of columns → people, works, problems.

Nothing is written and nothing is evaluated. What depends on the directory (is the organisation known, is this person
already there) is decided by the caller, who has the database.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from ingestion.cleaning.legacy_encodings import Encoding, convert_legacy, from_tcvn3, from_vni
from ingestion.cleaning.syllables import share_of_syllables
from ingestion.records import (
    N_,
    ExpertRecord,
    RosterReading,
    RowProblem,
    Severity,
    SheetReading,
    SourceLocation,
    UnreadableFileError,
)
from ingestion.sources.headers import find_header
from ingestion.sources.opening import open_file
from ingestion.sources.people import PeopleReader
from ingestion.sources.problems import problem
from ingestion.sources.repeats import without_repeats
from ingestion.sources.tables import Table
from ingestion.sources.work_lists import ListedWork, attach_works, read_works

PROGRESS_EVERY = 200  # rows
_CONVERT = {"TCVN3": from_tcvn3, "VNI": from_vni}


def read_roster(
    path: Path,
    *,
    today: date | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> RosterReading:
    """Raises UnreadableFileError when the file is no roster at all; a bad row is a problem in the reading.

    Of a field code only the form is checked. `today` decides which years of birth are possible. `on_progress` is told
    the rows read so far.
    """
    path = Path(path)
    today = today or datetime.now(UTC).date()
    opened = open_file(path)
    file = unicodedata.normalize("NFC", path.name)
    sheets: list[SheetReading] = []
    experts: list[ExpertRecord] = []
    problems: list[RowProblem] = []
    listed: list[ListedWork] = []
    done = 0

    def one_more_row() -> None:
        nonlocal done
        done += 1
        if on_progress is not None and done % PROGRESS_EVERY == 0:
            on_progress(done)

    for table in opened.tables:
        location = SourceLocation(file=file, sheet=table.sheet, row=1)
        if table.is_hidden or not table.rows:
            if table.rows:
                problems.append(problem(location, "sheet", "hidden", Severity.SKIP))
            sheets.append(_ignored(table))
            continue
        if encoding := _convert_old_font(table):
            problems.append(problem(location, "row", "converted", Severity.WARN, encoding=encoding))
        header = find_header(table)
        if header is None:
            sheets.append(_ignored(table))
        elif header.kind == "works":
            works = read_works(file, table, header)
            sheets.append(works.sheet)
            listed += works.works
            problems += works.problems
        else:
            people = PeopleReader(file=file, table=table, header=header, today=today, on_row=one_more_row).read()
            sheets.append(people.sheet)
            experts += people.experts
            problems += people.problems
    if all(sheet.kind == "ignored" for sheet in sheets):
        raise UnreadableFileError(
            N_("No list was found in %(file)s: there is no row of headings such as “Họ và tên” and “Đơn vị công tác”."),
            file=file,
        )
    experts, repeats = without_repeats(experts)
    experts, unattached, lost = attach_works(experts, listed)
    if on_progress is not None:
        on_progress(done)
    order = {sheet.sheet: i for i, sheet in enumerate(sheets)}
    return RosterReading(
        file=file,
        encoding=opened.encoding,
        sheets=tuple(sheets),
        experts=tuple(experts),
        problems=tuple(
            sorted([*problems, *repeats, *lost], key=lambda found: (order[found.location.sheet], found.location.row))
        ),
        unattached_works=tuple(unattached),
    )


def _ignored(table: Table) -> SheetReading:
    return SheetReading(sheet=table.sheet, kind="ignored", header_rows=(), columns=(), row_count=len(table.rows))


def _convert_old_font(table: Table) -> Encoding | None:
    """Convert a sheet that was typed in an old font throughout. A single cell in an old font is left to its row."""
    sample = " ".join(islice((text[:200] for text in table.texts() if not text.isascii()), 200))
    share, words = share_of_syllables(sample)
    if words < 10 or share > 0.6 or (found := convert_legacy(sample)) is None or found.encoding == "UTF-8":
        return None
    convert = _CONVERT[found.encoding]
    for _, cells in table.rows:
        cells[:] = [convert(value) if isinstance(value, str) else value for value in cells]
    table.converted_from = found.encoding
    return found.encoding
