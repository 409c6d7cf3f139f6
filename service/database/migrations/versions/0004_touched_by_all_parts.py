"""Everything that a profile is searched by touches it; names are sorted byte by byte on any server."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OLD_PARTS = ("expert_field", "evidence")
_NEW_PART = "employment"
_EVENTS = {"insert": "NEW TABLE AS changed", "delete": "OLD TABLE AS changed"}


def upgrade() -> None:
    op.execute('ALTER TABLE expert ALTER COLUMN sort_key TYPE text COLLATE "C"')
    # What is moved from one person to another touches both.
    op.execute(
        """
        CREATE FUNCTION touch_experts_of_moved_parts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE expert SET touched = 0
            WHERE id IN (SELECT expert_id FROM changed UNION SELECT expert_id FROM former)
                AND touched <> pg_current_xact_id()::text::bigint;
            RETURN NULL;
        END $$
        """
    )
    for table in _OLD_PARTS:
        op.execute(f"DROP TRIGGER touch_experts_on_update ON {table}")
    for table in (*_OLD_PARTS, _NEW_PART):
        op.execute(
            f"CREATE TRIGGER touch_experts_on_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS former "
            "NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION touch_experts_of_moved_parts()"
        )
    for event, rows in _EVENTS.items():
        op.execute(
            f"CREATE TRIGGER touch_experts_on_{event} AFTER {event} ON {_NEW_PART} "
            f"REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION touch_experts_of_parts()"
        )
    op.execute(
        """
        CREATE FUNCTION touch_experts_of_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE expert SET touched = 0
            WHERE organisation_id = NEW.id AND touched <> pg_current_xact_id()::text::bigint;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER touch_experts AFTER UPDATE ON organisation FOR EACH ROW "
        "WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch_experts_of_organisation()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER touch_experts ON organisation")
    op.execute("DROP FUNCTION touch_experts_of_organisation()")
    for event in _EVENTS:
        op.execute(f"DROP TRIGGER touch_experts_on_{event} ON {_NEW_PART}")
    for table in (*_OLD_PARTS, _NEW_PART):
        op.execute(f"DROP TRIGGER touch_experts_on_update ON {table}")
    op.execute("DROP FUNCTION touch_experts_of_moved_parts()")
    for table in _OLD_PARTS:
        op.execute(
            f"CREATE TRIGGER touch_experts_on_update AFTER UPDATE ON {table} "
            "REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION touch_experts_of_parts()"
        )
    op.execute("ALTER TABLE expert ALTER COLUMN sort_key TYPE text")
