"""Jobs are deferred in the caller's transaction."""

from __future__ import annotations

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.queue import defer


def jobs(database_url: str) -> list[tuple[str, dict[str, object]]]:
    """Task and arguments of the waiting jobs, as other connections see them."""
    with psycopg.connect(database_url) as connection:
        return connection.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id").fetchall()


async def test_a_job_appears_with_the_commit(session: AsyncSession, database_url: str) -> None:
    await defer(session, "index_experts", expert_ids=["a", "b"])
    before = jobs(database_url)
    await session.commit()

    assert before == []
    assert jobs(database_url) == [("index_experts", {"expert_ids": ["a", "b"]})]


async def test_a_job_vanishes_with_a_rollback(session: AsyncSession, database_url: str) -> None:
    await defer(session, "index_experts", expert_ids=["a"])
    await session.rollback()

    assert jobs(database_url) == []


async def test_a_second_job_of_one_queueing_lock_leaves_the_transaction_usable(
    session: AsyncSession, database_url: str
) -> None:
    await defer(session, "tidy", queueing_lock="tidy", n=1)
    await session.commit()

    await defer(session, "tidy", queueing_lock="tidy", n=2)
    await session.execute(text("CREATE TABLE proof (n int)"))
    await session.commit()

    assert jobs(database_url) == [("tidy", {"n": 1})]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM proof").fetchone() == (0,)


async def test_a_waiting_job_does_not_start_before_the_change_it_stands_for(
    session: AsyncSession, database_url: str
) -> None:
    await defer(session, "tidy", queueing_lock="tidy")
    await session.commit()
    await defer(session, "tidy", queueing_lock="tidy")  # not committed yet

    fetch = "SELECT task_name FROM procrastinate_fetch_job_v2(NULL, NULL)"
    with psycopg.connect(database_url, autocommit=True) as worker:
        while_open = worker.execute(fetch).fetchone()
        await session.commit()
        after_commit = worker.execute(fetch).fetchone()

    assert while_open == (None,)
    assert after_commit == ("tidy",)
