"""Reference data shipped with the product: field lists, places, organisations, synonyms; all dated or versioned."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.database.models.base import Base, HasId


class ResearchField(HasId, Base):
    """One line of a field list. `edition` names the list ("qd12-2008"); level is 1, 2 or 3."""

    __tablename__ = "research_field"
    __table_args__ = (UniqueConstraint("edition", "code"), CheckConstraint("level BETWEEN 1 AND 4", name="level"))

    edition: Mapped[str]
    code: Mapped[str]
    parent_code: Mapped[str | None]
    level: Mapped[int]
    name_vi: Mapped[str]
    name_en: Mapped[str]


class ResearchFieldTopic(HasId, Base):
    """A subject line under a level-3 field: seed text for matching."""

    __tablename__ = "research_field_topic"

    edition: Mapped[str]
    code: Mapped[str] = mapped_column(index=True)
    ordinal: Mapped[int]
    topic_vi: Mapped[str]


class FieldRule(HasId, Base):
    """Subjects the official list has no entry for (du lịch, chuyển đổi số …) → its codes; the office may edit them."""

    __tablename__ = "field_rule"

    phrase: Mapped[str] = mapped_column(unique=True)
    codes: Mapped[list[str]]


class Place(HasId, Base):
    """A commune of the old province and the unit it became; a unit with no legacy code is new."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("legacy_code"),)

    legacy_code: Mapped[str | None]
    legacy_name: Mapped[str | None]
    legacy_district: Mapped[str | None]
    legacy_province: Mapped[str | None]
    new_code: Mapped[str] = mapped_column(index=True)
    new_name: Mapped[str]
    new_province: Mapped[str]
    changed_on: Mapped[date | None]


class Organisation(HasId, Base):
    """A body with the dates of its name. `parent_name` is the wider body; see service/directory/organisations.py."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("name", "valid_from", postgresql_nulls_not_distinct=True),)

    name: Mapped[str]
    short_name: Mapped[str | None]
    kind: Mapped[str]
    locality: Mapped[str | None]
    parent_name: Mapped[str | None]
    valid_from: Mapped[str | None]  # ISO date, or the year alone, as the source gives it
    valid_to: Mapped[str | None]
    is_reference: Mapped[bool] = mapped_column(default=True)


class OrganisationSuccession(Base):
    """Who took over from whom; one body may have several successors and several predecessors."""

    __tablename__ = "organisation_succession"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    successor_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)


class Synonym(HasId, Base):
    __tablename__ = "synonym"
    __table_args__ = (UniqueConstraint("term", "expansion"),)

    term: Mapped[str]
    expansion: Mapped[str]


class Setting(HasId, Base):
    """A value of the office with validity dates: its name, province, capital, code in document numbers …"""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("name", "valid_from", postgresql_nulls_not_distinct=True),)

    name: Mapped[str]
    value: Mapped[dict[str, Any]]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
