"""Analyses in the worker: live ones while people vote, frozen ones when a round has closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar
from uuid import UUID

from app import access
from app.access import Actor
from app.actions import analyses, news, votes
from app.analysis import landscape as bridge
from app.analysis.exclusions import left_out
from app.analysis.results_units import organisation_rows
from app.database import fetchval, now
from app.jobs.apart import apart
from app.queue import enqueue, jobs
from app.refusals import Conflict
from app.tables.rounds import Round
from deliberation.errors import DeliberationError
from deliberation.phases import Phase

if TYPE_CHECKING:
    from deliberation.landscape import Landscape

P = ParamSpec("P")
T = TypeVar("T")
Evidence = Literal["quick", "full"]
DEFAULT_PLACES = 8
LARGE = 100_000
"""Votes from which reading them all takes longer than a blink: from here on a packed copy is kept beside them, and
the evidence for groups, which takes minutes, does not hold up the next map."""
APART = 20_000
"""Votes from which the evidence takes longer than a process takes to start: it has one of its own, and a low priority,
so that no refresh in this worker takes turns with it."""
AT_ONCE = 2
"""Live searches for groups at the same time: fewer than a worker has places for jobs, so that refreshes find one."""
QUIET = timedelta(seconds=10)
"""How long a search waits for more votes: a newer map ends it, and where votes never pause it would never end."""
LOOK_SECONDS = 2.0


@jobs.task(name="analyse")
async def analyse(*, consultation_id: str) -> None:
    """The consultation has a live analysis of the votes until now; groups are looked for in a second step."""
    await _run(UUID(consultation_id), kind="live", round_id=None, until=await now(), size=DEFAULT_PLACES)


@jobs.task(name="look_for_groups")
async def look_for_groups(*, consultation_id: str) -> None:
    """The large consultation has a live analysis with the evidence for groups, while others refresh its map."""
    await _run(
        UUID(consultation_id), kind="live", round_id=None, until=await now(), size=DEFAULT_PLACES, steps=("full",)
    )


@jobs.task(name="freeze")
async def freeze(*, round_id: str) -> None:
    """The closed round has its analysis, of exactly the votes before its close; made once.

    A closed respond round has none: its authors hear whether their slate was adopted.
    """
    # Held for a moment: a vote in flight at the close holds the row too, and is committed before it is let go.
    await fetchval("select true from rounds where id = $1 for update", UUID(round_id))
    item = await Round.objects().where(Round.id == UUID(round_id)).first()
    if item is None or item.phase not in {Phase.PROPOSE, Phase.RESPOND}:
        return
    if item.closes_at > await now():
        await enqueue("freeze", queueing_lock=f"freeze:{item.id}", schedule_at=item.closes_at, round_id=round_id)
        return
    if item.phase == Phase.RESPOND:
        await news.ask_soon("tell_news", item.consultation)
        return
    done = await fetchval("select 1 from analyses where round = $1 and kind = 'frozen' and evidence = 'full'", item.id)
    if done is None:
        places = await fetchval(
            "select (settings ->> 'n_places')::int from rounds where consultation = $1 and phase = 'curate' "
            "and number > $2 order by number limit 1",
            item.consultation,
            item.number,
        )
        await _run(
            item.consultation, kind="frozen", round_id=item.id, until=item.closes_at, size=places or DEFAULT_PLACES
        )


async def _run(
    consultation_id: UUID,
    *,
    kind: str,
    round_id: UUID | None,
    until: datetime,
    size: int,
    steps: Sequence[Evidence] = ("quick", "full"),
) -> None:
    by = await access.system_actor(consultation_id)
    given = await bridge.read_input(by.consultation, until)
    if given is None:
        return
    n_participants = await fetchval("select count(*) from participants where consultation = $1", consultation_id)
    before = await bridge.previous_landscape(consultation_id, before=round_id)
    previous_id, previous = before if before else (None, None)
    is_large = given.votes.n_votes >= LARGE
    for evidence in steps:
        if await _is_on_record(kind, evidence, round_id):
            continue
        found = await _found(by, given, kind, evidence, previous)
        if found is None:
            return
        chosen, whole = None, None
        if kind == "frozen" and evidence == "full":
            chosen = await _done(given, bridge.choose, given, found, seed=by.consultation.seed, size=size)
            whole = await _of_everybody(by, given, previous, size=size) if given.excluded else None
        try:
            await analyses.record(
                landscape=found,
                kind=kind,
                round_id=round_id,
                votes_until=given.until,
                previous=previous_id,
                n_participants=n_participants,
                slate=chosen.record if chosen else None,
                holdings=chosen.holdings.to_bytes() if chosen else None,
                noise=chosen.noise if chosen else None,
                excluded=given.excluded,
                whole=whole,
                organisations=await organisation_rows(consultation_id, given.votes),
                by=by,
            )
        except Conflict:
            # The round was extended meanwhile, votes were left out or cast: each has asked for another analysis.
            return
        if kind == "live" and is_large and evidence == "quick":
            await _ask_for_groups(consultation_id)
            break
    if is_large:
        await votes.pack(by=by)


async def _found(
    by: Actor, given: bridge.Input, kind: str, evidence: Evidence, previous: Landscape | None
) -> Landscape | None:
    """The landscape of the votes. None where there are too few people or statements for any: the page says so, and
    the next votes try again. None too where the search was overtaken."""
    seed = by.consultation.seed
    try:
        if evidence == "quick":
            return await asyncio.to_thread(bridge.compute, given, seed=seed, evidence=evidence, previous=previous)
        work = _done(given, bridge.compute, given, seed=seed, evidence=evidence, previous=previous)
        return await (_unless_overtaken(by.consultation.id, given, work) if kind == "live" else work)
    except DeliberationError:
        return None


async def _ask_for_groups(consultation_id: UUID) -> None:
    """One search waits for each consultation, behind whatever is quick."""
    await enqueue(
        "look_for_groups",
        queueing_lock=f"groups:{consultation_id}",
        lock=f"groups:{consultation_id.int % AT_ONCE}",
        priority=-1,
        schedule_at=await now() + QUIET,
        consultation_id=str(consultation_id),
    )


async def _done(given: bridge.Input, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What the work comes to, which is long where there are many votes."""
    return await (apart if given.votes.n_votes >= APART else asyncio.to_thread)(work, *args, **kwargs)


async def _unless_overtaken(consultation_id: UUID, given: bridge.Input, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work comes to; None, and it is ended, once what it found could not be shown any more."""
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_SECONDS))[0]:
            is_overtaken = await analyses.is_overtaken(consultation_id, given.until)
            if is_overtaken or given.excluded != await left_out(consultation_id):
                return None
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _of_everybody(by: Actor, given: bridge.Input, previous: Landscape | None, *, size: int) -> dict[str, Any]:
    """What the round comes to with the votes that were left out: stored beside what counts."""
    everybody = await bridge.read_input(by.consultation, given.until, whole=True)
    assert everybody is not None
    seed = by.consultation.seed
    found = await _done(everybody, bridge.compute, everybody, seed=seed, evidence="full", previous=previous)
    chosen = await _done(everybody, bridge.choose, everybody, found, seed=seed, size=size)
    return {"landscape": found.to_json(), "slate": chosen.record}


async def _is_on_record(kind: str, evidence: str, round_id: UUID | None) -> bool:
    """Whether this step of a frozen analysis was recorded before: a repeated job goes on where the last one stopped."""
    return kind == "frozen" and await fetchval(
        "select exists(select from analyses where kind = 'frozen' and round = $1 and evidence = $2)", round_id, evidence
    )
