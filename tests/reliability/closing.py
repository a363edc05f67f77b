"""A round closes while votes arrive at two servers whose own clocks are wrong: the database's clock decides."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from app.database import close_pool, connect_to, execute, fetch, fetchrow, fetchval, open_pool
from app.embedded import EmbeddedServer
from app.queue import enqueue
from tests.reliability.site import Site, free_port
from tests.reliability.voters import CHOICES, SLUG, Voter, prepare

SKEW_SECONDS = 300.0
WAIT_SECONDS = 60.0
N_BEFORE, CLOSES_IN = 60, 3.0
"""Votes and seconds before, so that no server answers for the first time at the close."""
CLOSE_SOON = """
update rounds set opens_at = clock_timestamp() - interval '1 hour',
  closes_at = clock_timestamp() + make_interval(secs => $1)
where number = 1 returning closes_at
"""


async def close(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """Votes spread over a second before and after the close; whoever was told yes is in the result, nobody else."""
    n_rounds, n_votes = (1, 150) if is_short else (5, 400)
    server = EmbeddedServer(folder)
    server.start()
    sites = [
        Site(folder / name, server.url(), port=free_port(), base_url="http://127.0.0.1:8000", skew=skew, n_web=1)
        for name, skew in (("early", -SKEW_SECONDS), ("late", SKEW_SECONDS))
    ]
    workers = [Site(folder / f"worker{n}", server.url(), port=0) for n in range(2)]
    rows = []
    try:
        voters, numbers = await prepare(server.url(), n_voters=40, n_statements=20)
        await asyncio.gather(*(asyncio.to_thread(site.start) for site in sites))
        for one in workers:
            one.start()
        await _until_registered(server.url(), len(workers))
        for n in range(n_rounds):
            rows.append(await _race(server.url(), sites, voters, numbers, n_votes, chance, is_first=n == 0))
        if any(row["n_frozen_too_many_or_few"] for row in rows):
            print(*(one.tail() for one in workers), sep="\n", file=sys.stderr)
    finally:
        for one in (*sites, *workers):
            one.kill()
        server.stop()
    found = {name: sum(row[name] for row in rows) for name in rows[0]}
    return found | {
        "n_repetitions": n_rounds,
        "skew_seconds": SKEW_SECONDS,
        "is_met": not any(found[name] for name in found if name not in {"n_acknowledged", "n_refused"})
        and found["n_acknowledged"] > 0
        and found["n_refused"] > 0,
    }


async def _until_registered(url: str, n: int) -> None:
    connect_to(url)
    began = time.monotonic()
    while await fetchval("select count(*) from procrastinate_workers") < n and time.monotonic() - began < WAIT_SECONDS:
        await asyncio.sleep(0.2)


async def _race(
    url: str,
    sites: list[Site],
    voters: list[Voter],
    numbers: list[int],
    n_votes: int,
    chance: random.Random,
    *,
    is_first: bool,
) -> dict[str, int]:
    connect_to(url)
    await open_pool(min_size=1, max_size=4)
    if not is_first:
        await _reopen()
    chosen = chance.sample([(voter, number) for voter in voters for number in numbers], n_votes + N_BEFORE)
    statuses: dict[tuple[int, int], int] = {}
    async with httpx.AsyncClient(timeout=20, headers={"host": "127.0.0.1:8000"}) as client:

        async def one(place: int, at: float) -> None:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            voter, number = chosen[place]
            answer = await client.post(
                f"{sites[place % 2].base_url}/en/c/{SLUG}/votes/{number}",
                data=voter.form(choice=CHOICES[(voter.participant + number) % len(CHOICES)]),
                headers=voter.headers("http://127.0.0.1:8000"),
            )
            statuses[voter.participant, number] = answer.status_code

        for place in range(N_BEFORE):
            await one(place, 0.0)
        closes_at = await fetchval(CLOSE_SOON, CLOSES_IN)
        closing = time.monotonic() + CLOSES_IN
        times = [chance.uniform(closing - 1, closing + 1) for _ in range(n_votes)]
        await asyncio.gather(*(one(N_BEFORE + n, at) for n, at in enumerate(times)))
    found = _compared(statuses, await fetch(STORED), closes_at)
    if found["n_other_answers"]:
        print("other answers:", sorted({status for status in statuses.values() if status not in (200, 303, 410)}))
    found |= await _frozen(found["n_acknowledged"])
    await close_pool()
    return found


STORED = "select v.participant, p.number, v.cast_at from votes v join proposals p on p.id = v.proposal"


def _compared(statuses: dict[tuple[int, int], int], stored: list[Any], closes_at: Any) -> dict[str, int]:
    acknowledged = {key for key, status in statuses.items() if status in (200, 303)}
    refused = {key for key, status in statuses.items() if status == 410}
    there = {(row["participant"], row["number"]) for row in stored}
    return {
        "n_acknowledged": len(acknowledged),
        "n_refused": len(refused),
        "n_other_answers": len(statuses) - len(acknowledged) - len(refused),
        "n_missing": len(acknowledged - there),
        "n_refused_but_stored": len(there - acknowledged),
        "n_after_close": sum(row["cast_at"] >= closes_at for row in stored),
    }


async def _frozen(n_votes: int) -> dict[str, int]:
    """The round is frozen by whichever worker comes first, though both are asked several times."""
    round_id = await fetchval("select id from rounds where number = 1")
    for n in range(4):
        await enqueue("freeze", queueing_lock=f"freeze:{round_id}:{n}", round_id=str(round_id))
    sql = "select count(*) from analyses where round = $1 and kind = 'frozen' and evidence = 'full'"
    began = time.monotonic()
    while not await fetchval(sql, round_id) and time.monotonic() - began < WAIT_SECONDS:
        await asyncio.sleep(0.2)
    waiting = "select count(*) from procrastinate_jobs where task_name = 'freeze' and status in ('todo', 'doing')"
    while await fetchval(waiting) and time.monotonic() - began < WAIT_SECONDS:
        await asyncio.sleep(0.2)
    row = await fetchrow(
        "select count(*) as n, max(n_votes) as n_votes from analyses where round = $1 and kind = 'frozen' "
        "and evidence = 'full'",
        round_id,
    )
    n_events = await fetchval(
        "select count(*) from audit_events where action = 'analyses.record' and subject = 'frozen'"
    )
    n_stored = await fetchval("select count(*) from analyses where kind = 'frozen'")
    assert row is not None
    return {
        "n_frozen_too_many_or_few": abs(row["n"] - 1),
        "n_votes_not_in_the_result": abs((row["n_votes"] or 0) - n_votes),
        "n_events_too_many_or_few": abs(n_events - n_stored),
    }


async def _reopen() -> None:
    """As before the first race: nobody has voted, nothing is frozen."""
    await execute("delete from procrastinate_jobs where status not in ('doing')")
    await execute("delete from votes")
    # The database keeps the log as it is; here a moment of it is to be lived again.
    await execute("alter table audit_events disable trigger user")
    await execute("delete from audit_events where action = 'analyses.record'")
    await execute("delete from publications")
    await execute("delete from analyses")
    await execute("delete from rate_windows")
