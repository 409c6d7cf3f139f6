"""A directory of made-up people, drawn with a seed, in the real tables and in the real index.

Nobody is copied from anywhere: names, employers, works and biographies are put together from the word lists of the
product. Subjects are shared unevenly (a few are popular, most are rare) and a person's works stay near two or three of
them. Vectors are drawn, not embedded: texts that share words lie near each other, and all of them lie in the narrow
cone that e5 vectors lie in, so that searching meets the same shape of data and embedding costs next to nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from measuring import spending

from search.embedding.cache import Embeddings
from search.embedding.embedder import Vectors
from search.vietnamese import fold, syllables
from service.database.migrate import migrate
from service.database.models.base import uuid7
from service.database.server import EmbeddedServer
from service.database.session import make_engine, make_sessions
from service.directory.names import sort_key
from service.directory.rebuilding import rebuild_index
from service.directory.reference import load_reference, read_reference
from service.matching.affinity.v1 import constants
from service.runtime import Runtime, open_runtime
from service.settings import Settings

DEFAULT_STATE = Path(tempfile.gettempdir()) / "trithuc-bench"
FAMILY = ("Nguyễn",) * 8 + ("Trần", "Trần", "Lê", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Danh", "Lâm")
MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Quốc", "Hoàng", "Thùy", "Kim", "Bích", "Đức", "Xuân", "Mỹ")
GIVEN = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Hạnh", "Hoa", "Huy", "Lan", "Linh", "Mai", "Nam", "Sơn", "Yến")
WORKS_VI = (
    "Nghiên cứu {s} tại {p}",
    "Đánh giá hiện trạng {s} và đề xuất giải pháp cho {p}",
    "Ứng dụng {s} trong điều kiện của {p}",
    "Xây dựng mô hình {s} gắn với {t} ở {p}",
    "Các yếu tố ảnh hưởng đến {s}: trường hợp {p}",
)
WORKS_EN = ("A study of {s} in {p}", "Assessing {s} and {t} in {p}", "Towards better {s}: evidence from {p}")
SENTENCES = (
    "Phụ trách nhóm nghiên cứu về {s} tại {p} và hướng dẫn học viên cao học.",
    "Tham gia soạn thảo quy trình kỹ thuật {s} cho các đơn vị ở {p}.",
    "Từng tư vấn về {s}, nhất là {t}, cho nhiều địa phương.",
    "Chủ nhiệm ba đề tài cấp tỉnh về {s}, đã nghiệm thu loại khá.",
)
KINDS = ("publication", "publication", "project", "consultancy", "initiative")
DIMENSIONS = 384
_EMPLOYERS = ("university", "university", "research_institute", "state_agency", "enterprise")
_CONFIRMED = (None, *(datetime(2024 + n // 12, 1 + n % 12, 15, tzinfo=UTC) for n in range(22)))


class DrawnEmbedder:
    """An Embedder whose vectors are drawn from hashed pairs of syllables, around the common direction of e5."""

    embedder_id = "drawn-1"
    dimensions = DIMENSIONS
    _WORDS = 1 << 14

    def __init__(self) -> None:
        dice = np.random.default_rng(0)
        self._directions = dice.standard_normal((self._WORDS, DIMENSIONS)).astype(np.float32)
        common = constants().mean
        self._common = common / np.linalg.norm(common)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts)

    def close(self) -> None:
        """Holds nothing open."""

    def _embed(self, texts: Sequence[str]) -> Vectors:
        own = np.zeros((len(texts), DIMENSIONS), np.float32)
        for place, text in enumerate(texts):
            words = syllables(text) or ["-"]
            pairs = [*words, *(f"{a} {b}" for a, b in pairwise(words))]
            own[place] = self._directions[[zlib.crc32(pair.encode()) % self._WORDS for pair in pairs]].sum(axis=0)
        own /= np.linalg.norm(own, axis=1, keepdims=True)
        vectors: Vectors = 0.92 * self._common + 0.39 * own
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is drawn: works and sentences of biography are for each person."""

    experts: int
    works: int = 10
    sentences: int = 3
    seed: int = 0

    @property
    def database(self) -> str:
        return f"bench_{self.experts}_{self.works}_{self.sentences}_{self.seed}"


@dataclass(frozen=True, slots=True)
class _Subject:
    vi: tuple[str, ...]
    en: tuple[str, ...]
    codes: tuple[str, ...]


class Drawer:
    """Draws people one after the other; equal seeds draw equal people (but for the ids)."""

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        self._bodies = [row["name_vi"] for row in read_reference("organisations.csv")]
        self._places = [row["legacy_name"] for row in read_reference("kien_giang_units.csv") if row["legacy_name"]]
        self._units = sorted({row["new_code"] for row in read_reference("kien_giang_units.csv")})
        self._provinces = [row["new_name"] for row in read_reference("provinces.csv")]
        self._subjects = _subjects()
        popularity = 1.0 / np.arange(1, len(self._subjects) + 1) ** 0.7
        self._popularity = popularity / popularity.sum()

    def one(self, choices: Sequence[Any]) -> Any:
        return choices[int(self._dice.integers(len(choices)))]

    def person(self, size: Size) -> dict[str, Any]:
        """Columns of `expert` by name, and `works`, `codes`."""
        family, given = self.one(FAMILY), self.one(GIVEN)
        middle = " ".join(self.one(MIDDLE) for _ in range(int(self._dice.integers(1, 4))))
        own = [self._subjects[n] for n in self._dice.choice(len(self._subjects), 3, p=self._popularity)]
        english = self._dice.random() < 0.1
        abroad = self._dice.random() < 0.08
        degree = self.one(("TS", "TS", "TS", "ThS", "ThS", "CN", None))
        codes = list(dict.fromkeys(code for subject in own[:2] for code in subject.codes))[:3]
        full_name = f"{family} {middle} {given}"
        return {
            "id": uuid7(),
            "full_name": full_name,
            "family_name": family,
            "middle_name": middle,
            "given_name": given,
            "name_fold": fold(full_name),
            "sort_key": sort_key(family, middle, given),
            "gender": self.one(("male", "female")),
            "birth_year": int(self._dice.integers(1950, 1998)),
            "degree": degree,
            "academic_rank": self.one(("PGS", None, None, None, "GS" if self._dice.random() < 0.2 else None))
            if degree == "TS"
            else None,
            "position": self.one(("Giảng viên", "Nghiên cứu viên", "Trưởng phòng", "Chuyên viên", "Phó giám đốc")),
            "organisation_text": self.one(self._bodies),
            "organisation_kind": self.one(
                ("university", "university", "research_institute", "state_agency", "enterprise")
            ),
            "country": self.one(("AU", "US", "JP", "FR")) if abroad else "VN",
            "province": None if abroad else self.one(self._provinces),
            "hometown_text": f"{self.one(self._places)}, tỉnh Kiên Giang",
            "languages": ["vi", "en"] if self._dice.random() < 0.6 else ["vi"],
            "keywords": [self.one(subject.vi) for subject in own for _ in range(2)],
            "biography": " ".join(self._line(self.one(SENTENCES), own, False) for _ in range(size.sentences)),
            "is_available": bool(self._dice.random() < 0.95),
            "open_reviews": int(self._dice.integers(0, 4)),
            "residence_new_code": None if abroad or self._dice.random() < 0.7 else self.one(self._units),
            "residence_precision": "commune",
            "ties": self.one((["hometown"], ["hometown", "family"], ["studied"], ["worked"], [])),
            "task_kinds": self.one((["review"], ["review", "appraisal"], ["consultancy", "lecture"], [])),
            "state": self.one(("unconfirmed", "unconfirmed", "public", "pending", "draft")),
            "confirmed_at": self.one(_CONFIRMED),
            "works": [self._work(own, english) for _ in range(size.works)],
            "codes": codes,
        }

    def _work(self, own: Sequence[_Subject], english: bool) -> dict[str, Any]:
        title = self._line(self.one(WORKS_EN if english else WORKS_VI), own, english)
        return {
            "kind": self.one(KINDS),
            "title": f"{title} ({int(self._dice.integers(1, 10_000))})",
            "year": int(self._dice.integers(2004, 2026)),
            "coauthors": [
                f"{self.one(FAMILY)} {self.one(MIDDLE)} {self.one(MIDDLE)} {self.one(GIVEN)}"
                for _ in range(int(self._dice.integers(0, 4)))
            ],
        }

    def _line(self, pattern: str, own: Sequence[_Subject], english: bool) -> str:
        first, second = own[0 if self._dice.random() < 0.6 else 1], self.one(own)
        s, t = (self.one((subject.en if english else subject.vi) or subject.vi) for subject in (first, second))
        return pattern.format(s=s, t=t, p=self.one(self._places))


def _subjects() -> list[_Subject]:
    """The product's own subjects first (they are the popular ones), then the lines of the field list."""
    codes = {
        row["name_vi"]: tuple(code.strip() for code in row["codes"].split(";") if code.strip())
        for row in read_reference("subjects.csv")
    }
    subjects: dict[str, _Subject] = {}
    for row in read_reference("subject_terms.csv"):
        known = subjects.get(row["subject_vi"], _Subject((), (), codes.get(row["subject_vi"], ())))
        vi, en = (tuple(t.strip() for t in row[key].split(";") if t.strip()) for key in ("terms_vi", "terms_en"))
        subjects[row["subject_vi"]] = _Subject(known.vi + vi, known.en + en, known.codes)
    lines = [
        _Subject((row["topic_vi"].split(";")[0].strip().lower(),), (), (row["code"],))
        for row in read_reference("research_field_topics.csv")
    ]
    return [subject for subject in subjects.values() if subject.vi] + lines


EXPERT = (
    "id", "full_name", "family_name", "middle_name", "given_name", "name_fold", "sort_key", "gender", "birth_year",
    "degree", "academic_rank", "position", "organisation_text", "organisation_kind", "country", "province",
    "hometown_text", "languages", "keywords", "biography", "is_available", "open_reviews", "residence_new_code",
    "residence_precision", "ties", "task_kinds", "state", "confirmed_at",
)  # fmt: skip
_EMPTY_LISTS = ("aliases", "other_titles", "honours", "months_in_vietnam", "other_emails", "awards")
_FIXED: dict[str, object] = {
    **{name: [] for name in _EMPTY_LISTS},
    "version": 1, "capacity": 3, "visibility": json.dumps({}), "is_synthetic": True,
}  # fmt: skip


def fill_tables(url: str, size: Size) -> None:
    """Draw the people and COPY them into the tables of the directory."""
    drawer = Drawer(size.seed)
    with psycopg.connect(url) as connection:
        done = 0
        while done < size.experts:
            people = [drawer.person(size) for _ in range(min(5_000, size.experts - done))]
            _copy(
                connection,
                "expert",
                (*EXPERT, *_FIXED),
                ((*(person[name] for name in EXPERT), *_FIXED.values()) for person in people),
            )
            _copy(
                connection,
                "expert_field",
                ("expert_id", "edition", "code", "is_main", "ordinal"),
                ((p["id"], "qd12-2008", code, n == 0, n) for p in people for n, code in enumerate(p["codes"])),
            )
            _copy(
                connection,
                "employment",
                ("id", "expert_id", "ordinal", "organisation_text", "is_current"),
                ((uuid7(), p["id"], 0, p["organisation_text"], True) for p in people),
            )
            _copy(
                connection,
                "evidence",
                ("id", "expert_id", "ordinal", "kind", "title", "title_fold", "year", "coauthors"),
                (
                    (uuid7(), p["id"], n, w["kind"], w["title"], fold(w["title"]), w["year"], w["coauthors"])
                    for p in people
                    for n, w in enumerate(p["works"])
                ),
            )
            done += len(people)
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze")


def _copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterator[Sequence[object]]
) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy,  # type: ignore[arg-type]
    ):
        for row in rows:
            copy.write_row(row)


async def fill_index(runtime: Runtime) -> None:
    await rebuild_index(runtime.sessions, runtime.backend, runtime.embeddings)


def bench_settings(state: Path, url: str) -> Settings:
    return Settings(var=state, database_url=url, embedder="none", locale="vi", host="127.0.0.1", port=8799)


@asynccontextmanager
async def bench_runtime(state: Path, url: str) -> AsyncIterator[Runtime]:
    """The parts of a running service, with drawn vectors in the place of the embedder."""
    async with open_runtime(bench_settings(state, url)) as runtime:
        yield replace(runtime, embeddings=Embeddings(DrawnEmbedder(), runtime.pool))


def made_database(server: EmbeddedServer, state: Path, size: Size) -> str:
    """The address of a database that holds such a directory and its index; made now unless it is there."""
    url = server.url(size.database)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [size.database]).fetchone():
            return url
    partial = f"{size.database}_partial"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'drop database if exists "{partial}" with (force)')  # type: ignore[arg-type]
    server.ensure_database(partial)
    migrate(server.url(partial))

    async def reference() -> None:
        engine = make_engine(server.url(partial))
        async with make_sessions(engine).begin() as session:
            await load_reference(session)
        await engine.dispose()

    asyncio.run(reference())
    with spending(server) as tables:
        fill_tables(server.url(partial), size)

    async def index() -> None:
        async with bench_runtime(state, server.url(partial)) as runtime:
            await fill_index(runtime)

    with spending(server) as indexed:
        asyncio.run(index())
    with psycopg.connect(server.url(partial), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("create schema if not exists bench")
        connection.execute("create table bench.made (seconds float8, cpu float8, database_cpu float8)")
        cost = [indexed.seconds, indexed.cpu, indexed.database_cpu]
        connection.execute("insert into bench.made values (%s, %s, %s)", cost)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'alter database "{partial}" rename to "{size.database}"')  # type: ignore[arg-type]
    print(f"made {size.experts} experts with {size.works} works each: tables {tables}; index {indexed}")
    return url


def size_options(parser: argparse.ArgumentParser, *, experts: int = 10_000, works: int = 10) -> None:
    parser.add_argument("--experts", type=int, default=experts)
    parser.add_argument("--works", type=int, default=works)
    parser.add_argument("--sentences", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="kept between runs; remove it when done")


@asynccontextmanager
async def made_runtime(options: argparse.Namespace) -> AsyncIterator[tuple[Runtime, EmbeddedServer, Size]]:
    """What `size_options` asked for, running."""
    size = Size(experts=options.experts, works=options.works, sentences=options.sentences, seed=options.seed)
    with EmbeddedServer(options.state / "postgresql") as server:
        url = await asyncio.to_thread(made_database, server, options.state, size)
        async with bench_runtime(options.state, url) as runtime:
            if await runtime.backend.count() != size.experts:  # the index of an older layout is empty
                await fill_index(runtime)
            yield runtime, server, size


def some_ids(url: str, count: int) -> list[UUID]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("select id from expert order by id limit %s", [count])]
