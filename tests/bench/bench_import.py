"""How long a large roster takes, file to directory: python tests/bench/bench_import.py [--rows N] [--works N]

Writes an XLSX of made-up people with a seed, then parses, links, compares and saves it on a durable embedded server,
and imports it once more. Prints seconds, CPU of this process and rows a second; beside them the same rows as one bare
multi-row INSERT of their raw cells, the least that saving them can cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from openpyxl import Workbook

from ingestion.records import RosterReading
from ingestion.sources.spreadsheet import read_roster
from service.database.migrate import migrate
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions
from service.directory.reference import load_reference, read_reference
from service.directory.rosters import import_roster

FAMILY = ("Nguyễn",) * 8 + (
    "Trần",
    "Trần",
    "Lê",
    "Lê",
    "Phạm",
    "Huỳnh",
    "Phan",
    "Võ",
    "Đặng",
    "Bùi",
    "Hồ",
    "Danh",
    "Lý",
)
MIDDLE = (
    "Văn",
    "Thị",
    "Hữu",
    "Ngọc",
    "Minh",
    "Thanh",
    "Quốc",
    "Hoàng",
    "Thùy",
    "Kim",
    "Bích",
    "Đức",
    "Xuân",
    "Mỹ",
    "Gia",
)
GIVEN = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Hạnh", "Hoa", "Huy", "Lan", "Linh", "Mai", "Nam", "Sơn", "Yến")
KINDS = ("bài báo", "đề tài", "sách")
HEADER = (
    "STT", "Họ và tên", "Năm sinh", "Giới tính", "Học vị", "Chức vụ", "Đơn vị công tác", "Tỉnh/TP", "Quê quán",
    "Mã lĩnh vực", "Từ khóa", "Email", "Tóm tắt quá trình công tác", "Công trình (tên - năm - loại - cùng với)",
)  # fmt: skip


def write_roster(path: Path, rows: int, works: int) -> None:
    draw = random.Random(7)
    bodies = [row["name_vi"] for row in read_reference("organisations.csv")]
    communes = [
        f"{r['legacy_name']}, {r['legacy_district']}, tỉnh Kiên Giang" for r in read_reference("kien_giang_units.csv")
    ]
    topics = [row["topic_vi"] for row in read_reference("research_field_topics.csv")]
    codes = [row["code"] for row in read_reference("research_fields.csv") if len(row["code"]) == 5]

    def name() -> str:
        middle = [draw.choice(MIDDLE) for _ in range(draw.choice((1, 1, 2, 3)))]
        return " ".join([draw.choice(FAMILY), *middle, draw.choice(GIVEN)])

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Danh sách")
    sheet.append(HEADER)
    for number in range(1, rows + 1):
        body = draw.choice(bodies)
        unit = f"Khoa {draw.choice(topics)[:20]}, {body}" if number % 3 == 0 else body
        titles = [
            f"{draw.choice(topics)[:90].replace(' - ', ' ')} tại {draw.choice(communes).split(',')[0]}"
            f" {draw.randrange(999)} - {draw.randrange(2005, 2026)} - {draw.choice(KINDS)} - cùng {name()}"
            for _ in range(works)
        ]
        sheet.append(
            (
                number,
                name(),
                draw.randrange(1950, 1998),
                draw.choice(("nam", "nữ")),
                draw.choice(("Tiến sĩ", "Thạc sĩ")),
                "Giảng viên",
                unit,
                draw.choice(("An Giang", "Cần Thơ", "TP. Hồ Chí Minh")),
                draw.choice(communes),
                f"{draw.choice(codes)}; 4.1",
                "; ".join(draw.choice(topics)[:40] for _ in range(4)),
                f"nguoi.{number}@example.org",
                ". ".join(draw.choice(topics) for _ in range(8)),
                "\n".join(titles),
            )
        )
    workbook.save(path)


def bare_insert(url: str, reading: RosterReading) -> float:
    """Seconds to save the raw cells of the same rows as JSON, in one statement."""
    cells = [json.dumps(dict(record.raw), ensure_ascii=False) for record in reading.experts]
    started = time.perf_counter()
    with psycopg.connect(url) as connection:
        connection.execute("create temporary table bare (cells jsonb)")
        connection.execute("insert into bare select unnest(%s::jsonb[])", [cells])
    return time.perf_counter() - started


async def measure(url: str, reading: RosterReading) -> None:
    engine = make_engine(url)
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        await load_reference(session)
    for what in ("first import", "the same again"):
        started, cpu = time.perf_counter(), time.process_time()
        report = await import_roster(sessions, reading, sha256="bench", synthetic=True, now=datetime.now(UTC))
        seconds = time.perf_counter() - started
        print(
            f"{what}: {seconds:.1f} s, {time.process_time() - cpu:.1f} s CPU,"
            f" {len(reading.experts) / seconds:.0f} rows/s"
        )
        print(
            f"  {report.created} created, {report.merged} merged, {report.unchanged} unchanged,"
            f" {report.evidence_added} works, {len(report.duplicates)} possible duplicates"
        )
    await engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--works", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trithuc-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the server runs under another account
        path = folder / "danh-sach.xlsx"
        write_roster(path, options.rows, options.works)
        started, cpu = time.perf_counter(), time.process_time()
        reading = read_roster(path)
        print(f"read: {time.perf_counter() - started:.1f} s, {time.process_time() - cpu:.1f} s CPU")
        with EmbeddedServer(folder / "postgresql") as server:
            server.ensure_database("bench")
            url = server.url("bench")
            migrate(url)
            asyncio.run(measure(url, reading))
            print(f"bare insert of the raw cells: {bare_insert(url, reading):.2f} s")


if __name__ == "__main__":
    main()
