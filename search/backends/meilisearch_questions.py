"""What Meilisearch is asked: the queries of a multi-search. Pure.

It considers ten words of a query, and of these drops one after the other until enough documents hold the rest. So it
is asked for the most telling words, and again with each of the next ones in front: whoever lacks the rarest word is
found all the same. Synonyms are asked for in queries of their own, since Meilisearch knows terms of three words at
most. Words are sent folded, without quotes and operators.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from search.backends.meilisearch_documents import (
    EMBEDDER,
    MOST_HITS,
    PLAIN,
    TEXTS,
    facet_key,
    number_key,
    safe,
    spelling_key,
)
from search.backends.wording import Synonyms, Unit, WordSequence
from search.embedding.embedder import Vectors

Query = dict[str, object]

_LOCALES = ["vie"]
_MOST_WORDS = 10  # that Meilisearch considers
_MOST_IN_FRONT = 4
_MOST_SYNONYMS = 4
_MOST_SPELLINGS = 24
_SHORT = 4  # units; of a longer query not every mixture of spellings is asked for
_MOST_HELD = 40  # words; whoever holds so many is among the best by words
_FROM_THE_SIDE = 60  # hits of each query that is not the first
_MOST_NAMESAKES = 1000
_MOST_OF_ONE_CODE = 20


@dataclass(frozen=True, slots=True)
class Index:
    """One index, and the filters that all questions about experts keep to."""

    uid: str
    filters: Mapping[str, Sequence[str]]

    def state(self) -> Query:
        return {"indexUid": self.uid, "q": "", "filter": 'kind = "state"', "limit": 1}

    def experts(self) -> Query:
        """How many there are, whatever the filters."""
        return {"indexUid": self.uid, "q": "", "filter": 'kind = "expert"', "limit": 0}

    def some_ids(self, offset: int, limit: int) -> Query:
        return {
            "indexUid": self.uid,
            "q": "",
            "filter": 'kind = "expert"',
            "offset": offset,
            "limit": limit,
            "attributesToRetrieve": ["id"],
        }

    def word(self, word: str) -> Query:
        """How many documents hold a folded word, whatever the filters. In quotes it is neither corrected nor taken for
        the beginning of another."""
        return {
            "indexUid": self.uid,
            "q": f'"{_as_sent(word)}"',
            "limit": 0,
            "attributesToSearchOn": ["numbers"] if "/" in word else list(TEXTS),
            "locales": _LOCALES,
        }

    def name_syllable(self, syllable: str) -> Query:
        return {"indexUid": self.uid, "q": "", "filter": _equals("syllables", syllable), "limit": 0}

    def name_syllables(self) -> Query:
        return {"indexUid": self.uid, "q": "", "facets": ["syllables"], "limit": 0}

    def stored(self, ids: Sequence[str]) -> Query:
        """What documents add to the state of the index."""
        return {
            "indexUid": self.uid,
            "q": "",
            "filter": one_of("id", ids),
            "limit": len(ids),
            "attributesToRetrieve": ["id", "length", "chunks"],
        }

    def by_words(self, words: str, *, limit: int, strategy: str = "last", with_chunks: bool = False) -> Query:
        return self._kept_to() | {
            "q": words,
            "limit": limit,
            "matchingStrategy": strategy,
            "attributesToSearchOn": list(PLAIN),
            "locales": _LOCALES,
            "attributesToRetrieve": ["id", "length", "lexemes", *(["chunks"] if with_chunks else [])],
            "showRankingScoreDetails": True,
        }

    def holders(self, words: str) -> Query:
        """Everybody who holds all these quoted words."""
        return self._kept_to() | {
            "q": words,
            "limit": MOST_HITS,
            "matchingStrategy": "all",
            "locales": _LOCALES,
            "attributesToRetrieve": ["id"],
        }

    def by_meaning(self, vector: Vectors, *, limit: int) -> Query:
        return self._kept_to() | {
            "vector": [round(float(number), 6) for number in vector],
            "hybrid": {"embedder": EMBEDDER, "semanticRatio": 1.0},
            "limit": limit,
            "attributesToRetrieve": ["id", "chunks"],
        }

    def by_code(self, keys: Sequence[str]) -> Query:
        return self._kept_to(one_of("codes", [safe(key) for key in keys])) | {
            "q": "",
            "limit": _MOST_OF_ONE_CODE,
            "attributesToRetrieve": ["id"],
        }

    def namesakes(self, forms_of_all: Sequence[Sequence[str]]) -> Query:
        """People whose names hold a form of each; see naming.lookups."""
        return self._kept_to(" AND ".join(one_of("syllables", forms) for forms in forms_of_all)) | {
            "q": "",
            "limit": _MOST_NAMESAKES,
            "attributesToRetrieve": ["id", "called"],
        }

    def _kept_to(self, *conditions: str) -> Query:
        facets = [
            one_of("facets", [facet_key(name, value) for value in values]) for name, values in self.filters.items()
        ]
        together = " AND ".join((*conditions, *facets))
        kept: Query = {"indexUid": self.uid}
        return kept | ({"filter": together} if together else {})


class TellingWords:
    """The words of a query that Meilisearch is asked for. `counts`: folded word → documents that hold it."""

    def __init__(self, text: str, synonyms: Synonyms, counts: Mapping[str, int], experts: int) -> None:
        self._counts = counts
        self._experts = experts
        self._units: list[Unit] = []
        query = WordSequence.of(text)
        self._is_marked = query.folded != query.marked
        all_units = list(dict.fromkeys(synonyms.units(query)))
        often = dict.fromkeys(all_units, 0)
        for unit in synonyms.units(query):
            often[unit] += 1
        known = [unit for unit in all_units if self._known_words(unit.words) or self._spellings(unit)]
        telling = sorted(known, key=lambda unit: -(1 + math.log(often[unit])) * self._weight(unit))
        size = 0
        for unit in telling:
            size += max(len(unit.words), 1)
            if size > _MOST_WORDS and self._units:
                break
            self._units.append(unit)
        self._in_order = [unit for unit in all_units if unit in set(self._units)]
        self._all_units = all_units

    def questions(self, index: Index, *, limit: int, with_chunks: bool) -> list[Query]:
        """The first is the query as typed; empty when the index holds none of its words."""
        found = []
        whole = self._sent(self._in_order)
        if whole:
            # A question that drops its commonest word first keeps the most telling one to the end.
            found.append(index.by_words(whole, limit=limit, strategy="frequency", with_chunks=with_chunks))
        others = [unit for unit in self._units[1 : 1 + _MOST_IN_FRONT] if self._known_words(unit.words)]
        fronts = [self._sent([unit, *self._without(unit)]) for unit in others]
        synonyms = [
            " ".join([*map(_as_sent, spelling.folded), self._sent(self._without(unit))]).strip()
            for unit in self._units
            for spelling in self._spellings(unit)
        ]
        for words in dict.fromkeys([*fronts, *synonyms[:_MOST_SYNONYMS]]):
            if words and words != whole:
                found.append(index.by_words(words, limit=min(limit, _FROM_THE_SIDE), with_chunks=with_chunks))
        return found

    def holders(self, index: Index) -> list[list[Query]]:
        """For everybody who holds every word of the query, or what stands for it: as typed, or, where it was typed with
        marks, written without any. Whoever answers all questions of one list does; a query of more words than
        Meilisearch considers takes several."""
        ways = [
            way
            for way in dict.fromkeys(itertools.islice(self._together(), _MOST_SPELLINGS))
            if 0 < len(way) <= _MOST_HELD
        ]
        return [
            [
                index.holders(" ".join(f'"{word}"' for word in way[start : start + _MOST_WORDS]))
                for start in range(0, len(way), _MOST_WORDS)
            ]
            for way in ways
        ]

    def _together(self) -> Iterator[tuple[str, ...]]:
        """In which words a document may hold all units; of a longer query not every mixture."""
        marked = [[tuple(form[0] for form in forms) for forms in self._ways(unit)] for unit in self._all_units]
        plain = [[tuple(form[-1] for form in forms) for forms in self._ways(unit)] for unit in self._all_units]
        if not all(marked):
            return
        chosen: Iterable[Sequence[tuple[str, ...]]]
        if len(marked) <= _SHORT:
            mixed = [
                itertools.islice(itertools.product(*self._ways(unit)[0]), _MOST_SPELLINGS) for unit in self._all_units
            ]
            every = [dict.fromkeys([*m, *p, *x]) for m, p, x in zip(marked, plain, mixed, strict=True)]
            chosen = itertools.product(*every)
        else:
            first = [ways[0] for ways in marked]
            swapped = [[*first[:n], way, *first[n + 1 :]] for n, ways in enumerate(marked) for way in ways[1:]]
            chosen = [first, [ways[0] for ways in plain], *swapped]
        for parts in chosen:
            yield tuple(dict.fromkeys(itertools.chain.from_iterable(parts)))

    def _ways(self, unit: Unit) -> list[list[list[str]]]:
        """What may stand for a unit, its own words first, if all of them are known: of each word its forms."""
        own = [unit.words] if len(self._known_words(unit.words)) == len(unit.words) else []
        return [
            [self._forms(*both) for both in zip(words.folded, words.marked, strict=True)]
            for words in (*own, *self._spellings(unit))
        ]

    def _forms(self, folded: str, marked: str) -> list[str]:
        if not self._is_marked:
            return [_as_sent(folded)]
        return list(dict.fromkeys([spelling_key(marked), spelling_key(folded)]))

    def _without(self, unit: Unit) -> list[Unit]:
        return [other for other in self._units if other != unit]

    def _sent(self, units: Sequence[Unit]) -> str:
        return " ".join(_as_sent(word) for unit in units for word in self._known_words(unit.words))

    def _known_words(self, words: WordSequence) -> list[str]:
        return [word for word in words.folded if self._counts.get(word)]

    def _spellings(self, unit: Unit) -> list[WordSequence]:
        return [synonym for synonym in unit.synonyms if all(self._counts.get(word) for word in synonym.folded)]

    def _weight(self, unit: Unit) -> float:
        known = self._known_words(unit.words) or [word for words in self._spellings(unit) for word in words.folded[:1]]
        return sum(math.log(1 + (self._experts + 0.5) / (self._counts[word] + 0.5)) for word in known)


def as_typed(text: str) -> str:
    """The first words of a query none of which is known as it stands: Meilisearch may know what was meant."""
    return " ".join(_as_sent(word) for word in WordSequence.of(text).folded[:_MOST_WORDS])


def one_of(attribute: str, values: Sequence[str]) -> str:
    return f"{attribute} IN [{', '.join(f'{chr(34)}{value}{chr(34)}' for value in values)}]"


def _equals(attribute: str, value: str) -> str:
    return f'{attribute} = "{value}"'


def _as_sent(word: str) -> str:
    return number_key(word) if "/" in word else word
