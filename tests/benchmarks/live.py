"""A new vote on the open page: from the moment it is sent until the page shows an analysis that counts it.

Everything in between is the real thing: the commit, the pause for further votes, a worker in a process of its own, the
reading, the default method, the record, and the fragment of the page. Beside it runs what the vote before has set off:
the look at the balance of power, and for the first votes the search for groups, both in processes of their own; the
later ones find groups that are kept. 10,000 people; 100,000 with SCALE=1M, where it takes at most 5 seconds on a
machine that does nothing else.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.conversations import Log, simulated
from tests.benchmarks.measuring import Row
from tests.benchmarks.peers import Differs

MOST_SECONDS = 5.0
N_VOTES_SENT = 3
"""Beside the first search for groups, and as many once there are groups to keep."""
LATEST = """
select n_votes, votes_until, evidence from analyses where consultation = $1 and kind = 'live'
order by votes_until desc limit 1
"""
BUSY = "select exists(select from procrastinate_jobs where status in ('todo', 'doing') and task_name = 'analyse')"
SEARCHING = "select exists(select from procrastinate_jobs where status = 'doing' and task_name = 'look_for_groups')"
PARTS = """
select landscape::json ->> 'timings' from analyses where consultation = $1 and kind = 'live'
order by votes_until desc limit 1
"""


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    log = simulated(100_000 if scale == "1M" else 10_000, 1_000, 50, seed=1)
    with tempfile.TemporaryDirectory(prefix="plenary-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the server's own user must reach its data
        os.environ |= {"PLENARY_DATA_DIR": folder, "PLENARY_BASE_URL": "https://127.0.0.1:8000"}
        from app.embedded import EmbeddedServer

        server = EmbeddedServer(Path(folder))
        url = server.start()
        os.environ["DATABASE_URL"] = url
        try:
            seen, parts = asyncio.run(_measured(url, log))
        finally:
            server.stop()
    beside, kept = ([one for one in seen if one.evidence == evidence] for evidence in ("quick", "kept"))
    if not beside or len(kept) < N_VOTES_SENT:
        raise Differs("no vote came beside the search for groups, or groups that were found are lost")
    seconds = median(one.seconds for one in kept)
    figures: dict[str, Any] = {
        "the same, while groups are first looked for": median(one.seconds for one in beside),
        "seconds by step": _steps(kept),
        "the same, while groups are first looked for, by step": _steps(beside),
        "seconds by part of the analysis": parts,
        "load of the machine, of how many processors": f"{os.getloadavg()[0]:.1f} of {os.cpu_count()}",
    }
    name = f"{log.name}: a new vote on the page"
    yield Row("live", name, "5 seconds", seconds, MOST_SECONDS, MOST_SECONDS / seconds, aim=1.0, figures=figures)


def _steps(seen: list[Seen]) -> str:
    """Medians of some votes, step by step."""
    return ", ".join(f"{name} {median(one.steps[name] for one in seen):.2f}" for name in seen[0].steps)


@dataclass(frozen=True)
class Seen:
    """How long one vote took to the page, altogether and step by step, and whether it found groups there."""

    seconds: float
    evidence: str
    steps: dict[str, float]


async def _measured(url: str, log: Log) -> tuple[list[Seen], str]:
    """Seconds from each vote to the page, first beside a search for groups, and what parts of the analysis took."""
    import httpx

    from app.actions import votes
    from app.database import close_pool, connect_to, fetchval, migrate, now, open_pool
    from app.main import create_app
    from deliberation.disclosure import Attribution
    from tests import factories
    from tests.benchmarks.goal_9_loading import fill
    from tests.cast import signed_in

    connect_to(url)
    await open_pool(is_patient=True)
    await migrate()
    here = await factories.make_consultation(attribution=Attribution.OPEN, slug="live")
    dana = await factories.join("dana", here)
    await fill(url, log, here.id, cast_at=await now())
    worker = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "worker"], stdout=subprocess.DEVNULL
    )
    application: Any = create_app()
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1:8000") as client:
            page = await signed_in(client, "dana")
            await votes.pack(by=dana)  # as the analysis before would have done
            await _vote(page, here, 1)
            seen = []
            numbers = count(2)
            while await fetchval(BUSY) or not await fetchval(SEARCHING):
                await asyncio.sleep(0.2)
            while len(seen) < N_VOTES_SENT and await fetchval(SEARCHING):
                seen.append(await _vote(page, here, next(numbers)))
            while await fetchval(BUSY) or await fetchval(SEARCHING):
                await asyncio.sleep(0.2)
            seen += [await _vote(page, here, next(numbers)) for _ in range(N_VOTES_SENT)]
        parts = await fetchval(PARTS, here.id)
    finally:
        worker.kill()
        worker.wait()
        await close_pool()
    return seen, str(parts)


async def _vote(page: Any, here: Any, number: int) -> Seen:
    """From sending a participant's vote on a statement to the page that counts it."""
    from app.actions import votes
    from app.database import fetchrow
    from app.tables.proposals import Proposal
    from deliberation.votes import Choice
    from tests import factories

    proposal = await Proposal.objects().where((Proposal.consultation == here.id) & (Proposal.number == number)).first()
    assert proposal is not None
    before = await fetchrow(LATEST, here.id)
    # As a request would find them: the pause for further votes is counted from its moment.
    voter = await factories.actor("dana", here)
    clock, began = time.time(), time.perf_counter()
    await votes.cast(proposal=proposal, choice=Choice.AGREE, by=voter)
    while True:
        after = await fetchrow(LATEST, here.id)
        if after is not None and (before is None or after["n_votes"] > before["n_votes"]):
            break
        await asyncio.sleep(0.02)
    stored = time.perf_counter() - began
    answer = await page.get("/en/c/live/results", headers={"hx-request": "true"})
    seconds = time.perf_counter() - began
    if answer.status_code != 200 or (before is not None and after["n_votes"] != before["n_votes"] + 1):
        raise Differs(f"the page answers {answer.status_code}")
    started = after["votes_until"].timestamp() - clock
    steps = {"until the job reads": started, "until it is stored": stored - started, "page": seconds - stored}
    return Seen(seconds, after["evidence"], steps)
