"""What is asked of an index, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from search.embedding.embedder import Vectors

IdArray = NDArray[np.void]  # ids as their 16 bytes, dtype V16: a hundred thousand of them cost nothing to hand over


WHOLE_NAME = 0.3


def no_ids() -> IdArray:
    return np.empty(0, "V16")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertQuery:
    """A search as typed. `vector` comes from `Embeddings.directions`, or is None when there is no embedder.

    `parts` are the same for stretches of a longer query, one row each: whoever answers all of them goes before whoever
    answers one. A backend may leave them out.

    `filters`: facet name → wanted values (any of them); several facets must all hold.

    `embedder_id` says whose vectors `vector` and `parts` are: an index that holds another's answers by words alone.
    `with_others` asks for `Rankings.others`.
    """

    text: str
    vector: Vectors | None = None
    parts: Vectors | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limit: int = 100
    embedder_id: str | None = None
    with_others: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """`field` names what matched: name, organisation, fields, keywords, biography, evidence, identifier.

    Scores mean the same in every query. By words: the share of the query's words, weighted by rarity, that the document
    answers (1 is all of it). By meaning: the cosine less what all texts of a language have in common. Exact: how well
    name or code fit, at most 1; below WHOLE_NAME only the given name does.
    """

    expert_id: UUID
    score: float
    field: str
    chunk: int | None = None  # ordinal of the best evidence chunk, where the backend knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rankings:
    """Best first. `exact` holds people whose name, code or ORCID the query gives; they go before all others.

    `others`: everybody else who holds enough of the query's words to belong to its result, unscored and in no order;
    empty unless asked for. Nobody is in it who stands in `exact` or `by_words`. With it, nobody who holds every word of
    the query is missing, however many they are.
    """

    exact: tuple[Hit, ...] = ()
    by_words: tuple[Hit, ...] = ()
    by_meaning: tuple[Hit, ...] = ()
    others: IdArray = field(default_factory=no_ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rankings) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.exact, self.by_words, self.by_meaning, self.others.tobytes()
