"""What holds of the measures of power for whatever contributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deliberation import inequality, shares

contributions = st.lists(st.integers(0, 1000), min_size=1, max_size=60)
some = contributions.filter(lambda values: sum(values) > 0)


@given(some, st.randoms(use_true_random=False))
def test_measures_do_not_depend_on_the_order_of_people(values: list[int], chance: object) -> None:
    shuffled = list(values)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for measure in (inequality.gini, inequality.concentration, inequality.top_share):
        assert measure(shuffled) == pytest.approx(measure(values), abs=1e-12)


@given(some)
def test_gini_is_half_the_relative_mean_difference(values: list[int]) -> None:
    array = np.array(values, float)
    direct = np.abs(array[:, None] - array[None, :]).mean() / (2 * array.mean())
    assert inequality.gini(values) == pytest.approx(direct, abs=1e-9)


@given(some)
def test_gini_is_twice_the_area_above_the_lorenz_curve(values: list[int]) -> None:
    curve = inequality.lorenz(values, n_points=len(values) + 1)
    assert 1 - 2 * np.trapezoid(curve.contributions, curve.people) == pytest.approx(inequality.gini(values), abs=1e-9)


@given(some, st.integers(2, 5))
def test_copies_of_everybody_change_no_relative_measure(values: list[int], n: int) -> None:
    assert inequality.gini(values * n) == pytest.approx(inequality.gini(values), abs=1e-9)
    assert inequality.effective_number(values * n) == pytest.approx(n * inequality.effective_number(values))


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("abc")), min_size=1, max_size=40))
def test_both_parts_of_theil_are_shares_of_it(people: list[tuple[int, str]]) -> None:
    values, categories = [n for n, _ in people], [label for _, label in people]
    found = inequality.theil(values, categories)
    assert found.between >= -1e-9
    assert found.within >= -1e-9
    assert found.between + found.within == pytest.approx(found.total)
    assert inequality.theil(values, ["a"] * len(values)).between == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.01, 0.99))
def test_the_interval_of_a_ratio_contains_it(hits: int, misses: int, target: float) -> None:
    assume(hits + misses > 0)
    found = shares.representation_ratio(hits, hits + misses, target)
    assert found.lower - 1e-9 <= found.ratio <= found.upper + 1e-9


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_e_bh_rejects_only_what_is_larger_than_what_it_keeps(values: list[float]) -> None:
    rejected = shares.e_bh(values)
    kept = [value for value, out in zip(values, rejected, strict=True) if not out]
    thrown = [value for value, out in zip(values, rejected, strict=True) if out]
    assert max(kept, default=-1.0) < min(thrown, default=np.inf)
    assert all(value >= len(values) / (0.05 * len(thrown)) for value in thrown)
