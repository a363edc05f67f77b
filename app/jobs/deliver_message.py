"""Hands one message of the outbox to the mail server."""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext, RetryStrategy

from app import emails, queue
from app.actions import messages

# After about 1, 1.5, 3, 11 and 53 minutes: a mail server may be restarting, or be away for a while.
RETRY = RetryStrategy(max_attempts=6, wait=60, exponential_wait=5)


@queue.jobs.task(name="deliver_message", retry=RETRY, pass_context=True)
async def deliver_message(context: JobContext, *, message_id: str) -> None:
    try:
        await emails.deliver(UUID(message_id))
    except Exception:
        if context.job is not None and RETRY.max_attempts is not None and context.job.attempts >= RETRY.max_attempts:
            await messages.give_up(UUID(message_id))
        raise
