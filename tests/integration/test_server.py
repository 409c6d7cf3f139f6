"""The embedded server with real processes that come, leave and are killed."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.database.server import EmbeddedServer
from service.errors import UnavailableError

ROOT = Path(__file__).parents[2]
NOBODY = 65534
PROGRAM = {
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(psycopg.__file__).parents[1])]),
    "PYTHONDONTWRITEBYTECODE": "1",
}

USER = """
import sys
from pathlib import Path
import psycopg
from service.database.server import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), durable=sys.argv[2] == "durable").start()
with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
    connection.execute("SELECT pg_advisory_lock(1)")  # IF NOT EXISTS does not keep two from making it at once
    connection.execute("CREATE TABLE IF NOT EXISTS visit (pid int)")
    connection.execute("INSERT INTO visit VALUES (0)")
    visits = connection.execute("SELECT count(*) FROM visit").fetchone()[0]
print(server.postmaster_pid(), visits, flush=True)
sys.stdin.readline()
server.close()
"""


class User:
    """A process that uses the server until it is told to leave."""

    def __init__(self, state: Path, uid: int | None = None, *, durable: bool = False) -> None:
        account = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self.process = subprocess.Popen(
            [interpreter(uid) or sys.executable, "-c", USER, str(state), "durable" if durable else ""],
            cwd="/",
            env=PROGRAM,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **account,
        )

    def arrived(self) -> tuple[int, int]:
        """The server's process, and how many visits it remembers."""
        assert self.process.stdout is not None
        pid, visits = self.process.stdout.readline().split()
        return int(pid), int(visits)

    def leave(self) -> None:
        self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def folder() -> Iterator[Path]:
    """Unlike pytest's own, one that other accounts can reach."""
    folder = Path(tempfile.mkdtemp(prefix="trithuc-server-"))
    folder.chmod(0o755)
    yield folder
    if (folder / "state" / "data" / "postmaster.pid").exists():
        with contextlib.suppress(UnavailableError), EmbeddedServer(folder / "state", durable=False):
            pass  # takes over what a failed test left running, and stops it
    shutil.rmtree(folder, ignore_errors=True)


def interpreter(uid: int | None) -> str | None:
    """A Python that this account may run and that finds the program's packages; root's own may lie in its home."""
    account = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    for path in (sys.executable, "/usr/bin/python3"):
        command = [path, "-c", "import service.database.server"]
        with contextlib.suppress(OSError):
            if (
                subprocess.run(command, env=PROGRAM, cwd="/", capture_output=True, check=False, **account).returncode
                == 0
            ):
                return path
    return None


def accounts() -> list[int | None]:
    """Ourselves; as root also an account without rights, where that can run the program."""
    return [None, NOBODY] if os.geteuid() == 0 and interpreter(NOBODY) else [None]


@pytest.fixture(params=accounts(), ids=lambda uid: "ourselves" if uid is None else "without-rights")
def account(request: pytest.FixtureRequest) -> int | None:
    uid: int | None = request.param
    return uid


@pytest.fixture
def state(folder: Path, account: int | None) -> Path:
    if account is not None:
        os.chown(folder, account, account)
    return folder / "state"


def test_the_last_of_several_users_stops_the_server(state: Path, account: int | None) -> None:
    first, second = User(state, account), User(state, account)
    (pid, _), (same_pid, _) = first.arrived(), second.arrived()
    first.leave()
    still_runs = runs(pid)
    second.leave()

    assert same_pid == pid
    assert still_runs
    assert not runs(pid)


def test_after_a_kill_the_next_user_takes_over_server_and_data_and_stops_it(state: Path, account: int | None) -> None:
    killed = User(state, account)
    pid, _ = killed.arrived()
    killed.kill()
    left_behind = runs(pid)
    second = User(state, account)
    arrived = second.arrived()
    second.leave()

    assert left_behind
    assert arrived == (pid, 2)
    assert not runs(pid)


def test_a_killed_server_is_started_again_with_its_data(state: Path, account: int | None) -> None:
    first = User(state, account, durable=True)
    pid, _ = first.arrived()
    os.kill(pid, signal.SIGKILL)
    second = User(state, account, durable=True)
    new_pid, visits = second.arrived()
    first.leave()
    second.leave()

    assert visits == 2
    assert new_pid != pid
    assert not runs(new_pid)


def test_a_killed_server_is_revived_for_those_who_use_it(folder: Path) -> None:
    with EmbeddedServer(folder / "state", durable=False) as server:
        pid = server.postmaster_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while runs(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        server.revive()

        assert server.is_running()
        assert server.postmaster_pid() != pid


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    state = folder / ("đường dẫn rất dài " * 8)
    with (
        EmbeddedServer(state, durable=False) as server,
        psycopg.connect(server.url("postgres")) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.socket_folder.stat().st_mode & 0o777 == 0o700
        socket_folder = server.socket_folder

    assert not socket_folder.exists()


def test_extensions_and_a_vietnamese_lower_are_there(server: EmbeddedServer) -> None:
    server.ensure_database("extensions")
    with psycopg.connect(server.url("extensions"), autocommit=True) as connection:
        for name in ("vector", "pg_trgm", "unaccent"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")  # type: ignore[call-overload]
        row = connection.execute("SELECT lower('ĐẶNG'), unaccent('Đặng'), '[1,2]'::vector::text").fetchone()

    assert row == ("đặng", "Dang", "[1,2]")


def test_no_network_port_is_open(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


@pytest.mark.skipif(os.geteuid() != 0, reason="not on this account: only root starts the server as somebody else")
def test_root_opens_nobodys_folders_for_the_server(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    with EmbeddedServer(home / "state", durable=False) as server:
        place = server.state
        runs_elsewhere = not place.is_relative_to(home)
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
    with EmbeddedServer(home / "state", durable=False) as server, psycopg.connect(server.url("postgres")) as connection:
        found_again = connection.execute("SELECT count(*) FROM kept").fetchone()
    shutil.rmtree(place)

    assert runs_elsewhere
    assert found_again == (0,)
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="not on this account: only root can become another")
def test_the_database_of_another_account_is_refused_with_its_name(folder: Path) -> None:
    with EmbeddedServer(folder / "state", durable=False):
        pass
    python = interpreter(1)
    if python is None:
        pytest.skip("not on this account: the other one cannot run the program")
    refused = attempt(folder / "state", "pass", python=python, user=1, group=1, extra_groups=[])

    assert "belongs to the account nobody" in refused


def attempt(state: Path, work: str, *, python: str = sys.executable, **process: Any) -> str:
    """What another process is told when it starts the server and works on a connection `c`."""
    code = (
        "import sys; from pathlib import Path; import psycopg\n"
        "from service.database.faults import explain_fault\n"
        "from service.database.server import EmbeddedServer, UnavailableError\n"
        "try:\n"
        "    with EmbeddedServer(Path(sys.argv[1]), durable=False) as s, psycopg.connect(s.url('postgres')) as c:\n"
        f"        {work}\n"
        "except UnavailableError as error: print(error)\n"
        "except psycopg.Error as error: print(explain_fault(error))\n"
    )
    done = subprocess.run(
        [python, "-c", code, str(state)], env=PROGRAM, cwd="/", capture_output=True, text=True, check=False, **process
    )
    return done.stdout + done.stderr


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def test_no_space_for_a_new_database_is_said(folder: Path) -> None:
    told = attempt(folder / "state", "pass", preexec_fn=limit_file_size)

    assert "There is no space left" in told
    with EmbeddedServer(folder / "state", durable=False) as server:  # and the half-made one is not in the way
        assert server.is_running()


def test_no_space_for_a_grown_database_is_said_and_nothing_is_lost(folder: Path) -> None:
    with (
        EmbeddedServer(folder / "state", durable=False) as server,
        psycopg.connect(server.url("postgres"), autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    work = "c.execute(\"CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)\")"
    told = attempt(folder / "state", work, preexec_fn=limit_file_size)

    assert "There is no space left" in told
    with EmbeddedServer(folder / "state", durable=False) as server, psycopg.connect(server.url("postgres")) as again:
        assert again.execute("SELECT n FROM kept").fetchall() == [(1,)]
