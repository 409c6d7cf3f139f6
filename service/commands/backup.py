"""`trithuc backup`: the database as one file, whole or not at all; once, or again and again."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psycopg

from service.commands.backup_files import backup_name, newest_backup_time, remove_older, unfinished
from service.commands.client_programs import find_client_program, lacked_space, last_line, target_of
from service.commands.running import reached_database
from service.database.backup_record import note_backup
from service.errors import ServiceError, UnavailableError
from service.i18n import N_, gettext, translate
from service.settings import Settings

logger = logging.getLogger(__name__)

_ALL_BUT_COPIES = (
    *("--format=custom", "--schema=public", "--no-owner", "--no-privileges"),
    "--lock-wait-timeout=60s",  # a migration under way is waited for, but not for ever
)
_AGAIN_AFTER_A_FAILURE = timedelta(minutes=15)


def run_backup(settings: Settings, folder: Path, *, keep: int, every_hours: float | None) -> None:
    """Write a backup into `folder` and remove all but the newest `keep`. With `every_hours`, until stopped; a backup
    that is young enough is not made again after a restart, and a failure is said in the log and tried again.

    Raises UnavailableError when there is no space, or the database cannot be read; older backups are kept then.
    """
    if every_hours is None:
        with reached_database(settings) as database_url:
            _back_up(database_url, folder, keep)
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    interval = timedelta(hours=every_hours)
    with reached_database(settings) as database_url:  # SIGTERM ends it, also while it waits
        newest = newest_backup_time(folder)
        due = datetime.now(UTC) if newest is None else newest + interval
        while True:
            if (wait := (due - datetime.now(UTC)).total_seconds()) > 0:
                time.sleep(wait)
            try:
                _back_up(database_url, folder, keep)
                due = datetime.now(UTC) + interval
            except (ServiceError, OSError) as error:
                said = translate(error.message, error.details) if isinstance(error, ServiceError) else str(error)
                logger.error("%s", said)
                due = datetime.now(UTC) + min(interval, _AGAIN_AFTER_A_FAILURE)


def _back_up(database_url: str, folder: Path, keep: int) -> None:
    try:
        file = write_backup(database_url, folder)
    except (ServiceError, OSError) as error:
        # Not translated: whoever reads it chooses the language of the page.
        why, details = (error.message, error.details) if isinstance(error, ServiceError) else (str(error), {})
        told = {name: str(value) for name, value in details.items()}
        with contextlib.suppress(psycopg.Error):  # the database may be what is away
            note_backup(database_url, failed_at=datetime.now(UTC), reason=why, details=told)
        raise
    size = file.stat().st_size
    note_backup(database_url, finished_at=datetime.now(UTC), file=file.name, size_bytes=size)
    removed = remove_older(folder, keep)
    click.echo(
        gettext("The backup is in %(file)s (%(size)s MB). %(removed)s older ones were removed.")
        % {"file": file, "size": f"{size / 1e6:.1f}", "removed": removed}
    )


def write_backup(database_url: str, folder: Path) -> Path:
    """All of the truth: people, cases, shortlists, settings, waiting jobs. The index and the vectors, in a schema of
    their own, are copies that the service makes anew."""
    _refuse_an_empty_database(database_url)
    program, target = find_client_program("pg_dump"), target_of(database_url)
    name = backup_name(datetime.now(UTC))
    try:
        with unfinished(folder, name) as file:
            done = subprocess.run(
                [program, *_ALL_BUT_COPIES, f"--file={file}", f"--dbname={target.conninfo}"],
                env=target.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode:
                if lacked_space(done.returncode, done.stderr):
                    raise UnavailableError(
                        N_(
                            "There is no space left in %(folder)s: no backup was made, and the older ones are kept. "
                            "Free some space, or keep fewer backups."
                        ),
                        folder=folder,
                    )
                raise UnavailableError(
                    N_("No backup was made: %(reason)s. The older ones are kept."), reason=last_line(done.stderr)
                )
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise UnavailableError(
            N_("%(folder)s is no folder that this account can write to. No backup was made."), folder=folder
        ) from error
    return folder / name


def _refuse_an_empty_database(database_url: str) -> None:
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        row = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
    if not (row and row[0]):
        raise UnavailableError(N_("There is nothing in the database to back up."))
