"""Reads an agency's draft (DOCX, PDF, DOC, TXT, MD) into passages that know their page or paragraph.

Importing this loads no parser: those live in the child process that opens the file.
"""

from ingestion.drafts.limits import Limits
from ingestion.drafts.reader import read_draft
from ingestion.drafts.records import (
    DraftPassage,
    DraftProblem,
    DraftReading,
    FlaggedText,
    FlagReason,
    PassageKind,
    UnreadableDraftError,
)
from ingestion.drafts.reference_texts import without_source_notes

__all__ = [
    "DraftPassage",
    "DraftProblem",
    "DraftReading",
    "FlagReason",
    "FlaggedText",
    "Limits",
    "PassageKind",
    "UnreadableDraftError",
    "read_draft",
    "without_source_notes",
]
