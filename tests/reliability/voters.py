"""Voters over HTTP with a journal: what was acknowledged to them, and whether the database has it."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from app import auth
from app.actions.accounts import open_session
from app.database import close_pool, connect_to, execute, fetch, migrate, open_pool
from tests import cast, factories

CHOICES = ("agree", "disagree", "pass")
SLUG = "water"
RETRY_SECONDS = 0.2


@dataclass
class Journal:
    """Every attempt, in its order, by participant and statement; and what the answers were."""

    acknowledged: dict[tuple[int, int], str] = field(default_factory=dict)
    n_acknowledged: int = 0
    n_failed: int = 0
    n_refused: int = 0
    failures_at: list[float] = field(default_factory=list)
    in_flight: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Voter:
    participant: int
    token: str


async def prepare(url: str, *, n_voters: int, n_statements: int) -> tuple[list[Voter], list[int]]:
    """A running consultation, its voters signed in, and the numbers of its statements."""
    connect_to(url)
    await open_pool(min_size=1, max_size=4)
    await migrate()
    here = await factories.make_consultation(slug=SLUG)
    await factories.move_to(here, 1)
    voters, numbers = [], []
    for n in range(n_voters):
        actor = await factories.join(f"voter{n}", here)
        assert actor.participant is not None
        voters.append(Voter(actor.participant.id, await open_session((await cast.person(f"voter{n}")).id)))
        # Nobody may add many within an hour.
        texts = (f"Statement {one} about the wells of the valley." for one in range(n, n_statements, n_voters))
        numbers += [(await factories.propose(actor, text)).number for text in texts]
    # Analyses are another matter, and another test's.
    await execute("delete from procrastinate_jobs")
    await close_pool()
    return voters, numbers


async def vote_all(base_url: str, voters: list[Voter], numbers: list[int], n_votes: int, seed: int) -> Journal:
    """Each voter casts votes one after the other, each until it is acknowledged, however often that takes."""
    journal = Journal()
    async with httpx.AsyncClient(base_url=base_url, timeout=10) as client:
        each = -(-n_votes // len(voters))
        await asyncio.gather(
            *(
                _vote(client, voter, numbers, each, random.Random(f"{seed}:{n}"), journal)
                for n, voter in enumerate(voters)
            )
        )
    return journal


async def _vote(
    client: httpx.AsyncClient, voter: Voter, numbers: list[int], n: int, chance: random.Random, journal: Journal
) -> None:
    headers = {"cookie": f"{auth.cookie_name('sid')}={voter.token}", "origin": str(client.base_url).rstrip("/")}
    csrf = auth.Visit(token=voter.token).csrf_token
    for _ in range(n):
        number, choice = chance.choice(numbers), chance.choice(CHOICES)
        fields = {"_csrf_token": csrf, "choice": choice}
        journal.in_flight.add(voter.participant)
        while not await _is_acknowledged(client, f"/en/c/{SLUG}/votes/{number}", fields, headers, journal):
            await asyncio.sleep(RETRY_SECONDS)
        journal.in_flight.discard(voter.participant)
        journal.acknowledged[voter.participant, number] = choice
        journal.n_acknowledged += 1


async def _is_acknowledged(
    client: httpx.AsyncClient, path: str, fields: dict[str, str], headers: dict[str, str], journal: Journal
) -> bool:
    try:
        answer = await client.post(path, data=fields, headers=headers)
    except httpx.HTTPError:
        journal.n_failed += 1
        return False
    if answer.status_code >= 500:
        journal.n_failed += 1
        journal.failures_at.append(asyncio.get_running_loop().time())
        return False
    if answer.status_code not in (200, 303):
        journal.n_refused += 1
        raise RuntimeError(f"{answer.status_code} {answer.text[:300]}")
    return True


async def compare(url: str, journal: Journal) -> dict[str, Any]:
    """The journal against the database: what is missing, what is there twice, and what nobody was told of."""
    connect_to(url)
    await open_pool(min_size=1, max_size=2)
    rows = await fetch("select v.participant, p.number, v.choice from votes v join proposals p on p.id = v.proposal")
    stored = {(row["participant"], row["number"]): row["choice"] for row in rows}
    await close_pool()
    known = journal.acknowledged
    return {
        "n_acknowledged": journal.n_acknowledged,
        "n_failed": journal.n_failed,
        "n_missing": sum(stored.get(key) != choice for key, choice in known.items()),
        "n_doubled": len(rows) - len(stored),
        "n_unknown": len(stored.keys() - known.keys()),
    }
