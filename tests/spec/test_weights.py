"""Weights bring the make-up of participants to a target, within bounds, or are refused (Deming and Stephan 1940)."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue
from deliberation.tallies import Categories, categories_of
from deliberation.weights import EachOnce, design_effect, each_once, rake
from tests.vote_tables import read_votes


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
    sector = people(large=270, small=30)
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


@pytest.mark.parametrize(
    ("share_of_small", "warned", "refused"), [(0.3, False, False), (0.5, True, False), (0.8, True, True)]
)
def test_weights_that_would_mislead_are_warned_of_and_refused(
    share_of_small: float, warned: bool, refused: bool
) -> None:
    # A tenth of the people are to count for more: by hand, the design effect is s^2 / .1 + (1 - s)^2 / .9, whatever
    # the bounds make of the weights: 1.44, 2.78 and 6.44.
    target = {"large": 1 - share_of_small, "small": share_of_small}
    raked = rake({"sector": people(large=900, small=100)}, {"sector": target})
    asked = share_of_small**2 / 0.1 + (1 - share_of_small) ** 2 / 0.9
    assert raked.design_effect == pytest.approx(asked, rel=1e-6)
    assert raked.refused_because == ("design_effect" if refused else None)
    if refused:
        assert (raked.weights == 1).all() and raked.n_effective == 1000
        return
    assert raked.is_warned is warned
    assert raked.n_effective == pytest.approx(1000 / design_effect(raked.weights))
    assert raked.weights.max() <= 3 and raked.weights.min() >= 0.3


@pytest.mark.parametrize(
    "target", [{"ngo": 0.7, "state": 0.7}, {"ngo": 1.0}, {"ngo": -0.5, "state": 1.5}, {"ngo": float("nan"), "state": 1}]
)
def test_targets_that_are_no_shares_are_refused(target: dict[str, float]) -> None:
    with pytest.raises(BadValue):
        rake({"sector": people(ngo=20, state=20)}, {"sector": target})


# -------- every organisation once


def each(table: str, *, units: str) -> EachOnce:
    """The view of units of an ASCII vote table; units in the order of the participants, `-` for nobody's."""
    votes = read_votes(table)
    names = ["" if unit == "-" else unit for unit in units.split()]
    return each_once(votes, categories_of(np.array(names), votes.n_participants))


def test_an_organisation_counts_once_however_many_delegates_it_has() -> None:
    found = each(
        """
        .  1  2
        1  +  +
        2  +  +
        3  +  -
        4  -  -
        """,
        units="union union union farm",
    )
    assert found.n_units.tolist() == [2, 2]
    assert found.people.tolist() == [[3, 1, 0], [2, 2, 0]]
    assert found.shares[0].tolist() == pytest.approx([1 / 2, 1 / 2, 0]), "three delegates against one: even"
    assert found.shares[1].tolist() == pytest.approx([(2 / 3 + 0) / 2, (1 / 3 + 1) / 2, 0]), "delegates are averaged"


def test_who_speaks_for_nobody_is_not_in_the_view_and_who_did_not_vote_is_no_vote() -> None:
    found = each(
        """
        .  1  2  3
        1  +  .  .
        2  .  0  .
        3  -  -  .
        """,
        units="union farm -",
    )
    assert found.n_units.tolist() == [1, 1, 0]
    assert found.people.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert found.shares.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_with_one_person_in_each_the_two_views_are_one() -> None:
    rng = np.random.default_rng(4)
    rows = "\n".join(f"{n} " + " ".join(rng.choice(["+", "-", "0", "."], 6)) for n in range(1, 30))
    votes = read_votes(". 1 2 3 4 5 6\n" + rows)
    found = each_once(votes, categories_of(np.arange(29), 29))
    counts = votes.counts()
    assert (found.n_units == counts.votes).all()
    assert found.shares[:, 0] == pytest.approx(counts.agrees / counts.votes)


def test_units_of_other_participants_are_refused() -> None:
    votes = read_votes(". 1\n1 +\n2 -")
    with pytest.raises(BadShape):
        each_once(votes, categories_of(np.array(["union"]), 1))
