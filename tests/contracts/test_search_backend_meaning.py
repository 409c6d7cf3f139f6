"""What every index backend must do (search/backend.py): meaning."""

from __future__ import annotations

import numpy as np

from search.backend import SearchBackend
from search.embedding.embedder import Vectors
from search.query import Rankings
from tests.contracts.indexed import DIMENSIONS, EMBEDDER, axis, person, search


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


async def test_the_first_person_in_a_language_is_found_by_meaning_at_once(backend: SearchBackend) -> None:
    many = person("Việt", *(f"nghiên cứu đất phèn số {n}" for n in range(40)))
    await backend.upsert([many], [np.stack([axis(2)] * 40)])
    first = person("English", "studies of mollusc hatcheries")

    await backend.upsert([first], [axis(0)[None, :]])

    assert first.id in {hit.expert_id for hit in (await search(backend, "x", vector=axis(0))).by_meaning}


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


async def test_a_vector_of_another_model_is_left_out_and_words_go_on(backend: SearchBackend) -> None:
    one = person("Một", "Nuôi tôm")
    await backend.upsert([one], [axis(0)[None, :]])
    other_size = np.ones(DIMENSIONS + 4, np.float32)

    same = await search(backend, "nuôi tôm", vector=axis(0), embedder_id=EMBEDDER)
    another = await search(backend, "nuôi tôm", vector=axis(0), embedder_id="another model")
    longer = await search(backend, "nuôi tôm", vector=other_size)

    assert await backend.embedder_id() == EMBEDDER
    assert [hit.expert_id for hit in same.by_meaning] == [one.id]
    for rankings in (another, longer):
        assert rankings.by_meaning == ()
        assert [hit.expert_id for hit in rankings.by_words] == [one.id]
