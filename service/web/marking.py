"""Which words of a text to mark, because they also stand in another one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from markupsafe import Markup, escape

from search.vietnamese import fold

_WORD = re.compile(r"\w+")
# The same few thousand words stand in all drafts and works.
_fold_word = lru_cache(maxsize=20_000)(fold)


class MarkedText(Protocol):
    """A piece of a text, from here or from a search."""

    @property
    def text(self) -> str: ...
    @property
    def is_marked(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; the spans of one text put together give it back unchanged."""

    text: str
    is_marked: bool


def mark_words(text: str, phrases: Iterable[str]) -> list[Span]:
    """Mark whole words only, case and Vietnamese marks aside; the longest phrase wins, neighbours become one span."""
    wanted: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        if words := _words_of_phrase(phrase):
            wanted.setdefault(words[0], []).append(words)
    for options in wanted.values():
        options.sort(key=len, reverse=True)
    places, folded = _words_of_text(text)
    marked: list[tuple[int, int]] = []
    free = 0  # words before it are spoken for
    for at, word in enumerate(folded):
        if at < free or word not in wanted:
            continue
        for option in wanted[word]:
            if len(option) == 1 or tuple(folded[at : at + len(option)]) == option:
                free = at + len(option)
                _add(marked, places[at][0], places[free - 1][1], text)
                break
    return _spans(text, marked)


def marked(text: str, phrases: Iterable[str]) -> Markup:
    """The text for a page, with the words that stand in `phrases` as <mark>."""
    return _marked(text, tuple(phrases))


@lru_cache(maxsize=1_000)  # the pairs of some ten cases, which are looked at again and again
def _marked(text: str, phrases: tuple[str, ...]) -> Markup:
    return render_spans(mark_words(text, phrases))


@lru_cache(maxsize=4_000)
def _words_of_phrase(phrase: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(phrase)))


@lru_cache(maxsize=200)  # one place of a draft stands beside many people's evidence
def _words_of_text(text: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Where each word stands, and the words folded."""
    places = [match.span() for match in _WORD.finditer(text)]
    return places, [_fold_word(text[start:end]) for start, end in places]


def render_spans(spans: Iterable[MarkedText]) -> Markup:
    # Put together as plain text, each piece escaped: ten times as fast as joining markup.
    pieces = [f"<mark>{escape(span.text)}</mark>" if span.is_marked else str(escape(span.text)) for span in spans]
    return Markup("".join(pieces))  # noqa: S704


def _add(marked: list[tuple[int, int]], start: int, end: int, text: str) -> None:
    """Two marked words with only a space between them are one mark."""
    if marked and text[marked[-1][1] : start].isspace():
        marked[-1] = (marked[-1][0], end)
    else:
        marked.append((start, end))


def _spans(text: str, marked: list[tuple[int, int]]) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for start, end in marked:
        if start > at:
            spans.append(Span(text[at:start], False))
        spans.append(Span(text[start:end], True))
        at = end
    if at < len(text):
        spans.append(Span(text[at:], False))
    return spans
