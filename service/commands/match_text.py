"""The report of a match as text for a terminal, in the current language."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from service.commands.match_report import MatchReport, ReportedExpert, ReportedPair, ReportedPerson, ReportedSeat
from service.i18n import N_, gettext

WIDTH = 100
_BAR = 20
_BANDS = {"very_suitable": N_("very suitable"), "suitable": N_("suitable"), "possible": N_("possible")}
_ROLES = {
    "chair": N_("Chair"),
    "reviewer": N_("Reviewing member"),
    "secretary": N_("Secretary"),
    "member": N_("Member"),
    "reserve": N_("Reserve"),
}
_EVIDENCE = {
    "publication": N_("publication"),
    "project": N_("project"),
    "consultancy": N_("consultancy"),
    "patent": N_("patent or solution"),
    "initiative": N_("initiative"),
    "award": N_("award"),
    "review": N_("earlier review"),
    "teaching": N_("teaching"),
    "biography": N_("biography"),
    "keywords": N_("keywords"),
    "position": N_("position"),
    "other": N_("other evidence"),
}


def render(report: MatchReport) -> str:
    """About 100 columns wide; themes are counted from 1 and named by number below the first list."""
    return "\n".join(line.rstrip() for line in _lines(report)) + "\n"


def _lines(report: MatchReport) -> Iterator[str]:
    yield "=" * WIDTH
    yield from _wrap(report.title or report.file)
    facts = [report.document_number, report.file]
    if report.page_count:
        facts.append(gettext("%(count)s pages") % {"count": report.page_count})
    facts.append(gettext("case %(code)s") % {"code": report.case_code})
    yield " · ".join(fact for fact in facts if fact)
    for warning in report.warnings:
        yield from _wrap(warning, "! ")
    for text in report.flagged:
        yield from _wrap(gettext("Text that a reader of the page does not see, used for nothing: “%s”") % text, "! ")
    yield from _themes(report)
    yield from _council(report)
    yield from _experts(report)
    yield from _left_out(report)
    for notice in report.notices:
        yield from _wrap(notice, "! ")
    yield ""
    yield gettext("%(count)s experts considered · scoring %(version)s · %(model)s · %(time)s") % {
        "count": report.experts_considered,
        "version": report.scoring_version,
        "model": report.embedder or gettext("words only"),
        "time": report.matched_at,
    }


def _themes(report: MatchReport) -> Iterator[str]:
    yield ""
    yield gettext("THEMES")
    heaviest = max((theme.weight for theme in report.themes), default=1) or 1
    for theme in report.themes:
        bar = "█" * max(1, round(theme.weight / heaviest * _BAR))
        must = gettext("required") if theme.importance == "required" else gettext("desired")
        yield f"{theme.number:>3}. {bar:<{_BAR}} {theme.label} ({must})"
        details = []
        if theme.terms:
            details.append(", ".join(theme.terms[:6]))
        if theme.pages:
            details.append(gettext("page %s") % ", ".join(str(page) for page in theme.pages[:8]))
        if details:
            yield from _wrap(" · ".join(details), " " * (_BAR + 6))


def _council(report: MatchReport) -> Iterator[str]:
    yield ""
    proof = (
        gettext("proven the best under the rules")
        if report.is_proven
        else gettext("best found; at most %.1f %% from the best possible") % (report.gap * 100)
    )
    yield gettext("PROPOSED COUNCIL (%(size)s people; %(proof)s)") % {"size": len(report.council), "proof": proof}
    for seat in report.council:
        yield from _seat(seat)
    if report.reserves:
        yield "  " + gettext("In reserve, in this order:")
        for seat in report.reserves[:5]:
            yield from _seat(seat)
    yield ""
    yield gettext("Who covers what")
    for theme in report.themes:
        members = ", ".join(theme.members) if theme.members else gettext("nobody")
        yield from _wrap(f"{theme.number}. {theme.label}: {members}", "  ")
    for unmet in report.unmet:
        yield from _wrap(unmet, "! ")


def _seat(seat: ReportedSeat) -> Iterator[str]:
    role = gettext(_ROLES.get(seat.role, seat.role))
    numbers = ", ".join(map(str, seat.themes)) or "–"
    themes = gettext("themes %s") % numbers
    yield from _wrap(f"{role + ':':<20} {_person(seat.person)} · {themes}", "  ", " " * 23)


def _experts(report: MatchReport) -> Iterator[str]:
    yield ""
    yield gettext("EXPERTS, BEST FIRST")
    if not report.experts:
        yield "  " + gettext("none")
    for expert in report.experts:
        yield from _expert(expert)


def _expert(expert: ReportedExpert) -> Iterator[str]:
    band = gettext(_BANDS[expert.band]) if expert.band else gettext("no evidence for this draft")
    numbers = ", ".join(map(str, expert.themes))
    themes = " · " + gettext("themes %s") % numbers if numbers else ""
    yield from _wrap(f"{expert.rank:>3}. [{band}] {_person(expert.person)}{themes}", "", " " * 5)
    for pair in expert.pairs:
        yield from _pair(pair)
    for warning in expert.warnings:
        yield from _wrap(warning, "     ! ", "       ")


def _pair(pair: ReportedPair) -> Iterator[str]:
    place = ""
    if pair.page is not None:
        place = gettext("page %s") % pair.page
    elif pair.paragraph is not None:
        place = gettext("paragraph %s") % pair.paragraph
    kind = gettext(_EVIDENCE.get(pair.evidence_kind, pair.evidence_kind))
    year = f" {pair.evidence_year}" if pair.evidence_year else ""
    draft = textwrap.shorten(pair.draft_text, 180, placeholder=" …")
    evidence = textwrap.shorten(pair.evidence_text, 180, placeholder=" …")
    yield from _wrap(gettext("draft, %(place)s: “%(text)s”") % {"place": place, "text": draft}, "     ", " " * 7)
    yield from _wrap(f"→ {kind}{year}: “{evidence}”", "     ", " " * 7)
    if pair.shared_words:
        yield from _wrap(gettext("words in both: %s") % ", ".join(pair.shared_words[:8]), "       ", " " * 9)


def _left_out(report: MatchReport) -> Iterator[str]:
    yield ""
    yield gettext("NOT PROPOSED")
    if not report.left_out:
        yield "  " + gettext("nobody")
    for absence in report.left_out:
        yield from _wrap(f"{absence.person.name}: {absence.why}", "  - ", "    ")


def _person(person: ReportedPerson) -> str:
    parts = [person.name]
    if person.organisation:
        parts.append(person.organisation)
    if person.country:
        clock = ""
        if person.local_time:
            clock = gettext(", now %s there") % datetime.fromisoformat(person.local_time).strftime("%H:%M (%d/%m)")
        parts.append(f"{person.country}{clock}")
    return " — ".join(parts)


def _wrap(text: str, first: str = "", later: str | None = None) -> list[str]:
    indent = later if later is not None else " " * len(first)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False)
