"""What commands share: a database that is ready, reference data loaded once, faults told in words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from search.embedding.cache import NOT_WANTED
from search.errors import SearchUnavailableError
from service.commands.running import ready_database, run_with_runtime
from service.database.faults import explain_fault
from service.errors import NotFoundError, UnavailableError
from service.runtime import Runtime
from service.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(var=tmp_path, database_url=database_url, embedder="none", locale="en", host="127.0.0.1", port=8765)


def value(database_url: str, query: str) -> object:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def test_reference_data_is_loaded_once_and_again_when_it_changed(settings: Settings, database_url: str) -> None:
    counted = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        for before in (
            "SELECT 1",
            "DELETE FROM synonym",
            """UPDATE setting SET value = '{"sha256": "of older files"}' WHERE name = 'reference_fingerprint'""",
        ):
            connection.execute(before)
            with ready_database(settings):
                counted.append(value(database_url, "SELECT count(*) FROM synonym"))

    loaded, skipped, reloaded = counted
    assert isinstance(loaded, int)
    assert loaded > 0
    assert (skipped, reloaded) == (0, loaded)


def test_two_commands_that_start_at_once_load_the_reference_data_once(settings: Settings, database_url: str) -> None:
    def make_ready() -> None:
        with ready_database(settings):
            pass

    with ThreadPoolExecutor(4) as pool:
        for started in [pool.submit(make_ready) for _ in range(4)]:
            started.result()

    assert value(database_url, "SELECT count(*) FROM setting WHERE name = 'reference_fingerprint'") == 1


async def test_a_failed_statement_does_not_tell_what_is_in_the_tables(session: AsyncSession) -> None:
    with pytest.raises(DBAPIError) as failed:
        await session.execute(text("SELECT CAST(:name AS text) FROM nowhere"), {"name": "Nguyễn Thị Hoa"})

    assert "Hoa" not in str(failed.value)


def test_a_command_without_an_embedder_knows_why(settings: Settings) -> None:
    async def look(runtime: Runtime) -> tuple[bool, str | None]:
        return runtime.embeddings.is_available, runtime.embeddings.why_unavailable

    is_available, why = run_with_runtime(settings, look)

    assert (is_available, why) == (False, NOT_WANTED)


def test_a_lost_connection_becomes_a_message_and_nothing_is_saved(settings: Settings, database_url: str) -> None:
    async def lose_it(runtime: Runtime) -> None:
        async with runtime.sessions.begin() as session:
            await session.execute(text("DELETE FROM synonym"))
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(database_url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            await session.execute(text("SELECT 1"))

    with pytest.raises(UnavailableError, match="The database stopped answering"):
        run_with_runtime(settings, lose_it)

    assert value(database_url, "SELECT count(*) > 0 FROM synonym") is True


def test_an_error_of_ours_and_a_bug_pass_unchanged(settings: Settings) -> None:
    async def refuse(runtime: Runtime) -> None:
        raise NotFoundError

    async def divide(runtime: Runtime) -> float:
        return 1 / 0

    with pytest.raises(NotFoundError):
        run_with_runtime(settings, refuse)
    with pytest.raises(ZeroDivisionError):
        run_with_runtime(settings, divide)


def test_the_cause_of_a_fault_is_found_through_chains_and_groups() -> None:
    wrapped = SearchUnavailableError("index")
    wrapped.__cause__ = psycopg.OperationalError("server closed the connection")
    full = ExceptionGroup("tasks", [ValueError(), psycopg.errors.DiskFull("could not extend file")])
    limited = psycopg.errors.ProgramLimitExceeded("could not extend file: File too large")

    assert [type(explain_fault(error)) for error in (wrapped, full, limited)] == [UnavailableError] * 3
    assert "no space" in str(explain_fault(full))
    assert "no space" in str(explain_fault(limited))
    assert "stopped answering" in str(explain_fault(wrapped))
    assert explain_fault(ValueError("No space left on device")) is None
