"""What changes a person in the directory, one at a time. Each change is indexed by a job of the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ingestion.cleaning.names import parse_name
from service.database.models import Expert
from service.database.models.directory import ProfileState
from service.database.queue import defer
from service.directory.labels import FIELD_LABELS
from service.directory.linking import place_values
from service.directory.people import name_values
from service.directory.places import load_gazetteer
from service.errors import BadInputError, ConflictError, NotFoundError
from service.i18n import N_, gettext

# What a person may edit; keys, links and states follow from it or have actions of their own.
EDITABLE = frozenset(
    {
        "full_name",
        "aliases",
        "gender",
        "birth_year",
        "degree",
        "academic_rank",
        "other_titles",
        "honours",
        "position",
        "organisation_text",
        "organisation_id",
        "organisation_kind",
        "country",
        "province",
        "time_zone",
        "months_in_vietnam",
        "months_text",
        "hometown_text",
        "residence_text",
        "ties",
        "languages",
        "keywords",
        "biography",
        "email",
        "other_emails",
        "phone",
        "orcid",
        "awards",
        "note",
        "open_reviews",
        "capacity",
    }
)


class StaleExpertError(ConflictError):
    """`details["field"]`, `theirs` and `yours` name the first value that two people changed differently."""

    message = N_(
        "Someone else changed %(name)s in the meantime. %(field)s is now “%(theirs)s”; you wrote “%(yours)s”. "
        "Look at the profile again and save what should stand."
    )


async def update_expert(session: AsyncSession, expert_id: UUID, *, version: int, changes: Mapping[str, Any]) -> Expert:
    """Save what a person edited; `version` is that of the profile they saw.

    Names and places bring their derived columns along. Raises NotFoundError, BadInputError for a column that cannot be
    edited, and StaleExpertError when the profile has changed since.
    """
    if unknown := sorted(set(changes) - EDITABLE):
        raise BadInputError(N_("%(field)s cannot be edited."), field=", ".join(unknown))
    expert = await _get_for_update(session, expert_id)
    if expert.version != version:
        column = next((name for name, value in changes.items() if getattr(expert, name) != value), None)
        if column is None:
            return expert  # both wrote the same
        raise StaleExpertError(
            name=expert.full_name,
            field=gettext(FIELD_LABELS.get(column, column)),
            theirs=getattr(expert, column),
            yours=changes[column],
        )
    values = _with_derived(changes)
    if all(getattr(expert, name) == value for name, value in values.items()):
        return expert
    for name, value in values.items():
        setattr(expert, name, value)
    await _save(session, expert)
    return expert


async def set_availability(
    session: AsyncSession, expert_id: UUID, *, is_available: bool, paused_until: date | None = None
) -> Expert:
    """Whether someone takes reviews now. A pause with a date ends by itself on that day."""
    expert = await _get_for_update(session, expert_id)
    if (expert.is_available, expert.paused_until) != (is_available, paused_until):
        expert.is_available = is_available
        expert.paused_until = paused_until
        await _save(session, expert)
    return expert


async def _get_for_update(session: AsyncSession, expert_id: UUID) -> Expert:
    expert = await session.scalar(
        select(Expert)
        .where(Expert.id == expert_id, Expert.state != ProfileState.ERASED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if expert is None:
        raise NotFoundError
    return expert


async def _save(session: AsyncSession, expert: Expert) -> None:
    expert.version += 1
    expert.updated_at = datetime.now(UTC)
    await session.flush()
    await defer(session, "index_experts", expert_ids=[str(expert.id)])


def _with_derived(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Sort key and folded name follow the name; codes and display follow the text of a place."""
    values = dict(changes)
    if "full_name" in values:
        name = parse_name(values["full_name"])
        if not name.full_name:
            raise BadInputError(N_("The name is missing."))
        values |= name_values(
            name.full_name,
            family_name=name.family_name,
            middle_name=name.middle_name,
            given_name=name.given_name,
        )
    for prefix in ("hometown", "residence"):
        if f"{prefix}_text" in values:
            text = values[f"{prefix}_text"]
            values |= place_values(prefix, text, load_gazetteer().link(text))
    return values
