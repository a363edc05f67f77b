"""What a server needs before it is given visitors: looked at whenever a balancer asks, at most once a second."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from app.database import NoDatabase, fetchval, pending_migrations
from app.settings import get_settings
from deliberation.snapshots import public_key_of

log = structlog.get_logger("plenary")

SECONDS_KEPT = 1.0
"""A crowd that asks costs the database no more than one visitor."""
MAX_CLOCK_SECONDS = 2.0
LEAST_FREE = {True: 0.10, False: 0.01}
"""Free part of the disk, in production and elsewhere; a developer's full disk is their own affair."""
# It is written and flushed like any transaction, without a table of its own; a replica refuses it.
PROBE = "select pg_logical_emit_message(true, 'plenary', 'ready')"
AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, NoDatabase)
_told: tuple[float, tuple[str, ...]] | None = None


async def missing() -> tuple[str, ...]:
    """The names of what is missing, empty where everything is there."""
    global _told
    if _told is None or time.monotonic() - _told[0] > SECONDS_KEPT:
        found = tuple([name for name, holds in CHECKS.items() if not await _holds(holds)])
        if found and (_told is None or found != _told[1]):
            log.warning("not_ready", missing=list(found))
        _told = (time.monotonic(), found)
    return _told[1]


async def _holds(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await check()
    except AWAY:
        return False


async def _database() -> bool:
    """A transaction that writes is committed."""
    await fetchval(PROBE)
    return True


async def _migrations() -> bool:
    return not await pending_migrations()


async def _disk() -> bool:
    settings = get_settings()
    usage = shutil.disk_usage(settings.data_dir)
    return usage.free >= LEAST_FREE[settings.is_production] * usage.total


async def _signing_key() -> bool:
    """It signs, and the files that keys came from are there and, in production, nobody else's to read."""
    settings = get_settings()
    modes = [file.stat().st_mode for file in settings.key_files]
    return bool(public_key_of(settings.signing_key)) and not (settings.is_production and any(m & 0o007 for m in modes))


async def _clock() -> bool:
    """The database's clock, which decides, and this machine's differ by no more than two seconds and the time asked."""
    before = now()
    theirs: datetime = await fetchval("select clock_timestamp()")
    slack = timedelta(seconds=MAX_CLOCK_SECONDS)
    return before - slack <= theirs <= now() + slack


def now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


CHECKS: dict[str, Callable[[], Awaitable[bool]]] = {
    "database": _database,
    "migrations": _migrations,
    "disk": _disk,
    "signing key": _signing_key,
    "clock": _clock,
}
