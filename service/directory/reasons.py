"""Why a search found somebody: the matching words in what a row shows, and the lines of the profile that prove it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from search.fusion import FusedHit
from search.highlighting import QueryWords, Span
from search.query import WHOLE_NAME
from service.directory.search_rows import ExpertRow

_MOST_LINES = 3
_LONGEST_LINE = 320  # characters
_MATCHED_BY_KIND = {
    "biography": "biography",
    "keywords": "keywords",
    "position": "position",
    "hometown": "place",
    "home": "place",
}


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """`kind` is a code of labels.EVIDENCE_KINDS. `is_paraphrase`: chosen by meaning, without a word in common."""

    kind: str
    year: int | None
    spans: tuple[Span, ...]
    is_paraphrase: bool

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExpert:
    """A row with its reasons. `matched` names what fits, best first: name, identifier, organisation, evidence,
    biography, keywords, position, place, meaning. Empty for a list that nobody searched."""

    expert: ExpertRow
    name: tuple[Span, ...]
    organisation: tuple[Span, ...]
    is_exact: bool
    matched: tuple[str, ...]
    lines: tuple[ReasonLine, ...]


def explain(rows: Sequence[ExpertRow], hits: Mapping[UUID, FusedHit], words: QueryWords) -> tuple[FoundExpert, ...]:
    """The line that means most is the one that the index found so: it may be an edit behind for a moment."""
    # Of a list that nobody searched there is nothing to explain.
    found = [{i: words.find(chunk.text) for i, chunk in enumerate(row.chunks)} if hits else {} for row in rows]
    common = Counter(word for lines in found for line in lines.values() for word in line)
    lines = sum(len(row.chunks) for row in rows)
    rarity = {word: math.log(1 + lines / count) for word, count in common.items()}
    return tuple(_explained(row, hits.get(row.id), words, held, rarity) for row, held in zip(rows, found, strict=True))


def _explained(
    row: ExpertRow,
    hit: FusedHit | None,
    words: QueryWords,
    held: Mapping[int, frozenset[str]],
    rarity: Mapping[str, float],
) -> FoundExpert:
    name, organisation = words.mark(row.full_name), words.mark(row.organisation or "")
    lines: list[ReasonLine] = []
    if hit is not None:
        weights = {i: sum(rarity[word] for word in line) for i, line in held.items() if line}
        best = max(weights.values(), default=0.0)
        chosen = sorted((i for i in weights if weights[i] >= best / 2), key=lambda i: (-weights[i], i))
        chosen = chosen[: _MOST_LINES - 1]
        closest = hit.meaning.chunk if hit.meaning else None
        # Unless words have chosen it already; a name needs no such proof.
        if closest is not None and closest not in chosen and closest < len(row.chunks) and not hit.is_exact:
            chosen.append(closest)
        for i in chosen:
            chunk = row.chunks[i]
            spans = _shortened(words.mark(chunk.text))
            lines.append(ReasonLine(chunk.kind, chunk.year, spans, not any(span.is_marked for span in spans)))
        if hit.words is not None and all(line.is_paraphrase for line in lines):
            lines[:0] = _places(row, words)
    return FoundExpert(
        expert=row,
        name=name,
        organisation=organisation,
        is_exact=hit is not None and hit.is_exact and (hit.words is None or hit.words.score >= WHOLE_NAME),
        matched=_matched(hit, name, organisation, lines),
        lines=tuple(lines),
    )


def _places(row: ExpertRow, words: QueryWords) -> list[ReasonLine]:
    """Where somebody comes from or lives, when that is what the query names."""
    marked = [(kind, words.mark(text or "")) for kind, text in (("hometown", row.hometown), ("home", row.province))]
    return [
        ReasonLine(kind, None, spans, is_paraphrase=False)
        for kind, spans in marked
        if any(span.is_marked for span in spans)
    ]


def _matched(
    hit: FusedHit | None, name: Sequence[Span], organisation: Sequence[Span], lines: Sequence[ReasonLine]
) -> tuple[str, ...]:
    if hit is None:
        return ()
    fields: dict[str, None] = {}
    if hit.is_exact:
        fields[hit.words.field if hit.words else "name"] = None
    elif any(span.is_marked for span in name):
        fields["name"] = None
    for line in lines:
        own = _MATCHED_BY_KIND.get(line.kind, "evidence")
        fields["meaning" if line.is_paraphrase else own] = None
    if any(span.is_marked for span in organisation):
        fields["organisation"] = None
    if not fields:
        fields[hit.field if hit.words is not None else "meaning"] = None
    return tuple(fields)


def _shortened(spans: Sequence[Span]) -> tuple[Span, ...]:
    """A long line from a little before its first mark."""
    if sum(len(span.text) for span in spans) <= _LONGEST_LINE:
        return tuple(spans)
    before = 0
    for span in spans:
        if span.is_marked:
            break
        before += len(span.text)
    else:
        before = 0
    start = max(0, before - _LONGEST_LINE // 4)
    shown: list[Span] = []
    at, left = 0, _LONGEST_LINE
    for span in spans:
        piece = span.text[max(0, start - at) :] if at + len(span.text) > start else ""
        at += len(span.text)
        if piece and left > 0:
            shown.append(Span(piece[:left], span.is_marked))
            left -= len(piece)
    if start > 0:
        shown.insert(0, Span("… ", False))
    if left < 0:
        shown.append(Span(" …", False))
    return tuple(shown)
