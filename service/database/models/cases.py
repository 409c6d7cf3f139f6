"""Agencies' requests and the drafts that came with them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database.models.base import Base, HasId, HasTimes


class CaseKind(StrEnum):
    CONSULTANCY = "consultancy"  # tư vấn
    REVIEW = "review"  # phản biện
    APPRAISAL = "appraisal"  # giám định xã hội


class PartyRole(StrEnum):
    REQUESTER = "requester"
    DRAFTING_BODY = "drafting_body"
    CONSULTANT = "consultant"
    DRAFTER = "drafter"


class Importance(StrEnum):
    REQUIRED = "required"  # bắt buộc
    DESIRED = "desired"  # nên có


class ReviewCase(HasId, HasTimes, Base):
    """One request (vụ việc). `state` follows domain.md §3.2."""

    __tablename__ = "review_case"

    code: Mapped[str] = mapped_column(unique=True)  # PB-2026-014
    kind: Mapped[CaseKind] = mapped_column(default=CaseKind.REVIEW)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default="choosing_experts")
    wanted_on: Mapped[date | None]
    is_synthetic: Mapped[bool] = mapped_column(default=False)

    parties: Mapped[list[CaseParty]] = relationship(lazy="raise", order_by="CaseParty.ordinal")
    drafts: Mapped[list[Draft]] = relationship(lazy="raise", order_by="Draft.number")


class CaseParty(HasId, Base):
    """A body or a person behind the draft. A drafter has a person's name; the others have none."""

    __tablename__ = "case_party"
    __table_args__ = (CheckConstraint("(role = 'drafter') = (person_name IS NOT NULL)", name="drafter_is_a_person"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_case.id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int] = mapped_column(default=0)
    role: Mapped[PartyRole]
    person_name: Mapped[str | None]
    organisation_text: Mapped[str | None]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))


class Draft(HasId, HasTimes, Base):
    """One version of the text (dự thảo lần n), read from one file."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_case.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)
    file_name: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    title: Mapped[str | None]
    document_number: Mapped[str | None]
    page_count: Mapped[int | None]
    flagged: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)

    passages: Mapped[list[DraftPassageRow]] = relationship(lazy="raise", order_by="DraftPassageRow.ordinal")
    themes: Mapped[list[Theme]] = relationship(lazy="raise", order_by="Theme.ordinal")


class DraftPassageRow(Base):
    """A paragraph of the draft. `left_out` says why it is no evidence of a subject (legal basis, recipients …)."""

    __tablename__ = "draft_passage"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    text: Mapped[str]
    page: Mapped[int | None]
    paragraph: Mapped[int]
    level: Mapped[int | None]
    headings: Mapped[list[str]] = mapped_column(default=list)
    annex: Mapped[str | None]
    left_out: Mapped[str | None]


class Theme(HasId, Base):
    """What must be covered (chủ đề). Weights of a draft's themes sum to 1."""

    __tablename__ = "theme"
    __table_args__ = (
        UniqueConstraint("draft_id", "ordinal"),
        CheckConstraint("weight >= 0 AND weight <= 1", name="weight"),
    )

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    label: Mapped[str]
    label_en: Mapped[str | None]
    weight: Mapped[float]
    importance: Mapped[Importance] = mapped_column(default=Importance.REQUIRED)
    field_codes: Mapped[list[str]] = mapped_column(default=list)
    terms: Mapped[list[str]] = mapped_column(default=list)
    passage_ordinals: Mapped[list[int]] = mapped_column(default=list)
    query_text: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="found")  # found, staff
