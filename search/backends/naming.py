"""Whose name is it? Pure: compares what was typed with the names of people that share its syllables.

Order is free (Vietnamese put the family name first, others last), single letters are initials, titles before a name do
not count, and a syllable that no name has is taken for a slip of the keyboard. Marks never exclude anybody, but those
who are spelled as typed come first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from rapidfuzz.distance import OSA

from search.query import WHOLE_NAME
from search.vietnamese import same_marks, syllables, word_places

_ACADEMIC = (
    "gs",
    "pgs",
    "ts",
    "ths",
    "tskh",
    "bs",
    "bscki",
    "bsckii",
    "ks",
    "cn",
    "nsut",
    "nsnd",
    "dr",
    "prof",
    "professor",
)
_TITLES = frozenset((*_ACADEMIC, "mr", "mrs", "ms", "ong", "ba"))
# Family names that are no other words when they are typed without marks or capitals; "le", "do" and "ho" are.
_FAMILIES = frozenset({"nguyen", "tran", "pham", "huynh", "quach", "nghiem", "khuu", "thach"})
_FEWEST_OF_A_NAME, _MOST_OF_A_NAME = 2, 5  # words
_GIVEN_NAME = 0.05  # lowest score of those who share the given name
_MOST_WORDS = 12  # in a longer query nobody is looked up by name
_MOST_ALTERNATIVES = 5
_SHORTEST_CORRECTED = 3


@dataclass(frozen=True, slots=True)
class NameQuery:
    """Folded and marked words of a query that may hold a name, titles dropped."""

    folded: tuple[str, ...]
    marked: tuple[str, ...]
    is_capitalised: bool = False  # every word, and not all letters

    @classmethod
    def of(cls, text: str) -> NameQuery | None:
        """None for texts that are no name: too long, or one short word."""
        words = list(zip(syllables(text), same_marks(text), strict=True))
        while len(words) > 1 and words[0][0] in _TITLES:
            del words[0]
        if not 1 <= len(words) <= _MOST_WORDS or max(len(folded) for folded, _ in words) < 2:
            return None
        text = unicodedata.normalize("NFC", text)
        typed = [text[start:end] for start, end, *_ in word_places(text)][-len(words) :]
        return cls(
            tuple(folded for folded, _ in words),
            tuple(marked for _, marked in words),
            is_capitalised=all(word[:1].isupper() for word in typed) and not text.isupper(),
        )

    @property
    def is_marked(self) -> bool:
        return self.folded != self.marked

    @property
    def full_words(self) -> list[str]:
        return [word for word in self.folded if len(word) > 1]

    @property
    def looks_like_a_name(self) -> bool:
        """Of several words, by its capitals or its family name."""
        is_long_enough = _FEWEST_OF_A_NAME <= len(self.folded) <= _MOST_OF_A_NAME
        return is_long_enough and (self.is_capitalised or self.folded[0] in _FAMILIES)


@dataclass(frozen=True, slots=True)
class Spellings:
    """Each word of the query → the name syllables it may stand for; itself when names have it."""

    of: Mapping[str, tuple[str, ...]]

    @classmethod
    def among(cls, query: NameQuery, known: Collection[str], is_word: Mapping[str, bool]) -> Spellings:
        """`known`: all syllables of names. A word of the index that no name has (`is_word`) is not corrected when it
        stands alone: it is what the searcher means."""
        found: dict[str, tuple[str, ...]] = {}
        for word in query.full_words:
            if word in known:
                found[word] = (word,)
            elif len(word) >= _SHORTEST_CORRECTED and not (len(query.folded) == 1 and is_word.get(word)):
                found[word] = tuple(closest(word, known))
            else:
                found[word] = ()
        return cls(found)

    def is_corrected(self, word: str) -> bool:
        return self.of.get(word) != (word,)


def closest(word: str, known: Collection[str]) -> list[str]:
    """Syllables one slip away (a letter more, less, other, or two changed over); longer forms of it first."""
    near = [syllable for syllable in known if abs(len(syllable) - len(word)) <= 1]
    found = [syllable for syllable in near if OSA.distance(word, syllable, score_cutoff=1) <= 1]
    # People leave letters out at the end more than they mistake the first.
    found.sort(key=lambda syllable: (not syllable.startswith(word), syllable[0] != word[0], syllable))
    return found[:_MOST_ALTERNATIVES]


def lookups(query: NameQuery, spellings: Spellings) -> list[list[tuple[str, ...]]]:
    """What names to fetch: any of these lists of alternatives, all of whose members a name must hold.

    The whole query, or three words that follow each other in it (a name with something else beside it).
    """
    whole = [spellings.of[word] for word in dict.fromkeys(query.full_words)]
    found = [whole] if all(whole) and whole else []
    if len(query.folded) > 3:
        for start in range(len(query.folded) - 2):
            three = query.folded[start : start + 3]
            if all(len(word) > 1 and spellings.of[word] == (word,) for word in three):
                found.append([(word,) for word in dict.fromkeys(three)])
    return found


def given_name_lookup(query: NameQuery, spellings: Spellings) -> list[tuple[str, ...]]:
    """The same for who shares the given name of a whole one that nobody bears; empty where no such name was typed."""
    given = spellings.of.get(query.folded[-1], ())
    return [given] if query.looks_like_a_name and given else []


def who_is_meant(
    query: NameQuery, spellings: Spellings, people: Iterable[tuple[UUID, Sequence[str]]]
) -> list[tuple[UUID, float]]:
    """Those whose name the query is, with a likeness of at most 1; `people` with all their names. Where nobody bears
    the whole name, those who bear its given name."""
    scored = [(who, name_score(query, spellings, names)) for who, names in people]
    least = WHOLE_NAME if any(score >= WHOLE_NAME for _, score in scored) else _GIVEN_NAME
    return [(who, score) for who, score in scored if score >= least]


def name_score(query: NameQuery, spellings: Spellings, names: Sequence[str]) -> float:
    """0 when none of the names is meant; otherwise higher for the better likeness, at most 1."""
    return max((_score(query, spellings, name) for name in names), default=0.0)


def _score(query: NameQuery, spellings: Spellings, name: str) -> float:
    folded, marked = syllables(name), same_marks(name)
    if not folded:
        return 0.0
    pairing = _pair(query, spellings, folded, marked)
    if pairing is None:
        return _contained(query, folded, marked) or _given_name(query, spellings, folded, marked)
    exact = [query.marked[i] == marked[j] for i, j in enumerate(pairing)]
    corrected = any(spellings.is_corrected(word) for word in query.full_words)
    in_order = all(first < second for first, second in pairwise(pairing))
    is_whole = len(query.folded) == len(folded)
    if not _is_name(query, folded, pairing, exact, corrected=corrected, in_order=in_order):
        return 0.0
    likeness = 0.3 * sum(exact) / len(exact) + 0.15 * is_whole + 0.05 * in_order
    if len(query.folded) == 1:  # people are called by their given name
        likeness = 0.3 * exact[0] + 0.2 * (pairing[0] == len(folded) - 1)
    return 0.5 + likeness - 0.2 * corrected


def _given_name(query: NameQuery, spellings: Spellings, folded: Sequence[str], marked: Sequence[str]) -> float:
    """Of a whole name that nobody may bear."""
    if not query.looks_like_a_name or folded[-1] not in spellings.of.get(query.folded[-1], ()):
        return 0.0
    if query.is_marked and marked[-1] not in (query.marked[-1], query.folded[-1]):
        return 0.0
    shared = len(set(query.folded) & set(folded)) / len(query.folded)
    return _GIVEN_NAME + 0.1 * shared + 0.1 * (marked[-1] == query.marked[-1])


def _is_name(
    query: NameQuery,
    name: Sequence[str],
    pairing: Sequence[int],
    exact: Sequence[bool],
    *,
    corrected: bool,
    in_order: bool,
) -> bool:
    """Whether words that a name happens to hold are meant as the name: Sơn Hải may be a person, or a sea and a hill."""
    if len(query.folded) == 1:
        # One word: somebody's given name, or a slip for a name; a family name only with its capital: hồ is a lake.
        if corrected:
            return len(query.folded[0]) > 3 and pairing[0] in (0, len(name) - 1)
        is_spelled_so = exact[0] or not query.is_marked
        return is_spelled_so and pairing[0] in ((0, len(name) - 1) if query.is_capitalised else (len(name) - 1,))
    if len(query.folded) == 2:
        if query.is_marked and not all(exact) and not corrected:
            return len(name) == 2 and in_order
        neighbours = abs(pairing[0] - pairing[1]) == 1 and in_order
        ends = {pairing[0], pairing[1]} == {0, len(name) - 1}
        return neighbours or ends
    return True


def _pair(query: NameQuery, spellings: Spellings, folded: Sequence[str], marked: Sequence[str]) -> list[int] | None:
    """For each word of the query the place of its syllable in the name, each used once; None when one has none."""
    free = set(range(len(folded)))
    places: dict[int, int] = {}
    order = sorted(range(len(query.folded)), key=lambda i: len(query.folded[i]) == 1)  # initials take what is left
    last = -1
    for i in order:
        word = query.folded[i]
        fitting = [
            j for j in free if (folded[j].startswith(word) if len(word) == 1 else folded[j] in spellings.of[word])
        ]
        if not fitting:
            return None
        # The same spelling first, then the next in order.
        place = min(fitting, key=lambda j: (marked[j] != query.marked[i], folded[j] != word, j < last, j))
        places[i] = last = place
        free.remove(place)
    return [places[i] for i in range(len(query.folded))]


def _contained(query: NameQuery, folded: Sequence[str], marked: Sequence[str]) -> float:
    """A whole name of three words or more inside a longer query, in order."""
    size = len(folded)
    if size < 3:
        return 0.0
    for start in range(len(query.folded) - size + 1):
        if list(query.folded[start : start + size]) == list(folded):
            exact = sum(a == b for a, b in zip(query.marked[start : start + size], marked, strict=True))
            return 0.3 + 0.4 * exact / size
    return 0.0
