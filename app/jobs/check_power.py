"""Looks at the power balance of a consultation: keeps its figures, raises alerts, clears those that are small again."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app import access, queue
from app.actions import alerts
from app.jobs.apart import apart
from app.tables.participants import Participant

MANY = 5_000
"""Participants from which a look takes longer than a process takes to start: it has one of its own, as the evidence for
groups has, so that the refresh that asked for it is not followed by a slower one."""


@queue.jobs.task(name="check_power")
async def check_power(*, consultation_id: str) -> None:
    by = await access.system_actor(UUID(consultation_id))
    n = await Participant.n_in(by.consultation.id)
    await alerts.check(run=apart if n >= MANY else asyncio.to_thread, by=by)
