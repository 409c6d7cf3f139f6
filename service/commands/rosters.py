"""`trithuc import`: roster files → the directory, with everything said that a person must know."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ingestion.records import RosterReading, RowProblem, Severity, UnreadableFileError
from ingestion.sources.spreadsheet import read_roster
from service.commands.progress import progress_bar
from service.commands.running import run_with_runtime
from service.directory.import_report import ImportReport
from service.directory.labels import DUPLICATE_REASONS
from service.directory.rosters import import_roster
from service.i18n import N_, gettext, translate
from service.runtime import Runtime
from service.settings import Settings

_SHEET_KINDS = {"people": N_("people"), "works": N_("works"), "ignored": N_("not read")}
_SEVERITIES = {Severity.REFUSE: N_("not imported"), Severity.WARN: N_("imported"), Severity.SKIP: N_("skipped")}


def run_import(settings: Settings, files: Sequence[Path], *, dry_run: bool, synthetic: bool) -> None:
    """Every readable file is imported; one that cannot be read is named and the command ends with 2."""
    readings: list[tuple[Path, RosterReading, str]] = []
    unreadable = 0
    for path in files:
        try:
            readings.append((path, read_roster(path), hashlib.sha256(path.read_bytes()).hexdigest()))
        except UnreadableFileError as error:
            unreadable += 1
            click.echo(translate(error.message, dict(error.details)), err=True)
    if readings:

        async def save(runtime: Runtime) -> None:
            for path, reading, sha256 in readings:
                report = await import_file(runtime, reading, sha256, synthetic=synthetic, dry_run=dry_run)
                click.echo("\n".join(report_lines(path.name, report)))

        run_with_runtime(settings, save)
    if unreadable:
        sys.exit(2)


async def import_file(
    runtime: Runtime, reading: RosterReading, sha256: str, *, synthetic: bool, dry_run: bool = False
) -> ImportReport:
    """Import one reading with a progress bar."""
    with progress_bar(reading.file, unit=gettext("row")) as on_progress:
        return await import_roster(
            runtime.sessions,
            reading,
            sha256=sha256,
            synthetic=synthetic,
            now=datetime.now(UTC),
            on_progress=on_progress,
            dry_run=dry_run,
        )


def report_lines(name: str, report: ImportReport) -> Iterator[str]:
    """How the columns were understood, what became of the rows, each problem with its place."""
    yield ""
    yield name + (" — " + gettext("trial run: nothing was saved") if report.is_dry_run else "")
    for sheet in report.sheets:
        kind = gettext(_SHEET_KINDS.get(sheet.kind, sheet.kind))
        title = sheet.sheet or gettext("(one table)")
        yield f"  {title}: {kind}, " + gettext("%(count)s rows") % {"count": sheet.row_count}
        for column in sheet.columns:
            field = column.field or gettext("not recognised; kept with the source")
            hidden = " " + gettext("(hidden column)") if column.is_hidden else ""
            yield f"    {column.column:>3}  {' '.join(column.header.split())} → {field}{hidden}"
    yield "  " + outcome_line(report)
    for problem in report.problems:
        yield "  " + problem_line(problem)
    for conflict in report.conflicts:
        yield "  " + gettext(
            "Row %(row)s, %(name)s, %(field)s: the directory keeps “%(kept)s”; the file says “%(other)s”."
        ) % {
            "row": _place(conflict.location.sheet, conflict.location.row),
            "name": conflict.full_name,
            "field": conflict.field,
            "kept": conflict.kept,
            "other": conflict.other,
        }
    for pair in report.duplicates:
        reasons = ", ".join(gettext(DUPLICATE_REASONS.get(reason, reason)) for reason in pair.reasons)
        yield "  " + gettext("Row %(row)s: %(name)s may be %(other)s (%(reasons)s); a person must decide.") % {
            "row": _place(pair.location.sheet, pair.location.row),
            "name": pair.full_name,
            "other": " — ".join(filter(None, [pair.other_name, pair.other_organisation])),
            "reasons": reasons,
        }


def outcome_line(report: ImportReport) -> str:
    """What became of the rows, in numbers."""
    return gettext(
        "new people %(created)s · joined to known people %(merged)s · updated %(updated)s · unchanged %(unchanged)s · "
        "not imported %(refused)s · skipped %(skipped)s · works added %(works)s"
    ) % {
        "created": report.created,
        "merged": report.merged,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "skipped": report.skipped,
        "works": report.evidence_added,
    }


def problem_line(problem: RowProblem) -> str:
    """Sheet, row, column, reason, what becomes of the row."""
    column = problem.location.column
    where = _place(problem.location.sheet, problem.location.row)
    if column:
        where += ", " + gettext("column %s") % column
    if problem.header:
        where += f" ({' '.join(problem.header.split())})"
    value = f" [{problem.value}]" if problem.value else ""
    said = translate(problem.message, dict(problem.details))
    return gettext("Row %(where)s: %(what)s%(value)s — %(outcome)s") % {
        "where": where,
        "what": said,
        "value": value,
        "outcome": gettext(_SEVERITIES[problem.severity]),
    }


def _place(sheet: str, row: int) -> str:
    return f"{row} ({sheet})" if sheet else str(row)
