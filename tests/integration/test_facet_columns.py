"""The copy of the directory that counts come from: it says what the tables say, after every kind of change."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models import Employment, Evidence, Expert, ExpertField, ExpertGone, Organisation
from service.database.models.directory import EvidenceKind, ProfileState
from service.database.session import make_engine, make_sessions
from service.directory.columns import Columns, FacetColumns
from service.directory.facets import FACETS
from tests.factories import make_expert

TODAY = date(2026, 11, 25)


def ids_of(columns: Columns, **filters: list[str]) -> set[UUID]:
    return set(columns.ids_of(columns.count(columns.everybody(), filters, TODAY).rows))


def names_in_order(columns: Columns, people: dict[UUID, str], rows: np.ndarray) -> list[str]:
    return [people[one] for one in columns.ids_of(rows)]


async def test_every_kind_of_facet_counts_who_a_click_shows(session: AsyncSession) -> None:
    dice = random.Random(7)
    for number in range(90):
        expert = await make_expert(
            session,
            f"Nguyễn Văn {number}",
            degree=dice.choice(["TS", "ThS", None]),
            academic_rank=dice.choice(["GS", "PGS", None]),
            organisation_kind=dice.choice(["university", "hospital", None]),
            country=dice.choice(["VN", "VN", "US", "JP", None]),
            province=dice.choice(["Kiên Giang", "An Giang", "Tiền Giang", None]),
            residence_new_code="30292",
            residence_precision=dice.choice(["commune", None]),
            ties=dice.sample(["hometown", "studied", "family"], dice.randint(0, 2)),
            languages=dice.sample(["vi", "en", "km"], dice.randint(0, 3)),
            task_kinds=dice.sample(["review", "seminar"], dice.randint(0, 2)),
            is_available=dice.random() < 0.8,
            paused_until=dice.choice([None, date(2026, 11, 25), date(2026, 11, 26)]),
            open_reviews=dice.randint(0, 3),
            capacity=3,
            state=dice.choice([ProfileState.PUBLIC, ProfileState.UNCONFIRMED, ProfileState.ARCHIVED]),
            confirmed_at=dice.choice([None, datetime(2025, 9, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)]),
        )
        for code in dice.sample(["40501", "502", "10601"], dice.randint(0, 2)):
            session.add(ExpertField(expert_id=expert.id, edition="qd12-2008", code=code))
    await session.flush()
    columns = await FacetColumns().current(session)
    everybody = columns.everybody()
    assert len(everybody) == len(
        (await session.scalars(select(Expert.id).where(Expert.state != ProfileState.ARCHIVED))).all()
    )

    alone = columns.count(everybody, {}, TODAY)
    assert {name for name in FACETS if alone.counts[name]} == set(FACETS), "nothing was left untested"
    for name, counts in alone.counts.items():
        for code, count in counts.items():
            chosen = columns.count(everybody, {name: [code]}, TODAY)
            assert len(chosen.rows) == count
            for other, below in chosen.counts.items():
                for value, expected in below.items():
                    together = {name: [code], other: [value]}
                    assert len(columns.count(everybody, together, TODAY).rows) == expected
    three = {"degree": ["TS", "ThS"], "location": ["in_province"], "availability": ["available"]}
    found = columns.count(everybody, three, TODAY)
    assert found.without == {
        name: len(columns.count(everybody, {n: v for n, v in three.items() if n != name}, TODAY).rows) for name in three
    }


async def test_pauses_end_and_profiles_grow_old_by_the_calendar(session: AsyncSession) -> None:
    expert = await make_expert(
        session, "Lê Văn An", paused_until=date(2026, 12, 1), confirmed_at=datetime(2026, 1, 5, tzinfo=UTC)
    )
    columns = await FacetColumns().current(session)

    def says(day: date) -> tuple[list[str], list[str]]:
        counts = columns.count(columns.everybody(), {}, day).counts
        return list(counts["availability"]), list(counts["freshness"])

    assert says(date(2026, 11, 30)) == (["paused"], ["fresh"])
    assert says(date(2026, 12, 1)) == (["available"], ["fresh"])
    assert says(date(2027, 2, 1)) == (["available"], ["aging"])
    assert says(date(2027, 9, 1)) == (["available"], ["stale"])
    assert ids_of(columns, availability=["paused"]) == {expert.id}


async def test_orders_are_those_of_given_names_newest_works_and_load(session: AsyncSession) -> None:
    people = {}
    for name, year, load in (("Trần Văn Ánh", 2001, 2), ("Lê An", 2020, 2), ("Hồ Bảo", 2020, 0), ("Vũ Yến", None, 1)):
        works = [("Một công trình", year)] if year else []
        expert = await make_expert(session, name, works=works, open_reviews=load)
        people[expert.id] = name
    columns = await FacetColumns().current(session)
    rows = columns.everybody()

    assert names_in_order(columns, people, rows) == ["Lê An", "Trần Văn Ánh", "Hồ Bảo", "Vũ Yến"]
    assert names_in_order(columns, people, columns.in_name_order(rows[::-1])) == names_in_order(columns, people, rows)
    newest = ["Lê An", "Hồ Bảo", "Trần Văn Ánh", "Vũ Yến"]
    assert names_in_order(columns, people, columns.newest_work_first(rows)) == newest
    least = ["Hồ Bảo", "Vũ Yến", "Lê An", "Trần Văn Ánh"]
    assert names_in_order(columns, people, columns.least_load_first(rows)) == least


async def test_a_change_of_any_part_is_seen_by_the_next_search(database_url: str) -> None:
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    copy = FacetColumns()
    async with sessions.begin() as session:
        hoa = await make_expert(session, "Trần Thị Hoa", works=[("Bài cũ", 2001)], degree="ThS")
        other = await make_expert(session, "Lê Văn Khác", works=[("Bài", 2010)], degree="ThS")
        session.add(ExpertField(expert_id=hoa.id, edition="qd12-2008", code="40501"))

    async def now() -> Columns:
        async with sessions() as session:
            return await copy.current(session)

    first = await now()
    assert await now() is first, "nothing changed, nothing is read"
    async with sessions.begin() as session:
        await session.execute(update(Expert).where(Expert.id == hoa.id).values(degree="TS", sort_key="aaa"))
    assert ids_of(await now(), degree=["TS"]) == {hoa.id}
    assert ids_of(await now(), degree=["ThS"]) == {other.id}
    assert (await now()).ids_of((await now()).everybody()) == [hoa.id, other.id]
    async with sessions.begin() as session:
        await session.execute(delete(ExpertField).where(ExpertField.expert_id == hoa.id))
        session.add(ExpertField(expert_id=other.id, edition="qd12-2008", code="502"))
    assert ids_of(await now(), field_group=["4"]) == set()
    assert ids_of(await now(), field_group=["5"]) == {other.id}
    async with sessions.begin() as session:
        evidence = Evidence(
            expert_id=hoa.id, ordinal=9, kind=EvidenceKind.PUBLICATION, title="Mới", title_fold="moi", year=2026
        )
        session.add(evidence)
    columns = await now()
    assert columns.ids_of(columns.newest_work_first(columns.everybody())) == [hoa.id, other.id]
    async with sessions.begin() as session:
        await session.execute(update(Expert).where(Expert.id == other.id).values(state=ProfileState.ERASED))
    assert ids_of(await now()) == {hoa.id}
    async with sessions.begin() as session:
        await session.execute(delete(Expert).where(Expert.id == hoa.id))
    assert ids_of(await now()) == set()
    async with sessions.begin() as session:
        await make_expert(session, "Trần Thị Hoa", id=hoa.id)
    assert ids_of(await now()) == {hoa.id}
    await engine.dispose()


async def test_what_an_older_transaction_commits_late_is_seen(database_url: str) -> None:
    """Numbers are given when a transaction begins to write; a newer one may be seen before an older one ends."""
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    copy = FacetColumns()
    async with sessions() as slow:
        late = await make_expert(slow, "Ghi Sau")
        async with sessions.begin() as quick:
            early = await make_expert(quick, "Ghi Trước")
        async with sessions() as session:
            assert ids_of(await copy.current(session)) == {early.id}
        await slow.commit()
    async with sessions() as session:
        assert ids_of(await copy.current(session)) == {early.id, late.id}
    await engine.dispose()


async def test_numbers_of_the_server_that_a_backup_came_from_do_no_harm(database_url: str) -> None:
    """A restored row carries a number that this server has not reached: it is read once, and again when it changes."""
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    copy = FacetColumns()
    async with sessions.begin() as session:
        expert = await make_expert(session, "Phục Hồi", degree="ThS")
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # as a restore: no triggers
        await session.execute(update(Expert).values(touched=10**15))
    async with sessions() as session:
        first = await copy.current(session)
        assert ids_of(first, degree=["ThS"]) == {expert.id}
        assert await copy.current(session) is first
    async with sessions.begin() as session:
        await session.execute(update(Expert).values(degree="TS"))
    async with sessions() as session:
        assert ids_of(await copy.current(session), degree=["TS"]) == {expert.id}
    await engine.dispose()


async def test_who_was_deleted_and_put_back_before_a_backup_stays_after_its_restore(database_url: str) -> None:
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    copy = FacetColumns()
    async with sessions.begin() as session:
        expert, other = await make_expert(session, "Phục Hồi"), await make_expert(session, "Khác")
    async with sessions.begin() as session:
        await session.execute(delete(Expert).where(Expert.id == expert.id))
    async with sessions.begin() as session:
        await make_expert(session, "Phục Hồi", id=expert.id)
    async with sessions.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await session.execute(update(Expert).values(touched=10**15))
        await session.execute(update(ExpertGone).values(touched=10**15))
    async with sessions() as session:
        first = await copy.current(session)
        assert await copy.current(session) is first
        assert ids_of(first) == {expert.id, other.id}
    await engine.dispose()


async def test_a_server_with_lower_numbers_is_read_from_the_start(database_url: str) -> None:
    """A backup restored, or a standby that took over, under a process that runs on."""
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    copy = FacetColumns()
    async with sessions.begin() as session:
        one = await make_expert(session, "Một")
    async with sessions() as session:
        known = await copy.current(session)
    copy._columns = replace(known, horizon=10**9)
    async with sessions.begin() as session:
        two = await make_expert(session, "Hai")
    async with sessions() as session:
        assert ids_of(await copy.current(session)) == {one.id, two.id}
    await engine.dispose()


async def test_what_is_moved_from_one_person_to_another_is_counted_for_the_other(session: AsyncSession) -> None:
    copy = FacetColumns()
    loser, winner = await make_expert(session, "Hồ Sơ Trùng"), await make_expert(session, "Hồ Sơ Giữ Lại")
    session.add(ExpertField(expert_id=loser.id, edition="qd12-2008", code="40501"))
    await session.commit()
    assert ids_of(await copy.current(session), field_group=["4"]) == {loser.id}

    await session.execute(update(ExpertField).values(expert_id=winner.id))
    await session.commit()

    assert ids_of(await copy.current(session), field_group=["4"]) == {winner.id}


async def test_a_career_and_the_name_of_an_employer_touch_the_profile(session: AsyncSession) -> None:
    """They are searched by, so a rebuild of the index has to see that they changed."""
    body = Organisation(name="Trường Đại học Thử nghiệm", kind="university")
    session.add(body)
    await session.flush()
    expert = await make_expert(session, "Trần Văn Đổi", organisation_id=body.id)
    await session.commit()

    async def touched() -> int:
        return await session.scalar(select(Expert.touched).where(Expert.id == expert.id)) or 0

    before = await touched()
    await session.execute(update(Organisation).where(Organisation.id == body.id).values(short_name="ĐHTN"))
    await session.commit()
    after_rename = await touched()
    session.add(Employment(expert_id=expert.id, ordinal=0, organisation_text="Viện Cũ", is_current=False))
    await session.commit()

    assert before < after_rename < await touched()


async def test_whoever_reads_never_waits_for_those_who_hold_all_connections(database_url: str) -> None:
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    copy = FacetColumns()
    most = engine.pool.size() + engine.pool._max_overflow  # type: ignore[attr-defined]
    holding, may_go_on = asyncio.Semaphore(0), asyncio.Event()

    async def read_late() -> None:
        async with sessions() as session:
            await session.connection()
            holding.release()
            await may_go_on.wait()
            await copy.current(session)

    async def read() -> None:
        async with sessions() as session:
            await copy.current(session)

    late = [asyncio.create_task(read_late()) for _ in range(most)]
    for _ in range(most):
        await holding.acquire()
    waiting = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    may_go_on.set()

    await asyncio.wait_for(asyncio.gather(waiting, *late), 10)
    await engine.dispose()


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 130])
async def test_any_number_of_people_fits(session: AsyncSession, size: int) -> None:
    copy = FacetColumns()
    for number in range(size):
        await make_expert(session, f"Người {number:03}", degree="TS" if number % 3 else "ThS")
        if number in (0, 62, 63, 64):
            await copy.current(session)  # grown one by one
    columns = await copy.current(session)

    counts = columns.count(columns.everybody(), {}, TODAY).counts["degree"]
    expected = {"TS": size - -(-size // 3), "ThS": -(-size // 3)}
    assert counts == {code: count for code, count in expected.items() if count}
    assert len(ids_of(columns, degree=["ThS"])) == expected["ThS"]
    assert ids_of(columns, degree=["XX"]) == set()
