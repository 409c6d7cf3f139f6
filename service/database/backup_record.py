"""What is remembered of backups, in the database they are made of: the last one, and the last that failed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.database.models.base import uuid7

_NAME = "last_backup"
_READ = "SELECT value FROM setting WHERE name = 'last_backup' AND valid_from IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRecord:
    """`failed_at` is later than `finished_at` when the last try failed, and `reason` says why: a message to translate,
    with its `details`."""

    finished_at: datetime | None = None
    file: str | None = None
    size_bytes: int | None = None
    failed_at: datetime | None = None
    reason: str | None = None
    details: dict[str, str] = field(default_factory=dict)

    @property
    def has_failed_since(self) -> bool:
        return self.failed_at is not None and (self.finished_at is None or self.failed_at > self.finished_at)


async def find_backup(session: AsyncSession) -> BackupRecord:
    value = await session.scalar(text(_READ))
    return BackupRecord() if value is None else msgspec.convert(value, BackupRecord)


def read_backup(connection: psycopg.Connection[Any]) -> BackupRecord:
    row = connection.execute(_READ).fetchone()
    return BackupRecord() if row is None else msgspec.convert(row[0], BackupRecord)


def note_backup(database_url: str, **changes: Any) -> None:
    """Change some of what is remembered; a try that fails leaves the last good one in the record."""
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        value = json.dumps(msgspec.to_builtins(replace(read_backup(connection), **changes)))
        connection.execute(
            "INSERT INTO setting (id, name, value) VALUES (%s, %s, %s::jsonb) "
            "ON CONFLICT (name, valid_from) DO UPDATE SET value = excluded.value",
            [uuid7(), _NAME, value],
        )
