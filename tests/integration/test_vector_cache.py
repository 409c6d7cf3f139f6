"""Vectors of texts: each embedded once, kept in PostgreSQL or shipped in a file."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from search.embedding.cache import Embeddings, open_embeddings
from search.embedding.embedder import Vectors
from search.errors import EmbedderUnavailableError, EmbeddingRefusedError

TEXTS = ["nuôi tôm", "xâm nhập mặn", "đất phèn"]


class CountingEmbedder:
    """A real, if crude, embedder: a text's vector comes from its letters. It remembers what it was asked."""

    embedder_id = "letters-1"
    dimensions = 16

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_broken = False

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, 1)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, 2)

    def _embed(self, texts: Sequence[str], shift: int) -> Vectors:
        if self.is_broken:
            raise EmbedderUnavailableError("it is broken")
        for index, text in enumerate(texts):
            if "refuse" in text:
                raise EmbeddingRefusedError(index, "it says so")
        self.asked += texts
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for letter in unicodedata.normalize("NFC", text):
                row[(ord(letter) * shift) % self.dimensions] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def close(self) -> None:
        pass


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    async with AsyncConnectionPool(database_url, open=False, min_size=1, max_size=3) as pool:
        yield pool


async def test_a_text_is_embedded_once_whatever_asks_for_it_again(pool: AsyncConnectionPool) -> None:
    embedder = CountingEmbedder()
    first = await Embeddings(embedder, pool).passages([*TEXTS, TEXTS[0]])

    second = await Embeddings(embedder, pool).passages([*TEXTS[::-1], unicodedata.normalize("NFD", TEXTS[0]) + " "])

    assert embedder.asked == TEXTS
    assert np.array_equal(first[[2, 1, 0, 0]], second)
    assert np.linalg.norm(first, axis=1) == pytest.approx([1] * 4, abs=1e-6)


async def test_a_table_dropped_meanwhile_is_made_again(pool: AsyncConnectionPool, database_url: str) -> None:
    embeddings = Embeddings(CountingEmbedder(), pool)
    before = await embeddings.passages(TEXTS)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop schema search cascade")

        assert np.array_equal(await embeddings.passages(TEXTS), before)

        kept = connection.execute("select count(*) from search.vector_cache").fetchone()
    assert kept == (3,)


async def test_queries_and_passages_and_models_are_kept_apart(pool: AsyncConnectionPool) -> None:
    embedder = CountingEmbedder()
    embeddings = Embeddings(embedder, pool)
    passages, queries = await embeddings.passages(TEXTS), await embeddings.queries(TEXTS)
    other = CountingEmbedder()
    other.embedder_id = "letters-2"  # type: ignore[misc]

    await Embeddings(other, pool).passages(TEXTS)

    assert not np.array_equal(passages, queries)
    assert (len(embedder.asked), len(other.asked)) == (6, 3)


async def test_kept_shipped_and_fresh_vectors_are_equal_to_the_bit(pool: AsyncConnectionPool, tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    embeddings = Embeddings(CountingEmbedder(), pool)
    fresh = await embeddings.passages(TEXTS)
    asked = await embeddings.queries(["tôm"])
    await embeddings.write_vector_file(file, passages=TEXTS, queries=["tôm"])
    idle = CountingEmbedder()
    shipped = Embeddings(idle, None, shipped=[tmp_path / "missing.npz", file])

    assert np.array_equal(await shipped.passages(TEXTS), fresh)
    assert np.array_equal(await shipped.queries(["tôm"]), asked)
    assert np.array_equal(await Embeddings(idle, pool).passages(TEXTS), fresh)
    await shipped.directions(["tôm"])
    assert idle.asked == [], "what directions need is shipped too"


async def test_the_same_texts_give_the_same_file(tmp_path: Path) -> None:
    for name, texts in (("a", TEXTS), ("b", TEXTS[::-1])):
        await Embeddings(CountingEmbedder()).write_vector_file(tmp_path / f"{name}.npz", passages=texts)

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


async def test_a_file_of_another_model_is_not_used(tmp_path: Path) -> None:
    other = CountingEmbedder()
    other.embedder_id = "letters-2"  # type: ignore[misc]
    await Embeddings(other).write_vector_file(tmp_path / "a.npz", passages=TEXTS)
    embedder = CountingEmbedder()

    await Embeddings(embedder, shipped=[tmp_path / "a.npz"]).passages(TEXTS)

    assert embedder.asked == TEXTS


async def test_progress_counts_only_what_had_to_be_embedded(pool: AsyncConnectionPool) -> None:
    embeddings = Embeddings(CountingEmbedder(), pool)
    await embeddings.passages([f"cũ {n}" for n in range(50)])
    seen: list[tuple[int, int]] = []

    await embeddings.passages([f"{age} {n}" for age in ("cũ", "mới") for n in range(100)], lambda *at: seen.append(at))

    assert seen == [(0, 150), (64, 150), (128, 150), (150, 150)]


async def test_what_was_embedded_before_a_failure_is_kept(pool: AsyncConnectionPool) -> None:
    embedder = CountingEmbedder()
    embeddings = Embeddings(embedder, pool)
    texts = [f"văn bản {n}" for n in range(100)]

    def break_after_the_first_batch(done: int, _total: int) -> None:
        embedder.is_broken = done > 0

    with pytest.raises(EmbedderUnavailableError):
        await embeddings.passages(texts, break_after_the_first_batch)
    assert (embeddings.is_available, embeddings.why_unavailable) == (False, "it is broken")
    embedder.is_broken = False
    await embeddings.passages(texts)

    assert len(embedder.asked) == 100
    assert embeddings.is_available


async def test_texts_that_cannot_be_embedded_have_a_row_of_zeros(pool: AsyncConnectionPool) -> None:
    embeddings = Embeddings(CountingEmbedder(), pool)

    vectors = await embeddings.passages(["nuôi tôm", "\ufdfa\x00", "refuse me", "đất phèn", ""])
    directions = await embeddings.directions(["", "nuôi tôm"])

    assert vectors.any(axis=1).tolist() == [True, False, False, True, False]
    assert directions.any(axis=1).tolist() == [False, True]


async def test_many_callers_at_once_do_not_get_in_each_others_way(pool: AsyncConnectionPool) -> None:
    embeddings = Embeddings(CountingEmbedder(), pool)
    texts = [f"văn bản {n}" for n in range(40)]

    answers = await asyncio.gather(*(embeddings.passages(texts[n:] + texts[:n]) for n in range(6)))

    assert all(np.array_equal(np.roll(answer, n, axis=0), answers[0]) for n, answer in enumerate(answers))


async def test_without_an_embedder_it_says_so(pool: AsyncConnectionPool, database_url: str) -> None:
    embeddings = open_embeddings("none", pool)

    with pytest.raises(EmbedderUnavailableError, match="TRITHUC_EMBEDDER"):
        await embeddings.passages(TEXTS)
    with pytest.raises(EmbedderUnavailableError):
        await embeddings.directions(TEXTS)

    assert (embeddings.embedder_id, embeddings.is_available, embeddings.dimensions) == (None, False, 0)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regclass('search.vector_cache')").fetchone() == (None,)
