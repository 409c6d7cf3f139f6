"""A judged collection on disk: experts.json, drafts.json, queries.json when there, qrels.json for the scorer alone.

Only what a directory or a request would know reaches the matcher: `read_collection` never opens qrels.json and drops
`required_aspects`; `read_judgements` is called after everything has been ranked.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from ingestion.cleaning.degrees import parse_titles
from ingestion.cleaning.names import parse_name
from ingestion.drafts.blocks import Extract
from ingestion.drafts.plain_text import text_blocks
from ingestion.drafts.records import DraftReading
from ingestion.drafts.structure import structure
from search.documents import ExpertDocument
from service.directory.chunks import WorkText, evidence_chunks
from service.directory.countries import country_code, country_name
from service.directory.fields import load_field_list
from service.directory.names import sort_key
from service.errors import BadInputError
from service.i18n import N_, gettext
from service.matching.candidates import Candidate, CaseParties, Drafter, EmploymentSpell, Work

MOST_EXPERTS, MOST_ITEMS = 2_000, 50_000
_BROKEN = re.compile("[\0\ud800-\udfff]")  # what JSON can spell and neither UTF-8 nor the database can hold
_GENDERS = {
    "nam": "male",
    "nữ": "female",
    "nu": "female",
    "male": "male",
    "female": "female",
    "m": "male",
    "f": "female",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionDraft:
    id: str
    reading: DraftReading
    parties: CaseParties
    deadline: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """`expert_ids[i]` is the collection's name for `candidates[i]` and `documents[i]`."""

    expert_ids: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    documents: tuple[ExpertDocument, ...]
    drafts: tuple[CollectionDraft, ...]
    queries: Mapping[str, str]

    @property
    def ids(self) -> dict[UUID, str]:
        return {candidate.id: name for candidate, name in zip(self.candidates, self.expert_ids, strict=True)}


def read_collection(folder: Path) -> Collection:
    """Raises BadInputError naming the file and the record; keys that are missing are as good as empty."""
    experts_file, drafts_file = folder / "experts.json", folder / "drafts.json"
    experts = [_Record(experts_file, n, value) for n, value in enumerate(_list(experts_file))]
    drafts = [_Record(drafts_file, n, value) for n, value in enumerate(_list(drafts_file))]
    queries_file = folder / "queries.json"
    queries = (
        [_Record(queries_file, n, value) for n, value in enumerate(_list(queries_file))]
        if queries_file.is_file()
        else []
    )
    _refuse_repeats(experts)
    _refuse_repeats(drafts)
    _refuse_repeats(queries)
    people = [_person(record, UUID(int=n + 1)) for n, record in enumerate(experts)]
    items = sum(len(document.chunks) for _, document in people)
    if len(people) > MOST_EXPERTS or items > MOST_ITEMS:
        raise BadInputError(
            N_("%(file)s holds %(experts)s experts with %(items)s texts; at most %(most)s and %(most_items)s fit."),
            file=str(experts_file),
            experts=len(people),
            items=items,
            most=MOST_EXPERTS,
            most_items=MOST_ITEMS,
        )
    return Collection(
        expert_ids=tuple(record.id for record in experts),
        candidates=tuple(candidate for candidate, _ in people),
        documents=tuple(document for _, document in people),
        drafts=tuple(_draft(record) for record in drafts),
        queries={record.id: record.text("query") for record in queries},
    )


def read_judgements(folder: Path) -> tuple[dict[str, Any] | None, list[dict[str, Any]], list[dict[str, Any]]]:
    """qrels (None when there are none), drafts with their required aspects, judged queries: for the scorer only."""
    path = folder / "qrels.json"
    qrels = _json(path) if path.is_file() else None
    if qrels is not None and not isinstance(qrels, dict):
        raise _problem(path, None, N_("must be an object of drafts"))
    for n, judged in enumerate((qrels or {}).values(), start=1):
        if judged and not _is_judgement(judged):
            raise _problem(path, n, N_("must hold grades (expert: number), and may hold conflicts and aspects"))
    queries_file = folder / "queries.json"
    queries = _list(queries_file) if queries_file.is_file() else []
    for n, query in enumerate(queries, start=1):
        if not isinstance(query.get("relevant", []), list):
            raise _problem(queries_file, n, N_("has something else than a list where a list belongs"))
    return qrels, _list(folder / "drafts.json"), [query for query in queries if query.get("relevant")]


def _is_judgement(judged: Any) -> bool:
    if not isinstance(judged, dict) or not isinstance(judged.get("grades"), dict):
        return False
    aspects, conflicts = judged.get("aspects", {}), judged.get("conflicts", [])
    return (
        all(isinstance(grade, int | float) for grade in judged["grades"].values())
        and isinstance(aspects, dict)
        and isinstance(conflicts, list)
        and all(isinstance(conflict, dict) and "expert_id" in conflict for conflict in conflicts)
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """One object of a list, read leniently: text may be missing, a list may be a string with ; or , between."""

    file: Path
    index: int
    value: Any

    @property
    def id(self) -> str:
        found = self.value.get("id") if isinstance(self.value, dict) else None
        if not isinstance(found, str | int) or not str(found).strip():
            raise self.problem(N_("has no id"))
        if _BROKEN.search(str(found)):
            raise self.problem(N_("has an id with half a character (a lone surrogate)"))
        return str(found)

    def problem(self, message: str) -> BadInputError:
        return _problem(self.file, self.index + 1, message)

    def text(self, key: str) -> str:
        found = self.value.get(key)
        if found is None:
            return ""
        if not isinstance(found, str | int | float):
            raise self.problem(N_("has something else than text where text belongs"))
        return _clean(str(found))

    def number(self, key: str) -> int | None:
        found = self.value.get(key)
        if isinstance(found, bool) or found is None:
            return None
        if isinstance(found, int | float):
            return int(found) if abs(found) < 10_000 else None  # also not infinite, not NaN
        match = re.search(r"\d{1,4}", str(found))
        return int(match[0]) if match else None

    def texts(self, key: str, separators: str = ";,") -> tuple[str, ...]:
        found = self.value.get(key)
        if found is None:
            return ()
        if isinstance(found, str):
            found = re.split(f"[{separators}]", found)
        if not isinstance(found, list):
            raise self.problem(N_("has something else than a list where a list belongs"))
        values = [item.get("name", "") if isinstance(item, dict) else item for item in found]
        return tuple(text for value in values if (text := _clean(str(value or ""))))

    def records(self, key: str) -> list[_Record]:
        found = self.value.get(key)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(item, dict | str) for item in found):
            raise self.problem(N_("has something else than a list where a list belongs"))
        named = [{"name": item, "title": item} if isinstance(item, str) else item for item in found]
        return [_Record(self.file, self.index, item) for item in named]


def _person(record: _Record, expert_id: UUID) -> tuple[Candidate, ExpertDocument]:
    name = parse_name(record.text("name") or record.id)
    works = tuple(
        Work(
            title=work.text("title"),
            year=work.number("year"),
            kind=work.text("kind") or "publication",
            coauthors=work.texts("coauthors", ";"),
            text=work.text("abstract") or None,
            role=work.text("role") or None,
        )
        for work in record.records("works")
        if work.text("title") or work.text("abstract")
    )
    titles = parse_titles(", ".join(filter(None, (record.text("academic_title"), record.text("degree")))))
    country = record.text("country")
    organisation = record.text("organisation")
    code = country_code(country) if country else None
    candidate = Candidate(
        id=expert_id,
        full_name=name.full_name,
        aliases=record.texts("aliases"),
        employments=(EmploymentSpell(organisation=organisation),) if organisation else (),
        position=record.text("position") or None,
        biography=record.text("biography"),
        keywords=record.texts("keywords"),
        works=works,
        awards=record.texts("awards"),
        degree=titles.degree,
        academic_rank=titles.rank,
        gender=_GENDERS.get(record.text("gender").lower()),
        birth_year=record.number("birth_year"),
        country=code,
        province=record.text("province") or None,
        hometown=record.text("hometown") or None,
        languages=record.texts("languages"),
        email=record.text("email") or None,
        is_available=record.value.get("available") is not False,
        load=record.number("open_reviews") or 0,
    )
    fields = load_field_list()
    codes = [
        found
        for field in record.records("fields")
        for found in fields.find(field.text("code"), field.text("name"), about=" ".join(w.title for w in works))
    ]
    names = [field_name for field in record.records("fields") if (field_name := field.text("name"))]
    names += [fields.name(found, english=english) for found in dict.fromkeys(codes) for english in (False, True)]
    document = ExpertDocument(
        id=expert_id,
        full_name=name.full_name,
        sort_key=sort_key(name.family_name, name.middle_name, name.given_name),
        aliases=candidate.aliases,
        titles=tuple(filter(None, (titles.rank, titles.degree, record.text("academic_title"), record.text("degree")))),
        identifiers=(candidate.email,) if candidate.email else (),
        organisations=(organisation,) if organisation else (),
        fields=tuple(dict.fromkeys(names)),
        keywords=candidate.keywords,
        places=tuple(
            filter(
                None,
                (candidate.province, candidate.hometown, country, country_name(code, "vi"), country_name(code, "en")),
            )
        ),
        biography=candidate.biography,
        chunks=evidence_chunks(
            works=[
                WorkText(id=None, kind=w.kind, title=w.title, text=w.text, year=w.year, coauthors=w.coauthors)
                for w in works
            ],
            biography=candidate.biography,
            keywords=candidate.keywords,
            position=candidate.position,
        ),
    )
    return candidate, document


def _draft(record: _Record) -> CollectionDraft:
    title, body = record.text("title"), _body(record)
    if not title and not body:
        raise record.problem(N_("has neither title nor body"))
    read = structure(Extract(blocks=text_blocks(body), has_styles=False))
    requester = record.text("requesting_agency")
    return CollectionDraft(
        id=record.id,
        reading=DraftReading(
            file=record.id,
            media_type="text/plain",
            sha256="",
            title=title or read.title,
            document_number=read.document_number,
            page_count=None,
            passages=read.passages,
        ),
        parties=CaseParties(
            requester=requester or None,
            drafting_bodies=record.texts("drafting_organisations", ";"),
            drafters=tuple(
                Drafter(name=person.text("name"), organisation=person.text("organisation") or None)
                for person in record.records("drafters")
                if person.text("name")
            ),
            draft_title=title,
        ),
        deadline=_day(record.text("deadline")),
    )


def _body(record: _Record) -> str:
    """Lines are kept: they part paragraphs."""
    for key in ("body", "abstract", "text"):
        found = record.value.get(key)
        if isinstance(found, str) and found.strip():
            return unicodedata.normalize("NFC", _BROKEN.sub(" ", found))
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", _BROKEN.sub(" ", text))).strip()


def _refuse_repeats(records: list[_Record]) -> None:
    seen: set[str] = set()
    for record in records:
        if record.id in seen:
            raise record.problem(N_("has an id that another record has too"))
        seen.add(record.id)


def _list(path: Path) -> list[dict[str, Any]]:
    found = _json(path)
    if not isinstance(found, list):
        raise _problem(path, None, N_("must be a list of records"))
    for n, item in enumerate(found):
        if not isinstance(item, dict):
            raise _problem(path, n + 1, N_("is not an object"))
    return found


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BadInputError(
            N_("There is no file %(file)s. A collection needs experts.json and drafts.json."), file=str(path)
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadInputError(N_("%(file)s cannot be read: %(reason)s."), file=str(path), reason=reason) from error
    except UnicodeDecodeError as error:
        raise BadInputError(
            N_("%(file)s is not in UTF-8 (byte %(byte)s)."), file=str(path), byte=error.start
        ) from error
    except RecursionError as error:
        raise BadInputError(N_("%(file)s is nested too deeply."), file=str(path)) from error
    except json.JSONDecodeError as error:
        raise BadInputError(
            N_("%(file)s is not valid JSON: line %(line)s, column %(column)s."),
            file=str(path),
            line=error.lineno,
            column=error.colno,
        ) from error


def _problem(path: Path, record: int | None, message: str) -> BadInputError:
    problem = gettext(message)  # a part of a sentence: translated here, as the whole will be
    if record is None:
        return BadInputError(N_("%(file)s: %(problem)s."), file=str(path), problem=problem)
    return BadInputError(
        N_("%(file)s, record %(record)s: %(problem)s."), file=str(path), record=record, problem=problem
    )
