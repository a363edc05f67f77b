"""Routing by example: which statement comes next, and with what probability."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue
from deliberation.routing import RoutingSettings, Showing, ShowingReason, choose_statement, propensities, uncertainty

MATURE = {"n_participants": 200}


def draws(n: int, ids: list[int], **known) -> list[Showing]:  # type: ignore[no-untyped-def]
    found = [choose_statement(ids, seed=seed, **known) for seed in range(n)]
    return [showing for showing in found if showing is not None]


def test_there_is_nothing_to_show_to_someone_who_saw_everything() -> None:
    assert choose_statement([], exposures=[], votes=[], seed=1, **MATURE) is None
    assert propensities([], exposures=[], votes=[], **MATURE).size == 0


def test_a_statement_of_fewer_than_ten_votes_goes_first() -> None:
    for showing in draws(20, [1, 2, 3], exposures=[5, 90, 0], votes=[50, 9, 50], decisive=[1], **MATURE):
        assert showing == Showing(2, ShowingReason.FRESH, 1.0)


def test_of_fresh_statements_the_least_shown_go_first_and_ties_are_drawn() -> None:
    showings = draws(400, [1, 2, 3], exposures=[4, 2, 2], votes=[0, 1, 2], **MATURE)
    assert {showing.propensity for showing in showings} == {0.5}
    assert abs(Counter(showing.statement_id for showing in showings)[2] - 200) < 50


def test_six_of_ten_are_the_least_seen_three_decisive_one_uncertain() -> None:
    known = {"exposures": [1, 5, 5, 5], "votes": [50] * 4, "decisive": [2, 3, 99], "uncertainties": [0, 0, 0, 1]}
    showings = draws(4000, [1, 2, 3, 4], **known, **MATURE)
    times = Counter(showing.reason for showing in showings)
    assert times[ShowingReason.LEAST_SEEN] / 4000 == pytest.approx(0.6, abs=0.03)
    assert times[ShowingReason.DECISIVE] / 4000 == pytest.approx(0.3, abs=0.03)
    assert times[ShowingReason.UNCERTAIN] / 4000 == pytest.approx(0.1, abs=0.03)


def test_the_propensity_is_the_probability_over_all_reasons() -> None:
    known = {"exposures": [1, 1, 5, 5], "votes": [50] * 4, "decisive": [2, 3], "uncertainties": [1, 1, 1, 1]}
    exact = propensities([1, 2, 3, 4], **known, **MATURE)
    assert exact.tolist() == pytest.approx([0.3 + 0.025, 0.3 + 0.15 + 0.025, 0.15 + 0.025, 0.025])
    showings = draws(6000, [1, 2, 3, 4], **known, **MATURE)
    times = Counter(showing.statement_id for showing in showings)
    for statement, chance in zip([1, 2, 3, 4], exact, strict=True):
        assert times[statement] / 6000 == pytest.approx(chance, abs=0.025)
    for showing in showings[:50]:
        assert showing.propensity == pytest.approx(exact[showing.statement_id - 1])


def test_votes_divided_by_their_propensity_estimate_what_all_would_have_said() -> None:
    known = {"exposures": [1, 1, 5, 5], "votes": [50] * 4, "decisive": [2], "uncertainties": [1, 2, 3, 4]}
    would_agree = {1: 1.0, 2: 0.0, 3: 1.0, 4: 0.0}
    showings = draws(8000, [1, 2, 3, 4], **known, **MATURE)
    estimate = np.mean([would_agree[showing.statement_id] / showing.propensity for showing in showings])
    assert estimate == pytest.approx(2.0, abs=0.2)


def test_without_a_slate_or_uncertainties_the_least_seen_take_all() -> None:
    (showing,) = draws(1, [1, 2], exposures=[3, 4], votes=[50, 50], **MATURE)
    assert showing == Showing(1, ShowingReason.LEAST_SEEN, 1.0)


def test_below_fifty_participants_starters_open_and_no_slate_is_tested() -> None:
    known = {"exposures": [0, 0, 9, 9, 9], "votes": [0, 0, 20, 20, 20]}
    opening = draws(40, [1, 2, 3, 4, 5], starters=[3, 4], n_participants=20, **known)
    assert {(showing.statement_id, showing.reason) for showing in opening} == {
        (3, ShowingReason.STARTER),
        (4, ShowingReason.STARTER),
    }
    later = draws(40, [3, 4, 5], exposures=[5, 5, 9], votes=[20] * 3, decisive=[5], n_participants=20)
    assert {showing.reason for showing in later} == {ShowingReason.LEAST_SEEN}


def test_the_order_in_which_statements_come_changes_nothing() -> None:
    one = draws(50, [1, 2, 3], exposures=[1, 1, 1], votes=[50] * 3, decisive=[3], **MATURE)
    other = draws(50, [3, 1, 2], exposures=[1, 1, 1], votes=[50] * 3, decisive=[3], **MATURE)
    assert one == other


def test_each_round_of_showings_evens_out_exposure() -> None:
    votes, ids = np.full(30, 50.0), list(range(30))
    exposures = np.random.default_rng(1).integers(0, 40, 30).astype(float)
    spread = float(np.ptp(exposures))
    for seed in range(1500):
        showing = choose_statement(ids, exposures=exposures, votes=votes, decisive=[0, 1], seed=seed, **MATURE)
        assert showing is not None
        exposures[showing.statement_id] += 1
    assert np.ptp(exposures[2:]) <= 2 < spread


def test_uncertainty_is_greatest_for_few_and_divided_votes() -> None:
    divided, few, agreed = uncertainty([50, 1, 100], [100, 2, 100])
    assert few > divided > agreed


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(BadShape):
        choose_statement([1, 2], exposures=[1], votes=[1, 1], seed=1, **MATURE)
    with pytest.raises(BadValue):
        choose_statement([1], exposures=[float("nan")], votes=[1], seed=1, **MATURE)
    with pytest.raises(BadValue):
        RoutingSettings(least_seen=0)


def test_a_choice_among_a_thousand_takes_well_under_a_millisecond() -> None:
    rng = np.random.default_rng(0)
    ids, exposures, votes = np.arange(1000), rng.integers(0, 100, 1000), rng.integers(10, 500, 1000)
    doubt, decisive = uncertainty(votes / 2, votes), rng.choice(1000, 28, replace=False)
    times = []
    for seed in range(50):
        start = time.perf_counter()
        choose_statement(
            ids, exposures=exposures, votes=votes, decisive=decisive, uncertainties=doubt, seed=seed, **MATURE
        )
        times.append(time.perf_counter() - start)
    assert sorted(times)[25] < 0.002


def test_it_loads_no_scipy() -> None:
    code = "import sys, deliberation.routing; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "numpy" in loaded
    assert not {"scipy", "sklearn"} & set(loaded)
