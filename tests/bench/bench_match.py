"""How long one draft of 20 pages takes against a large directory: python tests/bench/bench_match.py [--experts N]

The draft is the first 20 pages of a real scheme that ships with the demo; the people and all vectors are drawn
(made_directory.py), so the embedding of the draft costs nothing here. Two rounds in one process: the second finds the
word lists and organisations read. Baseline: every vector of the directory against every theme with numpy, and the best
ten for each theme, with the vectors in memory; for the council: greed alone (see bench_panel.py for 20 cases).
"""

from __future__ import annotations

import argparse
import asyncio
import resource
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from bench_panel import greedy_council
from made_directory import made_runtime, size_options
from measuring import Spent, machine, spending

import service.matching.pipeline as pipeline
import service.matching.run as run
from ingestion.drafts import read_draft
from ingestion.drafts.records import DraftReading
from service.cases.actions import open_case
from service.cases.parties import Party
from service.database.models.cases import PartyRole
from service.matching.plan import council_value
from service.matching.problem import PanelRules
from service.matching.solver import propose_panel
from service.runtime import Runtime

DRAFT = Path(__file__).parents[2] / "service" / "demo" / "drafts" / "de-an-do-thi-thong-minh.pdf"
PAGES = 20


def read_pages() -> DraftReading:
    reading = read_draft(DRAFT)
    return replace(
        reading, passages=tuple(p for p in reading.passages if p.page is not None and p.page <= PAGES), page_count=PAGES
    )


class Stages:
    """Notes when each step of a match begins and ends, by standing in for its functions."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.problem: Any = None

    def watch(self, module: Any, name: str) -> None:
        inner: Callable[..., Any] = getattr(module, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            started = perf_counter(), process_time()
            result = inner(*args, **kwargs)
            if isinstance(result, Awaitable):
                return self._awaited(name, result, started)
            if name == "panel_problem":
                self.problem = result
            self._add(name, started)
            return result

        setattr(module, name, noted)

    async def _awaited(self, name: str, work: Awaitable[Any], started: tuple[float, float]) -> Any:
        result = await work
        self._add(name, started)
        return result

    def _add(self, name: str, started: tuple[float, float]) -> None:
        self.spent[name] = self.spent.get(name, 0.0) + perf_counter() - started[0]
        self.cpu[name] = self.cpu.get(name, 0.0) + process_time() - started[1]


async def one_match(runtime: Runtime, reading: DraftReading) -> run.Matched:
    """Rolled back at the end, so that every round finds the same."""
    async with runtime.sessions() as session:
        parties = [
            Party(role=PartyRole.REQUESTER, organisation="Sở Thông tin và Truyền thông tỉnh Kiên Giang"),
            Party(role=PartyRole.DRAFTER, person="Nguyễn Văn Minh An", organisation="Trường Đại học Kiên Giang"),
        ]
        case = await open_case(session, reading, parties, now=datetime.now(UTC))
        matched = await run.match_case(
            session,
            case.id,
            reading,
            backend=runtime.backend,
            embeddings=runtime.embeddings,
            rules=PanelRules(min_abroad=1),
            now=datetime.now(UTC),
        )
        await session.rollback()
        return matched


STEPS = ("_candidates", "load_candidates", "load_organisations", "store_match")
PIPELINE = ("read_themes", "prepare_candidates", "find_conflicts", "panel_problem", "propose_panel", "_explain")


async def measure(options: argparse.Namespace) -> None:
    async with made_runtime(options) as (runtime, server, size):
        reading = await asyncio.to_thread(read_pages)
        print(f"{sum(len(p.text.split()) for p in reading.passages)} words on {PAGES} pages; {size.experts} experts")
        for round_ in range(options.rounds):
            stages = Stages()
            originals = {(m, n): getattr(m, n) for m, names in ((run, STEPS), (pipeline, PIPELINE)) for n in names}
            for module, name in originals:
                stages.watch(module, name)
            try:
                with spending(server) as spent:
                    matched = await one_match(runtime, reading)
            finally:
                for (module, name), original in originals.items():
                    setattr(module, name, original)
            report(round_, matched, stages, spent)
        council(stages)
        baseline(runtime, matched, spent)
        print(f"most memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def report(round_: int, matched: run.Matched, stages: Stages, spent: Spent) -> None:
    result = matched.result
    after = ("propose_panel", "_explain", "store_match")
    seconds = spent.seconds - sum(stages.spent.get(name, 0.0) for name in after)
    cpu = spent.cpu - sum(stages.cpu.get(name, 0.0) for name in after)
    print(
        f"round {round_ + 1}: {spent}; {len(matched.candidates)} people scored on {len(result.themes)} themes,"
        f" {len(result.conflicts)} conflicts"
    )
    print(f"  to the ranking: {seconds:.2f} s, CPU {cpu:.2f} s (and PostgreSQL's)")
    steps = sorted(stages.spent.items(), key=lambda item: -item[1])
    print("  " + ", ".join(f"{name.strip('_')} {took:.2f}/{stages.cpu[name]:.2f}" for name, took in steps))


def council(stages: Stages) -> None:
    """The council of the last round, with and without its proof."""
    problem = stages.problem
    with spending() as first:
        good = propose_panel(problem, seconds=0)
    with spending() as proof:
        plan = propose_panel(problem, seconds=20)
    with spending() as greed:
        greedy = council_value(problem, greedy_council(problem), size=problem.rules.size)
    print(
        f"council of {len(problem.ids)} people × {len(problem.theme_labels)} themes: good one {first.seconds:.2f} s"
        f" (worth {good.objective / plan.objective:.4f} of the best), proof {proof.seconds:.2f} s,"
        f" proven: {plan.is_proven}; greed {greed.seconds:.2f} s (worth {greedy / plan.objective:.4f})"
    )


def baseline(runtime: Runtime, matched: run.Matched, spent: Spent) -> None:
    dice = np.random.default_rng(0)
    chunks = sum(len(c.works) + 5 for c in matched.candidates.values())
    vectors = dice.standard_normal((chunks, 384), dtype=np.float32)
    themes = dice.standard_normal((len(matched.result.themes), 384), dtype=np.float32)
    with spending() as bare:
        np.argpartition(-(vectors @ themes.T), 10, axis=0)
    times = spent.cpu / max(bare.cpu, 1e-3)
    print(f"bare numpy over {chunks} vectors: {bare}; the whole match costs {times:.0f} times that")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size_options(options)
    options.add_argument("--rounds", type=int, default=2)
    print(machine())
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
