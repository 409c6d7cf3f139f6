"""Rows of the directory → documents of the search index, in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from search.documents import ExpertDocument
from service.database.models import Employment, Evidence, Expert, ExpertField, Organisation
from service.directory.chunks import WorkText, evidence_chunks
from service.directory.countries import country_name
from service.directory.facets import NEVER_SHOWN, facet_codes, present
from service.directory.fields import load_field_list
from service.directory.labels import DEGREES, RANKS
from service.i18n import gettext

NEVER_INDEXED = NEVER_SHOWN

_COLUMNS = (
    Expert.id,
    Expert.version,
    Expert.full_name,
    Expert.sort_key,
    Expert.aliases,
    Expert.degree,
    Expert.academic_rank,
    Expert.other_titles,
    Expert.honours,
    Expert.position,
    Expert.organisation_text,
    Expert.organisation_kind,
    Expert.country,
    Expert.province,
    Expert.hometown_text,
    Expert.hometown_legacy_code,
    Expert.hometown_new_code,
    Expert.hometown_precision,
    Expert.hometown_display,
    Expert.residence_text,
    Expert.residence_legacy_code,
    Expert.residence_new_code,
    Expert.residence_precision,
    Expert.residence_display,
    Expert.ties,
    Expert.languages,
    Expert.task_kinds,
    Expert.keywords,
    Expert.biography,
    Expert.email,
    Expert.other_emails,
    Expert.orcid,
    Expert.external_id,
    Expert.state,
    Organisation.name.label("organisation_name"),
    Organisation.short_name.label("organisation_short_name"),
)


async def build_documents(session: AsyncSession, expert_ids: Sequence[UUID]) -> list[ExpertDocument]:
    """In the order of ids; people who are not there, archived or erased are left out. Four statements."""
    ids = list(expert_ids)
    experts = {
        row.id: row
        for row in await session.execute(
            select(*_COLUMNS)
            .outerjoin(Organisation, Organisation.id == Expert.organisation_id)
            .where(Expert.id.in_(ids), Expert.state.not_in(NEVER_INDEXED))
        )
    }
    fields: dict[UUID, list[str]] = defaultdict(list)
    for expert_id, code in await session.execute(
        select(ExpertField.expert_id, ExpertField.code)
        .where(ExpertField.expert_id.in_(ids))
        .order_by(ExpertField.expert_id, ExpertField.ordinal)
    ):
        fields[expert_id].append(code)
    works: dict[UUID, list[WorkText]] = defaultdict(list)
    for row in await session.execute(
        select(
            Evidence.expert_id,
            Evidence.id,
            Evidence.kind,
            Evidence.title,
            Evidence.text,
            Evidence.year,
            Evidence.coauthors,
        )
        .where(Evidence.expert_id.in_(ids))
        .order_by(Evidence.expert_id, Evidence.ordinal, Evidence.id)
    ):
        works[row.expert_id].append(
            WorkText(
                id=row.id,
                kind=str(row.kind),
                title=row.title,
                text=row.text,
                year=row.year,
                coauthors=tuple(row.coauthors),
            )
        )
    employers: dict[UUID, list[str]] = defaultdict(list)
    for expert_id, name in await session.execute(
        select(Employment.expert_id, Employment.organisation_text)
        .where(Employment.expert_id.in_(ids))
        .order_by(Employment.expert_id, Employment.ordinal)
    ):
        employers[expert_id].append(name)
    return [
        _document(experts[id_], fields[id_], works[id_], employers[id_]) for id_ in dict.fromkeys(ids) if id_ in experts
    ]


def _document(expert: Any, codes: Sequence[str], works: Sequence[WorkText], employers: Sequence[str]) -> ExpertDocument:
    field_list = load_field_list()
    all_codes = dict.fromkeys(code for own in codes for code in field_list.ancestors(own))
    return ExpertDocument(
        id=expert.id,
        full_name=expert.full_name,
        sort_key=expert.sort_key,
        aliases=tuple(expert.aliases),
        titles=_titles(expert),
        identifiers=present(expert.orcid, expert.external_id, expert.email, *expert.other_emails),
        organisations=present(
            expert.organisation_text, expert.organisation_name, expert.organisation_short_name, *employers
        ),
        fields=present(*(field_list.name(code, english=english) for code in all_codes for english in (False, True))),
        keywords=tuple(expert.keywords),
        places=_places(expert),
        biography=expert.biography,
        chunks=evidence_chunks(
            works=works, biography=expert.biography, keywords=expert.keywords, position=expert.position
        ),
        facets={name: values for name, values in facet_codes(expert, codes).items() if values},
        version=expert.version,
    )


def _titles(expert: Any) -> tuple[str, ...]:
    words = [
        gettext(labels[code], locale)
        for labels, code in ((RANKS, expert.academic_rank), (DEGREES, expert.degree))
        if code in labels
        for locale in ("vi", "en")
    ]
    return present(*expert.honours, expert.academic_rank, expert.degree, *expert.other_titles, *words)


def _places(expert: Any) -> tuple[str, ...]:
    return present(
        expert.province,
        country_name(expert.country, "vi"),
        country_name(expert.country, "en"),
        expert.hometown_text,
        expert.hometown_display,
        expert.residence_text,
        expert.residence_display,
    )
