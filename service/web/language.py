"""Which language a reader wants: `?lang=`, else the cookie it left, else the office's default."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.i18n import LOCALES, Locale, current_locale

COOKIE = "lang"
PARAMETER = "lang"
_YEAR = 365 * 24 * 3600


def reader_locale(query_string: bytes, cookies: Mapping[str, str], default: Locale) -> Locale:
    """Anything but a language we have is as if nothing was said."""
    for wanted in (_asked(query_string), cookies.get(COOKIE)):
        for locale in LOCALES:
            if wanted == locale:
                return locale
    return default


def address_in(locale: Locale, path: str, query_string: bytes) -> str:
    """The same page in that language."""
    pairs = [(name, value) for name, value in _pairs(query_string) if name != PARAMETER]
    return f"{path}?{urlencode([*pairs, (PARAMETER, locale)])}"


def _asked(query_string: bytes) -> str | None:
    return next((value for name, value in reversed(_pairs(query_string)) if name == PARAMETER), None)


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, errors="replace")


class LanguageMiddleware:
    """Sets the language of the request for everything below, and keeps a choice made with `?lang=` in a cookie."""

    def __init__(self, app: ASGIApp, default: Locale) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        locale = reader_locale(scope["query_string"], _cookies(scope), self.default)
        chosen = _asked(scope["query_string"]) == locale

        async def keep_choice(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers.setdefault("Content-Language", locale)
                if chosen:
                    headers.add("Set-Cookie", f"{COOKIE}={locale}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax")
            await send(message)

        token = current_locale.set(locale)
        try:
            await self.app(scope, receive, keep_choice)
        finally:
            current_locale.reset(token)


def _cookies(scope: Scope) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, content = part.strip().partition("=")
                pairs[key] = content
    return pairs
