"""Experts as rows of evidence: what was done, when and in which part, in numbers that a score can be computed from.

Words are counted as hashed features, so that a large directory needs no vocabulary and one text is counted once in
the life of the process, whoever holds it.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from search.documents import EvidenceChunk
from service.directory.chunks import WorkText, evidence_chunks
from service.matching.candidates import Candidate
from service.matching.evidence_claims import is_appearance, is_claim, is_commercial, is_denial
from service.matching.lexicon import GENERAL, FieldLexicon
from service.matching.lexicon_words import counted_words, general_words, language_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FEATURES = 1 << 21
_CLAIM_WEIGHTS = {"keywords": 0.3, "position": 0.5, "biography": 0.3}
_TALK_WEIGHT = 0.6  # a talk at a conference may rest on work done
_ENOUGH_EVIDENCE = 3  # items: with fewer, the keyword line is all there is to go by


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`items[i]` belongs to expert `owners[i]`; owners ascend. `is_concrete`: tells of work done, where others only say
    something of the person (keywords, a post, talks, praise); `is_counted` is False for keyword lines and claims of
    people who have real evidence."""

    experts: int
    items: tuple[EvidenceChunk, ...]
    owners: Integers
    weights: Floats  # of each item: kind, age and role
    languages: tuple[str, ...]
    is_counted: NDArray[np.bool_]
    is_concrete: NDArray[np.bool_]
    is_commercial: NDArray[np.bool_]  # set in trade
    is_repeated: NDArray[np.bool_]  # the same text as an earlier item of the same person

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self.items]


def gather_evidence(candidates: Sequence[Candidate], *, year: int) -> Evidence:
    """Evidence of the candidates, in their order. `year` is that of the match, to tell old work from new."""
    items: list[EvidenceChunk] = []
    owners: list[int] = []
    weights: list[float] = []
    counted: list[bool] = []
    concrete: list[bool] = []
    for index, candidate in enumerate(candidates):
        chunks = candidate_chunks(candidate)
        works = len(candidate.works)
        proves = [
            not is_appearance(candidate.works[place].written_kind)
            if place < works
            else chunk.kind == "biography" and not is_claim(chunk.text)
            for place, chunk in enumerate(chunks)
        ]
        enough = sum(proves) >= _ENOUGH_EVIDENCE
        for place, chunk in enumerate(chunks):
            if chunk.kind == "biography" and is_denial(chunk.text):
                continue
            items.append(chunk)
            owners.append(index)
            weights.append(_weight(chunk, candidate.works[place].role if place < works else None, proves[place], year))
            counted.append(not enough or proves[place] or chunk.kind not in ("keywords", "biography"))
            concrete.append(proves[place])
    return Evidence(
        experts=len(candidates),
        items=tuple(items),
        owners=np.array(owners, dtype=np.int64),
        weights=np.array(weights, dtype=np.float64),
        languages=tuple(language_of(item.text) for item in items),
        is_counted=np.array(counted, dtype=np.bool_),
        is_concrete=np.array(concrete, dtype=np.bool_),
        is_repeated=_repeated(items, owners),
        is_commercial=np.array([is_commercial(item.text) for item in items], dtype=np.bool_),
    )


def _repeated(items: Sequence[EvidenceChunk], owners: Sequence[int]) -> NDArray[np.bool_]:
    seen: set[tuple[int, str]] = set()
    found = np.zeros(len(items), dtype=np.bool_)
    for row, (owner, item) in enumerate(zip(owners, items, strict=True)):
        found[row] = (owner, item.text) in seen
        seen.add((owner, item.text))
    return found


def candidate_chunks(candidate: Candidate) -> tuple[EvidenceChunk, ...]:
    """The texts that stand for a candidate; works first, in the order of the profile."""
    return evidence_chunks(
        works=[
            WorkText(
                id=None, kind=work.kind, title=work.title, text=work.text, year=work.year, coauthors=work.coauthors
            )
            for work in candidate.works
        ],
        biography=candidate.biography,
        keywords=candidate.keywords,
        position=candidate.position,
    )


def _weight(chunk: EvidenceChunk, role: str | None, proves: bool, year: int) -> float:
    """Practice counts as papers do; a claim or a job title counts less; age and a minor part only break ties."""
    weight = 1.0 if proves else _CLAIM_WEIGHTS.get(chunk.kind, _TALK_WEIGHT)
    if chunk.year is not None and chunk.year < year - 15:
        weight *= 0.95
    if role is not None and role.casefold() in ("thành viên", "member", "tham gia"):
        weight *= 0.95
    return weight


@lru_cache(maxsize=400_000)
def word_features(text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Hashed words of a text and how often each occurs."""
    counts = Counter(zlib.crc32(word.encode()) % FEATURES for word in counted_words(text))
    return np.fromiter(counts, np.int32, len(counts)), np.fromiter(counts.values(), np.float32, len(counts))


@cache
def general_weights() -> Floats:
    """GENERAL for features of what all papers say, 1 for the others."""
    weights = np.ones(FEATURES)
    weights[[zlib.crc32(word.encode()) % FEATURES for word in general_words()]] = GENERAL
    return weights


_TERM_FEATURES: dict[tuple[int, str], tuple[NDArray[np.int32], NDArray[np.float32]]] = {}


def term_features(text: str, lexicon: FieldLexicon) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Terms of a text and how often each occurs."""
    key = (id(lexicon), text)
    if (known := _TERM_FEATURES.get(key)) is not None:
        return known
    counts = Counter(lexicon.term_ids(text))
    found = (np.fromiter(counts, np.int32, len(counts)), np.fromiter(counts.values(), np.float32, len(counts)))
    if len(_TERM_FEATURES) >= 400_000:
        _TERM_FEATURES.clear()
    _TERM_FEATURES[key] = found
    return found


def subject_features(text: str, lexicon: FieldLexicon) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Subjects of a text and how many telling terms name each."""
    ids, times = term_features(text, lexicon)
    counts: dict[int, float] = defaultdict(float)
    for term, count in zip(ids.tolist(), times.tolist(), strict=True):
        known = lexicon.terms[term]
        if known.subject is not None:
            counts[known.subject] += count * (GENERAL if known.is_general else 1.0)
    return np.fromiter(counts, np.int32, len(counts)), np.fromiter(counts.values(), np.float32, len(counts))


def count_matrix(
    features: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]], width: int
) -> sp.csr_matrix:  # rows: texts
    lengths = np.fromiter((len(ids) for ids, _ in features), np.int64, len(features))
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    if not len(features) or indptr[-1] == 0:
        return sp.csr_matrix((len(features), width), dtype=np.float64)
    indices = np.concatenate([ids for ids, _ in features])
    values = np.concatenate([counts for _, counts in features]).astype(np.float64)
    return sp.csr_matrix((values, indices, indptr), shape=(len(features), width))
