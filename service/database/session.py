"""Engines and sessions. A request or a job is one transaction, committed at that edge."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine


def driver_url(database_url: str) -> str:
    """The address as SQLAlchemy wants it, with the driver named; postgres:// and postgresql:// are both in use."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", database_url)


def make_engine(database_url: str, *, search_path: str | None = None, pool_size: int = 4) -> AsyncEngine:
    """An engine on psycopg 3. `database_url` is a postgresql:// address; `search_path` names schemas, first wins."""
    options = f"-c search_path={search_path}" if search_path else ""
    # A generic plan knows nothing of the text that is searched, so statements are planned anew each time.
    connect_args: dict[str, object] = {"prepare_threshold": None}
    if options:
        connect_args["options"] = options
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=2,
        pool_pre_ping=True,
        connect_args=connect_args,
        hide_parameters=True,  # errors are logged, and people's data must not be
    )


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)
