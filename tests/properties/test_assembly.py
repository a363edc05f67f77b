"""The assembler against every line-up there is, and each demand in every line-up it returns."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.assembler import assemble
from deliberation.assembly import (
    AssemblySettings,
    Candidate,
    LineUp,
    Pool,
    Quota,
    describe,
    greedy_line_ups,
    unmet,
)
from deliberation.errors import Infeasible
from deliberation.gifts import gifts_among
from deliberation.stability import stability, welcomed
from deliberation.unusual import unusual_pairs
from tests.oracles_assembly import all_line_ups, meets_demands, most_gifts

EXACT = AssemblySettings(fewest=3, most=5, gap=0.0, seconds=30.0)
KINDS = ["finance", "people", "data"]


def candidate(rng: random.Random, participant: int) -> Candidate:
    return Candidate(
        participant,
        organisation=rng.choice([None, None, None, "port", "union", "city", "lab"]),
        constituency=rng.choice([None, "ngos", "women", "business", "youth"]),
        region=rng.choice([None, "african", "weog"]),
        gender=rng.choice([None, "woman", "man"]),
        needs=frozenset(rng.sample(KINDS, rng.choice([0, 1, 2, 2]))),
        offers={kind: rng.randint(1, 2) for kind in rng.sample(KINDS, rng.choice([0, 1, 2, 2]))},
        goals=frozenset(rng.sample(["3", "6", "17"], rng.randint(0, 2))),
        position=rng.choice([None, (rng.uniform(-2, 2), rng.uniform(-2, 2))]),
    )


def pool_of(seed: int) -> Pool:
    """Four to eight people with all that can stand between them; in about a quarter of the pools there is a line-up."""
    rng = random.Random(seed)
    people = tuple(candidate(rng, at * 10) for at in range(rng.randint(4, 8)))
    pairs = [(low.participant, high.participant) for at, low in enumerate(people) for high in people[at + 1 :]]
    quotas = [Quota("region", "african", 0.3), Quota("gender", "woman", 0.25, 0.75), Quota("region", "weog", 0.0, 0.5)]
    return Pool(
        people,
        frozenset(rng.sample(pairs, rng.randint(0, 2))),
        tuple(rng.sample(quotas, rng.choice([0, 0, 0, 1, 2]))),
        {("3", "6"): float(rng.randint(1, 3))} if rng.random() < 0.5 else {},
        unusual_pairs(people, rng.sample(pairs, rng.randint(0, 2))),
    )


pools = st.integers(0, 10**6).map(pool_of)


@given(pools)
@settings(max_examples=40, deadline=None)
def test_as_many_needs_are_met_as_can_be_and_everybody_wins_who_can(pool: Pool) -> None:
    members = pool.candidates[:5]
    gifts = gifts_among(members)
    most, fair = most_gifts(members)
    assert len(gifts) == most
    by_id = {one.participant: one for one in members}
    for gift in gifts:
        assert gift.receiver != gift.giver
        assert gift.kind in by_id[gift.receiver].needs
        served = [other for other in gifts if (other.giver, other.kind) == (gift.giver, gift.kind)]
        assert len(served) <= by_id[gift.giver].offers[gift.kind]
    if fair is not None:
        assert {gift.receiver for gift in gifts} == {gift.giver for gift in gifts} == set(by_id)


@given(pools, st.integers(0, 5))
@settings(max_examples=40, deadline=None)
@pytest.mark.slow
def test_the_assembler_finds_the_best_of_all_line_ups_or_there_is_none(pool: Pool, seed: int) -> None:
    every = list(all_line_ups(pool, EXACT))
    if not every:
        with pytest.raises(Infeasible):
            assemble(pool, seed=seed, settings=EXACT)
        return
    found = assemble(pool, seed=seed, settings=EXACT)
    best = max(value for value, _ in every)
    assert found.line_up.value == pytest.approx(best, abs=1e-6)
    assert found.line_up.participants in {members for _, members in every}
    assert found.gap <= 1e-5
    assert found.is_proven


def test_about_a_quarter_of_the_pools_have_a_line_up() -> None:
    n = sum(bool(greedy_line_ups(pool_of(seed), settings=EXACT)) for seed in range(200))
    assert 30 < n < 120


@given(pools, st.integers(0, 3))
@settings(max_examples=40, deadline=None)
@pytest.mark.slow
def test_every_line_up_meets_every_demand(pool: Pool, seed: int) -> None:
    found = list(greedy_line_ups(pool, settings=EXACT))
    try:
        found.append(assemble(pool, seed=seed, settings=EXACT).line_up)
    except Infeasible:
        assert not found
    for line_up in found:
        members = pool.of(line_up.participants)
        assert meets_demands(members, pool, EXACT)
        assert most_gifts(members)[1] == len(line_up.gifts)
        assert unmet(line_up, pool, settings=EXACT) == ()
        assert all(line_up.received_by(one) and line_up.given_by(one) for one in line_up.participants)


@given(pools, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_candidates_changes_nothing(pool: Pool, chance: object) -> None:
    shuffled = list(pool.candidates)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(pool, candidates=tuple(shuffled), unusual=dict(reversed(pool.unusual.items())))
    assert unusual_pairs(pool.candidates) == unusual_pairs(shuffled)
    assert greedy_line_ups(pool, settings=EXACT) == greedy_line_ups(other, settings=EXACT)

    def best(given_pool: Pool) -> LineUp | None:
        try:
            return assemble(given_pool, seed=3, settings=EXACT).line_up
        except Infeasible:
            return None

    assert best(pool) == best(other)


@given(pools)
@settings(max_examples=40, deadline=None)
def test_whoever_is_welcome_harms_nobody(pool: Pool) -> None:
    size = replace(EXACT, most=4)
    members = pool.candidates[:3]
    line_up = describe((one.participant for one in members), pool, settings=size)
    for outsider in pool.candidates[3:]:
        n = welcomed(outsider.participant, line_up, pool, settings=size)
        if n:
            larger = [*members, outsider]
            assert most_gifts(larger)[0] > len(line_up.gifts)
            assert n <= len(outsider.needs)
            assert outsider.participant in stability(line_up, pool, settings=size).joiners
