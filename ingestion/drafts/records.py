"""What a draft file says, passage by passage, and what is wrong with the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ingestion.records import UnreadableFileError


class PassageKind(StrEnum):
    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    LETTERHEAD = "letterhead"  # national motto, issuing body, number, place and date
    RECIPIENTS = "recipients"  # nơi nhận
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPassage:
    """A paragraph, heading or table row, in reading order; NFC, no running heads or contents."""

    ordinal: int  # from 0, over the whole draft
    text: str
    kind: PassageKind
    page: int | None  # from 1; None where the format has no pages (TXT; DOCX without LibreOffice)
    paragraph: int  # from 1, over the whole draft
    level: int | None = None  # of a heading, from 1
    headings: tuple[str, ...] = ()  # the headings above it, outermost first
    annex: str | None = None


class FlagReason(StrEnum):
    HIDDEN = "hidden"  # w:vanish, PDF invisible render mode
    WHITE = "white"  # colour of the paper
    TINY = "tiny"  # under 4 points
    BROKEN_ENCODING = "broken_encoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedText:
    """Text that a reader of the printed draft would not see, or that is broken: shown to staff, used for nothing."""

    text: str
    reason: FlagReason
    page: int | None
    paragraph: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReading:
    """One draft file, read. `warnings` are (message, details) pairs to translate."""

    file: str
    media_type: str
    sha256: str
    title: str | None  # trích yếu, e.g. "Kế hoạch phát triển nuôi biển …"
    document_number: str | None  # "192/KH-UBND"
    page_count: int | None
    passages: tuple[DraftPassage, ...]
    flagged: tuple[FlaggedText, ...] = ()
    warnings: tuple[tuple[str, dict[str, object]], ...] = field(default=())


class DraftProblem(StrEnum):
    EMPTY = "empty"
    NO_TEXT = "no_text"  # sound file without a word in it
    SCAN = "scan"  # page images without a text layer
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    NOT_WHAT_IT_SAYS = "not_what_it_says"  # content is not what the name says
    BOMB = "bomb"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"  # or out of memory: the child process died
    LEGACY_ENCODING = "legacy_encoding"
    NEEDS_LIBREOFFICE = "needs_libreoffice"
    UNSUPPORTED = "unsupported"
    MISSING = "missing"


class UnreadableDraftError(UnreadableFileError):
    """The draft cannot be used; `problem` says which way, `message % details` what to do."""

    def __init__(self, problem: DraftProblem, message: str, **details: object) -> None:
        self.problem = problem
        super().__init__(message, **details)
