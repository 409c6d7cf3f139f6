"""One expert as the page shows them: everything known, and where each statement came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.policy import Action, Actor, can, require
from service.database.models import (
    DuplicatePair,
    Employment,
    Evidence,
    Expert,
    ExpertField,
    Place,
    ResearchField,
    SourceRecord,
)
from service.database.models.directory import EvidenceKind, ProfileState
from service.errors import NotFoundError

# Field groups that a reader may be denied although they may read the profile.
CONTACT = "contact"
PERSONAL = "personal"  # sex, year of birth

_EXPERT_ID = bindparam("expert_id", type_=Uuid)  # statements are built once: building one costs more than sending it


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSource:
    """The row of the file that a statement was taken from."""

    file_name: str
    sheet: str
    row: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEvidence:
    kind: EvidenceKind
    kind_text: str | None
    title: str
    text: str | None
    year: int | None
    role: str | None
    coauthors: tuple[str, ...]
    source: ProfileSource | None
    confirmed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    code: str
    name_vi: str
    name_en: str
    is_main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEmployment:
    organisation: str
    position: str | None
    year_from: int | None
    year_to: int | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePlace:
    """What the person wrote; the old commune and the unit it belongs to now, where they are known; else `display`,
    what the gazetteer made of the text."""

    text: str
    display: str | None
    old_name: str | None
    new_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """Someone who may be the same person; `reasons` are codes of labels.DUPLICATE_REASONS."""

    id: UUID
    full_name: str
    organisation: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertProfile:
    """`gender`, `birth_year`, `emails` and `phone` are empty for a reader who may not see them."""

    id: UUID
    external_id: str | None
    full_name: str
    aliases: tuple[str, ...]
    honours: tuple[str, ...]
    academic_rank: str | None
    degree: str | None
    other_titles: tuple[str, ...]
    gender: str | None
    birth_year: int | None
    position: str | None
    organisation: str | None
    country: str | None
    province: str | None
    time_zone: str | None
    months_text: str | None
    hometown: ProfilePlace | None
    residence: ProfilePlace | None
    ties: tuple[str, ...]
    languages: tuple[str, ...]
    keywords: tuple[str, ...]
    biography: str
    emails: tuple[str, ...]
    phone: str | None
    orcid: str | None
    awards: tuple[str, ...]
    is_available: bool
    paused_until: date | None
    load: int
    capacity: int
    last_contacted_at: datetime | None
    state: ProfileState
    is_synthetic: bool
    updated_at: datetime
    fields: tuple[ProfileField, ...]
    evidence: tuple[ProfileEvidence, ...]
    employments: tuple[ProfileEmployment, ...]
    sources: tuple[ProfileSource, ...]
    duplicates: tuple[PossibleDuplicate, ...]

    @property
    def is_abroad(self) -> bool:
        return self.country is not None and self.country != "VN"


_EXPERT = select(Expert.__table__).where(Expert.id == _EXPERT_ID)


async def get_profile(session: AsyncSession, actor: Actor, expert_id: UUID) -> ExpertProfile:
    """Seven statements, however much is known. Raises NotFoundError, NotAllowedError."""
    require(actor, Action.READ_EXPERT)  # before it is told whether there is such a person
    expert = (await session.execute(_EXPERT, {"expert_id": expert_id})).one_or_none()
    if expert is None or expert.state == ProfileState.ERASED:
        raise NotFoundError
    require(actor, Action.READ_EXPERT, expert)
    shows_contact = can(actor, Action.READ_EXPERT, expert, CONTACT)
    shows_personal = can(actor, Action.READ_EXPERT, expert, PERSONAL)
    places = await _places(session, expert)
    return ExpertProfile(
        id=expert.id,
        external_id=expert.external_id,
        full_name=expert.full_name,
        aliases=tuple(expert.aliases),
        honours=tuple(expert.honours),
        academic_rank=expert.academic_rank,
        degree=expert.degree,
        other_titles=tuple(expert.other_titles),
        gender=expert.gender if shows_personal else None,
        birth_year=expert.birth_year if shows_personal else None,
        position=expert.position,
        organisation=expert.organisation_text,
        country=expert.country,
        province=expert.province,
        time_zone=expert.time_zone,
        months_text=expert.months_text,
        hometown=_place(
            places, expert.hometown_text, expert.hometown_display, expert.hometown_legacy_code, expert.hometown_new_code
        ),
        residence=_place(
            places,
            expert.residence_text,
            expert.residence_display,
            expert.residence_legacy_code,
            expert.residence_new_code,
        ),
        ties=tuple(expert.ties),
        languages=tuple(expert.languages),
        keywords=tuple(expert.keywords),
        biography=expert.biography,
        emails=tuple(filter(None, [expert.email, *expert.other_emails])) if shows_contact else (),
        phone=expert.phone if shows_contact else None,
        orcid=expert.orcid,
        awards=tuple(expert.awards),
        is_available=expert.is_available,
        paused_until=expert.paused_until,
        load=expert.open_reviews,
        capacity=expert.capacity,
        last_contacted_at=expert.last_contacted_at,
        state=ProfileState(expert.state),
        is_synthetic=expert.is_synthetic,
        updated_at=expert.updated_at,
        fields=await _fields(session, expert_id),
        evidence=await _evidence(session, expert_id),
        employments=await _employments(session, expert_id),
        sources=await _sources(session, expert_id),
        duplicates=await _duplicates(session, expert_id),
    )


_PLACES = select(
    Place.legacy_code,
    Place.legacy_name,
    Place.legacy_district,
    Place.legacy_province,
    Place.new_code,
    Place.new_name,
    Place.new_province,
).where(
    or_(
        Place.legacy_code == any_(bindparam("legacy", type_=ARRAY(Text))),
        Place.new_code == any_(bindparam("new", type_=ARRAY(Text))),
    )
)


async def _places(session: AsyncSession, expert: Any) -> Sequence[Any]:
    legacy = [code for code in (expert.hometown_legacy_code, expert.residence_legacy_code) if code]
    new = [code for code in (expert.hometown_new_code, expert.residence_new_code) if code]
    return (await session.execute(_PLACES, {"legacy": legacy, "new": new})).all()


def _place(
    places: Sequence[Any], text: str | None, display: str | None, legacy: str | None, new: str | None
) -> ProfilePlace | None:
    if not text:
        return None
    old = next((place for place in places if legacy and place.legacy_code == legacy), None)
    now = old or next((place for place in places if new and place.new_code == new), None)
    return ProfilePlace(
        text=text,
        display=display,
        old_name=_joined(old.legacy_name, old.legacy_district, old.legacy_province) if old else None,
        new_name=_joined(now.new_name, now.new_province) if now else None,
    )


def _joined(*names: str | None) -> str:
    return ", ".join(name for name in names if name)


_FIELDS = (
    select(ExpertField.code, ResearchField.name_vi, ResearchField.name_en, ExpertField.is_main)
    .join(
        ResearchField,
        (ResearchField.edition == ExpertField.edition) & (ResearchField.code == ExpertField.code),
    )
    .where(ExpertField.expert_id == _EXPERT_ID)
    .order_by(ExpertField.is_main.desc(), ExpertField.ordinal, ExpertField.code)
)


async def _fields(session: AsyncSession, expert_id: UUID) -> tuple[ProfileField, ...]:
    rows = await session.execute(_FIELDS, {"expert_id": expert_id})
    return tuple(ProfileField(**row._mapping) for row in rows)


_EVIDENCE = (
    select(
        Evidence.kind,
        Evidence.kind_text,
        Evidence.title,
        Evidence.text,
        Evidence.year,
        Evidence.role,
        Evidence.coauthors,
        Evidence.confirmed_by,
        SourceRecord.file_name,
        SourceRecord.sheet,
        SourceRecord.row,
        SourceRecord.recorded_at,
    )
    .outerjoin(SourceRecord, SourceRecord.id == Evidence.source_record_id)
    .where(Evidence.expert_id == _EXPERT_ID)
    .order_by(Evidence.year.desc().nulls_last(), Evidence.ordinal, Evidence.id)
)


async def _evidence(session: AsyncSession, expert_id: UUID) -> tuple[ProfileEvidence, ...]:
    """Newest first; those without a year last."""
    rows = await session.execute(_EVIDENCE, {"expert_id": expert_id})
    return tuple(
        ProfileEvidence(
            kind=row.kind,
            kind_text=row.kind_text,
            title=row.title,
            text=row.text,
            year=row.year,
            role=row.role,
            coauthors=tuple(row.coauthors),
            confirmed_by=row.confirmed_by,
            source=None if row.file_name is None else _source(row),
        )
        for row in rows
    )


_EMPLOYMENTS = (
    select(
        Employment.organisation_text.label("organisation"),
        Employment.position,
        Employment.year_from,
        Employment.year_to,
        Employment.is_current,
    )
    .where(Employment.expert_id == _EXPERT_ID)
    .order_by(Employment.is_current.desc(), Employment.year_from.desc().nulls_last(), Employment.ordinal)
)


async def _employments(session: AsyncSession, expert_id: UUID) -> tuple[ProfileEmployment, ...]:
    rows = await session.execute(_EMPLOYMENTS, {"expert_id": expert_id})
    return tuple(ProfileEmployment(**row._mapping) for row in rows)


_SOURCES = (
    select(SourceRecord.file_name, SourceRecord.sheet, SourceRecord.row, SourceRecord.recorded_at)
    .where(SourceRecord.expert_id == _EXPERT_ID, SourceRecord.action != "unchanged")
    .order_by(SourceRecord.recorded_at, SourceRecord.id)
)


async def _sources(session: AsyncSession, expert_id: UUID) -> tuple[ProfileSource, ...]:
    rows = await session.execute(_SOURCES, {"expert_id": expert_id})
    return tuple(_source(row) for row in rows)


def _source(row: Any) -> ProfileSource:
    return ProfileSource(file_name=row.file_name, sheet=row.sheet, row=row.row, recorded_at=row.recorded_at)


_OTHER = case((DuplicatePair.first_id == _EXPERT_ID, DuplicatePair.second_id), else_=DuplicatePair.first_id)
_DUPLICATES = (
    select(Expert.id, Expert.full_name, Expert.organisation_text, DuplicatePair.reasons)
    .join(Expert, Expert.id == _OTHER)
    .where(
        or_(DuplicatePair.first_id == _EXPERT_ID, DuplicatePair.second_id == _EXPERT_ID),
        DuplicatePair.state == "open",
    )
    .order_by(Expert.sort_key, Expert.id)
)


async def _duplicates(session: AsyncSession, expert_id: UUID) -> tuple[PossibleDuplicate, ...]:
    rows = await session.execute(_DUPLICATES, {"expert_id": expert_id})
    return tuple(
        PossibleDuplicate(
            id=row.id, full_name=row.full_name, organisation=row.organisation_text, reasons=tuple(row.reasons)
        )
        for row in rows
    )
