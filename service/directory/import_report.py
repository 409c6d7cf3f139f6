"""What an import did, file by file: shown to the person who ran it and kept with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from ingestion.records import ExpertRecord, RosterReading, RowProblem, Severity, SheetReading, SourceLocation


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueConflict:
    """The directory and the row say different things; what the directory says was kept. `field` is a column name."""

    location: SourceLocation
    expert_id: UUID
    full_name: str
    field: str
    kept: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """Two people who may be one, for a person to decide. `reasons` are codes of labels.DUPLICATE_REASONS."""

    location: SourceLocation
    full_name: str
    other_id: UUID
    other_name: str
    other_organisation: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Rows are counted once: created + merged + updated + unchanged + refused + skipped.

    created: new people. merged: joined to someone known from another file, with something new. updated: the same from
    a file of this name. unchanged: nothing new. refused and skipped: see `problems`.
    """

    file: str
    sha256: str
    is_dry_run: bool
    sheets: tuple[SheetReading, ...]
    created: int
    merged: int
    updated: int
    unchanged: int
    refused: int
    skipped: int
    evidence_added: int
    problems: tuple[RowProblem, ...]  # in row order
    conflicts: tuple[ValueConflict, ...]
    duplicates: tuple[PossibleDuplicate, ...]

    @property
    def saved(self) -> int:
        """Rows that stand in the directory now."""
        return self.created + self.merged + self.updated + self.unchanged

    def as_json(self) -> dict[str, Any]:
        built: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return built


@dataclass(slots=True)
class ReportBuilder:
    """Collects while the import runs."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)
    conflicts: list[ValueConflict] = field(default_factory=list)
    duplicates: list[PossibleDuplicate] = field(default_factory=list)
    evidence_added: int = 0

    @classmethod
    def of(cls, reading: RosterReading) -> ReportBuilder:
        """Starts with what the reader of the file found."""
        builder = cls(problems=list(reading.problems))
        for severity, name in ((Severity.REFUSE, "refused"), (Severity.SKIP, "skipped")):
            rows = {(p.location.sheet, p.location.row) for p in reading.problems if p.severity is severity}
            builder.counts[name] = len(rows)
        return builder

    def add_problem(
        self,
        record: ExpertRecord,
        *,
        field: str,
        kind: str,
        severity: Severity,
        message: str,
        details: Mapping[str, object] | None = None,
        value: str | None = None,
    ) -> None:
        """A problem that the reader of the file has already reported is not reported twice."""
        row = (record.location.sheet, record.location.row)
        if any((p.location.sheet, p.location.row) == row and (p.field, p.kind) == (field, kind) for p in self.problems):
            return
        self.problems.append(
            RowProblem(
                location=record.location,
                header=None,
                field=field,
                kind=kind,
                severity=severity,
                message=message,
                details=details or {},
                value=value,
            )
        )

    def build(self, reading: RosterReading, *, sha256: str, is_dry_run: bool) -> ImportReport:
        return ImportReport(
            file=reading.file,
            sha256=sha256,
            is_dry_run=is_dry_run,
            sheets=reading.sheets,
            evidence_added=self.evidence_added,
            problems=tuple(_in_row_order(self.problems)),
            conflicts=tuple(self.conflicts),
            duplicates=tuple(self.duplicates),
            **{name: self.counts[name] for name in ("created", "merged", "updated", "unchanged", "refused", "skipped")},
        )


def _in_row_order(problems: Iterable[RowProblem]) -> list[RowProblem]:
    return sorted(problems, key=lambda problem: (problem.location.sheet, problem.location.row))
