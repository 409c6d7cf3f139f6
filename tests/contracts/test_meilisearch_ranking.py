"""What Meilisearch finds is ranked as the index in PostgreSQL ranks it, to the same scores.

The server here finds nothing: it gives every document to every question, and counts that the test has taken itself. So
this shows what is made of an answer; what a Meilisearch would find, it does not show.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from search.backends.lexemes import words_of
from search.backends.meilisearch import MeilisearchBackend
from search.backends.meilisearch_documents import number_key, to_stored
from search.backends.postgresql import PostgresqlBackend
from search.documents import ExpertDocument
from search.embedding.embedder import Vectors
from search.query import ExpertQuery, Hit
from tests.contracts.http_servers import recording
from tests.contracts.indexed import EMBEDDER, axis, person
from tests.contracts.meilisearch_recorded import backend_of, state_of

PEOPLE = [
    person("Nguyễn Văn Khiết", "Nuôi tôm ở vùng ven biển. Góp ý Kế hoạch 192/KH-UBND.", identifiers=("CG-0147",)),
    person("Trần Thị Lành", "Đất phèn và xâm nhập mặn", "Nuối tóm", biography="Bà nghiên cứu đất phèn."),
    person("Lê Hữu Trạc", "Kinh tế biển ĐBSCL", organisations=("Viện Kinh tế",), keywords=("tôm",)),
    person("Lê Hữu Trác", "Đánh giá tác động môi trường của nuôi tôm", "Nuoi tom khong dau"),
    person("Phạm Minh Đức", "Aquaculture economics of shrimp", biography="x " * 60),
    person("Andrew Lạc", "Nuôi trồng thủy sản đồng bằng sông Cửu Long"),
]
ROWS: list[Vectors | None] = [
    axis(0)[None, :],
    np.stack([axis(1), axis(2, tilt=0.4)]),
    axis(0, tilt=0.5)[None, :],
    None,
    axis(3)[None, :],
    axis(4, tilt=0.2)[None, :],
]
QUERIES = [
    ExpertQuery(text="nuôi tôm", vector=axis(0), embedder_id=EMBEDDER),
    ExpertQuery(text="nuoi tom"),
    ExpertQuery(text="Kinh tế ĐBSCL", vector=axis(1, tilt=0.3)),
    ExpertQuery(
        text="nuôi trồng thủy sản ở đồng bằng sông Cửu Long và đất phèn", vector=axis(2), parts=np.stack([axis(1)])
    ),
    ExpertQuery(text="192/KH-UBND"),
    ExpertQuery(text="Lê Hữu Trác"),
    ExpertQuery(text="le huu trac kinh te"),
    ExpertQuery(text="Nguyễn Văn Khiêtt"),
    ExpertQuery(text="CG-0147"),
    ExpertQuery(text="shrimp aquaculture", vector=axis(3)),
]


def giving_everybody(people: Sequence[ExpertDocument], rows: Sequence[Vectors | None]) -> Any:
    state = state_of(*zip(people, rows, strict=True), embedder_id=EMBEDDER)
    stored = [to_stored(*pair) for pair in zip(people, rows, strict=True)]
    words = [{number_key(word) if "/" in word else word for word in words_of(one).lexemes} for one in people]

    def results(query: dict[str, Any]) -> dict[str, Any]:
        wanted, typed = query.get("filter", ""), query.get("q", "")
        if wanted == 'kind = "state"':
            return {"hits": [state]}
        if "facets" in query:
            return {"facetDistribution": {"syllables": {name: 1 for one in stored for name in one.syllables}}}
        if not query["limit"] and wanted.startswith("syllables"):
            return {"estimatedTotalHits": sum(f'"{name}"' in wanted for one in stored for name in one.syllables)}
        if not query["limit"]:
            return {"estimatedTotalHits": sum(typed.strip('"') in held for held in words)}
        codes = re.findall(r'"([^"]*)"', wanted) if wanted.startswith("codes") else None
        found = [one for one in stored if codes is None or set(codes) & set(one.codes)]
        return {"hits": [msgspec.to_builtins(one) for one in found]}

    return results


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.text)
async def test_what_is_found_is_ranked_like_in_postgresql(in_postgresql: PostgresqlBackend, query: ExpertQuery) -> None:
    await in_postgresql.upsert(PEOPLE, ROWS)
    with recording(results=giving_everybody(PEOPLE, ROWS)) as recorder:
        in_meilisearch: MeilisearchBackend = backend_of(recorder, embedder_id=EMBEDDER)
        there = await in_meilisearch.search(query)
        in_meilisearch.close()
    here = await in_postgresql.search(query)

    assert _scores(there.exact) == pytest.approx(_scores(here.exact))
    assert _scores(there.by_words) == pytest.approx(_scores(here.by_words))
    assert _scores(there.by_meaning) == pytest.approx(_scores(here.by_meaning), abs=1e-3)
    assert [(hit.expert_id, hit.field) for hit in there.by_words] == [
        (hit.expert_id, hit.field) for hit in here.by_words
    ]
    assert {hit.expert_id: hit.chunk for hit in there.by_meaning} == {
        hit.expert_id: hit.chunk for hit in here.by_meaning
    }


def _scores(hits: Sequence[Hit]) -> dict[Any, float]:
    return {hit.expert_id: hit.score for hit in hits}
