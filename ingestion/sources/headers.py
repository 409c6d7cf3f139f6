"""Finds the header of a table and says what each column holds.

A header may stand below titles, take two or three rows (a heading merged over several columns), repeat its words in
two languages ("Full name / Họ và tên"), and be misspelt. Unknown columns are reported, not guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from functools import lru_cache
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ingestion.cleaning.dates import parse_year
from ingestion.cleaning.text import clean_text, fold
from ingestion.records import ColumnMapping, Gender
from ingestion.sources.header_words import FEMALE, MALE, NAME_PARTS, PEOPLE, WORKS
from ingestion.sources.tables import Formula, Table, column_letter

HEADER_WITHIN = 60  # rows from the top
MOST_LEVELS = 3
_SURE = 3.0  # a score at which nothing better is looked for further down

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PUNCTUATION = re.compile(r"[^\w/#&]+")
_LONGEST_PHRASE = 7  # words
_LONGEST_HEADING = 200  # characters; anything longer is no heading
_PARTS = re.compile(r"\s*/\s*")
_SOLE = frozenset(
    {"name", *NAME_PARTS, "birth_year", "gender", "external_id", "ordinal", "title", "year", "organisation"}
)
_IN_PHRASES = frozenset(  # single words that say it even inside a longer heading
    {
        "email",
        "orcid",
        "keywords",
        "hometown",
        "publications",
        "country",
        "telephone",
        "dob",
        "biography",
        "organisation",
        *("cccd", "cmnd", "cmt", "passport", "mst", "bhxh"),  # whatever else the heading says
    }
)
SheetKind = Literal["people", "works"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`gender` when the heading itself says it ("Năm sinh" over "Nam" and "Nữ")."""

    index: int  # from 1
    header: str
    field: str | None
    gender: Gender | None = None
    is_hidden: bool = False
    score: float = 0

    @property
    def letter(self) -> str:
        return column_letter(self.index)

    def mapping(self) -> ColumnMapping:
        return ColumnMapping(column=self.letter, header=self.header, field=self.field, is_hidden=self.is_hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    kind: SheetKind
    rows: tuple[int, ...]
    columns: tuple[Column, ...]
    words: dict[int, frozenset[str]] = with_default(default_factory=dict, repr=False)  # column → its headings, folded

    by_field: dict[str, list[Column]] = with_default(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for column in self.columns:
            self.by_field.setdefault(column.field or "", []).append(column)

    def has(self, field: str) -> bool:
        return field in self.by_field

    @property
    def has_names(self) -> bool:
        return self.has("name") or (
            self.has("given_name") and (self.has("family_name") or self.has("family_and_middle_name"))
        )


def find_header(table: Table) -> Header | None:
    """The header of a list of people or of works; None when the sheet holds neither."""
    candidates = [(number, cells) for number, cells in table.rows if number <= table.rows[0][0] + HEADER_WITHIN][
        :HEADER_WITHIN
    ]
    best: tuple[float, Header] | None = None
    for i, (number, cells) in enumerate(candidates):
        if sum(isinstance(value, str) for value in cells) < 2:
            continue
        if best is not None and best[0] >= _SURE and number > best[1].rows[-1] + MOST_LEVELS:
            break
        block = [(number, cells)]
        for level in range(MOST_LEVELS):
            if level:
                below = candidates[i + level] if i + level < len(candidates) else None
                if below is None or below[0] != block[-1][0] + 1 or not _continues_header(table, block, below):
                    break
                block.append(below)
            for kind in ("people", "works"):
                header = _read_block(table, block, "people" if kind == "people" else "works")
                score = _score(header)
                if score and (best is None or score > best[0]):
                    best = score, header
    return best[1] if best else None


def _score(header: Header) -> float:
    """How much of a header it is; 0 when it cannot be one."""
    found = {column.field: column.score for column in header.columns if column.field}
    if header.kind == "people":
        if not header.has_names or len(found) < 2:
            return 0
    else:
        says_whose = header.has("name") or header.has("external_id")
        if "title" not in found or not says_whose or not {"year", "kind", "coauthors", "role"} & found.keys():
            return 0
    unknown = sum(1 for column in header.columns if column.field is None)
    return sum(found.values()) / 100 - 0.3 * unknown - 0.01 * len(header.rows)


def _continues_header(table: Table, block: list[tuple[int, list[object]]], below: tuple[int, list[object]]) -> bool:
    """Whether the row below belongs to the header: it stands under a heading merged over several columns, or under the
    empty cells beside one, and holds only short texts."""
    top, bottom = block[0][0], below[0]
    texts = [value for value in below[1] if value is not None]
    if not texts or not all(
        isinstance(value, str) and len(value) < 80 and not parse_year(value) and "@" not in value for value in texts
    ):
        return False
    if any(
        s.first_row <= bottom - 1 <= s.last_row and s.first_row >= top and s.last_column > s.first_column
        for s in table.spans
    ):
        return True
    above = block[-1][1]
    filled_above = {i for i, value in enumerate(above) if value is not None}
    filled_below = {i for i, value in enumerate(below[1]) if value is not None}
    return bool(filled_below - filled_above) and len(filled_below & filled_above) <= len(filled_below) / 2


def _read_block(table: Table, block: list[tuple[int, list[object]]], kind: SheetKind) -> Header:
    width = max(len(cells) for _, cells in block)
    columns: list[Column] = []
    for index in range(1, width + 1):
        path = _path(table, block, index)
        if not path:
            continue
        field, gender, score = _understand(path, kind)
        columns.append(
            Column(
                index=index,
                header=" / ".join(path),
                field=field,
                gender=gender,
                is_hidden=index in table.hidden_columns,
                score=score,
            )
        )
    return Header(
        kind=kind,
        rows=tuple(number for number, _ in block),
        columns=_without_doubles(columns),
        words={
            column.index: frozenset(map(fold, column.header.split(" / "))) | {fold(column.header)} for column in columns
        },
    )


def _path(table: Table, block: list[tuple[int, list[object]]], index: int) -> tuple[str, ...]:
    """The headings above a column, from the top, each once."""
    path: list[str] = []
    for level, (number, cells) in enumerate(block):
        text = _text(cells, index)
        if not text:
            span = next(
                (
                    s
                    for s in table.spans
                    if s.first_row <= number <= s.last_row and s.first_column <= index <= s.last_column
                ),
                None,
            )
            if span is not None:
                source = next((row for row_number, row in block if row_number == span.first_row), None)
                text = _text(source, span.first_column) if source else ""
            elif level < len(block) - 1 and any(_text(row, index) for _, row in block[level + 1 :]):
                text = _left_of(
                    cells, index
                )  # the merging was lost (CSV): a heading reaches over the empty cells beside it
        if text and text not in path:
            path.append(text)
    return tuple(path)


def _text(cells: list[object], index: int) -> str:
    value = cells[index - 1] if index <= len(cells) else None
    if isinstance(value, Formula):
        value = value.stored
    return clean_text(str(value)) if value is not None else ""


def _left_of(cells: list[object], index: int) -> str:
    for i in range(index - 1, 0, -1):
        if text := _text(cells, i):
            return text
    return ""


def _understand(path: tuple[str, ...], kind: SheetKind) -> tuple[str | None, Gender | None, float]:
    lowest = fold(path[-1])
    if kind == "people" and (gender := _gender_word(path[-1])):
        field = match_heading(path[0], "people")[0] if len(path) > 1 else None
        return (field, gender, 90) if field in ("birth_year", "gender") else ("gender_column", gender, 40)
    field, score = match_heading(path[-1], kind)
    if field is None and len(path) > 1:
        field, score = match_heading(" ".join(path), kind)
        if field is None or score < 75:
            field, score = match_heading(path[-2], kind)
            score *= 0.8
    if field == "name" and lowest == "ten" and len(path) > 1 and match_heading(path[0], kind)[0] == "name":
        return "given_name", None, score
    return field, None, score


def _gender_word(text: str) -> Gender | None:
    word = text.lower().strip(" .:")
    if word in ("nam", "male", "m"):
        return Gender.MALE  # but not "năm", the year
    return Gender.FEMALE if fold(word) in FEMALE else (Gender.MALE if word in MALE else None)


@lru_cache(maxsize=4096)
def match_heading(heading: str, kind: SheetKind) -> tuple[str | None, float]:
    """The field a heading names, and how surely (0–100)."""
    if len(heading) > _LONGEST_HEADING:
        return None, 0.0
    phrases = _PHRASES[kind]
    bare = _normal(_BRACKETS.sub(" ", heading))
    whole = _normal(heading)
    for candidate, score in ((bare, 100.0), (whole, 98.0)):
        if candidate in phrases:
            return phrases[candidate], score
    for part in _PARTS.split(_BRACKETS.sub(" ", heading)):
        if (normal := _normal(part)) in phrases:
            return phrases[normal], 95.0
    words = bare.split()
    spans = (
        " ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + _LONGEST_PHRASE, len(words)) + 1)
    )
    found = [
        (len(phrase), phrase) for phrase in spans if phrase in phrases and (" " in phrase or phrase in _IN_PHRASES)
    ]
    if found:
        length, phrase = max(found)
        return phrases[phrase], min(94.0, 76 + length / 2)
    inside = _BRACKETS.search(heading)
    normal = _normal(inside[0].strip("()[]")) if inside else ""
    if len(normal) > 3 and normal in phrases:
        return phrases[normal], 76.0
    close = process.extractOne(bare, phrases.keys(), scorer=OSA.distance, score_cutoff=1 if len(bare) < 14 else 2)
    if close is not None and len(bare) >= 5 and (len(bare) >= 7 or len(close[0]) == len(bare)):
        return phrases[close[0]], 60.0
    return None, 0.0


def _normal(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", fold(text).replace("-", " ")).split()).replace(" / ", "/").strip("/ ")


_PHRASES: dict[SheetKind, dict[str, str]] = {
    "people": {_normal(phrase): field for field, phrases in PEOPLE.items() for phrase in phrases},
    "works": {_normal(phrase): field for field, phrases in WORKS.items() for phrase in phrases},
}


def _without_doubles(columns: list[Column]) -> tuple[Column, ...]:
    """One column for what a person has once; the surest one, the first of equals. Two free texts are both kept, and
    cells of "Họ và tên" merged over several columns are the parts of one name."""
    has_front = any(column.field in ("family_and_middle_name", "family_name") for column in columns)
    if has_front and not any(column.field == "given_name" for column in columns):
        columns = [
            replace(column, field="given_name") if column.field == "name" and fold(column.header) == "ten" else column
            for column in columns
        ]
    best: dict[str, Column] = {}
    for column in columns:
        if (
            column.field in _SOLE
            and not column.gender
            and (column.field not in best or column.score > best[column.field].score)
        ):
            best[column.field] = column
    genders = Counter(column.gender for column in columns if column.field == "gender_column")
    both = len(genders) == 2 and not any(column.field == "birth_year" for column in columns)
    kept: list[Column] = []
    for column in columns:
        chosen = best.get(column.field or "")
        if column.field == "gender_column":
            column = replace(column, field="birth_or_gender" if both else None)
        elif chosen is not None and not column.gender and column is not chosen:
            is_name_part = column.field == "name" and column.header == chosen.header
            column = column if is_name_part else replace(column, field=None)
        kept.append(column)
    return tuple(kept)


def repeats_header(texts: dict[int, str], header: Header) -> bool:
    """The header once more, as after a page break. `texts`: column → cleaned text of the filled cells."""
    same = 0
    for seen, (index, text) in enumerate(texts.items(), start=1):
        same += len(text) <= _LONGEST_HEADING and fold(text) in header.words.get(index, ())
        if seen == 3 and not same:
            return False
    return same >= 2 and same >= 0.6 * len(texts)
