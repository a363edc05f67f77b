"""Who waits and who gives way: time to be taken up, and amendments in both directions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue
from deliberation.exchange import ExchangeSettings, amendment_exchange, uptake_latency
from deliberation.power import Level


def test_a_category_that_waits_three_times_as_long_is_flagged() -> None:
    rng = np.random.default_rng(1)
    hours = np.concatenate([rng.exponential(60, 40), rng.exponential(20, 80)])
    slow, *others = uptake_latency(["local"] * 40 + ["science", "business"] * 40, hours, seed=1)
    assert slow.category == "business"  # by name
    late = next(one for one in (slow, *others) if one.category == "local")
    assert late.level is Level.FLAG
    assert late.lower < late.median < late.upper
    assert late.median > 1.5 * late.others_median
    assert [one.level for one in (slow, *others) if one is not late] == [None, None]


def test_proposals_never_taken_up_count_as_the_longest_waits() -> None:
    never = [math.nan] * 12
    found = {one.category: one for one in uptake_latency(["a"] * 12 + ["b"] * 12, never + [5.0] * 12, seed=1)}
    assert found["a"].median == math.inf
    assert found["a"].level is Level.FLAG
    assert found["b"].median == 5.0
    assert found["b"].level is None


def test_few_waits_are_shown_and_not_compared() -> None:
    found = uptake_latency(["a"] * 9 + ["b"] * 20 + [None], [90.0] * 9 + [1.0] * 20 + [3.0], seed=1)
    assert next((one.category, one.n, one.p_adjusted, one.level) for one in found) == ("a", 9, None, None)
    with pytest.raises(BadValue):
        uptake_latency(["a"], [-1.0], seed=1)
    with pytest.raises(BadShape):
        uptake_latency(["a"], [1.0, 2.0], seed=1)


def test_amendments_that_go_one_way_are_flagged_for_both_sides() -> None:
    amenders = ["state"] * 15 + ["youth"] * 15
    authors = ["youth"] * 15 + ["state"] * 15
    found = amendment_exchange(amenders, authors, [True] * 14 + [False] + [False] * 13 + [True] * 2)
    assert [(row.category, row.n_given_accepted, row.n_received_accepted) for row in found.rows] == [
        ("state", 14, 2),
        ("youth", 2, 14),
    ]
    assert [row.level for row in found.rows] == [Level.FLAG, Level.FLAG]
    assert found.reciprocity == pytest.approx(4 / 16)


@pytest.mark.slow
def test_fair_waits_and_a_fair_exchange_looked_at_all_the_time_raise_no_flag_in_nineteen_of_twenty() -> None:
    n_flagged = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        names = rng.choice(list("abcd"), 300).tolist()
        others = rng.choice(list("abcd"), 300).tolist()
        hours, accepted = rng.exponential(30, 300), rng.random(300) < 0.4
        found = []
        for n in range(20, 301, 20):
            found += uptake_latency(names[:n], hours[:n], seed=seed, settings=ExchangeSettings(n_resamples=5))
            found += amendment_exchange(names[:n], others[:n], accepted[:n]).rows
        n_flagged += any(one.level is Level.FLAG for one in found)
    assert n_flagged <= 1


def test_a_gap_of_one_look_is_a_note() -> None:
    amenders = ["state"] * 15 + ["youth"] * 15
    authors = ["youth"] * 15 + ["state"] * 15
    found = amendment_exchange(amenders, authors, [True] * 11 + [False] * 4 + [True] * 4 + [False] * 11)
    assert [row.level for row in found.rows] == [Level.NOTE, Level.NOTE]


def test_amendments_answered_in_kind_are_reciprocal() -> None:
    amenders = ["a"] * 12 + ["b"] * 12 + ["a"] * 5 + [None]
    authors = ["b"] * 12 + ["a"] * 12 + ["a"] * 5 + ["b"]
    found = amendment_exchange(amenders, authors, [True, False] * 12 + [True] * 6)
    assert found.reciprocity == 1.0
    assert found.n_across == 24
    assert [row.level for row in found.rows] == [None, None]


def test_no_amendments_have_no_reciprocity() -> None:
    assert amendment_exchange([], [], []).reciprocity is None
    assert amendment_exchange([], [], []).rows == ()
    with pytest.raises(BadShape):
        amendment_exchange(["a"], [], [True])
