"""Text as it stands in files → NFC, one line, without control, invisible and direction characters."""

from __future__ import annotations

import re
import unicodedata

SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Controls, zero-width and direction marks, byte order mark, lone surrogates, tags, not-characters.
# The soft hyphen stays for now: it is a letter in TCVN3. `damage` takes out those that are left.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e0fff]"
)


def clean_text(text: str) -> str:
    """NFC on one line; spaces of every kind become one."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return SPACES.sub(" ", unicodedata.normalize("NFC", INVISIBLE.sub("", text))).strip()


def letters_only(text: str) -> str:
    """For comparing texts from two sources: case, spaces and punctuation do not count."""
    return "".join(char for char in text.casefold() if char.isalnum())
