"""What every index backend must do (search/backend.py): everybody who belongs to a result, however many they are."""

from __future__ import annotations

from uuid import UUID

import pytest

from search.backend import SearchBackend
from search.query import Rankings, no_ids
from search.vietnamese import fold
from tests.contracts.indexed import axis, person, put, search


def everybody(rankings: Rankings) -> list[UUID]:
    """Each person as often as they are named; `by_words` may repeat `exact`."""
    named = {hit.expert_id for hit in (*rankings.exact, *rankings.by_words)}
    return [*named, *(UUID(bytes=one.tobytes()) for one in rankings.others)]


async def test_a_thousand_people_who_hold_a_word_all_come_out_and_none_twice(backend: SearchBackend) -> None:
    people = [
        person(f"Người {n}", "Nuôi tôm", facets={"degree": ("TS",) if n < 400 else ("ThS",)}) for n in range(1000)
    ]
    await put(backend, *people, *(person(f"Khác {n}", "Luật dân sự") for n in range(20)))

    for query in ("tôm", "nuôi tôm", "NUOI TOM"):
        found = everybody(await search(backend, query, limit=50, with_others=True))
        assert len(found) == 1000
        assert set(found) == {one.id for one in people}
    filtered = everybody(await search(backend, "tôm", limit=50, with_others=True, filters={"degree": ["TS"]}))
    assert sorted(filtered) == sorted(one.id for one in people[:400])


async def test_others_are_given_only_when_asked_for(backend: SearchBackend) -> None:
    await put(backend, *(person(f"Người {n}", "Nuôi tôm") for n in range(5)))

    assert len((await search(backend, "nuôi tôm", limit=2)).others) == 0
    assert len((await search(backend, "nuôi tôm", limit=2, with_others=True)).others) == 3


async def test_others_hold_the_words_as_typed_or_typed_without_marks(backend: SearchBackend) -> None:
    wanted = [person(f"Một {n}", text) for n, text in enumerate(["nuôi tôm", "Nuoi tom", "tôm được nuôi"])]
    await put(backend, *wanted, person("Hai", "nuối tóm"))

    assert set(everybody(await search(backend, "nuôi tôm", limit=1, with_others=True))) == {one.id for one in wanted}


async def test_others_may_hold_a_synonym(backend: SearchBackend) -> None:
    wanted = [person(f"Một {n}", text) for n, text in enumerate(["Ứng dụng AI", "Ứng dụng trí tuệ nhân tạo"])]
    await put(backend, *wanted, person("Hai", "Trí thức trẻ"))

    assert set(everybody(await search(backend, "AI", limit=1, with_others=True))) == {one.id for one in wanted}


async def test_a_common_word_beside_a_rare_one_lists_nobody_for_the_common_one_alone(backend: SearchBackend) -> None:
    rare = [person(f"Hiếm {n}", "nghiên cứu sao biển gai") for n in range(3)]
    await put(backend, *rare, *(person(f"Chung {n}", "nghiên cứu nông thôn") for n in range(200)))

    rankings = await search(backend, "nghiên cứu sao biển gai", limit=2, with_others=True)

    assert {UUID(bytes=one.tobytes()) for one in rankings.others} < {one.id for one in rare}


async def test_a_part_of_a_name_that_was_asked_for_lists_nobody(backend: SearchBackend) -> None:
    wanted = person("Nguyễn Văn Lành", "Nuôi tôm")
    await put(backend, wanted, *(person(f"Nguyễn Văn Số{n}", "Nuôi tôm") for n in range(50)))

    rankings = await search(backend, "Nguyễn Văn Lành", limit=5, with_others=True)

    assert [hit.expert_id for hit in rankings.exact] == [wanted.id]
    assert len(rankings.others) == 0


@pytest.mark.parametrize("query", ["", "zzzzzz", "&|!()<>:*", "'\\\"; drop table"])
async def test_a_query_without_a_known_word_has_no_others(backend: SearchBackend, query: str) -> None:
    await put(backend, person("Một", "Nuôi tôm"))

    assert (await search(backend, query, with_others=True)).others.tobytes() == no_ids().tobytes()


async def test_others_keep_to_words_whatever_is_near_in_meaning(backend: SearchBackend) -> None:
    holds, near = person("Một", "Nuôi tôm"), person("Hai", "Thủy sản")
    await backend.upsert([holds, near], [axis(0)[None, :], axis(1)[None, :]])

    rankings = await search(backend, "nuôi tôm", vector=axis(1), limit=5, with_others=True)

    assert everybody(rankings) == [holds.id]


@pytest.mark.parametrize("typed", ["marked", "unmarked"])
async def test_nobody_who_holds_every_word_of_a_long_query_is_missing(backend: SearchBackend, typed: str) -> None:
    topic = "nghiên cứu mô hình nuôi cua lột bằng lồng nhựa nổi vùng hạ"
    people = [person(f"Người {n}", topic) for n in range(60)]
    await put(backend, *people, *(person(f"Khác {n}", "nghiên cứu mô hình nuôi cua") for n in range(20)))

    text = topic if typed == "marked" else fold(topic)
    rankings = await search(backend, text, limit=5, with_others=True)

    assert len(rankings.by_words) == 5
    assert set(everybody(rankings)) == {one.id for one in people}
    assert len(everybody(rankings)) == 60
