"""Rows of the directory → documents of the search index, in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from search.documents import ExpertDocument
from service.database.models import Employment, Evidence, Expert, ExpertField, Organisation
from service.database.models.directory import ProfileState
from service.directory.chunks import WorkText, evidence_chunks
from service.directory.countries import country_name
from service.directory.fields import load_field_list
from service.directory.labels import DEGREES, RANKS
from service.directory.places import load_gazetteer
from service.i18n import gettext

# What filters and counts go by. Values are codes, but for places, which go by the present name.
FACETS = (
    "field_group",  # level 1 of the field list
    "field",  # level 2
    "degree",
    "rank",
    "organisation_kind",
    "location",  # vietnam, abroad
    "country",
    "province",
    "unit",  # present commune, ward or special zone of the hometown or residence in An Giang
    "tie",  # labels.TIES, and "any"
    "language",
    "availability",  # available, paused, full
    "state",
)
NEVER_INDEXED = (ProfileState.ARCHIVED, ProfileState.ERASED)

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
    Expert.keywords,
    Expert.biography,
    Expert.email,
    Expert.other_emails,
    Expert.orcid,
    Expert.external_id,
    Expert.state,
    Expert.open_reviews,
    Expert.capacity,
    (Expert.is_available & (Expert.paused_until.is_(None) | (Expert.paused_until <= func.current_date()))).label(
        "is_ready"
    ),
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
        identifiers=_present(expert.orcid, expert.external_id, expert.email, *expert.other_emails),
        organisations=_present(
            expert.organisation_text, expert.organisation_name, expert.organisation_short_name, *employers
        ),
        fields=_present(*(field_list.name(code, english=english) for code in all_codes for english in (False, True))),
        keywords=tuple(expert.keywords),
        places=_places(expert),
        biography=expert.biography,
        chunks=evidence_chunks(
            works=works, biography=expert.biography, keywords=expert.keywords, position=expert.position
        ),
        facets=_facets(expert, list(all_codes)),
        version=expert.version,
    )


def _titles(expert: Any) -> tuple[str, ...]:
    words = [
        gettext(labels[code], locale)
        for labels, code in ((RANKS, expert.academic_rank), (DEGREES, expert.degree))
        if code in labels
        for locale in ("vi", "en")
    ]
    return _present(*expert.honours, expert.academic_rank, expert.degree, *expert.other_titles, *words)


def _places(expert: Any) -> tuple[str, ...]:
    return _present(
        expert.province,
        country_name(expert.country, "vi"),
        country_name(expert.country, "en"),
        expert.hometown_text,
        expert.hometown_display,
        expert.residence_text,
        expert.residence_display,
    )


def _facets(expert: Any, codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    codes = list(codes)
    values = {
        "field_group": tuple(code for code in codes if len(code) == 1),
        "field": tuple(code for code in codes if len(code) == 3),
        "degree": _present(expert.degree),
        "rank": _present(expert.academic_rank),
        "organisation_kind": _present(expert.organisation_kind),
        "location": location(expert.country),
        "country": _present(expert.country),
        "province": present_province(expert.province, expert.country),
        "unit": _units(expert),
        "tie": (*expert.ties, "any") if expert.ties else (),
        "language": tuple(expert.languages),
        "availability": (availability(expert.is_ready, expert.open_reviews, expert.capacity),),
        "state": (str(expert.state),),
    }
    return {name: value for name, value in values.items() if value}


def location(country: str | None) -> tuple[str, ...]:
    """Where someone lives: ("vietnam",), ("abroad",), or () when that is not known."""
    if country is None:
        return ()
    return ("vietnam",) if country == "VN" else ("abroad",)


def availability(is_ready: bool, open_reviews: int, capacity: int) -> str:
    """labels.AVAILABILITY: whether someone can be invited now, and if not, why."""
    if not is_ready:
        return "paused"
    return "full" if open_reviews >= capacity else "available"


def present_province(province: str | None, country: str | None) -> tuple[str, ...]:
    """The name that a province has now: Tiền Giang → Đồng Tháp. Provinces of other countries as they are written."""
    if not province:
        return ()
    link = load_gazetteer().find_province(province) if country in (None, "VN") else None
    return (link.new_province,) if link else (province,)


def _units(expert: Any) -> tuple[str, ...]:
    gazetteer = load_gazetteer()
    return _present(
        gazetteer.new_unit_of(expert.hometown_legacy_code, expert.hometown_new_code, expert.hometown_precision),
        gazetteer.new_unit_of(expert.residence_legacy_code, expert.residence_new_code, expert.residence_precision),
    )


def _present(*values: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
