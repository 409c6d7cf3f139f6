"""How the parent tells the child which model to load."""

from __future__ import annotations

import msgspec

from search.embedding.frames import TextKind


class ModelCall(msgspec.Struct, frozen=True):
    """`at_a_time`: texts that go through the model together."""

    folder: str
    device: str
    has_bfloat16: bool
    prompts: dict[TextKind, str]
    threads: int
    at_a_time: int
