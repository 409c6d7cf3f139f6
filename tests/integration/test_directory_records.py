"""Reference data, documents of the index, and edits of one person, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from search.backends.postgresql import PostgresqlBackend
from search.documents import EvidenceChunk, ExpertDocument
from search.embedding.cache import Embeddings, open_embeddings
from search.query import ExpertQuery
from service.database.models import Employment, Expert, ExpertField, Setting
from service.database.models.directory import ProfileState
from service.database.session import make_sessions
from service.directory.actions import StaleExpertError, set_availability, update_expert
from service.directory.documents import build_documents
from service.directory.index import sync_experts
from service.directory.rebuilding import rebuild_index
from service.directory.reference import find_setting, load_reference
from service.errors import BadInputError, NotFoundError
from tests.factories import make_expert


@contextmanager
def counted_statements(session: AsyncSession) -> Any:
    """How many statements the block sends; the value is a function."""
    sent: list[str] = []
    engine = session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield lambda: len(sent)
    finally:
        event.remove(engine, "before_cursor_execute", note)


# -- reference data --------------------------------------------------------------------------------------------------
async def test_reference_data_loads_once_and_again_without_change(session: AsyncSession) -> None:
    tables = {
        "research_field": 374,
        "research_field_topic": 1725,
        "place": 143 + 54,
        "organisation": 183,
        "organisation_succession": 28,
        "synonym": 232,
        "field_rule": 14,
    }

    async def rows() -> dict[str, list[tuple[Any, ...]]]:
        return {
            table: [
                tuple(row) for row in await session.execute(text(f"select xmin::text, * from {table} order by 2, 3"))
            ]
            for table in tables
        }

    await load_reference(session)
    await session.commit()
    first = await rows()
    await load_reference(session)
    await session.commit()

    assert {table: len(found) for table, found in first.items()} == tables
    assert await rows() == first


async def test_one_body_may_have_several_successors(session: AsyncSession) -> None:
    await load_reference(session)

    found = await session.scalars(
        text(
            "select s.name from organisation o join organisation_succession x on x.organisation_id = o.id"
            " join organisation s on s.id = x.successor_id"
            " where o.name = 'Sở Lao động - Thương binh và Xã hội tỉnh Kiên Giang' order by s.name"
        )
    )
    assert list(found) == [
        "Sở Giáo dục và Đào tạo tỉnh An Giang",
        "Sở Nội vụ tỉnh An Giang",
        "Sở Y tế tỉnh An Giang",
    ]


async def test_the_office_has_another_name_since_the_merger_and_its_own_edits_stay(session: AsyncSession) -> None:
    await load_reference(session)
    edited = await session.scalar(select(Setting).where(Setting.name == "office_code"))
    assert edited is not None
    edited.value = {"vi": "LHHAG", "en": "LHHAG"}
    await session.flush()
    await load_reference(session)

    names = [await find_setting(session, "office_name", on=day) for day in (date(2025, 6, 30), date(2025, 7, 1))]
    assert [name["vi"] for name in names if name] == [
        "Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh Kiên Giang",
        "Liên hiệp các Hội Khoa học và Kỹ thuật tỉnh An Giang",
    ]
    assert await find_setting(session, "office_code", on=date(2026, 1, 1)) == {"vi": "LHHAG", "en": "LHHAG"}
    assert await find_setting(session, "unknown", on=date(2026, 1, 1)) is None


# -- documents and index ---------------------------------------------------------------------------------------------
async def make_hoa(session: AsyncSession) -> Expert:
    hoa = await make_expert(
        session,
        "Nguyễn Thị Hoa",
        works=[("Nuôi cá lồng bè ven đảo Nam Du", 2020)],
        aliases=["Hoa Nguyen"],
        degree="TS",
        academic_rank="PGS",
        position="Giảng viên",
        organisation_text="Trường Đại học Cần Thơ",
        organisation_kind="university",
        country="VN",
        province="Tiền Giang",
        hometown_text="xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang",
        hometown_edition="legacy",
        hometown_legacy_code="30913",
        hometown_new_code="30910",
        hometown_precision="commune",
        ties=["hometown"],
        languages=["vi", "km"],
        keywords=["nuôi biển"],
        biography="Bà nghiên cứu nuôi biển.",
        email="hoa@example.org",
        orcid="0000-0002-1825-0097",
        open_reviews=3,
    )
    session.add_all(
        [
            ExpertField(expert_id=hoa.id, edition="qd12-2008", code="40504", is_main=True),
            Employment(expert_id=hoa.id, organisation_text="Viện Hải dương học"),
        ]
    )
    await session.flush()
    return hoa


async def test_a_document_holds_what_is_searched_and_filtered(session: AsyncSession) -> None:
    hoa = await make_hoa(session)
    [evidence_id] = await session.scalars(text("select id from evidence"))

    [document] = await build_documents(session, [hoa.id])

    assert document == ExpertDocument(
        id=hoa.id,
        full_name="Nguyễn Thị Hoa",
        sort_key=hoa.sort_key,
        aliases=("Hoa Nguyen",),
        titles=("PGS", "TS", "Phó giáo sư", "Associate professor", "Tiến sĩ", "Doctor (PhD)"),
        identifiers=("0000-0002-1825-0097", "hoa@example.org"),
        organisations=("Trường Đại học Cần Thơ", "Viện Hải dương học"),
        fields=(
            "Khoa học nông nghiệp",
            "Agricultural sciences",
            "Thuỷ sản",
            "Fisheries",
            "Nuôi trồng thuỷ sản",
            "Aquaculture",
        ),
        keywords=("nuôi biển",),
        places=("Tiền Giang", "Việt Nam", "Vietnam", "xã Thạnh Lộc, huyện Giồng Riềng, tỉnh Kiên Giang"),
        biography="Bà nghiên cứu nuôi biển.",
        chunks=(
            EvidenceChunk(
                evidence_id=evidence_id, kind="publication", text="Nuôi cá lồng bè ven đảo Nam Du", year=2020
            ),
            EvidenceChunk(evidence_id=None, kind="biography", text="Bà nghiên cứu nuôi biển."),
            EvidenceChunk(evidence_id=None, kind="position", text="Giảng viên"),
            EvidenceChunk(evidence_id=None, kind="keywords", text="nuôi biển"),
        ),
        facets={
            "field_group": ("4",),
            "field": ("405",),
            "degree": ("TS",),
            "rank": ("PGS",),
            "organisation_kind": ("university",),
            "location": ("vietnam",),
            "unit": ("Xã Thạnh Hưng",),
            "province": ("Đồng Tháp",),
            "country": ("VN",),
            "tie": ("hometown",),
            "language": ("vi", "km"),
            "verification": ("unconfirmed",),
        },
        version=1,
    )


async def test_documents_come_in_order_in_the_same_number_of_statements(session: AsyncSession) -> None:
    people = [await make_hoa_like(session, number) for number in range(3)]
    erased = await make_expert(session, "Trần Văn Xóa", state=ProfileState.ERASED)
    ids = [person.id for person in reversed(people)]

    with counted_statements(session) as count_one:
        await build_documents(session, ids[:1])
        one = count_one()
    with counted_statements(session) as count_all:
        documents = await build_documents(session, [*ids, erased.id, uuid4()])
        assert count_all() == one == 4

    assert [document.id for document in documents] == ids


async def make_hoa_like(session: AsyncSession, number: int) -> Expert:
    return await make_expert(session, f"Nguyễn Thị Hoa {number}", works=[("Nuôi cá lồng", 2020)])


@pytest.fixture
async def index(database_url: str) -> AsyncIterator[tuple[PostgresqlBackend, Embeddings]]:
    async with AsyncConnectionPool(database_url, open=False, min_size=1, max_size=3) as pool:
        backend = PostgresqlBackend(pool)
        await backend.create()
        yield backend, open_embeddings("none", pool)


async def test_the_index_follows_the_directory(
    session: AsyncSession, index: tuple[PostgresqlBackend, Embeddings]
) -> None:
    backend, embeddings = index
    hoa, binh = await make_hoa(session), await make_expert(session, "Lê Văn Bình")

    await sync_experts(session, backend, embeddings, [hoa.id, binh.id])
    assert await backend.ids() == {hoa.id, binh.id}
    assert [hit.expert_id for hit in (await backend.search(ExpertQuery(text="nuoi bien"))).by_words] == [hoa.id]

    binh.state = ProfileState.ARCHIVED
    hoa.keywords = ["du lịch sinh thái"]
    await session.flush()
    await sync_experts(session, backend, embeddings, [hoa.id, binh.id, uuid4()])
    assert await backend.ids() == {hoa.id}
    assert [hit.expert_id for hit in (await backend.search(ExpertQuery(text="du lịch"))).by_words] == [hoa.id]


async def test_a_rebuilt_index_holds_the_directory_and_nothing_else(
    session: AsyncSession, index: tuple[PostgresqlBackend, Embeddings]
) -> None:
    backend, embeddings = index
    hoa, gone = await make_hoa(session), await make_expert(session, "Lê Văn Bình")
    await sync_experts(session, backend, embeddings, [gone.id])
    gone.state = ProfileState.ERASED
    await session.commit()
    progress: list[tuple[int, int]] = []

    await rebuild_index(
        make_sessions(session.bind), backend, embeddings, lambda done, total: progress.append((done, total))
    )

    assert await backend.ids() == {hoa.id}
    assert progress == [(1, 1)]


# -- edits -----------------------------------------------------------------------------------------------------------
async def indexing_jobs(session: AsyncSession) -> list[dict[str, Any]]:
    return list(await session.scalars(text("select args from procrastinate_jobs order by id")))


async def test_an_edit_brings_derived_columns_along_and_is_indexed(session: AsyncSession) -> None:
    hoa = await make_hoa(session)

    saved = await update_expert(
        session, hoa.id, version=1, changes={"full_name": "Nguyễn Thị Ánh", "hometown_text": "Phú Quốc, Kiên Giang"}
    )

    assert (saved.version, saved.name_fold, saved.given_name) == (2, "nguyen thi anh", "Ánh")
    assert (saved.hometown_legacy_code, saved.hometown_new_code, saved.hometown_precision) == ("911", None, "district")
    assert await indexing_jobs(session) == [{"expert_ids": [str(hoa.id)]}]


async def test_saving_what_stands_already_changes_nothing(session: AsyncSession) -> None:
    hoa = await make_hoa(session)

    saved = await update_expert(session, hoa.id, version=1, changes={"position": "Giảng viên"})

    assert (saved.version, await indexing_jobs(session)) == (1, [])


async def test_a_stale_edit_is_refused_with_both_values(session: AsyncSession) -> None:
    hoa = await make_hoa(session)
    await update_expert(session, hoa.id, version=1, changes={"position": "Trưởng khoa"})

    with pytest.raises(StaleExpertError) as refused:
        await update_expert(session, hoa.id, version=1, changes={"position": "Hiệu trưởng"})

    assert (refused.value.details["theirs"], refused.value.details["yours"]) == ("Trưởng khoa", "Hiệu trưởng")
    assert await session.scalar(select(Expert.position).where(Expert.id == hoa.id)) == "Trưởng khoa"


async def test_links_and_states_cannot_be_edited_by_hand(session: AsyncSession) -> None:
    hoa = await make_hoa(session)
    erased = await make_expert(session, "Trần Văn Xóa", state=ProfileState.ERASED)

    with pytest.raises(BadInputError):
        await update_expert(session, hoa.id, version=1, changes={"state": "public"})
    with pytest.raises(NotFoundError):
        await update_expert(session, uuid4(), version=1, changes={})
    with pytest.raises(NotFoundError):
        await update_expert(session, erased.id, version=1, changes={"position": "Giảng viên"})


async def test_a_pause_is_saved_and_indexed_once(session: AsyncSession) -> None:
    hoa = await make_hoa(session)
    for _ in range(2):
        await set_availability(session, hoa.id, is_available=True, paused_until=date(2026, 12, 31))

    assert (hoa.paused_until, hoa.version) == (date(2026, 12, 31), 2)
    assert len(await indexing_jobs(session)) == 1
