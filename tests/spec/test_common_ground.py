"""Common ground is judged by the least agreeing category; a divide is a gap that a reader can recompute."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import beta

from deliberation.common_ground import (
    CommonGroundSettings,
    find_common_ground,
    find_divides,
    jeffreys_lower,
    newcombe,
    variance_between,
    vote_floor,
    wilson,
)
from deliberation.errors import BadShape, BadValue
from deliberation.tallies import categories_of, tally
from deliberation.votes import Choice
from tests.oracles import counts_by_loops
from tests.vote_tables import read_votes, simulated_votes

TABLE = "\n".join(
    [". 1 2 3 4"] + [f"{person} + + - ." for person in range(1, 11)] + [f"{person} + - - +" for person in range(11, 21)]
)
CAMPS = {"side": categories_of(np.array(["left"] * 10 + ["right"] * 10), 20)}


def test_what_every_category_agrees_with_is_common_ground() -> None:
    (found,) = find_common_ground(read_votes(TABLE), CAMPS)
    assert (found.statement_id, found.share, found.n_votes) == (1, 1.0, 20)
    assert found.lower_bound == pytest.approx(float(beta.ppf(0.1, 10.5, 0.5)))


def test_what_half_of_the_room_loves_and_the_other_half_rejects_is_a_divide_and_no_common_ground() -> None:
    (divide,) = find_divides(read_votes(TABLE), CAMPS)
    assert (divide.statement_id, divide.high, divide.low, divide.gap) == (2, "left", "right", 1.0)
    assert divide.variance_share == pytest.approx(1.0)


def test_what_every_category_rejects_is_common_too() -> None:
    (found,) = find_common_ground(read_votes(TABLE), CAMPS, stance=Choice.DISAGREE)
    assert found.statement_id == 3


def test_a_statement_that_one_category_did_not_see_is_not_listed() -> None:
    assert all(found.statement_id != 4 for found in find_common_ground(read_votes(TABLE), CAMPS))
    # Without categories half of the room is enough, and statement 4 has just that.
    assert [found.statement_id for found in find_common_ground(read_votes(TABLE), {})] == [1, 4]


def test_a_majority_of_all_is_not_enough_where_a_small_constituency_disagrees() -> None:
    table = "\n".join(
        [". 1"] + [f"{person} +" for person in range(1, 31)] + [f"{person} -" for person in range(31, 37)]
    )
    votes = read_votes(table)
    small = {"constituency": categories_of(np.array(["many"] * 30 + ["few"] * 6), 36)}
    assert len(find_common_ground(votes, {})) == 1
    assert find_common_ground(votes, small) == ()


@pytest.mark.parametrize(("votes_of_few", "is_common"), [("++", True), ("+.", True), ("+-", True), ("--", False)])
def test_a_constituency_of_two_blocks_only_what_most_of_it_rejects(votes_of_few: str, is_common: bool) -> None:
    table = "\n".join(
        [". 1"]
        + [f"{person} +" for person in range(1, 19)]
        + [f"{person} {mark}" for person, mark in zip((19, 20), votes_of_few, strict=True)]
    )
    few = {"constituency": categories_of(np.array(["many"] * 18 + ["few"] * 2), 20)}
    found = find_common_ground(read_votes(table), few)
    assert [item.statement_id for item in found] == ([1] if is_common else [])
    assert all(item.lower_bound < 1 and item.least[1] != "few" for item in found)


def test_the_author_who_cannot_vote_does_not_silence_a_constituency_of_three() -> None:
    table = "\n".join([". 1"] + [f"{person} +" for person in range(1, 20)] + ["20 ."])
    three = {"constituency": categories_of(np.array(["many"] * 17 + ["three"] * 3), 20)}
    assert [item.statement_id for item in find_common_ground(read_votes(table), three)] == [1]


def test_the_least_agreeing_category_ranks_and_is_named() -> None:
    rows = [f"{person} + +" for person in range(1, 21)] + [
        f"{person} + {'+' if person < 38 else '-'}" for person in range(21, 41)
    ]
    votes = read_votes("\n".join([". 2 1", *rows]))
    found = find_common_ground(votes, {"side": categories_of(np.arange(40) // 20, 40)})
    assert [entry.statement_id for entry in found] == [2, 1]
    assert found[1].least == ("side", "1")
    assert found[1].least_share == pytest.approx(17 / 20)


def test_floors_shrink_with_the_room() -> None:
    settings = CommonGroundSettings()
    assert [vote_floor(n, settings) for n in (1, 15, 20, 60, 5_000)] == [1, 8, 10, 30, 30]


def test_people_who_stated_no_category_count_among_everyone_only() -> None:
    counted = tally(read_votes(TABLE), categories_of(np.array([0] * 10 + [-1] * 10), 20))
    assert counted.names == ("0",)
    assert counted.votes[0].tolist() == [10, 10, 10, 0]


def test_counts_are_those_of_counting_one_by_one() -> None:
    votes = simulated_votes("structureless", seed=1, n=30, m=8)
    labels = np.random.default_rng(1).integers(-1, 3, 30)
    assert (
        tally(votes, categories_of(labels, 30, names=("a", "b", "c"))).counts == counts_by_loops(votes, labels, 3)
    ).all()


def test_random_categories_divide_nothing() -> None:
    found = 0
    for seed in range(10):
        votes = simulated_votes("structureless", seed=seed, n=120)
        labels = np.random.default_rng(1_000 + seed).integers(0, 3, 120)
        found += len(find_divides(votes, {"side": categories_of(labels, 120)}))
    assert found <= 3  # of 300 tests


def test_what_divides_five_people_could_be_chance_and_six_against_six_could_not() -> None:
    five = read_votes(". 1 2\n1 + +\n2 + -\n3 + +\n4 - -\n5 - +")
    assert find_divides(five, {"side": categories_of(np.array([0, 0, 0, 1, 1]), 5)}) == ()
    twelve = read_votes("\n".join([". 1"] + [f"{person} {'+' if person < 7 else '-'}" for person in range(1, 13)]))
    (divide,) = find_divides(twelve, {"side": categories_of(np.arange(12) // 6, 12)})
    assert divide.p == pytest.approx(2 / 924)  # two of the ways to choose six of twelve are as one-sided as this


def test_variance_between_like_categories_is_zero() -> None:
    votes = read_votes("\n".join([". 1"] + [f"{person} {'+-'[person % 2]}" for person in range(1, 41)]))
    assert variance_between(tally(votes, categories_of(np.arange(40) // 20, 40))).tolist() == [0.0]


def test_wilson_is_the_interval_of_its_formula() -> None:
    z = NormalDist().inv_cdf(0.95)
    share, n = 0.3, 50
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    lower, upper = wilson(15, 50)
    assert (float(lower), float(upper)) == pytest.approx((centre - half, centre + half))


def test_newcombe_gives_the_published_example() -> None:
    # Newcombe (1998), table II, method 10: 56/70 against 48/80, 95 %: 0.0524 to 0.3339.
    lower, upper = newcombe(56, 70, 48, 80, level=0.95)
    assert (round(float(lower), 4), round(float(upper), 4)) == (0.0524, 0.3339)


def test_bounds_know_nothing_without_votes() -> None:
    assert float(jeffreys_lower(0, 0)) == 0.0
    assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]
    assert [float(end) for end in newcombe(0, 0, 1, 2)] == [-1.0, 1.0]


def test_impossible_counts_and_labels_are_refused() -> None:
    with pytest.raises(BadValue):
        jeffreys_lower(3, 2)
    with pytest.raises(BadShape):
        categories_of(np.array([1, 2]), 3)
    with pytest.raises(BadValue):
        categories_of(np.array([0.5, np.nan]), 2)
