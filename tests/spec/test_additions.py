"""Whose proposals curators add, beside as many drawn at random from what could have been added."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.additions import AdditionsSettings, concentration_of_additions
from deliberation.errors import BadValue
from deliberation.power import Level

POOL = [("ngos",)] * 10 + [("women",)] * 10 + [("farmers",)] * 10 + [("business",)] * 10


def test_additions_that_all_come_from_one_constituency_are_noted() -> None:
    """Five of five, of a pool in which it has a quarter: a chance of 4 * C(10, 5) / C(40, 5), one in 650."""
    found = concentration_of_additions(POOL, range(10, 15), seed=1)
    assert found is not None
    assert (found.top, found.share, found.pool_share, found.effective) == ("women", 1.0, 0.25, 1.0)
    assert found.p_value < 0.01
    assert found.chance < 1
    assert found.level is Level.NOTE


def test_additions_from_everywhere_are_not() -> None:
    found = concentration_of_additions(POOL, [0, 10, 20, 30], seed=1)
    assert found is not None
    assert (found.share, found.effective, found.level) == (0.25, 4.0, None)
    assert found.p_value == 1.0


def test_a_constituency_that_wrote_most_of_the_pool_may_have_most_of_the_additions() -> None:
    pool = [("ngos",)] * 30 + [("women",)] * 10
    found = concentration_of_additions(pool, [0, 1, 2, 3, 30], seed=1)
    assert found is not None
    assert found.share == 0.8
    assert found.level is None


def test_an_addition_counts_in_parts_for_everybody_behind_it() -> None:
    pool = [("ngos", "women"), ("ngos",), ("women", "farmers"), ("farmers",), ("ngos",), ()]
    found = concentration_of_additions(pool, [0, 1, 2, 3, 5], seed=1)
    assert found is not None
    assert (found.n_added, found.top, found.share) == (4, "farmers", 0.375)


def test_three_additions_say_nothing() -> None:
    assert concentration_of_additions(POOL, [0, 1, 2], seed=1) is None
    assert concentration_of_additions([], [], seed=1) is None
    with pytest.raises(BadValue):
        concentration_of_additions(POOL, [40], seed=1)


def test_random_additions_are_seldom_noted_and_repeat_with_their_seed() -> None:
    rng = np.random.default_rng(3)
    few = AdditionsSettings(n_draws=200)
    drawn = [rng.choice(40, 5, replace=False).tolist() for _ in range(200)]
    found = [concentration_of_additions(POOL, added, seed=1, settings=few) for added in drawn]
    assert sum(one is not None and one.level is not None for one in found) / 200 <= 0.07
    assert found[0] == concentration_of_additions(POOL, drawn[0], seed=1, settings=few)
