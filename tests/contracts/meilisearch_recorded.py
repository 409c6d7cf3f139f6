"""A recording server that says of itself what a small index would, and a backend that talks to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from search.backends.meilisearch import MeilisearchBackend
from search.backends.meilisearch_documents import StoredState, changed_state, share_of, to_stored
from search.documents import ExpertDocument
from tests.contracts.http_servers import Recorder
from tests.contracts.indexed import DIMENSIONS, SYNONYMS, axis, person

PEOPLE = [
    person(
        "Nguyễn Văn Khiết",
        "Nuôi tôm ở vùng ven biển. Góp ý Kế hoạch 192/KH-UBND.",
        aliases=("Khiet Nguyen",),
        identifiers=("CG-0147",),
        facets={"degree": ("TS",), "unit": ('Phường "Rạch Giá" \\ An Bình',)},
        biography="Ông nuôi tôm.",
    ),
    person("Trần Thị Lành", "Đất phèn"),
]
ROWS = [axis(0)[None, :], None]


def state_of(*pairs: tuple[ExpertDocument, Any], embedder_id: str | None = "model") -> dict[str, Any]:
    state = StoredState(embedder_id=embedder_id, dimensions=DIMENSIONS)
    stored = [to_stored(document, rows) for document, rows in pairs]
    state = changed_state(state, gone=(), come=[share_of(one.length, one.chunks, DIMENSIONS) for one in stored])
    return msgspec.to_builtins(state)  # type: ignore[no-any-return]


def giving_state(state: dict[str, Any] | None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def results(query: dict[str, Any]) -> dict[str, Any]:
        if query.get("filter") == 'kind = "state"':
            return {"hits": [state] if state is not None and query["indexUid"] == "experts" else []}
        if query.get("filter") == 'kind = "expert"':
            return {"estimatedTotalHits": 2}
        if query.get("facets"):
            return {"facetDistribution": {"syllables": {"nguyen": 5, "van": 3, "khiet": 1}}}
        if query.get("q", "").startswith('"') or str(query.get("filter", "")).startswith("syllables ="):
            return {"estimatedTotalHits": 0 if "khiett" in str(query) else 3}
        return {}

    return results


def backend_of(recorder: Recorder, **options: Any) -> MeilisearchBackend:
    return MeilisearchBackend(
        recorder.url, "the-key", synonyms=SYNONYMS, dimensions=DIMENSIONS, **({"embedder_id": "model"} | options)
    )
