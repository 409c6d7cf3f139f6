"""How good a ranking is, by judgements. Pure; the definitions are those of the scorers that come with the collections.

A ranking is a list of ids, best first; an id that comes twice counts where it comes first.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


def ndcg(ranking: Sequence[Id], grades: Mapping[Id, int], k: int = 10) -> float:
    """Gain 2^grade - 1, log2 discount, against the best order of all graded ids; 0 when nothing has a grade."""
    ideal = _dcg(sorted(grades.values(), reverse=True)[:k])
    return _dcg([grades.get(item, 0) for item in _first(ranking, k)]) / ideal if ideal else 0.0


def recall(ranking: Sequence[Id], relevant: Collection[Id], k: int) -> float:
    """Share of the relevant ids among the first k; 0 when there are none."""
    return len(set(relevant) & set(_first(ranking, k))) / len(set(relevant)) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[Id], relevant: Collection[Id]) -> float:
    """1 / rank of the first relevant id; 0 when none is ranked."""
    wanted = set(relevant)
    return next((1 / place for place, item in enumerate(_first(ranking, None), 1) if item in wanted), 0.0)


def coverage(
    panel: Sequence[Id], aspects: Mapping[Id, Collection[str]], required: Collection[str], size: int = 7
) -> float:
    """Share of the required aspects that one of the first `size` members covers."""
    covered = {aspect for member in panel[:size] for aspect in aspects.get(member, ())}
    return len(covered & set(required)) / len(set(required)) if required else 0.0


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A directory search with the experts who belong on its first page; `first` is who must come first, if anybody."""

    id: str
    text: str
    kind: str
    relevant: tuple[str, ...]
    first: str | None


@dataclass(frozen=True, slots=True)
class QueryScore:
    """Means over some queries; `first_hit` is over the `with_first` queries that have a `first`, None without any."""

    queries: int
    recall: float
    reciprocal_rank: float
    first_hit: float | None
    with_first: int


def score_queries(
    run: Mapping[str, Sequence[str]], judged: Sequence[JudgedQuery], k: int = 10
) -> dict[str, QueryScore]:
    """By kind, and "all". A query that is missing from the run counts as not answered."""
    kinds: dict[str, list[JudgedQuery]] = {"all": list(judged)}
    for query in judged:
        kinds.setdefault(query.kind, []).append(query)
    return {kind: _mean(run, queries, k) for kind, queries in kinds.items()}


def _mean(run: Mapping[str, Sequence[str]], queries: Sequence[JudgedQuery], k: int) -> QueryScore:
    firsts = [float(list(run.get(query.id, ()))[:1] == [query.first]) for query in queries if query.first is not None]
    count = len(queries)
    return QueryScore(
        queries=count,
        recall=sum(recall(run.get(q.id, ()), q.relevant, k) for q in queries) / count if count else 0.0,
        reciprocal_rank=sum(reciprocal_rank(run.get(q.id, ()), q.relevant) for q in queries) / count if count else 0.0,
        first_hit=sum(firsts) / len(firsts) if firsts else None,
        with_first=len(firsts),
    )


def _dcg(grades: Iterable[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def _first(ranking: Sequence[Id], k: int | None) -> list[Id]:
    return list(dict.fromkeys(ranking))[:k]
