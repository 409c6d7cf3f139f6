"""Vietnamese and English. Messages are written in English in the code and translated in locale/vi/*.po.

The catalogues are read as text when the process starts (no compiled files in the repository); every `.po` of a
language is merged. `tests/architecture` checks that every marked message has its translation.
"""

from __future__ import annotations

import gettext as _gettext
import io
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal

Locale = Literal["vi", "en"]
LOCALES: tuple[Locale, ...] = ("vi", "en")
LOCALE_DIR = Path(__file__).parent / "locale"

current_locale: ContextVar[Locale] = ContextVar("current_locale", default="vi")


def N_(message: str) -> str:
    """Mark a message for translation where it is defined; it is translated where it is shown."""
    return message


@cache
def translations(locale: Locale) -> _gettext.NullTranslations:
    """The merged catalogue of a language; English is the language of the code."""
    if locale == "en":
        return _gettext.NullTranslations()
    # Babel is heavy to import and only needed here.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged: _gettext.GNUTranslations | None = None
    for path in sorted((LOCALE_DIR / locale).glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=locale))
        compiled.seek(0)
        catalogue = _gettext.GNUTranslations(compiled)
        if merged is None:
            merged = catalogue
        else:
            merged._catalog.update(catalogue._catalog)  # type: ignore[attr-defined]
    return merged or _gettext.NullTranslations()


def gettext(message: str, locale: Locale | None = None) -> str:
    return translations(locale or current_locale.get()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int, locale: Locale | None = None) -> str:
    return translations(locale or current_locale.get()).ngettext(singular, plural, n)


def translate(message: str, details: dict[str, object] | None = None, locale: Locale | None = None) -> str:
    """The message in the reader's language with its details filled in."""
    text = gettext(message, locale)
    return text % details if details else text
