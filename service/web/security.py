"""Headers that every answer carries, and the names under which the service answers at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from service.errors import NotAllowedError
from service.i18n import N_
from service.settings import LOOPBACK_HOSTS

# No script or style stands in the page itself, and nothing comes from another host. The style sheet's small icons are
# data: addresses.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Pages hold personal data: no copy stays in the browser unless the answer says otherwise (static files do)."""
    del scope
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("Vary", "Cookie, HX-Request")


class ForeignHostError(NotAllowedError):
    message = N_("The service does not answer under the name %(host)s. Open it as http://127.0.0.1 with its port.")


def refuse_foreign_hosts(host: str, base_url: str | None = None) -> Callable[[Request[Any, Any, Any]], None]:
    """A page of any site can make its own name point to this machine and then read what is served here; the browser
    takes it for one site. The name it asks for gives it away.

    With `base_url` its name is answered; without, the address that the service is bound to. This machine's own names
    always are: whoever watches over the service asks under them.
    """
    own = LOOPBACK_HOSTS | {_name(urlsplit(base_url).netloc) if base_url else host}

    def refuse(request: Request[Any, Any, Any]) -> None:
        asked = _name(request.headers.get("host", ""))
        if asked in own:
            return
        if base_url:
            raise ForeignHostError(
                N_("The service does not answer under the name %(host)s. Open it as %(address)s."),
                host=asked,
                address=base_url,
            )
        raise ForeignHostError(host=asked)

    return refuse


def _name(host: str) -> str:
    """Without its port, in small letters; "" for what is no host at all."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
