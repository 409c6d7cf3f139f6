"""A model in a process of its own: what goes wrong inside it kills a child and not us.

A child that dies is started again and the texts in flight are sent again. The other end is child_process.py.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from search.embedding.cleaning import clean, refusal
from search.embedding.embedder import Vectors
from search.embedding.frames import Embedded, Failed, Ready, Reply, Request, TextKind, pack
from search.errors import N_, EmbedderUnavailableError, EmbeddingRefusedError

_DEATHS_BEFORE_GIVING_UP = 3  # in a row, without one vector between them
_REST_SECONDS = 30.0  # after giving up, before another child is tried
_FRAME_SECONDS = 120.0  # a child that is silent for so long is ended

KEEPS_DYING = N_("The embedder's process keeps dying (%(how)s).")
DOES_NOT_START = N_("The embedder does not start: %(reason)s")
OTHER_SIZE = N_("The embedder's vectors have %(found)s numbers, and %(wanted)s are expected.")
CLOSED = N_("The embedder was closed.")


def embed_in(child: Child, kind: TextKind, texts: Sequence[str], *, at_a_time: int) -> Vectors:
    """Clean the texts and send them to the child, some at a time. Raises as an Embedder does."""
    for index, text in enumerate(texts):
        if reason := refusal(text):
            raise EmbeddingRefusedError(index, reason)
    cleaned = [clean(text) for text in texts]
    parts = [
        child.embed(kind, cleaned[start : start + at_a_time], start) for start in range(0, len(cleaned), at_a_time)
    ]
    return np.concatenate(parts) if parts else np.empty((0, child.dimensions), np.float32)


class Child:
    """One child process and the pipe to it; one request at a time, and who asks goes before who fills an index.

    It is started when it is first needed, as `python -m module arguments…`, and ends with this process.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        dimensions: int,
        environment: Mapping[str, str],
        start_seconds: float = _FRAME_SECONDS,
    ) -> None:
        self.dimensions = dimensions
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = environment
        self._start_seconds = start_seconds
        self._turns = _Turns()
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._given_up: tuple[float, EmbedderUnavailableError] | None = None  # when, and why
        self._last_words = ""
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def embed(self, kind: TextKind, texts: list[str], offset: int = 0) -> Vectors:
        """`offset` is the place of the first text in the caller's batch, for the error."""
        with self._turns.taken(kind):
            vectors = self._try(kind, texts)
            if vectors is not None:
                return vectors
            # The child died on this batch again and again: one of its texts may be why.
            parts = []
            for index, text in enumerate(texts):
                vector = self._try(kind, [text])
                if vector is None:
                    if self._try(kind, ["một"]) is None:
                        raise self._give_up(EmbedderUnavailableError(KEEPS_DYING, how=self._last_words))
                    raise EmbeddingRefusedError(offset + index, "the embedder's process dies on it")
                parts.append(vector)
            return np.concatenate(parts)

    def close(self) -> None:
        """For good, also while it loads or works: whoever waits for it, or asks later, is told that it was closed."""
        self._is_closed = True
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        with self._turns.taken("query"):
            self._end()

    def _give_up(self, why: EmbedderUnavailableError) -> EmbedderUnavailableError:
        self._given_up = (time.monotonic(), why)
        return why

    def _try(self, kind: TextKind, texts: list[str]) -> Vectors | None:
        """None when the child died every time."""
        if self._given_up is not None:
            since, why = self._given_up
            if time.monotonic() - since < _REST_SECONDS:
                raise EmbedderUnavailableError(why.message, **why.details)
            self._given_up = None
        for _ in range(_DEATHS_BEFORE_GIVING_UP):
            if self._is_closed:
                raise EmbedderUnavailableError(CLOSED)
            try:
                self._start()
                reply = self._ask(Request(kind=kind, texts=texts))
            except _DeadChildError as death:
                self._last_words = str(death)
                self._end()
                continue
            vectors = np.frombuffer(reply.vectors, np.float32).reshape(len(texts), self.dimensions)
            if np.isfinite(vectors).all():
                return vectors
            self._last_words = "it answered with no numbers"
            self._end()
        return None

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._end()
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | self._environment | {"PYTHONPATH": path},
            bufsize=0,
        )
        if self._is_closed:  # in between, when there was nothing to end yet
            self._end()
            raise EmbedderUnavailableError(CLOSED)
        ready = self._receive(self._start_seconds)
        if isinstance(ready, Ready) and ready.dimensions == self.dimensions:
            return
        self._end()
        if isinstance(ready, Failed):
            raise self._give_up(EmbedderUnavailableError(DOES_NOT_START, reason=ready.reason))
        found = ready.dimensions if isinstance(ready, Ready) else 0
        raise self._give_up(EmbedderUnavailableError(OTHER_SIZE, found=found, wanted=self.dimensions))

    def _ask(self, request: Request) -> Embedded:
        stdin, _ = self._pipes()
        try:
            data = memoryview(pack(request))
            while data:
                data = data[os.write(stdin, data) :]
        except OSError:
            raise self._death() from None
        reply = self._receive(_FRAME_SECONDS)
        if not isinstance(reply, Embedded):
            raise _DeadChildError(reply.reason if isinstance(reply, Failed) else "it lost its place")
        return reply

    def _receive(self, within_seconds: float) -> Reply:
        until = time.monotonic() + within_seconds
        header = self._read(4, until)
        reply: Reply = msgspec.msgpack.decode(self._read(int.from_bytes(header, "big"), until), type=Reply)
        return reply

    def _read(self, size: int, until: float) -> bytes:
        _, stdout = self._pipes()
        poll = select.poll()  # select() fails on descriptors above 1023
        poll.register(stdout, select.POLLIN)
        while len(self._buffer) < size:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise _DeadChildError("silent for too long")
            part = os.read(stdout, 1 << 20)
            if not part:
                raise self._death()
            self._buffer += part
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _pipes(self) -> tuple[int, int]:
        """Descriptors to write to and to read from."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _DeadChildError("it was closed")
        return process.stdin.fileno(), process.stdout.fileno()

    def _death(self) -> _DeadChildError:
        code = self._process.wait() if self._process is not None else 0
        return _DeadChildError(signal.Signals(-code).name if code < 0 else f"exit code {code}")

    def _end(self) -> None:
        process, self._process, self._buffer = self._process, None, b""
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.kill()
        process.wait()


class _Turns:
    """One at a time; a query goes before the passages that wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._asking = 0

    @contextlib.contextmanager
    def taken(self, kind: TextKind) -> Iterator[None]:
        asks = kind == "query"
        with self._changed:
            self._asking += asks
            while self._is_taken or (self._asking and not asks):
                self._changed.wait()
            self._asking -= asks
            self._is_taken = True
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()


class _DeadChildError(Exception):
    """How the child ended."""
