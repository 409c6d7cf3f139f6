"""Experts, what proves their expertise, and where each statement came from."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database.models.base import Base, HasId, HasTimes


class ProfileState(StrEnum):
    """domain.md §4: Nháp → Chờ xác nhận → Chờ duyệt → Công khai / Nội bộ → Tạm ẩn → Lưu trữ → Đã xóa."""

    DRAFT = "draft"
    UNCONFIRMED = "unconfirmed"
    PENDING = "pending"
    PUBLIC = "public"
    INTERNAL = "internal"
    HIDDEN = "hidden"
    ARCHIVED = "archived"
    ERASED = "erased"


class EvidenceKind(StrEnum):
    PUBLICATION = "publication"  # bài báo, sách, tham luận, luận án
    PROJECT = "project"  # đề tài, dự án
    CONSULTANCY = "consultancy"  # báo cáo tư vấn
    PATENT = "patent"  # sáng chế, giải pháp hữu ích, giống mới
    INITIATIVE = "initiative"  # sáng kiến
    AWARD = "award"
    REVIEW = "review"  # phản biện đã làm
    TEACHING = "teaching"
    BIOGRAPHY = "biography"
    OTHER = "other"


class Expert(HasId, HasTimes, Base):
    """A person in the directory. Place columns come in two groups, hometown_* and residence_*: text as given, edition
    of the list it was found in ("legacy" before 1 July 2025, "new" since), codes, and how exact it is."""

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="birth_year"),
        CheckConstraint("open_reviews >= 0 AND capacity >= 0", name="load"),
        Index("ix_expert_name_fold", "name_fold"),
        Index("ix_expert_sort_key", "sort_key", "id"),
        # Names that begin so, in any language of the database.
        Index("ix_expert_name_start", text('name_fold COLLATE "C"')),
        Index("ix_expert_last_name_start", text("split_part(name_fold, ' ', '-1'::integer) COLLATE \"C\"")),
    )

    version: Mapped[int] = mapped_column(default=1)
    external_id: Mapped[str | None] = mapped_column(unique=True)  # the office's own code
    full_name: Mapped[str]
    family_name: Mapped[str] = mapped_column(default="")
    middle_name: Mapped[str] = mapped_column(default="")
    given_name: Mapped[str] = mapped_column(default="")
    name_fold: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))  # service/directory/names.py
    aliases: Mapped[list[str]] = mapped_column(default=list)
    gender: Mapped[str | None]
    birth_year: Mapped[int | None]
    degree: Mapped[str | None]
    academic_rank: Mapped[str | None]
    other_titles: Mapped[list[str]] = mapped_column(default=list)
    honours: Mapped[list[str]] = mapped_column(default=list)
    position: Mapped[str | None]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    organisation_text: Mapped[str | None]
    organisation_kind: Mapped[str | None]
    country: Mapped[str | None] = mapped_column(default="VN")  # ISO 3166-1 alpha-2
    province: Mapped[str | None]
    time_zone: Mapped[str | None]
    months_in_vietnam: Mapped[list[int]] = mapped_column(default=list)
    months_text: Mapped[str | None]
    hometown_text: Mapped[str | None]
    hometown_edition: Mapped[str | None]
    hometown_legacy_code: Mapped[str | None]
    hometown_new_code: Mapped[str | None]
    hometown_precision: Mapped[str | None]  # commune, district, province
    hometown_display: Mapped[str | None]
    residence_text: Mapped[str | None]
    residence_edition: Mapped[str | None]
    residence_legacy_code: Mapped[str | None]
    residence_new_code: Mapped[str | None]
    residence_precision: Mapped[str | None]
    residence_display: Mapped[str | None]
    ties: Mapped[list[str]] = mapped_column(default=list)  # hometown, studied, worked, working, family, project
    languages: Mapped[list[str]] = mapped_column(default=list)
    task_kinds: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))  # labels.TASK_KINDS
    keywords: Mapped[list[str]] = mapped_column(default=list)
    biography: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(index=True)
    other_emails: Mapped[list[str]] = mapped_column(default=list)
    phone: Mapped[str | None]
    orcid: Mapped[str | None] = mapped_column(unique=True)
    awards: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str | None]
    is_available: Mapped[bool] = mapped_column(default=True)
    paused_until: Mapped[date | None]
    open_reviews: Mapped[int] = mapped_column(default=0)
    capacity: Mapped[int] = mapped_column(default=3)
    last_contacted_at: Mapped[datetime | None]
    state: Mapped[ProfileState] = mapped_column(default=ProfileState.UNCONFIRMED)
    visibility: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field group → "public" | "internal"
    confirmed_at: Mapped[datetime | None]
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    # The number of the transaction that last changed the row or what is searched with it; written by triggers. Whoever
    # keeps a copy of many rows asks for those changed since (service/directory/columns.py).
    touched: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), index=True)

    fields: Mapped[list[ExpertField]] = relationship(lazy="raise", order_by="ExpertField.ordinal")
    evidence: Mapped[list[Evidence]] = relationship(lazy="raise", order_by="Evidence.ordinal")
    employments: Mapped[list[Employment]] = relationship(lazy="raise", order_by="Employment.ordinal")


class ExpertGone(Base):
    """Experts whose rows were deleted, and by which transaction; written by a trigger, for copies of many rows."""

    __tablename__ = "expert_gone"

    expert_id: Mapped[UUID] = mapped_column(primary_key=True)
    touched: Mapped[int] = mapped_column(BigInteger, index=True)


class ExpertField(Base):
    __tablename__ = "expert_field"

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True)
    edition: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, index=True)
    is_main: Mapped[bool] = mapped_column(default=False)
    ordinal: Mapped[int] = mapped_column(default=0)


class Employment(HasId, Base):
    """Where someone works or worked; the years may be unknown. The current one repeats in `expert` for speed."""

    __tablename__ = "employment"

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int] = mapped_column(default=0)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    organisation_text: Mapped[str]
    position: Mapped[str | None]
    year_from: Mapped[int | None]
    year_to: Mapped[int | None]
    is_current: Mapped[bool] = mapped_column(default=True)


class Evidence(HasId, HasTimes, Base):
    """A work or task that proves expertise (minh chứng)."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("expert_id", "kind", "title_fold", "year", postgresql_nulls_not_distinct=True),)

    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int] = mapped_column(default=0)
    kind: Mapped[EvidenceKind]
    kind_text: Mapped[str | None]
    title: Mapped[str]
    title_fold: Mapped[str]
    text: Mapped[str | None]  # abstract or description
    year: Mapped[int | None]
    role: Mapped[str | None]
    coauthors: Mapped[list[str]] = mapped_column(default=list)
    source_record_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_record.id", ondelete="SET NULL"))
    confirmed_by: Mapped[str | None]


class ImportRun(HasId, Base):
    """One file imported once; how its columns were understood and what became of its rows."""

    __tablename__ = "import_run"

    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SourceRecord(HasId, Base):
    """One row of one file, and what it changed: enough to undo it and to say where a statement came from."""

    __tablename__ = "source_record"

    import_run_id: Mapped[UUID] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str]
    sheet: Mapped[str]
    row: Mapped[int]
    content_hash: Mapped[str] = mapped_column(index=True)  # of the cleaned record: the same row twice changes nothing
    expert_id: Mapped[UUID | None] = mapped_column(ForeignKey("expert.id", ondelete="SET NULL"), index=True)
    action: Mapped[str]  # created, updated, unchanged
    raw: Mapped[dict[str, Any]] = mapped_column(default=dict)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)  # values of the columns it changed, and added row ids
    recorded_at: Mapped[datetime]


class DuplicatePair(HasId, Base):
    """Two records that may be one person, for a person to decide. `first_id` < `second_id`."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (UniqueConstraint("first_id", "second_id"), CheckConstraint("first_id < second_id", name="order"))

    first_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"))
    second_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), index=True)
    reasons: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(default="open")  # open, merged, different
    found_at: Mapped[datetime]
