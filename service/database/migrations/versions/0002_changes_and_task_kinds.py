"""Kinds of task an expert takes; which transaction last changed or deleted an expert, kept by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PARTS = ("expert_field", "evidence")
_EVENTS = {"insert": "new", "update": "new", "delete": "old"}


def upgrade() -> None:
    op.add_column(
        "expert", sa.Column("task_kinds", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("expert", sa.Column("touched", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(op.f("ix_expert_touched"), "expert", ["touched"])
    op.execute(
        """
        CREATE FUNCTION touch_expert() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.touched := pg_current_xact_id()::text::bigint;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER touch_expert BEFORE INSERT OR UPDATE ON expert FOR EACH ROW EXECUTE FUNCTION touch_expert()"
    )
    op.create_table(
        "expert_gone",
        sa.Column("expert_id", sa.Uuid(), nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("expert_id", name=op.f("pk_expert_gone")),
    )
    op.create_index(op.f("ix_expert_gone_touched"), "expert_gone", ["touched"])
    op.execute(
        """
        CREATE FUNCTION note_expert_gone() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO expert_gone VALUES (OLD.id, pg_current_xact_id()::text::bigint)
            ON CONFLICT (expert_id) DO UPDATE SET touched = excluded.touched;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER note_expert_gone AFTER DELETE ON expert FOR EACH ROW EXECUTE FUNCTION note_expert_gone()"
    )
    # One statement for all rows of an import; people touched by this transaction already are left alone.
    op.execute(
        """
        CREATE FUNCTION touch_experts_of_parts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE expert SET touched = 0
            WHERE id IN (SELECT expert_id FROM changed) AND touched <> pg_current_xact_id()::text::bigint;
            RETURN NULL;
        END $$
        """
    )
    for table in _PARTS:
        for event, rows in _EVENTS.items():
            op.execute(
                f"CREATE TRIGGER touch_experts_on_{event} AFTER {event} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION touch_experts_of_parts()"
            )


def downgrade() -> None:
    for table in _PARTS:
        for event in _EVENTS:
            op.execute(f"DROP TRIGGER touch_experts_on_{event} ON {table}")
    op.execute("DROP FUNCTION touch_experts_of_parts()")
    op.execute("DROP TRIGGER note_expert_gone ON expert")
    op.execute("DROP FUNCTION note_expert_gone()")
    op.drop_index(op.f("ix_expert_gone_touched"), table_name="expert_gone")
    op.drop_table("expert_gone")
    op.execute("DROP TRIGGER touch_expert ON expert")
    op.execute("DROP FUNCTION touch_expert()")
    op.drop_index(op.f("ix_expert_touched"), table_name="expert")
    op.drop_column("expert", "touched")
    op.drop_column("expert", "task_kinds")
