"""Hands one message of the outbox to the mail server."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy

from app import emails, queue

# After about 1, 1.5, 3, 11 and 53 minutes: a mail server may be restarting, or be away for a while.
RETRY = RetryStrategy(max_attempts=6, wait=60, exponential_wait=5)


@queue.jobs.task(name="deliver_message", retry=RETRY)
async def deliver_message(*, message_id: str) -> None:
    await emails.deliver(UUID(message_id))
