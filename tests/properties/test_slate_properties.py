"""Slates and certificates against their slow twins, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.balance import BalanceSettings, balance_of
from deliberation.certificates import check_slate
from deliberation.holdings import Holdings, Stance, observed_holdings
from deliberation.proportional import equal_shares, local_search_pav, sequential_pav
from deliberation.slates import SlateSettings, select_slate
from deliberation.votes import VoteMatrix
from tests.oracles_slates import (
    agree,
    agreeing,
    alpha_of,
    equal_shares_slowly,
    pav_score,
    satisfies_ejr,
    sequential_pav_slowly,
    statements,
)

EVERYTHING = SlateSettings(
    contested_low=0.0, contested_high=1.0, floors=BalanceSettings(floor_min_people=2, min_people=1)
)


@st.composite
def profiles(draw: st.DrawFn, most_people: int = 9) -> tuple[list[set[int]], list[int], int, int]:
    """Approvals, weights, number of candidates and places."""
    n_candidates = draw(st.integers(1, 7))
    approvals = draw(st.lists(st.sets(st.integers(0, n_candidates - 1)), min_size=1, max_size=most_people))
    weights = draw(st.lists(st.integers(1, 4), min_size=len(approvals), max_size=len(approvals)))
    return approvals, weights, n_candidates, draw(st.integers(1, 6))


def held_ones(approvals: list[set[int]]) -> list[int]:
    return sorted(set().union(*approvals))


@settings(max_examples=300, deadline=None)
@given(profiles())
def test_equal_shares_is_its_slow_twin(profile: tuple[list[set[int]], list[int], int, int]) -> None:
    approvals, weights, n, k = profile
    fast = equal_shares(agreeing(approvals, n, weights), k, candidates=agree(*range(n)))
    assert statements(fast) == equal_shares_slowly(approvals, weights, n, k)


@settings(max_examples=300, deadline=None)
@given(profiles())
@pytest.mark.slow
def test_sequential_pav_is_its_slow_twin(profile: tuple[list[set[int]], list[int], int, int]) -> None:
    approvals, weights, n, k = profile
    fast = sequential_pav(agreeing(approvals, n, weights), k, candidates=agree(*range(n)))
    assert statements(fast) == sequential_pav_slowly(approvals, weights, n, k)


@settings(max_examples=300, deadline=None)
@given(profiles(), st.data())
@pytest.mark.slow
def test_the_check_is_its_slow_twin_on_any_slate(
    profile: tuple[list[set[int]], list[int], int, int], data: st.DataObject
) -> None:
    approvals, weights, n, k = profile
    slate = data.draw(st.sets(st.integers(0, n - 1), max_size=k))
    holdings = agreeing(approvals, n, weights)
    certificate = check_slate(holdings, agree(*slate), k=k)
    exact = alpha_of(approvals, weights, n, slate, k)
    assert certificate.alpha_star == pytest.approx(float(exact), abs=1e-12)
    assert certificate.holds == (exact < 1)
    assert (certificate.witness is None) == (exact == 0)
    if certificate.witness is not None:
        held = [(a, w) for a, w in zip(approvals, weights, strict=True) if certificate.witness.stance.statement_id in a]
        bloc = [(a, w) for a, w in held if len(a & slate) < certificate.witness.level]
        assert certificate.witness.n_people == len(bloc)
        assert certificate.witness.share == pytest.approx(sum(w for _, w in bloc) / sum(weights))


@settings(max_examples=100, deadline=None)
@given(profiles(most_people=7))
def test_a_chosen_slate_passes_the_check_and_therefore_ejr(profile: tuple[list[set[int]], list[int], int, int]) -> None:
    approvals, weights, n, k = profile
    weighted = agreeing(approvals, n, weights, group=[str(i % 2) for i in range(len(approvals))])
    slate = select_slate(weighted, [], size=k, settings=EVERYTHING)
    assert check_slate(weighted, slate.stances, k=k).holds
    assert alpha_of(approvals, weights, n, set(statements(slate.stances)), k) < 1
    plain = select_slate(agreeing(approvals, n), [], size=k, settings=EVERYTHING)
    assert satisfies_ejr(approvals, n, set(statements(plain.stances)), k)


@settings(max_examples=100, deadline=None)
@given(profiles())
def test_local_search_never_loses_pav_score_and_passes_the_check(
    profile: tuple[list[set[int]], list[int], int, int],
) -> None:
    approvals, weights, n, k = profile
    held = held_ones(approvals)
    k = min(k, len(held))
    holdings = agreeing(approvals, n, weights)
    start = agree(*held[:k])
    found = local_search_pav(holdings, k, candidates=agree(*range(n)), start=start)
    assert len(set(found)) == k
    before, after = (pav_score(approvals, weights, set(statements(slate))) for slate in (start, found))
    assert after >= before
    if k:
        assert check_slate(holdings, found, k=k).holds


@settings(max_examples=100, deadline=None)
@given(profiles(), st.permutations(range(7)), st.randoms(use_true_random=False))
def test_the_order_in_which_votes_come_changes_nothing(
    profile: tuple[list[set[int]], list[int], int, int], order: list[int], random: object
) -> None:
    approvals, _, n, k = profile
    pairs = [(i, c) for i, approved in enumerate(approvals) for c in sorted(approved)]
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def slate_of(cast: list[tuple[int, int]]) -> tuple[Stance, ...]:
        people, items = [i for i, _ in cast], [c for _, c in cast]
        votes = VoteMatrix.from_votes(
            people, items, ["agree"] * len(cast), participant_ids=range(len(approvals)), statement_ids=range(n)
        )
        return select_slate(observed_holdings(votes), [], size=k, settings=EVERYTHING).stances

    assert slate_of(pairs) == slate_of(shuffled)


@settings(max_examples=100, deadline=None)
@given(profiles(), st.integers(2, 5))
def test_scaling_all_weights_changes_nothing(profile: tuple[list[set[int]], list[int], int, int], factor: int) -> None:
    approvals, weights, n, k = profile
    once = select_slate(agreeing(approvals, n, weights), [], size=k, settings=EVERYTHING)
    more = select_slate(agreeing(approvals, n, [factor / 7 * w for w in weights]), [], size=k, settings=EVERYTHING)
    assert once.stances == more.stances


@settings(max_examples=100, deadline=None)
@given(profiles())
def test_what_slates_reckon_with_does_not_change(profile: tuple[list[set[int]], list[int], int, int]) -> None:
    approvals, weights, n, k = profile
    holdings = agreeing(approvals, n, weights, group=["x"] * len(approvals))
    digest = holdings.digest
    slate = select_slate(holdings, [], size=k, settings=EVERYTHING)
    balance_of(holdings, slate.stances)
    check_slate(holdings, slate.stances, k=k)
    assert Holdings.from_bytes(holdings.to_bytes()).digest == digest


@settings(max_examples=100, deadline=None)
@given(profiles(), st.data())
def test_balance_is_what_counting_by_hand_gives(
    profile: tuple[list[set[int]], list[int], int, int], data: st.DataObject
) -> None:
    approvals, weights, n, _ = profile
    slate = sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1)))
    labels = [data.draw(st.sampled_from(["", "x", "y"])) for _ in approvals]
    balance = balance_of(
        agreeing(approvals, n, weights, group=labels),
        agree(*slate),
        settings=BalanceSettings(floor_min_people=1, min_people=1),
    )
    assert [row.label for row in balance.labels] == sorted(set(labels) - {""})
    for row in balance.labels:
        members = [(a, w) for a, w, label in zip(approvals, weights, labels, strict=True) if label == row.label]
        total = sum(w for _, w in members)
        support = [sum(w for a, w in members if c in a) / total for c in slate]
        assert row.n_people == len(members)
        assert row.mean_support == pytest.approx(np.mean(support))
        assert row.coverage == pytest.approx(sum(w for a, w in members if a & set(slate)) / total)
        assert row.items_held == sum(share >= 0.5 for share in support)
        assert row.floor_wanted == max(1, total * len(slate) // sum(weights))
