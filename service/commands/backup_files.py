"""Backups as files in a folder: their names, their checksums, and which of them are kept."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from service.errors import BadInputError, UnavailableError
from service.i18n import N_

_NAME = re.compile(r"trithuc-(\d{8}T\d{6}Z)\.dump")
_TIME = "%Y%m%dT%H%M%SZ"
_UNFINISHED = ".trithuc-*.new"


def backup_name(now: datetime) -> str:
    return f"trithuc-{now.astimezone(UTC).strftime(_TIME)}.dump"


def checksum_file(backup: Path) -> Path:
    """As sha256sum writes and checks it: `sha256sum -c` works on it."""
    return backup.with_name(backup.name + ".sha256")


def list_backups(folder: Path) -> list[Path]:
    """Whole ones, newest first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name) and checksum_file(path).exists()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def newest_backup_time(folder: Path) -> datetime | None:
    for path in list_backups(folder):
        if named := _NAME.fullmatch(path.name):
            return datetime.strptime(named[1], _TIME).replace(tzinfo=UTC)
    return None


def remove_older(folder: Path, keep: int) -> int:
    """All but the newest `keep`, and no other file. Gives back how many were removed."""
    old = list_backups(folder)[keep:]
    for path in old:
        path.unlink(missing_ok=True)
        checksum_file(path).unlink(missing_ok=True)
    return len(old)


@contextlib.contextmanager
def unfinished(folder: Path, name: str) -> Iterator[Path]:
    """An empty file for nobody else to read. When the block ends well it has its checksum and its name; when not, it is
    gone. Leftovers of a run that was killed are removed.

    Raises UnavailableError while another backup is written to the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnavailableError(N_("Another backup is just being written to %(folder)s."), folder=folder) from None
        for leftover in folder.glob(_UNFINISHED):
            leftover.unlink()
        fresh, final = folder / f".{name}.new", folder / name
        checksum = folder / f".{checksum_file(final).name}.new"
        try:
            os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            yield fresh
            with checksum.open("w", encoding="utf-8") as file:
                file.write(f"{digest_of(fresh)}  {name}\n")
                file.flush()
                os.fsync(file.fileno())
            checksum.replace(checksum_file(final))  # first: a backup without it is no backup
            fresh.replace(final)
            os.fsync(place)
        finally:
            fresh.unlink(missing_ok=True)
            checksum.unlink(missing_ok=True)
    finally:
        os.close(place)


def digest_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def verify(backup: Path) -> None:
    """Raises BadInputError when the file is not what was written."""
    if not backup.is_file():
        raise BadInputError(N_("There is no file %(file)s."), file=backup)
    beside = checksum_file(backup)
    if not beside.is_file():
        raise BadInputError(
            N_(
                "%(checksum)s is missing: without it nobody can tell whether the backup is whole. Fetch it from where "
                "the backup came from."
            ),
            checksum=beside,
        )
    wanted = beside.read_text("utf-8", errors="replace").partition(" ")[0].strip()
    if digest_of(backup) != wanted:
        raise BadInputError(
            N_("%(file)s is damaged: it is not what its checksum was made of. Take another backup."), file=backup
        )
