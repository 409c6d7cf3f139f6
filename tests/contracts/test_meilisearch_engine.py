"""What is uploaded and how it is asked for, on Meilisearch's own engine.

The package milli holds the engine of Meilisearch 1.8 without its server: it indexes documents with the default settings
and answers a bare query with twenty documents at most. So this shows how words are cut, that quoted ones are meant as
they stand, and that a slip is forgiven where it is meant to be; not filters, vectors, settings or the order of results.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from milli import Index as Engine

from search.backends.lexemes import words_of
from search.backends.meilisearch_documents import PLAIN, to_stored
from search.backends.meilisearch_questions import Index, TellingWords
from search.backends.wording import Synonyms
from search.documents import ExpertDocument
from search.vietnamese import syllables
from tests.contracts.indexed import SYNONYMS, person

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = [unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in TONES]
SEARCHABLE = {*PLAIN, "spellings"}

Ask = Callable[[str], set[int]]


def asking(folder: Path, people: Sequence[ExpertDocument]) -> Ask:
    """What is asked is answered with the places of the people found."""
    engine = Engine(str(folder))
    stored = [msgspec.to_builtins(to_stored(one, None)) for one in people]
    engine.add_documents([{"id": n, **{name: one[name] for name in SEARCHABLE}} for n, one in enumerate(stored)])
    places = {n: engine.get_document(n)["id"] for n in range(len(people))}  # by the engine's own numbers
    return lambda query: {places[n] for n in engine.search(query)}


def counted(word: str) -> str:
    """The question for how many hold a word."""
    return str(Index("experts", {}).word(word)["q"])


def holders(text: str, people: Sequence[ExpertDocument]) -> list[str]:
    """Of a query of ten words at most."""
    words = [words_of(one).lexemes for one in people]
    counts = {word: sum(word in held for held in words) for word in syllables(text)}
    for _, expansion in SYNONYMS:
        counts |= {word: sum(word in held for held in words) for word in syllables(expansion)}
    telling = TellingWords(text, Synonyms(SYNONYMS), counts, len(people))
    return [str(query["q"]) for (query,) in telling.holders(Index("experts", {}))]


@pytest.mark.parametrize("onset", ["d", "đ", "ngh"])
def test_a_word_is_found_in_every_spelling_by_its_folded_form(tmp_path: Path, onset: str) -> None:
    for vowel in ("a", "e", "i", "o", "u", "y"):
        same = [letter for letter in LETTERS if syllables(letter) == [vowel]]
        people = [person("Một", f"lời {onset}{letter}n nói") for letter in same[:18]] + [person("Hai", "khác")]
        folder = tmp_path / vowel
        folder.mkdir()

        ask = asking(folder, people)

        assert ask(counted(syllables(f"{onset}{vowel}n")[0])) == set(range(len(people) - 1))


def test_whoever_holds_a_word_as_it_was_typed_is_told_from_whoever_holds_another_tone(tmp_path: Path) -> None:
    texts = [f"l{letter}n" for letter in LETTERS]
    people = [person("Một", text) for text in texts]
    ask = asking(tmp_path, people)

    for place, text in enumerate(texts):
        found = [ask(query) for query in holders(text, people)]
        unmarked = texts.index(syllables(text)[0])
        if text == texts[unmarked]:
            continue  # typed without marks: every spelling is meant, and there are more than the engine gives
        assert found == [{place}, {unmarked}]


def test_several_words_typed_with_marks_are_asked_for_together(tmp_path: Path) -> None:
    people = [
        person("Một", "Nuôi tôm ở ruộng lúa"),
        person("Hai", "nuối tóm"),
        person("Ba", "Nuoi tom"),
        person("Bốn", "tôm được nuoi"),
        person("Năm", "nuôi gà"),
    ]
    ask = asking(tmp_path, people)

    assert set().union(*map(ask, holders("nuôi tôm", people))) == {0, 2, 3}
    assert set().union(*map(ask, holders("nuoi tom", people))) == {0, 1, 2, 3}


def test_a_synonym_is_asked_for_as_all_of_its_words(tmp_path: Path) -> None:
    people = [
        person("Một", "Kinh tế ĐBSCL"),
        person("Hai", "Kinh tế đồng bằng sông Cửu Long"),
        person("Ba", "Kinh tế sông Cửu"),
    ]
    ask = asking(tmp_path, people)

    assert set().union(*map(ask, holders("kinh tế ĐBSCL", people))) == {0, 1}


@pytest.mark.parametrize("number", ["192/KH-UBND", "14/2014/QĐ-TTg", "52-CTr/TU", "31/2024/QH15"])
def test_the_number_of_a_document_is_one_word(tmp_path: Path, number: str) -> None:
    people = [
        person("Một", f"Góp ý {number} năm nay"),
        person("Hai", "192 KH UBND 14 2014 QĐ TTg 52 CTr TU 31 2024 QH15"),
    ]
    ask = asking(tmp_path, people)

    assert ask(counted(syllables(number)[0])) == {0}


def test_a_quoted_word_is_neither_a_beginning_nor_a_slip(tmp_path: Path) -> None:
    ask = asking(tmp_path, [person("Một", "tomato"), person("Hai", "khiett"), person("Ba", "nguyenx")])

    assert [ask(counted(word)) for word in ("tom", "khiet", "nguyen")] == [set(), set(), set()]


def test_words_without_quotes_forgive_a_slip_and_find_beginnings(tmp_path: Path) -> None:
    """What a query of unknown words is answered by."""
    ask = asking(tmp_path, [person("Một", "bathymetry of the gulf"), person("Hai", "khác hẳn")])

    assert ask("bathymetri") == {0}
    assert ask("bathym") == {0}
