"""Bursts of votes: what stands out of the hours around it, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.bursts import Windows, bursts, lingering_bursts, windows_of
from deliberation.errors import BadShape, BadValue

# Four days; every twenty minutes one of eighty people votes.
QUIET = list(range(0, 4 * 24 * 60, 20))
PEOPLE = [place % 80 for place in range(len(QUIET))]
MOMENT = 3000


def rush(n_votes: int, n_people: int) -> list[tuple[int, int]]:
    """This many votes within one minute, spread over so many people who vote at no other time."""
    found = bursts(
        windows_of(QUIET + [MOMENT] * n_votes, PEOPLE + [1000 + place % n_people for place in range(n_votes)])
    )
    return [(burst.n_votes, burst.n_people) for burst in found]


def test_a_few_accounts_voting_many_times_within_minutes_are_a_burst():
    assert rush(60, 9) == [(61, 10)]


def test_one_person_reading_fast_is_no_burst():
    assert rush(60, 1) == []


def test_a_session_that_many_attend_is_no_burst():
    assert rush(60, 40) == []


def test_few_votes_are_no_burst_however_sudden():
    assert rush(25, 5) == []


def test_a_busy_day_is_no_burst_by_itself():
    chance = np.random.default_rng(5)
    busy = sorted(chance.integers(1440, 2880, 2000).tolist())
    people = chance.integers(0, 200, 2000).tolist()
    assert bursts(windows_of(QUIET + busy, PEOPLE + people)) == ()


def test_votes_at_random_moments_seldom_make_a_burst():
    n_alarms = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        minutes, people = chance.integers(0, 7 * 1440, 3000), chance.integers(0, 300, 3000)
        n_alarms += bool(bursts(windows_of(minutes, people)))
    assert n_alarms <= 1


def test_the_order_of_votes_does_not_matter():
    minutes = np.array(QUIET + [MOMENT] * 60)
    people = np.array(PEOPLE + [1000 + place % 9 for place in range(60)])
    order = np.random.default_rng(1).permutation(minutes.size)
    assert bursts(windows_of(minutes, people)) == bursts(windows_of(minutes[order], people[order]))


def test_nothing_is_found_in_nothing():
    assert bursts(windows_of([], [])) == ()


def test_what_cannot_be_used_is_refused():
    with pytest.raises(BadShape):
        windows_of([1, 2], [1])
    with pytest.raises(BadValue):
        windows_of([-1], [1])
    one = np.ones(2, np.int64)
    with pytest.raises(BadShape):
        Windows(one, one[:1], one, n_voters=1)
    with pytest.raises(BadValue):
        Windows(one, 2 * one, one, n_voters=1)


def test_windows_are_sums_that_any_record_can_give():
    found = windows_of([0, 3, 9, 25, 25], [7, 7, 8, 7, 9])
    assert found.n_votes.tolist() == [3, 0, 2]
    assert found.n_people.tolist() == [2, 0, 2]
    assert found.n_squared.tolist() == [5, 0, 2]
    assert found.n_voters == 3


def test_a_burst_lingers_until_half_its_votes_are_withdrawn():
    for n_votes, lingers in ((60, True), (20, True), (10, False)):
        windows = windows_of(QUIET + [MOMENT] * n_votes, PEOPLE + [1000 + place % 5 for place in range(n_votes)])
        assert bool(lingering_bursts(windows)) == lingers
