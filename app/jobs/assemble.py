"""The assembler in the worker: the best line-up within its time, with progress that the page can ask for."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app import access
from app.actions import assemblies
from app.analysis import assembly as bridge
from app.queue import jobs
from app.tables.assemblies import Assembly
from deliberation.assembler import Assembly as Found
from deliberation.assembler import assemble as solve
from deliberation.errors import DeliberationError, Infeasible, TooFewParticipants

STEP_SECONDS = 1.0


@jobs.task(name="assemble")
async def assemble(*, assembly_id: str) -> None:
    """The assembly has its best line-up and its gap, or the demand that cannot be met; worked out once."""
    run = await Assembly.objects().where(Assembly.id == UUID(assembly_id)).first()
    if run is None or run.status not in ("waiting", "running"):
        return
    by = await access.system_actor(run.consultation)
    asked = bridge.Asked.from_json(bridge.loaded(run.settings))
    pool = await bridge.read_pool(run.consultation, run.proposal, asked, with_unusual=True)
    work = asyncio.create_task(asyncio.to_thread(solve, pool, seed=run.seed, settings=asked.settings))
    found: Found | None = None
    problem: DeliberationError | None = None
    try:
        await _wait(work, run, seconds=asked.settings.seconds)
        found = await work
    except (Infeasible, TooFewParticipants) as refused:
        problem = refused
    digest = bridge.digest_of(pool, asked, seed=run.seed)
    await assemblies.record(assembly=run, found=found, problem=problem, digest=digest, by=by)


async def _wait(work: asyncio.Task[Found], run: Assembly, *, seconds: float) -> None:
    """While the solver runs, the page hears how much of its time has passed."""
    passed = 0.0
    while not work.done():
        await assemblies.keep_progress(assembly=run.id, progress=min(95, 5 + int(90 * passed / max(seconds, 1.0))))
        await asyncio.wait({work}, timeout=STEP_SECONDS)
        passed += STEP_SECONDS
