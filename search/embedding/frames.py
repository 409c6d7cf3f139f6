"""What the embedder's process and its parent say to each other: four bytes of length, then msgpack."""

from __future__ import annotations

from typing import Literal

import msgspec

TextKind = Literal["query", "passage"]


class Request(msgspec.Struct, frozen=True):
    kind: TextKind
    texts: list[str]


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The first frame of a child."""

    dimensions: int


class Embedded(msgspec.Struct, frozen=True, tag=True):
    vectors: bytes  # float32, row by row


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Instead of `Ready`: the model does not load. Instead of `Embedded`: these texts could not be embedded."""

    reason: str


Reply = Ready | Embedded | Failed


def pack(message: Request | Ready | Embedded | Failed) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body
