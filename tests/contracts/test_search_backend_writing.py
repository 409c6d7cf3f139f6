"""What every index backend must do (search/backend.py): what is written, and building anew."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import numpy as np
import pytest

from search.backend import SearchBackend
from search.embedding.embedder import Vectors
from search.fusion import fuse
from search.query import ExpertQuery
from tests.contracts.indexed import axis, person, put, search

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
    assert goes.id not in {hit.expert_id for hit in (await search(backend, "Nguyễn Văn Lành")).exact}


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


async def test_what_comes_after_a_rebuild_was_finished_is_in_the_new_index_as_well(backend: SearchBackend) -> None:
    people = [person(f"Người {n}", "Nuôi tôm " * (n + 1), "Đất phèn", biography="chữ " * n) for n in range(6)]
    vectors: list[Vectors | None] = [np.stack([axis(n % 4), axis(n % 3)]) for n in range(6)]
    for one, rows in zip(people, vectors, strict=True):
        await backend.upsert([one], [rows])
    query = ExpertQuery(text="nuôi tôm", vector=axis(1))
    grown = await backend.search(query)

    async with backend.rebuilding() as beside:
        await beside.upsert([*people[:4], person("Đi", "Nuôi tôm", id=(gone := uuid4()))], [*vectors[:4], None])
        await beside.finish()
        await beside.upsert(people[3:], vectors[3:])
        await beside.delete([gone])
    rebuilt = await backend.search(query)

    assert await backend.ids() == {one.id for one in people}
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


async def test_rebuilds_at_the_same_time_wait_for_each_other(backend: SearchBackend) -> None:
    one = person("Một", "Nuôi tôm")
    await put(backend, one)
    under_way = 0
    at_once = []

    async def rebuild() -> None:
        nonlocal under_way
        async with backend.rebuilding() as beside:
            under_way += 1
            at_once.append(under_way)
            await beside.upsert([one], [None])
            await asyncio.sleep(0.05)
            under_way -= 1

    await asyncio.gather(rebuild(), rebuild())

    assert at_once == [1, 1]
    assert [hit.expert_id for hit in (await search(backend, "nuôi tôm")).by_words] == [one.id]


async def test_whom_a_rebuild_writes_and_removes_again_is_not_in_the_new_index(backend: SearchBackend) -> None:
    stays, goes, old = person("Ở", "Nuôi tôm"), person("Đi", "Nuôi tôm"), person("Cũ", "Nuôi tôm")
    await put(backend, old)

    async with backend.rebuilding() as beside:
        await put(beside, stays, goes)
        await put(beside, stays)
        await beside.delete([goes.id, uuid4()])

    assert await backend.count() == 1
    rankings = await search(backend, "nuôi tôm", limit=1, with_others=True)
    assert [hit.expert_id for hit in rankings.by_words] == [stays.id]
    assert len(rankings.others) == 0


async def test_a_stale_index_answers_with_what_it_holds_until_it_is_told(backend: SearchBackend) -> None:
    before = person("Tên Cũ", "Nuôi tôm")
    await put(backend, before)

    assert [hit.expert_id for hit in (await search(backend, "Tên Cũ")).exact] == [before.id]
    await put(backend, person("Tên Mới", "Nuôi tôm", id=before.id))
    assert (await search(backend, "Tên Cũ")).exact == ()
    assert [hit.expert_id for hit in (await search(backend, "Tên Mới")).exact] == [before.id]
    await backend.delete([before.id])
    assert (await search(backend, "Tên Mới")).exact == ()


async def test_an_index_that_is_rebuilt_empty_is_empty(backend: SearchBackend) -> None:
    await put(backend, person("Một", "Nuôi tôm"))

    async with backend.rebuilding():
        pass

    assert await backend.count() == 0
    assert (await search(backend, "nuôi tôm")).by_words == ()
