"""How fast a council is proposed and proven. Run by hand: python tests/bench/bench_panel.py [--cases N] [--seed N]

Experts × themes are drawn with a seed: most people are strong on one to three themes, organisations have a long tail,
one in eight is abroad. Baseline: greed alone, without exchanges or proof. Prints seconds of the first good council
(exchanges only), of the proof, CPU, and what the optimum is worth against the baseline.
"""

from __future__ import annotations

import argparse
import resource
from time import perf_counter
from uuid import UUID

import numpy as np

from service.matching.plan import council_value
from service.matching.problem import PanelProblem, PanelRules
from service.matching.solver import propose_panel


def drawn_problem(experts: int, themes: int, seed: int) -> PanelProblem:
    dice = np.random.default_rng(seed)
    scores = dice.beta(1.2, 8, (experts, themes))
    for person in range(experts):
        strong = dice.choice(themes, dice.choice([1, 2, 3], p=[0.5, 0.35, 0.15]), replace=False)
        scores[person, strong] = dice.uniform(0.3, 0.95, len(strong))
    weights = dice.dirichlet(np.full(themes, 4.0))
    nobody = np.zeros(experts, dtype=bool)
    return PanelProblem(
        ids=tuple(UUID(int=number + 1) for number in range(experts)),
        scores=np.clip(1.5 * scores @ weights + dice.normal(0, 0.05, experts), 0, 1),
        theme_scores=scores,
        covers=scores >= 0.3,
        theme_weights=weights,
        theme_labels=tuple(f"theme {number}" for number in range(themes)),
        required=np.ones(themes, dtype=bool),
        entities=tuple(frozenset({f"body {number}"}) for number in dice.zipf(1.6, experts) % 120),
        standing=np.where(dice.random(experts) < 0.6, 0.8, 0.0),
        is_abroad=dice.random(experts) < 0.12,
        is_outside=dice.random(experts) < 0.7,
        is_woman=dice.random(experts) < 0.35,
        is_under_40=dice.random(experts) < 0.25,
        is_newcomer=nobody,
        reads=tuple(frozenset[str]() for _ in range(experts)),
        is_free=dice.random(experts) < 0.9,
        in_conflict=dice.random(experts) < 0.05,
        rules=PanelRules(size=7, min_abroad=1, min_from_outside=2, min_women=2),
    )


def greedy_council(problem: PanelProblem) -> list[int]:
    """The baseline: whoever adds most, again and again, without regard to any rule but who may sit."""
    chosen: list[int] = []
    free = [i for i in range(len(problem.ids)) if problem.is_free[i] and not problem.in_conflict[i]]
    while len(chosen) < problem.rules.size:
        chosen.append(
            max(
                (i for i in free if i not in chosen),
                key=lambda i: council_value(problem, [*chosen, i], size=problem.rules.size),
            )
        )
    return chosen


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cases", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--seconds", type=float, default=20.0)
    given = options.parse_args()
    propose_panel(drawn_problem(20, 4, 0))  # loads the library
    heads = ("first p50/p95 s", "proof p50/p95 s", "CPU s", "proven", "value / greed")
    print(f"{'experts × themes':18}{heads[0]:>16}{heads[1]:>17}{heads[2]:>8}{heads[3]:>8}{heads[4]:>15}")
    for experts, themes in ((200, 8), (500, 10)):
        first, proof, gains, proven = [], [], [], 0
        started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        for case in range(given.cases):
            problem = drawn_problem(experts, themes, given.seed + case)
            clock = perf_counter()
            propose_panel(problem, seconds=0)
            first.append(perf_counter() - clock)
            clock = perf_counter()
            plan = propose_panel(problem, seconds=given.seconds)
            proof.append(perf_counter() - clock)
            proven += plan.is_proven
            gains.append(plan.objective / council_value(problem, greedy_council(problem), size=problem.rules.size))
        used = (resource.getrusage(resource.RUSAGE_SELF).ru_utime - started) / given.cases
        print(
            f"{f'{experts} × {themes}':18}{np.median(first):9.3f}/{np.percentile(first, 95):6.3f}"
            f"{np.median(proof):11.2f}/{np.percentile(proof, 95):6.2f}{used:8.2f}{f'{proven}/{given.cases}':>8}"
            f"{np.mean(gains):15.4f}"
        )


if __name__ == "__main__":
    main()
