"""How much one draft file may take, and the limits a child process puts on itself before it opens the file."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

MEGABYTE = 1 << 20
OUT_OF_MEMORY = 77  # exit code of a child that asked for more than it may have

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`seconds` holds for CPU and for the clock on the wall, per step: reading, converting, counting pages."""

    seconds: float = 60.0
    memory_bytes: int = 1024 * MEGABYTE
    ocr_seconds: float = 900.0
    page_count_seconds: float = 20.0  # for the pages of a DOCX; they are left unknown when it takes longer
    file_bytes: int = 60 * MEGABYTE
    libreoffice_memory_bytes: int = 4096 * MEGABYTE  # address space; it maps far more than it uses


def limit_this_process(*, seconds: float, memory_bytes: int) -> None:
    """After this, the process dies by itself when it takes too long, and with the thread that started it."""
    try:
        import resource  # not on Windows, where only the parent's clock guards
    except ImportError:
        return
    cpu_seconds = max(1, int(seconds) + 1)
    _lower(resource.RLIMIT_CPU, cpu_seconds, grace=1)  # the kernel says SIGXCPU first, which the parent understands
    _lower(resource.RLIMIT_AS, memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 1024 * MEGABYTE)
    _die_with_parent()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 5)


def _die_with_parent() -> None:
    """On Linux only; elsewhere the limits end a child whose parent was killed."""
    if sys.platform != "linux":
        return
    import ctypes  # a few milliseconds that only the child spends

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _lower(which: int, value: int, *, grace: int = 0) -> None:
    import resource

    _soft, hard = resource.getrlimit(which)
    ceiling = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
    resource.setrlimit(which, (min(value, ceiling), ceiling))
