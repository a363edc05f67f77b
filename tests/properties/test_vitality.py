"""Vitality for any events: their order changes nothing, more never harms, false alarms are as rare as said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.vitality import Event, Kind, vitality

FORMED = date(2026, 1, 5)
events = st.lists(
    st.builds(Event, st.integers(0, 700).map(lambda n: FORMED + timedelta(days=n)), st.sampled_from(list(Kind))),
    max_size=60,
)


@given(events, st.integers(0, 800), st.randoms())
def test_the_order_of_events_changes_nothing(found: list[Event], n_days: int, chance: object) -> None:
    on = FORMED + timedelta(days=n_days)
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own random.Random
    assert vitality(found, starts_on=FORMED, on=on) == vitality(shuffled, starts_on=FORMED, on=on)


@given(events, st.integers(0, 800))
def test_sums_never_rise_above_nothing_and_cooling_has_a_beginning(found: list[Event], n_days: int) -> None:
    on = FORMED + timedelta(days=n_days)
    told = vitality(found, starts_on=FORMED, on=on)
    assert all(block.cusum <= 0 for block in told.blocks)
    assert len(told.blocks) == (n_days + 1) // 28
    assert not told.is_cooling or (told.cooling_since is not None and FORMED < told.cooling_since <= on)


@given(events, st.integers(0, 700))
def test_one_more_event_today_raises_the_level_and_starts_no_cooling(found: list[Event], n_days: int) -> None:
    on = FORMED + timedelta(days=n_days)
    before = vitality(found, starts_on=FORMED, on=on)
    more = vitality([*found, Event(on, Kind.DELIVERED)], starts_on=FORMED, on=on)
    assert more.level == pytest.approx(before.level + 2.0)
    assert before.is_cooling or not more.is_cooling


def simulated(rate: float, *, n_blocks: int, n: int, stops_after: int | None = None) -> list[int | None]:
    """The block with which each of `n` coalitions is first said to cool, events coming by chance at this rate."""
    chance = np.random.default_rng(7)
    found: list[int | None] = []
    for _ in range(n):
        counts = chance.poisson(rate, n_blocks)
        if stops_after is not None:
            counts[stops_after:] = 0
        happened = [
            Event(FORMED + timedelta(days=place * 28 + int(day)), Kind.PULSE)
            for place, many in enumerate(counts)
            for day in chance.integers(0, 28, many)
        ]
        told = vitality(happened, starts_on=FORMED, on=FORMED + timedelta(days=n_blocks * 28 - 1))
        found.append(next((place for place, block in enumerate(told.blocks) if block.is_cooling), None))
    return found


@pytest.mark.parametrize("rate", [0.5, 2.0, 4.0, 8.0])
def test_in_two_years_at_most_one_unchanged_coalition_in_four_is_said_to_cool(rate: float) -> None:
    found = simulated(rate, n_blocks=26, n=300)
    share = sum(block is not None for block in found) / len(found)
    assert share <= 0.25


@pytest.mark.parametrize(("rate", "caught"), [(4.0, 0.9), (8.0, 0.95)])
def test_silence_after_a_year_is_seen_within_three_blocks(rate: float, caught: float) -> None:
    found = simulated(rate, n_blocks=16, n=200, stops_after=13)
    seen = [block for block in found if block is None or block >= 13]
    share = sum(block is not None for block in seen) / len(seen)
    assert share >= caught
