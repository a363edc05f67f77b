"""A respond round in the worker: its lot is drawn when it opens, and its answers are counted when it has closed."""

from __future__ import annotations

import contextlib
from uuid import UUID

from app import access, queue
from app.actions import responses
from app.database import now
from app.refusals import Conflict
from app.tables.rounds import Round


@queue.jobs.task(name="draw_sample")
async def draw_sample(*, round_id: str) -> None:
    """A sample is drawn and invited where there are too many to count on every answer; then the count is asked for."""
    item = await Round.objects().where(Round.id == UUID(round_id)).first()
    if item is None:
        return
    if item.opens_at > await now():
        await responses.ask_for_draw(item)
        return
    with contextlib.suppress(Conflict):
        await responses.draw(item=item, by=await access.system_actor(item.consultation))
    await responses.ask_for_count(item)


@queue.jobs.task(name="settle_responses")
async def settle_responses(*, round_id: str) -> None:
    """The answers are counted; a round that was extended meanwhile is waited for."""
    item = await Round.objects().where(Round.id == UUID(round_id)).first()
    if item is None:
        return
    if item.closes_at > await now():
        await responses.ask_for_count(item)
        return
    with contextlib.suppress(Conflict):
        await responses.settle(item=item, by=await access.system_actor(item.consultation))
