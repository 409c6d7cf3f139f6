"""Backups and restores with the real programs, between the embedded server and one over TCP with a password."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from alembic import command
from sqlalchemy import text

from service.access.policy import LOCAL_OPERATOR
from service.commands.backup import run_backup
from service.database.migrate import _alembic, _connection, newest_version
from service.database.server import EmbeddedServer
from service.directory.search import DirectorySearch, search_directory
from service.jobs.worker import WorkerPace, running_worker
from service.runtime import open_runtime
from service.settings import Settings
from tests.deployment.conftest import ROOT, TRITHUC, PasswordServer, environment, run

ROSTERS = sorted((ROOT / "service" / "demo" / "rosters").glob("*.xlsx"))
QUERIES = ("nuôi cá lồng bè trên biển", "Nguyễn", "y tế công cộng", "xâm nhập mặn")
_COUNT = text("SELECT count(*) FROM expert")
QUICK = WorkerPace(poll=0.1, heartbeat=0.3, dead_after=1.5, stop_within=1, look_after_index=0.2)


@pytest.fixture
def var() -> Iterator[Path]:
    """Not pytest's tmp_path: it is closed to the account under which root runs the embedded server."""
    folder = Path(tempfile.mkdtemp(prefix="trithuc-backup-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def filled(password_server: PasswordServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The directory of the demo, on the server over TCP. Tests read it only."""
    address = password_server.make_database("filled")
    done = run(
        environment(tmp_path_factory.mktemp("var"), TRITHUC_DATABASE_URL=address), "import", "--synthetic", *ROSTERS
    )
    assert (done.returncode, done.stderr) == (0, "")
    return address


def rows_of(address: str) -> dict[str, int]:
    """Table → rows, of all that is ours; the queue moves by itself, and so do its workers."""
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[call-overload]
            counts[table] = row[0] if row else 0
    del counts["setting"]  # holds when the last backup was made
    return counts


def found_by_searching(address: str | None, var: Path) -> dict[str, list[UUID]]:
    """What the directory answers once its index is complete, without anybody having asked for that."""

    async def search() -> dict[str, list[UUID]]:
        settings = Settings(var=var, database_url=address, embedder="none", locale="vi", host="127.0.0.1", port=8765)
        async with open_runtime(settings) as runtime, running_worker(runtime, QUICK):
            async with asyncio.timeout(60), runtime.sessions() as session:
                people = (await session.execute(_COUNT)).scalar_one()
                while await runtime.backend.count() != people:  # noqa: ASYNC110 - the worker fills it
                    await asyncio.sleep(0.1)
            answers = {}
            for query in QUERIES:
                async with runtime.sessions() as session:
                    results = await search_directory(
                        session,
                        runtime.backend,
                        runtime.embeddings,
                        LOCAL_OPERATOR,
                        DirectorySearch(text=query),
                        today=date(2026, 11, 25),
                        columns=runtime.columns,
                    )
                assert results.total > 0, query
                answers[query] = [row.expert.id for row in results.rows]
            return answers

    return asyncio.run(search())


def only_dump(folder: Path) -> Path:
    (dump,) = folder.glob("trithuc-*.dump")
    return dump


def test_a_directory_moves_from_a_server_into_the_embedded_one_and_back(
    filled: str, password_server: PasswordServer, var: Path
) -> None:
    standard = environment(var / "standard", TRITHUC_DATABASE_URL=filled)
    embedded = environment(var / "embedded")
    saved = run(standard, "backup", "--to", var / "from-standard")
    restored = run(embedded, "restore", only_dump(var / "from-standard"))
    with EmbeddedServer(var / "embedded" / "postgresql") as server:
        embedded_rows = rows_of(server.url())
    embedded_answers = found_by_searching(None, var / "embedded")
    saved_again = run(embedded, "backup", "--to", var / "from-embedded")
    address = password_server.make_database("moved_back")
    restored_again = run(
        environment(var / "back", TRITHUC_DATABASE_URL=address), "restore", only_dump(var / "from-embedded")
    )

    for answer in (saved, restored, saved_again, restored_again):
        assert (answer.returncode, answer.stderr) == (0, "")
    assert "Restored: 120 experts" in restored.stdout
    assert "Restored: 120 experts" in restored_again.stdout
    assert rows_of(filled) == embedded_rows == rows_of(address)
    standard_answers = found_by_searching(filled, var / "standard")
    assert standard_answers == embedded_answers == found_by_searching(address, var / "back")


def test_a_backup_is_one_file_with_a_checksum_that_nobody_else_may_read(filled: str, var: Path) -> None:
    answer = run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    dump = only_dump(var / "backups")
    checked = subprocess.run(
        ["sha256sum", "--check", f"{dump.name}.sha256"], cwd=dump.parent, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stderr
    assert sorted(path.name for path in (var / "backups").iterdir()) == [dump.name, f"{dump.name}.sha256"]
    assert dump.stat().st_mode & 0o077 == 0
    assert checked.stdout == f"{dump.name}: OK\n"


def test_the_password_is_on_no_command_line(filled: str, password_server: PasswordServer, var: Path) -> None:
    seen: set[str] = set()
    backing_up = subprocess.Popen(
        [*TRITHUC, "backup", "--to", str(var / "backups")],
        cwd=ROOT,
        env=environment(var, TRITHUC_DATABASE_URL=filled),
        stdout=subprocess.DEVNULL,
    )
    while backing_up.poll() is None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    assert backing_up.returncode == 0
    assert [line for line in seen if "pg_dump" in line and "format=custom" in line]
    assert [line for line in seen if password_server.password in line] == []


def test_the_newest_backups_are_kept_and_other_files_left_alone(filled: str, var: Path) -> None:
    folder = var / "backups"
    folder.mkdir()
    days = [f"trithuc-202611{day:02}T020000Z.dump" for day in range(1, 6)]
    for name in days:
        (folder / name).write_bytes(b"older")
        (folder / f"{name}.sha256").write_text(f"0  {name}\n")
    (folder / "trithuc-before-the-move.dump").write_bytes(b"kept by hand")
    answer = run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", folder, "--keep", "3")
    kept = sorted(path.name for path in folder.iterdir())
    new = [name for name in kept if name not in days and name.endswith("Z.dump")]

    assert answer.returncode == 0, answer.stderr
    assert kept == sorted(
        [
            *(part for name in (*days[-2:], *new) for part in (name, f"{name}.sha256")),
            "trithuc-before-the-move.dump",
        ]
    )


def test_a_restore_asks_before_it_replaces_people(filled: str, password_server: PasswordServer, var: Path) -> None:
    run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    dump = only_dump(var / "backups")
    address = password_server.make_database("held")
    held = environment(var, TRITHUC_DATABASE_URL=address)
    roster = var / "mot-nguoi.csv"
    roster.write_text("Họ và tên,Đơn vị\nTrần Văn Mới,Sở Y tế tỉnh An Giang\n", encoding="utf-8")
    run(held, "import", roster)
    before = rows_of(address)
    refused = run(held, "restore", dump)
    untouched = rows_of(address)
    forced = run(held, "restore", dump, "--force")

    assert refused.returncode == 1
    assert "The database holds data already" in refused.stderr
    assert "--force" in refused.stderr
    assert before == untouched
    assert before["expert"] == 1
    assert (forced.returncode, forced.stderr) == (0, "")
    assert rows_of(address) == rows_of(filled)


def test_a_database_with_reference_data_alone_counts_as_empty(
    filled: str, password_server: PasswordServer, var: Path
) -> None:
    run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    address = password_server.make_database("migrated_only")
    environ = environment(var, TRITHUC_DATABASE_URL=address)
    migrated = run(environ, "migrate")
    restored = run(environ, "restore", only_dump(var / "backups"))

    assert migrated.returncode == 0, migrated.stderr
    assert (restored.returncode, restored.stderr) == (0, "")
    assert rows_of(address) == rows_of(filled)


@pytest.mark.parametrize("damage", ["one byte", "cut off", "no checksum", "another file", "no such file"])
def test_a_damaged_backup_changes_nothing(filled: str, password_server: PasswordServer, var: Path, damage: str) -> None:
    run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    dump = only_dump(var / "backups")
    checksum = dump.with_name(f"{dump.name}.sha256")
    content = dump.read_bytes()
    match damage:
        case "one byte":
            dump.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
        case "cut off":
            dump.write_bytes(content[:-100])
        case "no checksum":
            checksum.unlink()
        case "another file":  # its checksum is right
            dump.write_bytes(b"PK\x03\x04 something else")
            checksum.write_text(f"{hashlib.sha256(dump.read_bytes()).hexdigest()}  {dump.name}\n")
        case _:
            dump.unlink()
    address = password_server.make_database("untouched")
    environ = environment(var, TRITHUC_DATABASE_URL=address)
    run(environ, "migrate")
    before = rows_of(address)
    refused = run(environ, "restore", dump, "--force")

    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert dump.name in refused.stderr
    assert "Traceback" not in refused.stderr
    assert rows_of(address) == before


def test_a_dump_that_breaks_off_behind_its_checksum_is_rolled_back(
    filled: str, password_server: PasswordServer, var: Path
) -> None:
    """Cut before it was summed up, as a copy over a bad line may be: what the database held stays."""
    run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    dump = only_dump(var / "backups")
    dump.write_bytes(dump.read_bytes()[:-20_000])
    dump.with_name(f"{dump.name}.sha256").write_text(f"{hashlib.sha256(dump.read_bytes()).hexdigest()}  {dump.name}\n")
    address = password_server.make_database("rolled_back")
    environ = environment(var, TRITHUC_DATABASE_URL=address)
    run(environ, "migrate")
    before = rows_of(address)
    refused = run(environ, "restore", dump)

    assert refused.returncode in (2, 3), refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr
    assert rows_of(address) == before


def test_a_backup_of_a_newer_program_is_refused(filled: str, password_server: PasswordServer, var: Path) -> None:
    address = password_server.make_database("newer")
    environ = environment(var, TRITHUC_DATABASE_URL=address)
    run(environ, "migrate")
    with psycopg.connect(address) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    run(environ, "backup", "--to", var / "backups")
    refused = run(environment(var / "embedded"), "restore", only_dump(var / "backups"))

    assert refused.returncode == 2
    assert "made by a newer version of the program (database 9999" in refused.stderr


def test_a_backup_that_cannot_be_written_is_remembered_and_leaves_no_piece(
    filled: str, password_server: PasswordServer, var: Path
) -> None:
    address = password_server.make_database("not_written")
    environ = environment(var, TRITHUC_DATABASE_URL=address)
    run(environ, "migrate")
    (var / "in-the-way").write_text("a file, no folder")
    refused = run(environ, "backup", "--to", var / "in-the-way")
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT value FROM setting WHERE name = 'last_backup'").fetchone()

    assert refused.returncode == 3, refused.stderr
    assert "Traceback" not in refused.stderr
    assert row is not None
    assert row[0]["failed_at"]
    assert row[0]["reason"]


def test_a_wrong_password_is_said_plainly(password_server: PasswordServer, var: Path) -> None:
    address = password_server.url("postgres", password="wrong")
    refused = run(environment(var, TRITHUC_DATABASE_URL=address), "backup", "--to", var / "backups")

    assert refused.returncode == 3
    assert "Traceback" not in refused.stderr
    assert "wrong" not in refused.stderr


def test_backups_go_on_by_themselves_and_end_when_asked(filled: str, var: Path) -> None:
    backing_up = subprocess.Popen(
        [*TRITHUC, "backup", "--to", str(var / "backups"), "--every", "24"],
        cwd=ROOT,
        env=environment(var, TRITHUC_DATABASE_URL=filled),
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list((var / "backups").glob("trithuc-*.dump")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    still_runs = backing_up.poll() is None
    backing_up.send_signal(signal.SIGTERM)
    backing_up.wait(10)

    assert still_runs
    assert len(list((var / "backups").glob("trithuc-*.dump"))) == 1


def test_a_scheduled_backup_waits_until_the_newest_is_old_enough(
    filled: str, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(var=var, database_url=filled, embedder="none", locale="vi", host="127.0.0.1", port=8765)
    waits: list[float] = []

    class EnoughError(Exception):
        pass

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        raise EnoughError

    monkeypatch.setattr("service.commands.backup.time.sleep", sleep)
    with pytest.raises(EnoughError):
        run_backup(settings, var / "backups", keep=14, every_hours=24)

    assert len(list((var / "backups").glob("trithuc-*.dump"))) == 1
    assert [round(wait / 3600, 1) for wait in waits] == [24.0]


def test_a_server_without_pgvector_in_our_database_says_what_its_superuser_has_to_do(
    password_server: PasswordServer, var: Path
) -> None:
    address = password_server.make_database("without_vector", with_vector=False)
    refused = run(environment(var, TRITHUC_DATABASE_URL=address), "migrate")

    assert refused.returncode == 3
    assert "lacks the extension vector" in refused.stderr
    assert "CREATE EXTENSION vector;" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_full_disk_leaves_the_older_backups_and_no_piece_of_the_new_one(filled: str, var: Path) -> None:
    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    environ = environment(var, TRITHUC_DATABASE_URL=filled)
    run(environ, "backup", "--to", var / "backups")
    before = sorted(path.name for path in (var / "backups").iterdir())
    full = subprocess.run(
        [*TRITHUC, "backup", "--to", str(var / "backups"), "--keep", "1"],
        cwd=ROOT,
        env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit_file_size,
    )

    assert full.returncode == 3, full.stderr
    assert "There is no space left in" in full.stderr
    assert sorted(path.name for path in (var / "backups").iterdir()) == before


def test_nothing_is_restored_under_a_service_that_runs(filled: str, password_server: PasswordServer, var: Path) -> None:
    run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    address = password_server.make_database("in_use")
    with psycopg.connect(address):
        refused = run(environment(var, TRITHUC_DATABASE_URL=address), "restore", only_dump(var / "backups"), "--force")

    assert refused.returncode == 1
    assert "Something still uses the database (1 connections)" in refused.stderr


def test_changes_after_a_restore_are_seen_although_transactions_are_counted_anew(
    filled: str, password_server: PasswordServer, var: Path
) -> None:
    run(environment(var, TRITHUC_DATABASE_URL=filled), "backup", "--to", var / "backups")
    address = password_server.make_database("counted_anew")
    restored = run(environment(var, TRITHUC_DATABASE_URL=address), "restore", only_dump(var / "backups"))
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT bool_and(touched > 0 AND touched < pg_snapshot_xmax(pg_current_snapshot())::text::bigint) "
            "FROM expert"
        ).fetchone()

    assert restored.returncode == 0, restored.stderr
    assert row == (True,)


def test_a_backup_of_an_older_version_is_brought_to_this_one(password_server: PasswordServer, var: Path) -> None:
    older, target = password_server.make_database("older"), password_server.make_database("brought_up")
    roster = var / "mot-nguoi.csv"
    roster.write_text("Họ và tên,Đơn vị\nTrần Văn Mới,Sở Y tế tỉnh An Giang\n", encoding="utf-8")
    run(environment(var, TRITHUC_DATABASE_URL=older), "import", roster)
    with _connection(older) as connection:
        command.downgrade(_alembic(connection), "0002")
    saved = run(environment(var, TRITHUC_DATABASE_URL=older), "backup", "--to", var / "backups")
    restored = run(environment(var, TRITHUC_DATABASE_URL=target), "restore", only_dump(var / "backups"))

    assert saved.returncode == 0, saved.stderr
    assert (restored.returncode, restored.stderr) == (0, "")
    assert "Restored: 1 experts" in restored.stdout
    assert f"at version {newest_version()}" in restored.stdout
    assert rows_of(target)["expert"] == 1
