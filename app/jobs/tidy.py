"""Deletes what is older than the table of what is kept allows."""

from __future__ import annotations

from app import queue
from app.actions import retention


@queue.jobs.periodic(cron="23 * * * *")
@queue.jobs.task(name="tidy", queueing_lock="tidy")
async def tidy(timestamp: int) -> None:
    """Runs once each hour, however many workers there are; a second run finds nothing more."""
    await retention.tidy()
