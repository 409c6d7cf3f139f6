"""A PostgreSQL server as another machine would offer it: over TCP, with a password. And commands on databases."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from service.database.server_account import choose_account, find_binaries
from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
TRITHUC = [sys.executable, "-m", "service.cli"]

Answer = subprocess.CompletedProcess[str]


def environment(var: Path, **more: str) -> dict[str, str]:
    """Of a deployment: nothing of the machine's own settings, words alone unless `more` says otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRITHUC_", "PG"))}
    return {**kept, "TRITHUC_VAR": str(var), "TRITHUC_LOCALE": "en", "TRITHUC_EMBEDDER": "none", **more}


def run(environ: dict[str, str], *arguments: str | Path) -> Answer:
    return subprocess.run(
        [*TRITHUC, *map(str, arguments)], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class PasswordServer:
    """PostgreSQL on 127.0.0.1 that lets nobody in without a password; its user `trithuc` is no superuser."""

    port: int
    superuser_password: str
    password: str

    def url(self, database: str, password: str | None = None) -> str:
        return f"postgresql://trithuc:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self.superuser_password}@127.0.0.1:{self.port}/{database}"

    def make_database(self, name: str, *, with_vector: bool = True) -> str:
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[call-overload]
            connection.execute(f"CREATE DATABASE {name} OWNER trithuc")  # type: ignore[call-overload]
        if with_vector:  # as whoever looks after the server does it, once
            with psycopg.connect(self.superuser_url(name)) as connection:
                connection.execute("CREATE EXTENSION vector")
        return self.url(name)


@pytest.fixture(scope="session")
def password_server() -> Iterator[PasswordServer]:
    folder = Path(tempfile.mkdtemp(prefix="trithuc-tcp-"))
    folder.chmod(0o755)
    account = choose_account(folder / "data")
    binaries = find_binaries(folder, account)
    found = PasswordServer(free_port(), secrets.token_hex(12), secrets.token_hex(12))
    (folder / "password").write_text(found.superuser_password)
    (folder / "server").mkdir(mode=0o700)
    for path in (folder / "password", folder / "server"):
        os.chown(path, account.uid, account.gid)
    data = folder / "server" / "data"
    made = subprocess.run(
        [
            *(binaries / "initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8"),
            *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
            f"--pwfile={folder / 'password'}",
        ],
        capture_output=True,
        text=True,
        check=False,
        **account.process,
    )
    assert made.returncode == 0, made.stderr
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(found.port),
        "unix_socket_directories": "",
        "fsync": "off",
        "shared_buffers": "64MB",
    }
    serving = subprocess.Popen(
        [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **account.process,
    )
    try:
        _wait_for(found)
        with psycopg.connect(found.superuser_url(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE trithuc LOGIN PASSWORD '{found.password}'")  # type: ignore[call-overload]
        yield found
    finally:
        serving.send_signal(signal.SIGINT)  # PostgreSQL's fast stop
        serving.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: PasswordServer) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(server.superuser_url(), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)
