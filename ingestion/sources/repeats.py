"""People who stand twice in one file: whole rows, codes, e-mail addresses."""

from __future__ import annotations

from dataclasses import replace

from ingestion.cleaning.text import fold
from ingestion.records import ExpertRecord, RowProblem, Severity, SourceLocation
from ingestion.sources.problems import problem

_NOWHERE = SourceLocation(file="", sheet="", row=0)


def without_repeats(experts: list[ExpertRecord]) -> tuple[list[ExpertRecord], list[RowProblem]]:
    """The first of equal rows stays. A code may stand for one person only; an address under another name is said."""
    kept: list[ExpertRecord] = []
    problems: list[RowProblem] = []
    by_content: dict[ExpertContent, ExpertRecord] = {}
    by_code: dict[str, ExpertRecord] = {}
    by_email: dict[str, ExpertRecord] = {}
    for expert in experts:
        content = _content(expert)
        if (first := by_content.get(content)) is not None:
            problems.append(
                problem(
                    expert.location, "row", "duplicate", Severity.SKIP, value=expert.full_name, row=first.location.row
                )
            )
            continue
        code = fold(expert.external_id) if expert.external_id else ""
        if code and (first := by_code.get(code)) is not None:
            problems.append(
                problem(
                    expert.location,
                    "id",
                    "duplicate",
                    Severity.REFUSE,
                    value=expert.external_id,
                    row=first.location.row,
                    name=first.full_name,
                )
            )
            continue
        if expert.email and (first := by_email.get(expert.email)) is not None and _is_other(first, expert):
            problems.append(
                problem(
                    expert.location,
                    "email",
                    "same_as_other_person",
                    Severity.WARN,
                    value=expert.email,
                    row=first.location.row,
                    name=first.full_name,
                )
            )
        by_content[content] = expert
        if code:
            by_code[code] = expert
        for email in (expert.email, *expert.other_emails):
            if email:
                by_email.setdefault(email, expert)
        kept.append(expert)
    return kept, problems


ExpertContent = tuple[object, ...]


def _content(expert: ExpertRecord) -> ExpertContent:
    """What makes two rows equal: everything but where they stand and how they were typed."""
    works = tuple(replace(work, location=None) for work in expert.works)
    bare = replace(expert, location=_NOWHERE, raw={}, name_as_written="", works=works)
    return tuple(getattr(bare, name) for name in ExpertRecord.__dataclass_fields__ if name != "raw")


def _is_other(first: ExpertRecord, second: ExpertRecord) -> bool:
    """Spelling without marks and the order of the names do not make another person."""
    return sorted(fold(first.full_name).split()) != sorted(fold(second.full_name).split())
