"""`trithuc backup` and `trithuc restore`: the database as a file with its checksum, and back."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import psycopg

from service.commands.running import reachable_database, ready_database
from service.database.backup_record import BackupRecord, read_backup, write_backup
from service.database.dumps import (
    digest_of,
    dump_database,
    find_clients,
    holds_data,
    restore_database,
    version_inside,
)
from service.database.migrate import is_known_version
from service.errors import BadInputError, ConflictError, ServiceError, UnavailableError
from service.i18n import N_, gettext, translate
from service.settings import Settings

_NAME = re.compile(r"trithuc-\d{8}T\d{6}Z\.dump")
_AGAIN_AFTER_SECONDS = 600.0  # a backup that failed


def run_backup(settings: Settings, folder: Path, *, keep: int, every_hours: int | None = None) -> None:
    """One backup, or with `every_hours` one whenever the newest is older than that, until stopped.

    Of the backups in the folder the newest `keep` stay; nothing else in it is touched, and nothing is removed before
    the new one is whole.
    """
    if every_hours is None:
        with reachable_database(settings) as database_url:
            _back_up(database_url, folder, keep)
        return
    while True:
        wait = _due_in(folder, every_hours)
        if wait <= 0:
            try:
                with reachable_database(settings) as database_url:
                    _back_up(database_url, folder, keep)
                continue
            except ServiceError as error:
                click.echo(translate(error.message, error.details), err=True)
                wait = _AGAIN_AFTER_SECONDS
        time.sleep(wait)


def run_restore(settings: Settings, file: Path, *, force: bool) -> None:
    """Put a backup in the place of what the database holds. Whatever speaks against it is found before anything is
    changed, and a restore that fails leaves everything as it was.

    Raises BadInputError for a file that is damaged or comes from a newer program, ConflictError without `force` where
    people, cases or lists would be overwritten.
    """
    _verify(file)
    with reachable_database(settings) as database_url:
        clients = find_clients(database_url)
        version = version_inside(clients, file)
        if version is None:
            raise BadInputError(N_("%(file)s is no backup made by this program."), file=file)
        if not is_known_version(version):
            raise BadInputError(
                N_("%(file)s was made by a newer version of this program (%(version)s). Restore it with that one."),
                file=file,
                version=version,
            )
        if not force and holds_data(database_url):
            raise ConflictError(
                N_(
                    "The database is not empty, and restoring replaces all that it holds. Make a backup of it, then "
                    "run this again with --force."
                )
            )
        restore_database(clients, database_url, file)
    with ready_database(settings) as database_url, psycopg.connect(database_url) as connection:
        # An older backup is brought to this version; what waited in the queue goes on.
        row = connection.execute("SELECT count(*) FROM expert WHERE state NOT IN ('erased', 'archived')").fetchone()
    click.echo(gettext("%(count)s experts are restored.") % {"count": row[0] if row else 0})
    click.echo(gettext("A worker builds the search index anew by itself; until then experts are found by words."))


def _back_up(database_url: str, folder: Path, keep: int) -> None:
    now = datetime.now(UTC)
    try:
        dump, size = _write(database_url, folder, now)
    except (ServiceError, OSError) as error:
        reason = translate(error.message, error.details) if isinstance(error, ServiceError) else str(error)
        _remember_failure(database_url, now, reason)
        if isinstance(error, PermissionError):
            raise UnavailableError(N_("%(folder)s cannot be written by this account."), folder=folder) from error
        raise
    with psycopg.connect(database_url) as connection:
        write_backup(connection, BackupRecord(made_at=now, file=dump.name, size_bytes=size))
    click.echo(gettext("Saved: %(file)s (%(size)s MB).") % {"file": dump, "size": f"{size / 1e6:.1f}"})
    for old in sorted(_backups(folder))[:-keep]:
        old.unlink()
        _checksum_of(old).unlink(missing_ok=True)
        click.echo(
            gettext("Removed, being older than the %(keep)s newest: %(file)s") % {"keep": keep, "file": old.name}
        )


def _write(database_url: str, folder: Path, now: datetime) -> tuple[Path, int]:
    """Written under another name and renamed when whole, checksum first: what has the name of a backup is one."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if not row or not row[0]:
        raise UnavailableError(N_("The database holds nothing yet: run `trithuc migrate` first."))
    clients = find_clients(database_url)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"trithuc-{now:%Y%m%dT%H%M%SZ}.dump"
    fresh = folder / f".{target.name}.{os.getpid()}.part"
    try:
        dump_database(clients, database_url, fresh)
        if version_inside(clients, fresh) is None:
            raise UnavailableError(N_("The backup could not be read again, so it was thrown away."))
        fresh.chmod(0o600)
        size = fresh.stat().st_size
        _write_whole(_checksum_of(target), f"{digest_of(fresh)}  {target.name}\n")
        fresh.replace(target)
        _sync(folder)
    finally:
        fresh.unlink(missing_ok=True)
    return target, size


def _verify(file: Path) -> None:
    """Raises BadInputError unless the file is what was written."""
    checksum = _checksum_of(file)
    try:
        wanted = checksum.read_text("utf-8").split()
        found = digest_of(file)
    except (OSError, UnicodeDecodeError) as error:
        missing = error.filename if isinstance(error, OSError) else checksum
        raise BadInputError(N_("%(file)s cannot be read."), file=missing) from error
    if wanted[:1] != [found]:
        raise BadInputError(
            N_("%(file)s is not what was saved: its checksum differs. Nothing was changed; take another backup."),
            file=file,
        )


def _due_in(folder: Path, every_hours: int) -> float:
    """Seconds until the next backup."""
    newest = max(_backups(folder), default=None)
    if newest is None:
        return 0.0
    made = datetime.strptime(newest.name, "trithuc-%Y%m%dT%H%M%SZ.dump").replace(tzinfo=UTC)
    return (made + timedelta(hours=every_hours) - datetime.now(UTC)).total_seconds()


def _backups(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("trithuc-*.dump") if _NAME.fullmatch(path.name))


def _checksum_of(dump: Path) -> Path:
    """As `sha256sum --check` reads it."""
    return dump.with_name(dump.name + ".sha256")


def _write_whole(path: Path, content: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _sync(folder: Path) -> None:
    """So that the new names are on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remember_failure(database_url: str, now: datetime, reason: str) -> None:
    """For the status page; where even that fails, the message on the terminal has to do."""
    with contextlib.suppress(psycopg.Error), psycopg.connect(database_url, connect_timeout=5) as connection:
        before = read_backup(connection) or BackupRecord()
        write_backup(connection, replace(before, failed_at=now, reason=reason))
