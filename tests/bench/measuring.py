"""Seconds, CPU of this process and of PostgreSQL, and how busy the machine was meanwhile."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter, process_time

import numpy as np
import psutil

from service.database.server import EmbeddedServer


@dataclass(slots=True)
class Spent:
    """Of one block. `cpu`: this process; `database_cpu`: all processes of the server; both in seconds."""

    seconds: float = 0.0
    cpu: float = 0.0
    database_cpu: float = 0.0

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, CPU {self.cpu:.2f} s + PostgreSQL {self.database_cpu:.2f} s"

    def each(self, count: int) -> str:
        """The same for one of so many."""
        return (
            f"{1000 * self.seconds / count:.1f} ms, CPU {1000 * self.cpu / count:.1f} ms"
            f" + PostgreSQL {1000 * self.database_cpu / count:.1f} ms"
        )


@contextmanager
def spending(server: EmbeddedServer | None = None) -> Iterator[Spent]:
    """What the block costs. The server's processes must be there when it begins and still be there when it ends."""
    spent = Spent()
    database = server_cpu(server) if server else 0.0
    cpu, clock = process_time(), perf_counter()
    try:
        yield spent
    finally:
        spent.seconds = perf_counter() - clock
        spent.cpu = process_time() - cpu
        spent.database_cpu = (server_cpu(server) if server else 0.0) - database


def server_cpu(server: EmbeddedServer) -> float:
    pid = server.postmaster_pid()
    return tree_cpu(pid) if pid else 0.0


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process and of all below it, those that have ended included."""
    total = 0.0
    try:
        parent = psutil.Process(pid)
        processes = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def tree_memory(pid: int) -> dict[str, int]:
    """Name of process → bytes that are its own or its share of what it shares (PSS)."""
    found: dict[str, int] = {}
    parent = psutil.Process(pid)
    for process in [parent, *parent.children(recursive=True)]:
        name = " ".join(process.cmdline()[-3:])[-60:] or process.name()
        found[f"{process.pid} {name}"] = process.memory_full_info().pss
    return found


def spread(milliseconds: Sequence[float]) -> str:
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"


def machine() -> str:
    """One line to stand above the figures."""
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({_processor()}), load {load:.1f},"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123 - a file of the kernel
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()
