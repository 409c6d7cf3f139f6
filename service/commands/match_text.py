"""The report of a match as text for a terminal, in the current language."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from service.commands.match_report import MatchReport, ReportedExpert, ReportedPair, ReportedPerson, ReportedSeat
from service.commands.wrapping import GLUE, WIDTH, spans, wrap
from service.i18n import N_, gettext, ngettext

_BAR = 20
_BELOW_BAR = " " * (_BAR + 6)
_HERE = ZoneInfo("Asia/Ho_Chi_Minh")
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
    yield from wrap(report.title or report.file)
    facts = [report.document_number, report.file if report.title else None]
    if report.page_count:
        facts.append(
            ngettext("%(count)s page", "%(count)s pages", report.page_count).replace(" ", GLUE)
            % {"count": report.page_count}
        )
    facts.append(gettext("case %(code)s") % {"code": report.case_code})
    yield from wrap(" · ".join(fact for fact in facts if fact))
    for warning in report.warnings:
        yield from wrap(warning, "! ")
    for text in report.flagged:
        yield from wrap(gettext("not seen in print, used for nothing: “%s”") % text, "  - ")
    yield from _themes(report)
    yield from _council(report)
    yield from _experts(report)
    yield from _left_out(report)
    if report.notices:
        yield ""
        yield gettext("PLEASE NOTE")
    for notice in report.notices:
        yield from wrap(notice, "! ")
    yield ""
    yield from wrap(
        gettext("%(count)s experts considered · scoring %(version)s · %(model)s · %(time)s")
        % {
            "count": report.experts_considered,
            "version": report.scoring_version,
            "model": report.embedder or gettext("words only"),
            "time": datetime.fromisoformat(report.matched_at).astimezone(_HERE).strftime("%H:%M, %d/%m/%Y"),
        }
    )


def _themes(report: MatchReport) -> Iterator[str]:
    yield ""
    yield gettext("THEMES")
    if not report.themes:
        yield "  " + gettext("none")
    heaviest = max((theme.weight for theme in report.themes), default=1) or 1
    for theme in report.themes:
        bar = "█" * max(1, round(theme.weight / heaviest * _BAR))
        must = gettext("required") if theme.importance == "required" else gettext("desired")
        yield from wrap(f"{theme.number:>3}. {bar:<{_BAR}} {theme.label} ({must})", "", _BELOW_BAR)
        details = []
        if theme.terms:
            details.append(", ".join(theme.terms[:6]))
        if theme.pages:
            pages = ngettext("page %s", "pages %s", len(theme.pages)) % spans(theme.pages)
            details.append(pages.replace(" ", GLUE) if len(pages) < WIDTH - len(_BELOW_BAR) else pages)
        if details:
            yield from wrap(" · ".join(details), _BELOW_BAR)


def _council(report: MatchReport) -> Iterator[str]:
    yield ""
    if not report.council:
        yield gettext("PROPOSED COUNCIL: none")
    else:
        proof = (
            gettext("proven the best under the rules")
            if report.is_proven
            else gettext("best found; at most %.1f %% from the best possible") % (report.gap * 100)
        )
        yield gettext("PROPOSED COUNCIL (%(size)s people; %(proof)s)") % {"size": len(report.council), "proof": proof}
    for seat in report.council:
        role = gettext(_ROLES.get(seat.role, seat.role))
        yield from wrap(f"{role + ':':<20} {_seat(seat)}", "  ", " " * 23)
    if report.reserves:
        yield "  " + gettext("In reserve, in this order:")
        for place, seat in enumerate(report.reserves[:5], start=1):
            yield from wrap(_seat(seat), f"  {place:>3}. ")
    if report.themes:
        yield ""
        yield gettext("Who covers what")
    for theme in report.themes:
        members = ", ".join(name.replace(" ", GLUE) for name in theme.members) or gettext("nobody")
        yield from wrap(f"{theme.label}: {members}", f"{theme.number:>3}. ")
    for unmet in report.unmet:
        yield from wrap(unmet, "! ")


def _seat(seat: ReportedSeat) -> str:
    covers = _themes_named(seat.themes) if seat.themes else gettext("no theme of their own")
    return f"{_person(seat.person)} · {covers}"


def _themes_named(numbers: tuple[int, ...]) -> str:
    return (ngettext("theme %s", "themes %s", len(numbers)) % spans(numbers)).replace(" ", GLUE)


def _experts(report: MatchReport) -> Iterator[str]:
    yield ""
    yield gettext("EXPERTS, BEST FIRST")
    if not report.experts:
        yield "  " + gettext("none")
    for expert in report.experts:
        yield from _expert(expert)


def _expert(expert: ReportedExpert) -> Iterator[str]:
    band = gettext(_BANDS[expert.band]) if expert.band else gettext("no evidence for this draft")
    themes = " · " + _themes_named(expert.themes) if expert.themes else ""
    yield from wrap(f"{expert.rank:>3}. [{band}] {_person(expert.person)}{themes}", "", " " * 5)
    for _, pairs in groupby(expert.pairs, key=lambda pair: (pair.page, pair.paragraph, pair.draft_text)):
        yield from _pairs(list(pairs))
    for warning in expert.warnings:
        yield from wrap(warning, "     ! ", "       ")


def _pairs(pairs: list[ReportedPair]) -> Iterator[str]:
    """Evidence that answers one place of the draft."""
    first = pairs[0]
    draft = "“" + textwrap.shorten(first.draft_text, 180, placeholder=" …") + "”"
    if first.page is not None:
        draft = gettext("draft, page %(number)s: %(text)s") % {"number": first.page, "text": draft}
    elif first.paragraph is not None:
        draft = gettext("draft, paragraph %(number)s: %(text)s") % {"number": first.paragraph, "text": draft}
    else:
        draft = gettext("draft: %(text)s") % {"text": draft}
    yield from wrap(draft, "     ", " " * 7)
    for pair in pairs:
        kind = gettext(_EVIDENCE.get(pair.evidence_kind, pair.evidence_kind))
        year = f" {pair.evidence_year}" if pair.evidence_year else ""
        evidence = textwrap.shorten(pair.evidence_text, 180, placeholder=" …")
        yield from wrap(f"→ {kind}{year}: “{evidence}”", "     ", " " * 7)
        if pair.shared_words:
            words = ", ".join(word.replace(" ", GLUE) for word in pair.shared_words[:8])
            yield from wrap(gettext("words in both: %s") % words, "       ", " " * 9)


def _left_out(report: MatchReport) -> Iterator[str]:
    yield ""
    yield gettext("NOT PROPOSED")
    if not report.left_out:
        yield "  " + gettext("nobody")
    for absence in report.left_out:
        yield from wrap(f"{absence.person.name}: {absence.why}", "  - ", "    ")


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
