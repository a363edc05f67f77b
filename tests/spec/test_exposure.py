"""Was everybody's proposal seen alike: early beside late, and first answers beside later ones."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue
from deliberation.exposure import early_gaps, position_bias
from deliberation.power import Level


def test_statements_shown_in_their_order_are_flagged_with_the_direction() -> None:
    found = position_bias(range(60, 20, -1), n_participants=400)
    assert found is not None
    assert found.correlation == pytest.approx(-1.0)
    assert found.level is Level.FLAG
    assert (found.floor, found.n_below_floor) == (30, 9)


def test_equal_exposure_has_no_direction() -> None:
    found = position_bias([40] * 30, n_participants=400)
    assert found is not None
    assert (found.correlation, found.level, found.n_below_floor) == (0.0, None, 0)


def test_chance_alone_seldom_raises_a_flag() -> None:
    rng = np.random.default_rng(0)
    flags = [position_bias(rng.poisson(50, 60), n_participants=400) for _ in range(300)]
    assert sum(one is not None and one.level is not None for one in flags) / 300 <= 0.07


def test_in_a_small_room_the_floor_is_half_the_people() -> None:
    found = position_bias([9] * 20, n_participants=20)
    assert found is not None
    assert (found.floor, found.n_below_floor) == (10, 20)


def test_few_statements_say_nothing_and_negative_counts_are_refused() -> None:
    assert position_bias([3] * 14, n_participants=50) is None
    with pytest.raises(BadValue):
        position_bias([-1] * 20, n_participants=50)
    with pytest.raises(BadShape):
        position_bias([[1, 2]], n_participants=50)


def test_friends_who_came_first_are_seen_in_the_first_twenty_votes() -> None:
    found = early_gaps(["planted", "fair"], [[20, 0], [11, 9]], [[31, 69], [52, 48]])
    assert [gap.statement for gap in found] == ["planted"]
    assert (found[0].first, found[0].later) == (1.0, 0.31)
    assert (found[0].n_first, found[0].n_later) == (20, 100)


def test_too_few_later_votes_are_not_compared() -> None:
    assert early_gaps(["one"], [[20, 0]], [[0, 19]]) == ()
    assert len(early_gaps(["one"], [[20, 0]], [[0, 20]])) == 1
    assert early_gaps([], [], []) == ()
    with pytest.raises(BadShape):
        early_gaps(["one"], [[1, 2]], [[1, 2], [3, 4]])
    with pytest.raises(BadValue):
        early_gaps(["one"], [[-1, 2]], [[1, 2]])


def test_among_fair_statements_few_gaps_are_found() -> None:
    rng = np.random.default_rng(5)
    rates = rng.random(200)
    first, later = rng.binomial(20, rates), rng.binomial(60, rates)
    found = early_gaps(
        range(200), np.column_stack([first, 20 - first]).tolist(), np.column_stack([later, 60 - later]).tolist()
    )
    assert len(found) <= 2


def test_a_fair_order_looked_at_all_the_time_raises_a_flag_in_at_most_one_of_twenty() -> None:
    n_flagged = 0
    for seed in range(100):
        shown = np.random.default_rng(seed).poisson(40, 200)
        looks = [position_bias(shown[:n], n_participants=200) for n in range(15, 201, 5)]
        n_flagged += any(look is not None and look.level is Level.FLAG for look in looks)
    assert n_flagged <= 5
