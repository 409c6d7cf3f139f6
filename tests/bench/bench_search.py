"""How long a search of a large directory takes: python tests/bench/bench_search.py [--experts N] [--works N]

Asks what the search page asks (words and meaning, facets with counts, total, 20 rows with their reasons; rights
checked), one client after the other and then eight at once, by kind of query. Queries and people are drawn with a seed,
and so are vectors, so no query waits for the embedder. Baseline: PostgreSQL's own full text over the same profiles,
ts_rank, 20 rows, a total and one GROUP BY for each facet, no vectors, no reasons.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter

from made_directory import Drawer, Size, made_runtime, size_options
from measuring import machine, spending, spread

from search.vietnamese import fold
from service.access.policy import LOCAL_OPERATOR
from service.directory.search import DirectorySearch, search_directory
from service.runtime import Runtime

TODAY = date(2026, 11, 25)
PLAIN = """
create schema if not exists bench;
create table if not exists bench.plain as
select e.id, e.full_name, e.degree, e.country, e.is_available, left(f.code, 1) as field_group,
       to_tsvector('simple', concat_ws(' ', e.name_fold, e.organisation_text, e.biography,
                   array_to_string(e.keywords, ' '),
                   (select string_agg(v.title_fold, ' ') from public.evidence v where v.expert_id = e.id))) as words
from public.expert e left join public.expert_field f on f.expert_id = e.id and f.ordinal = 0;
create index if not exists plain_words on bench.plain using gin (words);
analyze bench.plain;
"""
FACETS = ("field_group", "degree", "country", "is_available")


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


Ask = Callable[[DirectorySearch], Awaitable[object]]


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


def ours(runtime: Runtime) -> Ask:
    async def ask(request: DirectorySearch) -> object:
        async with runtime.sessions() as session:
            return await search_directory(
                session, runtime.backend, runtime.embeddings, LOCAL_OPERATOR, request, today=TODAY
            )

    return ask


def plain(runtime: Runtime) -> Ask:
    async def ask(request: DirectorySearch) -> object:
        query = {"text": fold(request.text)}
        where = "words @@ plainto_tsquery('simple', %(text)s)" if request.text else "true"
        async with runtime.pool.connection() as connection:
            for statement in (
                f"select id, full_name from bench.plain where {where} order by"
                f" ts_rank(words, plainto_tsquery('simple', %(text)s)) desc, id limit 20",
                f"select count(*) from bench.plain where {where}",
                *(f"select {name}, count(*) from bench.plain where {where} group by 1" for name in FACETS),
            ):
                await (await connection.execute(statement, query)).fetchall()  # type: ignore[arg-type]
        return None

    return ask


async def measure(options: argparse.Namespace) -> None:
    async with made_runtime(options) as (runtime, server, size):
        async with runtime.pool.connection() as connection:
            await connection.execute(PLAIN)
        kinds = drawn_queries(size, options.queries)
        for title, ask in (("this search", ours(runtime)), ("plain full text", plain(runtime))):
            await all_at_once(ask, [kind.requests[0] for kind in kinds], 2)  # what is read once
            print(f"{title}, {size.experts} experts, {options.queries} queries of each kind")
            for kind in kinds:
                with spending(server) as spent:
                    took = await one_after_the_other(ask, kind.requests)
                print(f"  {kind.name:34} {spread(took)}; each {spent.each(len(took))}")
            mixed = [kind.requests[n] for n in range(options.queries) for kind in kinds]
            for clients in (1, 8):
                with spending(server) as spent:
                    took = (
                        await all_at_once(ask, mixed, clients) if clients > 1 else await one_after_the_other(ask, mixed)
                    )
                rate = len(took) / spent.seconds
                print(f"  mixed, {clients} at once: {spread(took)}; {rate:.0f}/s; each {spent.each(len(took))}")
        print(machine())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size_options(options)
    options.add_argument("--queries", type=int, default=40, help="of each kind")
    print(machine())
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
