"""A search in Meilisearch, from the query to the rankings.

Two requests: one counts the words that are new to this process, so that the telling ones are known; the other asks for
everything at once, by words, by meaning, by name and by code, each apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np

from search.backends.identifiers import identifiers_in
from search.backends.meilisearch_answers import (
    Found,
    informed_vector,
    rank_by_meaning,
    rank_by_words,
    rank_guesses,
    read_answer,
    read_state,
)
from search.backends.meilisearch_connection import MeilisearchConnection, RefusedError
from search.backends.meilisearch_documents import StoredState, means_of
from search.backends.meilisearch_questions import Index, Query, TellingWords, as_typed
from search.backends.naming import NameQuery, Spellings, given_name_lookup, lookups, who_is_meant
from search.backends.wording import Synonyms, WordQuery, has_abbreviation
from search.errors import SearchUnavailableError
from search.query import ExpertQuery, Hit, IdArray, Rankings, no_ids

_KNOWN_SECONDS = 300.0
_MOST_KNOWN = 50_000
_MOST_COUNTED = 1000  # words of one query
_FIRST_BY_WORDS = 150  # documents that are scored in full …
_FEW_WORDS = 10  # … or as many as are asked for, when there is little to score them by
_FIRST_BY_MEANING = 300
_USES_IT = 0.6  # share of a query with an abbreviation from which a profile shows what it means
_MOST_USERS = 3
_BAD_REQUEST = 400
_NAME = "@"  # before a word: as a syllable of names


class KnownCounts:
    """How many documents hold a word, as counted a few minutes ago. What is nowhere is counted again every time, so
    that new words and names are found at once."""

    def __init__(self) -> None:
        self.state: StoredState | None = None
        self._counts: dict[str, tuple[int, float]] = {}
        self._syllables: frozenset[str] = frozenset()
        self._syllables_until = 0.0

    def get(self, words: Iterable[str]) -> dict[str, int]:
        now = time.monotonic()
        return {word: count[0] for word in words if (count := self._counts.get(word)) and count[1] > now}

    def keep(self, counts: Mapping[str, int]) -> None:
        until = time.monotonic() + _KNOWN_SECONDS
        self._counts |= {word: (count, until) for word, count in counts.items() if count}
        while len(self._counts) > _MOST_KNOWN:
            del self._counts[next(iter(self._counts))]

    @property
    def syllables(self) -> frozenset[str] | None:
        """Of all names."""
        return self._syllables if self._syllables_until > time.monotonic() else None

    def keep_syllables(self, syllables: frozenset[str]) -> None:
        self._syllables = syllables
        self._syllables_until = time.monotonic() + _KNOWN_SECONDS

    def forget(self) -> None:
        self.state = None
        self._counts.clear()
        self._syllables_until = 0.0


class MeilisearchReader:
    """One query to one index."""

    def __init__(
        self, connection: MeilisearchConnection, uid: str, synonyms: Synonyms, known: KnownCounts, query: ExpertQuery
    ) -> None:
        self._connection = connection
        self._index = Index(uid, query.filters)
        self._synonyms = synonyms
        self._known = known
        self._query = query

    async def rankings(self) -> Rankings:
        if any(not list(values) for values in self._query.filters.values()):
            return Rankings()
        words, name = WordQuery(self._query.text, self._synonyms), NameQuery.of(self._query.text)
        folded = [word for word in words.lexemes() if word[0] != "=" and "_" not in word][:_MOST_COUNTED]
        counts = await self._count(folded, name.full_words if name else [])
        spellings = await self._spellings(name, counts) if name else None
        try:
            return await self._rank(words, counts, name, spellings, with_vector=True)
        except RefusedError as error:
            if error.status != _BAD_REQUEST or self._query.vector is None:
                raise
            # The index may have been built anew for another model since its state was read.
            self._known.state = None
            return await self._rank(words, counts, name, spellings, with_vector=False)

    async def _count(self, words: Sequence[str], syllables: Sequence[str]) -> dict[str, int]:
        """Folded words, and syllables of names under `_NAME`; with 0 for what is nowhere."""
        wanted = list(dict.fromkeys([*words, *(_NAME + syllable for syllable in syllables)]))
        counts = self._known.get(wanted)
        missing = [word for word in wanted if word not in counts]
        if missing or self._known.state is None:
            questions = [
                self._index.name_syllable(word[1:]) if word[0] == _NAME else self._index.word(word) for word in missing
            ]
            *answers, state = await self._connection.multi_search([*questions, self._index.state()])
            self._known.state = read_state(state)
            fresh = {
                word: read_answer(answer).estimated_total_hits for word, answer in zip(missing, answers, strict=True)
            }
            self._known.keep(fresh)
            counts |= fresh
        return counts

    async def _spellings(self, name: NameQuery, counts: Mapping[str, int]) -> Spellings | None:
        known = [word for word in name.full_words if counts.get(_NAME + word)]
        if len(known) < len(name.full_words):
            if len(name.full_words) > 1 and not known:
                return None  # not one syllable of it is a name's
            known = [*known, *await self._syllables_of_names()]
        is_word = {word: counts.get(word, 0) > 0 for word in name.full_words}
        return Spellings.among(name, frozenset(known), is_word)

    async def _syllables_of_names(self) -> frozenset[str]:
        syllables = self._known.syllables
        if syllables is None:
            (answer,) = await self._connection.multi_search([self._index.name_syllables()])
            syllables = frozenset(read_answer(answer).facet_distribution.get("syllables", ()))
            self._known.keep_syllables(syllables)
        return syllables

    async def _rank(
        self,
        words: WordQuery,
        counts: Mapping[str, int],
        name: NameQuery | None,
        spellings: Spellings | None,
        *,
        with_vector: bool,
    ) -> Rankings:
        query, expected = self._query, self._known.state
        telling = TellingWords(query.text, self._synonyms, counts, expected.experts if expected else 0)
        explains = query.vector is not None and has_abbreviation(query.text)
        depth = max(_FIRST_BY_WORDS, query.limit if len(counts) <= _FEW_WORDS else 0)
        by_words = telling.questions(self._index, limit=depth, with_chunks=explains)
        typed = as_typed(query.text)
        guesses = [] if by_words or not typed else [self._index.by_words(typed, limit=_FIRST_BY_WORDS)]
        keys = identifiers_in(query.text)
        by_code = [self._index.by_code(keys)] if keys else []
        wanted = lookups(name, spellings) if name and spellings else []
        if name and spellings and (given := given_name_lookup(name, spellings)):
            wanted.append(given)
        by_name = [self._index.namesakes(forms_of_all) for forms_of_all in wanted]
        by_meaning = (
            [self._index.by_meaning(query.vector, limit=max(_FIRST_BY_MEANING, query.limit))]
            if with_vector and query.vector is not None and self._is_comparable(expected)
            else []
        )
        ways = telling.holders(self._index) if query.with_others else []
        holders = [question for way in ways for question in way]
        parts = [[self._index.state()], by_words, guesses, by_code, by_name, by_meaning, holders]
        (state_answer,), *answers, holder_answers = await self._ask(parts)
        state = self._known.state = read_state(state_answer)
        if state is None:
            raise SearchUnavailableError(f"the index {self._index.uid} is not ready")
        if not state.experts:
            return Rankings()
        word_hits, guess_hits, code_hits, name_hits, meaning_hits = map(_hits, answers)

        ranked_words = rank_by_words(word_hits, words, counts, state) if word_hits else rank_guesses(guess_hits)
        exact = [Hit(one.expert_id, 1.0, "identifier") for one in code_hits]
        if name and spellings:
            exact += _rank_names(name_hits, name, spellings, ranked_words, but_not={hit.expert_id for hit in exact})
        ranked_meaning: list[Hit] = []
        if query.vector is not None and by_meaning and self._is_comparable(state):
            means = means_of(state)
            vector = query.vector
            if explains:
                users = {hit.expert_id for hit in ranked_words[:_MOST_USERS] if hit.score >= _USES_IT}
                vector = informed_vector(vector, [one for one in word_hits if one.expert_id in users], means)
            found = {one.id: one for one in [*meaning_hits, *(word_hits if explains else ())]}
            ranked_meaning = rank_by_meaning(list(found.values()), vector, query.parts, means)
        return Rankings(
            exact=tuple(exact[: query.limit]),
            by_words=tuple(ranked_words[: query.limit]),
            by_meaning=tuple(ranked_meaning[: query.limit]),
            others=_others(_held(ways, holder_answers), [*exact[: query.limit], *ranked_words[: query.limit]]),
        )

    async def _ask(self, parts: Sequence[Sequence[Query]]) -> list[list[Any]]:
        """The answers to several lists of questions, asked in one request."""
        answers = await self._connection.multi_search([question for part in parts for question in part])
        found = []
        for part in parts:
            found.append(answers[: len(part)])
            answers = answers[len(part) :]
        return found

    def _is_comparable(self, state: StoredState | None) -> bool:
        """Where nobody has said whose vectors they are, the number of dimensions has to do."""
        vector, asked = self._query.vector, self._query.embedder_id
        return (
            state is not None
            and vector is not None
            and len(vector) == state.dimensions
            and (asked is None or state.embedder_id in (None, asked))
        )


def _rank_names(
    found: Iterable[Found], name: NameQuery, spellings: Spellings, by_words: Iterable[Hit], *, but_not: set[UUID]
) -> list[Hit]:
    words = {hit.expert_id: hit.score for hit in by_words}
    people = [(one.expert_id, one.called) for one in found if one.expert_id not in but_not]
    hits = [Hit(expert_id, score, "name") for expert_id, score in who_is_meant(name, spellings, people)]
    # Among equally good names, whoever answers the rest of the query better.
    return sorted(hits, key=lambda hit: (-round(hit.score, 6), -words.get(hit.expert_id, 0.0), hit.expert_id))


def _held(ways: Sequence[Sequence[Query]], answers: Sequence[Any]) -> set[bytes]:
    """Who answers all questions of one of the ways."""
    rest = iter(answers)
    found: set[bytes] = set()
    for way in ways:
        found |= set.intersection(*({one.id_bytes for one in read_answer(next(rest)).hits} for _ in way))
    return found


def _others(found: set[bytes], but_not: Iterable[Hit]) -> IdArray:
    others = found.difference(hit.expert_id.bytes for hit in but_not)
    return np.array(sorted(others), "V16") if others else no_ids()


def _hits(answers: Iterable[Any]) -> list[Found]:
    """Of several answers, each document once."""
    return list({one.id: one for answer in answers for one in read_answer(answer).hits}.values())
