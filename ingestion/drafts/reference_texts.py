"""The reference texts shipped with the product, which carry our own remarks in square brackets."""

from __future__ import annotations

import re

SOURCE_NOTE = re.compile(r"[^\n]*(?:\[[^\]\n]*\]|— nguồn:)[^\n]*\n\s*\n")
REMARK = re.compile(r"^[ \t]*\[(?:hết phần trích|đoạn giữa|phần |[^\]\n]*— theo )[^\]\n]*\][ \t]*$", re.M)


def without_source_notes(text: str) -> str:
    """A reference text as the agency wrote it: without the first line, which names the source, and our remarks.

    Text without such a first line comes back as it is.
    """
    note = SOURCE_NOTE.match(text)
    body = text[note.end() :] if note is not None else text
    return REMARK.sub("", body).strip() + "\n"
