"""Databases for the journeys of the command line, and the commands as real processes on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.database.server import EmbeddedServer

ROOT = Path(__file__).parents[2]
TRITHUC = [sys.executable, "-m", "service.cli"]
DRAFTS, ROSTERS = ROOT / "tests" / "data" / "drafts", ROOT / "tests" / "data" / "rosters"
DEMO = ROOT / "service" / "demo"
DEMO_ROSTERS = tuple(sorted((DEMO / "rosters").glob("*.xlsx")))

Answer = subprocess.CompletedProcess[str]


class Site:
    """One database, and commands on it. People are Vietnamese unless they say --lang en."""

    def __init__(self, database_url: str, *, embedder: str = "none") -> None:
        self.database_url = database_url
        self.embedder = embedder

    def run(self, *arguments: str | Path) -> Answer:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRITHUC_")}
        environ = kept | {"TRITHUC_DATABASE_URL": self.database_url, "TRITHUC_EMBEDDER": self.embedder}
        return subprocess.run(
            [*TRITHUC, *map(str, arguments)], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )

    def run_all(self, *commands: tuple[str | Path, ...]) -> list[Answer]:
        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(lambda command: self.run(*command), commands))

    def match(self, *arguments: str | Path) -> dict[str, Any]:
        answer = self.run("match", *arguments, "--json")
        assert (answer.returncode, answer.stderr) == (0, "")
        report: dict[str, Any] = json.loads(answer.stdout)
        return report

    def counts(self) -> dict[str, int]:
        """Table → rows, of all tables that hold any."""
        with psycopg.connect(self.database_url) as connection:
            tables = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                "WHERE schemaname IN ('public', 'search') ORDER BY 1"
            ).fetchall()
            found = {}
            for (table,) in tables:
                row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[call-overload]
                if row and row[0]:
                    found[table] = row[0]
        return found


def copy_of(server: EmbeddedServer, template: str, name: str) -> Site:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # type: ignore[call-overload]
    return Site(server.url(name))


@pytest.fixture(scope="session")
def empty(server: EmbeddedServer, template_database: str) -> Site:
    """Nobody is in the directory. Only for commands that save nothing."""
    site = copy_of(server, template_database, "commands_empty")
    answer = site.run("migrate")  # the first command on a database loads the reference data
    assert answer.returncode == 0, answer.stderr
    return site


@pytest.fixture(scope="session")
def directory(server: EmbeddedServer, template_database: str) -> Site:
    """The 120 people of the demo's rosters."""
    site = copy_of(server, template_database, "commands_site")
    answer = site.run("import", "--synthetic", *DEMO_ROSTERS)
    assert (answer.returncode, answer.stderr) == (0, "")
    return site


@pytest.fixture(scope="session")
def small(server: EmbeddedServer, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Four people of one body."""
    site = copy_of(server, template_database, "commands_small")
    roster = tmp_path_factory.mktemp("small") / "bon-nguoi.csv"
    rows = [
        f"Nguyễn Thị {name},TS,Sở Y tế tỉnh An Giang,nuôi biển; nuôi cá lồng bè" for name in ("An", "Bảy", "Cúc", "Dần")
    ]
    roster.write_text("\n".join(["Họ và tên,Học vị,Đơn vị,Từ khóa", *rows]), encoding="utf-8")
    assert site.run("import", roster).returncode == 0
    return site


@pytest.fixture
def one_sentence(tmp_path: Path) -> Path:
    path = tmp_path / "mot-cau.txt"
    path.write_text("Đề nghị phát triển nuôi cá lồng bè trên biển theo hướng bền vững.\n", encoding="utf-8")
    return path


def said(answer: Answer) -> tuple[int, str, str]:
    return answer.returncode, answer.stdout, answer.stderr
