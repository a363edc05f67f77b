"""Tells everybody who takes part that their summary has been answered."""

from __future__ import annotations

import contextlib
from uuid import UUID

from app import queue
from app.actions import replies
from app.refusals import Conflict


@queue.jobs.task(name="announce_reply")
async def announce_reply(*, reply_id: str) -> None:
    """Each participant has one message; a second run of the job finds that it was done."""
    with contextlib.suppress(Conflict):
        await replies.announce(reply_id=UUID(reply_id))
