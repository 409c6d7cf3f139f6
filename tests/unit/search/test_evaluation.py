"""The measures agree with the scorers that come with the judged collection, on random rankings."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from search.evaluation import JudgedQuery, coverage, ndcg, recall, reciprocal_rank, score_queries

DATA = Path(__file__).parents[2] / "data" / "eval"


def scorer(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"collection_{name}", DATA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", range(5))
def test_measures_of_drafts_agree_with_the_scorer(seed: int) -> None:
    qrels, draw = read("qrels.json"), random.Random(seed)
    people = [expert["id"] for expert in read("experts.json")]
    theirs = scorer("score")
    for draft in read("drafts.json"):
        judged = qrels[draft["id"]]
        ranking = draw.sample(people, draw.randint(0, len(people)))
        ranking += draw.choices(ranking, k=3) if ranking else []
        panel = draw.sample(people, 9)
        figures = theirs.score_draft(ranking, panel, judged, draft["required_aspects"])

        conflicts = {one["expert_id"] for one in judged["conflicts"]}
        clean = [one for one in ranking if one not in conflicts]
        grades = {one: grade for one, grade in judged["grades"].items() if one not in conflicts}
        able = {one for one, grade in grades.items() if grade >= 2}
        aspects = {one: labels for one, labels in judged["aspects"].items() if one in able}
        assert ndcg(clean, grades) == pytest.approx(figures["nDCG@10"])
        assert recall(clean, able, 20) == pytest.approx(figures["recall@20"])
        assert reciprocal_rank(clean, {one for one, grade in grades.items() if grade == 3}) == figures["MRR(3)"]
        assert coverage(panel, aspects, draft["required_aspects"]) == pytest.approx(figures["coverage@7"])


@pytest.mark.parametrize("seed", range(5))
def test_measures_of_queries_agree_with_the_scorer(seed: int) -> None:
    draw = random.Random(seed)
    people = [expert["id"] for expert in read("experts.json")]
    queries = read("queries.json")
    run = {query["id"]: draw.sample([*people, *query["relevant"] * 9], 30) for query in queries if draw.random() < 0.9}
    overall, by_kind, _, _ = scorer("score_queries").evaluate(run, DATA)

    judged = [JudgedQuery(q["id"], q["query"], q["kind"], tuple(q["relevant"]), q["first"]) for q in queries]
    ours = score_queries(run, judged)

    assert set(ours) == {"all", *by_kind}
    for kind, figures in {"all": overall, **by_kind}.items():
        assert ours[kind].queries == figures["queries"]
        assert ours[kind].recall == pytest.approx(figures["recall@10"])
        assert ours[kind].reciprocal_rank == pytest.approx(figures["MRR"])
        assert ours[kind].first_hit == pytest.approx(figures["first-hit"])
        assert ours[kind].with_first == figures["with first"]


def test_the_ends_of_the_scale() -> None:
    grades = {"a": 3, "b": 2, "c": 0}

    assert ndcg(["a", "b", "c"], grades) == 1.0
    assert ndcg(["c"], grades) == 0.0
    assert ndcg(["a"], {}) == 0.0
    assert (recall([], {"a"}, 10), recall(["a"], set(), 10), recall(["a", "a", "b"], {"b"}, 2)) == (0.0, 0.0, 1.0)
    assert (reciprocal_rank(["b", "b", "a"], {"a"}), reciprocal_rank([], {"a"})) == (0.5, 0.0)
    assert coverage(["a"], {"a": ["x"]}, []) == 0.0
