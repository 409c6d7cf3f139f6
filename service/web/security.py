"""Headers that every answer carries, and the names under which the service answers at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from service.errors import NotAllowedError
from service.i18n import N_

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


def refuse_foreign_hosts(host: str) -> Callable[[Request[Any, Any, Any]], None]:
    """A page of any site can make its own name point to this machine and then read what is served here; the browser
    takes it for one site. The name it asks for gives it away. `host` is the address the service is bound to."""
    own = {host, "127.0.0.1", "localhost"}

    def refuse(request: Request[Any, Any, Any]) -> None:
        asked = request.headers.get("host", "").rsplit(":", 1)[0].lower()
        if asked not in own:
            raise ForeignHostError(host=asked)

    return refuse
