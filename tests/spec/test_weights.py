"""Weights bring the make-up of participants to a target, within bounds, or are refused (Deming and Stephan 1940)."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import BadValue
from deliberation.tallies import Categories, categories_of
from deliberation.weights import design_effect, rake


def people(**sizes: int) -> Categories:
    return categories_of(np.repeat(list(sizes), list(sizes.values())), sum(sizes.values()))


def share(weights: np.ndarray, categories: Categories, name: str) -> float:
    return float(weights[categories.index == categories.names.index(name)].sum() / weights[categories.index >= 0].sum())


def test_every_margin_reaches_its_target() -> None:
    rng = np.random.default_rng(1)
    sector = categories_of(rng.choice(["business", "ngo", "state"], 600, p=[0.5, 0.3, 0.2]), 600)
    region = categories_of(rng.choice(["north", "south"], 600, p=[0.65, 0.35]), 600)
    raked = rake(
        {"sector": sector, "region": region},
        {"sector": {"business": 0.35, "ngo": 0.35, "state": 0.3}, "region": {"north": 0.5, "south": 0.5}},
    )
    assert raked.refused_because is None
    assert share(raked.weights, sector, "state") == pytest.approx(0.3, abs=1e-4)
    assert share(raked.weights, region, "south") == pytest.approx(0.5, abs=1e-4)
    assert raked.weights.mean() == pytest.approx(1.0, abs=1e-6)
    assert raked.n_effective == pytest.approx(600 / raked.design_effect)


def test_kishs_design_effect_of_equal_weights_is_one() -> None:
    assert design_effect(np.full(9, 2.0)) == pytest.approx(1.0)
    assert design_effect(np.array([3.0, 1.0])) == pytest.approx(2 * 10 / 16)


def test_nobody_counts_for_more_than_three_or_less_than_a_third() -> None:
    sector = people(large=280, small=20)
    raked = rake({"sector": sector}, {"sector": {"large": 0.5, "small": 0.5}})
    assert raked.weights.min() >= 0.3 and raked.weights.max() <= 3.0
    assert raked.largest_gap > 0.1  # the bound holds, and says what it cost


def test_a_category_with_a_target_and_no_members_is_refused() -> None:
    raked = rake({"sector": people(ngo=40, state=40)}, {"sector": {"ngo": 0.4, "state": 0.4, "business": 0.2}})
    assert raked.refused_because == "empty_category"
    assert (raked.weights == 1).all() and raked.n_effective == 80


def test_small_categories_are_put_together() -> None:
    raked = rake(
        {"sector": people(ngo=50, state=40, faith=8, youth=9)},
        {"sector": {"ngo": 0.4, "state": 0.3, "faith": 0.1, "youth": 0.2}},
    )
    assert raked.merged == (("sector", "faith"), ("sector", "youth"))
    assert raked.weights[90:].sum() / raked.weights.sum() == pytest.approx(0.3, abs=1e-6)
    assert np.ptp(raked.weights[90:]) == pytest.approx(0.0)


def test_who_stated_nothing_is_not_moved_by_that_margin() -> None:
    sector = categories_of(np.array(["ngo"] * 60 + ["state"] * 30 + [""] * 30), 120)
    raked = rake({"sector": sector}, {"sector": {"ngo": 0.5, "state": 0.5}})
    assert share(raked.weights, sector, "ngo") == pytest.approx(0.5, abs=1e-6)
    assert np.ptp(raked.weights[90:]) == pytest.approx(0.0)


def test_weights_that_would_mislead_are_refused() -> None:
    from dataclasses import replace

    from deliberation.weights import WeightSettings

    wide = replace(WeightSettings(), lowest=0.001, highest=1_000.0)
    raked = rake({"sector": people(large=980, small=20)}, {"sector": {"large": 0.2, "small": 0.8}}, settings=wide)
    assert raked.refused_because == "design_effect" and raked.design_effect > 4
    assert (raked.weights == 1).all()


@pytest.mark.parametrize(
    "target", [{"ngo": 0.7, "state": 0.7}, {"ngo": 1.0}, {"ngo": -0.5, "state": 1.5}, {"ngo": float("nan"), "state": 1}]
)
def test_targets_that_are_no_shares_are_refused(target: dict[str, float]) -> None:
    with pytest.raises(BadValue):
        rake({"sector": people(ngo=20, state=20)}, {"sector": target})
