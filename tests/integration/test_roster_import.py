"""Rosters into the directory on real PostgreSQL: who is one person, what is recorded, what an interruption leaves."""

from __future__ import annotations

import hashlib
import json
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from ingestion.records import ExpertRecord, RosterReading, SourceLocation, WorkRecord
from ingestion.sources.spreadsheet import read_roster
from service.database.session import make_engine, make_sessions
from service.directory.import_report import ImportReport
from service.directory.reference import load_reference
from service.directory.rosters import import_roster
from service.errors import UnavailableError

ROOT = Path(__file__).parents[2]
ROSTERS = ROOT / "service" / "demo" / "rosters"
SAMPLES = ROOT / "tests" / "data" / "rosters"
UNIVERSITY = ROSTERS / "danh-sach-chuyen-gia-truong-dai-hoc.xlsx"
MEMBERS = ROSTERS / "dang-ky-hoi-thanh-vien-2025.xlsx"
AWAY = ROSTERS / "tri-thuc-xa-que-2025.xlsx"
TRUTH = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    """On a directory that knows the reference data and nobody."""
    engine = make_engine(database_url)
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        await load_reference(session)
    yield sessions
    await engine.dispose()


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def import_file(sessions: Sessions, path: Path, **options: Any) -> ImportReport:
    return await import_roster(sessions, read_roster(path), sha256=checksum(path), synthetic=True, now=NOW, **options)


async def fetch(sessions: Sessions, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    async with sessions() as session:
        return [tuple(row) for row in await session.execute(text(statement), values)]


async def people_by_truth(sessions: Sessions) -> list[list[str]]:
    """For each person in the directory: whom the rows they came from are about, by truth.json."""
    found: dict[Any, set[str]] = defaultdict(set)
    for file, sheet, row, expert in await fetch(
        sessions, "select file_name, sheet, row, expert_id from source_record order by id"
    ):
        found[expert].add(TRUTH[file][sheet][str(row)])
    return sorted(sorted(ids) for ids in found.values())


def counts(report: ImportReport) -> dict[str, int]:
    names = ("created", "merged", "updated", "unchanged", "refused", "skipped")
    return {name: count for name in names if (count := getattr(report, name))}


EVERYBODY = [[f"E{number:03d}"] for number in range(1, 121)]


async def test_three_rosters_make_120_people_each_one_once(sessions: Sessions) -> None:
    reports = [await import_file(sessions, path) for path in (UNIVERSITY, MEMBERS, AWAY)]

    assert [counts(report) for report in reports] == [
        {"created": 42, "skipped": 4},
        {"created": 62, "skipped": 5},
        {"created": 16, "merged": 15},
    ]
    assert await people_by_truth(sessions) == EVERYBODY
    assert await fetch(sessions, "select count(*) from expert where is_synthetic and state = 'unconfirmed'") == [(120,)]
    # True namesakes stay apart, for a person to decide.
    assert await fetch(
        sessions,
        "select a.full_name, b.full_name, reasons from duplicate_pair join expert a on a.id = first_id"
        " join expert b on b.id = second_id order by a.sort_key",
    ) == [
        (name, name, ["same_name", "other_birth_year", "other_email", "other_organisation"])
        for name in ("Trần Quốc Bảo", "Lê Văn Nhuận", "Nguyễn Hữu Trạc")
    ]


@pytest.mark.parametrize("order", [(AWAY, MEMBERS, UNIVERSITY), (MEMBERS, AWAY, UNIVERSITY)])
async def test_the_order_of_files_does_not_matter(sessions: Sessions, order: tuple[Path, ...]) -> None:
    for path in order:
        await import_file(sessions, path)

    assert await people_by_truth(sessions) == EVERYBODY


async def test_joined_people_keep_the_better_spelling_and_gain_what_was_missing(sessions: Sessions) -> None:
    for path in (UNIVERSITY, MEMBERS, AWAY):
        report = await import_file(sessions, path)

    rows = await fetch(
        sessions,
        "select s.row, full_name, aliases, other_emails, hometown_legacy_code, ties, 'vi' = any(languages)"
        " from expert e join source_record s on s.expert_id = e.id"
        " where file_name = 'tri-thuc-xa-que-2025.xlsx' and s.row in (21, 22, 23, 24, 30, 5, 15) order by s.row",
    )
    assert rows == [
        (5, "Le Thi Phuong Uyen", ["Uyen Le Thi Phuong"], [], "30733", ["hometown", "family"], True),
        (15, "Bui Khanh Linh", [], [], "30913", ["hometown", "family"], True),
        (21, "Hứa Gia Kiệt", ["Hứa Gia Kiêt"], [], "30805", ["hometown"], True),
        (22, "Lâm Ngọc Bửu", ["Lam Ngoc Buu"], [], "31033", ["hometown", "project"], True),
        (23, "Cao Thị Mỹ Duyên", [], ["caothimyduyen@mail.example.org"], "30913", ["hometown", "family"], True),
        (24, "Tiêu Hồng Phấn", ["Phấn Tiêu Hồng"], [], "31066", ["hometown"], True),
        (30, "Đàm Quang Vũ", ["Dam Quang Vu", "Vu Dam Quang"], [], "30748", ["hometown"], True),
    ]
    assert [(conflict.location.row, conflict.field) for conflict in report.conflicts] == [
        (21, "full_name"),
        (23, "email"),
        (26, "full_name"),
        (31, "email"),
        (32, "organisation_text"),
    ]
    assert (
        await fetch(
            sessions, "select expert_id, kind, title_fold, count(*) from evidence group by 1, 2, 3 having count(*) > 1"
        )
        == []
    )


async def test_the_same_file_twice_changes_nothing(sessions: Sessions) -> None:
    tables = ("expert", "expert_field", "evidence", "employment", "source_record", "import_run", "duplicate_pair")

    async def everything() -> dict[str, list[tuple[Any, ...]]]:
        return {table: await fetch(sessions, f"select xmin::text, * from {table} order by 2, 3") for table in tables}

    await import_file(sessions, UNIVERSITY)
    before = await everything()
    report = await import_file(sessions, UNIVERSITY)

    assert counts(report) == {"unchanged": 42, "skipped": 4}
    assert await everything() == before
    assert await fetch(sessions, "select count(*) from procrastinate_jobs") == [(1,)]


async def test_the_same_people_in_other_encodings_are_known(sessions: Sessions) -> None:
    await import_file(sessions, MEMBERS)
    names = ("danh-sach.csv", "danh-sach-utf16.csv", "danh-sach-cp1258.csv")
    reports = [await import_file(sessions, SAMPLES / name) for name in names]

    assert [counts(report) for report in reports] == [{"unchanged": 20}] * 3
    assert await fetch(sessions, "select count(*) from expert") == [(62,)]
    assert all(len(ids) == 1 for ids in await people_by_truth(sessions))


async def test_a_dry_run_reports_the_same_and_saves_nothing(sessions: Sessions) -> None:
    await import_file(sessions, UNIVERSITY)
    dry = await import_file(sessions, AWAY, dry_run=True, batch_size=7)

    assert await fetch(sessions, "select count(*) from expert") == [(42,)]
    assert await fetch(sessions, "select count(*) from import_run") == [(1,)]
    assert await fetch(sessions, "select count(*) from procrastinate_jobs") == [(1,)]
    real = await import_file(sessions, AWAY, batch_size=7)
    assert replace(dry, is_dry_run=False) == real


async def test_every_defect_is_reported_and_the_sound_rows_are_saved(sessions: Sessions) -> None:
    report = await import_file(sessions, SAMPLES / "danh-sach-loi.xlsx")

    truth = {int(row): known for row, known in TRUTH["danh-sach-loi.xlsx"]["Danh sách"].items()}
    assert {p.location.row: (p.field, p.kind, str(p.severity)) for p in report.problems} == {
        row: (known["field"], known["kind"], known["expect"]) for row, known in truth.items() if known["kind"]
    }
    assert counts(report) == {"created": 18, "refused": 14, "skipped": 3}
    kept = {row for row, known in truth.items() if known["expect"] in ("accept", "warn")}
    assert {row for (row,) in await fetch(sessions, "select row from source_record")} == kept


# -- what only the directory can know --------------------------------------------------------------------------------
def roster(*people: ExpertRecord, file: str) -> RosterReading:
    placed = tuple(
        replace(person, location=SourceLocation(file=file, sheet="A", row=row)) for row, person in enumerate(people, 2)
    )
    return RosterReading(file=file, encoding=None, sheets=(), experts=placed, problems=())


def someone(name: str, **values: Any) -> ExpertRecord:
    family, *middle, given = name.split()
    return ExpertRecord(
        location=SourceLocation(file="", sheet="", row=0),
        external_id=values.pop("external_id", None),
        full_name=name,
        name_as_written=name,
        family_name=family,
        middle_name=" ".join(middle),
        given_name=given,
        **values,
    )


async def import_people(sessions: Sessions, *people: ExpertRecord, file: str, version: int = 1) -> ImportReport:
    reading = roster(*people, file=file)
    return await import_roster(sessions, reading, sha256=f"{file} {version}", synthetic=True, now=NOW)


async def test_code_email_and_orcid_of_someone_else_in_the_directory(sessions: Sessions) -> None:
    orcid = "0000-0002-1825-0097"
    await import_people(
        sessions, someone("Nguyễn Thị Hoa", external_id="CG-1", email="hoa@example.org", orcid=orcid), file="mot.xlsx"
    )
    report = await import_people(
        sessions,
        someone("Trần Văn Bình", external_id="CG-1"),  # another office counts from one too
        someone("Lê Văn Trùng", email="hoa@example.org"),
        someone("Đỗ Thị Mai", orcid=orcid),
        file="hai.xlsx",
    )

    assert [(p.location.row, p.field, p.kind, str(p.severity)) for p in report.problems] == [
        (2, "id", "same_as_other_person", "warn"),
        (3, "email", "same_as_other_person", "warn"),
        (4, "orcid", "same_as_other_person", "warn"),
    ]
    assert counts(report) == {"created": 3}
    assert await fetch(sessions, "select full_name, external_id, email, orcid from expert order by sort_key") == [
        ("Trần Văn Bình", None, None, None),
        ("Nguyễn Thị Hoa", "CG-1", "hoa@example.org", orcid),
        ("Đỗ Thị Mai", None, None, None),
        ("Lê Văn Trùng", None, "hoa@example.org", None),
    ]


async def test_a_revised_roster_updates_what_was_empty_and_records_how_to_undo_it(sessions: Sessions) -> None:
    work = WorkRecord(title="Nuôi cá lồng bè ven đảo Nam Du", year=2020, kind_text="bài báo")
    hoa = someone("Nguyễn Thị Hoa", birth_year=1975, degree="ThS", organisation_text="Trường Đại học Cần Thơ")
    await import_people(sessions, hoa, file="mot.xlsx")
    revised = replace(hoa, degree="TS", email="hoa@example.org", works=(work,))
    report = await import_people(sessions, revised, file="mot.xlsx", version=2)

    assert counts(report) == {"updated": 1}
    assert [(c.field, c.kept, c.other) for c in report.conflicts] == [("degree", "ThS", "TS")]
    [(version, degree, email)] = await fetch(sessions, "select version, degree, email from expert")
    assert (version, degree, email) == (2, "ThS", "hoa@example.org")
    [(evidence_id,)] = await fetch(sessions, "select id from evidence")
    assert await fetch(sessions, "select action, before from source_record order by id") == [
        ("created", {"created": True}),
        (
            "updated",
            {
                "columns": {"email": None},
                "fields": [],
                "evidence": [str(evidence_id)],
                "completed": {},
                "employments": [],
            },
        ),
    ]
    [(source,)] = await fetch(sessions, "select id from source_record where action = 'updated'")
    assert await fetch(sessions, "select source_record_id from evidence") == [(source,)]


async def test_works_told_again_are_completed(sessions: Sessions) -> None:
    bare = tuple(WorkRecord(title=f"Nuôi cá lồng bè ven đảo số {n}", kind_text="bài báo") for n in range(3))
    full = (replace(bare[0], year=2020), replace(bare[1], coauthors=("Lê Bình",), abstract="Tóm tắt"), bare[2])
    hoa = someone("Nguyễn Thị Hoa", birth_year=1975, works=bare)
    await import_people(sessions, hoa, file="mot.xlsx")
    await import_people(sessions, replace(hoa, works=full), file="hai.xlsx")

    assert await fetch(sessions, "select year, coauthors, text from evidence order by ordinal") == [
        (2020, [], None),
        (None, ["Lê Bình"], "Tóm tắt"),
        (None, [], None),
    ]
    [before] = [
        list(row[0]["completed"].values())
        for row in await fetch(sessions, "select before from source_record where action = 'updated'")
    ]
    assert before == [{"year": None}, {"text": None, "coauthors": []}]


async def test_namesakes_within_one_file_are_told_apart(sessions: Sessions) -> None:
    await import_people(
        sessions,
        someone("Nguyễn Thị Hoa", birth_year=1975),
        someone("Nguyễn Thị Hoa", birth_year=1981),
        someone("Nguyen Thi Hoa", birth_year=1981, phone="0900000001"),
        file="mot.xlsx",
    )

    assert await fetch(sessions, "select birth_year, phone from expert order by birth_year") == [
        (1975, None),
        (1981, "0900000001"),
    ]


async def test_rows_that_say_no_more_than_a_name_stay_apart_though_they_are_equal(sessions: Sessions) -> None:
    an = someone("Nguyễn Văn An", keywords=("nông nghiệp",))
    await import_people(sessions, an, file="hoi-lam-vuon.xlsx")
    report = await import_people(sessions, an, file="hoi-thuy-san.xlsx")

    assert counts(report) == {"created": 1}
    assert [(pair.full_name, pair.other_name) for pair in report.duplicates] == [("Nguyễn Văn An", "Nguyễn Văn An")]
    assert counts(await import_people(sessions, an, file="hoi-thuy-san.xlsx")) == {"unchanged": 1}


async def test_two_namesakes_of_one_department_in_one_list_stay_apart(sessions: Sessions) -> None:
    unit = "Sở Nông nghiệp và Môi trường tỉnh An Giang"
    head = someone("Nguyễn Văn Hùng", organisation_text=unit, position="Trưởng phòng")
    officer = someone("Nguyễn Văn Hùng", organisation_text=unit, position="Chuyên viên")
    first = await import_people(sessions, head, officer, file="so.xlsx")
    revised = await import_people(sessions, replace(head, phone="0900000001"), officer, file="so.xlsx", version=2)

    assert (counts(first), len(first.duplicates)) == ({"created": 2}, 1)
    assert counts(revised) == {"updated": 1, "unchanged": 1}
    assert await fetch(sessions, "select position, phone from expert order by position") == [
        ("Chuyên viên", None),
        ("Trưởng phòng", "0900000001"),
    ]


async def test_the_code_of_another_office_does_not_join_namesakes(sessions: Sessions) -> None:
    await import_people(
        sessions, someone("Nguyễn Văn An", external_id="1", organisation_text="Sở Y tế tỉnh An Giang"), file="mot.xlsx"
    )
    other = someone("Nguyễn Văn An", external_id="1", organisation_text="Trường Đại học Kiên Giang")
    report = await import_people(sessions, other, file="hai.xlsx")

    assert (counts(report), len(report.duplicates)) == ({"created": 1}, 1)
    assert await fetch(sessions, "select external_id from expert order by id") == [("1",), (None,)]


# -- interruptions ---------------------------------------------------------------------------------------------------
_KILLED = """
import asyncio, hashlib, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from ingestion.sources.spreadsheet import read_roster
from service.database.session import make_engine, make_sessions
from service.directory.rosters import import_roster

url, path = sys.argv[1], Path(sys.argv[2])

def after_two_batches(done, total):
    if done == 20:
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(import_roster(
    make_sessions(make_engine(url)), read_roster(path), sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    synthetic=True, now=datetime.now(UTC), on_progress=after_two_batches, batch_size=10,
))
"""


async def test_an_import_that_was_killed_goes_on_where_it_stopped(sessions: Sessions, database_url: str) -> None:
    killed = await anyio.run_process([sys.executable, "-c", _KILLED, database_url, str(MEMBERS)], cwd=ROOT, check=False)

    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert await fetch(sessions, "select count(*) from expert") == [(20,)]
    assert await fetch(sessions, "select finished_at from import_run") == [(None,)]

    report = await import_file(sessions, MEMBERS, batch_size=10)

    assert counts(report) == {"created": 42, "unchanged": 20, "skipped": 5}
    assert await fetch(sessions, "select count(*), count(finished_at) from import_run") == [(1, 1)]
    assert [ids for ids in await people_by_truth(sessions) if len(ids) > 1] == []
    assert await fetch(sessions, "select count(*) from expert") == [(62,)]
    indexed = [
        expert_id
        for (args,) in await fetch(sessions, "select args from procrastinate_jobs where task_name = 'index_experts'")
        for expert_id in args["expert_ids"]
    ]
    assert sorted(indexed) == [str(id_) for (id_,) in await fetch(sessions, "select id from expert order by id")]


async def test_a_database_that_goes_away_is_said_and_nothing_is_lost(sessions: Sessions, database_url: str) -> None:
    name = database_url.split("?")[0].rsplit("/", 1)[1]
    maintenance = database_url.replace(f"/{name}?", "/postgres?")

    def allow_connections(allowed: bool) -> None:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            statement = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
            connection.execute(statement.format(sql.Identifier(name), sql.SQL(str(allowed))))
            if not allowed:
                connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])

    def cut_after_30(done: int, total: int) -> None:
        if done == 30:
            allow_connections(False)

    with pytest.raises(UnavailableError) as cut:
        await import_file(sessions, MEMBERS, batch_size=10, on_progress=cut_after_30)
    allow_connections(True)

    assert (cut.value.details["saved"], cut.value.details["total"]) == (30, 62)
    assert "30 of 62 rows are saved" in str(cut.value)
    assert await fetch(sessions, "select count(*) from expert") == [(30,)]
    assert counts(await import_file(sessions, MEMBERS)) == {"created": 32, "unchanged": 30, "skipped": 5}
    assert await fetch(sessions, "select count(*) from expert") == [(62,)]


async def test_two_imports_at_once_do_not_make_one_person_twice(sessions: Sessions) -> None:
    async with anyio.create_task_group() as group:
        for path in (UNIVERSITY, MEMBERS, AWAY):
            group.start_soon(partial(import_file, sessions, path, batch_size=5))

    assert await people_by_truth(sessions) == EVERYBODY
