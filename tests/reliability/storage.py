"""What a database can do to a site without dying: have no room left, be slow, be silent, be cut off."""

from __future__ import annotations

import asyncio
import random
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.embedded import EmbeddedServer
from tests.reliability.proxies import Proxy, to_socket
from tests.reliability.site import Site, free_port
from tests.reliability.voters import CHOICES, SLUG, Journal, Voter, compare, prepare

MEGABYTES = 256
TIME_OUT_SECONDS, RECOVERY_SECONDS = 5.0, 10.0
SLOW_SECONDS = 15.0
"""Where every answer comes late, but none too late, a request with many statements takes longer than a time-out."""
SLACK_SECONDS = 1.0
"""What a busy machine adds to a time-out."""


# -------- no room left


async def disk(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """The database's folder is full: votes are refused, pages are read; with room again votes are taken again."""
    mounted = await asyncio.to_thread(
        subprocess.run,
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0711", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        return {"is_met": None, "skipped": "a small file system cannot be mounted here: it takes root"}
    server = EmbeddedServer(folder)
    site = Site(folder.parent / "disk-site", "", port=free_port())
    try:
        server.start()
        site.environment["DATABASE_URL"] = server.url()
        voters, numbers = await prepare(server.url(), n_voters=30, n_statements=60)
        site.start()
        return await _without_room(folder, site, server, voters, numbers, chance)
    finally:
        site.kill()
        server.stop()
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


async def _without_room(
    folder: Path, site: Site, server: EmbeddedServer, voters: list[Voter], numbers: list[int], chance: random.Random
) -> dict[str, Any]:
    journal, statuses = Journal(), []
    pairs = [(voter, number) for voter in voters for number in numbers]
    chance.shuffle(pairs)
    ballast = folder / "ballast"
    async with httpx.AsyncClient(base_url=site.base_url, timeout=20) as client:
        for voter, number in pairs[:50]:
            await _vote(client, voter, number, chance, journal)
        _fill(ballast)
        for voter, number in pairs[50:1200]:
            statuses.append(await _vote(client, voter, number, chance, journal))
            if statuses.count(503) >= 20:
                break
            # The log of the database and its statistics find room that was left at the end of files.
            _fill(ballast)
        reads = [
            (await client.get(f"/en/c/{SLUG}/{page}", headers=voters[0].headers(site.base_url))).status_code
            for page in ("statements", "") * 10
        ]
        ballast.unlink()
        began = time.monotonic()
        while await _vote(client, *pairs[-1], chance, journal) not in (200, 303) and time.monotonic() - began < 60:
            await asyncio.sleep(0.2)
        back_after = time.monotonic() - began
    found = await compare(server.url(), journal)
    odd = sorted(set(statuses) - {200, 303, 503})
    return found | {
        "n_refused": statuses.count(503),
        "other_answers": odd,
        "n_pages_read_while_full": reads.count(200),
        "n_pages_not_read_while_full": len(reads) - reads.count(200),
        "worst_back_after": round(back_after, 1),
        "is_met": not (odd or found["n_missing"] or found["n_doubled"] or found["n_unknown"])
        and statuses.count(503) >= 20
        and set(reads) == {200}
        and back_after <= RECOVERY_SECONDS,
    }


def _fill(ballast: Path) -> None:
    """Not a byte is left on the file system."""
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(512))


async def _vote(client: httpx.AsyncClient, voter: Voter, number: int, chance: random.Random, journal: Journal) -> int:
    choice = chance.choice(CHOICES)
    answer = await client.post(
        f"/en/c/{SLUG}/votes/{number}", data=voter.form(choice=choice), headers=voter.headers(str(client.base_url))
    )
    if answer.status_code in (200, 303):
        journal.acknowledged[voter.participant, number] = choice
        journal.n_acknowledged += 1
    return answer.status_code


# -------- slow, silent, cut off


@dataclass
class Answers:
    """What requests were answered while something was wrong, and after how long."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    n_typed_lost: int = 0


async def cut(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """The way to the database is slow, stalls, is cut, or swallows what is sent; then it is as before."""
    server = EmbeddedServer(folder)
    server.start()
    port = free_port()
    proxy = Proxy([to_socket(f"{server.socket}/.s.PGSQL.5432")])
    site = Site(folder / "site", f"postgresql://plenary@127.0.0.1:{port}/plenary?sslmode=disable", port=free_port())
    row: dict[str, Any] = {}
    try:
        voters, numbers = await prepare(server.url(), n_voters=30, n_statements=40)
        await proxy.start(port)
        await asyncio.to_thread(site.start)
        journal = Journal()
        async with httpx.AsyncClient(base_url=site.base_url, timeout=60) as client:
            for fault in ("slow", "stall", "half-open", "reset"):
                row |= await _with_fault(fault, proxy, client, voters, numbers, chance, journal, is_short=is_short)
        row |= await compare(server.url(), journal)
    finally:
        await proxy.stop()
        site.kill()
        server.stop()
    worst = max(row[f"{fault}_worst_seconds"] for fault in ("stall", "half-open", "reset"))
    back = max(row[f"{fault}_back_after"] for fault in ("slow", "stall", "half-open", "reset"))
    is_kept = not (row["n_missing"] or row["n_doubled"] or row["n_odd_answers"] or row["n_typed_lost"])
    is_told = worst <= TIME_OUT_SECONDS + SLACK_SECONDS and row["slow_worst_seconds"] <= SLOW_SECONDS
    row["is_met"] = is_kept and is_told and back <= RECOVERY_SECONDS
    return row


async def _with_fault(
    fault: str,
    proxy: Proxy,
    client: httpx.AsyncClient,
    voters: list[Voter],
    numbers: list[int],
    chance: random.Random,
    journal: Journal,
    *,
    is_short: bool,
) -> dict[str, Any]:
    """Thirty people vote at once, which is more than there are connections; then once more until all is well."""
    proxy.set(fault)
    answers = Answers()
    for _ in range(1 if is_short else 3):
        await asyncio.gather(*(_one(client, voter, chance.choice(numbers), answers, journal) for voter in voters))
    proxy.set("open")
    began = time.monotonic()

    async def is_well() -> bool:
        fresh = Answers()
        await asyncio.gather(*(_one(client, voter, chance.choice(numbers), fresh, journal) for voter in voters[:20]))
        return set(fresh.statuses) == {303}

    back_after = await _until(is_well, began)
    odd = [status for status in answers.statuses if status not in (303, 503)]
    return {
        f"{fault}_worst_seconds": round(max(answers.seconds), 2),
        f"{fault}_n_503": answers.statuses.count(503),
        f"{fault}_n_taken": answers.statuses.count(303),
        f"{fault}_back_after": round(back_after, 2),
        "n_odd_answers": len(odd) + journal.n_refused,
        "n_typed_lost": answers.n_typed_lost,
    }


async def _until(is_well: Callable[[], Awaitable[bool]], began: float) -> float:
    while not await is_well():
        if time.monotonic() - began > 60:
            break
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def _one(client: httpx.AsyncClient, voter: Voter, number: int, answers: Answers, journal: Journal) -> None:
    """A vote, or a report whose words must come back with the refusal."""
    began = time.monotonic()
    words = f"Words of {voter.participant} about it."
    is_report = voter.participant % 5 == 0
    path, fields = (f"statements/{number}/report", {"note": words}) if is_report else (f"votes/{number}", {})
    answer = await client.post(
        f"/en/c/{SLUG}/{path}",
        data=voter.form(**(fields or {"choice": "agree"})),
        headers=voter.headers(str(client.base_url)),
    )
    if answer.status_code == 303 and not is_report:
        journal.acknowledged[voter.participant, number] = "agree"
        journal.n_acknowledged += 1
    if answer.status_code == 503 and is_report and words not in answer.text:
        answers.n_typed_lost += 1
    status = 303 if is_report and answer.status_code in (200, 422) else answer.status_code
    answers.statuses.append(status)
    answers.seconds.append(time.monotonic() - began)
