"""Tells moderators, and later convenors, of statements that wait for longer than was promised."""

from __future__ import annotations

from datetime import UTC, datetime

from app import queue
from app.actions import escalations


@queue.jobs.periodic(cron="*/10 * * * *")
@queue.jobs.task(name="escalate", queueing_lock="escalate")
async def escalate(timestamp: int) -> None:
    """Runs once for each ten minutes, however many workers there are: the queue's tables let one of them ask for it."""
    await escalations.escalate(at=datetime.fromtimestamp(timestamp, UTC))
