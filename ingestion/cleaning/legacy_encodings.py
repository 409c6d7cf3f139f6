"""Vietnamese from before Unicode (TCVN3, VNI) and UTF-8 that was read as something else.

The signs of the old fonts look like Latin-1: "NguyÔn V¨n Ba" (TCVN3), "Nguyeãn Vaên Ba" (VNI). A text counts as legacy
only when it holds words that are no Vietnamese syllables and all of them become syllables by conversion, so that
"Müller" and "Küstenforschung" stay what they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import ftfy
from ftfy.badness import is_bad

from ingestion.cleaning.syllables import is_syllable

Encoding = Literal["TCVN3", "VNI", "UTF-8"]

# The 94 signs of TCVN 5712 from 0xA1 on. The fonts with capitals (.VnTimeH) use the same signs for capital letters.
_TCVN3 = {
    chr(0xA1 + i): letter
    for i, letter in enumerate(
        "ĂÂÊÔƠƯĐăâêôơưđẶ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵ"
    )
}
_VNI_SIGNS = {  # sign after a base letter → marks to add
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309", "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ"}
_VNI_PAIR = re.compile(f"([aeouyôöAEOUYÔÖ])([{''.join(_VNI_SIGNS)}{''.join(_VNI_SIGNS).upper()}])")
_SAMPLE = 400  # characters that decide
_WORD = re.compile(r"[^\s,;.:()\[\]/&\"'“”‘’–—\-?!+=*%<>|\d]+")
_VIETNAMESE = frozenset(
    "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđ"
    "ÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬÈẺẼÉẸÊỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢÙỦŨÚỤƯỪỬỮỨỰỲỶỸÝỴĐ"
)
_MIXED_CASE = re.compile(r"[^\W\d_A-Z][A-ZÀ-Þ][^\W\d_A-Z]")


@dataclass(frozen=True, slots=True)
class Converted:
    """A text that was written in, or read as, `encoding`."""

    text: str
    encoding: Encoding


def from_tcvn3(text: str) -> str:
    """Signs of a TCVN3 (ABC) font as Unicode."""
    return unicodedata.normalize("NFC", "".join(_TCVN3.get(c, c) for c in text))


def from_vni(text: str) -> str:
    """Signs of a VNI font as Unicode."""

    def pair(match: re.Match[str]) -> str:
        return _alone(match[1]) + _VNI_SIGNS[match[2].lower()]

    paired = _VNI_PAIR.sub(lambda match: "\0" + pair(match), text)
    out, i = [], 0
    while i < len(paired):  # what a pair produced is not converted a second time
        if paired[i] == "\0":
            end = i + 2
            while end < len(paired) and unicodedata.combining(paired[end]):
                end += 1
            out.append(paired[i + 1 : end])
            i = end
        else:
            out.append(_alone(paired[i]))
            i += 1
    return unicodedata.normalize("NFC", "".join(out))


def _alone(character: str) -> str:
    letter = _VNI_ALONE.get(character.lower())
    if letter is None:
        return character
    return letter.upper() if character.isupper() else letter


def convert_legacy(text: str) -> Converted | None:
    """The Unicode text, when this one was surely written in an old font or read in a wrong encoding."""
    sample = text[:_SAMPLE]
    if sample.isascii():
        return None
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    odd = [word for word in words if not _looks_right(word)]
    if not odd:
        return None
    if is_bad(sample) and (fixed := ftfy.fix_encoding(text)) != text:
        right = [word for word in _WORD.findall(fixed) if not word.isascii()]
        if all(map(_looks_right, right)):
            return Converted(unicodedata.normalize("NFC", fixed), "UTF-8")
    if not all(ord(c) <= 0xFF for word in odd for c in word):
        return None
    if not _hints_at_an_old_font(" ".join(odd)) and (len(odd) < 2 or len(odd) < len(words) / 2):
        return None
    best: tuple[float, Converted] | None = None
    candidates: tuple[tuple[Callable[[str], str], Encoding], ...] = ((from_tcvn3, "TCVN3"), (from_vni, "VNI"))
    for convert, encoding in candidates:
        share = sum(is_syllable(convert(word)) for word in odd) / len(odd)
        if share >= 0.8 and (best is None or share > best[0]):
            best = share, Converted(convert(text), encoding)
    return best[1] if best else None


def is_garbled_name(name: str) -> bool:
    """Whether letters of a name are lost (`Nguy?n`, U+FFFD) or stand in an encoding we have no table for."""
    if "\ufffd" in name or re.search(r"\w\?\w", name):
        return True
    return any(_is_garbled(word) for word in _WORD.findall(name) if not word.isascii())


def _is_garbled(word: str) -> bool:
    """Two letters side by side with marks, at least one of them no Vietnamese letter: `Nguyïîn`."""
    pairs = pairwise(word)
    return not is_syllable(word) and any(
        0xA0 <= ord(a) < 0x250 and 0xA0 <= ord(b) < 0x250 and not {a, b} <= _VIETNAMESE for a, b in pairs
    )


def _looks_right(word: str) -> bool:
    return word.isascii() or is_syllable(word)


def _hints_at_an_old_font(text: str) -> bool:
    """A sign or a capital among the letters: `V¨n`, `NguyÔn`."""
    return any("\xa1" <= c <= "\xbf" for c in text) or _MIXED_CASE.search(text) is not None
