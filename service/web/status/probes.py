"""What programs that watch over the service ask: whether the process answers, and whether it can do its work."""

from __future__ import annotations

import asyncio
import logging

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from service.database.migrate import newest_version

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 5.0
_VERSION = text("SELECT version_num FROM alembic_version")
_WANTED = newest_version()


@get("/health", name="health", sync_to_thread=False)
def health() -> Response[str]:
    """The process answers. Asks nothing else, so that a database that is away is no reason to restart it."""
    return _say("ok", 200)


@get("/ready", name="ready")
async def ready(sessions: NamedDependency[async_sessionmaker[AsyncSession]]) -> Response[str]:
    """The database answers and is at the version of this program; else 503. A search index that is away is no reason
    to turn people away: they are found by words in the database."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), sessions() as session:
            version = await session.scalar(_VERSION)
    except (SQLAlchemyError, OSError) as error:  # a TimeoutError is an OSError
        logger.warning("Not ready: %s", type(error).__name__)
        return _say("the database does not answer", 503)
    if version != _WANTED:
        return _say(f"the database is at version {version} and not at {_WANTED}", 503)
    return _say("ok", 200)


def _say(what: str, status: int) -> Response[str]:
    return Response(what + "\n", status_code=status, media_type=MediaType.TEXT)
