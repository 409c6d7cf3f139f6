"""Requests that change something must come from a page of this service.

A browser sends along who it is (a cookie, or that it sits at this machine) with a form of any site. But it also says
where the form stood: `Sec-Fetch-Site`, or where that is not sent (old browsers, plain http in the office's network)
`Origin`, or `Referer`. A request that says none of the three is refused as well. No page needs a token, and every form
works without JavaScript. The guard stands before all handlers, so a new form needs nothing of its own.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from service.errors import NotAllowedError
from service.i18n import N_

_CHANGE_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})


class OtherSiteError(NotAllowedError):
    message = N_("This form was not sent from a page of this service, so nothing was changed.")


def refuse_other_sites(base_url: str | None = None) -> Guard:
    """`base_url`: how browsers reach the pages, where a proxy in between changes the Host header."""
    known = {_host(base_url)} if base_url else set()

    def refuse(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        if connection.scope["method"] in _CHANGE_NOTHING:  # type: ignore[typeddict-item]
            return
        headers = connection.headers
        if (site := headers.get("sec-fetch-site")) is not None:
            is_ours = site in ("same-origin", "none")
        else:
            # "Origin: null" names nobody.
            stood = _host(headers.get("origin") or headers.get("referer") or "")
            is_ours = bool(stood) and stood in known | {headers.get("host", "").lower()}
        if not is_ours:
            raise OtherSiteError

    return refuse


def _host(address: str) -> str:
    """ "name:port" as a Host header has it; "" where there is none."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""
