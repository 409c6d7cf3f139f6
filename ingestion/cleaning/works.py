"""Works written into one cell, and lists of co-authors and keywords.

Three ways of writing a work are understood: "title - 2021 - bài báo - cùng A, B", "2021. title (bài báo) [A; B]", and a
free reference, of which the year is found and the rest kept as the title.
"""

from __future__ import annotations

import re

from ingestion.cleaning.dates import parse_year
from ingestion.cleaning.text import clean_lines, fold, shorten, split_outside_brackets
from ingestion.records import WorkRecord

KEYWORD_LIMIT = 200  # characters of one keyword

_DASH = r"\s+[-–—]\s+"
_TITLE_FIRST = re.compile(
    rf"^(?P<title>.+){_DASH}(?P<year>(?:19|20)\d\d)(?:{_DASH}(?P<kind>(?!cùng\b|with\b).+?))?"
    rf"(?:{_DASH}(?:cùng(?:\s+với)?|với|with|đồng tác giả|co-?authors?)\s*:?\s*(?P<coauthors>.+))?$",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(
    r"^\(?(?P<year>(?:19|20)\d\d)\)?\s*[.:,\-–]\s*(?P<title>.+?)(?:\s*\[(?P<coauthors>.*)\])?\s*\.?$"
)
_LAST_BRACKET = re.compile(r"^(?P<title>.+\S)\s*\((?P<kind>[^()]*)\)\.?$")
_YEAR_IN_BRACKETS = re.compile(r"\s*[(\[]((?:19|20)\d\d)[)\]]\s*\.?$")
_YEAR_AT_THE_END = re.compile(r"\s*[,.\-–]\s*((?:19|20)\d\d)\s*\.?$")
_NUMBERING = re.compile(r"^(?:[-–—•*+▪►]|\(?\d{1,3}[.)](?!\d)|\[\d{1,3}\])\s*")
_SEMICOLON = re.compile(r"\s*;\s*")
_NAMES = re.compile(r"\s*[,;]\s*|\s+(?:và|and|&)\s+")
_KINDS = re.compile(
    r"\b(?:bai bao|tap chi|ky yeu|sach|chuong sach|giao trinh|de tai|du an|de an|bao cao|tham luan|luan an|luan van|"
    r"sang che|giai phap|sang kien|giong|"
    r"tai lieu|quy trinh|tieu chuan|phan mem|tranh|bai viet|hoi thao|chuyen de|article|paper|journal|book|chapter|"
    r"report|project|patent|thesis|conference|dissertation|preprint|software)\b"
)
_PHRASES = re.compile(r"\s*[;|\n•·]\s*")
_COMMAS = re.compile(r"\s*,\s*")


def parse_works(cell: str) -> tuple[WorkRecord, ...]:
    """The works of one cell in order. Never raises; a text without any structure is one work."""
    lines = [line for line in clean_lines(cell) if line]
    parts = lines if len(lines) > 1 else _joined(split_outside_brackets(lines[0], _SEMICOLON)) if lines else []
    return tuple(work for part in parts if (work := _parse_work(_NUMBERING.sub("", part).strip())))


def _joined(parts: list[str]) -> list[str]:
    """Put a title with a semicolon in it together again, where the form of the other parts shows that it was one."""
    forms = [pattern for pattern in (_TITLE_FIRST, _YEAR_FIRST) if any(pattern.match(part) for part in parts)]
    if len(parts) == 1 or len(forms) != 1:
        return parts
    joined: list[str] = []
    if forms[0] is _YEAR_FIRST:
        for part in parts:
            if joined and not _YEAR_FIRST.match(_NUMBERING.sub("", part)):
                joined[-1] += "; " + part
            else:
                joined.append(part)
        return joined
    pending = ""
    for part in parts:
        pending = f"{pending}; {part}" if pending else part
        if _TITLE_FIRST.match(part):
            joined.append(pending)
            pending = ""
    if pending and joined and not parse_year(pending):
        joined[-1] += "; " + pending
    elif pending:
        joined.append(pending)
    return joined


def _parse_work(text: str) -> WorkRecord | None:
    if not any(c.isalnum() for c in text):
        return None
    if match := _TITLE_FIRST.match(text):
        kind = match["kind"]
        return WorkRecord(
            title=match["title"].strip(),
            year=int(match["year"]),
            kind_text=kind.strip() if kind else None,
            coauthors=split_names(match["coauthors"] or ""),
        )
    if match := _YEAR_FIRST.match(text):
        title, kind = match["title"].strip(), None
        if (bracket := _LAST_BRACKET.match(title)) and _is_kind(bracket["kind"]):
            title, kind = bracket["title"].strip(), bracket["kind"].strip()
        return WorkRecord(
            title=title, year=int(match["year"]), kind_text=kind, coauthors=split_names(match["coauthors"] or "")
        )
    for pattern in (_YEAR_IN_BRACKETS, _YEAR_AT_THE_END):
        if (found := pattern.search(text)) and found.start() > 0:
            return WorkRecord(title=text[: found.start()].strip(), year=int(found[1]))
    return WorkRecord(title=text, year=parse_year(text))


def _is_kind(text: str) -> bool:
    return bool(_KINDS.search(fold(text)))


def split_names(text: str) -> tuple[str, ...]:
    """Co-authors; what stands in brackets after a name (a unit) stays with it."""
    return tuple(dict.fromkeys(part.strip(" .") for part in split_outside_brackets(text, _NAMES) if part.strip(" .")))


def split_keywords(text: str) -> tuple[str, ...]:
    """Keywords at semicolons or line ends, at commas only where there are neither. A phrase of more than
    `KEYWORD_LIMIT` characters is cut."""
    parts = split_outside_brackets(text, _PHRASES)
    if len(parts) == 1:
        parts = split_outside_brackets(text, _COMMAS)
    stripped = (shorten(_NUMBERING.sub("", part).strip(" .,;"), KEYWORD_LIMIT) for part in parts)
    return tuple(dict.fromkeys(part for part in stripped if part))
