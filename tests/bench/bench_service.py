"""A running service: first page of a cold process, memory, lag of the index. python tests/bench/bench_service.py

`trithuc serve` and `trithuc worker` as processes of their own with the real embedder, on a directory of drawn people
(made_directory.py). Cold: from starting the process to the last byte of its first page, the database running already,
and once more with a database that has to be started. Memory is what is a process's own and its share of the rest
(PSS), after pages and searches were asked for; PostgreSQL is told apart. Lag: from the commit of an edit to the moment
a search finds the new word. Baselines: a bare Litestar application on granian; the queue's poll of one second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from urllib.error import URLError
from urllib.parse import quote

from made_directory import Drawer, made_runtime, size_options, some_ids
from measuring import machine, spread, tree_cpu, tree_memory

from search.errors import SearchUnavailableError
from search.query import ExpertQuery
from service.directory.actions import update_expert
from service.runtime import Runtime

TRITHUC = Path(sys.executable).with_name("trithuc")
BARE = """
import asyncio, sys
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, get
@get("/", sync_to_thread=False)
def page() -> str: return "pong"
asyncio.run(Server(Litestar([page]), address="127.0.0.1", port=int(sys.argv[1]), interface=Interfaces.ASGI).serve())
"""
MEBIBYTE = 1 << 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def get_page(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        body: bytes = answer.read()
        return body


def first_page(command: Sequence[str], port: int, **environment: str) -> tuple[float, float]:
    """Seconds from the start of the process to its first page, and its CPU."""
    started = perf_counter()
    with running(command, **environment) as process:
        while True:
            try:
                get_page(port, "/")
                return perf_counter() - started, tree_cpu(process.pid)
            except (URLError, ConnectionError):
                if process.poll() is not None or perf_counter() - started > 120:
                    raise SystemExit(f"it does not start: {command}") from None
                sleep(0.01)


def measure_start(url: str, rounds: int) -> None:
    for _ in range(rounds):
        port = free_port()
        bare = first_page([sys.executable, "-c", BARE, str(port)], port)
        port = free_port()
        joined = first_page([str(TRITHUC), "serve", "--port", str(port)], port, TRITHUC_DATABASE_URL=url)
        folder = Path(tempfile.mkdtemp(prefix="trithuc-bench-"))
        folder.chmod(0o755)
        embedded = {"TRITHUC_VAR": str(folder), "TRITHUC_DATABASE_URL": ""}
        subprocess.run([TRITHUC, "migrate"], env=os.environ | embedded, check=True, capture_output=True)
        alone = first_page([str(TRITHUC), "serve", "--port", str(port)], port, **embedded)
        shutil.rmtree(folder, ignore_errors=True)
        print(
            f"first page: {joined[0]:.2f} s, CPU {joined[1]:.2f} s; starting its database too {alone[0]:.2f} s,"
            f" CPU {alone[1]:.2f} s; bare Litestar {bare[0]:.2f} s, CPU {bare[1]:.2f} s"
            f" ({joined[1] / bare[1]:.1f} ×)"
        )


def measure_memory(port: int, web: int, worker: int, queries: Sequence[str]) -> None:
    for query in queries:
        for path in ("/", f"/experts?q={quote(query)}", "/experts", "/cases", "/status"):
            get_page(port, path)
    total = 0
    for name, pid in (("web", web), ("worker", worker)):
        for process, size in tree_memory(pid).items():
            total += size
            print(f"  {name:7} {size / MEBIBYTE:6.0f} MiB  {process}")
    print(f"web, worker and embedders: {total / MEBIBYTE:.0f} MiB")


async def measure_lag(runtime: Runtime, edits: int) -> None:
    expert_id = some_ids(runtime.database_url, 1)[0]
    took = []
    for number in range(edits + 1):
        word = f"zq{os.getpid()}w{number}"
        async with runtime.sessions.begin() as session:
            expert = await update_expert(
                session,
                expert_id,
                version=await _version(runtime, expert_id),
                changes={"note": word, "keywords": [word]},
            )
            assert expert.id == expert_id
        committed = perf_counter()
        while perf_counter() - committed < 30:
            try:
                found = await runtime.backend.search(ExpertQuery(text=word))
            except SearchUnavailableError:
                found = None
            if found and any(hit.expert_id == expert_id for hit in found.by_words):
                break
            await asyncio.sleep(0.02)
        took.append(1000 * (perf_counter() - committed))
        await asyncio.sleep(1.3)
    print(f"index lag: {spread(took[1:])} of {edits} edits (the first, with all its texts to embed, {took[0]:.0f} ms)")


async def _version(runtime: Runtime, expert_id: object) -> int:
    from sqlalchemy import select

    from service.database.models import Expert

    async with runtime.sessions() as session:
        return int(await session.scalar(select(Expert.version).where(Expert.id == expert_id)) or 0)


async def measure(options: argparse.Namespace) -> None:
    async with made_runtime(options) as (runtime, server, size):
        url = runtime.database_url
        await asyncio.to_thread(measure_start, url, options.rounds)
        drawer = Drawer(size.seed + 2)
        queries = [drawer.person(size)["keywords"][0] for _ in range(20)]
        port = free_port()
        with (
            running([str(TRITHUC), "serve", "--port", str(port)], TRITHUC_DATABASE_URL=url) as web,
            running([str(TRITHUC), "worker"], TRITHUC_DATABASE_URL=url) as worker,
        ):
            await asyncio.sleep(4)
            await measure_lag(runtime, options.edits)
            await asyncio.to_thread(measure_memory, port, web.pid, worker.pid, queries)
            if pid := server.postmaster_pid():
                print(f"PostgreSQL: {sum(tree_memory(pid).values()) / MEBIBYTE:.0f} MiB")
        print(machine())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size_options(options)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--edits", type=int, default=12)
    print(machine())
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
