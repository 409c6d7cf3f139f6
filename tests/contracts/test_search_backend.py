"""What every index backend must do (search/backend.py), first part: words.

Hard queries, names and codes, meaning, filters, who belongs to a result, and what is written have files of their own
beside this one.
"""

from __future__ import annotations

import unicodedata

import pytest

from search.backend import SearchBackend
from tests.contracts.indexed import found, person, put, search

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
