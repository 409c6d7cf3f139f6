"""Codes that name one person: ORCID, e-mail address, the office's own code. Matched whole, never by their parts."""

from __future__ import annotations

import re

from search.vietnamese import fold

_ORCID = re.compile(r"(?<!\d)(\d{4})[- ]?(\d{4})[- ]?(\d{4})[- ]?(\d{3}[\dXx])(?![\dXx])")
_MOST_WORDS = 6  # a longer query is about something


def identifier_keys(text: str) -> list[str]:
    """The forms under which a code is kept and asked for; an ORCID is found in its web address too."""
    text = "".join(c for c in text if c.isprintable()).strip().strip("<>,;").lower()
    if found := _ORCID.search(text):
        return ["-".join(found.groups()).lower()]
    return ["".join(fold(text).split())] if text else []


def identifiers_in(query: str) -> list[str]:
    """What a query may be asking for by code: all of it, and each of its words that is no plain word."""
    words = query.split()
    if len(words) > _MOST_WORDS:
        return []
    found = dict.fromkeys(identifier_keys(query))
    for word in words:
        if any(c.isdigit() or c == "@" for c in word):
            found |= dict.fromkeys(identifier_keys(word.removeprefix("mailto:")))
    return list(found)
