"""A search of the directory: the index gives ids; rows, totals, facets and reasons come from SQL, over what the reader
may see.

So a facet's count is the number of rows behind it, and nothing hidden shows through counts, order or snippets. Where
the index is not there, or empty, simple words in SQL answer, and a notice says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from search.backend import SearchBackend
from search.embedding.cache import Embeddings
from search.embedding.embedder import Vectors
from search.errors import SearchUnavailableError
from search.fusion import FusedHit, fuse, meaning_score
from search.highlighting import QueryWords
from search.query import ExpertQuery, Rankings
from search.retrieval import query_vectors
from search.vietnamese import syllables
from service.access.policy import Action, Actor, require
from service.directory.reasons import FoundExpert, explain
from service.directory.search_rows import Facet, Selection, load_rows, plain_word_search
from service.i18n import N_

PAGE_SIZE = 20
# How many hits of the index are looked at. Beyond, a result says "at least".
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
WORDS_ONLY = N_("Searching by meaning is not available at the moment. These results come from words alone.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySearch:
    """What was asked. `filters`: facet → wanted codes, see search_rows.FACETS; unknown ones find nobody.

    An empty text lists everybody in alphabetical order. `page` counts from 1.
    """

    text: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    page: int = 1
    page_size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryResults:
    """One page. `is_at_least`: more people than `total` may fit. `notices` are messages to translate."""

    rows: tuple[FoundExpert, ...]
    total: int
    is_at_least: bool
    facets: tuple[Facet, ...]
    notices: tuple[str, ...]


async def search_directory(
    session: AsyncSession,
    backend: SearchBackend,
    embeddings: Embeddings,
    actor: Actor,
    request: DirectorySearch,
    *,
    today: date,
    synonyms: Sequence[tuple[str, str]] = (),
) -> DirectoryResults:
    """Raises NotAllowedError. The number of statements does not depend on the number of rows.

    `synonyms` only serve to mark words; the backend has its own.
    """
    require(actor, Action.SEARCH_DIRECTORY)
    text = request.text.strip()
    notices: list[str] = []
    hits: list[FusedHit] | None = None
    vector: Vectors | None = None
    is_at_least = False
    if text:
        vector, parts = await query_vectors(embeddings, text)
        if vector is None and not embeddings.is_available:
            notices.append(WORDS_ONLY)
        query = ExpertQuery(text=text, vector=vector, parts=parts, limit=_DEPTH)
        try:
            hits, is_at_least = await _hits(backend, query, request.filters)
            is_ready = bool(hits) or await backend.count() > 0
        except SearchUnavailableError:
            is_ready = False
            notices = [NOT_INDEXED]
        if not is_ready:
            hits = await plain_word_search(session, text, limit=_DEPTH)
            is_at_least = len(hits) == _DEPTH
            if hits:  # an empty index of an empty directory is ready
                notices = [NOT_INDEXED]
    selection = Selection(
        order=None if hits is None else [hit.expert_id for hit in hits], filters=request.filters, today=today
    )
    page = await load_rows(
        session, actor, selection, offset=(request.page - 1) * request.page_size, limit=request.page_size
    )
    by_id: dict[UUID, FusedHit] = {hit.expert_id: hit for hit in hits or ()}
    rows = await explain(embeddings, page.rows, by_id, QueryWords(text, synonyms), vector)
    return DirectoryResults(
        rows=rows, total=page.total, is_at_least=is_at_least, facets=page.facets, notices=tuple(notices)
    )


async def _hits(
    backend: SearchBackend, query: ExpertQuery, filters: Mapping[str, Sequence[str]]
) -> tuple[list[FusedHit], bool]:
    """Filters are left to SQL, so that all counts are of one set, unless the set is too large to be held."""
    is_short = len(syllables(query.text)) <= _SHORT
    hits = _that_belong(await backend.search(query), is_short=is_short)
    if len(hits) >= _DEPTH and filters:
        narrowed = ExpertQuery(
            text=query.text, vector=query.vector, parts=query.parts, filters=filters, limit=query.limit
        )
        hits = _that_belong(await backend.search(narrowed), is_short=is_short)
    return hits[:_DEPTH], len(hits) >= _DEPTH


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
