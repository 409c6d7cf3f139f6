"""What stands around every page: the language, the address in the other language, which section this is."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.types import Scope

from service.i18n import LOCALES, Locale, current_locale
from service.web.language import address_in


@dataclass(frozen=True, slots=True)
class Shell:
    """`languages`: locale → the address of this page in it."""

    locale: Locale
    languages: dict[Locale, str]
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The one object a template uses."""

    shell: Shell


def make_shell(scope: Scope) -> Shell:
    path = scope.get("raw_path", b"").split(b"?")[0].decode("latin-1") or scope["path"]
    if not path.startswith("/") or path.startswith(("//", "/\\")):  # a browser reads both as another host
        path = "/"
    return Shell(
        locale=current_locale.get(),
        languages={locale: address_in(locale, path, scope["query_string"]) for locale in LOCALES},
        section=path.split("/")[1],
    )
