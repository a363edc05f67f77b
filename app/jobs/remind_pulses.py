"""Asks partners whose pulse is due, once for each period, and only while their budget of time for reports lasts."""

from __future__ import annotations

from app import access, queue
from app.actions import pulses
from app.database import fetch

CONSULTATIONS = """
select distinct c.consultation from coalitions c join commitments m on m.coalition = c.id
join consultations k on k.id = c.consultation
where c.status = 'formed' and m.status = 'made' and k.lifecycle in ('running', 'published')
"""


@queue.jobs.periodic(cron="0 7 * * *")
@queue.jobs.task(name="remind_pulses", queueing_lock="remind_pulses")
async def remind_pulses(timestamp: int) -> None:
    """Runs each morning; a second run finds that everybody was asked."""
    for row in await fetch(CONSULTATIONS):
        await pulses.remind(by=await access.system_actor(row["consultation"]))
