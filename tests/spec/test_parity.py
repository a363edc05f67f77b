"""Parity of languages: a translation that says something else shows in the votes of those who read it.

| side of the comparison        | agree | voters | share |
|-------------------------------|-------|--------|-------|
| the statement as it was written |  40 |   50   |  80 % |
| its French translation          |  12 |   30   |  40 % |
| its Arabic translation          |  23 |   30   |  77 % |

Fisher's exact test, Benjamini-Hochberg; evidence over time by Robbins's mixture and e-BH (Wang and Ramdas 2022).
"""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import BadValue
from deliberation.parity import ParityGap, Seen, parity_gaps
from deliberation.power import Level


def table(*rows: tuple[str, bool, int, int], statement: int = 1) -> list[Seen]:
    return [Seen(statement, language, is_translation, agrees, n) for language, is_translation, agrees, n in rows]


ROOM = table(("en", False, 40, 50), ("fr", True, 12, 30), ("ar", True, 23, 30))


def by_language(found: tuple[ParityGap, ...]) -> dict[str, ParityGap]:
    return {one.language: one for one in found}


def test_a_translation_whose_readers_agree_far_less_is_to_be_read_again() -> None:
    found = by_language(parity_gaps(ROOM))
    assert found["fr"].gap == pytest.approx(-0.4)
    assert found["fr"].level is Level.FLAG
    assert found["fr"].p_adjusted == pytest.approx(0.0009, abs=0.0003)
    assert found["ar"].level is None
    assert not found["ar"].lingers


def test_the_same_gap_among_few_is_chance() -> None:
    few = by_language(parity_gaps(table(("en", False, 11, 14), ("fr", True, 5, 14))))
    assert few["fr"].gap == pytest.approx(-6 / 14)
    assert few["fr"].p_adjusted is None
    assert few["fr"].level is None


def test_a_sure_gap_of_less_than_twenty_points_is_none() -> None:
    wide = by_language(parity_gaps(table(("en", False, 800, 1000), ("fr", True, 620, 1000))))
    assert wide["fr"].p_adjusted < 1e-9
    assert wide["fr"].level is None
    assert wide["fr"].lingers, "an alert that is open stays open until the gap is half of its bound"


def test_a_translation_without_votes_on_the_original_is_not_compared() -> None:
    assert parity_gaps(table(("fr", True, 5, 30))) == ()
    assert parity_gaps(table(("fr", True, 5, 30), ("en", False, 0, 0))) == ()


@pytest.mark.slow
def test_fair_translations_are_seldom_to_be_read_again() -> None:
    rng, n_flagged = np.random.default_rng(7), 0
    for _ in range(200):
        seen = []
        for statement in range(10):
            share = rng.uniform(0.2, 0.8)
            seen += table(
                ("en", False, int(rng.binomial(40, share)), 40),
                ("fr", True, int(rng.binomial(30, share)), 30),
                statement=statement,
            )
        n_flagged += any(one.level is not None for one in parity_gaps(seen))
    assert n_flagged / 200 <= 0.05


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(BadValue):
        parity_gaps(table(("en", False, 3, 2)))
