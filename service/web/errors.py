"""Errors as pages in the reader's language, each with a code that staff can quote; the log tells the rest."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from jinja2_fragments.litestar import HTMXBlockTemplate
from litestar.exceptions import HTTPException, ValidationException
from litestar.plugins.htmx import HTMXRequest
from litestar.types import ExceptionHandlersMap
from psycopg import InterfaceError, OperationalError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.errors import BadInputError, NotAllowedError, NotFoundError, ServiceError, UnavailableError
from service.i18n import N_, translate
from service.web.shell import Page, make_shell

logger = logging.getLogger(__name__)

_TITLES = {
    400: N_("Something is not right with this request"),
    403: N_("You may not see this page"),
    404: N_("Page not found"),
    405: N_("This cannot be done here"),
    409: N_("Changed in the meantime"),
    413: N_("This is too large"),
    422: N_("The input cannot be used"),
    503: N_("A part of the service is not running"),
}
_OURS = N_("Something went wrong on our side")
_OURS_MESSAGE = N_("The fault has been written to the log. Please try again; if it stays, give the code below.")
_DATABASE_GONE = N_("The database cannot be reached just now. Please try again in a minute.")
_WRONG_METHOD = N_("This address does not take such a request.")
_TOO_LARGE = N_("More was sent than the service takes. Nothing was changed; please send less.")
_NOTHING_CHANGED = N_("Nothing was changed")
# What htmx asked for → where it shows an error: the rest of the page, with what somebody has typed and ticked, stays.
_BESIDE = {"search-results": ("above_results", "#search-fault"), "added": ("beside", "#added")}
_SILENT = "suggestions"  # somebody is typing; the box works without them


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Page):
    status: int
    title: str
    message: str
    code: str


def show_service_error(request: HTMXRequest, error: ServiceError) -> HTMXBlockTemplate:
    return _show(request, error, error.status_code, translate(error.message, error.details))


def show_http_error(request: HTMXRequest, error: HTTPException) -> HTMXBlockTemplate:
    """What the framework refuses: unknown addresses, wrong methods, input of the wrong shape."""
    if error.status_code >= 500:
        return show_fault(request, error)
    if isinstance(error, ValidationException):
        return _show(request, error, BadInputError.status_code, translate(BadInputError.message))
    if error.status_code == 405:
        response = _show(request, error, 405, translate(_WRONG_METHOD))
        response.headers["Allow"] = (error.headers or {}).get("allow", "")
        return response
    if error.status_code == 413:
        return _show(request, error, 413, translate(_TOO_LARGE))
    known: dict[int, type[ServiceError]] = {404: NotFoundError, 403: NotAllowedError}
    return _show(request, error, error.status_code, translate(known.get(error.status_code, ServiceError).message))


def show_database_error(request: HTMXRequest, error: DBAPIError) -> HTMXBlockTemplate:
    """A server that is gone is a passing state and said as such; a statement it refuses is our fault."""
    if error.connection_invalidated or isinstance(error.orig, OperationalError | InterfaceError):
        return show_unreachable_database(request, error)
    return show_fault(request, error)


def show_unreachable_database(request: HTMXRequest, error: Exception) -> HTMXBlockTemplate:
    return _show(request, error, UnavailableError.status_code, translate(_DATABASE_GONE))


def show_fault(request: HTMXRequest, error: Exception) -> HTMXBlockTemplate:
    return _show(request, error, 500, translate(_OURS_MESSAGE))


def _show(request: HTMXRequest, error: Exception, status: int, message: str) -> HTMXBlockTemplate:
    # Without the letters and digits that are mistaken for each other when read out on the telephone.
    code = f"{status}-" + "".join(secrets.choice("ABCDEFGHKMNPQRTUVWXY346789") for _ in range(6))
    level = logging.ERROR if status >= 500 else logging.INFO
    # Not request.url: it is put together from the Host header, and that may be anything.
    path = request.scope["path"]
    logger.log(level, "%s %s %r", code, request.method, path, exc_info=error if status == 500 else None)
    page = ErrorPage(
        shell=make_shell(request.scope),
        status=status,
        title=translate(_title(request, status)),
        message=message,
        code=code,
    )
    partial = _for_htmx(request)
    response = HTMXBlockTemplate("errors/error.html", context={"page": page}, status_code=status, **partial)
    if status == UnavailableError.status_code:
        response.headers["Retry-After"] = "30"
    return response


def _title(request: HTMXRequest, status: int) -> str:
    if status == 403 and request.method not in ("GET", "HEAD"):
        return _NOTHING_CHANGED
    return _TITLES.get(status, _OURS if status >= 500 else _TITLES[400])


def _for_htmx(request: HTMXRequest) -> dict[str, Any]:
    """Which part of the page goes where."""
    if not request.headers.get("HX-Request") or request.headers.get("HX-History-Restore-Request"):
        return {}
    target = request.headers.get("HX-Target", "")
    if target == _SILENT:
        return {"block_name": "beside", "re_swap": "none", "push_url": False}
    if target in _BESIDE:
        block, place = _BESIDE[target]
        return {"block_name": block, "re_target": place, "re_swap": "innerHTML", "push_url": False}
    blocks = ["document_title", "content"]
    return {"block_names": blocks, "re_target": "#content", "re_swap": "innerHTML", "push_url": False}


def exception_handlers() -> ExceptionHandlersMap:
    handlers: dict[type[Exception], Any] = {
        ServiceError: show_service_error,
        HTTPException: show_http_error,
        DBAPIError: show_database_error,
        PoolTimeoutError: show_unreachable_database,
        OperationalError: show_unreachable_database,
        Exception: show_fault,
    }
    return handlers  # type: ignore[return-value]
