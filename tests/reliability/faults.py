"""The faults: the server killed, the database restarted in three ways, a worker killed in the middle of an analysis."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.database import close_pool, connect_to, execute, fetchval, migrate, open_pool
from app.embedded import EmbeddedServer
from app.queue import enqueue
from tests import factories, simulated
from tests.reliability.site import Site, free_port
from tests.reliability.voters import Journal, compare, prepare, vote_all

READY_SECONDS = 5.0
"""A site is back within this; looked at in the long form alone, for a machine that does other things too is slower."""
RETAKEN_SECONDS = 30.0
"""The job of a killed worker has been done by another within this: also looked at in the long form alone."""
GIVE_UP_SECONDS = 150.0
N_CLIENTS = 20


def crash(folder: Path, is_short: bool, chance: random.Random) -> Any:
    """Every process of the server is killed at random moments under load."""
    return _under_load(folder, is_short, chance, n_faults=2 if is_short else 20, fault=_kill)


def database(folder: Path, is_short: bool, chance: random.Random) -> Any:
    """PostgreSQL is stopped in order, stopped at once, and killed, in turn; the server goes on by itself."""
    return _under_load(folder, is_short, chance, n_faults=3 if is_short else 6, fault=_restart)


Fault = Callable[[Site, EmbeddedServer, int], float]


def _kill(site: Site, server: EmbeddedServer, n: int) -> float:
    site.kill()
    return site.start()


def _restart(site: Site, server: EmbeddedServer, n: int) -> float:
    pid = server.pid
    assert pid is not None
    began = time.monotonic()
    os.kill(pid, (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)[n % 3])
    assert server.process is not None
    server.process.wait()
    server.stop()
    server.start()
    while not site.is_ready():
        time.sleep(0.02)
    return time.monotonic() - began


async def _under_load(
    folder: Path, is_short: bool, chance: random.Random, *, n_faults: int, fault: Fault
) -> dict[str, Any]:
    n_votes = 500 if is_short else 5000
    # Nobody may cast more than sixty at once: in the long form each client votes for several people in turn.
    n_voters = N_CLIENTS * (1 if is_short else 6)
    server = EmbeddedServer(folder)
    server.start()
    site = Site(folder.parent, server.url(), port=free_port())
    try:
        voters, numbers = await prepare(server.url(), n_voters=n_voters, n_statements=50)
        site.start()
        voting = asyncio.create_task(
            vote_all(site.base_url, voters, numbers, n_votes, chance.randrange(2**31), n_clients=N_CLIENTS)
        )
        back_after = []
        for n in range(n_faults):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            if voting.done():
                break
            back_after.append(await asyncio.to_thread(fault, site, server, n))
        journal: Journal = await voting
        found = await compare(server.url(), journal)
    finally:
        site.kill()
        server.stop()
    is_met = (
        len(back_after) == n_faults
        and (is_short or max(back_after) <= READY_SECONDS)
        and found["n_acknowledged"] >= n_votes
        and not (found["n_missing"] or found["n_doubled"] or found["n_unknown"])
    )
    return found | {"n_faults": len(back_after), "worst_back_after": round(max(back_after), 2), "is_met": is_met}


async def worker(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """The worker is killed at random moments of freezing a round; in the end there is one frozen analysis, whole."""
    server = EmbeddedServer(folder)
    server.start()
    try:
        results = [await _freeze_with_a_kill(server, folder, chance, n) for n in range(1 if is_short else 3)]
    finally:
        server.stop()
    worst = max(seconds for _, _, seconds in results)
    is_met = all(n_frozen == 1 and n_half == 0 for n_frozen, n_half, _ in results)
    is_met = is_met and (is_short or worst <= RETAKEN_SECONDS)
    return {"n_faults": len(results), "worst_back_after": round(worst, 1), "is_met": is_met}


async def _freeze_with_a_kill(
    server: EmbeddedServer, folder: Path, chance: random.Random, n: int
) -> tuple[int, int, float]:
    """How many frozen analyses there are, how many of them are half, and how long after the kill the one came."""
    connect_to(server.url())
    await open_pool(min_size=1, max_size=4)
    await migrate()
    here = await factories.make_consultation(slug=f"valley{n}")
    await factories.move_to(here, 2)
    await simulated.fill(here, first=1 + n)
    round_id = await fetchval("select id from rounds where consultation = $1 order by number limit 1", here.id)
    # Those of the round's closing, which has been moved, and what was left of the time before.
    await execute("delete from procrastinate_jobs")
    await enqueue("freeze", queueing_lock=f"freeze:{round_id}", lock=f"analyse:{here.id}", round_id=str(round_id))
    site = Site(folder.parent, server.url(), port=0)
    site.start()
    doing = "select count(*) from procrastinate_jobs where task_name = 'freeze' and status = 'doing'"
    while not await fetchval(doing):
        await asyncio.sleep(0.02)
    await asyncio.sleep(chance.uniform(0.0, 3.0))
    site.kill()
    began = time.monotonic()
    site.start()
    frozen = "select count(*) from analyses where round = $1 and kind = 'frozen'"
    try:
        while not await fetchval(frozen, round_id) and time.monotonic() - began < GIVE_UP_SECONDS:
            await asyncio.sleep(0.2)
        seconds = time.monotonic() - began
        # A second one, if there were to be any, would come within this.
        await asyncio.sleep(3)
        n_half = await fetchval(f"{frozen} and landscape::jsonb ->> 'digest' is distinct from digest", round_id)
        return await fetchval(frozen, round_id), n_half, seconds
    finally:
        site.kill()
        await close_pool()
