"""Names of lists and kept searches: what may be one, and which are the same.

BadInputError (422)
└── NameMissingError, NameTooLongError
"""

from __future__ import annotations

import unicodedata

from service.database.models.shortlists import LONGEST_NAME
from service.errors import BadInputError
from service.i18n import N_


class NameMissingError(BadInputError):
    message = N_("A name is needed.")


class NameTooLongError(BadInputError):
    message = N_("A name may have %(most)s characters; this one is longer.")


def checked_name(text: str) -> str:
    """NFC, in one line. Raises NameMissingError or NameTooLongError."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise NameMissingError
    if len(name) > LONGEST_NAME:
        raise NameTooLongError(most=LONGEST_NAME)
    return name


def name_key(name: str) -> str:
    """The same for names that differ in capitals only."""
    return unicodedata.normalize("NFC", name.casefold())
