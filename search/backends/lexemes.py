"""A document as the words of an index: pure, and the same for a document and for what is asked.

A document's lexemes are of four families of lexemes, told apart by their form:

    nuoi          a folded syllable
    nuoi_trong    two that follow each other: they stand in for Vietnamese word segmentation
    =nuôi         the syllable with its marks (see `same_marks`), to rank exact spellings higher
    @linh         a syllable of a person's name

Four labels say where a lexeme stands: A name, B subject (keywords, fields, titles of works), C organisation and
place, D running text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from search.documents import ExpertDocument
from search.vietnamese import syllables, word_forms

Label = Literal["A", "B", "C", "D"]

_MOST_OCCURRENCES = 3  # of one lexeme under one label; more say nothing new
_LONGEST_WORD = 60


@dataclass(slots=True)
class DocumentWords:
    """Lexeme → label → how often."""

    lexemes: dict[str, dict[Label, int]] = field(default_factory=dict)
    length: int = 0  # in syllables

    def add(self, text: str, label: Label) -> None:
        forms = word_forms(text)
        folded = [word[:_LONGEST_WORD] for word, _ in forms]
        marked = [word[:_LONGEST_WORD] for _, word in forms]
        self.length += len(folded)
        for lexeme in (*folded, *bigrams(folded), *(f"={word}" for word in marked)):
            self._count(lexeme, label)

    def add_name(self, name: str) -> None:
        self.add(name, "A")
        for word in syllables(name):
            self._count(f"@{word[:_LONGEST_WORD]}", "A")

    def _count(self, lexeme: str, label: Label) -> None:
        labels = self.lexemes.setdefault(lexeme, {})
        labels[label] = min(labels.get(label, 0) + 1, _MOST_OCCURRENCES)

    def tsvector(self) -> str:
        """The literal, without places or labels: it only finds."""
        return " ".join(map(quoted, self.lexemes))


def words_of(document: ExpertDocument) -> DocumentWords:
    words = DocumentWords()
    for name in (document.full_name, *document.aliases):
        words.add_name(name)
    for text in (*document.keywords, *document.fields):
        words.add(text, "B")
    for text in (*document.titles, *document.organisations, *document.places):
        words.add(text, "C")
    words.add(document.biography, "D")
    for chunk in document.chunks:
        if chunk.kind == "position":
            words.add(chunk.text, "C")
        elif chunk.kind not in ("biography", "keywords"):  # those two are in the document already
            title, stop, rest = chunk.text.partition(". ")
            words.add(title + stop, "B")
            words.add(rest, "D")
    return words


def bigrams(words: Sequence[str]) -> list[str]:
    return [f"{first}_{second}" for first, second in pairwise(words)]


def quoted(lexeme: str) -> str:
    """A lexeme inside the literal of a tsvector or a tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def any_of(lexemes: Iterable[str]) -> str:
    return " | ".join(quoted(lexeme) for lexeme in lexemes)
