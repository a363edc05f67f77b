"""The check and the rules agree with abcvoting on random profiles, in exact fractions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deliberation.certificates import check_slate
from deliberation.proportional import equal_shares, sequential_pav
from tests.oracles_abcvoting import load
from tests.oracles_slates import agree, agreeing, statements

N_PROFILES = 300


@pytest.fixture(scope="module")
def peer() -> Any:
    return load() or pytest.skip("abcvoting is not installed: `make test` installs it")


def profile(seed: int) -> tuple[list[set[int]], int, int]:
    """Approvals of 3 to 24 people among 4 to 9 candidates, and a number of places."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 25)), int(rng.integers(4, 10))
    held = rng.random((n, m)) < rng.uniform(0.15, 0.6)
    held[~held.any(axis=1), 0] = True
    return [set(np.flatnonzero(row).tolist()) for row in held], m, int(rng.integers(1, m))


def test_any_slate_passes_the_check_if_and_only_if_abcvoting_says_so(peer: Any) -> None:
    said = []
    for seed in range(N_PROFILES):
        approvals, m, k = profile(seed)
        holdings, theirs = agreeing(approvals, m), peer.profile(approvals, m)
        rng = np.random.default_rng(seed + N_PROFILES)
        for _ in range(3):
            slate = sorted(rng.choice(m, k, replace=False).tolist())
            ours = check_slate(holdings, agree(*slate), k=k, candidates=agree(*range(m))).holds
            assert ours == peer.properties.check("ejr+", theirs, slate), (seed, slate)
            said.append(ours)
    assert 0.05 < np.mean(said) < 0.95  # a check that always says the same would pass otherwise


def test_equal_shares_buys_what_abcvoting_buys_before_it_fills_up(peer: Any) -> None:
    for seed in range(N_PROFILES):
        approvals, m, k = profile(seed)
        bought = set(statements(equal_shares(agreeing(approvals, m), k, candidates=agree(*range(m)))))
        theirs = peer.rules.compute(
            "equal-shares", peer.profile(approvals, m), committeesize=k, resolute=False, algorithm="standard-fractions"
        )
        assert any(bought <= set(committee) for committee in theirs), seed


def test_sequential_pav_is_one_of_those_that_abcvoting_allows(peer: Any) -> None:
    for seed in range(N_PROFILES):
        approvals, m, k = profile(seed)
        ours = set(statements(sequential_pav(agreeing(approvals, m), k, candidates=agree(*range(m)))))
        theirs = peer.rules.compute("seqpav", peer.profile(approvals, m), committeesize=k, resolute=False)
        assert ours in [set(committee) for committee in theirs], seed
