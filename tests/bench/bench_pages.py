"""What a page costs: server CPU, PostgreSQL CPU and statements. python tests/bench/bench_pages.py [--requests N]

The demo's application in this process, on a directory of drawn people and one matched case (made_directory.py). Each
page is asked for again and again by a bare ASGI call, one after the other; the cost of that call is in the figure, and
so is Litestar's. Baseline: a page of Litestar that says "pong", called alike. Statements are those of one request; the
expert's page is counted for somebody with few works and with many, lists for a page of 1 and of 20 rows.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from litestar import Litestar, get
from made_directory import DrawnEmbedder, bench_settings, made_runtime, size_options
from measuring import machine, spending
from sqlalchemy import event

from search.embedding.cache import Embeddings
from service.app import create_app
from service.cases.actions import open_case
from service.cases.parties import Party
from service.database.models.cases import PartyRole
from service.matching.problem import PanelRules
from service.matching.run import match_case
from service.runtime import Runtime


async def ask(app: Any, address: str, *, block: str | None = None) -> tuple[int, int]:
    """Status and bytes."""
    parts = urlsplit(address)
    headers = [(b"host", b"127.0.0.1"), (b"accept", b"text/html")]
    if block:
        headers += [(b"hx-request", b"true"), (b"hx-target", block.encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    status, size = 0, 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, size
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            size += len(message.get("body", b""))

    await app(scope, receive, send)
    return status, size


@get("/ping", sync_to_thread=False)
def ping() -> str:
    return "pong"


@contextmanager
def statements(runtime: Runtime) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(runtime.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(runtime.engine.sync_engine, "before_cursor_execute", note)


async def matched_case(runtime: Runtime) -> str:
    from bench_match import read_pages

    reading = await asyncio.to_thread(read_pages)
    async with runtime.sessions.begin() as session:
        parties = [Party(role=PartyRole.REQUESTER, organisation="Sở Thông tin và Truyền thông tỉnh Kiên Giang")]
        case = await open_case(session, reading, parties, now=datetime.now(UTC), is_synthetic=True)
        await match_case(
            session,
            case.id,
            reading,
            backend=runtime.backend,
            embeddings=runtime.embeddings,
            rules=PanelRules(),
            now=datetime.now(UTC),
        )
        return str(case.id)


def people(url: str) -> tuple[str, str]:
    """Somebody without works, and somebody with fifty: made so here, undone by nobody."""
    with psycopg.connect(url) as connection:
        few, many = (
            row[0] for row in connection.execute("select id from expert order by sort_key, id limit 2").fetchall()
        )
        connection.execute("delete from evidence where expert_id = %s", [few])
        connection.execute(
            "insert into evidence (id, expert_id, ordinal, kind, title, title_fold, year, coauthors)"
            " select gen_random_uuid(), %s, 100 + n, 'publication', 'Công trình ' || n, 'cong trinh ' || n, 2020, '{}'"
            " from generate_series(1, 50) n on conflict do nothing",
            [many],
        )
        return str(few), str(many)


async def measure(options: argparse.Namespace) -> None:
    async with made_runtime(options) as (made, server, _size):
        case_id = await matched_case(made)
        few, many = people(made.database_url)
        app = create_app(bench_settings(options.state, made.database_url), run_worker=False)
        async with app.lifespan():
            app.state.runtime = replace(
                app.state.runtime, embeddings=Embeddings(DrawnEmbedder(), app.state.runtime.pool)
            )
            runtime: Runtime = app.state.runtime
            bare = Litestar([ping], openapi_config=None, logging_config=None)
            text = quote("chuyển đổi số")
            pages: list[tuple[str, Any, str, str | None]] = [
                ("bare Litestar", bare, "/ping", None),
                ("start page", app, "/", None),
                ("expert without works", app, f"/experts/{few}", None),
                ("expert with 60 works", app, f"/experts/{many}", None),
                ("case: themes, ranking, council", app, f"/cases/{case_id}", None),
                ("cases", app, "/cases", None),
                ("status", app, "/status", None),
                ("search, no words", app, "/experts", None),
                ("search with words", app, f"/experts?q={text}", None),
                ("search with words, block", app, f"/experts?q={text}", "search-results"),
            ]
            baseline = 0.0
            for name, of, address, block in pages:
                for _ in range(3):
                    status, size_ = await ask(of, address, block=block)
                with statements(runtime) as sent:
                    await ask(of, address, block=block)
                with spending(server) as spent:
                    for _ in range(options.requests):
                        await ask(of, address, block=block)
                baseline = baseline or spent.cpu
                print(
                    f"{name:32} {status} {size_ / 1000:6.1f} kB, {len(sent):2} statements, each"
                    f" {spent.each(options.requests)}; {spent.cpu / baseline:.0f} × bare"
                )
        print(machine())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size_options(options)
    options.add_argument("--requests", type=int, default=100)
    print(machine())
    asyncio.run(measure(options.parse_args()))


if __name__ == "__main__":
    main()
