"""Questions to the tables of the PostgreSQL index: by words, by meaning, by name and code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection, sql

from search.backends.identifiers import identifiers_in
from search.backends.lexemes import any_of, quoted
from search.backends.naming import NameQuery, Spellings, lookups, name_score
from search.backends.schema import TABLES
from search.backends.wording import RANK_WEIGHTS, Synonyms, Vocabulary, WordQuery, has_abbreviation, read_rank
from search.embedding.embedder import Vectors
from search.query import ExpertQuery, Hit, Rankings

_BUDGET = 10_000  # documents visited in the first stage by words, all lexemes together
_FIRST_BY_WORDS = 150  # documents that are scored in full …
_FEW_LEXEMES = 20  # … or as many as are asked for, when there is little to score them by
_MOST_NAMESAKES = 1000
_ALL_CHUNKS = 30_000  # up to so many, every chunk is compared; above, those of the nearest centres
_FIRST_BY_MEANING = 300  # experts whose chunks are compared then, with …
_ALSO_BY_WORDS = 100  # … the best by words
_FIRST_BY_PARTS = 200  # experts who are compared with the stretches of a long query too
_FEW = 3000  # documents: a filter that leaves no more is answered exactly
_BEST_CHUNKS = 3
_DECAY = 0.7  # weight of the second best chunk against the best; a single chance hit is no expertise
_WHOLE_PROFILE = 0.5  # weight of the mean of all chunks beside the best ones
_USES_IT = 0.6  # share of a query with an abbreviation from which a profile shows what it means
_MOST_USERS = 3
_FIELDS = np.array(["biography", "organisation", "evidence", "name"])  # by label: D, C, B, A

_VOCABULARY = "select lexeme, documents from {term} where lexeme = any(%(lexemes)s) and documents > 0"
_SYLLABLES_OF_NAMES = "select substr(lexeme, 2) from {term} where lexeme >= '@' and lexeme < 'A' and documents > 0"
_BY_WORDS_FIRST = """
select d.no from unnest(%(queries)s::tsquery[], %(weights)s::float8[]) q (query, weight)
join {document} d on d.words @@ q.query where {filter}
group by d.no order by sum(q.weight) desc, d.no limit %(limit)s
"""
# Concatenating takes the tsvector out of its storage once instead of once for each lexeme.
_BY_WORDS = """
select d.no, d.id, d.length, (select array_agg(ts_rank(%(weights)s::real[], v.words, q.query) order by q.place)
                        from unnest(%(queries)s::tsquery[]) with ordinality q (query, place))
from {document} d cross join lateral (select d.words || ''::tsvector as words offset 0) v where d.no = any(%(numbers)s)
"""
_NAMESAKES = "select d.id, d.names from {document} d where d.words @@ %(query)s::tsquery and {filter} limit %(limit)s"
# Found first and put in order then: with both in one step the whole table is walked in its order.
_BY_CODE = """
with found as materialized (select d.no, d.id from {document} d where d.identifiers && %(keys)s::text[] and {filter})
select id from found order by no limit 20
"""
_NEAREST = """
select c.no from {centre} c {joined}
order by c.vector <#> %(vector)s::halfvec({dimensions}) limit %(limit)s
"""
_JOINED = "join {document} d using (no) where {filter}"
_CENTRE = "select avg(c.vector::vector)::text from {centre} c join {document} d using (no) where d.id = any(%(ids)s)"
# Of each asked vector, the best chunks of an expert with decaying weights, and the mean of them all.
_BY_MEANING = """
with asked as (select * from unnest(%(asked)s::smallint[], %(languages)s::smallint[], %(common)s::float8[])
               a (asked, language, common)),
vectors as materialized (select (place - 1)::smallint as asked, vector::halfvec({dimensions})
                         from unnest(%(vectors)s::text[]) with ordinality v (vector, place)),
likened as materialized (
    select c.no, c.ordinal, a.asked, -(c.vector <#> v.vector) - a.common as likeness
    from {chunk} c join asked a using (language) join vectors v using (asked) where {which}),
placed as (
    select *, row_number() over (partition by asked, no order by likeness desc, ordinal) as place from likened),
scored as (
    select no, sum(likeness * weight) filter (where place <= {best}) / sum(weight) filter (where place <= {best})
               + {whole} * avg(likeness) as score,
           min(ordinal) filter (where place = 1) as best
    from (select *, {decay}::float8 ^ (place - 1)::float8 as weight from placed) w group by asked, no)
select s.no, d.id, avg(s.score), min(s.best)
from scored s join {document} d using (no) group by s.no, d.id order by 3 desc, 1 limit %(limit)s
"""


class Reader:
    """Statements for one schema on one connection."""

    def __init__(self, connection: AsyncConnection[Any], schema: str, synonyms: Synonyms, query: ExpertQuery) -> None:
        self._connection = connection
        self._dimensions = 0
        self._synonyms = synonyms
        self._query = query
        self._tables = {name: sql.Identifier(schema, name) for name in TABLES}
        self._filter, self._filter_values = _filter(query)
        self._best_by_words: list[int] = []

    async def rankings(self) -> Rankings:
        cursor = await self._execute("select documents, mean_length, chunks, dimensions, embedder_id from {state}")
        documents, mean_length, chunks, self._dimensions, embedder_id = await cursor.fetchone() or (0, 0.0, 0, 0, None)
        if documents == 0:
            return Rankings()
        words = WordQuery(self._query.text, self._synonyms)
        name = NameQuery.of(self._query.text)
        lexemes = [*words.lexemes(), *(f"@{word}" for word in (name.full_words if name else ()))]
        rows = await self._execute(_VOCABULARY, lexemes=lexemes)
        vocabulary = Vocabulary(documents, mean_length, dict(await rows.fetchall()))
        by_words = await self._by_words(words, vocabulary)
        exact = await self._by_code()
        if name is not None:
            scores = {hit.expert_id: hit.score for hit in by_words}
            known = {hit.expert_id for hit in exact}
            exact += [hit for hit in await self._by_name(name, vocabulary, scores) if hit.expert_id not in known]
        vector = self._query.vector
        by_meaning: list[Hit] = []
        if vector is not None and chunks and self._is_comparable(vector, embedder_id):
            if has_abbreviation(self._query.text):
                vector = await self._informed(vector, by_words)
            by_meaning = await self._by_meaning(vector, chunks)
        limit = self._query.limit
        return Rankings(
            exact=tuple(exact[:limit]), by_words=tuple(by_words[:limit]), by_meaning=tuple(by_meaning[:limit])
        )

    def _is_comparable(self, vector: Vectors, embedder_id: str | None) -> bool:
        """Where nobody has said whose vectors they are, the number of dimensions has to do."""
        asked = self._query.embedder_id
        return len(vector) == self._dimensions and (asked is None or embedder_id in (None, asked))

    async def _by_words(self, query: WordQuery, vocabulary: Vocabulary) -> list[Hit]:
        scorer = query.ready(vocabulary)
        if scorer is None:
            return []
        chosen = scorer.searchable(_BUDGET)
        cursor = await self._execute(
            _BY_WORDS_FIRST,
            queries=[quoted(lexeme) for lexeme, _ in chosen],
            weights=[weight for _, weight in chosen],
            limit=max(_FIRST_BY_WORDS, self._query.limit if len(scorer.lexemes) <= _FEW_LEXEMES else 0),
        )
        numbers = [no for (no,) in await cursor.fetchall()]
        cursor = await self._execute(
            _BY_WORDS,
            queries=[quoted(lexeme) for lexeme in scorer.lexemes],
            weights=list(RANK_WEIGHTS),
            numbers=numbers,
        )
        rows = await cursor.fetchall()
        if not rows:
            return []
        held, labels = read_rank(np.array([ranks for *_, ranks in rows], np.float64))
        scores = scorer.scores(held, np.array([length for _, _, length, _ in rows], np.float64))
        self._best_by_words = [rows[i][0] for i in np.argsort(-scores)[:_ALSO_BY_WORDS]]
        fields = _FIELDS[labels[np.arange(len(rows)), (held * scorer.rarities()).argmax(axis=1)]]
        hits = [
            Hit(expert_id, float(score), str(field))
            for (_, expert_id, _, _), score, field in zip(rows, scores, fields, strict=True)
            if score > 0
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.expert_id))

    async def _by_code(self) -> list[Hit]:
        keys = identifiers_in(self._query.text)
        if not keys:
            return []
        cursor = await self._execute(_BY_CODE, keys=keys)
        return [Hit(expert_id, 1.0, "identifier") for (expert_id,) in await cursor.fetchall()]

    async def _by_name(self, query: NameQuery, vocabulary: Vocabulary, words: dict[UUID, float]) -> list[Hit]:
        frequencies = vocabulary.frequencies
        known: list[str] = [word for word in query.full_words if f"@{word}" in frequencies]
        if len(known) < len(query.full_words):
            if len(query.full_words) > 1 and not known:
                return []  # not one syllable of it is a name's
            cursor = await self._execute(_SYLLABLES_OF_NAMES)
            known = [syllable for (syllable,) in await cursor.fetchall()]
        is_word = {word: word in frequencies for word in query.full_words}
        spellings = Spellings.among(query, frozenset(known), is_word)
        wanted = lookups(query, spellings)
        if not wanted:
            return []
        tsquery = " | ".join(
            "(" + " & ".join("(" + any_of(f"@{form}" for form in forms) + ")" for forms in all_forms) + ")"
            for all_forms in wanted
        )
        cursor = await self._execute(_NAMESAKES, query=tsquery, limit=_MOST_NAMESAKES)
        hits = [
            Hit(expert_id, score, "name")
            for expert_id, names in await cursor.fetchall()
            if (score := name_score(query, spellings, names)) > 0
        ]
        # Among equally good names, whoever answers the rest of the query better.
        return sorted(hits, key=lambda h: (-round(h.score, 6), -words.get(h.expert_id, 0.0), h.expert_id))

    async def _informed(self, vector: Vectors, by_words: Sequence[Hit]) -> Vectors:
        """No model knows what MRV or AWD means; the profiles that use it show what it is about."""
        users = [hit.expert_id for hit in by_words[:_MOST_USERS] if hit.score >= _USES_IT]
        if not users:
            return vector
        cursor = await self._execute(_CENTRE, ids=users)
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            return vector
        centre = np.array(row[0][1:-1].split(","), np.float32)
        informed: Vectors = vector + centre / max(float(np.linalg.norm(centre)), 1e-6)
        return informed / np.float32(np.linalg.norm(informed))

    async def _by_meaning(self, vector: Vectors, chunks: int) -> list[Hit]:
        cursor = await self._execute("select language, mean::text from {language_mean}")
        means = {language: np.array(mean[1:-1].split(","), np.float64) for language, mean in await cursor.fetchall()}
        which, values = await self._candidates(vector, chunks)
        rows = await self._liken([vector], means, which, max(_FIRST_BY_PARTS, self._query.limit), values)
        scores = {no: score for no, _, score, _ in rows}
        if self._query.parts is not None and rows:
            # The stretches of a long query only reorder those whom the whole of it has found.
            first = [no for no, *_ in rows[:_FIRST_BY_PARTS]]
            parts = await self._liken(
                list(self._query.parts), means, "c.no = any(%(numbers)s)", len(first), {"numbers": first}
            )
            by_parts = {no: score for no, _, score, _ in parts}
            lowest = min(by_parts.values(), default=0.0)  # they may have been deleted since
            scores = {no: (score + by_parts.get(no, min(lowest, score))) / 2 for no, score in scores.items()}
        hits = [Hit(expert_id, scores[no], "evidence", best) for no, expert_id, _, best in rows]
        return sorted(hits, key=lambda hit: (-hit.score, hit.expert_id))

    async def _liken(
        self,
        vectors: Sequence[Vectors],
        means: Mapping[int, NDArray[np.float64]],
        which: str,
        limit: int,
        values: dict[str, object],
    ) -> list[tuple[int, UUID, float, int]]:
        """Number, id, mean likeness to the vectors, place of the best chunk for the first of them; best first."""
        pairs = [(asked, language) for asked in range(len(vectors)) for language in means]
        cursor = await self._execute(
            _BY_MEANING.replace("{which}", which),
            asked=[asked for asked, _ in pairs],
            languages=[language for _, language in pairs],
            common=[float(vectors[asked] @ means[language]) for asked, language in pairs],
            vectors=[_literal(vector) for vector in vectors],
            limit=limit,
            **values,
        )
        return [(no, expert_id, float(score), best) for no, expert_id, score, best in await cursor.fetchall()]

    async def _candidates(self, vector: Vectors, chunks: int) -> tuple[str, dict[str, object]]:
        """Whose chunks to compare: everybody's in a small index, else those of the nearest experts."""
        if chunks <= _ALL_CHUNKS and not self._query.filters:
            return "true", {}
        if chunks > _ALL_CHUNKS:
            statement = "select count(*) from (select from {document} d where {filter} limit %(limit)s) s"
            few = await (await self._execute(statement, limit=_FEW + 1)).fetchone() if self._query.filters else None
            if few is None or few[0] > _FEW:
                nearest_sql = _NEAREST.replace("{joined}", _JOINED if self._query.filters else "")
                cursor = await self._execute(nearest_sql, vector=_literal(vector), limit=_FIRST_BY_MEANING)
                nearest = {no for (no,) in await cursor.fetchall()}
                return "c.no = any(%(numbers)s)", {"numbers": list(nearest.union(self._best_by_words))}
        return "c.no in (select d.no from {document} d where {filter})", {}

    async def _execute(self, text: str, **values: object) -> Any:
        statement = sql.SQL(text).format(
            **self._tables,
            filter=self._filter,
            dimensions=sql.Literal(self._dimensions),
            decay=sql.Literal(_DECAY),
            best=sql.Literal(_BEST_CHUNKS),
            whole=sql.Literal(_WHOLE_PROFILE),
        )
        # Never prepared: a generic plan knows nothing of the words that are looked for.
        return await self._connection.execute(statement, self._filter_values | values, prepare=False, binary=True)


def _filter(query: ExpertQuery) -> tuple[sql.Composed, dict[str, object]]:
    """One condition for each facet: any of its values."""
    conditions: list[sql.Composable] = []
    values: dict[str, object] = {}
    for number, (name, wanted) in enumerate(sorted(query.filters.items())):
        key = f"facet_{number}"
        values[key] = [f"{name}={value}" for value in wanted]
        conditions.append(sql.SQL("d.facets && {}::text[]").format(sql.Placeholder(key)))
    return sql.SQL(" and ").join(conditions or [sql.SQL("true")]) + sql.SQL(""), values


def _literal(vector: Vectors) -> str:
    return "[" + ",".join(f"{x:.6g}" for x in vector) + "]"


def settings() -> Sequence[tuple[str, str]]:
    """Of the transaction a search runs in."""
    return (
        ("hnsw.ef_search", "300"),
        ("hnsw.iterative_scan", "relaxed_order"),
        ("hnsw.max_scan_tuples", "40000"),
        ("jit", "off"),
        ("max_parallel_workers_per_gather", "0"),
    )
