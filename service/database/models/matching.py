"""What a match computed, kept with the versions that computed it, and the panel proposed from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.database.models.base import Base, HasId
from service.database.models.directory import Expert


class AffinityRun(HasId, Base):
    """One match of one draft. Old runs stay explainable after the scoring or the model changes."""

    __tablename__ = "affinity_run"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    scoring_version: Mapped[str]
    embedder_id: Mapped[str | None]
    index_version: Mapped[str | None]
    expert_count: Mapped[int]
    ran_at: Mapped[datetime]
    notices: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # results.Notice: message, details
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # results.LeftOut, best first


class AffinityRow(Base):
    """One expert's fit to one theme, or to the whole draft (theme ordinal -1). `pairs` are results.PassagePair as JSON;
    rows of people in conflict are kept too, so that staff can see what was lost."""

    __tablename__ = "affinity"
    __table_args__ = (CheckConstraint("score BETWEEN 0 AND 1", name="score_in_range"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("affinity_run.id", ondelete="CASCADE"), primary_key=True)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True)
    theme_ordinal: Mapped[int] = mapped_column(primary_key=True)  # -1: the whole draft
    score: Mapped[float]
    band: Mapped[str | None]  # very_suitable, suitable, possible
    pairs: Mapped[list[dict[str, Any]]] = mapped_column(default=list)


class ConflictRow(HasId, Base):
    """A reason to keep an expert from a case. Potential until a person confirms or dismisses it, unless certain."""

    __tablename__ = "conflict"
    __table_args__ = (
        CheckConstraint("severity IN ('hard', 'soft')", name="severity"),
        CheckConstraint("state IN ('certain', 'potential', 'confirmed', 'dismissed', 'waived')", name="state"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_case.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("affinity_run.id", ondelete="CASCADE"))
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]  # drafter, same_organisation, coauthor, interest, former_employer, school, home_commune …
    severity: Mapped[str]
    state: Mapped[str]
    message: Mapped[str]  # English sentence to translate
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Panel(HasId, Base):
    """The council proposed from one run. `plan` is results.AssignmentPlan as JSON."""

    __tablename__ = "panel"
    __table_args__ = (UniqueConstraint("run_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("affinity_run.id", ondelete="CASCADE"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("review_case.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(default="proposed")
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)

    assignments: Mapped[list[ReviewerAssignment]] = relationship(lazy="raise", order_by="ReviewerAssignment.ordinal")


class ReviewerAssignment(HasId, Base):
    """One expert proposed for one panel. Nobody is told until the office invites them."""

    __tablename__ = "reviewer_assignment"
    __table_args__ = (
        UniqueConstraint("panel_id", "expert_id"),
        CheckConstraint("affinity_score BETWEEN 0 AND 1", name="affinity_in_range"),
    )

    panel_id: Mapped[UUID] = mapped_column(ForeignKey("panel.id", ondelete="CASCADE"))
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"), index=True)
    ordinal: Mapped[int]
    role: Mapped[str]  # chair, secretary, reviewer (ủy viên phản biện), member
    state: Mapped[str] = mapped_column(default="proposed")
    affinity_score: Mapped[float]
    theme_ordinals: Mapped[list[int]] = mapped_column(default=list)

    expert: Mapped[Expert] = relationship(lazy="raise")
