"""How people are called and put in order: titles before a name, the sort key, other ways to write a name.

Pure. Codes of degrees, ranks and honours are those of the shared glossary (GS, PGS, TSKH, TS, CK2, ThS …).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from search.vietnamese import fold
from service.i18n import Locale

# Order on screen: honour – rank – degree – profession (NGND.GS.TS., ThS.BSCKII.).
_ENGLISH_TITLES = {
    "GS": "Prof.",
    "PGS": "Assoc. Prof.",
    "TSKH": "Dr.Sc.",
    "TS": "Dr.",
    "CK2": "Specialist II",
    "NCS": "PhD cand.",
    "ThS": "MSc",
    "CK1": "Specialist I",
    "BSNT": "Resident MD",
    "BS": "MD",
    "DS": "Pharm.",
    "BSTY": "DVM",
    "KS": "Eng.",
    "KTS": "Arch.",
    "LS": "Lawyer",
    "CN": "BSc",
}
_WITHOUT_TITLE = frozenset({"CĐ", "KHAC"})
_SPECIALIST = {"CK2": "CKII", "CK1": "CKI"}
_SPECIALIST_PROFESSIONS = ("BS", "DS")


def titles(
    *,
    degree: str | None,
    academic_rank: str | None,
    other_titles: Sequence[str] = (),
    honours: Sequence[str] = (),
    locale: Locale = "vi",
) -> str:
    """The titles before a name: "PGS.TS.", "TS.BS.", "NGND.GS.TS."; in English "Assoc. Prof. Dr."; "" for none."""
    professions = [title for title in other_titles if title not in _WITHOUT_TITLE and title != degree]
    if locale == "en":
        codes = [academic_rank, degree, *professions]
        return " ".join(dict.fromkeys(_ENGLISH_TITLES[code] for code in codes if code in _ENGLISH_TITLES))
    degrees = [degree] if degree and degree not in _WITHOUT_TITLE else []
    parts = [*honours, *([academic_rank] if academic_rank else []), *degrees, *professions]
    for code, written in _SPECIALIST.items():
        if code in parts:
            # A specialist's degree is written together with the profession: BSCKII, DSCKI.
            profession = next((title for title in _SPECIALIST_PROFESSIONS if title in parts), "")
            parts = [part for part in parts if part != profession]
            parts[parts.index(code)] = profession + written
    return "".join(f"{part}." for part in dict.fromkeys(parts))


def display_name(
    full_name: str,
    *,
    degree: str | None = None,
    academic_rank: str | None = None,
    other_titles: Sequence[str] = (),
    honours: Sequence[str] = (),
    locale: Locale = "vi",
) -> str:
    """ "PGS.TS. Nguyễn Văn A"."""
    before = titles(
        degree=degree, academic_rank=academic_rank, other_titles=other_titles, honours=honours, locale=locale
    )
    return f"{before} {full_name}" if before else full_name


# -- Vietnamese alphabetical order ---------------------------------------------------------------------------------
_LETTERS = {letter: chr(ord("A") + i) for i, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}  # huyền, hỏi, ngã, sắc, nặng


def sort_key(family_name: str, middle_name: str, given_name: str) -> str:
    """An ASCII key whose byte order is Vietnamese order of people: by tên, then họ, then đệm.

    Letters count first (a ă â … d đ …); tones only break ties. For a column or index that compares bytewise.
    """
    return ",".join(text_sort_key(part) for part in (given_name, family_name, middle_name))


def text_sort_key(text: str) -> str:
    """The same order for any text."""
    letters: list[str] = []
    tones: list[str] = []
    for character in unicodedata.normalize("NFC", text).lower():
        parts = unicodedata.normalize("NFD", character)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        if base not in _LETTERS:
            if character.isspace() or character in "-–":
                letters.append("!")
                continue
            base = fold(character)[:1]  # ü, ñ, ø … stand with their plain letter
        if base in _LETTERS:
            letters.append(_LETTERS[base])
            tones.append(next((_TONES[part] for part in parts if part in _TONES), "0"))
        elif base.isdigit():
            letters.append(base)
    return "".join(letters) + " " + "".join(tones)


# -- the same name written in other ways ---------------------------------------------------------------------------
def has_marks(name: str) -> bool:
    """Whether the spelling carries Vietnamese marks; "Nguyen Van Duong" does not."""
    return any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", name)) or "đ" in name.lower()


def folded_orders(name: str) -> tuple[str, ...]:
    """The folded name in its own order, then as it stands when the given name goes first or the family name last."""
    words = fold(name).split()
    orders = [words, words[-1:] + words[:-1], words[1:] + words[:1], words[::-1]]
    if len(words) > 2:
        # "Giao Diep Quynh": given, family, middle; and back.
        orders.append(words[-1:] + words[:-1])
        orders.append([words[-1], *words[1:-1], words[0]])
    return tuple(dict.fromkeys(" ".join(order) for order in orders))


def canonical_marks(name: str) -> str:
    """The name in lower case with tones on one agreed vowel, so that Thúy and Thuý are one spelling."""
    text = unicodedata.normalize("NFC", " ".join(name.lower().split()))
    return " ".join(_canonical_syllable(word) for word in text.split())


@lru_cache(maxsize=65536)
def _canonical_syllable(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    tone = next((c for c in decomposed if c in _TONES), "")
    plain = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in _TONES))
    return plain + tone
