"""Questions to the tables of the PostgreSQL index: by words, by meaning, by name and code.

The server finds and hands over packed values; what they are worth is reckoned in this process (wording.py, naming.py,
likening.py).
A search is three journeys to the server: what the index and its words are, whom they find, what those hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import AsyncConnection, sql

from search.backends.identifiers import identifiers_in
from search.backends.lexemes import any_of, quoted
from search.backends.likening import Means, liken
from search.backends.naming import NameQuery, Spellings, given_name_lookup, lookups, who_is_meant
from search.backends.packing import Chunks, read_words
from search.backends.schema import TABLES
from search.backends.wording import Synonyms, Vocabulary, WordQuery, WordScorer, has_abbreviation
from search.embedding.embedder import Vectors
from search.query import ExpertQuery, Hit, IdArray, Rankings, no_ids

_BUDGET = 10_000  # documents visited in the first stage by words, all lexemes together
_FIRST_BY_WORDS = 150  # documents that are scored in full …
_FEW_LEXEMES = 20  # … or as many as are asked for, when there is little to score them by
_BROADLY = 0.8  # share of the query's words that all others have to hold
_MOST_NAMESAKES = 1000
_ALL_CHUNKS = 10_000  # up to so many, every chunk is compared; above, those of the nearest experts, …
_FEW = 5000  # … who are found exactly among so many, …
_FIRST_BY_MEANING = 300  # … and of …
_ALSO_BY_WORDS = 100  # … the best by words
_USES_IT = 0.6  # share of a query with an abbreviation from which a profile shows what it means
_MOST_USERS = 3
_FIELDS = np.array(["biography", "organisation", "evidence", "name"])  # in the order of packing.LABELS

_STATE = "select made, version, documents, mean_length, chunks, dimensions, embedder_id from {state}"
_VOCABULARY = "select lexeme, documents from {term} where lexeme = any(%(lexemes)s) and documents > 0"
_SYLLABLES_OF_NAMES = "select substr(lexeme, 2) from {term} where lexeme >= '@' and lexeme < 'A' and documents > 0"
_MEANS = "select language, mean from {language_mean}"
_BY_WORDS = """
with found as materialized (
    select w.no from unnest(%(queries)s::tsquery[], %(weights)s::float8[]) q (query, weight)
    join {word} w on w.words @@ q.query {joined} where {filter}
    group by w.no order by sum(q.weight) desc, w.no limit %(limit)s)
select p.no, p.id, p.length, p.lexemes from found join {profile} p using (no)
"""
# One value for all of them: a row for each would take longer to hand over than to find.
_OTHERS = """
select string_agg(uuid_send(w.id), '') from {word} w {joined}
where w.words @@ %(query)s::tsquery and w.id <> all(%(known)s::uuid[]) and {filter}
"""
# Of each reading of the name so many: those who only share a given name must not crowd out who bears the whole.
_NAMESAKES = """
select found.id, found.names from unnest(%(queries)s::tsquery[]) q (query), lateral (
    select d.id, d.names from {word} w join {document} d using (no)
    where w.words @@ q.query and {filter} limit %(limit)s) found
"""
# Found first and put in order then: with both in one step the whole table is walked in its order.
_BY_CODE = """
with found as materialized (select d.no, d.id from {document} d where d.identifiers && %(keys)s::text[] and {filter})
select id from found order by no limit 20
"""
_COUNT = "select count(*) from (select from {document} d where {filter} limit %(limit)s) s"
_NEAREST = """
select c.no from {centre} c {joined} where {filter}
order by (c.vector <#> %(vector)s::halfvec({dimensions})) limit %(limit)s
"""
# The sum keeps the approximate index out of it.
_NEAREST_OF_FEW = _NEAREST.replace("{dimensions}))", "{dimensions})) + 0")
_CENTRE = "select avg(vector::vector)::real[] from {centre} where no = any(%(numbers)s)"
# One value for all of them: a row for each takes longer to hand over than to read.
_PACKED = "select string_agg(uuid_send(c.id), ''), string_agg(c.vectors, ''), array_agg(octet_length(c.vectors))"
_CHUNKS = _PACKED + " from {chunk} c where c.no = any(%(numbers)s)"
_ALL_CHUNKS_OF_ALL = _PACKED + " from {chunk} c {joined} where {filter}"

_Cursor = Any  # of psycopg; rows come as tuples


@dataclass(slots=True)
class KnownIndex:
    """What a process need not ask again while the index has not changed."""

    version: tuple[UUID, int] | None = None
    means: Means | None = None
    syllables_of_names: frozenset[str] | None = None


class KnownIndexes:
    """Of the latest version that was seen."""

    def __init__(self) -> None:
        self._latest = KnownIndex()

    def of(self, version: tuple[UUID, int]) -> KnownIndex:
        if self._latest.version != version:
            self._latest = KnownIndex(version)
        return self._latest


@dataclass(frozen=True, slots=True)
class _ByWords:
    """`hits` best first; `numbers` of the best documents."""

    hits: Sequence[Hit] = ()
    numbers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Namesakes:
    """People who may be meant, still to be read, and by what spellings they were looked for."""

    spellings: Spellings
    asked: _Cursor


class Reader:
    """Statements for one schema on one connection in pipeline mode: what is asked goes out together, and is answered
    when the first answer is taken."""

    def __init__(
        self, connection: AsyncConnection[Any], schema: str, synonyms: Synonyms, query: ExpertQuery, known: KnownIndexes
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._synonyms = synonyms
        self._query = query
        self._known_indexes = known
        self._known = KnownIndex()
        self._filter_values = _filter_values(query)
        self._dimensions = 0

    async def rankings(self) -> Rankings:
        words, name = WordQuery(self._query.text, self._synonyms), NameQuery.of(self._query.text)
        lexemes = [*words.lexemes(), *(f"@{word}" for word in (name.full_words if name else ()))]
        state = await self._ask(_STATE)
        terms = await self._ask(_VOCABULARY, lexemes=lexemes)
        made, version, documents, mean_length, chunks, self._dimensions, embedder_id = await state.fetchone()
        if documents == 0:
            return Rankings()
        self._known = self._known_indexes.of((made, version))
        vocabulary = Vocabulary(documents, mean_length, dict(await terms.fetchall()))
        scorer = words.ready(vocabulary)
        vector = self._query.vector if chunks and self._is_comparable(embedder_id) else None
        needs_informing = vector is not None and has_abbreviation(self._query.text)

        first = await self._ask_by_words(scorer) if scorer else None
        codes = await self._ask_by_code()
        namesakes = await self._ask_by_name(name, vocabulary) if name else None
        means = await self._ask(_MEANS) if vector is not None and self._known.means is None else None
        nearest = await self._ask_nearest(vector, documents, chunks) if not needs_informing else None
        by_words = await self._read_by_words(scorer, first) if scorer and first else _ByWords()
        exact = [Hit(expert_id, 1.0, "identifier") for (expert_id,) in await codes.fetchall()] if codes else []
        if name and namesakes:
            exact += await self._read_by_name(name, namesakes, by_words, {hit.expert_id for hit in exact})
        if means:
            self._known.means = {language: np.array(mean) for language, mean in await means.fetchall()}

        limit = self._query.limit
        exact, best = exact[:limit], by_words.hits[:limit]
        if vector is not None and needs_informing:
            vector = await self._informed(vector, by_words)
            nearest = await self._ask_nearest(vector, documents, chunks)
        texts = await self._ask_chunks(nearest, by_words) if vector is not None else None
        others = await self._ask_others(scorer, exact, best) if scorer and self._query.with_others else None
        by_meaning = await self._read_by_meaning(vector, texts) if vector is not None and texts else []
        return Rankings(
            exact=tuple(exact),
            by_words=tuple(best),
            by_meaning=tuple(by_meaning),
            others=await _read_ids(others) if others else no_ids(),
        )

    def _is_comparable(self, embedder_id: str | None) -> bool:
        """Where nobody has said whose vectors they are, the number of dimensions has to do."""
        vector, asked = self._query.vector, self._query.embedder_id
        return vector is not None and len(vector) == self._dimensions and (not asked or embedder_id in (None, asked))

    async def _ask_by_words(self, scorer: WordScorer) -> _Cursor:
        chosen = scorer.searchable(_BUDGET)
        return await self._ask(
            _BY_WORDS,
            queries=[quoted(lexeme) for lexeme, _ in chosen],
            weights=[weight for _, weight in chosen],
            limit=max(_FIRST_BY_WORDS, self._query.limit if len(scorer.lexemes) <= _FEW_LEXEMES else 0),
        )

    async def _read_by_words(self, scorer: WordScorer, asked: _Cursor) -> _ByWords:
        rows = await asked.fetchall()
        if not rows:
            return _ByWords()
        held, labels = read_words([packed for *_, packed in rows], scorer.lexemes)
        scores = scorer.scores(held, np.array([length for _, _, length, _ in rows], np.float64))
        fields = _FIELDS[labels[np.arange(len(rows)), (held * scorer.rarities()).argmax(axis=1)]]
        hits = [
            (Hit(expert_id, score, field), no)
            for (no, expert_id, _, _), score, field in zip(rows, scores.tolist(), fields.tolist(), strict=True)
            if score > 0
        ]
        hits.sort(key=lambda pair: (-pair[0].score, pair[0].expert_id))
        return _ByWords([hit for hit, _ in hits], [no for _, no in hits])

    async def _ask_others(self, scorer: WordScorer, exact: Sequence[Hit], best: Sequence[Hit]) -> _Cursor | None:
        # Where somebody's name is asked for, a part of it is no reason to list people.
        query = scorer.broadly(1.0 if exact else _BROADLY)
        if query is None:
            return None
        return await self._ask(_OTHERS, query=query, known=[hit.expert_id for hit in (*exact, *best)])

    async def _ask_by_code(self) -> _Cursor | None:
        keys = identifiers_in(self._query.text)
        return await self._ask(_BY_CODE, keys=keys) if keys else None

    async def _ask_by_name(self, query: NameQuery, vocabulary: Vocabulary) -> _Namesakes | None:
        frequencies = vocabulary.frequencies
        known = frozenset(word for word in query.full_words if f"@{word}" in frequencies)
        if not known.issuperset(query.full_words):
            if len(query.full_words) > 1 and not known:
                return None  # not one syllable of it is a name's
            known = await self._syllables_of_names()
        spellings = Spellings.among(query, known, {word: word in frequencies for word in query.full_words})
        wanted = lookups(query, spellings) or [given_name_lookup(query, spellings)]
        return _Namesakes(spellings, await self._ask_namesakes(wanted)) if all(wanted) else None

    async def _ask_namesakes(self, wanted: Sequence[Sequence[Sequence[str]]]) -> _Cursor:
        queries = [
            " & ".join("(" + any_of(f"@{form}" for form in forms) + ")" for forms in all_forms) for all_forms in wanted
        ]
        return await self._ask(_NAMESAKES, queries=queries, limit=_MOST_NAMESAKES)

    async def _syllables_of_names(self) -> frozenset[str]:
        if self._known.syllables_of_names is None:
            cursor = await self._ask(_SYLLABLES_OF_NAMES)
            self._known.syllables_of_names = frozenset(syllable for (syllable,) in await cursor.fetchall())
        return self._known.syllables_of_names

    async def _read_by_name(
        self, query: NameQuery, namesakes: _Namesakes, by_words: _ByWords, known: set[UUID]
    ) -> list[Hit]:
        meant = who_is_meant(query, namesakes.spellings, await _named(namesakes.asked, but_not=known))
        if not meant and (given := given_name_lookup(query, namesakes.spellings)):
            asked = await self._ask_namesakes([given])
            meant = who_is_meant(query, namesakes.spellings, await _named(asked, but_not=known))
        hits = [Hit(expert_id, score, "name") for expert_id, score in meant]
        # Among equally good names, whoever answers the rest of the query better.
        words = {hit.expert_id: hit.score for hit in by_words.hits}
        return sorted(hits, key=lambda h: (-round(h.score, 6), -words.get(h.expert_id, 0.0), h.expert_id))

    async def _informed(self, vector: Vectors, by_words: _ByWords) -> Vectors:
        """No model knows what MRV or AWD means; the profiles that use it show what it is about."""
        best = zip(by_words.hits[:_MOST_USERS], by_words.numbers, strict=False)
        users = [no for hit, no in best if hit.score >= _USES_IT]
        if not users:
            return vector
        cursor = await self._ask(_CENTRE, numbers=users)
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            return vector
        centre = np.array(row[0], np.float32)
        informed: Vectors = vector + centre / max(float(np.linalg.norm(centre)), 1e-6)
        return informed / np.float32(np.linalg.norm(informed))

    async def _ask_nearest(self, vector: Vectors | None, documents: int, chunks: int) -> _Cursor | None:
        """None where everybody is to be compared."""
        if vector is None or chunks <= _ALL_CHUNKS:
            return None
        are_few = documents <= _FEW
        if self._query.filters and not are_few:
            row = await (await self._ask(_COUNT, limit=_FEW + 1)).fetchone()
            are_few = row is not None and row[0] <= _FEW
        literal = "[" + ",".join(f"{x:.6g}" for x in vector.tolist()) + "]"
        return await self._ask(
            _NEAREST_OF_FEW if are_few else _NEAREST, vector=literal, limit=max(_FIRST_BY_MEANING, self._query.limit)
        )

    async def _ask_chunks(self, nearest: _Cursor | None, by_words: _ByWords) -> _Cursor:
        if nearest is None:
            return await self._ask(_ALL_CHUNKS_OF_ALL)
        numbers = {no for (no,) in await nearest.fetchall()}
        return await self._ask(_CHUNKS, numbers=list(numbers.union(by_words.numbers[:_ALSO_BY_WORDS])))

    async def _read_by_meaning(self, vector: Vectors, asked: _Cursor) -> list[Hit]:
        row = await asked.fetchone()
        if row is None or row[0] is None:
            return []
        ids, packed, lengths = row
        chunks = Chunks.read_joined(packed, lengths, self._dimensions)
        likeness = liken(chunks, vector, self._query.parts, self._known.means or {})
        places = np.lexsort((np.frombuffer(ids, "S16"), -likeness.scores))[: self._query.limit].tolist()
        return [
            Hit(UUID(bytes=ids[16 * at : 16 * at + 16]), float(likeness.scores[at]), "evidence", int(likeness.best[at]))
            for at in places
        ]

    async def _ask(self, text: str, **values: object) -> _Cursor:
        # Never prepared: a generic plan knows nothing of the words that are looked for.
        statement = _statement(text, self._schema, len(self._query.filters), self._dimensions)
        return await self._connection.execute(statement, self._filter_values | values, prepare=False, binary=True)


async def _named(asked: _Cursor, *, but_not: set[UUID]) -> list[tuple[UUID, Sequence[str]]]:
    """Each person once, with all names."""
    return list({who: names for who, names in await asked.fetchall() if who not in but_not}.items())


async def _read_ids(cursor: _Cursor) -> IdArray:
    row = await cursor.fetchone()
    return np.frombuffer(row[0], "V16") if row and row[0] else no_ids()


@lru_cache(maxsize=256)
def _statement(text: str, schema: str, filters: int, dimensions: int) -> bytes:
    """One condition for each facet of the query: any of its values."""
    conditions: list[sql.Composable] = [
        sql.SQL("d.facets && {}::text[]").format(sql.Placeholder(f"facet_{n}")) for n in range(filters)
    ]
    joined = sql.SQL("join {} d using (no)").format(sql.Identifier(schema, "document"))
    composed = sql.SQL(text).format(
        **{name: sql.Identifier(schema, name) for name in TABLES},
        filter=sql.SQL(" and ").join(conditions or [sql.SQL("true")]),
        joined=joined if filters else sql.SQL(""),
        dimensions=sql.Literal(dimensions),
    )
    return composed.as_bytes(None)


def _filter_values(query: ExpertQuery) -> dict[str, object]:
    return {
        f"facet_{number}": [key for value in wanted if _can_be_held(key := f"{name}={value}")]
        for number, (name, wanted) in enumerate(sorted(query.filters.items()))
    }


def _can_be_held(text: str) -> bool:
    """PostgreSQL has no text with a zero byte, or with half of a letter; an address may ask for one."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def settings() -> Sequence[tuple[str, str]]:
    """Of the transaction a search runs in."""
    return (
        ("hnsw.ef_search", "300"),
        ("hnsw.iterative_scan", "relaxed_order"),
        ("hnsw.max_scan_tuples", "40000"),
        ("jit", "off"),
        ("max_parallel_workers_per_gather", "0"),
    )
