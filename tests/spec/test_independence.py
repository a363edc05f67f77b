"""Whether categories of people answer alike: exactly where they are few, by chi-squared where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from deliberation.errors import BadShape, BadValue
from deliberation.independence import independence
from tests.oracles import exact_independence_by_loops


def p_of(successes: list[int], trials: list[int]) -> float:
    (p,) = independence(np.array(successes)[:, None], np.array(trials)[:, None])
    return float(p)


def test_three_who_agree_against_two_who_do_not_is_one_way_of_ten() -> None:
    # The lady tasting tea, with five cups: three of five can be chosen in ten ways.
    assert p_of([3, 0], [3, 2]) == pytest.approx(1 / 10)


def test_two_small_categories_are_tested_as_fisher_did() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        trials = rng.integers(1, 9, 2)
        successes = np.array([rng.integers(0, n + 1) for n in trials])
        expected = fisher_exact(np.column_stack([successes, trials - successes]))[1]
        assert p_of(successes.tolist(), trials.tolist()) == pytest.approx(expected)


def test_several_small_categories_are_tested_by_counting_every_table() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        trials = rng.integers(1, 6, rng.integers(2, 5)).tolist()
        successes = [int(rng.integers(0, n + 1)) for n in trials]
        assert p_of(successes, trials) == pytest.approx(exact_independence_by_loops(successes, trials))


def test_where_all_expect_five_it_is_pearsons_chi_squared() -> None:
    successes, trials = np.array([40, 25, 30]), np.array([60, 60, 50])
    expected = chi2_contingency(np.column_stack([successes, trials - successes]), correction=False).pvalue
    assert p_of(successes.tolist(), trials.tolist()) == pytest.approx(expected)


def test_nothing_differs_where_all_or_none_agree_or_only_one_category_voted() -> None:
    assert [p_of([3, 4], [3, 4]), p_of([0, 0], [3, 4]), p_of([2, 0], [5, 0]), p_of([0, 0], [0, 0])] == [1.0] * 4


def test_with_the_margins_given_chance_is_called_a_difference_no_more_often_than_it_says() -> None:
    # 5, 9 and 4 people answer alike; the share of rooms with p <= .1 is at most .1, where chi-squared may have more.
    rng = np.random.default_rng(3)
    trials = np.array([5, 9, 4])[:, None] + np.zeros((3, 2_000), np.int64)
    p = independence(rng.binomial(trials, 0.3), trials)
    assert (p <= 0.1).mean() <= 0.1 and (p <= 0.01).mean() <= 0.012


def test_many_large_categories_beside_a_tiny_one_are_tested_in_moderate_time() -> None:
    assert p_of([900, 500, 80, 2], [1_000, 900, 800, 3]) < 1e-10


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(BadShape):
        independence([[1, 2]], [[1, 2], [3, 4]])
    with pytest.raises(BadValue):
        p_of([3, 0], [2, 2])
    with pytest.raises(BadValue):
        independence(np.array([[0.5], [1.0]]), np.array([[1], [1]]))
