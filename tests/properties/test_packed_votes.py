"""Packed votes beside the votes: whatever happened in whatever order, they give what reading every vote would give."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import numpy as np
import pytest

from app import access
from app.actions import votes
from app.analysis import loading
from app.analysis.landscape import read_input
from app.analysis.loading import EVERYBODY, Held, read_held
from app.database import execute, executemany, fetch, fetchval, now
from app.tables.consultations import Consultation
from tests.factories import make_consultation

CHOICES = ("agree", "disagree", "pass")
N_PEOPLE, N_STATEMENTS = 12, 6
CAST = """
insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at)
values (gen_random_uuid(), $1, $2, $3, $4, false, 'en', $5)
on conflict (participant, proposal) do update set choice = excluded.choice, cast_at = excluded.cast_at
"""
KEEP = """
insert into earlier_votes (id, consultation, participant, proposal, choice, cast_at, ended_at)
select gen_random_uuid(), consultation, participant, proposal, choice, cast_at, $3
from votes where participant = $1 and proposal = $2 and cast_at < $3
"""


async def room(n_people: int = N_PEOPLE, n_statements: int = N_STATEMENTS) -> Consultation:
    """A consultation with people 1 to n and statements 1 to n, and no vote."""
    here = await make_consultation()
    await executemany(
        "insert into participants (id, consultation, constituency, region, language, gender, is_excluded, joined_on) "
        "values ($1, $2, 'ngos', 'african', 'en', '', false, current_date)",
        [(one, here.id) for one in range(1, n_people + 1)],
    )
    await executemany(
        """
        insert into proposals (id, consultation, number, is_starter, author_is_named, statement, details, details_html,
          language, goals, theme, status, reason_code, reason, version, submitted_on, decided_at)
        values ($1, $2, $1, true, false, 'Wells for ' || $1::int, '', '', 'en', '{}', 'other', 'accepted', '', '', 1,
          current_date, now())
        """,
        [(one, here.id) for one in range(1, n_statements + 1)],
    )
    return here


def same(a: Held, b: Held) -> bool:
    """Both hold the same votes of the same people."""
    people, items = np.arange(1, 1000), np.arange(1, 1000)
    digests = {held.matrix(participant_ids=people, statement_ids=items).digest() for held in (a, b)}
    return len(digests) == 1 and a.people.tolist() == b.people.tolist()


async def read_cold(here: Consultation, until: datetime) -> Held:
    return loading._ordered(await fetch(EVERYBODY, here.id, until))


class History:
    """Random events by random people in transactions that begin, commit and roll back in any order."""

    def __init__(self, here: Consultation, writers: list[Any], seed: int, began: datetime) -> None:
        self.here, self.writers, self.began = here, writers, began
        self.rng = np.random.default_rng(seed)
        self.open: dict[int, tuple[Any, set[int]]] = {}
        self.people, self.minute = list(range(1, N_PEOPLE + 1)), 0
        self.last: dict[int, datetime] = {}

    async def step(self) -> None:
        self.minute += 1
        writer = int(self.rng.integers(len(self.writers)))
        if writer not in self.open:
            begun = self.writers[writer].transaction()
            await begun.start()
            self.open[writer] = begun, set()
        # A participant whose vote is being written waits for that transaction, so that one writer has each of them.
        taken = {one for other, (_, mine) in self.open.items() if other != writer for one in mine}
        free = [one for one in self.people if one not in taken]
        for person in self.rng.choice(free, min(len(free), int(self.rng.integers(1, 4))), replace=False).tolist():
            self.open[writer][1].add(person)
            await self.write(self.writers[writer], person)
        if self.rng.random() < 0.5:
            await self.end(writer)

    async def write(self, writer: Any, person: int) -> None:
        item, kind = int(self.rng.integers(1, N_STATEMENTS + 1)), self.rng.random()
        # Written late, cast earlier: the order of commits is not that of the clock.
        moment = self.began + timedelta(minutes=self.minute - int(self.rng.integers(0, 6)))
        moment = self.last[person] = max(moment, self.last.get(person, self.began) + timedelta(seconds=1))
        if kind < 0.95 and self.rng.random() < 0.5:
            await writer.execute(KEEP, person, item, moment)
        if kind < 0.7:
            await writer.execute(CAST, self.here.id, person, item, CHOICES[int(self.rng.integers(3))], moment)
        elif kind < 0.95:
            await writer.execute("delete from votes where participant = $1 and proposal = $2", person, item)
        elif len(self.people) > 4:
            await writer.execute("delete from participants where id = $1", person)
            self.people.remove(person)

    async def end(self, writer: int) -> None:
        begun, mine = self.open.pop(writer)
        await (begun.commit() if self.rng.random() < 0.8 else begun.rollback())
        there = await fetch("select id from participants where id = any($1::bigint[])", list(mine))
        self.people = sorted({one for one in self.people if one not in mine} | {row["id"] for row in there})


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_packed_votes_are_those_of_the_tables(
    committing: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "FEW", 1.1)  # however few are current, their copies are read
    here = await room()
    by = await access.system_actor(here.id)
    writers = [await asyncpg.connect(committing) for _ in range(3)]
    history = History(here, writers, seed, await now())
    n_read_packed = 0
    for _ in range(60):
        await history.step()
        if history.rng.random() < 0.4:
            await votes.pack(by=by)
        until = history.began + timedelta(minutes=history.minute + int(history.rng.integers(-20, 3)))
        n_read_packed += await fetchval("select count(*) from packed_votes where votes <> ''")
        assert same(await read_held(here.id, until), await read_cold(here, until))
    assert n_read_packed > 100
    for writer in writers:
        await writer.close()


async def test_who_votes_while_votes_are_packed_loses_nothing(committing: str) -> None:
    here = await room(40)
    by = await access.system_actor(here.id)
    moment = await now()

    async def votes_at_random(seed: int) -> None:
        rng, writer = np.random.default_rng(seed), await asyncpg.connect(committing)
        for _ in range(150):
            person, item, choice = (int(rng.integers(1, n + 1)) for n in (40, N_STATEMENTS, 3))
            if rng.random() < 0.2:
                await writer.execute("delete from votes where participant = $1 and proposal = $2", person, item)
            else:
                await writer.execute(CAST, here.id, person, item, CHOICES[choice - 1], moment)
        await writer.close()

    writing = [asyncio.create_task(votes_at_random(seed)) for seed in (1, 2)]
    n_packed = 0
    while not all(task.done() for task in writing):
        n_packed += await votes.pack(by=by)
    await asyncio.gather(*writing)
    assert n_packed > 60
    await votes.pack(by=by)
    until = moment + timedelta(days=1)
    assert await fetchval("select count(*) from packed_votes where votes is null") == 0
    assert same(await read_held(here.id, until), await read_cold(here, until))


async def test_a_vote_that_commits_after_a_later_one_was_packed_is_read(committing: str) -> None:
    here = await room()
    by = await access.system_actor(here.id)
    early, moment = await asyncpg.connect(committing), await now()
    begun = early.transaction()
    await begun.start()
    await early.execute(CAST, here.id, 1, 1, "agree", moment)
    await execute(CAST, here.id, 2, 1, "disagree", moment + timedelta(minutes=5))
    assert await votes.pack(by=by) == 1
    await begun.commit()
    await early.close()
    held = await read_held(here.id, moment + timedelta(hours=1))
    assert held.people.tolist() == [1, 2]


async def test_what_is_erased_leaves_no_copy(database: None) -> None:
    here = await room()
    by = await access.system_actor(here.id)
    for person in (1, 2, 3):
        for item in (1, 2):
            await execute(CAST, here.id, person, item, "agree", here.created_at)
    assert await votes.pack(by=by) == 3
    assert await fetchval("select sum(octet_length(votes)) from packed_votes") == 3 * 2 * 4
    await execute("delete from participants where id = 1")
    assert await fetchval("select count(*) from packed_votes") == 2
    await execute("delete from proposals where id = 2")
    assert await fetchval("select count(*) from packed_votes where votes is not null") == 0
    await execute("delete from consultations where id = $1", here.id)
    assert await fetchval("select count(*) from packed_votes") == 0


async def test_an_analysis_of_a_moment_reads_no_copy_that_is_newer(database: None) -> None:
    here = await room()
    by = await access.system_actor(here.id)
    start = await now() - timedelta(days=1)
    for person in range(1, 9):
        await execute(CAST, here.id, person, 1, "agree", start)
    await execute(KEEP, 2, 1, start + timedelta(hours=2))
    await execute(CAST, here.id, 2, 1, "disagree", start + timedelta(hours=2))
    await execute(CAST, here.id, 3, 2, "agree", start + timedelta(hours=3))
    assert await votes.pack(by=by) == 8
    found = await read_input(here, start + timedelta(hours=1))
    assert found is not None
    assert found.votes.signs.tolist() == [1] * 8
    later = await read_input(here, start + timedelta(hours=4))
    assert later is not None
    assert later.votes.signs.tolist() == [1, -1, *[1] * 7]


async def test_after_one_vote_only_its_participant_is_read_anew(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await room()
    by = await access.system_actor(here.id)
    for person in range(1, N_PEOPLE + 1):
        await execute(CAST, here.id, person, 1, "agree", here.created_at)
    await votes.pack(by=by)
    await execute(CAST, here.id, 5, 2, "disagree", here.created_at)
    asked: list[Any] = []

    async def watched(sql: str, *values: Any) -> Any:
        asked.append((sql, values))
        return await fetch(sql, *values)

    monkeypatch.setattr(loading, "fetch", watched)
    held = await read_held(here.id, here.created_at + timedelta(hours=1))
    assert held.packed.size == N_PEOPLE + 1
    assert [values[2] for sql, values in asked if sql == loading.SOME] == [[5]]
    assert EVERYBODY not in [sql for sql, _ in asked]
