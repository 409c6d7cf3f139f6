"""The embedder's own process: reads frames on stdin, answers on stdout, ends when its parent does."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec
import numpy as np

from search.embedding.embedder import Vectors
from search.embedding.frames import Embedded, Failed, Ready, Request, TextKind, pack

Embed = Callable[[TextKind, list[str]], Vectors]


def serve(load: Callable[[], tuple[int, Embed]], *, may_grow_by: int | None = None) -> NoReturn:
    """Until the parent is gone. `load` gives the number of dimensions and what embeds.

    A process that has grown by more than `may_grow_by` bytes since its model was loaded ends after an answer: the
    parent starts a fresh one for the next.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes our stdin
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a stray print must not end up between two frames
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    # The runtimes let go of the interpreter, so this thread sees at once that the parent is gone, even under load.
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests), daemon=True).start()
    try:
        dimensions, embed = load()
    except Exception as error:  # whatever it is, the parent must hear of it
        answers.write(pack(Failed(reason=_in_one_line(error))))
        os._exit(1)
    answers.write(pack(Ready(dimensions=dimensions)))
    at_first = _resident_bytes()
    while True:
        request = requests.get()
        try:
            vectors = np.ascontiguousarray(embed(request.kind, request.texts), np.float32)
        except Exception as error:  # out of the graphics card's memory, for one
            answers.write(pack(Failed(reason=_in_one_line(error))))
            break
        answers.write(pack(Embedded(vectors=vectors.tobytes())))
        if may_grow_by is not None and _resident_bytes() - at_first > may_grow_by:
            break
    os._exit(0)  # an orderly end would wait for the reading thread


def _read(stdin: BinaryIO, requests: queue.SimpleQueue[Request]) -> None:
    while header := stdin.read(4):
        requests.put(msgspec.msgpack.decode(stdin.read(int.from_bytes(header, "big")), type=Request))
    os._exit(0)


def _in_one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _resident_bytes() -> int:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0
