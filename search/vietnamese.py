"""Vietnamese text: when two spellings are the same word. Pure functions; domain.md §8 says why each rule is there.

`fold` is the key that both sides of every match go through: case, tone and vowel marks, đ, dashes and spaces do not
count. `same_marks` keeps them, but in one style of writing, to rank exact spellings first.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Language = Literal["vi", "vi-unmarked", "other"]

_D = str.maketrans({"đ": "d", "ð": "d", "Đ": "d", "Ð": "d", "ƣ": "oi", "Ƣ": "oi"})
_DASHES = re.compile(r"[-‐‑‒–—−\u00ad]+")
_SPACES = re.compile(r"\s+")
# A document number (192/KH-UBND, 52-CTr/TU, 14/2014/QĐ-TTg) is one word. What stands before its first stroke is short
# and never tried again shorter: a long row of digits and dots would cost the square of its length.
_WORD = re.compile(r"\d[\w.]{0,40}+(?:-\w{1,40}+)?+(?:/[\w.-]*\w)+|[^\W_]+", re.UNICODE)
_NUMBER_PUNCTUATION = re.compile(r"[.-]")
# Anything but the letters and signs of Latin writing, none of which combines with another.
_MAY_COMBINE = re.compile("[^\x00-\u02ff\u1e00-\u1eff\u2000-\u206f]")
_TONES = {"\u0300": "2", "\u0301": "1", "\u0303": "4", "\u0309": "3", "\u0323": "5"}
_ONSET = "(?:b|ch|c|d|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x)?"
_RHYME = (
    "(?:[aeiouy]|ai|ao|au|ay|eo|eu|ia|ie|ieu|iu|oa|oai|oay|oao|oe|oeo|oi|oo|ua|uau|uay|uai|ue|ui|uo|uoi|uou|uu|uy|uya"
    "|uye|uyu|ye|yeu)(?:ch|c|m|ng|nh|n|p|t)?"
)
_SYLLABLE = re.compile(f"^{_ONSET}{_RHYME}$")


def fold(text: str) -> str:
    """Lower case, no marks, đ → d, dashes and white space as one space. Idempotent."""
    return _SPACES.sub(" ", _DASHES.sub(" ", plain_letters(text))).strip()


def plain_letters(text: str) -> str:
    """Only the letters of `fold`: lower case, no marks; spaces and dashes stay. For quick looks at long texts."""
    plain = text.translate(_PLAIN)
    return plain if plain.isascii() else _without_marks(text)  # rare letters take the long way


def _without_marks(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower().translate(_D)
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


# What becomes of single letters, dashes and spaces: ten times as fast as normalising, with the same result.
_PLAIN = {
    code: plain
    for code in (*range(0x1F00), *range(0x2000, 0x2070))
    if (plain := _DASHES.sub("-", _without_marks(chr(code)))).isascii()
}


def syllables(text: str) -> list[str]:
    """Folded words in order; punctuation dropped, document numbers whole and without hyphens."""
    return [_fold_word(word) for word in _words(text)]


def same_marks(text: str) -> list[str]:
    """The words of `syllables`, one for one, with their marks in one style: hoà and hòa are equal, hoá is not.

    A tone stands at the end as a digit, wherever it was written; the vowel marks stay. For comparing only.
    """
    return [_mark_word(word) for word in _words(text)]


def word_forms(text: str) -> list[tuple[str, str]]:
    """`syllables` and `same_marks` side by side, in one pass."""
    return [(_fold_word(word), _mark_word(word)) for word in _words(text)]


def word_places(text: str) -> list[tuple[int, int, str, str]]:
    """Start, end, folded form and form with marks of each word of a text in NFC, capitals and all."""
    return [
        (match.start(), match.end(), *forms)
        for match in _WORD.finditer(text)
        if all(forms := _written_forms(match.group()))
    ]


@lru_cache(maxsize=65536)
def _written_forms(word: str) -> tuple[str, str]:
    """Of a word as it stands in a text; a few letters come apart into two words."""
    return " ".join(syllables(word)), " ".join(same_marks(word))


def is_marked(text: str) -> bool:
    """Whether it was typed with Vietnamese marks or đ."""
    return same_marks(text) != syllables(text)


def language_of(text: str) -> Language:
    """Vietnamese with marks, Vietnamese typed without them, or another language.

    Most words of a Vietnamese text look like Vietnamese syllables; those of other languages do not. A text with no
    words of letters counts as Vietnamese.
    """
    every = _words(text)
    words = [word for word in every if word.isalpha() and len(word) > 1]
    if words and sum(map(_is_shaped, words)) <= 0.6 * len(words):
        return "other"
    return "vi" if not words or any(_mark_word(word) != _fold_word(word) for word in every) else "vi-unmarked"


@lru_cache(maxsize=65536)
def _is_shaped(word: str) -> bool:
    return _SYLLABLE.match(_fold_word(word)) is not None


def _words(text: str) -> list[str]:
    if text.isascii():
        return _WORD.findall(text.lower())
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    if _MAY_COMBINE.search(text):
        text = "".join(c for c in text if not unicodedata.combining(c))
    return _WORD.findall(text)


@lru_cache(maxsize=65536)
def _fold_word(word: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", word.translate(_D)) if not unicodedata.combining(c))
    return _NUMBER_PUNCTUATION.sub("", plain) if "/" in plain else plain


@lru_cache(maxsize=65536)
def _mark_word(word: str) -> str:
    if word.isascii():
        return _fold_word(word)
    decomposed = unicodedata.normalize("NFD", word)
    tones = "".join(_TONES[c] for c in decomposed if c in _TONES)
    key = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES)).replace("ð", "đ")
    return (_NUMBER_PUNCTUATION.sub("", key) if "/" in key else key) + tones
