"""Whose absence would change the slate, beside the absence of as many people at random."""

from __future__ import annotations

from collections.abc import Collection, Hashable

import numpy as np
import pytest

from deliberation.errors import BadValue
from deliberation.influence import Bools, Choose, leave_one_out
from deliberation.power import Level


def approval(approves: np.ndarray, places: int = 3) -> Choose:
    """The items that most of those kept approve of, ties by number."""

    def choose(kept: Bools) -> Collection[Hashable]:
        counts = approves[kept].sum(axis=0)
        return sorted(range(approves.shape[1]), key=lambda item: (-counts[item], item))[:places]

    return choose


def room() -> tuple[list[str | None], np.ndarray]:
    """Ten of each of a, b, c approve of items 0 and 1 and of something of their own; nine of d carry item 2 alone."""
    categories: list[str | None] = ["a"] * 10 + ["b"] * 10 + ["c"] * 10 + ["d"] * 9 + [None]
    approves = np.zeros((40, 7), int)
    approves[:30, :2] = 1
    for start, item in ((0, 3), (10, 4), (20, 5)):
        approves[start : start + 8, item] = 1
    approves[30:39, 2] = 1
    approves[0:3, 2] = 1
    return categories, approves


def test_a_category_that_alone_carries_an_item_has_influence_beyond_chance() -> None:
    categories, approves = room()
    first = leave_one_out(categories, approval(approves), seed=1)[0]
    assert first.category == "d"
    assert first.influence == pytest.approx(1 / 3)
    assert (first.lost, first.gained) == ((2,), (3,))
    assert first.level is Level.FLAG
    assert first.chance < first.influence


def test_a_category_whose_views_others_share_has_none() -> None:
    categories, approves = room()
    others = [one for one in leave_one_out(categories, approval(approves), seed=1) if one.category != "d"]
    assert [one.level for one in others] == [None, None, None]
    assert all(one.influence == 0 for one in others)


def test_chance_repeats_with_its_seed_and_is_shared_by_categories_of_one_size() -> None:
    categories, approves = room()
    found = leave_one_out(categories, approval(approves), seed=7)
    assert found == leave_one_out(categories, approval(approves), seed=7)
    assert len({one.chance for one in found if one.n_members == 10}) == 1


def test_too_small_and_too_large_categories_are_left_out() -> None:
    categories: list[str | None] = ["a"] * 25 + ["b"] * 2 + ["c"] * 5
    found = leave_one_out(categories, approval(np.eye(32, dtype=int)), seed=1)
    assert [one.category for one in found] == ["c"]
    assert leave_one_out(["a"] * 7 + ["b"] * 7, approval(np.eye(14, dtype=int)), seed=1) == ()


def test_a_slate_of_nobody_is_refused() -> None:
    with pytest.raises(BadValue):
        leave_one_out(["a", "b"] * 10, lambda kept: (), seed=1)


def test_leaving_out_a_category_of_a_fair_room_seldom_flags() -> None:
    flagged = n = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        approves = (rng.random((60, 12)) < rng.random(12)).astype(int)
        found = leave_one_out([f"c{at % 4}" for at in range(60)], approval(approves), seed=seed)
        flagged += sum(one.level is not None for one in found)
        n += len(found)
    assert flagged / n <= 0.10
