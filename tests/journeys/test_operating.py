"""What whoever runs the service meets: starting, stopping, killing, two at once, a port or disk that is taken."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from service.database.migrate import newest_version
from service.database.server import EmbeddedServer
from service.errors import UnavailableError
from tests.conftest import free_port, wait_until_served

ROOT = Path(__file__).parents[2]
TRITHUC = [sys.executable, "-m", "service.cli"]


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="trithuc-var-"))
    folder.chmod(0o755)
    yield folder
    for serving in Serving.all:
        serving.kill()
    Serving.all.clear()
    if (folder / "postgresql" / "data" / "postmaster.pid").exists():
        with contextlib.suppress(UnavailableError), EmbeddedServer(folder / "postgresql"):
            pass  # takes over what a failed test left running, and stops it
    shutil.rmtree(folder, ignore_errors=True)


def environment(var: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}
    return {**kept, "TRITHUC_VAR": str(var), "TRITHUC_LOCALE": "en", "TRITHUC_EMBEDDER": "none", **more}


def run(var: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TRITHUC, *arguments], cwd=ROOT, env=environment(var, **more), capture_output=True, text=True, check=False
    )


class Serving:
    """`trithuc serve` on a free port, once it answers."""

    all: ClassVar[list[Serving]] = []

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/status"
        self.process = subprocess.Popen(
            [*TRITHUC, "serve", "--port", str(self.port)],
            cwd=ROOT,
            env=environment(var),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.all.append(self)
        wait_until_served(self.address, self.process)

    def status(self) -> int:
        with urllib.request.urlopen(self.address, timeout=20) as answer:
            return int(answer.status)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def processes_below(var: Path) -> list[str]:
    """Command lines that name this folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(var) in command:
                found.append(command)
    return found


def test_two_serve_share_one_database_and_the_last_one_stops_it(var: Path) -> None:
    first, second = Serving(var), Serving(var)
    both = (first.status(), second.status())
    first_code = first.stop(signal.SIGINT)
    second_alone = second.status()
    second_code = second.stop(signal.SIGTERM)

    assert both == (200, 200)
    assert second_alone == 200
    assert (first_code, second_code) == (0, 0)
    assert processes_below(var) == []


def test_after_a_kill_the_next_serve_uses_the_same_server(var: Path) -> None:
    killed = Serving(var)
    server = EmbeddedServer(var / "postgresql")
    pid = server.postmaster_pid()
    killed.kill()
    again = Serving(var)
    pid_again = server.postmaster_pid()
    status = again.status()
    again.stop()

    assert status == 200
    assert pid_again == pid
    assert processes_below(var) == []


def test_a_database_that_is_killed_comes_back_under_a_running_serve(var: Path) -> None:
    serving = Serving(var)
    pid = EmbeddedServer(var / "postgresql").postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.5)
        with contextlib.suppress(OSError):
            if serving.status() == 200 and EmbeddedServer(var / "postgresql").postmaster_pid() != pid:
                break
    else:
        pytest.fail("the pages did not come back")

    assert serving.stop() == 0
    assert processes_below(var) == []


def test_a_taken_port_is_named_with_the_way_out(var: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run(var, "serve", "--port", str(port))

    assert refused.returncode == 3
    assert f"Port {port} is taken" in refused.stderr
    assert f"trithuc serve --port {port + 1}" in refused.stderr
    assert not (var / "postgresql").exists()  # nothing was started for nothing


def test_migrate_may_run_twice_and_doctor_finds_nothing_wrong(var: Path) -> None:
    first, second = run(var, "migrate"), run(var, "migrate")
    doctor = run(var, "doctor")
    at_the_newest = f"The database is at version {newest_version()}"

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout == f"{at_the_newest}.\n"
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    for line in (
        "✓ PostgreSQL 18",
        f"✓ {at_the_newest}",
        "✓ All 0 experts are in the index",
    ):
        assert line in doctor.stdout
    assert processes_below(var) == []


def test_doctor_says_that_the_database_does_not_answer(var: Path) -> None:
    doctor = run(var, "doctor", TRITHUC_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert doctor.returncode == 1
    assert "✗ The database does not answer" in doctor.stdout
    assert "1 faults keep the service from working." in doctor.stdout


def test_doctor_tries_to_start_the_database_and_says_why_it_cannot(var: Path) -> None:
    run(var, "migrate")
    (var / "postgresql" / "data" / "PG_VERSION").write_text("11\n")
    doctor = run(var, "doctor")

    assert doctor.returncode == 1
    assert "was made by PostgreSQL 11 and this is PostgreSQL 18" in doctor.stdout


def test_no_space_in_var_is_said_and_the_next_run_works(var: Path) -> None:
    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    full = subprocess.run(
        [*TRITHUC, "migrate"],
        cwd=ROOT,
        env=environment(var),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_file_size,
    )
    later = run(var, "migrate")

    assert full.returncode == 3
    assert "There is no space left" in full.stderr
    assert str(var) in full.stderr
    assert later.returncode == 0, later.stderr


LONG_COMMAND = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import text
from service import cli
from service.commands import maintenance
from service.commands.running import run_with_runtime

async def work(runtime):
    async with runtime.sessions.begin() as session:
        await session.execute(text("CREATE TABLE half_done (n int)"))
        print("working", flush=True)
        await session.execute(text("SELECT pg_sleep(60)"))

maintenance.run_migrate = lambda settings: run_with_runtime(settings, work)
cli.main(["migrate"])
"""


def start_long_command(var: Path) -> subprocess.Popen[str]:
    """A command of ours in the middle of a transaction."""
    process = subprocess.Popen(
        [sys.executable, "-c", LONG_COMMAND],
        cwd=ROOT,
        env=environment(var),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return process


def test_a_database_that_goes_away_in_the_middle_of_a_command_is_said(var: Path) -> None:
    command = start_long_command(var)
    pid = EmbeddedServer(var / "postgresql").postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _, told = command.communicate(timeout=60)

    assert command.returncode == 3, told
    assert "The database stopped answering" in told
    assert "Traceback" not in told
    assert run(var, "migrate").returncode == 0  # and the next one starts it again


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_leaves_nothing_half_done(var: Path, number: signal.Signals, code: int) -> None:
    command = start_long_command(var)
    command.send_signal(number)
    _, told = command.communicate(timeout=60)

    assert command.returncode == code, told
    assert "Traceback" not in told
    assert processes_below(var) == []
