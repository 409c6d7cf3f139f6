"""What the reader of one format hands to `structure`: paragraphs and table rows in reading order, with what it saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ingestion.drafts.records import FlagReason


class Region(StrEnum):
    """A part of the page that the layout alone gives away, such as the two-column table on top."""

    LETTERHEAD = "letterhead"
    RECIPIENTS = "recipients"
    SIGNATURE = "signature"


@dataclass(slots=True, kw_only=True)
class Block:
    """One paragraph or table row. `text` may be empty when all of it was flagged."""

    text: str
    page: int | None = None
    level: int | None = None  # of a heading, where style, outline or bookmark says so
    is_bold: bool = False  # all of it
    is_centred: bool = False
    is_listed: bool = False  # numbered or bulleted by the word processor
    stands_alone: bool = False  # plain text: an empty line above and below
    cells: tuple[str, ...] | None = None  # of a table row
    region: Region | None = None
    flags: list[tuple[str, FlagReason]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Extract:
    """A whole file in blocks."""

    blocks: list[Block]
    has_styles: bool  # False for plain and recognised text, where nothing is known of bold or centred
    page_count: int | None = None
    warnings: list[tuple[str, dict[str, object]]] = field(default_factory=list)
