"""`trithuc demo`: the whole way in one command, with the parts and the importer that every user has."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import click

from ingestion.drafts import read_draft
from ingestion.drafts.records import UnreadableDraftError
from ingestion.sources.spreadsheet import read_roster
from service.commands.match import MatchRequest, match_file, parse_parties
from service.commands.match_report import build_report
from service.commands.match_text import render
from service.commands.progress import progress_bar
from service.commands.roster_text import outcome_line
from service.commands.rosters import import_file
from service.commands.running import run_with_runtime
from service.directory.rebuilding import rebuild_index
from service.i18n import current_locale, gettext, translate
from service.runtime import Runtime
from service.settings import Settings

DEMO = Path(__file__).parents[1] / "demo"
_SHOWN = 8  # experts printed for each draft

# Real plans play the part of submitted drafts. The parties are those the papers themselves name; the person is made up.
REQUESTS = (
    MatchRequest(
        file=DEMO / "drafts" / "192-kh-ubnd-2024.docx",
        requester="Sở Khoa học và Công nghệ tỉnh Kiên Giang",
        drafting_bodies=("Sở Khoa học và Công nghệ tỉnh Kiên Giang", "Sở Nội vụ tỉnh Kiên Giang"),
        top=_SHOWN,
    ),
    MatchRequest(
        file=DEMO / "drafts" / "123-kh-ubnd-2021-nuoi-bien.docx",
        requester="Sở Nông nghiệp và Môi trường tỉnh An Giang",
        drafting_bodies=("Chi cục Thủy sản và Kiểm ngư, Sở Nông nghiệp và Môi trường tỉnh An Giang",),
        top=_SHOWN,
        min_abroad=1,
    ),
)
# Matched too, so that the pages have long and foreign-made files to show; not printed.
FURTHER = ("274-kh-ubnd-2022-chuyen-doi-so.doc", "de-an-do-thi-thong-minh.pdf", "03-nq-cp-2025.pdf")


def run_demo(settings: Settings, *, serve: bool, port: int | None) -> None:
    """Import the demo rosters, index, match, print two councils; then serve until stopped."""
    run_with_runtime(settings, _prepare)
    if serve:
        from service.commands.serve import run_serve

        run_serve(settings, port=port)


async def import_demo_rosters(runtime: Runtime) -> None:
    """Through the importer every user has; the people are marked as fictitious."""
    for path in sorted((DEMO / "rosters").glob("*.xlsx")):
        reading = read_roster(path)
        report = await import_file(runtime, reading, hashlib.sha256(path.read_bytes()).hexdigest(), synthetic=True)
        click.echo(f"{path.name}: {outcome_line(report)}")
        if report.problems:
            click.echo(
                "  "
                + gettext("%(count)s remarks on rows; trithuc import shows them.") % {"count": len(report.problems)}
            )


async def _prepare(runtime: Runtime) -> None:
    await import_demo_rosters(runtime)
    with progress_bar(gettext("Indexing"), unit=gettext("experts")) as on_progress:
        await rebuild_index(runtime.sessions, runtime.backend, runtime.embeddings, on_progress)
    if unavailable := runtime.embeddings.unavailable:
        message = gettext("There is no embedder: experts are found by words alone. %(why)s")
        click.echo(message % {"why": translate(unavailable.message, unavailable.details)}, err=True)
    for request in REQUESTS:
        await _match(runtime, request, is_printed=True)
    for name in FURTHER:
        await _match(runtime, MatchRequest(file=DEMO / "drafts" / name), is_printed=False)


async def _match(runtime: Runtime, request: MatchRequest, *, is_printed: bool) -> None:
    try:
        reading = read_draft(request.file)
    except UnreadableDraftError as error:
        click.echo(translate(error.message, dict(error.details)), err=True)
        return
    outcome = await match_file(
        runtime, reading, parse_parties(request), request, now=datetime.now(UTC), is_synthetic=True
    )
    report = build_report(outcome, current_locale.get(), top=request.top)
    if is_printed:
        click.echo(render(report))
    else:
        click.echo(
            gettext("%(file)s: %(themes)s themes, a council of %(size)s; case %(code)s")
            % {
                "file": report.file,
                "themes": len(report.themes),
                "size": len(report.council),
                "code": report.case_code,
            }
        )
