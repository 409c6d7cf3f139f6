"""Small HTTP servers for the tests of the Meilisearch client. None of them is Meilisearch, nor stands in for it.

`Recorder` writes down what it is sent and answers with the least that the reference says an answer holds; what hits it
gives, a test says. `Misbehaving` goes wrong as HTTP servers do, whoever is behind them.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WHEN = "2026-11-23T09:00:00Z"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    connection: int  # the client's port: the same for what comes on one connection

    @property
    def call(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    code: str
    call: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Recorder:
    """`results` gives the answer to a query of a multi-search beyond the required fields; `indexes` are there.

    `refusals` are answered first, one to each request whose call begins as they say. `failing`: call → code of the
    error with which its task fails; the others end as `task`.
    """

    results: Callable[[dict[str, Any]], dict[str, Any]] = lambda query: {}
    indexes: tuple[str, ...] = ("experts",)
    keys: tuple[dict[str, Any], ...] = ()
    task: dict[str, Any] = field(default_factory=lambda: {"status": "succeeded", "error": None})
    examples: dict[str, Any] = field(default_factory=dict)  # call → body of its answer, where the test gives it
    failing: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    hangs_up: bool = False  # ends the connection after each answer, without saying so
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    @property
    def calls(self) -> list[str]:
        return [request.call for request in self.requests]

    def bodies(self, call: str) -> list[Any]:
        return [request.body for request in self.requests if request.call == call]

    def queries(self) -> list[dict[str, Any]]:
        return [query for body in self.bodies("POST /multi-search") for query in body["queries"]]

    def refusal_of(self, request: Request) -> Refusal | None:
        for place, refusal in enumerate(self.refusals):
            if request.call.startswith(refusal.call):
                return self.refusals.pop(place)
        return None

    def answer(self, request: Request) -> tuple[int, Any]:
        path = request.path.split("?")[0]
        if (example := self.examples.get(f"{request.method} {path}")) is not None:
            return 200, example
        match request.method, path.split("/")[1:]:
            case "POST", ["multi-search"]:
                return 200, {"results": [self._result(query) for query in request.body["queries"]]}
            case "GET", ["tasks", uid]:
                times = {"enqueuedAt": WHEN, "startedAt": WHEN, "finishedAt": WHEN, "duration": "PT0.1S"}
                about = {"uid": int(uid), "indexUid": None, "type": "settingsUpdate", "canceledBy": None, "details": {}}
                code = self.failing.get(self.requests[int(uid) - 1].call)
                ending = {"status": "failed", "error": _error(code)} if code else self.task
                return 200, about | times | ending
            case "GET", ["indexes"]:
                return 200, {"results": [_index(uid) for uid in self.indexes], "offset": 0, "limit": 20, "total": 1}
            case "GET", ["indexes", uid]:
                return (200, _index(uid)) if uid in self.indexes else (404, _error("index_not_found"))
            case "GET", ["keys"]:
                return 200, {"results": list(self.keys), "offset": 0, "limit": 20, "total": len(self.keys)}
            case "POST", ["keys"]:
                made = {
                    "uid": f"6062abda-a5aa-4414-ac91-{len(self.requests):012d}",
                    "key": f"{request.body['name']} {len(self.requests)}",
                }
                made |= request.body | {"createdAt": WHEN, "updatedAt": WHEN}
                self.keys = (*self.keys, made)
                return 201, made
            case "DELETE", ["keys", uid]:
                self.keys = tuple(key for key in self.keys if key["uid"] != uid)
                return 204, b""
        number = len(self.requests)
        return 202, {
            "taskUid": number,
            "indexUid": None,
            "status": "enqueued",
            "type": "settingsUpdate",
            "enqueuedAt": WHEN,
        }

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        least = {"indexUid": query["indexUid"], "hits": [], "query": query.get("q", ""), "processingTimeMs": 1}
        return least | {"limit": query.get("limit", 20), "offset": 0, "estimatedTotalHits": 0} | self.results(query)


def _index(uid: str) -> dict[str, Any]:
    return {"uid": uid, "createdAt": WHEN, "updatedAt": WHEN, "primaryKey": "id"}


def _error(code: str) -> dict[str, Any]:
    return {"message": f"A message about {code}.", "code": code, "type": "invalid_request", "link": "https://docs"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_request(self) -> Request:
        length = int(self.headers.get("content-length") or 0)
        text = self.rfile.read(length).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, self.path, headers, json.loads(text) if text else None, self.client_address[1])

    def send_json(
        self, status: int, content: Any, *, promise: int | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(data) if promise is None else promise))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def recording(*, port: int = 0, **options: Any) -> Iterator[Recorder]:
    recorder = Recorder(**options)

    class Handler(_Handler):
        def handle_any(self) -> None:
            request = self.read_request()
            recorder.requests.append(request)
            if refusal := recorder.refusal_of(request):
                self.send_json(refusal.status, _error(refusal.code), headers=refusal.headers)
            else:
                self.send_json(*recorder.answer(request))
            self.close_connection = self.close_connection or recorder.hangs_up

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    with _serving(Handler, port) as url:
        recorder.url = url
        yield recorder


@contextmanager
def misbehaving(how: str, *, port: int = 0) -> Iterator[str]:
    """The address of a server that answers everything with: a status code and an error as Meilisearch writes them, or
    "half a body", "no json", "another shape", "silence", "drops"."""

    class Handler(_Handler):
        def handle_any(self) -> None:
            self.read_request()
            if how.isdigit():
                self.send_json(int(how), _error("some_code"))
            elif how == "plain 502":
                self.send_json(502, b"<html>Bad Gateway</html>")
            elif how == "half a body":
                self.send_json(200, b'{"results": [', promise=5000)
                self.close_connection = True
            elif how == "no json":
                self.send_json(200, b"<html>Welcome to the hotel's network</html>")
            elif how == "another shape":
                self.send_json(200, {"results": {"hits": 1}, "taskUid": "x"})
            elif how == "other hits":
                self.send_json(200, {"results": [{"hits": [{"id": 7, "called": "x"}]}]})
            elif how == "silence":
                time.sleep(3)
            elif how == "drip":
                self.send_json(200, b"", promise=1000)
                for _ in range(30):
                    time.sleep(0.1)
                    self.wfile.write(b" ")
            elif how == "drops":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    with _serving(Handler, port) as url:
        yield url


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # the client has gone away, as it should


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    server = _QuietServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
