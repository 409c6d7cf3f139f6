"""What Meilisearch answered, ranked by the rules of the PostgreSQL index. Pure.

Meilisearch finds by folded words, so that "mã", "mạ" and "ma" are one to it, and its scores mean something else in
every query. It is trusted to find; the documents that it gives are scored anew here (wording.py, likening.py), on the
scale that search/fusion.py expects. Vectors are uploaded as they are and what the texts of a language share is taken
away from the likeness: taken away before the upload, it could not change any more when the directory grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
import numpy as np

from search.backends.likening import Means, liken
from search.backends.meilisearch_documents import LAYOUT, StoredState, unpacked
from search.backends.packing import LABELS, Chunks, Numbers, Scores, read_words
from search.backends.wording import Vocabulary, WordQuery
from search.embedding.embedder import Vectors
from search.errors import SearchUnavailableError
from search.query import Hit
from search.vietnamese import plain_letters

T = TypeVar("T")

_FIELDS = {"A": "name", "B": "evidence", "C": "organisation", "D": "biography"}
_GUESSED = 0.5  # what an answer is worth to words that had to be corrected


class Shares(msgspec.Struct, rename="camel"):
    matching_words: int = 0
    max_matching_words: int = 0


class Details(msgspec.Struct):
    """How Meilisearch explains its ranking, as far as it is used here."""

    words: Shares | None = None


class Found(msgspec.Struct):
    """A hit, with those attributes that were asked for."""

    id: str
    called: list[str] = []
    length: float = 0.0
    lexemes: str = ""
    chunks: str = ""
    details: Details | None = msgspec.field(name="_rankingScoreDetails", default=None)

    @property
    def expert_id(self) -> UUID:
        return UUID(self.id)

    @property
    def id_bytes(self) -> bytes:
        """Several times as fast, for a hundred thousand of them."""
        return bytes.fromhex(self.id.replace("-", ""))


class Answer(msgspec.Struct, rename="camel"):
    hits: list[Found]
    estimated_total_hits: int
    facet_distribution: dict[str, dict[str, int]] = {}


def read_answer(answer: object) -> Answer:
    return converted(answer, Answer)


def read_state(answer: object) -> StoredState | None:
    """None where the index has no state, or that of another layout: it is not ready."""
    hits = converted(answer, _Documents).hits
    if not hits or hits[0].get("layout") != LAYOUT:
        return None
    return converted(hits[0], StoredState)


def rank_by_words(found: Sequence[Found], query: WordQuery, counts: Mapping[str, int], state: StoredState) -> list[Hit]:
    """`counts`: folded word → how many documents of the index hold it. Best first; who answers nothing is left out."""
    lexemes = query.lexemes()
    if not found or not lexemes:
        return []
    held, labels = read_words([unpacked(one.lexemes) for one in found], lexemes)
    scorer = query.ready(
        Vocabulary(
            documents=max(state.experts, len(found)),
            mean_length=state.total_length / state.experts if state.experts else 0.0,
            frequencies=_frequencies(lexemes, counts, held),
        )
    )
    if scorer is None:
        return []
    places = {lexeme: place for place, lexeme in enumerate(lexemes)}
    columns = [places[lexeme] for lexeme in scorer.lexemes]
    held, labels = held[:, columns], labels[:, columns]
    scores = scorer.scores(held, np.array([one.length for one in found], np.float64))
    tells_most = labels[np.arange(len(found)), (held * scorer.rarities()).argmax(axis=1)]
    hits = [
        Hit(one.expert_id, float(score), _FIELDS[LABELS[label]])
        for one, score, label in zip(found, scores, tells_most, strict=True)
        if score > 0
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.expert_id))


def rank_guesses(found: Sequence[Found]) -> list[Hit]:
    """Where no word of the query is known, Meilisearch has corrected them; its own count of them has to do."""
    hits = []
    for one in found:
        share = one.details.words if one.details else None
        if share is not None and share.max_matching_words:
            score = _GUESSED * share.matching_words / share.max_matching_words
            hits.append(Hit(one.expert_id, score, "evidence"))
    return sorted(hits, key=lambda hit: (-hit.score, hit.expert_id))


def rank_by_meaning(found: Sequence[Found], vector: Vectors, parts: Vectors | None, means: Means) -> list[Hit]:
    """Those of them who have vectors, best first."""
    found = [one for one in found if one.chunks]
    if not found:
        return []
    likeness = liken(_chunks(found, len(vector)), vector, parts, means)
    hits = [
        Hit(one.expert_id, float(score), "evidence", int(best))
        for one, score, best in zip(found, likeness.scores, likeness.best, strict=True)
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.expert_id))


def informed_vector(vector: Vectors, users: Sequence[Found], means: Means) -> Vectors:
    """No model knows what MRV or AWD means; the profiles that use it show what it is about."""
    centres = []
    for user in users:
        if user.chunks:
            chunks = _chunks([user], len(vector))
            common = np.stack([means.get(language, np.zeros(len(vector))) for language in chunks.languages.tolist()])
            centres.append(_unit((chunks.vectors - common).mean(axis=0)))
    return _unit(vector + _unit(np.mean(centres, axis=0))) if centres else vector


def _unit(vector: Scores | Vectors) -> Vectors:
    length = max(float(np.linalg.norm(vector)), 1e-6)
    unit: Vectors = (vector / length).astype(np.float32)
    return unit


def _chunks(found: Sequence[Found], dimensions: int) -> Chunks:
    return Chunks.read([unpacked(one.chunks) for one in found], dimensions)


class _Documents(msgspec.Struct):
    hits: list[dict[str, object]]


def converted(answer: object, kind: type[T]) -> T:
    """Raises SearchUnavailableError where it is not what Meilisearch says it gives."""
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise SearchUnavailableError(f"the search server gave an answer that cannot be read: {error}") from error


def _frequencies(lexemes: Sequence[str], counts: Mapping[str, int], held: Scores) -> dict[str, int]:
    """In how many documents a lexeme stands. Meilisearch counts folded words; of spellings and of neighbours, the
    share that they have among the documents at hand is taken for their share in all."""
    here: Numbers = np.count_nonzero(held, axis=0)
    among = dict(zip(lexemes, here.tolist(), strict=True))
    found = {}
    for lexeme in lexemes:
        if count := counts.get(lexeme):
            found[lexeme] = count
        elif among[lexeme] and (lexeme[0] == "=" or "_" in lexeme):
            base = _base(lexeme, counts)
            share = among[lexeme] / max(among.get(base, 0), among[lexeme])
            found[lexeme] = max(round(counts.get(base, 0) * share), 1)
    return found


def _base(lexeme: str, counts: Mapping[str, int]) -> str:
    """The folded word that a lexeme is a case of: of a spelling itself, of two neighbours the rarer one."""
    if lexeme[0] == "=":
        word = plain_letters(lexeme[1:])
        return word if word in counts else word[:-1]  # the tone stands at its end
    return min(lexeme.split("_"), key=lambda word: counts.get(word, 0))
