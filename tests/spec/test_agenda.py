"""Who sets the agenda: proposals of a category beside equally supported ones, from proposed to committed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deliberation.agenda import STEPS, AgendaSettings, Passage, mantel_haenszel, passages
from deliberation.errors import BadShape, BadValue
from deliberation.power import Level

# Men and women admitted and rejected by six departments of Berkeley in 1973 (Bickel, Hammel and O'Connell 1975).
BERKELEY = [
    [[512, 313], [89, 19]],
    [[353, 207], [17, 8]],
    [[120, 205], [202, 391]],
    [[138, 279], [131, 244]],
    [[53, 138], [94, 299]],
    [[22, 351], [24, 317]],
]


def test_mantel_haenszel_has_its_book_values() -> None:
    found = mantel_haenszel(BERKELEY)
    assert found is not None
    assert found.value == pytest.approx(0.9046968, abs=1e-6)
    assert (found.lower, found.upper) == pytest.approx((0.7719074, 1.0603298), abs=1e-6)
    assert found.p == pytest.approx(0.2169, abs=1e-3)
    assert found.p_same == pytest.approx(0.0021, abs=1e-4)


def test_pooled_over_departments_the_raw_advantage_disappears() -> None:
    together = mantel_haenszel([np.sum(BERKELEY, axis=0)])
    assert together is not None
    assert together.value == pytest.approx(1.84, abs=0.01)
    assert together.p_same is None


def test_strata_without_a_comparison_say_nothing() -> None:
    assert mantel_haenszel([[[3, 0], [4, 0]], [[0, 0], [5, 2]]]) is None
    found = mantel_haenszel([[[3, 1], [4, 4]], [[3, 0], [4, 0]]])
    assert found is not None
    assert found.n_strata == 1
    assert found.value == pytest.approx(3.0)


def test_where_none_of_the_others_passed_the_odds_have_no_upper_end() -> None:
    found = mantel_haenszel([[[6, 2], [0, 9]]])
    assert found is not None
    assert found.value == math.inf
    assert (found.lower, found.upper) == (0.0, math.inf)


@pytest.mark.parametrize("odds", [0.4, 1.0, 3.5])
def test_tarones_test_accepts_strata_that_share_their_odds(odds: float) -> None:
    tables = []
    for rate in (0.2, 0.5, 0.7):
        own = rate * odds / (1 - rate + rate * odds)
        tables.append([[1000 * own, 1000 * (1 - own)], [1000 * rate, 1000 * (1 - rate)]])
    found = mantel_haenszel(tables)
    assert found is not None
    assert found.value == pytest.approx(odds)
    assert found.p_same == pytest.approx(1.0)


def test_tables_of_another_shape_or_with_negative_counts_are_refused() -> None:
    with pytest.raises(BadShape):
        mantel_haenszel([[1, 2], [3, 4]])
    with pytest.raises(BadValue):
        mantel_haenszel([[[-1, 2], [3, 4]]])


def agenda(seed: int, *, favoured: float = 1.0) -> tuple[list[str | None], np.ndarray, np.ndarray]:
    """400 proposals of four categories. Business is liked more; it is curated `favoured` times as often at equal
    support, where 1 is by support alone."""
    rng = np.random.default_rng(seed)
    categories = [("business", "science", "women", "youth")[at % 4] for at in range(400)]
    support = np.clip(rng.normal([0.55 if name == "business" else 0.4 for name in categories], 0.15), 0, 1)
    shown, voted = np.ones(400, bool), np.ones(400, bool)
    chosen = rng.random(400) < support
    odds = support / (1 - np.minimum(support, 0.999))
    boosted = odds * np.array([favoured if name == "business" else 1.0 for name in categories])
    curated = rng.random(400) < boosted / (1 + boosted)
    return list(categories), support, np.column_stack([shown, voted, chosen, curated, curated & chosen])


def of(found: tuple[Passage, ...], category: str, step: str) -> Passage:
    return next(one for one in found if (one.category, one.step) == (category, step))


def test_being_liked_more_is_not_power() -> None:
    flagged = sum(of(passages(*agenda(seed)), "business", "curated_slate").level is Level.FLAG for seed in range(20))
    assert flagged <= 1


def test_a_category_that_is_curated_three_times_as_often_at_equal_support_is_flagged() -> None:
    found = of(passages(*agenda(3, favoured=4.0)), "business", "curated_slate")
    assert found.level is Level.FLAG
    assert found.odds is not None
    assert found.odds.lower > 1
    assert 2.0 < found.odds.value < 8.0


@pytest.mark.slow
def test_a_fair_agenda_looked_at_all_the_time_raises_no_flag_in_nineteen_of_twenty() -> None:
    n_flagged = 0
    for seed in range(20):
        categories, support, passed = agenda(seed)
        looks = [passages(categories[:n], support[:n], passed[:n]) for n in range(30, 401, 15)]
        n_flagged += any(one.level is Level.FLAG for look in looks for one in look)
    assert n_flagged <= 1


def test_each_step_asks_only_those_that_passed_the_one_before() -> None:
    categories: list[str | None] = ["a", "a", "a", "b", "b", None]
    passed = np.array(
        [
            [1, 1, 1, 1, 1],
            [1, 1, 0, 1, 0],
            [0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0],
            [1, 1, 1, 0, 0],
            [1, 1, 1, 1, 1],
        ],
        bool,
    )
    found = passages(categories, np.full(6, np.nan), passed)
    asked = [(one.n_asked, one.n_passed, one.n_others_asked, one.n_others_passed) for one in found]
    assert [one.step for one in found] == [*STEPS, *STEPS]
    assert asked[:5] == [(3, 2, 2, 2), (2, 2, 2, 1), (2, 1, 1, 1), (2, 2, 1, 0), (2, 1, 0, 0)]
    assert all(one.odds is None and one.level is None for one in found)


def test_below_the_fewest_proposals_counts_are_given_and_no_odds() -> None:
    categories, support, passed = agenda(1, favoured=9.0)
    few = passages(categories[:28], support[:28], passed[:28])
    assert all(one.odds is None for one in few)
    assert any(one.odds for one in passages(categories[:28], support[:28], passed[:28], settings=AgendaSettings(
        fewest_proposals=20)))  # fmt: skip


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(BadShape):
        passages(["a"], [0.1, 0.2], np.ones((1, 5), bool))
    with pytest.raises(BadShape):
        passages(["a"], [0.1], np.ones((1, 4), bool))
