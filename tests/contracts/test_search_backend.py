"""What every index backend must do, whatever it is made of (search/backend.py)."""

from __future__ import annotations

import asyncio
import itertools
import unicodedata
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from search.backend import SearchBackend
from search.backends.postgresql import PostgresqlBackend
from search.documents import EvidenceChunk, ExpertDocument
from search.embedding.embedder import Vectors
from search.errors import SearchUnavailableError
from search.fusion import fuse
from search.query import ExpertQuery, Hit, Rankings
from service.database.server import EmbeddedServer

SYNONYMS = (
    ("ĐBSCL", "đồng bằng sông Cửu Long"),
    ("ĐTM", "đánh giá tác động môi trường"),
    ("NTTS", "nuôi trồng thủy sản"),
    ("aquaculture", "nuôi trồng thủy sản"),
    ("ĐH", "đại học"),
    ("TTNT", "trí tuệ nhân tạo"),
    ("AI", "trí tuệ nhân tạo"),
    ("NN", "nông nghiệp"),
)
DIMENSIONS = 8
_schemas = itertools.count(1)


@pytest.fixture(scope="module")
def url(server: EmbeddedServer) -> str:
    server.ensure_database("contracts")
    return server.url("contracts")


@pytest.fixture
async def pool(url: str) -> AsyncIterator[AsyncConnectionPool]:
    async with AsyncConnectionPool(url, open=False, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
async def backend(pool: AsyncConnectionPool) -> AsyncIterator[PostgresqlBackend]:
    backend = PostgresqlBackend(pool, schema=f"contract_{next(_schemas)}", synonyms=SYNONYMS, dimensions=DIMENSIONS)
    await backend.create()
    yield backend
    await backend.drop()


def person(full_name: str = "Người Khác", *works: str, **columns: Any) -> ExpertDocument:
    chunks = tuple(EvidenceChunk(evidence_id=None, kind="publication", text=work) for work in works)
    values: dict[str, Any] = {"id": uuid4(), "sort_key": full_name, "chunks": chunks, **columns}
    return ExpertDocument(full_name=full_name, **values)


async def put(backend: SearchBackend, *people: ExpertDocument) -> None:
    await backend.upsert(people, [None] * len(people))


async def search(backend: SearchBackend, text: str, **asked: Any) -> Rankings:
    return await backend.search(ExpertQuery(text=text, **asked))


async def found(backend: SearchBackend, text: str, people: Sequence[ExpertDocument], **asked: Any) -> list[str]:
    """Names, best first: the exact, then by words."""
    rankings = await search(backend, text, **asked)
    names = {one.id: one.full_name for one in people}
    return list(dict.fromkeys(names[hit.expert_id] for hit in (*rankings.exact, *rankings.by_words)))


def axis(n: int, *, tilt: float = 0.0) -> Vectors:
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[n] = 1.0
    vector[(n + 1) % DIMENSIONS] = tilt
    return vector / np.float32(np.linalg.norm(vector))


# -- words: one word in its spellings


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Nuôi trồng thủy sản", "nuoi trong thuy san"),
        ("Nuôi trồng thủy sản", "NUÔI TRỒNG THỦY SẢN"),
        ("Nuôi trồng thủy sản", "nuôi trồng thuỷ sản"),
        ("Nuoi trong thuy san", "nuôi trồng thủy sản"),
        ("Đặng Đức và đất đỏ", "dang duc"),
        ("Đất phèn", "dat phen"),
        ("Hoà giải ở cơ sở", "hòa giải"),
        ("xâm nhập – mặn", "xâm nhập mặn"),
        ("khí tượng - thủy văn", "khi tuong thuy van"),
        ("“Sinh kế” bền vững", "sinh ke"),
        ("Rừng ngập mặn", unicodedata.normalize("NFD", "rừng ngập mặn")),
        (unicodedata.normalize("NFD", "Rừng ngập mặn"), "rừng ngập mặn"),
        ("ﬁsheries economics", "fisheries"),
        ("Ổi và bưởi", "ỔI"),
    ],
)
async def test_words_match_whatever_their_case_marks_and_normal_form(
    backend: SearchBackend, text: str, query: str
) -> None:
    wanted, other = person("Một", text), person("Hai", "Luật dân sự")
    await put(backend, wanted, other)

    assert await found(backend, query, [wanted, other]) == ["Một"]


@pytest.mark.parametrize(
    ("query", "first", "second"),
    [("mã", "mã nguồn", "mạ vàng"), ("đường", "đường mía", "dương xỉ"), ("biển", "vùng biển", "biên giới")],
)
async def test_a_word_typed_with_marks_ranks_its_own_spelling_first(
    backend: SearchBackend, query: str, first: str, second: str
) -> None:
    people = [person("Hai", second), person("Một", first)]
    await put(backend, *people)

    assert await found(backend, query, people) == ["Một", "Hai"]


async def test_a_word_typed_without_marks_does_not_prefer_a_spelling(backend: SearchBackend) -> None:
    await put(backend, person("Một", "vùng biển"), person("Hai", "vùng biên"))

    first, second = (await search(backend, "bien")).by_words

    assert first.score == pytest.approx(second.score)


async def test_words_that_follow_each_other_rank_above_words_apart(backend: SearchBackend) -> None:
    people = [
        person("Xa", "nuôi gà và trồng cây thủy sinh trên sản lượng"),
        person("Gần", "nuôi trồng thủy sản trên đất và cây"),
    ]
    await put(backend, *people)

    assert await found(backend, "nuôi trồng thủy sản", people) == ["Gần", "Xa"]


async def test_rare_words_count_more_than_common_ones(backend: SearchBackend) -> None:
    common = [person(f"Chung {n}", "nghiên cứu phát triển nông thôn") for n in range(8)]
    rare = person("Hiếm", "sao biển gai")
    await put(backend, *common, rare)

    assert (await found(backend, "nghiên cứu sao biển gai", [*common, rare]))[0] == "Hiếm"


async def test_repeating_a_word_does_not_beat_answering_the_whole_query(backend: SearchBackend) -> None:
    stuffed = person("Nhồi", keywords=("lúa",) * 30)
    whole = person("Đủ", "Phát thải mê-tan trên ruộng lúa")
    await put(backend, stuffed, whole, person("Khác", "cà phê"))

    assert (await found(backend, "phát thải mê-tan lúa", [stuffed, whole]))[0] == "Đủ"


async def test_a_subject_line_counts_more_than_running_text(backend: SearchBackend) -> None:
    people = [
        person("Thân", biography="Ông từng nghe về vi nhựa trong một hội thảo."),
        person("Đầu", "Vi nhựa trong trầm tích bãi biển"),
    ]
    await put(backend, *people)

    assert await found(backend, "vi nhựa", people) == ["Đầu", "Thân"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("keywords", ("tảo độc",)),
        ("fields", ("Tảo độc học",)),
        ("organisations", ("Trạm Quan trắc Tảo độc",)),
        ("places", ("Xã Tảo Độc",)),
        ("titles", ("Kỹ sư tảo độc",)),
        ("aliases", ("Tảo Độc Văn",)),
        ("biography", "Bà nghiên cứu tảo độc."),
    ],
)
async def test_every_part_of_a_document_can_be_found(backend: SearchBackend, column: str, value: object) -> None:
    wanted, other = person("Một", **{column: value}), person("Hai", "cá tra")
    await put(backend, wanted, other)

    assert await found(backend, "tao doc", [wanted, other]) == ["Một"]


async def test_abstracts_of_works_are_found(backend: SearchBackend) -> None:
    wanted, other = person("Một", "A title. The abstract mentions bathymetry."), person("Hai", "Another title.")
    await put(backend, wanted, other)

    assert await found(backend, "bathymetry", [wanted, other]) == ["Một"]


async def test_a_hit_says_which_part_matched(backend: SearchBackend) -> None:
    await put(
        backend,
        person("Trần Sứa"),
        person("Hai", "Sứa biển"),
        person("Ba", organisations=("Viện Sứa",)),
        person("Bốn", biography="Ông nuôi sứa."),
    )

    hits = (await search(backend, "sua")).by_words

    assert sorted(hit.field for hit in hits) == ["biography", "evidence", "name", "organisation"]


# -- words: synonyms, numbers, hard queries


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Kinh tế đồng bằng sông Cửu Long", "ĐBSCL"),
        ("Nghiên cứu ĐBSCL", "đồng bằng sông cửu long"),
        ("Đánh giá tác động môi trường của cảng", "ĐTM cảng"),
        ("Nuôi trồng thủy sản", "aquaculture"),
        ("Sustainable aquaculture", "nuôi trồng thủy sản"),
        ("Trường Đại học Cần Thơ", "đh cần thơ"),
        ("Ứng dụng trí tuệ nhân tạo", "AI"),
    ],
)
async def test_synonyms_and_abbreviations_work_both_ways(backend: SearchBackend, text: str, query: str) -> None:
    wanted, other = person("Một", text), person("Hai", "Luật dân sự")
    await put(backend, wanted, other)

    assert (await found(backend, query, [wanted, other]))[:1] == ["Một"]


async def test_synonyms_go_one_level_only(backend: SearchBackend) -> None:
    wanted, other = person("Một", "Ứng dụng TTNT"), person("Hai", "AI")
    await put(backend, wanted, other)

    assert await found(backend, "AI", [wanted, other]) == ["Hai"], "AI → trí tuệ nhân tạo, not on to TTNT"


async def test_abbreviations_are_whole_words(backend: SearchBackend) -> None:
    wanted, other = person("Một", "nông nghiệp"), person("Hai", "NNUDCNC")
    await put(backend, wanted, other)

    assert await found(backend, "NN", [wanted, other]) == ["Một"]


async def test_the_typed_form_ranks_above_its_synonym(backend: SearchBackend) -> None:
    people = [person("Mở rộng", "trí tuệ nhân tạo"), person("Viết tắt", "AI")]
    await put(backend, *people)

    assert (await found(backend, "AI", people))[0] == "Viết tắt"


@pytest.mark.parametrize("query", ["192/KH-UBND", "192/kh-ubnd", "192/KHUBND", "kế hoạch số 192/KH-UBND."])
async def test_document_numbers_are_one_word(backend: SearchBackend, query: str) -> None:
    wanted = person("Một", "Góp ý Kế hoạch 192/KH-UBND")
    other = person("Hai", "Phòng 192, nhà KH; UBND xã")
    await put(backend, wanted, other)

    assert (await found(backend, query, [wanted, other]))[0] == "Một"
    assert await found(backend, "192/KH-UBND", [wanted, other]) == ["Một"]


async def test_document_numbers_with_letters_and_marks_match_without_them(backend: SearchBackend) -> None:
    wanted, other = person("Một", "Theo Quyết định 14/2014/QĐ-TTg"), person("Hai", "15/2014/QĐ-TTg")
    await put(backend, wanted, other)

    assert await found(backend, "14/2014/QD-TTg", [wanted, other]) == ["Một"]


async def test_a_pasted_paragraph_needs_only_some_of_its_words(backend: SearchBackend) -> None:
    wanted = person("Một", "Xâm nhập mặn và sinh kế của hộ nuôi tôm")
    others = [person("Hai", "Luật đất đai"), person("Ba", "Tim mạch can thiệp")]
    await put(backend, wanted, *others)

    ranking = await found(
        backend,
        "Những năm gần đây, tình hình xâm nhập mặn diễn biến phức tạp, ảnh hưởng trực tiếp đến sản xuất và đời sống của"
        " người dân nuôi tôm ở các huyện ven biển; cần có giải pháp đồng bộ.",
        [wanted, *others],
    )

    assert ranking[0] == "Một"


@pytest.mark.parametrize(
    "query", ["", "   ", "!!! ??? …", "\x00", "\ufdfa", "'\\\"; drop table", "zzzzzz", "&|!()<>:*"]
)
async def test_a_query_without_a_known_word_finds_nobody(backend: SearchBackend, query: str) -> None:
    await put(backend, person("Một", "Nuôi tôm"))

    assert await search(backend, query) == Rankings()


async def test_a_query_of_ten_thousand_characters_is_answered(backend: SearchBackend) -> None:
    wanted, other = person("Một", "Nuôi tôm ở vùng ven biển"), person("Hai", "Tim mạch")
    await put(backend, wanted, other)
    filler = " ".join(f"chữ{n}" for n in range(550))

    assert await found(backend, f"{filler} nuôi tôm vùng ven biển {filler}"[:10_000], [wanted, other]) == ["Một"]


async def test_the_limit_is_kept(backend: SearchBackend) -> None:
    await put(backend, *(person(f"Người {n}", "Nuôi tôm") for n in range(7)))

    assert len((await search(backend, "nuôi tôm", limit=3)).by_words) == 3


# -- names and codes


@pytest.mark.parametrize(
    "query",
    [
        "Nguyễn Văn Khiết",
        "nguyen van khiet",
        "Khiet Nguyen",
        "Khiết Nguyễn Văn",
        "văn khiết",
        "Nguyen V. Khiet",
        "Khiet N. V.",
        "PGS.TS. Nguyễn Văn Khiết",
        "GS nguyen van khiet",
        "nguyen van khiet nuoi tom",
        "Nguyễn Văn Khiêt",
        "nguyen van khietj",
        "nguyen vna khiet",
        "nguyn van khiet",
    ],
)
async def test_a_name_is_found_in_any_order_with_initials_titles_and_slips(backend: SearchBackend, query: str) -> None:
    people = [person("Nguyễn Văn Khiết", "Nuôi tôm"), person("Nguyễn Văn An", "Nuôi tôm"), person("Trần Thị Khuê")]
    await put(backend, *people)

    assert [hit.expert_id for hit in (await search(backend, query)).exact] == [people[0].id]


async def test_a_name_without_marks_finds_all_spellings_and_with_marks_the_exact_first(
    backend: SearchBackend,
) -> None:
    people = [person(f"Nguyễn Văn {given}") for given in ("Dương", "Đương", "Đường", "Dũng")]
    await put(backend, *people)

    plain = await search(backend, "nguyen van duong")
    spelled = await search(backend, "Nguyễn Văn Đường")
    given = await search(backend, "Đường")

    assert {hit.expert_id for hit in plain.exact} == {one.id for one in people[:3]}
    assert spelled.exact[0].expert_id == people[2].id
    assert {hit.expert_id for hit in spelled.exact} == {one.id for one in people[:3]}
    assert [hit.expert_id for hit in given.exact] == [people[2].id]


async def test_the_tone_may_stand_on_either_vowel(backend: SearchBackend) -> None:
    people = [person("Huỳnh Văn Sấu"), person("Huỳnh Văn Sáu")]
    await put(backend, *people)

    assert (await search(backend, "Hùynh Văn Saú")).exact[0].expert_id == people[1].id


async def test_namesakes_are_all_found_and_the_rest_of_the_query_orders_them(backend: SearchBackend) -> None:
    people = [person("Lê Hữu Trạc", "Đất phèn"), person("Lê Hữu Trạc", "Tim mạch can thiệp")]
    await put(backend, *people)

    exact = (await search(backend, "Lê Hữu Trạc tim mạch")).exact

    assert [hit.expert_id for hit in exact] == [people[1].id, people[0].id]


async def test_an_alias_is_a_name(backend: SearchBackend) -> None:
    one = person("Lạc Phong", aliases=("Andrew Lac",))
    await put(backend, one, person("Andrew Smith"))

    assert [hit.expert_id for hit in (await search(backend, "andrew lac")).exact] == [one.id]


async def test_a_person_called_like_a_thing_does_not_go_before_those_who_work_on_it(backend: SearchBackend) -> None:
    people = [person("Phan Thị Biên"), person("Một", "Kinh tế biển")]
    await put(backend, *people)

    rankings = await search(backend, "biển")

    assert rankings.exact == ()
    assert rankings.by_words[0].expert_id == people[1].id


async def test_a_known_word_is_not_taken_for_a_slip(backend: SearchBackend) -> None:
    people = [person("Trần Thị Lanh"), person("Một", "kỹ thuật lạnh")]
    await put(backend, *people)

    assert (await search(backend, "thanh")).exact == ()
    assert [hit.expert_id for hit in (await search(backend, "kỹ thuật lạnh")).exact] == []


@pytest.mark.parametrize(
    "query",
    [
        "0000-0002-1825-0097",
        "https://orcid.org/0000-0002-1825-0097",
        "0000000218250097",
        "Lan.Tran@Example.org",
        "mailto:lan.tran@example.org",
        "CG-0147",
        "cg0147",
        "mã CG-0147",
    ],
)
async def test_a_code_names_one_person(backend: SearchBackend, query: str) -> None:
    one = person("Trần Lan", identifiers=("0000-0002-1825-0097", "lan.tran@example.org", "CG-0147"))
    other = person("Trần Lan", identifiers=("0000-0001-5109-3700", "lan@example.org", "CG-0148"))
    await put(backend, other, one)

    exact = (await search(backend, query)).exact

    assert exact == (Hit(one.id, 1.0, "identifier"),)


async def test_parts_of_a_code_name_nobody(backend: SearchBackend) -> None:
    await put(backend, person("Võ Thị Sáu", identifiers=("0000-0002-1825-0097", "lan.tran@example.org")))

    for query in ("0097", "example.org", "lan.tran", "1825"):
        assert (await search(backend, query)).exact == ()


# -- filters


FACETS = {
    "Một": {"degree": ("TS",), "field": ("303", "405"), "country": ("VN",)},
    "Hai": {"degree": ("ThS",), "field": ("405",), "country": ("VN",)},
    "Ba": {"degree": ("TS",), "field": ("502",), "country": ("US",)},
    "Bốn": {},
}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, {"Một", "Hai", "Ba", "Bốn"}),
        ({"degree": ["TS"]}, {"Một", "Ba"}),
        ({"degree": ["TS", "ThS"]}, {"Một", "Hai", "Ba"}),
        ({"degree": ["TS"], "country": ["VN"]}, {"Một"}),
        ({"field": ["405"], "degree": ["TS", "ThS"]}, {"Một", "Hai"}),
        ({"field": ["303", "502"]}, {"Một", "Ba"}),
        ({"degree": ["GS"]}, set()),
        ({"nothing": ["TS"]}, set()),
        ({"degree": []}, set()),
    ],
)
async def test_filters_hold_for_every_ranking(
    backend: SearchBackend, filters: dict[str, list[str]], names: set[str]
) -> None:
    people = [
        person(f"Nguyễn Tôm {name}", "Nuôi tôm", facets=facets, identifiers=("X-1",)) for name, facets in FACETS.items()
    ]
    await backend.upsert(people, [axis(n)[None, :] for n in range(len(people))])
    wanted = {one.id for one in people if one.full_name.split()[-1] in names}

    by_words = await search(backend, "nuôi tôm", filters=filters, vector=axis(0))
    by_name = await search(backend, "nguyễn tôm", filters=filters)
    by_code = await search(backend, "X-1", filters=filters)

    assert {hit.expert_id for hit in by_words.by_words} == wanted
    assert {hit.expert_id for hit in by_words.by_meaning} == wanted
    assert {hit.expert_id for hit in by_name.exact} == wanted
    assert {hit.expert_id for hit in by_code.exact} == wanted


# -- meaning


async def test_the_closest_chunk_decides_and_is_named(backend: SearchBackend) -> None:
    near = person("Gần", "chuyện khác", "đúng chuyện", "chuyện nữa")
    far = person("Xa", "một", "hai", "ba")
    await backend.upsert(
        [far, near], [np.stack([axis(2), axis(3), axis(4)]), np.stack([axis(5), axis(0, tilt=0.2), axis(6)])]
    )

    hits = (await search(backend, "không từ nào", vector=axis(0))).by_meaning

    assert (hits[0].field, hits[0].chunk) == ("evidence", 1)
    assert [hit.expert_id for hit in hits] == [near.id, far.id]
    assert hits[0].score > hits[1].score


async def test_several_close_chunks_beat_a_single_one(backend: SearchBackend) -> None:
    single, several = person("Một lần", "a", "b", "c"), person("Nhiều lần", "d", "e", "f")
    await backend.upsert(
        [single, several],
        [np.stack([axis(0), axis(3), axis(4)]), np.stack([axis(0, tilt=0.1), axis(0, tilt=0.2), axis(5)])],
    )

    hits = (await search(backend, "x", vector=axis(0))).by_meaning

    assert [hit.expert_id for hit in hits] == [several.id, single.id]


async def test_other_languages_are_not_at_a_disadvantage(backend: SearchBackend) -> None:
    """All texts of a language share a direction; an English query shares it with every English text."""
    wanted = person("Việt", "nuôi cá tra", "ương cá tra", "bán cá tra")
    vietnamese = person("Việt", *(f"nghiên cứu đất phèn số {n}" for n in range(200)))
    english = person("English", *(f"studies of mollusc hatcheries no {n}" for n in range(200)))

    def mixed(language: int, subject: int) -> Vectors:
        vector = 3 * axis(language) + axis(subject)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    await backend.upsert(
        [wanted, vietnamese, english],
        [np.stack([mixed(0, 3)] * 3), np.stack([mixed(0, 2)] * 200), np.stack([mixed(1, 4)] * 200)],
    )

    hits = (await search(backend, "x", vector=mixed(1, 3))).by_meaning

    assert hits[0].expert_id == wanted.id, "the only one on this subject"


async def test_the_stretches_of_a_long_query_put_first_who_answers_all_of_them(backend: SearchBackend) -> None:
    one_thing, both = person("Một ý", "a", "b"), person("Cả hai", "c", "d")
    await backend.upsert(
        [one_thing, both], [np.stack([axis(0), axis(5)]), np.stack([axis(0, tilt=0.3), axis(1, tilt=0.1)])]
    )
    whole = axis(0)

    by_whole = (await search(backend, "x", vector=whole)).by_meaning
    by_parts = (await search(backend, "x", vector=whole, parts=np.stack([axis(0), axis(1)]))).by_meaning

    assert [hit.expert_id for hit in by_whole] == [one_thing.id, both.id]
    assert [hit.expert_id for hit in by_parts] == [both.id, one_thing.id]


async def test_people_without_vectors_are_found_by_words_alone(backend: SearchBackend) -> None:
    without, with_ = person("Không", "Nuôi tôm"), person("Có", "Nuôi tôm")
    await backend.upsert([without, with_], [None, axis(0)[None, :]])

    rankings = await search(backend, "nuôi tôm", vector=axis(0))

    assert {hit.expert_id for hit in rankings.by_words} == {without.id, with_.id}
    assert [hit.expert_id for hit in rankings.by_meaning] == [with_.id]


async def test_a_chunk_that_could_not_be_embedded_keeps_its_place(backend: SearchBackend) -> None:
    one = person("Một", "\ufdfa", "Nuôi tôm")
    await backend.upsert([one], [np.stack([np.zeros(DIMENSIONS, np.float32), axis(0)])])

    (hit,) = (await search(backend, "x", vector=axis(0))).by_meaning

    assert (hit.expert_id, hit.chunk) == (one.id, 1)


async def test_an_empty_index_answers(backend: SearchBackend) -> None:
    assert await search(backend, "nuôi tôm", vector=axis(0)) == Rankings()
    assert await backend.count() == 0


# -- what is written


async def test_upserting_twice_changes_nothing(backend: SearchBackend) -> None:
    people = [person(f"Người {n}", "Nuôi tôm", "Đất phèn") for n in range(3)]
    vectors: list[Vectors | None] = [np.stack([axis(n), axis(n + 1)]) for n in range(3)]
    await backend.upsert(people, vectors)
    query = ExpertQuery(text="nuôi tôm người", vector=axis(1))
    before = await backend.search(query)

    await backend.upsert(people, vectors)
    await backend.upsert(people[:1], vectors[:1])

    assert await backend.count() == 3
    after = await backend.search(query)
    assert [hit.expert_id for hit in fuse(after)] == [hit.expert_id for hit in fuse(before)]
    assert [hit.score for hit in after.by_words] == pytest.approx([hit.score for hit in before.by_words])
    assert [hit.score for hit in after.by_meaning] == pytest.approx([hit.score for hit in before.by_meaning])


async def test_an_upsert_replaces_everything_that_was_known(backend: SearchBackend) -> None:
    before = person("Tên Cũ", "Nuôi tôm", identifiers=("MA-1",), facets={"degree": ("ThS",)})
    after = person("Tên Mới", "Đất phèn", id=before.id, identifiers=("MA-2",), facets={"degree": ("TS",)})
    other = person("Khác", "cá")
    await backend.upsert([before, other], [axis(0)[None, :], axis(4)[None, :]])

    await backend.upsert([after], [axis(1)[None, :]])

    assert await backend.count() == 2
    for gone in ("Tên Cũ", "nuôi tôm", "MA-1"):
        rankings = await search(backend, gone)
        assert before.id not in {hit.expert_id for hit in (*rankings.exact,)}
    assert (await search(backend, "nuôi tôm")).by_words == ()
    assert [hit.expert_id for hit in (await search(backend, "MA-2")).exact] == [after.id]
    assert (await search(backend, "x", vector=axis(0), filters={"degree": ["ThS"]})).by_meaning == ()
    assert (await search(backend, "x", vector=axis(1), filters={"degree": ["TS"]})).by_meaning[0].score > 0


async def test_the_later_of_two_documents_of_one_batch_stays(backend: SearchBackend) -> None:
    first = person("Một", "Nuôi tôm")
    second = person("Một", "Đất phèn", id=first.id)

    await put(backend, first, second)

    assert await backend.count() == 1
    assert (await search(backend, "nuôi tôm")).by_words == ()
    assert [hit.expert_id for hit in (await search(backend, "đất phèn")).by_words] == [first.id]


async def test_the_deleted_are_gone_from_every_ranking_and_unknown_ids_are_ignored(backend: SearchBackend) -> None:
    stays, goes = (person(f"Nguyễn {given} Lành", "Nuôi tôm", identifiers=(given,)) for given in ("Thị", "Văn"))
    await backend.upsert([stays, goes], [axis(0)[None, :], axis(1)[None, :]])

    await backend.delete([goes.id, uuid4()])
    await backend.delete([])
    rankings = await search(backend, "nguyễn lành nuôi tôm", vector=axis(1))

    assert await backend.count() == 1
    for ranking in (rankings.by_words, rankings.by_meaning):
        assert [hit.expert_id for hit in ranking] == [stays.id]
    assert (await search(backend, "Nguyễn Văn Lành")).exact == ()


async def test_deleting_and_adding_again_ranks_as_before(backend: SearchBackend) -> None:
    people = [person(f"Người {n}", "Nuôi tôm", biography="x " * n) for n in range(4)]
    await put(backend, *people)
    before = (await search(backend, "nuôi tôm")).by_words

    await backend.delete([one.id for one in people[:2]])
    await put(backend, *people[:2])

    after = {hit.expert_id: hit.score for hit in (await search(backend, "nuôi tôm")).by_words}
    assert after == pytest.approx({hit.expert_id: hit.score for hit in before})


async def test_writers_at_the_same_time_do_not_lose_each_other(backend: SearchBackend) -> None:
    people = [person(f"Người {n}", "Nuôi tôm", f"Việc thứ {n}") for n in range(12)]

    await asyncio.gather(*(put(backend, *people[start::4]) for start in range(4)), put(backend, *people[:3]))

    assert await backend.count() == 12
    assert len((await search(backend, "nuôi tôm")).by_words) == 12


async def test_documents_and_vectors_must_fit(backend: SearchBackend) -> None:
    with pytest.raises(ValueError, match="vectors"):
        await backend.upsert([person("Một", "a", "b")], [axis(0)[None, :]])

    assert await backend.count() == 0


async def test_text_with_quotes_backslashes_and_long_words_is_kept(backend: SearchBackend) -> None:
    one = person("D'Arcy O\\Neil", "it's a 'quoted' \\ text", "a" * 3000, "\x00NUL\x00 bên trong")
    await put(backend, one)

    for query in ("d'arcy", "quoted", "bên trong"):
        assert {hit.expert_id for hit in (await search(backend, query)).by_words} == {one.id}


# -- building anew


async def test_rebuilding_replaces_the_index_and_searches_go_on_meanwhile(backend: SearchBackend) -> None:
    old, new = person("Cũ", "Nuôi tôm"), person("Mới", "Nuôi tôm")
    await put(backend, old)

    async with backend.rebuilding() as beside:
        await beside.upsert([new], [axis(0)[None, :]])
        meanwhile = await search(backend, "nuôi tôm")
    after = await search(backend, "nuôi tôm", vector=axis(0))

    assert [hit.expert_id for hit in meanwhile.by_words] == [old.id]
    assert [hit.expert_id for hit in after.by_words] == [new.id]
    assert [hit.expert_id for hit in after.by_meaning] == [new.id]
    assert await backend.count() == 1


async def test_a_rebuilt_index_ranks_like_one_that_grew(backend: SearchBackend) -> None:
    people = [person(f"Người {n}", "Nuôi tôm " * (n + 1), "Đất phèn", biography="chữ " * n) for n in range(6)]
    vectors: list[Vectors | None] = [np.stack([axis(n % 4), axis(n % 3)]) for n in range(6)]
    for one, rows in zip(people, vectors, strict=True):
        await backend.upsert([one], [rows])
    query = ExpertQuery(text="nuôi tôm", vector=axis(1))
    grown = await backend.search(query)

    async with backend.rebuilding() as beside:
        await beside.upsert(people, vectors)
    rebuilt = await backend.search(query)

    assert {h.expert_id: h.score for h in rebuilt.by_words} == pytest.approx(
        {h.expert_id: h.score for h in grown.by_words}
    )
    assert {h.expert_id: h.score for h in rebuilt.by_meaning} == pytest.approx(
        {h.expert_id: h.score for h in grown.by_meaning}, abs=0.02
    )


async def test_a_rebuild_that_fails_leaves_the_old_index(backend: SearchBackend) -> None:
    old = person("Cũ", "Nuôi tôm")
    await put(backend, old)

    async def fail() -> None:
        async with backend.rebuilding() as beside:
            await beside.upsert([person("Mới", "Nuôi tôm")], [None])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert [hit.expert_id for hit in (await search(backend, "nuôi tôm")).by_words] == [old.id]


async def test_writing_goes_on_after_a_rebuild(backend: SearchBackend) -> None:
    async with backend.rebuilding() as beside:
        await beside.upsert([person("Mới", "Nuôi tôm")], [None])
    later = person("Sau", "Đất phèn")
    await put(backend, later)

    assert [hit.expert_id for hit in (await search(backend, "đất phèn")).by_words] == [later.id]
    assert await backend.count() == 2


async def test_searches_under_way_never_miss_during_rebuilds(backend: SearchBackend) -> None:
    one = person("Một", "Nuôi tôm")
    await put(backend, one)
    done = asyncio.Event()
    seen: list[set[UUID]] = []

    async def keep_searching() -> None:
        while not done.is_set():
            seen.append({hit.expert_id for hit in (await search(backend, "nuôi tôm")).by_words})

    searching = asyncio.create_task(keep_searching())
    for _ in range(3):
        async with backend.rebuilding() as beside:
            await beside.upsert([one], [None])
    done.set()
    await searching

    assert len(seen) > 3
    assert all(ids == {one.id} for ids in seen)


# -- when it is not there (PostgreSQL's own ways of not being there)


async def test_a_missing_index_is_reported_as_unavailable(backend: PostgresqlBackend) -> None:
    await backend.drop()

    for call in (
        search(backend, "nuôi tôm"),
        backend.count(),
        put(backend, person("Một", "Nuôi tôm")),
        backend.delete([uuid4()]),
    ):
        with pytest.raises(SearchUnavailableError):
            await call


async def test_a_database_that_cannot_be_reached_is_reported_as_unavailable() -> None:
    pool = AsyncConnectionPool("postgresql://nobody@/none?host=/nonexistent", open=False, timeout=0.2)
    await pool.open(wait=False)
    try:
        with pytest.raises(SearchUnavailableError):
            await search(PostgresqlBackend(pool), "nuôi tôm")
    finally:
        await pool.close()


async def test_creating_twice_keeps_what_is_there(backend: PostgresqlBackend) -> None:
    await put(backend, person("Một", "Nuôi tôm"))

    await asyncio.gather(backend.create(), backend.create())

    assert await backend.count() == 1


async def test_dropping_leaves_other_tables_of_the_schema_alone(url: str, pool: AsyncConnectionPool) -> None:
    backend = PostgresqlBackend(pool, schema="shared_schema", dimensions=DIMENSIONS)
    await backend.create()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table shared_schema.vector_cache (hash bytea)")

        await backend.drop()
        await backend.drop()
        async with backend.rebuilding() as beside:
            await beside.upsert([person("Một", "Nuôi tôm")], [None])

        tables = connection.execute("select tablename from pg_tables where schemaname = 'shared_schema'").fetchall()
    assert {"vector_cache", "document"} <= {name for (name,) in tables}
    assert await backend.count() == 1


async def test_the_version_grows_with_every_change(backend: PostgresqlBackend) -> None:
    versions = [await backend.version()]
    one = person("Một", "Nuôi tôm")
    await put(backend, one)
    versions.append(await backend.version())
    async with backend.rebuilding() as beside:
        await beside.upsert([one], [None])
    versions.append(await backend.version())
    await backend.delete([one.id])
    versions.append(await backend.version())

    assert versions == sorted(set(versions))
