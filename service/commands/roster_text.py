"""What an import did, as text for a terminal, in the current language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingestion.records import RowProblem, Severity
from service.commands.wrapping import GLUE, spans, wrap
from service.directory.import_report import ImportReport, ValueConflict
from service.directory.labels import DUPLICATE_REASONS, FIELD_LABELS
from service.i18n import N_, gettext, ngettext, translate

_SHEET_KINDS = {"people": N_("people"), "works": N_("works"), "ignored": N_("not read")}
_SEVERITIES = {Severity.REFUSE: N_("not imported"), Severity.WARN: N_("imported"), Severity.SKIP: N_("skipped")}
_SHOWN_ALIKE = 3  # of warnings that differ only in the row; the rows of the others are named
_LONGEST_VALUE = 60
_COLUMNS = {
    **FIELD_LABELS,
    "ordinal": N_("Ordinal number"),
    "name": FIELD_LABELS["full_name"],
    "family_and_middle_name": N_("Family and middle name"),
    "family_name": N_("Family name"),
    "middle_name": N_("Middle name"),
    "given_name": N_("Given name"),
    "aliases": N_("Other names"),
    "rank": FIELD_LABELS["academic_rank"],
    "honours": N_("Honours"),
    "organisation": FIELD_LABELS["organisation_text"],
    "position_and_organisation": N_("Position and organisation"),
    "residence": FIELD_LABELS["residence_text"],
    "hometown": FIELD_LABELS["hometown_text"],
    "languages": N_("Languages"),
    "fields": N_("Research fields"),
    "keywords": N_("Expertise, keywords"),
    "works": N_("Works"),
    "months": FIELD_LABELS["months_text"],
    "ties": N_("Ties to the province"),
    "awards": N_("Awards"),
    "available": FIELD_LABELS["is_available"],
    "birth_or_gender": N_("Year of birth in the column of the sex"),
    "withheld": N_("Personal data that is not kept"),
    "title": N_("Title of the work"),
    "year": N_("Year"),
    "kind": N_("Kind of work"),
    "coauthors": N_("Co-authors"),
    "role": N_("Role in the work"),
    "abstract": N_("Abstract"),
}


def report_lines(name: str, report: ImportReport) -> Iterator[str]:
    """How the columns were understood, what became of the rows, what a person should look at with its place."""
    yield ""
    yield name + (" — " + gettext("trial run: nothing was saved") if report.is_dry_run else "")
    for sheet in report.sheets:
        kind = gettext(_SHEET_KINDS.get(sheet.kind, sheet.kind))
        title = sheet.sheet or gettext("(one table)")
        rows = ngettext("%(count)s row", "%(count)s rows", sheet.row_count) % {"count": sheet.row_count}
        yield f"  {title}: {kind}, {rows}"
        for column in sheet.columns:
            field = gettext("not recognised; kept with the source")
            if column.field:
                field = gettext(_COLUMNS.get(column.field, column.field))
            hidden = " " + gettext("(hidden column)") if column.is_hidden else ""
            yield from wrap(f"{' '.join(column.header.split())} → {field}{hidden}", f"    {column.column:>3}  ")
    yield from wrap(outcome_line(report), "  ")
    yield from _problems(report)
    for conflict in report.conflicts:
        yield from wrap(_conflict(conflict), "  ", "    ")
    for pair in report.duplicates:
        reasons = ", ".join(gettext(DUPLICATE_REASONS.get(reason, reason)) for reason in pair.reasons)
        said = gettext("Row %(row)s: %(name)s may be %(other)s (%(reasons)s); a person must decide.") % {
            "row": _place(pair.location.sheet, pair.location.row),
            "name": pair.full_name,
            "other": " — ".join(filter(None, [pair.other_name, pair.other_organisation])),
            "reasons": reasons,
        }
        yield from wrap(said, "  ", "    ")


def outcome_line(report: ImportReport) -> str:
    """What became of the rows, in numbers; what did not happen is left out."""
    counted = (
        (report.created, gettext("new people %s")),
        (report.merged, gettext("joined to known people %s")),
        (report.updated, gettext("updated %s")),
        (report.unchanged, gettext("unchanged %s")),
        (report.refused, gettext("not imported %s")),
        (report.skipped, gettext("skipped %s")),
        (report.evidence_added, gettext("works added %s")),
    )
    told = [(said % count).replace(" ", GLUE) for count, said in counted if count]
    return " · ".join(told) or gettext("no rows")


def _problems(report: ImportReport) -> Iterator[str]:
    """One line for each row, in row order, but warnings alike together: a list of unknown units hides all else."""
    alike: dict[tuple[str, str], list[RowProblem]] = {}
    for problem in report.problems:
        if problem.severity is Severity.WARN:
            alike.setdefault((problem.location.sheet, problem.message), []).append(problem)
    for problem in report.problems:
        same = alike.get((problem.location.sheet, problem.message), [problem])
        if problem.severity is not Severity.WARN or len(same) <= _SHOWN_ALIKE:
            yield from wrap(problem_line(problem, is_dry_run=report.is_dry_run), "  ", "    ")
        elif problem is same[-1]:
            yield from _together(same, is_dry_run=report.is_dry_run)


def _together(problems: Sequence[RowProblem], *, is_dry_run: bool) -> Iterator[str]:
    if {(problem.field, problem.kind) for problem in problems} == {("organisation", "unknown")}:
        rows: dict[str, list[int]] = {}
        for problem in problems:
            rows.setdefault(problem.value or "", []).append(problem.location.row)
        names = "; ".join(f"{name}{GLUE}({spans(numbers)})" for name, numbers in rows.items())
        said = gettext("%(count)s organisations are not in the list and are kept as text (rows): %(names)s.")
        yield from wrap(said % {"count": len(rows), "names": names}, "  ", "    ")
        return
    for problem in problems[:_SHOWN_ALIKE]:
        yield from wrap(problem_line(problem, is_dry_run=is_dry_run), "  ", "    ")
    others = [problem.location.row for problem in problems[_SHOWN_ALIKE:]]
    said = ngettext("… and the same in row %(rows)s.", "… and the same in %(count)s more rows: %(rows)s.", len(others))
    yield from wrap(said % {"count": len(others), "rows": spans(others)}, "    ")


def problem_line(problem: RowProblem, *, is_dry_run: bool = False) -> str:
    """Sheet, row, column, reason, what becomes of the row."""
    where = _place(problem.location.sheet, problem.location.row)
    if problem.location.column:
        where += ", " + gettext("column %s") % problem.location.column
    if problem.header:
        where += f" ({' '.join(problem.header.split())})"
    said = translate(problem.message, dict(problem.details))
    value = " ".join((problem.value or "").split())
    if len(value) > _LONGEST_VALUE:
        value = value[: _LONGEST_VALUE - 2] + " …"
    outcome = _SEVERITIES[problem.severity]
    if is_dry_run and problem.severity is Severity.WARN:
        outcome = N_("would be imported")
    return gettext("Row %(where)s: %(what)s%(value)s — %(outcome)s") % {
        "where": where,
        "what": said,
        "value": f" [{value}]" if value and value not in said else "",
        "outcome": gettext(outcome),
    }


def _conflict(conflict: ValueConflict) -> str:
    return gettext("Row %(row)s, %(name)s, %(field)s: the directory keeps “%(kept)s”; the file says “%(other)s”.") % {
        "row": _place(conflict.location.sheet, conflict.location.row),
        "name": conflict.full_name,
        "field": gettext(_COLUMNS.get(conflict.field, conflict.field)),
        "kept": conflict.kept,
        "other": conflict.other,
    }


def _place(sheet: str, row: int) -> str:
    return f"{row} ({sheet})" if sheet else str(row)
