"""SearchError
├── SearchUnavailableError     the index cannot be reached; callers fall back to words in SQL
└── EmbeddingError
    ├── EmbedderUnavailableError   no embedder here, or its process keeps dying; words alone are used
    └── EmbeddingRefusedError      this text cannot be embedded; says which and why
"""

from __future__ import annotations


def N_(message: str) -> str:
    """Mark a message for translation; the application translates it when it shows it."""
    return message


class SearchError(Exception):
    """Anything that goes wrong in finding and ranking."""


class SearchUnavailableError(SearchError):
    """The index cannot be reached."""


class EmbeddingError(SearchError):
    """A text could not be turned into a vector."""


class EmbedderUnavailableError(EmbeddingError):
    """There is no working embedder; `message % details` says why, and how to get one."""

    def __init__(self, message: str = "", /, **details: object) -> None:
        self.message = message
        self.details = details
        super().__init__(message % details if details else message)


class EmbeddingRefusedError(EmbeddingError):
    """One text of a batch was refused."""

    def __init__(self, index: int, reason: str) -> None:
        self.index = index
        self.reason = reason
        super().__init__(f"text {index}: {reason}")
