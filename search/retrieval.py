"""A search from start to end: the query's vector, both rankings, their fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.embedding.embedder import Vectors
from search.errors import EmbeddingError
from search.fusion import FusedHit, fuse
from search.query import ExpertQuery

_DEPTH = 300  # of each ranking: deep enough that a hit of both is seen in both


async def find_experts(
    backend: SearchBackend,
    embeddings: Embeddings,
    text: str,
    *,
    filters: Mapping[str, Sequence[str]] | None = None,
    limit: int = _DEPTH,
) -> list[FusedHit]:
    """Best first. Without a working embedder by words alone. Raises SearchUnavailableError."""
    query = ExpertQuery(
        text=text, vector=await query_vector(embeddings, text), filters=filters or {}, limit=max(limit, _DEPTH)
    )
    return fuse(await backend.search(query), limit)


async def query_vector(embeddings: Embeddings, text: str) -> Vectors | None:
    """None when there is no embedder, or nothing in the text to embed."""
    try:
        vector: Vectors = (await embeddings.directions([text]))[0]
    except EmbeddingError:
        return None
    return vector if vector.any() else None


async def rank_queries(
    backend: SearchBackend, embeddings: Embeddings, queries: Mapping[str, str], *, limit: int = 50
) -> dict[str, list[UUID]]:
    """Query id → ids of experts, best first: what `trithuc evaluate` writes for a collection's queries."""
    return {
        query_id: [hit.expert_id for hit in await find_experts(backend, embeddings, text, limit=limit)]
        for query_id, text in queries.items()
    }
