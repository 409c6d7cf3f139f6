"""What people type and paste, made fit to be stored and shown."""

from __future__ import annotations

import unicodedata
from uuid import UUID


def clean_line(text: str) -> str:
    """NFC on one line, without NUL, lone surrogates and other characters that cannot be stored or seen."""
    kept = "".join(
        " " if one.isspace() else one for one in text if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())


def clean_text(text: str) -> str:
    """The same for a text of several lines, which stay."""
    return "\n".join(clean_line(line) for line in text.splitlines()).strip()


def read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
