"""Vitality: a coalition cools against its own baseline, never against a number that is the same for all.

level = sum of weight x 2^(-age / 45 days). A block of four weeks has x = sqrt(weight + 3/8), compared with mean m and
spread s of the n blocks before it: t = (x - m) / s x sqrt(n / (n + 1)), made normal (u) with n - 1 degrees of freedom.
C = min(0, C + u + 0.5), and the coalition cools once C < -3 (self-starting CUSUM, Hawkins 1987).
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from scipy import stats

from deliberation.errors import BadValue
from deliberation.vitality import Event, Kind, VitalitySettings, normal_of_t, vitality

FORMED = date(2026, 1, 5)
BLOCK = 28


def days(*per_block: int, kind: Kind = Kind.PULSE) -> list[Event]:
    """So many events of weight 1 in each block, on its first days."""
    return [
        Event(FORMED + timedelta(days=place * BLOCK + n), kind)
        for place, many in enumerate(per_block)
        for n in range(many)
    ]


def after(n_blocks: int) -> date:
    return FORMED + timedelta(days=n_blocks * BLOCK - 1)


def test_what_happened_counts_half_after_a_half_life() -> None:
    event = [Event(FORMED, Kind.PULSE)]
    assert vitality(event, starts_on=FORMED, on=FORMED).level == 1.0
    assert vitality(event, starts_on=FORMED, on=FORMED + timedelta(days=45)).level == pytest.approx(0.5)
    assert vitality([Event(FORMED, Kind.DELIVERED)], starts_on=FORMED, on=FORMED).level == 2.0


def test_a_young_coalition_has_no_baseline_and_does_not_cool() -> None:
    found = vitality(days(5, 0, 0), starts_on=FORMED, on=after(3))
    assert found.baseline is None and found.ratio is None and not found.is_cooling


def test_a_coalition_at_its_own_quiet_pace_does_not_cool() -> None:
    assert not vitality(days(*[1, 0] * 10), starts_on=FORMED, on=after(20)).is_cooling
    assert not vitality(days(*[6, 5] * 10), starts_on=FORMED, on=after(20)).is_cooling


def test_an_active_coalition_that_falls_silent_cools_within_three_blocks() -> None:
    found = vitality(days(5, 4, 6, 5, 4, 6, 0, 0, 0), starts_on=FORMED, on=after(9))
    assert found.cooling_since == FORMED + timedelta(days=6 * BLOCK), "it began with the first silent block"
    assert found.ratio is not None and found.ratio < 0.5
    assert found.last_on == FORMED + timedelta(days=5 * BLOCK + 5)


def test_it_cools_no_more_once_it_is_back_at_its_own_mean() -> None:
    found = vitality(days(5, 4, 6, 5, 4, 6, 0, 0, 0, 6), starts_on=FORMED, on=after(10))
    assert not found.is_cooling
    assert [block.is_cooling for block in found.blocks[-3:]] == [True, True, False]


def test_a_pause_that_was_announced_is_no_cooling() -> None:
    events = days(5, 4, 6, 5, 4, 6, 0, 0, 0)
    pause = (FORMED + timedelta(days=6 * BLOCK), after(9))
    assert not vitality(events, starts_on=FORMED, on=after(9), pauses=[pause]).is_cooling


def test_the_baseline_is_the_level_of_the_usual_pace() -> None:
    found = vitality(days(4, 4, 4, 4), starts_on=FORMED, on=after(4))
    assert found.baseline == pytest.approx(4 * 45 / math.log(2) / 28)


def test_a_block_is_compared_with_those_before_it_by_the_formula() -> None:
    before, x = [math.sqrt(n + 3 / 8) for n in (4, 2, 5, 3)], math.sqrt(3 / 8)
    mean = sum(before) / 4
    spread = math.sqrt(sum((one - mean) ** 2 for one in before) / 3)
    u = normal_of_t((x - mean) / spread * math.sqrt(4 / 5), 3)
    found = vitality(days(4, 2, 5, 3, 0), starts_on=FORMED, on=after(5))
    assert found.blocks[-1].cusum == pytest.approx(u + 0.5)


def test_the_normal_deviate_is_that_of_the_same_tail() -> None:
    for freedom, within in ((3, 0.07), (8, 0.02), (20, 0.01)):
        for t in (-6.0, -2.5, -1.0, 0.0, 0.4, 3.0):
            exact = stats.norm.ppf(stats.t.cdf(t, freedom))
            assert normal_of_t(t, freedom) == pytest.approx(exact, abs=within), (t, freedom)


def test_what_lies_before_the_start_or_ahead_counts_as_nothing() -> None:
    outside = [Event(FORMED - timedelta(days=1), Kind.DELIVERED), Event(after(9), Kind.DELIVERED)]
    assert vitality(outside, starts_on=FORMED, on=after(2)).level == 0.0
    with pytest.raises(BadValue):
        vitality([], starts_on=FORMED, on=FORMED - timedelta(days=1))


def test_every_kind_has_its_weight() -> None:
    assert set(VitalitySettings().weights) == set(Kind)
