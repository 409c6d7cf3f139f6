"""`make vectors`: embed the texts of the demo and of the reference drafts, and write the file that ships with them.

Run it when those texts, the way they are cut up, or the model change; `make demo` embeds whatever the file lacks.
"""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from ingestion.drafts import read_draft, without_source_notes
from ingestion.drafts.records import DraftReading, UnreadableDraftError
from service.commands.demo import DEMO, import_demo_rosters
from service.commands.running import run_with_runtime
from service.directory.documents import build_documents
from service.matching.candidates_query import load_candidates
from service.matching.evidence import gather_evidence
from service.matching.lexicon import load_lexicon
from service.matching.pipeline import draft_texts, read_themes
from service.runtime import Runtime
from service.settings import Settings

REFERENCE_DRAFTS = Path(__file__).parents[1] / "reference" / "drafts"
VECTORS = Path(__file__).parents[1] / "reference" / "vectors.npz"


def write_shipped_vectors(settings: Settings) -> None:
    """On a database of its own, so that nothing but the shipped texts gets into the file."""
    with tempfile.TemporaryDirectory() as folder:
        apart = dataclasses.replace(settings, var=Path(folder), database_url=None)
        run_with_runtime(apart, _write)


async def _write(runtime: Runtime) -> None:
    await import_demo_rosters(runtime)
    today = datetime.now(UTC).date()
    async with runtime.sessions() as session:
        candidates = await load_candidates(session, on=today)
        documents = await build_documents(session, [candidate.id for candidate in candidates])
    texts = [chunk.text for document in documents for chunk in document.chunks]
    texts += gather_evidence(candidates, year=today.year).texts
    lexicon = load_lexicon()
    for reading in await asyncio.to_thread(_readings):
        texts += draft_texts(read_themes(reading, lexicon))
    count = await runtime.embeddings.write_vector_file(VECTORS, passages=list(dict.fromkeys(texts)))
    click.echo(f"{VECTORS.name}: {count} vectors, {VECTORS.stat().st_size // 1024} KiB")


def _readings() -> list[DraftReading]:
    """The demo's drafts, then the reference texts without the notes on where they come from."""
    readings = []
    for path in sorted((DEMO / "drafts").iterdir()):
        try:
            readings.append(read_draft(path))
        except UnreadableDraftError as error:
            click.echo(str(error), err=True)
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(REFERENCE_DRAFTS.glob("*.txt")):
            bare = Path(folder) / path.name
            bare.write_text(without_source_notes(path.read_text(encoding="utf-8")), encoding="utf-8")
            readings.append(read_draft(bare))
    return readings


if __name__ == "__main__":
    write_shipped_vectors(Settings.from_env())
