"""Assemblies: a convenor asks for line-ups, the assembler answers, and a line-up becomes a draft of a coalition.

Nobody is placed: a line-up is a draft that only a convenor sees, and its people decide when they are invited.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions import coalitions
from app.actions.record import change
from app.analysis import assembly as bridge
from app.analysis.assembly import Asked
from app.analysis.coalitions import is_adopted
from app.database import execute, fetch, fetchval
from app.forms import Filled
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid
from app.tables.assemblies import Assembly
from app.tables.coalitions import Coalition
from app.tables.proposals import Proposal
from deliberation.assembler import Assembly as Found
from deliberation.assembly import greedy_line_ups
from deliberation.errors import DeliberationError, TooFewParticipants
from deliberation.phases import Action

AT_WORK = N_("The assembler is at work on this statement already. Its answer will stand on the page.")
TOO_FEW = N_("At least %(needed)s people who would work on this must have left a card; %(found)s have.")
LOST_MINUTES = 15
"""A run that has not answered by then was lost with its worker, and may be asked for anew."""
GONE = N_("Somebody of this line-up has withdrawn in the meantime. Please ask the assembler again.")


async def ask(*, proposal: Proposal, asked: Asked, by: Actor, form: Filled[Any] | None = None) -> Assembly:
    """The assembler has been asked; line-ups found at once are there, and a job looks for the best one."""
    pool = await bridge.read_pool(by.consultation.id, proposal.id, asked, with_unusual=True)
    try:
        quick = await asyncio.to_thread(greedy_line_ups, pool, settings=asked.settings)
    except TooFewParticipants as few:
        raise Invalid(TOO_FEW, field="fewest", **few.parameters) from few
    async with change("assemblies.ask", Action.FORM_COALITION, by=by, form=form) as made:
        if not await is_adopted(by.consultation.id, proposal.id):
            raise Denied(coalitions.NOT_ADOPTED)
        await _refuse_busy(proposal.id)
        seed = by.consultation.seed
        number = await fetchval(
            "select coalesce(max(number), 0) + 1 from assemblies where consultation = $1", by.consultation.id
        )
        run = Assembly(
            consultation=by.consultation.id,
            proposal=proposal.id,
            number=number,
            settings=json.dumps(asked.to_json()),
            seed=seed,
            input_digest=bridge.digest_of(pool, asked, seed=seed),
            quick=json.dumps([bridge.to_json(one) for one in quick]),
            asked_at=made.by.now,
        )
        await run.save()
        await enqueue("assemble", queueing_lock=f"assemble:{run.id}", lock="assemble", assembly_id=str(run.id))
        made.subject, made.outcome = str(number), f"/c/{by.consultation.slug}/assemblies/{number}"
        made.payload = {"statement": proposal.number, "asked": asked.to_json(), "input": run.input_digest}
        return run


async def _refuse_busy(proposal: int) -> None:
    sql = (
        "select true from assemblies where proposal = $1 and status in ('waiting', 'running') "
        "and asked_at > clock_timestamp() - make_interval(mins => $2)"
    )
    if await fetchval(sql, proposal, LOST_MINUTES):
        raise Conflict(AT_WORK)


async def keep_progress(*, assembly: UUID, progress: int) -> None:
    """How much of its time the assembler has used, per cent."""
    await execute(
        "update assemblies set status = 'running', progress = $2 where id = $1 and status in ('waiting', 'running')",
        assembly,
        progress,
    )


async def record(
    *, assembly: Assembly, found: Found | None, problem: DeliberationError | None, digest: str, by: Actor
) -> None:
    """The assembler has answered: with a line-up and its gap, or with the demand that cannot be met."""
    async with change("assemblies.record", Action.FORM_COALITION, by=by, subject=str(assembly.number)) as made:
        told = {} if problem is None else {"demand": "size", **problem.parameters}
        await execute(
            """
            update assemblies set status = $2, progress = 100, found = $3, problem = $4, gap = $5, input_digest = $6,
              done_at = clock_timestamp() where id = $1
            """,
            assembly.id,
            "refused" if found is None else "done",
            json.dumps({} if found is None else bridge.to_json(found.line_up)),
            json.dumps(told),
            None if found is None else found.gap,
            digest,
        )
        made.payload = {"input": digest, "gap": None if found is None else found.gap, "demand": told.get("demand", "")}


async def take_up(
    *, assembly: Assembly, place: int, title: str, by: Actor, form: Filled[Any] | None = None
) -> Coalition:
    """A suggested line-up is the draft of a coalition, and what was suggested stays beside it. Nobody is told yet."""
    async with change("assemblies.take_up", Action.FORM_COALITION, by=by, form=form) as made:
        people = bridge.participants_of(assembly, place)
        offers = await fetch(
            "select id, participant from work_offers where proposal = $1 and participant = any($2::bigint[])",
            assembly.proposal,
            list(people),
        )
        if not people or len(offers) != len(people):
            raise Conflict(GONE)
        coalition = await coalitions.add(
            proposal=assembly.proposal,
            title=title,
            purpose="",
            n_needed=bridge.Asked.from_json(bridge.loaded(assembly.settings)).fewest,
            offers=[row["id"] for row in offers],
            by=made.by,
        )
        await execute(
            """
            insert into line_up_seats (id, coalition, participant)
            select gen_random_uuid(), $1, unnest($2::bigint[])
            """,
            coalition.id,
            list(people),
        )
        made.subject, made.outcome = str(coalition.number), _line_up(by, coalition.number)
        made.payload = {"assembly": assembly.number, "seats": len(people)}
        return coalition


def _line_up(by: Actor, number: int) -> str:
    return f"/c/{by.consultation.slug}/coalitions/{number}/line-up"
