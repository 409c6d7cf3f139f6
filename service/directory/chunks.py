"""Cuts a profile into the texts that are matched and embedded one by one.

The index and the matcher both use these texts, so that nothing is embedded twice. Pure; knows no rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from search.documents import EvidenceChunk

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[^\W\d_])")
_LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkText:
    """A work as the chunker needs it. `id` is None for records that are not stored."""

    id: UUID | None
    kind: str
    title: str
    text: str | None = None  # abstract or description
    year: int | None = None
    coauthors: tuple[str, ...] = ()


def evidence_chunks(
    *, works: Sequence[WorkText], biography: str, keywords: Sequence[str], position: str | None
) -> tuple[EvidenceChunk, ...]:
    """Works first, in order, then sentences of the biography, the position, the keyword line."""
    chunks = [
        EvidenceChunk(
            evidence_id=work.id,
            kind=work.kind,
            text=f"{work.title}. {work.text}" if work.text else work.title,
            year=work.year,
            coauthors=work.coauthors,
        )
        for work in works
    ]
    chunks += [EvidenceChunk(evidence_id=None, kind="biography", text=s) for s in sentences(biography)]
    if position:
        chunks.append(EvidenceChunk(evidence_id=None, kind="position", text=position))
    if keywords:
        chunks.append(EvidenceChunk(evidence_id=None, kind="keywords", text="; ".join(keywords)))
    return tuple(chunks)


def sentences(text: str) -> list[str]:
    """Sentences of a biography; one that is too long for a vector is cut at spaces."""
    found: list[str] = []
    for line in text.splitlines():
        for sentence in _SENTENCE_END.split(line.strip()):
            while len(sentence) > _LONGEST:
                cut = sentence.rfind(" ", 0, _LONGEST)
                cut = cut if cut > 0 else _LONGEST
                found.append(sentence[:cut])
                sentence = sentence[cut:].strip()
            if sentence:
                found.append(sentence)
    return found
