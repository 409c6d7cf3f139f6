"""`trithuc evaluate` on small collections: what it writes, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.commands.evaluate import run_evaluate
from service.errors import BadInputError, ServiceError
from service.i18n import current_locale
from service.settings import Settings

AS_OF = date(2025, 11, 1)
EXPERTS: list[dict[str, Any]] = [
    {
        "id": "a",
        "name": "Trần Thị Lụa",
        "organisation": "Viện Hải sản",
        "works": [{"title": "Hệ thống neo của lồng bè nuôi biển", "year": 2023, "kind": "bài báo"}],
    },
    {
        "id": "b",
        "name": "Lê Văn Tám",
        "organisation": "Sở Nông nghiệp và Môi trường tỉnh An Giang",
        "works": [{"title": "Quản lý vùng nuôi lồng bè", "year": 2022, "kind": "đề tài"}],
    },
    {
        "id": "c",
        "name": "Minh Tran",
        "country": "Australia",
        "works": [
            {"title": "Net pens in waves", "abstract": "Moorings of sea cages at exposed sites fail.", "year": 2021}
        ],
    },
    {"id": "d", "name": "Phạm Hoa", "biography": "Giảng dạy đại số và giải tích tại trường trung học."},
]
DRAFTS: list[dict[str, Any]] = [
    {
        "id": "D1",
        "title": "Đề án phát triển nuôi biển",
        "requesting_agency": "Sở Nông nghiệp và Môi trường tỉnh An Giang",
        "body": "Chuyển lồng gỗ sang lồng tròn; thiết kế hệ thống neo cho lồng bè nuôi biển.",
    }
]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    before = current_locale.set("en")
    yield
    current_locale.reset(before)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        var=tmp_path / "var", database_url=database_url, embedder="none", locale="en", host="127.0.0.1", port=8765
    )


def collection(folder: Path, **files: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in {"experts": EXPERTS, "drafts": DRAFTS, **files}.items():
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder


def evaluate(settings: Settings, folder: Path, out: Path) -> dict[str, Any]:
    run_evaluate(
        settings,
        folder,
        out=out / "run.json",
        scores=out / "scores.json",
        queries_out=out / "queries.json",
        scoring=None,
        as_of=AS_OF,
    )
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*.json")}


def schemas(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select nspname from pg_namespace where nspname like 'evaluate%'").fetchall()
    return [row[0] for row in rows]


def test_rankings_scores_and_searches_are_written_and_nothing_is_left_behind(
    settings: Settings, database_url: str, tmp_path: Path
) -> None:
    queries = [{"id": "Q1", "query": "tran thi lua"}, {"id": "Q2", "query": "đại số"}]
    out = tmp_path / "out"
    out.mkdir()

    written = evaluate(settings, collection(tmp_path / "set", queries=queries), out)

    assert set(written["run"]["D1"]["ranking"]) == {"a", "c", "d"}  # b works for the agency that asks
    assert written["run"]["D1"]["ranking"][0] == "a"
    assert "b" not in written["run"]["D1"]["panel"]
    assert set(written["scores"]["D1"]) == {"a", "b", "c", "d"}
    assert [written["queries"][name][0] for name in ("Q1", "Q2")] == ["a", "d"]
    assert schemas(database_url) == []


def test_judgements_are_printed_where_there_are_any(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    qrels = {
        "D1": {
            "grades": {"a": 3, "b": 3, "c": 2, "d": 0},
            "aspects": {"a": ["neo"], "c": ["neo"]},
            "conflicts": [{"expert_id": "b", "type": "same_org"}],
        }
    }
    drafts = [{**DRAFTS[0], "required_aspects": ["neo"]}]
    out = tmp_path / "out"
    out.mkdir()

    evaluate(settings, collection(tmp_path / "set", qrels=qrels, drafts=drafts), out)

    assert capsys.readouterr().out.splitlines() == [
        "1 judged drafts",
        "  nDCG@10 1.000   recall@20 1.000   MRR 1.000   coverage of the council of 7: 1.000",
        "  conflicts let through: 0 in rankings, 0 in councils; barred wrongly: 0",
    ]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"experts": "{"}, "experts.json is not valid JSON: line 1"),
        ({"experts": {}}, "experts.json: must be a list of records"),
        ({"experts": [{"name": "A"}]}, "experts.json, record 1: has no id"),
        ({"experts": [EXPERTS[0], EXPERTS[0]]}, "experts.json, record 2: has an id that another record has too"),
        ({"experts": [{"id": "a", "name": "A", "works": 3}]}, "experts.json, record 1: has something else than a list"),
        ({"drafts": [{"id": "D1"}]}, "drafts.json, record 1: has neither title nor body"),
    ],
)
def test_a_collection_that_cannot_be_read_is_refused_by_file_and_record(
    settings: Settings, tmp_path: Path, files: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        evaluate(settings, collection(tmp_path / "set", **files), tmp_path)

    assert told in str(refused.value)


def test_a_folder_without_a_collection_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refused:
        evaluate(settings, tmp_path / "nothing", tmp_path)

    assert "There is no file" in str(refused.value)


def test_an_unknown_scoring_version_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refused:
        run_evaluate(
            settings,
            collection(tmp_path / "set"),
            out=None,
            scores=None,
            queries_out=None,
            scoring="v0",
            as_of=AS_OF,
        )

    assert "v0" in str(refused.value)


def test_the_temporary_index_is_removed_after_a_failure(settings: Settings, database_url: str, tmp_path: Path) -> None:
    """The server drops every connection but ours as soon as the index is there."""
    stop = threading.Event()
    ended: list[str] = []

    def end_connections() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not stop.is_set():
                if found := schemas(database_url):
                    ended.extend(found)
                    connection.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where datname = current_database() and pid <> pg_backend_pid()"
                    )
                    return
                time.sleep(0.002)

    saboteur = threading.Thread(target=end_connections)
    saboteur.start()
    queries = [{"id": f"Q{n}", "query": "lồng bè nuôi biển"} for n in range(200)]
    try:
        with suppress(ServiceError, psycopg.Error):
            evaluate(settings, collection(tmp_path / "set", queries=queries), tmp_path)
    finally:
        stop.set()
        saboteur.join()

    assert len(ended) == 1
    assert schemas(database_url) == []
