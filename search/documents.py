"""What goes into an index: one document for each expert, with one chunk for each piece of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceChunk:
    """A text short enough for one vector: a work, a sentence or two of the biography, a position, the keyword line."""

    evidence_id: UUID | None  # None for chunks of the profile itself
    kind: str  # work kinds of the application, "biography", "keywords", "position"
    text: str  # what is embedded as a passage and matched by words
    year: int | None = None
    coauthors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertDocument:
    """One expert as the index sees them. `facets` hold the codes that filters and counts use."""

    id: UUID
    full_name: str
    sort_key: str
    aliases: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()  # ORCID, e-mail, external codes: matched whole
    organisations: tuple[str, ...] = ()  # names and short names
    fields: tuple[str, ...] = ()  # names, Vietnamese and English
    keywords: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    biography: str = ""
    chunks: tuple[EvidenceChunk, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = 1
