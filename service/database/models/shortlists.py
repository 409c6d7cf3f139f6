"""What staff keep of their searches: the searches themselves, and lists of people with notes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from service.database.models.base import Base, HasId, HasTimes

LONGEST_NAME = 200  # characters, of a list or a kept search


class SavedSearch(HasId, HasTimes, Base):
    """A search under a name. `query` is what follows the question mark of its address: it says all of it."""

    __tablename__ = "saved_search"
    __table_args__ = (CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),)

    name: Mapped[str]
    query: Mapped[str]
    made_by: Mapped[str]  # who, as access/policy.py calls them


class Shortlist(HasId, HasTimes, Base):
    """A named list of people. `updated_at` also tells when somebody was last added or taken off."""

    __tablename__ = "shortlist"
    __table_args__ = (CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),)

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)  # the name but for its capitals
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)  # of name and note
    made_by: Mapped[str]


class ShortlistEntry(Base):
    """One person on a list."""

    __tablename__ = "shortlist_entry"

    shortlist_id: Mapped[UUID] = mapped_column(ForeignKey("shortlist.id", ondelete="CASCADE"), primary_key=True)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id", ondelete="CASCADE"), primary_key=True, index=True)
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)  # of the note
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    added_by: Mapped[str]
