"""The demo: three believable consultations, five people to sign in as, and nothing that belongs on a real server."""

from __future__ import annotations

from collections.abc import Callable

from app.database import fetchval
from app.settings import DEMO_ACCOUNTS

FIRST_SLUG = "partnerships-that-deliver"


async def is_seeded() -> bool:
    """Whether this database holds the demo."""
    return bool(await fetchval("select true from consultations where slug = $1", FIRST_SLUG))


async def seed(progress: Callable[[str, float], None]) -> None:
    """The demo's consultations are there, all or none; a second call changes nothing.

    `progress` is told what is being done and what share of the work is behind.
    """
    if await is_seeded():
        progress("Ready", 1.0)
        return
    progress("Setting the scene", 0.0)
    # Names, statistics and the actions take a second to import, which a seeded demo does not need.
    from app.demo.seeding import seed_all

    await seed_all(progress)


__all__ = ["DEMO_ACCOUNTS", "is_seeded", "seed"]
