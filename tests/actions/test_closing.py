"""At the close: votes, an extension and a freeze meet at the same moment, and the database's clock decides."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.access import Actor
from app.actions import rounds, votes
from app.database import execute, fetch, fetchval, now, transaction
from app.jobs import analyse
from app.refusals import Closed, Denied
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from app.tables.rounds import Extension
from deliberation.phases import Phase
from deliberation.votes import Choice
from tests import factories

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

VOTERS = ("chidi", "dana", "hana", "ida", "joao", "kim")


class Room:
    """Six people, four statements, one open round."""

    consultation: Consultation
    proposals: list[Proposal]
    people: list[Actor]
    round_id: UUID

    async def closing_in(self, seconds: float) -> datetime:
        """The round closes so soon; gives the moment."""
        moment: datetime = await now() + timedelta(seconds=seconds)
        await execute("update rounds set closes_at = $1 where id = $2", moment, self.round_id)
        return moment

    async def asked(self) -> Extension:
        """Amara asks for a day more."""
        by = await factories.actor("amara", self.consultation)
        assert by.round is not None
        until = by.round.closes_at + timedelta(days=1)
        return await rounds.ask_to_extend(round_id=self.round_id, closes_at=until, reason="Floods.", by=by)

    async def confirm(self, asked: Extension) -> None:
        await rounds.answer_extension(
            extension=asked.id, agrees=True, by=await factories.actor("ben", self.consultation)
        )


async def room() -> Room:
    made = Room()
    made.consultation = await factories.make_consultation(phases=(Phase.PROPOSE,))
    made.round_id = await fetchval("select id from rounds")
    made.people = [await factories.join(name, made.consultation) for name in VOTERS]
    texts = ("Build wells.", "Train mechanics.", "Test the water.", "Share the maps.")
    made.proposals = [await factories.propose(made.people[place], text) for place, text in enumerate(texts)]
    for place, by in enumerate(made.people):
        for column, proposal in enumerate(made.proposals[:3]):
            await votes.cast(proposal=proposal, choice=list(Choice)[(place + column) % 2], by=by)
    return made


async def until(moment: datetime) -> None:
    """Sleeps till the database's clock shows this."""
    left = (moment - await now()).total_seconds()
    await asyncio.sleep(max(left, 0))


async def held(inside: Any, *, until_moment: datetime) -> None:
    """The action is done now, and its transaction is committed only then: a slow server."""
    async with transaction():
        await inside
        await until(until_moment)


async def frozen_votes(of: Room) -> list[int]:
    await analyse.freeze(round_id=str(of.round_id))
    return [row["n_votes"] for row in await fetch("select n_votes from analyses where kind = 'frozen'")]


async def test_a_vote_cast_before_the_close_is_in_the_analysis_even_if_committed_after_it(committing: str) -> None:
    here = await room()
    closes = await here.closing_in(0.6)
    late = held(
        votes.cast(proposal=here.proposals[3], choice=Choice.AGREE, by=here.people[0]),
        until_moment=closes + timedelta(seconds=0.4),
    )

    async def freeze_at_once() -> list[int]:
        await until(closes + timedelta(milliseconds=5))
        return await frozen_votes(here)

    _, counted = await asyncio.gather(late, freeze_at_once())
    assert set(counted) == {len(VOTERS) * 3 + 1}, "the freeze has waited for the vote in flight"


async def test_of_freezes_at_the_same_moment_one_is_stored(committing: str) -> None:
    here = await room()
    await until(await here.closing_in(0.1))
    await asyncio.gather(*(analyse.freeze(round_id=str(here.round_id)) for _ in range(3)))
    rows = await fetch("select evidence, count(*) as n from analyses where kind = 'frozen' group by evidence")
    assert {row["evidence"]: row["n"] for row in rows} == {"quick": 1, "full": 1}
    events = "select count(*) from audit_events where action = 'analyses.record' and subject = 'frozen'"
    assert await fetchval(events) == 2


async def test_a_vote_after_the_close_is_refused_and_in_no_analysis(committing: str) -> None:
    here = await room()
    closes = await here.closing_in(0.3)
    await until(closes + timedelta(milliseconds=1))
    with pytest.raises(Closed):
        await votes.cast(proposal=here.proposals[3], choice=Choice.AGREE, by=here.people[0])
    assert set(await frozen_votes(here)) == {len(VOTERS) * 3}


async def test_confirmed_a_moment_before_the_close_and_committed_after_it_the_extension_counts(committing: str) -> None:
    """While it is on its way a vote is refused as too late, and a freeze waits; once it is there, the round goes on."""
    here = await room()
    asked = await here.asked()
    closes = await here.closing_in(0.8)
    await execute("update extensions set closes_at = $1", closes + timedelta(days=1))

    async def vote_in_between() -> None:
        await until(closes + timedelta(milliseconds=20))
        with pytest.raises(Closed):
            await votes.cast(proposal=here.proposals[3], choice=Choice.AGREE, by=here.people[0])

    async def freeze_in_between() -> list[int]:
        await until(closes + timedelta(milliseconds=20))
        return await frozen_votes(here)

    _, _, counted = await asyncio.gather(
        held(here.confirm(asked), until_moment=closes + timedelta(seconds=0.4)), vote_in_between(), freeze_in_between()
    )
    assert counted == []
    await votes.cast(proposal=here.proposals[3], choice=Choice.AGREE, by=here.people[0])
    assert await fetchval("select max(cast_at) from votes") > closes
    assert await fetchval("select closes_at from rounds") == closes + timedelta(days=1)
    waiting = await fetch("select scheduled_at from procrastinate_jobs where task_name = 'freeze' and status = 'todo'")
    assert any(row["scheduled_at"] == closes + timedelta(days=1) for row in waiting)


async def test_confirmed_a_moment_after_the_close_it_is_refused(committing: str) -> None:
    here = await room()
    asked = await here.asked()
    closes = await here.closing_in(0.3)
    await until(closes + timedelta(milliseconds=1))
    with pytest.raises(Denied):
        await here.confirm(asked)
    assert await fetchval("select closes_at from rounds") == closes


async def test_a_round_extended_while_it_is_frozen_is_frozen_later(
    committing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The freeze has read its votes when the extension, confirmed before the close, arrives at the database."""
    here = await room()
    closes = await here.closing_in(-0.1)
    reading = analyse.bridge.previous_landscape

    async def extended_meanwhile(*args: Any, **more: Any) -> Any:
        await execute("update rounds set closes_at = $1", closes + timedelta(days=1))
        return await reading(*args, **more)

    monkeypatch.setattr(analyse.bridge, "previous_landscape", extended_meanwhile)
    assert await frozen_votes(here) == []


@pytest.mark.parametrize("offset", [-0.03, -0.004, 0.0, 0.004])
async def test_at_the_very_moment_of_the_close_all_agree_on_what_happened(committing: str, offset: float) -> None:
    """Everybody votes and an extension is confirmed around T: either the round went on for all, or it ended for all."""
    here = await room()
    asked = await here.asked()
    closes = await here.closing_in(0.6)
    await execute("update extensions set closes_at = $1", closes + timedelta(days=1))
    refused: list[datetime] = []

    async def confirm() -> bool:
        await until(closes + timedelta(seconds=offset))
        try:
            await here.confirm(asked)
        except Denied:
            return False
        return True

    async def keep_voting(by: Actor, place: int) -> None:
        await until(closes - timedelta(seconds=0.2))
        for turn in range(40):
            try:
                await votes.cast(proposal=here.proposals[3], choice=list(Choice)[(turn + place) % 3], by=by)
            except Closed:
                refused.append(await now())
            await asyncio.sleep(0.008)

    is_extended, *_ = await asyncio.gather(confirm(), *(keep_voting(by, n) for n, by in enumerate(here.people)))
    await analyse.freeze(round_id=str(here.round_id))
    ends_at = await fetchval("select closes_at from rounds")
    assert ends_at == (closes + timedelta(days=1) if is_extended else closes)
    last = await fetchval("select max(cast_at) from votes")
    assert last < ends_at
    analyses = await fetchval("select count(*) from analyses where kind = 'frozen'")
    if is_extended:
        assert last > closes and analyses == 0
    else:
        assert refused and min(refused) >= closes and analyses > 0
        n_votes = await fetchval("select n_votes from analyses where kind = 'frozen' limit 1")
        assert n_votes == await fetchval("select count(*) from votes where cast_at < $1", closes)
