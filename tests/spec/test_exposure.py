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
    rng = np.random.default_rng(3)
    votes = [("planted", place < 20 or rng.random() < 0.3) for place in range(120)]
    votes += [("fair", bool(rng.random() < 0.5)) for _ in range(120)]
    found = early_gaps([name for name, _ in votes], [agreed for _, agreed in votes])
    assert [gap.statement for gap in found] == ["planted"]
    assert found[0].first == 1.0
    assert found[0].later < 0.45
    assert (found[0].n_first, found[0].n_later) == (20, 100)


def test_too_few_later_votes_are_not_compared() -> None:
    assert early_gaps(["one"] * 39, [True] * 20 + [False] * 19) == ()
    assert len(early_gaps(["one"] * 40, [True] * 20 + [False] * 20)) == 1
    with pytest.raises(BadShape):
        early_gaps(["one"], [True, False])


def test_among_fair_statements_few_gaps_are_found() -> None:
    rng = np.random.default_rng(5)
    rates = np.repeat(rng.random(200), 80)
    found = early_gaps(np.repeat(np.arange(200), 80).tolist(), rng.random(rates.size) < rates)
    assert len(found) <= 2
