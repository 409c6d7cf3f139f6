"""The words that are suggested: read anew whenever the directory has changed, whoever changed it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from service.database.models import Expert
from service.database.session import make_engine, make_sessions
from service.directory.columns import FacetColumns
from service.directory.vocabulary import VocabularyKeeper
from tests.factories import make_expert

Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    engine = make_engine(database_url)
    yield make_sessions(engine)
    await engine.dispose()


class Words:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions, self._keeper, self._columns = sessions, VocabularyKeeper(), FacetColumns()

    async def now(self) -> set[str]:
        async with self._sessions() as session:
            vocabulary = await self._keeper.current(session, self._columns, must_be_fresh=True)
        return {term.text for term in vocabulary.terms}


async def test_who_began_earlier_and_committed_later_is_not_passed_over(sessions: Sessions) -> None:
    words = Words(sessions)
    async with sessions() as slow:
        await make_expert(slow, "Ghi Sau", keywords=["rong sụn"])
        async with sessions.begin() as quick:
            await make_expert(quick, "Ghi Trước", keywords=["tôm hùm"])
        assert await words.now() == {"tôm hùm"}
        await slow.commit()

    assert await words.now() == {"rong sụn", "tôm hùm"}


async def test_numbers_of_another_server_do_not_hide_what_changes_here(sessions: Sessions) -> None:
    words = Words(sessions)
    async with sessions.begin() as session:
        await make_expert(session, "Phục Hồi")
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await session.execute(update(Expert).values(touched=10**15))
    assert await words.now() == set()
    async with sessions.begin() as session:
        await make_expert(session, "Mới", keywords=["rong sụn"])

    assert await words.now() == {"rong sụn"}
