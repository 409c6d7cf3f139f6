"""Which words of a text answer a query: for showing why somebody was found. Pure.

Gives plain pieces of text, never markup: whoever renders them escapes them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from search.vietnamese import is_marked, plain_letters, same_marks, syllables, word_places

# Words that only join others; they are marked inside a longer match, not by themselves.
_JOINING = frozenset(
    same_marks(
        "và của cho các những một là ở tại đến với trong từ về theo để khi do có không được này rồi lại ra vào nên thì"
        " mà cũng đã sẽ hay va cua cac nhung mot voi duoc the of and in on for to a an at by with from is are or as"
    )
)


@dataclass(frozen=True, slots=True)
class Span:
    """The spans of a text, put together, give it back."""

    text: str
    is_marked: bool


class QueryWords:
    """The words of a query and of what stands for them (synonyms), ready to be found in many texts."""

    def __init__(self, query: str, synonyms: Iterable[tuple[str, str]] = ()) -> None:
        folded = syllables(query)
        marked = same_marks(query)
        self._is_marked = is_marked(query)
        self._marks: dict[str, set[str]] = {}
        for word, spelled in zip(folded, marked, strict=True):
            self._marks.setdefault(word, set()).add(spelled)
        self._phrases: list[tuple[str, ...]] = []
        padded = f" {' '.join(folded)} "
        for pair in _folded(tuple(synonyms)):
            for here, there in (pair, pair[::-1]):
                if f" {' '.join(here)} " in padded and there:
                    self._phrases.append(there)

        telling = {word for word in folded if not self._only_joins(word)}
        self._telling = _any_of(telling | {phrase[0] for phrase in self._phrases})

    def find(self, text: str) -> frozenset[str]:
        """The words of the query, folded, that a text answers; joining words aside. A synonym counts as its words."""
        if self._telling is not None and not self._telling.search(plain_letters(text)):
            return frozenset()
        places = _places(unicodedata.normalize("NFC", text))
        return frozenset(word for word, index in self._matches(places) if places[index].marked not in _JOINING)

    def mark(self, text: str) -> tuple[Span, ...]:
        """Neighbouring marked words, and joining words between them, make one span."""
        text = unicodedata.normalize("NFC", text)
        places = _places(text)
        hits = {index for _, index in self._matches(places)}
        spans: list[Span] = []
        at = 0
        for first, last in _runs(hits, places, text):
            start, end = places[first].start, places[last].end
            if start > at:
                spans.append(Span(text[at:start], False))
            spans.append(Span(text[start:end], True))
            at = end
        if at < len(text):
            spans.append(Span(text[at:], False))
        return tuple(spans)

    def _only_joins(self, word: str) -> bool:
        """However a text may spell it."""
        return self._is_marked and word in _JOINING and self._marks[word] <= _JOINING

    def _matches(self, places: Sequence[_Place]) -> list[tuple[str, int]]:
        """Each word that answers, folded, with the number of its place."""
        known, is_marked = self._marks, self._is_marked
        found = [
            (place.folded, index)
            for index, place in enumerate(places)
            if place.folded in known
            and (not is_marked or place.marked in known[place.folded] or place.marked == place.folded)
        ]
        for phrase in self._phrases:
            for start in range(len(places) - len(phrase) + 1):
                if all(places[start + i].folded == word for i, word in enumerate(phrase)):
                    found += [(word, start + i) for i, word in enumerate(phrase)]
        return found


@lru_cache(maxsize=2)
def _folded(synonyms: tuple[tuple[str, str], ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The same few hundred pairs serve every query."""
    return [(tuple(syllables(one)), tuple(syllables(other))) for one, other in synonyms]


def _any_of(words: set[str]) -> re.Pattern[str] | None:
    """Finds one of the words in plain letters: a quick look at texts most of which hold none. None where letters alone
    cannot say, as of document numbers."""
    if any("/" in word for word in words):
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(words)))})(?![^\W_])" if words else "(?!)")


class _Place(NamedTuple):
    start: int
    end: int
    folded: str
    marked: str


@lru_cache(maxsize=4096)  # whoever filters or turns a page sees the same lines again
def _places(text: str) -> tuple[_Place, ...]:
    return tuple(_Place(*place) for place in word_places(text))


def _runs(hits: set[int], places: Sequence[_Place], text: str) -> Iterable[tuple[int, int]]:
    """First and last place of each run of hits with only spaces between, less joining words at its ends."""
    run: list[int] = []
    for index in [*sorted(hits), len(places) + 1]:
        if run and (index != run[-1] + 1 or not text[places[run[-1]].end : places[index].start].isspace()):
            real = [place for place in run if places[place].marked not in _JOINING]
            if real:
                yield real[0], real[-1]
            run = []
        run.append(index)
