"""Messages that a clock causes. Each may run twice or be cut off: what was told is on record with the telling."""

from __future__ import annotations

from datetime import UTC, datetime

from app import queue
from app.actions import messages, notices


@queue.jobs.periodic(cron="*/10 * * * *")
@queue.jobs.task(name="send_notices", queueing_lock="send_notices")
async def send_notices(timestamp: int) -> None:
    """Every ten minutes: rounds that have opened, rounds that close in a day, invitations that wait."""
    await notices.tell_rounds()
    await notices.remind_invited()


@queue.jobs.periodic(cron="5 * * * *")
@queue.jobs.task(name="send_digests", queueing_lock="send_digests")
async def send_digests(timestamp: int) -> None:
    """Every hour: for whom it is morning where they are."""
    await messages.send_digests(at=datetime.fromtimestamp(timestamp, UTC))


@queue.jobs.periodic(cron="0 6 * * 1")
@queue.jobs.task(name="tell_statements", queueing_lock="tell_statements")
async def tell_statements(timestamp: int) -> None:
    """Every Monday: new statements, for whoever asked to hear of them."""
    await notices.tell_statements()
