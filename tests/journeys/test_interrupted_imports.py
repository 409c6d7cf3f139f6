"""`trithuc import` when the database dies, the disk fills or somebody presses Ctrl-C in the middle: it is said, and
running it again gives all there is."""

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

import psycopg
import pytest

from service.database.server import EmbeddedServer
from service.errors import UnavailableError

ROOT = Path(__file__).parents[2]
TRITHUC = [sys.executable, "-m", "service.cli"]
ROWS = 1000


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="trithuc-var-"))
    folder.chmod(0o755)  # the account of the database server has to come in
    yield folder
    if (folder / "postgresql" / "data" / "postmaster.pid").exists():
        with contextlib.suppress(UnavailableError), EmbeddedServer(folder / "postgresql"):
            pass  # takes over what a failed test left running, and stops it
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list long enough to be stopped in the middle."""
    families = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi")
    given = ("An", "Bình", "Cúc", "Dung", "Giang", "Hà", "Hiếu", "Khoa", "Lan", "Minh")
    rows = [
        f"{families[n % 10]} {given[n // 10 % 10]} {given[n // 100]},{1945 + n % 55},TS,Trường Đại học Kiên Giang,"
        f"nguoi{n}@example.org"
        for n in range(ROWS)
    ]
    path = tmp_path_factory.mktemp("roster") / "danh-sach-dai.csv"
    path.write_text("\n".join(["Họ và tên,Năm sinh,Học vị,Đơn vị,Email", *rows]), encoding="utf-8")
    return path


def start(var: Path, roster: Path, *, largest_file: int | None = None) -> subprocess.Popen[str]:
    """The import as a shell starts it: a process group of its own, which Ctrl-C is sent to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    return subprocess.Popen(
        [*TRITHUC, "--lang", "en", "import", str(roster)],
        cwd=ROOT,
        env={**kept, "TRITHUC_VAR": str(var), "TRITHUC_EMBEDDER": "none"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limit,
    )


def wait_for_rows(var: Path, importing: subprocess.Popen[str]) -> None:
    """Until the first batch is saved."""
    url = EmbeddedServer(var / "postgresql").url()
    while importing.poll() is None:
        with contextlib.suppress(psycopg.Error), psycopg.connect(url, connect_timeout=5) as connection:
            if connection.execute("SELECT count(*) FROM expert").fetchone() != (0,):
                return
        time.sleep(0.05)
    pytest.fail(f"the import ended by itself: {importing.communicate()}")


def finish(var: Path, roster: Path) -> tuple[int, str]:
    importing = start(var, roster)
    told, _ = importing.communicate(timeout=120)
    return importing.returncode, told


def directory(var: Path) -> tuple[int, int, int, list[tuple[str, int, str]]]:
    """Rows kept as sources; runs and those that finished; the people."""
    with EmbeddedServer(var / "postgresql") as server, psycopg.connect(server.url()) as connection:
        sources, runs, finished = connection.execute(
            "SELECT (SELECT count(*) FROM source_record), count(*), count(finished_at) FROM import_run"
        ).fetchone() or (0, 0, 0)
        people = connection.execute(
            'SELECT full_name, birth_year, email FROM expert ORDER BY email COLLATE "C"'
        ).fetchall()
    return sources, runs, finished, sorted(people, key=lambda row: row[2])


def expected(roster: Path) -> tuple[int, int, int, list[tuple[str, int, str]]]:
    lines = [line.split(",") for line in roster.read_text(encoding="utf-8").splitlines()[1:]]
    return ROWS, 1, 1, sorted(((name, int(year), email) for name, year, _, _, email in lines), key=lambda row: row[2])


def test_a_database_that_is_killed_is_said_and_the_next_run_goes_on(var: Path, roster: Path) -> None:
    importing = start(var, roster)
    wait_for_rows(var, importing)
    pid = EmbeddedServer(var / "postgresql").postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _, told = importing.communicate(timeout=120)
    code, report = finish(var, roster)

    assert importing.returncode == 3, told
    assert told.startswith("The import of danh-sach-dai.csv was cut off: ")
    assert f"of {ROWS} rows are saved, and nothing is half-done. Run it again and it goes on from there." in told
    assert "Traceback" not in told
    assert code == 0
    saved = int(told.split(": ")[1].split()[0])
    assert f"new people {ROWS - saved} · unchanged {saved}" in report
    assert directory(var) == expected(roster)


def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(var: Path, roster: Path) -> None:
    importing = start(var, roster)
    wait_for_rows(var, importing)
    os.killpg(importing.pid, signal.SIGINT)  # a terminal sends it to the whole group
    _, told = importing.communicate(timeout=120)
    code, report = finish(var, roster)

    assert importing.returncode == 130, told
    assert told.strip() == "Stopped. What was finished is kept; run the command again to go on."
    assert code == 0
    assert " · unchanged " in report
    assert directory(var) == expected(roster)


def test_a_disk_that_is_full_is_said_and_the_next_run_goes_on(var: Path, roster: Path) -> None:
    finish(var, roster.parent / "nothing.csv")  # refused before anything starts
    assert not (var / "postgresql").exists()
    EmbeddedServer(var / "postgresql").start().close()
    importing = start(var, roster, largest_file=3_000_000)
    _, told = importing.communicate(timeout=120)
    code, _report = finish(var, roster)

    assert importing.returncode == 3, told
    assert "no space left" in told
    assert str(var) in told
    assert "Traceback" not in told
    assert code == 0
    assert directory(var) == expected(roster)
