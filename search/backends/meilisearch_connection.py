"""The official Meilisearch client made fit for a server: off the event loop, on kept connections, in bounded time.

The client blocks, keeps state between calls and opens a connection for each. Here every thread of a small pool has one
of its own, on a session that stays connected. Whatever goes wrong comes out as SearchUnavailableError.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
import requests
from meilisearch import Client
from meilisearch._httprequests import HttpRequests
from meilisearch.config import Config
from meilisearch.errors import MeilisearchApiError, MeilisearchError, MeilisearchTimeoutError
from meilisearch.index import Index
from meilisearch.models.task import Task, TaskInfo

from search.errors import SearchUnavailableError

T = TypeVar("T")

logger = logging.getLogger(__name__)

_THREADS = 4
_SEARCH_SECONDS = 5.0
_ASK_SECONDS = 10.0  # whatever is answered at once, or only put into the server's queue
_WRITE_SECONDS = 60.0  # an upload of some megabytes
_CONNECT_SECONDS = 3.0
_FIRST_LOOK_SECONDS = 0.01
_LONGEST_LOOK_SECONDS = 1.0
_REST_SECONDS = 5.0  # without a search after one that was not answered: readers are not kept waiting one by one
_BUSY = (429, 503)
_PAUSES = (0.1, 0.3, 0.9)  # before a busy server is asked again, where it does not say for how long
_SEARCH_PATIENCE = 1.0  # the longest pause that a search makes …
_WRITE_PATIENCE = 15.0  # … and a writer
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, msgspec.MsgspecError)
# What comes to the same when it is sent twice: the server may have taken it before the connection broke.
_REPEATABLE = re.compile(r"multi-search|indexes/[^/]+/documents(\?.*|/delete)?")


class RefusedError(SearchUnavailableError):
    """The server answered, and said no: `code` is its word for why, where it gave one."""

    def __init__(self, message: str, *, status: int, code: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class MeilisearchConnection:
    """One server, asked with one key. `what` is called in a thread of the pool."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        search_seconds: float = _SEARCH_SECONDS,
        write_seconds: float = _WRITE_SECONDS,
        rest_seconds: float = _REST_SECONDS,
    ) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self._search_seconds = search_seconds
        self._write_seconds = write_seconds
        self._rest_seconds = rest_seconds
        self._is_silent = False
        self._is_probed = False
        self._rests_until = 0.0
        self._complaint = ""
        self._clients = threading.local()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="meilisearch")

    async def multi_search(self, queries: Sequence[Mapping[str, object]]) -> list[Any]:
        """The answer to each query, as it came.

        While the server is silent, one search at a time finds out whether it still is; the others fail at once.
        """
        if self._is_silent and (self._is_probed or time.monotonic() < self._rests_until):
            raise SearchUnavailableError(f"the search server at {self.url} has not answered the last search")
        self._is_probed = self._is_silent
        try:
            answer = await self._run(lambda client: client.multi_search(queries), self._search_seconds)
        finally:
            self._is_probed = False
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(queries):
            raise SearchUnavailableError(f"the search server at {self.url} gave an answer that cannot be read")
        return results

    async def ask(self, what: Callable[[Client], T]) -> T:
        """A call that is answered at once."""
        return await self._run(what, min(_ASK_SECONDS, self._write_seconds))

    async def send(self, what: Callable[[Client], TaskInfo]) -> TaskInfo:
        """A call that may carry much, and that the server puts into its queue."""
        return await self._run(what, self._write_seconds)

    async def carry_out(self, *what: Callable[[Client], TaskInfo], wait_seconds: float) -> None:
        """Calls that the server puts into its queue, one after the other; returns when all of them are done."""
        tasks = [await self.send(call) for call in what]
        for task in tasks:
            await self.wait_for(task.task_uid, wait_seconds)

    async def wait_for(self, task_uid: int, wait_seconds: float) -> None:
        """Raises SearchUnavailableError when the task fails, is cancelled or is not done in time."""
        pause = _FIRST_LOOK_SECONDS
        try:
            async with asyncio.timeout(wait_seconds):
                while True:
                    task: Task = await self.ask(lambda client: client.get_task(task_uid))
                    if task.status not in ("enqueued", "processing"):
                        break
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_LOOK_SECONDS)
        except TimeoutError:
            raise SearchUnavailableError(
                f"the search server at {self.url} has not done task {task_uid} within {wait_seconds:g} seconds"
            ) from None
        if task.status != "succeeded":
            why = task.error or {}
            raise RefusedError(
                f"task {task_uid} ({task.type}) of the search server at {self.url} has {task.status}:"
                f" {why.get('message', 'no reason given')}",
                status=200,
                code=why.get("code"),
            )

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, what: Callable[[Client], T], seconds: float) -> T:
        try:
            answer = await self._mapped(what, seconds)
        except SearchUnavailableError as error:
            if not isinstance(error, RefusedError) or error.status != 404:
                self._complain(str(error))
            raise
        self._is_silent = False
        if self._complaint:
            self._complaint = ""
            logger.warning("The search server at %s answers again.", self.url)
        return answer

    def _complain(self, complaint: str) -> None:
        """Once, until it is another one: whoever searches gets simpler results, and the operator has to know why."""
        if complaint != self._complaint:
            logger.warning("%s", complaint[:1].upper() + complaint[1:])
        self._complaint = complaint

    async def _mapped(self, what: Callable[[Client], T], seconds: float) -> T:
        try:
            # A server that sends a byte now and then never runs into the socket's own limit.
            async with asyncio.timeout(seconds + 1):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, what, seconds)
        except (TimeoutError, MeilisearchTimeoutError, requests.exceptions.Timeout):
            self._is_silent, self._rests_until = True, time.monotonic() + self._rest_seconds
            raise SearchUnavailableError(
                f"the search server at {self.url} has not answered within {seconds:g} seconds"
            ) from None
        except MeilisearchApiError as error:
            raise RefusedError(
                f"the search server at {self.url} answered {error.status_code}: {error.message}",
                status=error.status_code,
                code=error.code,
            ) from error
        except (MeilisearchError, requests.exceptions.ConnectionError) as error:
            raise SearchUnavailableError(
                f"the search server at {self.url} cannot be reached: {_reason(error)}"
            ) from error
        except (
            requests.exceptions.RequestException,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            msgspec.MsgspecError,
        ) as error:
            raise SearchUnavailableError(
                f"the search server at {self.url} gave an answer that cannot be read: {error}"
            ) from error
        except RuntimeError as error:  # the pool of threads is closed
            raise SearchUnavailableError(f"the connection to the search server at {self.url} is closed") from error

    def _call(self, what: Callable[[Client], T], seconds: float) -> T:
        client: _KeptClient | None = getattr(self._clients, "client", None)
        if client is None:
            client = self._clients.client = _KeptClient(self.url, self.key)
        client.kept.seconds = seconds
        client.kept.patience = _SEARCH_PATIENCE if seconds == self._search_seconds else _WRITE_PATIENCE
        return what(client)


class _KeptHttp(HttpRequests):
    """The client's requests on one session; for one thread."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.seconds = _SEARCH_SECONDS
        self.patience = _SEARCH_PATIENCE
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a password file of the account is meant
        if config.api_key is None:
            del self.headers["Authorization"]

    def send_request(self, http_method: Callable[..., Any], path: str, *args: Any, **options: Any) -> Any:
        """One request. The client's models refuse a time without a fraction of a second, which a server may give."""
        method, timeout = http_method.__name__, (min(_CONNECT_SECONDS, self.seconds), self.seconds)

        def kept(url: str, **request: Any) -> requests.Response:
            return self._patiently(
                lambda: self._session.request(method, url, **(request | {"timeout": timeout})),
                is_repeatable=method == "get" or _REPEATABLE.fullmatch(path) is not None,
            )

        kept.__name__ = method  # the client looks at the name
        return _with_fractions(super().send_request(kept, path, *args, **options))

    def _patiently(self, ask: Callable[[], requests.Response], *, is_repeatable: bool) -> requests.Response:
        for pause in _PAUSES:
            try:
                response = ask()
            except requests.exceptions.Timeout:
                raise
            except requests.exceptions.ConnectionError:
                # A kept connection that the server has closed in the meantime looks like this.
                if not is_repeatable:
                    raise
                is_repeatable = False
                continue
            wanted = response.headers.get("retry-after", "")
            seconds = float(wanted) if wanted.isdecimal() else pause
            if response.status_code not in _BUSY or seconds > self.patience:
                return response
            time.sleep(seconds)
        return ask()


class _KeptClient(Client):
    def __init__(self, url: str, key: str | None) -> None:
        super().__init__(url, key)
        self.kept = self.http = self.task_handler.http = _KeptHttp(self.config)

    def index(self, uid: str) -> Index:
        index = super().index(uid)
        index.http = index.task_handler.http = self.kept
        return index

    def create_index(
        self, uid: str, options: Mapping[str, Any] | None = None, *, metadata: str | None = None
    ) -> TaskInfo:
        return TaskInfo(**self.http.post(self.config.paths.index, {**(options or {}), "uid": uid}))


def _reason(error: BaseException) -> str:
    """What lies at the bottom: the libraries between wrap it in long words."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__


def _with_fractions(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: _with_fraction(name, value) for name, value in answer.items()}
    return answer


def _with_fraction(name: str, value: Any) -> Any:
    if name == "results" and isinstance(value, list):
        return [_with_fractions(one) for one in value]
    is_whole = name.endswith("At") and isinstance(value, str) and value.endswith("Z") and "." not in value
    return f"{value[:-1]}.0Z" if is_whole else value
