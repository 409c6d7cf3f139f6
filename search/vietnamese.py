"""Vietnamese text: when two spellings are the same word. Pure functions; domain.md §8 says why each rule is there.

`fold` is the key that both sides of every match go through: case, tone and vowel marks, đ, dashes and spaces do not
count. `same_marks` keeps them, but in one style of writing, to rank exact spellings first.
"""

from __future__ import annotations

import re
import unicodedata

_D = str.maketrans({"đ": "d", "ð": "d", "Đ": "d", "Ð": "d", "ƣ": "oi", "Ƣ": "oi"})
_DASHES = re.compile(r"[-‐‑‒–—−\u00ad]+")
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"\d[\w.]*(?:/[\w.-]+)+|\w+", re.UNICODE)  # a document number (192/KH-UBND) is one word


def fold(text: str) -> str:
    """Lower case, no marks, đ → d, dashes and white space as one space. Idempotent."""
    text = unicodedata.normalize("NFKC", text).lower().translate(_D)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return _SPACES.sub(" ", _DASHES.sub(" ", text)).strip()


def syllables(text: str) -> list[str]:
    """Folded words in order; punctuation dropped, document numbers whole."""
    marked = unicodedata.normalize("NFKC", text).lower().translate(_D)
    plain = "".join(c for c in unicodedata.normalize("NFD", marked) if not unicodedata.combining(c))
    return _WORD.findall(plain)
