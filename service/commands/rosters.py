"""`trithuc import`: roster files → the directory, with everything said that a person must know."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ingestion.records import RosterReading, UnreadableFileError
from ingestion.sources.spreadsheet import read_roster
from service.commands.progress import progress_bar
from service.commands.roster_text import report_lines
from service.commands.running import run_with_runtime
from service.directory.import_report import ImportReport
from service.directory.rosters import import_roster
from service.i18n import gettext, translate
from service.runtime import Runtime
from service.settings import Settings


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
