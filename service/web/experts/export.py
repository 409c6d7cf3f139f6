"""People as a spreadsheet: one line for each, and a second sheet that says what the file is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from litestar import Response

from service.access.policy import Action, Actor, can
from service.directory import labels
from service.directory.countries import country_name
from service.directory.fields import load_field_list
from service.directory.profiles import CONTACT
from service.directory.search_rows import ExpertRow
from service.directory.workbook import Cell, Column, Statements, Table, write_workbook
from service.i18n import N_, current_locale, gettext
from service.web.rendering import OFFICE_ZONE, moment
from service.web.wording import language_name, word

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_COLUMNS = (
    (N_("Full name"), 26),
    (N_("Academic rank"), 13),
    (N_("Degree"), 13),
    (N_("Position"), 24),
    (N_("Organisation"), 34),
    (N_("Province or city"), 16),
    (N_("Country"), 12),
    (N_("Hometown"), 26),
    (N_("Fields of expertise"), 34),
    (N_("Keywords"), 34),
    (N_("Languages"), 16),
    (N_("Takes on"), 18),
    (N_("Availability"), 20),
    (N_("Paused until"), 12),
    (N_("Tasks in hand"), 9),
    (N_("Most tasks"), 9),
    (N_("Newest evidence"), 10),
    (N_("State of the profile"), 22),
    (N_("Confirmed on"), 12),
)
_CONTACT_COLUMNS = ((N_("E-mail"), 26), (N_("Telephone"), 16))
_NOTE_COLUMNS = ((N_("Note"), 40), (N_("Added on"), 12))


def people_columns(actor: Actor, *, with_notes: bool = False) -> list[Column]:
    headings = [*_COLUMNS, *(_CONTACT_COLUMNS if _shows_contact(actor) else ()), *(_NOTE_COLUMNS if with_notes else ())]
    return [Column(gettext(heading), width) for heading, width in headings]


def people_lines(rows: Iterable[ExpertRow], actor: Actor) -> list[list[Cell]]:
    """Without notes: they go to the end of each line."""
    contact = _shows_contact(actor)
    return [_line(row) + ([row.email, row.phone] if contact else []) for row in rows]


def note_cells(note: str, added_at: datetime) -> list[Cell]:
    return [note, _day(added_at)]


async def workbook_response(name: str, sheets: Sequence[Table | Statements]) -> Response[bytes]:
    """`name` in letters that every system can write, without its ending."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    content = await asyncio.to_thread(write_workbook, sheets)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def made_at(now: datetime) -> tuple[str, Cell]:
    return gettext("Made at"), moment(now)


def _shows_contact(actor: Actor) -> bool:
    return can(actor, Action.READ_EXPERT, None, CONTACT)


def _line(row: ExpertRow) -> list[Cell]:
    is_english = current_locale.get() == "en"
    fields = load_field_list()
    return [
        row.full_name,
        word(labels.RANKS, row.academic_rank) if row.academic_rank else None,
        word(labels.DEGREES, row.degree) if row.degree else None,
        row.position,
        row.organisation,
        row.province,
        country_name(row.country),
        row.hometown,
        "; ".join(fields.name(code, english=is_english) for code in row.field_codes),
        "; ".join(row.keywords),
        ", ".join(language_name(code) for code in row.languages),
        ", ".join(word(labels.TASK_KINDS, kind) for kind in row.task_kinds),
        word(labels.AVAILABILITY, row.availability),
        row.paused_until if row.availability == "paused" else None,
        row.open_reviews,
        row.capacity,
        row.latest_year,
        word(labels.STATES, row.state),
        _day(row.confirmed_at),
    ]


def _day(value: datetime | None) -> date | None:
    """On the office's calendar."""
    return value.astimezone(OFFICE_ZONE).date() if value else None
