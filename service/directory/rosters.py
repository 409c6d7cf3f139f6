"""Imports a roster: each row finds its person or makes one, and what it changed is recorded.

The one action that commits by itself: batches of rows, each whole or not at all, so that a long import can be stopped,
killed or cut off, and goes on from there when it is run again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from ingestion.records import ExpertRecord, RosterReading, Severity
from service.database.faults import explain_fault
from service.database.models import ImportRun, Organisation, OrganisationSuccession
from service.database.models.base import uuid7
from service.directory.fields import load_field_list
from service.directory.identity import Comparison, Verdict, compare, says_more_than_a_name
from service.directory.import_report import ImportReport, PossibleDuplicate, ReportBuilder, ValueConflict
from service.directory.linking import LinkedRecord, Linker
from service.directory.merging import merge, new_person
from service.directory.names import folded_orders
from service.directory.organisations import OrganisationDirectory, OrganisationRow
from service.directory.people import Person
from service.directory.places import load_gazetteer
from service.directory.roster_store import (
    BatchRow,
    DuplicateFound,
    KnownRow,
    find_known_rows,
    load_people,
    load_people_by_id,
    save_batch,
    take_import_lock,
)
from service.errors import UnavailableError
from service.i18n import N_, gettext

Progress = Callable[[int, int], None]  # rows done, rows in all

_ONE_PERSONS = (  # column, its name in reports, what is said when it is someone else's
    ("external_id", "id", N_("The code %(value)s is that of %(name)s in the directory; it is left out here.")),
    ("email", "email", N_("%(name)s in the directory has the same address.")),
    ("orcid", "orcid", N_("%(name)s in the directory has the same ORCID iD; it is left out here.")),
)
_MOST_PAIRS = 5  # possible duplicates reported for one row; of a very common name the likeliest


async def import_roster(
    sessions: async_sessionmaker[AsyncSession],
    reading: RosterReading,
    *,
    sha256: str,
    synthetic: bool,
    now: datetime,
    on_progress: Progress | None = None,
    dry_run: bool = False,
    batch_size: int = 200,
) -> ImportReport:
    """Save the rows of one file. The same file twice changes nothing; an import that was cut off goes on.

    `sha256` is that of the file; `batch_size` rows are committed together. `dry_run` reports what would happen and
    saves nothing. Raises UnavailableError when the database goes away or is full, saying what is saved.
    """
    importer = _Importer(reading, sha256=sha256, is_synthetic=synthetic, now=now, is_dry_run=dry_run)
    total = len(reading.experts)
    try:
        async with sessions() as session:
            await importer.prepare(session)
            for start in range(0, total, batch_size):
                await importer.import_batch(session, reading.experts[start : start + batch_size])
                if not dry_run:
                    await session.commit()
                importer.saved = min(start + batch_size, total)
                if on_progress:
                    on_progress(importer.saved, total)
            if dry_run:
                await session.rollback()
            else:
                await importer.finish(session)
                await session.commit()
    except Exception as error:
        fault = explain_fault(error)
        if fault is None:
            raise
        raise UnavailableError(
            N_(
                "The import of %(file)s was cut off: %(saved)s of %(total)s rows are saved, and nothing is half-done. "
                "Run it again and it goes on from there. %(cause)s"
            ),
            file=reading.file,
            saved=0 if dry_run else importer.saved,
            total=total,
            cause=gettext(fault.message),
        ) from error
    return importer.report.build(reading, sha256=sha256, is_dry_run=dry_run)


async def load_organisations(session: AsyncSession) -> OrganisationDirectory:
    """The list of organisations with who took over from whom, ready for look-ups. Two statements."""
    successors: dict[UUID, list[str]] = {}
    for organisation_id, name in await session.execute(
        select(OrganisationSuccession.organisation_id, Organisation.name)
        .join(Organisation, Organisation.id == OrganisationSuccession.successor_id)
        .order_by(Organisation.name)
    ):
        successors.setdefault(organisation_id, []).append(name)
    return OrganisationDirectory(
        [
            OrganisationRow(
                id=row.id,
                name=row.name,
                short_name=row.short_name,
                kind=row.kind,
                locality=row.locality,
                parent_name=row.parent_name,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                successors=tuple(successors.get(row.id, ())),
            )
            for row in await session.execute(select(Organisation.__table__).order_by(Organisation.id))
        ]
    )


def content_hash(record: ExpertRecord) -> str:
    """Of what a row says, wherever it stands: the cleaned record without its location and the raw cells."""
    works = tuple(replace(work, location=None) for work in record.works)
    bare = replace(record, raw={}, works=works)
    content = {name: value for name, value in msgspec.to_builtins(bare).items() if name not in ("location", "raw")}
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


class _Importer:
    """One file on its way in."""

    def __init__(
        self, reading: RosterReading, *, sha256: str, is_synthetic: bool, now: datetime, is_dry_run: bool
    ) -> None:
        self.report = ReportBuilder.of(reading)
        self.saved = 0
        self._reading = reading
        self._sha256 = sha256
        self._is_synthetic = is_synthetic
        self._now = now
        self._is_dry_run = is_dry_run
        self._seen: set[str] = set()  # content hashes of this run
        self._listed: set[tuple[str, UUID]] = set()  # sheet and person of the rows that were placed
        self._run_id: UUID | None = None
        self._run_is_finished = False
        self._has_written = False

    async def prepare(self, session: AsyncSession) -> None:
        self._linker = Linker(await load_organisations(session), load_gazetteer(), load_field_list())
        run = (
            await session.execute(
                select(ImportRun.id, ImportRun.finished_at)
                .where(ImportRun.sha256 == self._sha256)
                .order_by(ImportRun.started_at.desc())
                .limit(1)
            )
        ).first()
        if run is not None:
            self._run_id, self._run_is_finished = run.id, run.finished_at is not None

    async def import_batch(self, session: AsyncSession, records: Sequence[ExpertRecord]) -> None:
        """Decide for each row in turn; a row sees what the rows before it did."""
        await take_import_lock(session)
        hashes = [content_hash(record) for record in records]
        known = await find_known_rows(session, hashes, file_name=self._reading.file, sha256=self._sha256)
        todo: list[tuple[LinkedRecord, str]] = []
        for record, own_hash in zip(records, hashes, strict=True):
            linked = self._linker.link(record, self.report)
            row = known.get(own_hash)
            if own_hash in self._seen:
                self._skip_repeated(record)
            elif row is not None and row.is_same_file:
                self.report.counts["unchanged"] += 1
                self._listed.add((record.location.sheet, row.expert_id))
            else:
                todo.append((linked, own_hash))
            self._seen.add(own_hash)
        if not todo:
            return
        candidates = _Candidates(await load_people(session, [linked for linked, _ in todo]))
        elsewhere = {h: row for h, row in known.items() if not row.is_same_file}
        for person in await load_people_by_id(session, [row.expert_id for row in elsewhere.values()]):
            candidates.add(person)
        rows: list[BatchRow] = []
        duplicates: list[DuplicateFound] = []
        for linked, own_hash in todo:
            placed = self._place(linked, own_hash, candidates, elsewhere.get(own_hash), duplicates)
            self._listed.add((linked.record.location.sheet, placed.person.id))
            rows.append(placed)
        await save_batch(session, await self._ensure_run(session), rows, duplicates, self._now)
        self._has_written = True

    def _place(
        self,
        linked: LinkedRecord,
        own_hash: str,
        candidates: _Candidates,
        recorded: KnownRow | None,
        duplicates: list[DuplicateFound],
    ) -> BatchRow:
        """The person a row is about, merged or made."""
        known = candidates.by_id.get(recorded.expert_id) if recorded is not None else None
        if known is not None and says_more_than_a_name(linked):
            self.report.counts["unchanged"] += 1
            return BatchRow(linked, own_hash, known, "unchanged")
        found = [(person, self._compare(person, linked)) for person in candidates.like(linked)]
        same = sorted(
            ((person, verdict) for person, verdict in found if verdict.verdict is Verdict.SAME),
            key=lambda entry: -entry[1].strength,
        )
        is_clear = bool(same) and (len(same) == 1 or same[0][1].strength > same[1][1].strength)
        chosen = same[0][0] if is_clear else None
        others = [person for person, _ in found if person is not chosen]
        self._check_shared_identifiers(linked, others)
        if chosen is not None:
            row = self._merge_into(chosen, linked, own_hash)
        else:
            person = new_person(linked, id=uuid7(), is_synthetic=self._is_synthetic)
            candidates.add(person)
            self.report.counts["created"] += 1
            self.report.evidence_added += len(person.evidence)
            row = BatchRow(linked, own_hash, person, "created")
        row.person.file_names.add(self._reading.file)
        self._note_duplicates(linked, row, found, duplicates)
        return row

    def _compare(self, person: Person, linked: LinkedRecord) -> Comparison:
        is_in_same_list = (linked.record.location.sheet, person.id) in self._listed
        return compare(person, linked, same_entity=self._same_entity, is_in_same_list=is_in_same_list)

    def _merge_into(self, person: Person, linked: LinkedRecord, own_hash: str) -> BatchRow:
        change = merge(person, linked, gazetteer=self._linker.gazetteer, same_entity=self._same_entity)
        self.report.conflicts += [
            ValueConflict(
                location=linked.record.location,
                expert_id=person.id,
                full_name=person.full_name,
                field=column,
                kept=kept,
                other=other,
            )
            for column, kept, other in change.conflicts
        ]
        self.report.evidence_added += len(change.evidence)
        if change.is_empty:
            self.report.counts["unchanged"] += 1
            return BatchRow(linked, own_hash, person, "unchanged")
        self.report.counts["updated" if self._reading.file in person.file_names else "merged"] += 1
        return BatchRow(linked, own_hash, person, "updated", change)

    def _note_duplicates(
        self,
        linked: LinkedRecord,
        row: BatchRow,
        found: Sequence[tuple[Person, Comparison]],
        duplicates: list[DuplicateFound],
    ) -> None:
        """Namesakes that are neither surely the same nor the person chosen are kept for someone to decide."""
        possible = [
            (person, verdict)
            for person, verdict in found
            if verdict.verdict is not Verdict.DIFFERENT and person is not row.person
        ]
        possible.sort(key=lambda entry: sum(reason.startswith("same_") for reason in entry[1].reasons), reverse=True)
        for person, verdict in possible[:_MOST_PAIRS]:
            duplicates.append(DuplicateFound(row.person.id, person.id, verdict.reasons))
            self.report.duplicates.append(
                PossibleDuplicate(
                    location=linked.record.location,
                    full_name=row.person.full_name,
                    other_id=person.id,
                    other_name=person.full_name,
                    other_organisation=person.values["organisation_text"],
                    reasons=verdict.reasons,
                )
            )

    def _check_shared_identifiers(self, linked: LinkedRecord, others: Sequence[Person]) -> None:
        """An e-mail, ORCID or code of someone else: the row is kept and the matter shown. An ORCID and a code are one
        person's only, so they are left out."""
        for person in others:
            for column, field, message in _ONE_PERSONS:
                value = linked.values.get(column)
                if not value or value not in (person.emails if column == "email" else {person.values[column]}):
                    continue
                if column != "email":
                    del linked.values[column]
                self.report.add_problem(
                    linked.record,
                    field=field,
                    kind="same_as_other_person",
                    severity=Severity.WARN,
                    message=message,
                    details={"name": person.full_name, "value": value},
                    value=value,
                )

    def _skip_repeated(self, record: ExpertRecord) -> None:
        self.report.counts["skipped"] += 1
        self.report.add_problem(
            record,
            field="row",
            kind="duplicate",
            severity=Severity.SKIP,
            message=N_("The row repeats an earlier one."),
            value=record.full_name,
        )

    def _same_entity(self, first: str, second: str) -> bool:
        return self._linker.organisations.sameness(first, second) == "certain"

    async def _ensure_run(self, session: AsyncSession) -> UUID:
        if self._run_id is None:
            self._run_id = uuid7()
            session.add(
                ImportRun(id=self._run_id, file_name=self._reading.file, sha256=self._sha256, started_at=self._now)
            )
            await session.flush()
        return self._run_id

    async def finish(self, session: AsyncSession) -> None:
        """Keep the report with the run, unless nothing happened to a run that had finished before."""
        if self._run_is_finished and not self._has_written:
            return
        run_id = await self._ensure_run(session)
        report = self.report.build(self._reading, sha256=self._sha256, is_dry_run=False)
        await session.execute(
            update(ImportRun).where(ImportRun.id == run_id).values(finished_at=self._now, report=report.as_json())
        )


class _Candidates:
    """People the rows of a batch may be about, by name in any order, e-mail, ORCID and code."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.by_id: dict[UUID, Person] = {}
        self._by_key: dict[tuple[str, str], list[Person]] = {}
        for person in people:
            self.add(person)

    def add(self, person: Person) -> None:
        if person.id in self.by_id:
            return
        self.by_id[person.id] = person
        for key in self._keys_of(person):
            self._by_key.setdefault(key, []).append(person)

    def like(self, linked: LinkedRecord) -> list[Person]:
        values = linked.values
        names = [values["full_name"], *values.get("aliases", [])]
        keys = [("name", order) for name in names for order in folded_orders(name)]
        keys += [(kind, values[kind]) for kind in ("email", "orcid", "external_id") if values.get(kind)]
        found = {person.id: person for key in keys for person in self._by_key.get(key, ())}
        return list(found.values())

    @staticmethod
    def _keys_of(person: Person) -> set[tuple[str, str]]:
        keys = {("name", " ".join(name.split())) for name in (person.values["name_fold"],)}
        keys |= {("email", email) for email in person.emails}
        keys |= {(kind, person.values[kind]) for kind in ("orcid", "external_id") if person.values[kind]}
        return keys
