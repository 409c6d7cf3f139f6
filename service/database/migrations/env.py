"""Run by Alembic. Always online, on the connection that service.database.migrate hands over."""

from __future__ import annotations

from alembic import context

from service.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table_schema=context.config.attributes["schema"],
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
