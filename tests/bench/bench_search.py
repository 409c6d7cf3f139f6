"""How long a search of a large directory takes: python tests/bench/bench_search.py [--experts N] [--works N]

Asks what the search page asks (words and meaning, fifteen facets with counts, total, 20 rows with their reasons; rights
checked): by kind of query one after the other, then all kinds mixed with 1, 2 and 8 clients. The index alone, and the
baselines of search_baselines.py, answer the same queries in the same run. Queries and people are drawn with a seed, and
so are vectors, so no query waits for the embedder. --save FILE adds a line of JSON for plot_search.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is there; as service/cli.py does

import numpy as np
from made_directory import Drawer, Size, made_runtime, size_options
from measuring import Spent, machine, spending, spread
from search_baselines import Ask, exhaustive_vectors, plain_full_text, sizes

from search.query import ExpertQuery
from search.retrieval import query_vectors
from search.vietnamese import fold
from service.access.policy import LOCAL_OPERATOR
from service.database.server import EmbeddedServer
from service.directory.search import DirectorySearch, search_directory
from service.runtime import Runtime

TODAY = date(2026, 11, 25)
CLIENTS = (1, 2, 8)
_DEPTH = 300  # hits that a search of the directory asks the index for


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    requests: list[DirectorySearch] = field(default_factory=list)


def drawn_queries(size: Size, each: int) -> list[Kind]:
    drawer = Drawer(size.seed + 1)
    people = [drawer.person(size) for _ in range(each)]
    words = [person["keywords"] for person in people]
    sentences = [person["biography"].split(". ")[0] for person in people]

    def typo(name: str, number: int) -> str:
        place = 3 + number % (len(name) - 4)
        return name[:place] + name[place + 1 :]

    return [
        Kind("one subject", [DirectorySearch(text=w[0]) for w in words]),
        Kind("two subjects, typed without marks", [DirectorySearch(text=fold(f"{w[0]} {w[2]}")) for w in words]),
        Kind("a sentence", [DirectorySearch(text=s) for s in sentences]),
        Kind("a name", [DirectorySearch(text=p["full_name"]) for p in people]),
        Kind("a name with a slip", [DirectorySearch(text=typo(p["full_name"], n)) for n, p in enumerate(people)]),
        Kind(
            "a subject, two filters",
            [
                DirectorySearch(text=w[0], filters={"degree": ["TS"], "field_group": [str(1 + n % 4)]})
                for n, w in enumerate(words)
            ],
        ),
        Kind("everybody, by name", [DirectorySearch(page=1 + n % 5) for n in range(each)]),
    ]


async def one_after_the_other(ask: Ask, requests: Sequence[DirectorySearch]) -> list[float]:
    took = []
    for request in requests:
        started = perf_counter()
        await ask(request)
        took.append(1000 * (perf_counter() - started))
    return took


async def all_at_once(ask: Ask, requests: Sequence[DirectorySearch], clients: int) -> list[float]:
    parts = await asyncio.gather(*(one_after_the_other(ask, requests[n::clients]) for n in range(clients)))
    return [took for part in parts for took in part]


def this_search(runtime: Runtime) -> Ask:
    async def ask(request: DirectorySearch) -> object:
        async with runtime.sessions() as session:
            return await search_directory(
                session,
                runtime.backend,
                runtime.embeddings,
                LOCAL_OPERATOR,
                request,
                today=TODAY,
                columns=runtime.columns,
                synonyms=runtime.synonyms,
            )

    return ask


def the_index_alone(runtime: Runtime) -> Ask:
    """Rankings, without rows, counts or reasons."""

    async def ask(request: DirectorySearch) -> object:
        vector, parts = await query_vectors(runtime.embeddings, request.text)
        query = ExpertQuery(text=request.text, vector=vector, parts=parts, limit=_DEPTH, with_others=True)
        return await runtime.backend.search(query)

    return ask


def figures(took: Sequence[float], spent: Spent) -> dict[str, float]:
    p50, p95 = np.percentile(took, [50, 95])
    return {
        "p50": p50,
        "p95": p95,
        "cpu": 1000 * spent.cpu / len(took),
        "database_cpu": 1000 * spent.database_cpu / len(took),
        "per_second": len(took) / spent.seconds,
    }


async def measure_one(title: str, ask: Ask, kinds: Sequence[Kind], server: EmbeddedServer) -> dict[str, Any]:
    print(title)
    by_kind = {}
    for kind in kinds:
        await ask(kind.requests[-1])  # what is read once
        with spending(server) as spent:
            took = await one_after_the_other(ask, kind.requests)
        by_kind[kind.name] = figures(took, spent)
        print(f"  {kind.name:34} {spread(took)}; each {spent.each(len(took))}")
    # In turn, so that no client asks for one kind only.
    mixed = [kind.requests[n] for n in range(len(kinds[0].requests)) for kind in kinds]
    by_clients = {}
    for clients in CLIENTS:
        with spending(server) as spent:
            took = await all_at_once(ask, mixed, clients)
        by_clients[clients] = figures(took, spent)
        print(
            f"  mixed, {clients} at once: {spread(took)}; {len(took) / spent.seconds:.0f}/s; each"
            f" {spent.each(len(took))}"
        )
    return {"kinds": by_kind, "clients": by_clients}


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    async with made_runtime(options) as (runtime, server, size):
        plain, vectors = await plain_full_text(runtime), await exhaustive_vectors(runtime)
        kinds = drawn_queries(size, options.queries)
        with_text = [kind for kind in kinds if kind.requests[0].text]
        print(f"{size.experts} experts, {options.queries} queries of each kind")
        with spending(server) as spent:
            await this_search(runtime)(DirectorySearch())
        print(f"first search of a process, with everybody's columns: {spent}")
        systems = {
            "this search": await measure_one("this search", this_search(runtime), kinds, server),
            "the index alone": await measure_one("the index alone", the_index_alone(runtime), with_text, server),
            "plain full text": await measure_one("plain full text", plain, kinds, server),
            "exhaustive vectors": await measure_one("exhaustive vectors", vectors, with_text, server),
        }
        plain_bytes, index_bytes = await sizes(runtime)
        async with runtime.pool.connection() as connection:
            made = await (await connection.execute("select seconds, cpu, database_cpu from bench.made")).fetchone()
        print(f"index {index_bytes / 1e6:.0f} MB, plain table {plain_bytes / 1e6:.0f} MB; made in (s, CPU, CPU) {made}")
        print(machine())
        return {
            "machine": machine(),
            "experts": size.experts,
            "works": size.works,
            "index_bytes": index_bytes,
            "plain_bytes": plain_bytes,
            "made": made,
            "systems": systems,
        }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size_options(options)
    options.add_argument("--queries", type=int, default=40, help="of each kind")
    options.add_argument("--save", type=Path, help="a file of JSON lines to add the figures to")
    print(machine())
    chosen = options.parse_args()
    result = asyncio.run(measure(chosen))
    if chosen.save:
        with chosen.save.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
