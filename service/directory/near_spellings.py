"""Other words for a query that found nobody: what stands in the directory and is written almost so. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from search.vietnamese import syllables
from service.directory.vocabulary import Vocabulary

_MOST = 4
_MOST_WORDS = 12  # a paragraph is not misspelled as a whole
_SHORTEST_WORD = 3
_ALIKE_WORD = 0.6
_ALIKE_PHRASE = 78


def near_spellings(vocabulary: Vocabulary, text: str) -> tuple[str, ...]:
    """Nearest first, as they are written in the directory; each is there. () for a paragraph."""
    words = syllables(text)
    if not words or len(words) > _MOST_WORDS:
        return ()
    asked = " ".join(words)
    found = dict.fromkeys(
        one
        for one in (*_phrases(vocabulary, asked), *_word_by_word(vocabulary, words))
        if asked != " ".join(syllables(one))
    )
    return tuple(islice(found, _MOST))


def _phrases(vocabulary: Vocabulary, asked: str) -> Iterator[str]:
    for _, _, number in process.extract(
        asked, vocabulary.folded, scorer=fuzz.ratio, score_cutoff=_ALIKE_PHRASE, limit=2
    ):
        yield vocabulary.terms[number].text


def _word_by_word(vocabulary: Vocabulary, words: Sequence[str]) -> Iterator[str]:
    """With each unknown word replaced by the nearest known one; unless none is, or most are."""
    nearest = {word: _nearest(vocabulary, word) for word in words if word not in vocabulary.words}
    if not nearest:
        return
    for choice in range(2):
        written = []
        for word in words:
            if word not in nearest:
                written.append(vocabulary.words[word])
            elif near := nearest[word][choice : choice + 1] or nearest[word][:1]:
                written.append(vocabulary.words[near[0]])
        if written:  # what resembles nothing is left out
            yield " ".join(written)


def _nearest(vocabulary: Vocabulary, word: str) -> list[str]:
    if len(word) < _SHORTEST_WORD or not word.isalpha():
        return []
    close = process.extract(
        word, vocabulary.words.keys(), scorer=OSA.normalized_similarity, score_cutoff=_ALIKE_WORD, limit=2
    )
    return [known for known, _, _ in close]
