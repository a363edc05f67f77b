"""Ordinary load: 200 people who read and vote, with nothing broken; and a stop in the middle of it."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.embedded import EmbeddedServer
from tests.reliability.site import Site, free_port
from tests.reliability.voters import CHOICES, SLUG, Journal, Voter, compare, prepare

P99_SECONDS, BURST_P99_SECONDS = 0.25, 2.0
PAGES = ("vote", "statements", "", "me")


@dataclass
class Taken:
    """How long each kind of request took, and what was wrong."""

    pages: list[float] = field(default_factory=list)
    votes: list[float] = field(default_factory=list)
    n_late: int = 0
    errors: dict[str, int] = field(default_factory=dict)

    def wrong(self, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1


async def load(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """Requests arrive at a rate, whether or not earlier ones were answered: four pages to one vote; then a burst."""
    n_voters, per_second, seconds, n_burst = (40, 20, 4, 100) if is_short else (200, 150, 60, 2000)
    server = EmbeddedServer(folder)
    server.start()
    site = Site(folder / "site", server.url(), port=free_port())
    journal, taken, burst = Journal(), Taken(), Taken()
    try:
        voters, numbers = await prepare(server.url(), n_voters=n_voters, n_statements=50)
        await asyncio.to_thread(site.start)
        connections = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        async with httpx.AsyncClient(base_url=site.base_url, timeout=30, limits=connections) as client:
            await _arrive(client, voters, numbers, per_second * seconds, seconds, 0.2, chance, journal, taken)
            await asyncio.sleep(2)
            await _arrive(client, voters, numbers, n_burst, min(seconds, 10), 1.0, chance, journal, burst)
        found = await compare(server.url(), journal)
    finally:
        site.kill()
        server.stop()
    p99 = {"pages": _quantile(taken.pages), "votes": _quantile(taken.votes), "burst": _quantile(burst.votes)}
    errors = taken.errors | {f"burst {name}": n for name, n in burst.errors.items()}
    is_right = not (errors or found["n_missing"] or found["n_doubled"] or found["n_unknown"])
    return found | {
        "n_accounts": n_voters,
        "requests_per_second": per_second,
        "n_requests": per_second * seconds,
        "p50_pages": round(_quantile(taken.pages, 0.5), 3),
        "p99_pages": round(p99["pages"], 3),
        "p99_votes": round(p99["votes"], 3),
        "n_burst": n_burst,
        "p99_burst": round(p99["burst"], 3),
        "errors": errors,
        "is_met": is_right
        and (is_short or (max(p99["pages"], p99["votes"]) <= P99_SECONDS and p99["burst"] <= BURST_P99_SECONDS)),
    }


async def _arrive(
    client: httpx.AsyncClient,
    voters: list[Voter],
    numbers: list[int],
    n: int,
    seconds: float,
    share_of_votes: float,
    chance: random.Random,
    journal: Journal,
    taken: Taken,
) -> None:
    start = time.monotonic()
    running: set[asyncio.Task[None]] = set()
    for place in range(n):
        await asyncio.sleep(max(0.0, start + place * seconds / n - time.monotonic()))
        voter = voters[place % len(voters)]
        is_vote = chance.random() < share_of_votes
        number, choice = chance.choice(numbers), chance.choice(CHOICES)
        task = asyncio.create_task(_request(client, voter, number if is_vote else 0, choice, place, journal, taken))
        running.add(task)
        task.add_done_callback(running.discard)
    while running:
        await asyncio.wait(running)


async def _request(
    client: httpx.AsyncClient, voter: Voter, number: int, choice: str, place: int, journal: Journal, taken: Taken
) -> None:
    headers = voter.headers(str(client.base_url))
    began = time.monotonic()
    try:
        if number:
            answer = await client.post(f"/en/c/{SLUG}/votes/{number}", data=voter.form(choice=choice), headers=headers)
        else:
            answer = await client.get(f"/en/c/{SLUG}/{PAGES[place % len(PAGES)]}", headers=headers)
    except httpx.HTTPError as error:
        taken.wrong(type(error).__name__)
        return
    (taken.votes if number else taken.pages).append(time.monotonic() - began)
    if answer.status_code not in (200, 303):
        taken.wrong(str(answer.status_code))
    elif number:
        key = (voter.participant, number)
        # Two votes of one person on one statement may overtake each other on the way: the later one is not known.
        journal.acknowledged[key] = choice if journal.acknowledged.get(key, choice) == choice else "either"
        journal.n_acknowledged += 1


def _quantile(seconds: list[float], share: float = 0.99) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] if seconds else 0.0


# -------- a stop


async def stop(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """SIGTERM while people vote: what was begun is answered, what was acknowledged is stored, new ones are refused."""
    n_stops, n_clients = (1, 10) if is_short else (5, 20)
    server = EmbeddedServer(folder)
    server.start()
    site = Site(folder / "site", server.url(), port=free_port())
    journal, n_cut, worst = Journal(), 0, 0.0
    try:
        voters, numbers = await prepare(server.url(), n_voters=n_clients * 3, n_statements=40)
        for _ in range(n_stops):
            await asyncio.to_thread(site.start)
            await _warm(site)
            ended = asyncio.Event()
            clients = [
                asyncio.create_task(_until_refused(site, voters[n::n_clients], numbers, n, journal, ended))
                for n in range(n_clients)
            ]
            await asyncio.sleep(chance.uniform(1.0, 3.0))
            worst = max(worst, await asyncio.to_thread(site.stop))
            ended.set()
            n_cut += sum(await asyncio.gather(*clients))
        found = await compare(server.url(), journal)
    finally:
        site.kill()
        server.stop()
    return found | {
        "n_stops": n_stops,
        "n_answers_cut": n_cut,
        "worst_stop_seconds": round(worst, 2),
        "is_met": not (n_cut or found["n_missing"] or found["n_doubled"] or found["n_unknown"])
        and worst <= 20
        and found["n_acknowledged"] > 0,
    }


async def _warm(site: Site) -> None:
    """Every process has answered before, so that what is measured is a stop and not a start."""
    async with httpx.AsyncClient(base_url=site.base_url, timeout=30) as client:
        for _ in range(6):
            await client.get("/en/sign-in", headers={"connection": "close"})


async def _until_refused(
    site: Site, voters: list[Voter], numbers: list[int], seed: int, journal: Journal, ended: asyncio.Event
) -> int:
    """Votes on a connection of its own each, until nobody listens; how many had no answer after they were sent."""
    chance, n_cut = random.Random(f"{seed}:{journal.n_acknowledged}"), 0
    unused = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=site.base_url, timeout=20, limits=unused) as client:
        place = 0
        while not ended.is_set():
            voter, number = voters[place % len(voters)], chance.choice(numbers)
            choice, place = chance.choice(CHOICES), place + 1
            try:
                answer = await client.post(
                    f"/en/c/{SLUG}/votes/{number}",
                    data=voter.form(choice=choice),
                    headers=voter.headers(site.base_url),
                )
            except httpx.ConnectError:
                break
            except httpx.HTTPError:
                # Whether it counted nobody told; the oracle asks of what was told alone.
                n_cut += 1
                journal.acknowledged.pop((voter.participant, number), None)
                continue
            if answer.status_code == 303:
                journal.acknowledged[voter.participant, number] = choice
                journal.n_acknowledged += 1
            elif answer.status_code == 429:
                await asyncio.sleep(0.2)
            else:
                n_cut += 1
    return n_cut
