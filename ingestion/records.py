"""The language of the package: what a roster says, row by row, before anyone links it to the directory.

All text is NFC, without control or invisible characters, single-spaced. `*_text` fields hold what the office wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from enum import StrEnum


def N_(message: str) -> str:
    """Mark a message for translation; the application translates it when it shows it."""
    return message


class Gender(StrEnum):
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class Severity(StrEnum):
    """What becomes of the row."""

    REFUSE = "refuse"  # not imported
    WARN = "warn"  # imported, problem shown
    SKIP = "skip"  # nothing to import; said in the summary


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLocation:
    """Where a record stands. `sheet` is "" for CSV; `row` counts from 1 as Excel does; `column` is a letter or None."""

    file: str
    sheet: str
    row: int
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """One thing wrong with one row. `message % details` is a sentence; the application translates `message`."""

    location: SourceLocation
    header: str | None  # the column's header as written
    field: str  # name, birth_year, email, degree, rank, organisation, note, expertise, field, row, id …
    kind: str  # missing, out_of_range, formula …: as in the samples' truth.json
    severity: Severity
    message: str
    details: Mapping[str, object] = with_default(default_factory=dict)
    value: str | None = None  # what stood there, shortened for display


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecord:
    """A publication, project, patent, award-winning solution … of one person."""

    title: str
    year: int | None = None
    kind_text: str | None = None  # "bài báo", "đề tài" … as written
    role_text: str | None = None
    coauthors: tuple[str, ...] = ()
    abstract: str | None = None
    location: SourceLocation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMention:
    """A research field as written: a code ("3.3", "303", "50202"), a name, or both."""

    code_text: str | None
    name_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertRecord:
    """One person as one roster row tells it. Codes of degrees, ranks and honours are those of domain.md §4.1–4.2."""

    location: SourceLocation
    external_id: str | None
    full_name: str  # natural case, titles stripped
    name_as_written: str
    family_name: str
    middle_name: str
    given_name: str
    aliases: tuple[str, ...] = ()
    gender: Gender | None = None
    birth_year: int | None = None
    degree: str | None = None  # TSKH, TS, CK2, ThS, …
    academic_rank: str | None = None  # GS, PGS
    other_titles: tuple[str, ...] = ()  # BS, KS, LS … beside the degree
    honours: tuple[str, ...] = ()  # NGND, TTƯT …
    position: str | None = None
    organisation_text: str | None = None
    organisation_kind_text: str | None = None
    country_text: str | None = None
    province_text: str | None = None  # province or city of work
    residence_text: str | None = None
    hometown_text: str | None = None
    languages: tuple[str, ...] = ()  # ISO 639-1
    fields: tuple[FieldMention, ...] = ()
    keywords: tuple[str, ...] = ()
    biography: str | None = None
    email: str | None = None
    other_emails: tuple[str, ...] = ()  # further addresses of the same cell
    phone: str | None = None
    orcid: str | None = None
    time_zone: str | None = None  # IANA name or "UTC+08:00"
    months_in_vietnam: tuple[int, ...] = ()
    months_text: str | None = None  # "Tết", "6, 7" as written
    ties_text: str | None = None
    awards: tuple[str, ...] = ()
    is_available: bool | None = None
    open_reviews: int | None = None
    note: str | None = None
    works: tuple[WorkRecord, ...] = ()
    raw: Mapping[str, str] = with_default(default_factory=dict)  # header → cell as written, for the source record


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """How one column was understood. `field` is None when it was not recognised (then its values are kept in `raw`)."""

    column: str  # letter
    header: str
    field: str | None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetReading:
    """One sheet: what kind it was taken for, and how its columns were understood."""

    sheet: str
    kind: str  # "people", "works", "ignored"
    header_rows: tuple[int, ...]
    columns: tuple[ColumnMapping, ...]
    row_count: int  # rows below the header that hold anything


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterReading:
    """What one file holds. `experts` are in sheet and row order; rows refused stand in `problems` only."""

    file: str
    encoding: str | None  # of CSV files
    sheets: tuple[SheetReading, ...]
    experts: tuple[ExpertRecord, ...]
    problems: tuple[RowProblem, ...]
    unattached_works: tuple[tuple[str, WorkRecord], ...] = ()  # (name as written, work): no such person in this file


class UnreadableFileError(Exception):
    """The file cannot be read at all. `message % details` says why and what to do; nothing was imported."""

    def __init__(self, message: str, **details: object) -> None:
        self.message = message
        self.details = details
        super().__init__(message % details)
