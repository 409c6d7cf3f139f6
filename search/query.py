"""What is asked of an index, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from search.embedding.embedder import Vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertQuery:
    """A search as typed. `vector` comes from `Embeddings.directions`, or is None when there is no embedder.

    `parts` are the same for stretches of a longer query, one row each: whoever answers all of them goes before whoever
    answers one. A backend may leave them out.

    `filters`: facet name → wanted values (any of them); several facets must all hold.
    """

    text: str
    vector: Vectors | None = None
    parts: Vectors | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """`field` names what matched: name, organisation, fields, keywords, biography, evidence, identifier.

    Scores mean the same in every query. By words: the share of the query's words, weighted by rarity, that the document
    answers (1 is all of it). By meaning: the cosine less what all texts of a language have in common. Exact: how well
    name or code fit, at most 1.
    """

    expert_id: UUID
    score: float
    field: str
    chunk: int | None = None  # ordinal of the best evidence chunk, where the backend knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rankings:
    """Best first. `exact` holds people whose name, code or ORCID the query gives; they go before all others."""

    exact: tuple[Hit, ...] = ()
    by_words: tuple[Hit, ...] = ()
    by_meaning: tuple[Hit, ...] = ()
