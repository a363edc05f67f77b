"""Looks at the power balance of a consultation: keeps its figures, raises alerts, clears those that are small again."""

from __future__ import annotations

from uuid import UUID

from app import access, queue
from app.actions import alerts


@queue.jobs.task(name="check_power")
async def check_power(*, consultation_id: str) -> None:
    await alerts.check(by=await access.system_actor(UUID(consultation_id)))
