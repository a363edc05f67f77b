"""Tells everybody who takes part that the summary has been published."""

from __future__ import annotations

import contextlib
from uuid import UUID

from app import queue
from app.actions import summaries
from app.refusals import Conflict


@queue.jobs.task(name="announce_summary")
async def announce_summary(*, summary_id: str) -> None:
    """Each participant has one message; a second run of the job finds that it was done."""
    with contextlib.suppress(Conflict):
        await summaries.announce(summary_id=UUID(summary_id))
