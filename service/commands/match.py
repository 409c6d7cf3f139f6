"""`trithuc match`: one draft file → themes, ranked experts with evidence, a proposed council."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ingestion.drafts import read_draft
from ingestion.drafts.records import DraftReading, UnreadableDraftError
from service.cases.actions import open_case, read_draft_again
from service.cases.parties import Party
from service.cases.queries import find_case_of_file
from service.commands.match_report import MatchOutcome, build_report
from service.commands.match_text import render
from service.commands.running import run_with_runtime
from service.database.models.cases import PartyRole
from service.errors import BadInputError, UnusableFileError
from service.i18n import N_, current_locale
from service.matching.problem import PanelRules
from service.matching.run import match_case
from service.runtime import Runtime
from service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRequest:
    file: Path
    requester: str | None = None
    drafters: tuple[str, ...] = ()  # "NAME, ORGANISATION"
    drafting_bodies: tuple[str, ...] = ()
    top: int = 20
    panel_size: int = 7
    min_abroad: int = 0
    ocr: bool = False


def run_match(settings: Settings, request: MatchRequest, *, as_json: bool) -> None:
    """Read, match, keep as a case, print. The same file for the same parties is matched again in its old case."""
    parties = parse_parties(request)
    if request.min_abroad > request.panel_size:
        raise BadInputError(
            N_(
                "A council of %(size)s cannot have %(abroad)s members abroad. Ask for a larger council (--panel) or "
                "for fewer members abroad (--min-abroad)."
            ),
            size=request.panel_size,
            abroad=request.min_abroad,
        )
    reading = read_or_refuse(request.file, ocr=request.ocr)

    async def match(runtime: Runtime) -> MatchOutcome:
        return await match_file(runtime, reading, parties, request, now=datetime.now(UTC))

    outcome = run_with_runtime(settings, match)
    report = build_report(outcome, current_locale.get(), top=request.top)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    else:
        click.echo(render(report), nl=False)


def read_or_refuse(path: Path, *, ocr: bool = False) -> DraftReading:
    """The draft, or an error that names the file and says what to do."""
    try:
        return read_draft(path, ocr=ocr)
    except UnreadableDraftError as error:
        raise UnusableFileError(error.message, **error.details) from error


def parse_parties(request: MatchRequest) -> tuple[Party, ...]:
    """Raises BadInputError for a drafter without a name."""
    parties = []
    if request.requester and request.requester.strip():
        parties.append(Party(role=PartyRole.REQUESTER, organisation=request.requester.strip()))
    parties += [
        Party(role=PartyRole.DRAFTING_BODY, organisation=body.strip())
        for body in request.drafting_bodies
        if body.strip()
    ]
    for drafter in request.drafters:
        person, _, organisation = drafter.partition(",")
        if not person.strip():
            raise BadInputError(
                N_(
                    "“%(text)s” names no drafter. Write the name, a comma and the organisation: --drafter "
                    '"Nguyễn Văn A, Trường Đại học Kiên Giang". An organisation alone is a --drafting-body.'
                ),
                text=drafter,
            )
        parties.append(Party(role=PartyRole.DRAFTER, person=person.strip(), organisation=organisation.strip() or None))
    return tuple(parties)


async def match_file(
    runtime: Runtime,
    reading: DraftReading,
    parties: tuple[Party, ...],
    request: MatchRequest,
    *,
    now: datetime,
    is_synthetic: bool = False,
) -> MatchOutcome:
    """Open the case (or take it up again), match its draft, commit both together."""
    rules = PanelRules(size=request.panel_size, min_abroad=request.min_abroad)
    async with runtime.sessions.begin() as session:
        case = await find_case_of_file(session, reading.sha256, parties)
        if case is None:
            case = await open_case(session, reading, parties, now=now, is_synthetic=is_synthetic)
        else:
            draft = next(draft for draft in case.drafts if draft.sha256 == reading.sha256)
            await read_draft_again(session, draft, reading)
        matched = await match_case(
            session, case.id, reading, backend=runtime.backend, embeddings=runtime.embeddings, rules=rules, now=now
        )
        return MatchOutcome(
            reading=reading,
            result=matched.result,
            candidates=matched.candidates,
            case_id=case.id,
            case_code=case.code,
            embedder_id=matched.embedder_id,
            matched_at=now,
        )
