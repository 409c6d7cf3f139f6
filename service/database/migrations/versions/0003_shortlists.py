"""Saved searches, shortlists, and the look-ups behind what the search box suggests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_search",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_saved_search_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_table(
        "shortlist",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_shortlist_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlist")),
        sa.UniqueConstraint("name_key", name=op.f("uq_shortlist_name_key")),
    )
    op.create_table(
        "shortlist_entry",
        sa.Column("shortlist_id", sa.Uuid(), nullable=False),
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shortlist_id"],
            ["shortlist.id"],
            name=op.f("fk_shortlist_entry_shortlist_id_shortlist"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["expert.id"], name=op.f("fk_shortlist_entry_expert_id_expert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("shortlist_id", "expert_id", name=op.f("pk_shortlist_entry")),
    )
    op.create_index(op.f("ix_shortlist_entry_expert_id"), "shortlist_entry", ["expert_id"])
    op.create_index("ix_expert_name_start", "expert", [sa.text('name_fold COLLATE "C"')])
    last_name = sa.text("split_part(name_fold, ' ', '-1'::integer) COLLATE \"C\"")
    op.create_index("ix_expert_last_name_start", "expert", [last_name])


def downgrade() -> None:
    op.drop_index("ix_expert_last_name_start", table_name="expert")
    op.drop_index("ix_expert_name_start", table_name="expert")
    op.drop_table("shortlist_entry")
    op.drop_table("shortlist")
    op.drop_table("saved_search")
