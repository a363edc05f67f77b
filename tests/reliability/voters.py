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


@dataclass(frozen=True)
class Voter:
    participant: int
    token: str

    def headers(self, base_url: str) -> dict[str, str]:
        return {"cookie": f"{auth.cookie_name('sid')}={self.token}", "origin": base_url.rstrip("/")}

    def form(self, **fields: str) -> dict[str, str]:
        return {"_csrf_token": auth.Visit(token=self.token).csrf_token} | fields


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
        texts = (f"Statement {one} about the wells of the valley." for one in range(n, n_statements, n_voters))
        numbers += [(await factories.propose(actor, text)).number for text in texts]
    # Analyses are another matter, and another test's.
    await execute("delete from procrastinate_jobs")
    await close_pool()
    return voters, numbers


async def vote_all(
    base_url: str, voters: list[Voter], numbers: list[int], n_votes: int, seed: int, *, n_clients: int
) -> Journal:
    """Each client casts votes one after the other, for its voters in turn, each until it is acknowledged."""
    journal = Journal()
    async with httpx.AsyncClient(base_url=base_url, timeout=10) as client:
        each = -(-n_votes // n_clients)
        await asyncio.gather(
            *(
                _vote(client, voters[n::n_clients], numbers, each, random.Random(f"{seed}:{n}"), journal)
                for n in range(n_clients)
            )
        )
    return journal


async def _vote(
    client: httpx.AsyncClient, voters: list[Voter], numbers: list[int], n: int, chance: random.Random, journal: Journal
) -> None:
    for place in range(n):
        voter, number, choice = voters[place % len(voters)], chance.choice(numbers), chance.choice(CHOICES)
        fields, headers = voter.form(choice=choice), voter.headers(str(client.base_url))
        while not await _is_acknowledged(client, f"/en/c/{SLUG}/votes/{number}", fields, headers, journal):
            await asyncio.sleep(RETRY_SECONDS)
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
    if answer.status_code == 429:
        # Retries after an answer that was lost have counted as well.
        await asyncio.sleep(float(answer.headers["retry-after"]))
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
        "n_missing": sum(key not in stored or choice not in (stored[key], "either") for key, choice in known.items()),
        "n_doubled": len(rows) - len(stored),
        "n_unknown": len(stored.keys() - known.keys()),
    }
