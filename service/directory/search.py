"""A search of the directory: the index says who answers; counts, order and rows come from what the reader may see.

What a text finds does not depend on filters: they, the counts and the order work on one set of people, so that the
count beside a filter is the number of people that a click shows. Where the index is not there, or empty, simple words
in SQL answer, and a notice says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.errors import SearchUnavailableError
from search.fusion import FusedHit, fuse, meaning_score
from search.highlighting import QueryWords
from search.query import ExpertQuery, Rankings
from search.retrieval import ask_index, query_vectors
from search.vietnamese import syllables
from service.access.policy import Action, Actor, require
from service.directory.columns import Columns, Counted, FacetColumns, RowNumbers
from service.directory.facets import FACETS
from service.directory.late_edits import find_late_edits
from service.directory.reasons import FoundExpert, explain
from service.directory.search_rows import load_expert_rows, plain_word_search
from service.i18n import N_

PAGE_SIZE = 20
MOST_LISTED = 20_000  # of `list_found`
# How many hits of the index are scored. Others who hold enough of the words come after them, by name.
_DEPTH = 300
# Who belongs to a result: those who answer so much of the query in words (or half as much as the best) …
_ENOUGH_WORDS = 0.34
# … or, in a query of few words, somebody named Dương where "Đường" was typed: below those who are spelled so …
_ENOUGH_NAME = 0.1
_SHORT = 4
# … and, where nobody's name was asked for, those who stand out by meaning, in spreads over all experts.
_STANDS_OUT = 2.0
_BEHIND_THE_BEST = 2.5

NOT_INDEXED = N_(
    "The search index is not ready. These results come from a simple word search; better ones will follow."
)
BEHIND = N_(
    "The search index has not caught up with the latest edits. Those who wait for it are found by a simple word search."
)
WORDS_ONLY = N_("Searching by meaning is not available at the moment. These results come from words alone.")


class Sort(StrEnum):
    FIT = "fit"
    NAME = "name"  # Vietnamese order of the given name
    RECENT = "recent"  # newest dated work first
    LOAD = "load"  # fewest tasks in hand first


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySearch:
    """What was asked. `filters`: facet → wanted codes, see facets.FACETS; unknown ones find nobody.

    An empty text lists everybody. `sort` None is by fit where there is a text, else by name. `page` counts from 1.
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: Sort | None = None
    page: int = 1
    page_size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class FacetValue:
    """`count` people of the result have it; choosing it alone in its facet leaves just these."""

    code: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """Values with most people first."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Loosening:
    """So many people would be found if this facet's filter were left out."""

    facet: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryResults:
    """One page. `is_at_least`: more people than `total` may fit. `notices` are messages to translate; `loosening` is
    given when nobody fits, most people first; `total_without_filters`: whom the text alone finds."""

    rows: tuple[FoundExpert, ...]
    total: int
    is_at_least: bool
    sort: Sort
    facets: tuple[Facet, ...]
    loosening: tuple[Loosening, ...]
    notices: tuple[str, ...]
    total_without_filters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """Everybody of a result in its order, but for those beyond MOST_LISTED; the rest is as in DirectoryResults."""

    ids: tuple[UUID, ...]
    total: int
    is_at_least: bool
    notices: tuple[str, ...]


async def search_directory(
    session: AsyncSession,
    backend: SearchBackend,
    embeddings: Embeddings,
    actor: Actor,
    request: DirectorySearch,
    *,
    today: date,
    columns: FacetColumns,
    synonyms: Sequence[tuple[str, str]] = (),
) -> DirectoryResults:
    """Raises NotAllowedError. The number of statements does not depend on the number of rows.

    `synonyms` only serve to mark words; the backend has its own.
    """
    found = await _find(session, backend, embeddings, actor, request, today=today, columns=columns)
    start = (request.page - 1) * request.page_size
    ids = found.columns.ids_of(found.counted.rows[start : start + request.page_size])
    rows = await load_expert_rows(session, actor, ids, today=today)
    return DirectoryResults(
        rows=explain(rows, found.hits, QueryWords(request.text.strip(), synonyms)),
        total=len(found.counted.rows),
        is_at_least=found.is_at_least,
        sort=found.sort,
        facets=_facets(found.counted, request.filters),
        loosening=() if len(found.counted.rows) else _loosening(found.counted),
        notices=found.notices,
        total_without_filters=found.total_without_filters,
    )


async def list_found(
    session: AsyncSession,
    backend: SearchBackend,
    embeddings: Embeddings,
    actor: Actor,
    request: DirectorySearch,
    *,
    today: date,
    columns: FacetColumns,
) -> FoundList:
    """Whatever page was asked for. Raises NotAllowedError."""
    found = await _find(session, backend, embeddings, actor, request, today=today, columns=columns)
    return FoundList(
        ids=tuple(found.columns.ids_of(found.counted.rows[:MOST_LISTED])),
        total=len(found.counted.rows),
        is_at_least=found.is_at_least,
        notices=found.notices,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """`counted.rows` are in the order asked for."""

    columns: Columns
    counted: Counted
    hits: Mapping[UUID, FusedHit]
    sort: Sort
    is_at_least: bool
    notices: tuple[str, ...]
    total_without_filters: int


async def _find(
    session: AsyncSession,
    backend: SearchBackend,
    embeddings: Embeddings,
    actor: Actor,
    request: DirectorySearch,
    *,
    today: date,
    columns: FacetColumns,
) -> _Found:
    require(actor, Action.SEARCH_DIRECTORY)
    text = request.text.strip()
    answer = await _ask(session, backend, embeddings, text) if text else _Answer()
    current = await columns.current(session)
    sort = request.sort or (Sort.FIT if text else Sort.NAME)
    if text:
        scored = np.array([hit.expert_id.bytes for hit in answer.hits], "V16")
        best, others = current.rows_of(scored), current.rows_of(answer.rankings.others)
        others = current.in_name_order(others[~np.isin(others, best)])
        rows: RowNumbers = np.concatenate([best, others])
    else:
        rows = current.everybody()
    counted = current.count(rows, request.filters, today)
    ordered = _in_order(current, counted.rows, sort, is_everybody=not text)
    return _Found(
        columns=current,
        counted=Counted(ordered, counted.counts, counted.without),
        hits={hit.expert_id: hit for hit in answer.hits},
        sort=sort,
        is_at_least=answer.is_cut,
        notices=answer.notices,
        total_without_filters=len(rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """`hits`: those that belong, best first; `rankings.others` come after them. `is_cut`: more may belong."""

    hits: Sequence[FusedHit] = ()
    rankings: Rankings = field(default_factory=Rankings)
    is_cut: bool = False
    notices: tuple[str, ...] = ()


async def _ask(session: AsyncSession, backend: SearchBackend, embeddings: Embeddings, text: str) -> _Answer:
    vector, parts = await query_vectors(embeddings, text)
    query = ExpertQuery(
        text=text,
        vector=vector,
        parts=parts,
        limit=_DEPTH,
        embedder_id=embeddings.embedder_id,
        with_others=True,
    )
    try:
        rankings = await ask_index(backend, embeddings, query)
        hits = _that_belong(rankings, is_short=len(syllables(text)) <= _SHORT)
        if hits or await backend.count() > 0:
            # An index that was asked by meaning and names nobody holds no vectors, or another model's.
            is_by_words = not embeddings.is_available if vector is None else not rankings.by_meaning
            late = await find_late_edits(session)
            notices = (*((BEHIND,) if late else ()), *((WORDS_ONLY,) if is_by_words else ()))
            return _Answer(hits=[*hits, *await _also(session, text, late, hits)], rankings=rankings, notices=notices)
        is_missing = False  # an empty index of an empty directory is as it should be
    except SearchUnavailableError:
        is_missing = True
    hits = await plain_word_search(session, text, limit=MOST_LISTED)
    return _Answer(
        hits=hits,
        is_cut=len(hits) == MOST_LISTED,
        notices=(NOT_INDEXED,) if hits or is_missing else (),
    )


async def _also(session: AsyncSession, text: str, late: set[UUID], hits: Sequence[FusedHit]) -> list[FusedHit]:
    """Those of `late` who have the words and whom the index does not name; they come last."""
    wanted = late - {hit.expert_id for hit in hits}
    if not wanted:
        return []
    return [hit for hit in await plain_word_search(session, text, limit=MOST_LISTED) if hit.expert_id in wanted]


def _that_belong(rankings: Rankings, *, is_short: bool) -> list[FusedHit]:
    best_words = max((hit.score for hit in rankings.by_words), default=0.0)
    enough = min(_ENOUGH_WORDS, best_words / 2)
    named = min(enough, _ENOUGH_NAME) if is_short else enough
    best_meaning = max((meaning_score(hit.score) for hit in rankings.by_meaning), default=0.0)
    stands_out = max(_STANDS_OUT, best_meaning - _BEHIND_THE_BEST)
    return [
        hit
        for hit in fuse(rankings)
        if hit.is_exact
        or (hit.words is not None and hit.words.score >= (named if hit.words.field == "name" else enough))
        or (not rankings.exact and hit.meaning is not None and meaning_score(hit.meaning.score) >= stands_out)
    ]


def _in_order(columns: Columns, rows: RowNumbers, sort: Sort, *, is_everybody: bool) -> RowNumbers:
    match sort:
        case Sort.RECENT:
            return columns.newest_work_first(rows)
        case Sort.LOAD:
            return columns.least_load_first(rows)
        case Sort.NAME if not is_everybody:
            return columns.in_name_order(rows)
        case _:
            return rows  # as found; everybody comes in order of names


def _facets(counted: Counted, filters: Mapping[str, Sequence[str]]) -> tuple[Facet, ...]:
    facets = []
    for name in FACETS:
        chosen, own = set(filters.get(name, ())), counted.counts[name]
        codes = sorted({*own, *chosen}, key=lambda code: (-own.get(code, 0), code))
        facets.append(Facet(name, tuple(FacetValue(code, own.get(code, 0), code in chosen) for code in codes)))
    return tuple(facets)


def _loosening(counted: Counted) -> tuple[Loosening, ...]:
    found = [Loosening(name, count) for name, count in counted.without.items() if count]
    return tuple(sorted(found, key=lambda one: -one.count))
