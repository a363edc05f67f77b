"""Escalation: who is told when statements wait for longer than was promised; each level once for each statement."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions import moderation
from app.actions.record import change
from app.analysis import queue_age
from app.database import fetch
from deliberation.phases import Action, Role

LEVELS = ((1, Role.MODERATOR), (2, Role.CONVENOR))
"""How many times the promised time has passed, and who hears of it then."""
WITH_A_QUEUE = """
select distinct p.consultation from proposals p join consultations c on c.id = p.consultation
where p.status = 'waiting' and c.lifecycle = 'running' order by 1
"""
TOLD = "select proposal, level from escalations where proposal = any($1::int[])"
TELL = """
insert into escalations (id, proposal, level, told_at)
select gen_random_uuid(), one, $2, clock_timestamp() from unnest($1::int[]) as one
on conflict (proposal, level) do nothing returning proposal
"""


async def escalate(*, at: datetime) -> int:
    """Moderators know what waits above the promised time at `at`, convenors what waits above twice of it.

    How many messages were written. A repeated or parallel run tells nobody twice: what was told is on record, in the
    transaction that writes the message.
    """
    n_told = 0
    for row in await fetch(WITH_A_QUEUE):
        by = await access.system_actor(row["consultation"])
        n_told += await _escalate_in(by, at)
    return n_told


async def _escalate_in(by: Actor, at: datetime) -> int:
    n_told = 0
    promised = timedelta(hours=by.consultation.decide_within_hours)
    waiting = await queue_age.owed(by.consultation.id, at)
    told = {(row["proposal"], row["level"]) for row in await fetch(TOLD, [one for one, _, _ in waiting])}
    for level, role in LEVELS:
        late = [one for one, _, age in waiting if age > level * promised]
        if [one for one in late if (one, level) not in told]:
            n_told += await _tell(by, level, role, late)
    return n_told


async def _tell(by: Actor, level: int, role: Role, late: list[int]) -> int:
    """One message to each, about all that became late since the last one."""
    async with change("escalations.tell", Action.MODERATE, by=by, subject=role.value) as made:
        new = await fetch(TELL, late, level)
        made.payload = {"level": level, "statements": len(new)}
        if not new:
            return 0
        accounts: list[UUID] = await moderation.staff_of(by.consultation.id, role)
        await emails.send_to(
            accounts,
            "queue_late",
            by.consultation,
            n=len(new),
            hours=level * by.consultation.decide_within_hours,
            level=level,
        )
        return len(accounts)
