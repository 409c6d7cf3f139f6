"""When two spellings are one word, over all Vietnamese letters in every form they are typed in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.vietnamese import (
    fold,
    is_marked,
    language_of,
    plain_letters,
    same_marks,
    syllables,
    word_forms,
    word_places,
)

TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
VOWELS = "aăâeêioôơuưy"
# The 134 letters that Vietnamese has beside a–z, and the plain ones.
LETTERS = tuple(
    dict.fromkeys(
        case(unicodedata.normalize("NFC", letter + tone))
        for letter in "aăâbcdđeêghiklmnoôơpqrstuưvxy"
        for tone in (TONES if letter in VOWELS else ("",))
        for case in (str.lower, str.upper)
    )
)
words = st.text(st.sampled_from(LETTERS), min_size=1, max_size=7)
texts = st.lists(words, min_size=1, max_size=8).map(" ".join)


def unmarked(text: str) -> str:
    """By another road than the code: letter by letter from the character's name."""
    plain = {letter: unicodedata.name(letter).split(" LETTER ")[1].split(" ")[0].lower()[0] for letter in LETTERS}
    return "".join(plain.get(letter, letter) for letter in text)


def test_there_are_134_letters_with_marks() -> None:
    assert len([letter for letter in LETTERS if not letter.isascii()]) == 134


@given(texts)
def test_all_forms_of_a_text_fold_alike(text: str) -> None:
    forms = [text, unicodedata.normalize("NFD", text), text.upper(), text.lower(), unmarked(text)]

    assert {fold(form) for form in forms} == {unmarked(text)}
    assert {tuple(syllables(form)) for form in forms} == {tuple(unmarked(text).split())}


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert [syllables(word) for word in syllables(text)] == [[word] for word in syllables(text)]


@given(st.text())
def test_folded_and_marked_words_stand_side_by_side(text: str) -> None:
    assert word_forms(text) == list(zip(syllables(text), same_marks(text), strict=True))


@given(texts)
def test_marks_are_the_same_in_every_normal_form_and_case(text: str) -> None:
    assert same_marks(unicodedata.normalize("NFD", text)) == same_marks(text) == same_marks(text.upper())
    assert is_marked(text) == (text.lower() != unmarked(text))


@given(texts)
def test_marks_of_words_without_marks_are_the_words(text: str) -> None:
    assert same_marks(unmarked(text)) == syllables(text)


@given(texts)
def test_places_give_back_the_words(text: str) -> None:
    assert [(folded, marked) for _, _, folded, marked in word_places(text)] == word_forms(text)
    assert " ".join(text[start:end] for start, end, _, _ in word_places(text)) == text


@given(st.text(st.characters(max_codepoint=0x1EFF)))
def test_plain_letters_are_those_of_the_fold(text: str) -> None:
    assert fold(plain_letters(text)) == fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("khoẻ", "khỏe"),
        ("uỷ", "ủy"),
        ("Hùynh", "Huỳnh"),
        ("Saú", "Sáu"),
        ("ÐÀO", "đào"),
    ],
)
def test_a_tone_may_stand_on_either_vowel(one: str, other: str) -> None:
    assert same_marks(one) == same_marks(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("hoá", "hòa"), ("ma", "má"), ("Dương", "Đương"), ("mơ", "mô"), ("cân", "cần"), ("tư", "tu"), ("bạn", "bản")],
)
def test_different_words_have_different_marks(one: str, other: str) -> None:
    assert same_marks(one) != same_marks(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192/KH-UBND", ["192/khubnd"]),
        ("Số 11/2021/NĐ-CP.", ["so", "11/2021/ndcp"]),
        ("52-CTr/TU, ngày 13/6/2024", ["52ctr/tu", "ngay", "13/6/2024"]),
        ("14/2014/QĐ-TTg;", ["14/2014/qdttg"]),
        ("KH&CN", ["kh", "cn"]),
        ("mục 1.2.3 và 1.2/KH", ["muc", "1", "2", "3", "va", "12/kh"]),
        ("tư vấn/phản biện", ["tu", "van", "phan", "bien"]),
        ("nuôi-trồng — thủy_sản", ["nuoi", "trong", "thuy", "san"]),
        ("D'Arcy", ["d", "arcy"]),
        ("", []),
        ("\ufdfa \x00", ["صلى", "الله", "عليه", "وسلم"]),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert syllables(text) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nuôi trồng thủy sản ở vùng ven biển", "vi"),
        ("Bai hoc van hanh cong Xeo Ro va Kenh Cut", "vi-unmarked"),
        ("Early warning of hypoxia and algal toxins at finfish leases", "other"),
        ("Résumé of coastal engineering research", "other"),
        ("Ứng dụng GIS và IoT trong quản lý", "vi"),
        ("Xử lý ảnh y tế bằng deep learning", "vi"),
        ("2024", "vi"),
        ("", "vi"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_long_row_of_numbers_costs_no_more_than_its_length() -> None:
    """Where it costs the square, this test does not end."""
    assert syllables("1." * 300_000) == ["1"] * 300_000
