"""Degrees, ranks, honours and other titles, in the spellings offices use → the codes of domain.md §4.1–4.2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz, process

from ingestion.cleaning.text import clean_text, fold, fold_letters, is_nothing

Kind = Literal["rank", "degree", "honour", "other"]

DEGREE_ORDER = {
    "TSKH": 85, "TS": 80, "CK2": 75, "ThS": 60, "CK1": 58, "BSNT": 57, "BS": 50, "DS": 50, "BSTY": 50, "KS": 50,
    "KTS": 50,
    "LS": 48, "CN": 45, "CĐ": 30, "KHAC": 10,
}  # fmt: skip
RANK_ORDER = {"GS": 100, "PGS": 90}


@dataclass(frozen=True, slots=True)
class _Title:
    kind: Kind
    codes: tuple[str, ...]  # "Bác sĩ chuyên khoa II" says CK2 and BS
    words: tuple[str, ...]  # written out, with their marks
    abbreviations: tuple[str, ...] = ()  # regular expressions on folded text

    def pattern(self) -> str:
        words = [r"[\s-]+".join(map(re.escape, fold_letters(phrase).split())) for phrase in self.words]
        return "|".join(f"(?:{part})" for part in sorted([*words, *self.abbreviations], key=len, reverse=True))


_CLASS_2, _CLASS_1 = r"(?:ii|2)", r"(?:i|1)"
_TITLES = (
    _Title("rank", ("PGS",), ("phó giáo sư", "associate professor"), (r"p\.?\s?g\.?\s?s",
        r"assoc?(?:iate)?\.?\s*prof(?:essor)?", r"a\.?/?prof")),
    _Title("other", (), ("assistant professor",), (r"ass(?:is)?t\.?\s*prof(?:essor)?",)),
    _Title("rank", ("GS",), ("giáo sư", "professor"), (r"g\.?\s?s", r"prof")),
    _Title("degree", ("TSKH",), ("tiến sĩ khoa học", "tiến sỹ khoa học", "doctor of science"), (r"t\.?s\.?\s?k\.?h",
        r"d\.?\s?sc", r"dr\.?\s?sc")),
    _Title(
        "degree", ("TS",),
        ("tiến sĩ", "tiến sỹ", "phó tiến sĩ", "phó tiến sỹ", "doctor of philosophy", "doctorate", "doctor"),
        (r"p?\.?t\.?\s?s", r"ph\.?\s?d", r"dr(?:\.?-ing)?", r"dphil"),
    ),
    _Title("other", ("NCS",), ("nghiên cứu sinh", "phd candidate", "phd student"), (r"n\.?c\.?s",)),
    _Title(
        "degree", ("CK2", "BS"), ("bác sĩ chuyên khoa cấp ii", "bác sĩ chuyên khoa ii", "bác sỹ chuyên khoa ii",
        "bác sỹ chuyên khoa cấp ii"),
        (rf"(?:b\.?s|bac s[iy])[\s.,-]*(?:c\.?k|chuyen khoa)(?:\s*cap)?[\s.-]*{_CLASS_2}",),
    ),
    _Title("degree", ("CK2", "DS"), (),
        (rf"(?:d\.?s|duoc s[iy])[\s.,-]*(?:c\.?k|chuyen khoa)(?:\s*cap)?[\s.-]*{_CLASS_2}",)),
    _Title("degree", ("CK2",), (), (rf"(?:c\.?k|chuyen khoa)(?:\s*cap)?[\s.-]*{_CLASS_2}",)),
    _Title("degree", ("CK1", "BS"), (),
        (rf"(?:b\.?s|bac s[iy])[\s.,-]*(?:c\.?k|chuyen khoa)(?:\s*cap)?[\s.-]*{_CLASS_1}",)),
    _Title("degree", ("CK1", "DS"), (),
        (rf"(?:d\.?s|duoc s[iy])[\s.,-]*(?:c\.?k|chuyen khoa)(?:\s*cap)?[\s.-]*{_CLASS_1}",)),
    _Title("degree", ("CK1",), (), (rf"(?:c\.?k|chuyen khoa)(?:\s*cap)?[\s.-]*{_CLASS_1}",)),
    _Title("degree", ("BSNT", "BS"), ("bác sĩ nội trú", "bác sỹ nội trú"), (r"b\.?s\.?\s?n\.?t",)),
    _Title("degree", ("BSTY",), ("bác sĩ thú y", "bác sỹ thú y", "veterinarian"), (r"b\.?s\.?\s?t\.?y", r"dvm")),
    _Title(
        "degree", ("ThS",), ("thạc sĩ", "thạc sỹ", "cao học", "master of science", "master of arts", "master's",
        "master"),
        (r"t\.?h\.?\s?s", r"m\.?\s?sc", r"mba", r"mph", r"m\.?\s?eng", r"m\.?phil", r"llm", r"m\.a(?=\.|$)",
            r"m\.?s(?=\.? (?:degree|in)\b)"),
    ),
    _Title("degree", ("BS",), ("bác sĩ", "bác sỹ", "bác sĩ đa khoa", "medical doctor"), (r"b\.?\s?s", r"bsdk",
        r"m\.?d(?=\.|$|,)")),
    _Title("degree", ("DS",), ("dược sĩ đại học", "dược sĩ", "dược sỹ", "pharmacist"), (r"d\.?\s?s(?:dh)?",)),
    _Title("degree", ("KTS",), ("kiến trúc sư", "architect"), (r"k\.?t\.?s",)),
    _Title("degree", ("KS",), ("kỹ sư", "kĩ sư", "engineer"), (r"k\.?\s?s",)),
    _Title("degree", ("LS",), ("luật sư", "lawyer"), (r"l\.?s",)),
    _Title("degree", ("CN",), ("cử nhân", "đại học", "bachelor of science", "bachelor of arts", "bachelor's",
        "bachelor"), (r"c\.?n", r"b\.?\s?sc", r"b\.a(?=\.|$)", r"b\.?\s?eng", r"dh")),
    _Title("degree", ("CĐ",), ("cao đẳng", "college diploma"), (r"cd",)),
    _Title(
        "degree", ("KHAC",),
        ("không có bằng đại học", "không có bằng cấp", "không bằng cấp", "nghệ nhân", "nông dân", "nông dân sáng tạo",
            "trung cấp", "thợ thủ công", "khác", "no degree", "other"),
    ),
    _Title("honour", ("NGND",), ("nhà giáo nhân dân",), (r"n\.?g\.?n\.?d",)),
    _Title("honour", ("NGƯT",), ("nhà giáo ưu tú",), (r"n\.?g\.?u\.?t",)),
    _Title("honour", ("TTND",), ("thầy thuốc nhân dân",), (r"t\.?t\.?n\.?d",)),
    _Title("honour", ("TTƯT",), ("thầy thuốc ưu tú",), (r"t\.?t\.?u\.?t",)),
    _Title("honour", ("NSND",), ("nghệ sĩ nhân dân", "nghệ sỹ nhân dân"), (r"nsnd",)),
    _Title("honour", ("NSƯT",), ("nghệ sĩ ưu tú", "nghệ sỹ ưu tú"), (r"nsut",)),
    _Title("honour", ("NNND",), ("nghệ nhân nhân dân",), (r"nnnd",)),
    _Title("honour", ("NNƯT",), ("nghệ nhân ưu tú",), (r"nnut",)),
    _Title("honour", ("AHLĐ",), ("anh hùng lao động",), (r"ahld",)),
    _Title("honour", ("VS",), ("viện sĩ", "viện sỹ", "academician"), (r"vs",)),
    _Title("honour", ("CSTĐTQ",), ("chiến sĩ thi đua toàn quốc",), (r"cstdtq",)),
    _Title("other", ("GVCC",), ("giảng viên cao cấp",), (r"gvcc",)),
    _Title("other", ("GVC",), ("giảng viên chính",), (r"gvc",)),
    _Title("other", ("NCVCC",), ("nghiên cứu viên cao cấp",), (r"ncvcc",)),
    _Title("other", ("NCVC",), ("nghiên cứu viên chính",), (r"ncvc",)),
    _Title("other", ("BSCC",), ("bác sĩ cao cấp",), (r"bscc",)),
    _Title("other", ("BSC",), ("bác sĩ chính",), (r"bsc(?=\.? \w)",)),
    _Title("other", ("KSC",), ("kỹ sư chính",), (r"ksc",)),
)  # fmt: skip
_MATCHER = re.compile(r"(?<!\w)(?:" + "|".join(title.pattern() for title in _TITLES) + r")(?![^\W_])\.?")
_EACH = tuple((re.compile(rf"(?:{title.pattern()})(?![^\W_])\.?"), title) for title in _TITLES)
_PHRASES = {fold(phrase): title for title in _TITLES for phrase in title.words if len(phrase) > 5}
_MARKED = {phrase for title in _TITLES for phrase in title.words}


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """A title inside a text. `is_misspelt` when it was only understood because marks or letters were forgiven."""

    start: int
    end: int
    kind: Kind
    codes: tuple[str, ...]
    written: str
    is_misspelt: bool


@dataclass(frozen=True, slots=True)
class Titles:
    """All titles of one text. `unknown` when the text says something that is no title we know."""

    degree: str | None = None
    rank: str | None = None
    others: tuple[str, ...] = ()
    honours: tuple[str, ...] = ()
    misspelt: tuple[tuple[str, str], ...] = ()  # (as written, code)
    is_unknown: bool = False


NO_TITLES = Titles()


def find_titles(text: str) -> list[FoundTitle]:
    """Titles in order of place; they never overlap. `text` must be NFC."""
    folded = fold_letters(text)
    found: list[FoundTitle] = []
    position = 0
    while match := _MATCHER.search(folded, position):
        found.append(_title_at(text, folded, match.start()))
        position = found[-1].end
    return found


def leading_titles(text: str) -> list[FoundTitle]:
    """The unbroken run of titles at the beginning of a text."""
    folded = fold_letters(text)
    found: list[FoundTitle] = []
    position = _next_letter(folded, 0)
    while _MATCHER.match(folded, position):
        found.append(_title_at(text, folded, position))
        position = _next_letter(folded, found[-1].end)
    return found


def _next_letter(text: str, position: int) -> int:
    while position < len(text) and not text[position].isalnum():
        position += 1
    return position


def _title_at(text: str, folded: str, start: int) -> FoundTitle:
    """The longest title that begins there: TSKH wins over TS, "nghệ nhân ưu tú" over "nghệ nhân"."""
    end, title = max(
        ((match.end(), title) for pattern, title in _EACH if (match := pattern.match(folded, start))),
        key=lambda found: found[0],
    )
    written = text[start:end].strip(" .,-–/")
    return FoundTitle(start, end, title.kind, title.codes, written, _is_misspelt(written, title))


def _is_misspelt(written: str, title: _Title) -> bool:
    if written.isascii():
        return False
    words = " ".join(written.lower().replace("-", " ").split())
    if words in _MARKED or any(words.startswith(phrase) for phrase in _MARKED):
        return False
    return " " in words and any(fold(phrase) in fold(words) for phrase in title.words)


@lru_cache(maxsize=4096)
def parse_titles(text: str) -> Titles:
    """What a cell of degrees, ranks or honours says. Words beside a title ("Tiến sĩ Kinh tế") are its subject."""
    text = clean_text(text)
    if is_nothing(text):
        return Titles(degree="KHAC" if fold(text) == "khong co bang" else None)
    found = find_titles(text)
    if not found:
        best = process.extractOne(fold(text), _PHRASES.keys(), scorer=fuzz.ratio, score_cutoff=82)
        if best is None:
            return Titles(is_unknown=True)
        title = _PHRASES[best[0]]
        found = [FoundTitle(0, len(text), title.kind, title.codes, text, True)]
    return combine_titles(found)


def combine_titles(found: list[FoundTitle]) -> Titles:
    """The highest degree and rank; everything below them that says a profession stays in `others`."""
    degrees = [code for title in found if title.kind == "degree" for code in title.codes]
    ranks = [code for title in found if title.kind == "rank" for code in title.codes]
    degree = max(degrees, key=lambda code: DEGREE_ORDER[code], default=None)
    others = [
        code
        for code in degrees
        if code != degree and code in ("BS", "DS", "BSTY", "KS", "KTS", "LS", "CK1", "CK2", "BSNT")
    ]
    others += [code for title in found if title.kind == "other" for code in title.codes]
    return Titles(
        degree=degree,
        rank=max(ranks, key=lambda code: RANK_ORDER[code], default=None),
        others=tuple(dict.fromkeys(others)),
        honours=tuple(dict.fromkeys(code for title in found if title.kind == "honour" for code in title.codes)),
        misspelt=tuple((title.written, title.codes[0]) for title in found if title.is_misspelt and title.codes),
    )
