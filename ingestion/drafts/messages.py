"""What parent and child process say to each other, as JSON in files."""

from __future__ import annotations

from typing import Literal

import msgspec

from ingestion.drafts.records import DraftPassage, DraftProblem, FlaggedText


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`read` a draft; `count_pages`: find the page of each passage in a PDF made of the draft; `run` a program."""

    kind: Literal["read", "count_pages", "run"]
    path: str
    name: str  # of the file as the user knows it, for messages
    seconds: float
    memory_bytes: int
    ocr: bool = False
    tesseract: str | None = None
    media_type: str | None = None  # of the original, when `path` is a conversion of it
    passages: tuple[DraftPassage, ...] = ()
    flagged: tuple[FlaggedText, ...] = ()
    command: tuple[str, ...] = ()


Warnings = tuple[tuple[str, dict[str, object]], ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Either a reading, or a problem, or the wish for a conversion (`needs_conversion`: the ending of the format)."""

    problem: DraftProblem | None = None
    message: str = ""
    details: dict[str, object] = {}
    needs_conversion: str | None = None
    is_docx: bool = False  # its pages are only known to a word processor
    media_type: str = ""
    title: str | None = None
    document_number: str | None = None
    page_count: int | None = None
    passages: tuple[DraftPassage, ...] = ()
    flagged: tuple[FlaggedText, ...] = ()
    warnings: Warnings = ()
