"""Two servers on one PostgreSQL behind a balancer: what one knows the other knows, and nothing is lost between them."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app import limits
from app.actions import curation
from app.actions.accounts import open_session
from app.database import close_pool, connect_to, execute, fetch, fetchval, known_migrations, open_pool
from app.embedded import EmbeddedServer
from tests import cast, factories, slates
from tests.reliability.proxies import Proxy, to_port
from tests.reliability.site import Site, free_port
from tests.reliability.voters import CHOICES, SLUG, Journal, Voter, compare, prepare

DESK = "desk"
STATUSES_OF_A_RACE = {409, 422}
"""How an edit of a slate that somebody else has just changed is refused."""


@dataclass
class Seen:
    """What the balancer's clients were answered."""

    journal: Journal = field(default_factory=Journal)
    n_edits: int = 0
    n_stale: int = 0
    others: list[int] = field(default_factory=list)


async def servers(folder: Path, is_short: bool, chance: random.Random) -> dict[str, Any]:
    """Votes of 200 accounts and edits of one slate by two curators, through a balancer in front of two servers."""
    n_voters, seconds = (40, 5.0) if is_short else (200, 60.0)
    server = EmbeddedServer(folder)
    server.start()
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    sites = [Site(folder / name, server.url(), port=free_port(), base_url=base_url, n_web=1) for name in ("one", "two")]
    proxy = Proxy([to_port(site.port) for site in sites])
    try:
        # On an empty database both of them find every migration pending, at the same moment.
        for site in sites:
            site.launch()
        await asyncio.gather(*(asyncio.to_thread(site.wait) for site in sites))
        voters, numbers = await prepare(server.url(), n_voters=n_voters, n_statements=50)
        migrations = await _ran_once(server.url())
        curators, before = await _desk(server.url())
        await proxy.start(port)
        seen = Seen()
        async with httpx.AsyncClient(
            base_url=base_url, timeout=20, limits=httpx.Limits(max_keepalive_connections=0)
        ) as client:
            until = time.monotonic() + seconds
            await asyncio.gather(
                *(_vote(client, voter, numbers, until, chance.random(), seen) for voter in voters[1:]),
                *(_edit(client, curator, until, seen) for curator in curators),
            )
            n_allowed, is_joint = await _joint_limit(client, voters[0], numbers[0])
        sessions = await _sessions([site.base_url for site in sites], voters[1], base_url)
        found = await _lost(server.url(), seen, before, voters[0].participant)
    finally:
        await proxy.stop()
        for site in sites:
            site.kill()
        server.stop()
    is_met = (
        not (found["n_missing"] or found["n_doubled"] or found["n_unknown"] or found["n_edits_lost"] or seen.others)
        and (migrations, is_joint, sessions) == (True, True, True)
        and seen.n_edits > 0
        and found["n_acknowledged"] >= n_voters
    )
    return found | {
        "n_accounts": n_voters,
        "n_edits": seen.n_edits,
        "n_edits_refused_as_stale": seen.n_stale,
        "n_other_answers": len(seen.others),
        "other_answers": sorted(set(seen.others)),
        "n_votes_of_one_account_at_once": n_allowed,
        "limit_holds_jointly": is_joint,
        "sessions_hold_on_both": sessions,
        "migrations_ran_once": migrations,
        "is_met": is_met,
    }


async def _ran_once(url: str) -> bool:
    connect_to(url)
    await open_pool(min_size=1, max_size=2)
    ran = [row["name"] for row in await fetch("select name from migration where app_name = 'plenary'")]
    await close_pool()
    return sorted(ran) == sorted(known_migrations())


async def _desk(url: str) -> tuple[list[Voter], int]:
    """Two curators at an open desk; and the version of its slate."""
    connect_to(url)
    await open_pool(min_size=1, max_size=4, is_patient=True)
    here = await slates.curating(slug=DESK)
    await curation.open_desk(by=await factories.actor("gus", here))
    await execute("delete from procrastinate_jobs")
    version = await fetchval("select version from curated_slates")
    curators = [Voter(0, await open_session((await cast.person(name)).id)) for name in ("gus", "amara")]
    await close_pool()
    return curators, int(version)


async def _vote(
    client: httpx.AsyncClient, voter: Voter, numbers: list[int], until: float, wait: float, seen: Seen
) -> None:
    """One vote a second, each sent once."""
    chance = random.Random(voter.participant)
    await asyncio.sleep(wait)
    while time.monotonic() < until:
        began = time.monotonic()
        number, choice = chance.choice(numbers), chance.choice(CHOICES)
        answer = await client.post(
            f"/en/c/{SLUG}/votes/{number}", data=voter.form(choice=choice), headers=voter.headers(str(client.base_url))
        )
        if answer.status_code in (200, 303):
            seen.journal.acknowledged[voter.participant, number] = choice
            seen.journal.n_acknowledged += 1
        else:
            seen.others.append(answer.status_code)
        await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - began)))


async def _edit(client: httpx.AsyncClient, curator: Voter, until: float, seen: Seen) -> None:
    """Moves an item by what the desk shows now; the other curator does the same at the same time."""
    while time.monotonic() < until:
        page = (await client.get(f"/en/c/{DESK}/desk", headers=curator.headers(str(client.base_url)))).text
        number, choice, version = _first_move(page)
        answer = await client.post(
            f"/en/c/{DESK}/desk/items/{number}/move",
            data=curator.form(choice=choice, direction="down", _version=version),
            headers=curator.headers(str(client.base_url)),
        )
        if answer.status_code == 303:
            seen.n_edits += 1
        elif answer.status_code in STATUSES_OF_A_RACE:
            seen.n_stale += 1
        elif answer.status_code == 429:
            await asyncio.sleep(float(answer.headers["retry-after"]))
        else:
            seen.others.append(answer.status_code)


def _first_move(page: str) -> tuple[str, str, str]:
    """Number and side of the first item of the desk, and the version of its slate."""
    form = page.split('/move"', 1)
    number = form[0].rsplit("/items/", 1)[1]
    rest = form[1].split("</form>", 1)[0]
    return number, _value(rest, "choice"), _value(rest, "_version")


def _value(form: str, name: str) -> str:
    return form.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


async def _joint_limit(client: httpx.AsyncClient, voter: Voter, number: int) -> tuple[int, bool]:
    """How many votes of one account the two servers took in one go, and whether that is what one may take."""

    async def one() -> bool:
        answer = await client.post(
            f"/en/c/{SLUG}/votes/{number}", data=voter.form(choice="agree"), headers=voter.headers(str(client.base_url))
        )
        return answer.status_code == 303

    began = time.monotonic()
    taken = sum(await asyncio.gather(*(one() for _ in range(90))))
    came_free = int(time.monotonic() - began) + 1
    most = limits.LIMITS["vote"][0].most
    return taken, taken < 90 and most <= taken <= most + came_free


async def _sessions(urls: list[str], voter: Voter, base_url: str) -> bool:
    """A session is known to both servers, and signing out at one ends it at the other."""
    headers = voter.headers(base_url)
    host = {"host": base_url.removeprefix("http://")}
    async with httpx.AsyncClient(timeout=10) as client:
        there = [(await client.get(f"{url}/en/me", headers=headers | host)).status_code for url in urls]
        gone = await client.post(f"{urls[0]}/en/sign-out", data=voter.form(), headers=headers | host)
        after = [(await client.get(f"{url}/en/me", headers=headers | host)).status_code for url in urls]
    return there == [200, 200] and gone.status_code == 303 and after == [303, 303]


async def _lost(url: str, seen: Seen, before: int, apart: int) -> dict[str, Any]:
    """Votes and edits that were acknowledged against those that are stored; one account's were not in the journal."""
    connect_to(url)
    await open_pool(min_size=1, max_size=2)
    await execute("delete from votes where participant = $1", apart)
    await execute("delete from votes v using consultations c where v.consultation = c.id and c.slug = $1", DESK)
    after = await fetchval("select version from curated_slates")
    n_events = await fetchval("select count(*) from audit_events where action = 'curation.move'")
    await close_pool()
    found = await compare(url, seen.journal)
    return found | {"n_edits_lost": abs(after - before - seen.n_edits) + abs(n_events - seen.n_edits)}
