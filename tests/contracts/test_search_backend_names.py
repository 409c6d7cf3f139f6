"""What every index backend must do (search/backend.py): names and codes."""

from __future__ import annotations

import unicodedata

import pytest

from search.backend import SearchBackend
from search.query import Hit
from tests.contracts.indexed import person, put, search

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
        "Nguyễn V Khiết",
        "N. V. Khiết",
        "KHIẾT Nguyễn Văn",
        "TSKH. Nguyễn Văn Khiết",
        "Prof. Khiet Nguyen Van",
        "Ngyễn Văn Khiết",
        "Nguyễn Văn Khiếtt",
        "Nguyênx Văn Khiết",
        "ông Nguyễn Văn Khiết",
        "Nguyễn-Văn-Khiết",
        "Nguyễn  Văn\tKhiết",
        unicodedata.normalize("NFD", "Nguyễn Văn Khiết"),
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


async def test_where_nobody_bears_the_whole_name_its_given_name_is_meant(backend: SearchBackend) -> None:
    topic = "Ông Nguyễn và bà Văn viết về dương xỉ"
    people = [person("Trần Hải Dương"), person("Đường Lê Đương"), person("Lê Thu", topic), person("Dương An")]
    await put(backend, *people)

    plain = await search(backend, "nguyen van duong")
    spelled = await search(backend, "Nguyễn Văn Đương")

    assert {hit.expert_id for hit in plain.exact} == {people[0].id, people[1].id}
    assert [hit.expert_id for hit in spelled.exact] == [people[1].id]


async def test_a_single_word_with_its_capital_may_be_a_family_name(backend: SearchBackend) -> None:
    given, family, thing = person("Lê Văn Hồ"), person("Hồ Văn Sơn"), person("Một", "hồ chứa nước ngọt")
    await put(backend, thing, family, given)

    assert [hit.expert_id for hit in (await search(backend, "Hồ")).exact] == [given.id, family.id]
    assert [hit.expert_id for hit in (await search(backend, "hồ")).exact] == [given.id]


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


@pytest.mark.parametrize("query", ["đặng", "Đặng Đức", "đức đặng", "dang duc", "ĐẶNG ĐỨC"])
async def test_d_with_a_stroke_is_the_same_letter(backend: SearchBackend, query: str) -> None:
    wanted, other = person("Đặng Đức"), person("Lê Văn Tám")
    await put(backend, wanted, other)

    rankings = await search(backend, query)

    assert {hit.expert_id for hit in (*rankings.exact, *rankings.by_words)} == {wanted.id}


async def test_two_people_with_names_a_letter_apart_are_not_taken_for_each_other(backend: SearchBackend) -> None:
    people = [person("Trần Văn Tâm"), person("Trần Văn Tầm"), person("Trần Văn Tam"), person("Trần Văn Tan")]
    await put(backend, *people)

    exact = (await search(backend, "Trần Văn Tâm")).exact

    assert exact[0].expert_id == people[0].id
    assert people[3].id not in {hit.expert_id for hit in exact}


async def test_everybody_of_a_common_name_is_found_within_the_limit(backend: SearchBackend) -> None:
    people = [person("Nguyễn Văn An", f"Việc {n}") for n in range(30)]
    await put(backend, *people, person("Nguyễn Văn Ẩn"), person("Nguyễn Thị An"))

    rankings = await search(backend, "Nguyễn Văn An", limit=30)

    assert {hit.expert_id for hit in rankings.exact} == {one.id for one in people}
