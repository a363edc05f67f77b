"""Votes packed by the server are the votes of the tables, one by one."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.loading import OWNED_VOTE, _ordered, read_held
from app.database import execute, fetch, now
from app.tables.votes import CODE_BITS
from deliberation.votes import VoteMatrix
from tests.benchmarks.goal_9_loading import ONE_BY_ONE
from tests.rooms import small_room


async def test_packed_votes_are_those_read_one_by_one(database: None) -> None:
    here = await small_room(20)
    until = await now() + timedelta(minutes=1)
    await execute("update participants set is_excluded = true where id = (select min(participant) from votes)")
    rows = await fetch(ONE_BY_ONE, here.id, until)
    people = np.array([row["id"] for row in await fetch("select id from participants order by id")], np.int64)
    items = np.array([row["id"] for row in await fetch("select id from proposals order by id")], np.int64)
    expected = VoteMatrix.from_votes(
        [row["participant"] for row in rows],
        [row["proposal"] for row in rows],
        np.array([row["sign"] for row in rows]),
        participant_ids=people,
        statement_ids=items,
    )
    kept = np.array([row["id"] for row in await fetch("select id from participants where not is_excluded order by id")])
    expected = expected.select(participants=np.isin(people, kept))
    found = (await read_held(here.id, until)).matrix(participant_ids=kept, statement_ids=items)
    assert found.n_votes == len(rows) > 50
    assert set(found.signs.tolist()) == {-1, 0, 1}
    assert found.digest() == expected.digest()


async def test_votes_by_or_on_what_is_not_listed_are_left_out(database: None) -> None:
    here = await small_room(20)
    until = await now() + timedelta(minutes=1)
    people = np.array([row["id"] for row in await fetch("select id from participants order by id")], np.int64)
    items = np.array([row["id"] for row in await fetch("select id from proposals order by id")], np.int64)
    all_votes = (await read_held(here.id, until)).matrix(participant_ids=people, statement_ids=items)
    some = (await read_held(here.id, until)).matrix(participant_ids=people[1:-1], statement_ids=items[1:])
    inside = np.isin(all_votes.participant_ids, people[1:-1])
    expected = all_votes.select(participants=inside, statements=np.isin(all_votes.statement_ids, items[1:]))
    assert 0 < some.n_votes < all_votes.n_votes
    assert some.digest() == expected.digest()


async def test_before_the_first_vote_there_is_none(database: None) -> None:
    here = await small_room(20)
    held = await read_held(here.id, here.created_at - timedelta(days=900))
    found = held.matrix(participant_ids=np.arange(3), statement_ids=np.arange(2))
    assert found.n_votes == 0
    assert found.shape == (3, 2)


@given(st.dictionaries(st.tuples(st.integers(0, 2**62), st.integers(1, 2**28 - 1)), st.integers(0, 6), max_size=40))
def test_votes_in_any_order_of_the_server_are_read_by_participant_and_statement(
    votes: dict[tuple[int, int], int],
) -> None:
    rows: dict[int, list[tuple[int, int]]] = {}
    for (person, item), code in reversed(votes.items()):
        rows.setdefault(person >> 56, []).append((person, item << CODE_BITS | code))
    held = _ordered([{"votes": np.array(rows[bits], OWNED_VOTE).tobytes()} for bits in sorted(rows)])
    assert held.people.tolist() == sorted({person for person, _ in votes})
    found = zip(np.repeat(held.people, held.n_votes).tolist(), held.packed.tolist(), strict=True)
    assert list(found) == sorted((person, item << CODE_BITS | code) for (person, item), code in votes.items())
