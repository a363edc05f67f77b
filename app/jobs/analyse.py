"""Analyses in the worker: live ones while people vote, frozen ones when a round has closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from uuid import UUID

from app import access
from app.access import Actor
from app.actions import analyses, news, votes
from app.analysis import landscape as bridge
from app.analysis import searches
from app.analysis.exclusions import left_out
from app.analysis.results_units import organisation_rows
from app.database import fetchval, now
from app.jobs.apart import apart
from app.queue import enqueue, jobs
from app.refusals import Conflict
from app.tables.participants import Participant
from app.tables.rounds import Round
from deliberation.errors import DeliberationError
from deliberation.phases import Phase

if TYPE_CHECKING:
    from deliberation.landscape import Evidence, Landscape

P = ParamSpec("P")
T = TypeVar("T")
DEFAULT_PLACES = 8
LARGE = 100_000
"""Votes from which reading them all takes longer than a blink: from here on a packed copy is kept beside them."""
APART = 20_000
"""Votes from which the evidence takes longer than a process takes to start: it has one of its own, and a low priority,
so that no refresh in this worker takes turns with it. Live ones do not wait for it: they keep the groups found last."""
AT_ONCE = 2
"""Live searches for groups at the same time: fewer than a worker has places for jobs, so that refreshes find one."""
LOOK_SECONDS = 2.0


@jobs.task(name="analyse")
async def analyse(*, consultation_id: str) -> None:
    """The consultation has a live analysis of the votes until now.

    Of few votes, groups are looked for in a second step. Of many, the groups found last are kept, and others looked for
    beside it.
    """
    by = await access.system_actor(UUID(consultation_id))
    given = await bridge.read_input(by.consultation, await now())
    if given is not None and given.votes.n_votes < APART:
        await _run(by, given, kind="live", round_id=None, size=DEFAULT_PLACES)
    elif given is not None:
        await _refresh(by, given)


async def analyse_now(consultation_id: UUID) -> None:
    """The same with the evidence for groups, however many votes there are."""
    by = await access.system_actor(consultation_id)
    given = await bridge.read_input(by.consultation, await now())
    if given is not None:
        await _run(by, given, kind="live", round_id=None, size=DEFAULT_PLACES)


@jobs.task(name="look_for_groups")
async def look_for_groups(*, consultation_id: str) -> None:
    """Groups have been looked for on about the votes of now, and the next live analysis keeps them."""
    by = await access.system_actor(UUID(consultation_id))
    given = await bridge.read_input(by.consultation, await now())
    if given is None:
        return
    before = await searches.latest(by.consultation.id)
    if before is not None and before.serves(given) and not before.is_old(given):
        return  # asked for while the one before was at it
    earlier = await bridge.previous_landscape(by.consultation.id) if before is None else None
    # A search that lends its letters is not kept for that: in a long round there are hundreds.
    previous_id, previous = earlier or (None, before.landscape if before else None)
    found = await _found(by, given, "search", "full", previous)
    if found is not None and await _is_recorded(by, given, found, "search", previous_id):
        await votes.ask_for_analysis(by)


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
        by = await access.system_actor(item.consultation)
        given = await bridge.read_input(by.consultation, item.closes_at)
        if given is not None:
            await _run(by, given, kind="frozen", round_id=item.id, size=places or DEFAULT_PLACES)


async def _run(by: Actor, given: bridge.Input, *, kind: str, round_id: UUID | None, size: int) -> None:
    """A quick analysis, then one with the evidence for groups; a frozen one with the slate as well."""
    before = await bridge.previous_landscape(by.consultation.id, before=round_id)
    previous_id, previous = before if before else (None, None)
    steps: tuple[Evidence, ...] = ("quick", "full")
    for evidence in steps:
        if await _is_on_record(kind, evidence, round_id):
            continue
        found = await _found(by, given, kind, evidence, previous)
        if found is None:
            return
        more: dict[str, Any] = {"round_id": round_id}
        if kind == "frozen" and evidence == "full":
            chosen = await _done(given, bridge.choose, given, found, seed=by.consultation.seed, size=size)
            more |= {"slate": chosen.record, "holdings": chosen.holdings.to_bytes(), "noise": chosen.noise}
            more["whole"] = await _of_everybody(by, given, previous, size=size) if given.excluded else None
        if not await _is_recorded(by, given, found, kind, previous_id, **more):
            return
    await _pack(by, given)


async def _refresh(by: Actor, given: bridge.Input) -> None:
    """A live analysis with the groups of the latest search; where there is none yet, with the map alone."""
    search = await searches.latest(by.consultation.id)
    if search is not None and not search.serves(given):
        search = None
    before = (search.id, search.landscape) if search else await bridge.previous_landscape(by.consultation.id)
    previous_id, previous = before or (None, None)
    found = await _found(by, given, "live", "kept" if search else "quick", previous)
    if found is not None and await _is_recorded(by, given, found, "live", previous_id):
        if search is None or search.is_old(given):
            await _ask_for_groups(by.consultation.id)
        await _pack(by, given)


async def _is_recorded(
    by: Actor, given: bridge.Input, found: Landscape, kind: str, previous: UUID | None, **more: Any
) -> bool:
    """Stores the analysis; False where the round was extended meanwhile, or votes were left out or cast: each of these
    has asked for another one."""
    try:
        await analyses.record(
            landscape=found,
            kind=kind,
            votes_until=given.until,
            previous=previous,
            n_participants=await Participant.n_in(by.consultation.id),
            excluded=given.excluded,
            organisations=await organisation_rows(by.consultation.id, given.votes),
            by=by,
            **{"round_id": None, **more},
        )
    except Conflict:
        return False
    return True


async def _pack(by: Actor, given: bridge.Input) -> None:
    if given.votes.n_votes >= LARGE:
        await votes.pack(by=by)


async def _found(
    by: Actor, given: bridge.Input, kind: str, evidence: Evidence, previous: Landscape | None
) -> Landscape | None:
    """The landscape of the votes. None where there are too few people or statements for any: the page says so, and
    the next votes try again. None too where the search was overtaken."""
    seed = by.consultation.seed
    try:
        if evidence != "full":
            return await asyncio.to_thread(bridge.compute, given, seed=seed, evidence=evidence, previous=previous)
        work = _done(given, bridge.compute, given, seed=seed, evidence=evidence, previous=previous)
        return await (_unless_overtaken(by.consultation.id, given, work) if kind == "search" else work)
    except DeliberationError:
        return None


async def _ask_for_groups(consultation_id: UUID) -> None:
    """One search waits for each consultation, behind whatever is quick."""
    await enqueue(
        "look_for_groups",
        queueing_lock=f"groups:{consultation_id}",
        lock=f"groups:{consultation_id.int % AT_ONCE}",
        priority=-1,
        consultation_id=str(consultation_id),
    )


async def _done(given: bridge.Input, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What the work comes to, which is long where there are many votes."""
    return await (apart if given.votes.n_votes >= APART else asyncio.to_thread)(work, *args, **kwargs)


async def _unless_overtaken(consultation_id: UUID, given: bridge.Input, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work comes to; None, and it is ended, once what it finds could not be kept any more."""
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_SECONDS))[0]:
            is_overtaken = await analyses.is_overtaken(consultation_id, "search", given.until)
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
