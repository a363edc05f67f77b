"""How seldom noise is listed: votes without groups make none, and what represents nobody is not said to represent.

Levels of false discoveries, as shares of (group, statement) pairs listed, measured on eight open conversations: .0006
under random labels and .0015 where groups are sought in votes without structure; the incumbent's rule lists .074 and
.204. The same settings on real data list more than a third.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import binomtest

from deliberation.clustering import partition
from deliberation.factors import Observed, fit_factors, posterior
from deliberation.groups import GroupSettings, GroupsStatus, OpinionGroups, no_groups
from deliberation.landscape import LandscapeSettings, map_landscape
from deliberation.representativeness import (
    RepresentativenessSettings,
    held_more,
    representative_of_constituencies,
    representative_statements,
)
from deliberation.simulation import View, simulate
from deliberation.space import principal
from deliberation.tallies import Categories, categories_of, tally
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import REAL
from tests.benchmarks.detection import cloud, dealt_anew, leanings, spectrum
from tests.benchmarks.heldout import frequent, votes_of
from tests.vote_tables import simulated_votes

FEWER = LandscapeSettings(groups=GroupSettings(bootstraps=15, null_draws=79, evidence_restarts=1))
"""79 null draws are the fewest with which four tests can pass at .05, so groups are found as easily as by default."""

CONVERSATIONS = ("15-per-hour-seattle", "brexit-consensus", "vtaiwan.uberx")


@cache
def conversation(name: str) -> VoteMatrix:
    folder = REAL / "polis-conversations" / name
    if not folder.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations/{name}")
    return frequent(votes_of(folder))


# -------- votes without groups


def thirty_people(seed: int) -> VoteMatrix:
    return simulated_votes("structureless", seed=seed, n=30, m=40)


def few_votes_each(seed: int) -> VoteMatrix:
    return simulated_votes("structureless", seed=seed, n=300, m=60, density=0.2)


def one_view_without_axes(seed: int) -> VoteMatrix:
    """By the simulator that fills the demo: numbers of votes with a long tail, and statements that arrive over time."""
    liked = np.random.default_rng(seed).normal(0.2, 0.6, 30)
    view = View((0.4, 0.0), 1.0, spread=0.8)
    return simulate(seed=seed, views=[view], n_participants=120, loadings=np.zeros((30, 2)), intercepts=liked).votes


def found(make: Callable[[int], VoteMatrix], runs: int) -> int:
    """In how many runs groups are found."""
    statuses = [map_landscape(make(seed), seed=seed, settings=FEWER).groups.status for seed in range(runs)]
    assert set(statuses) <= {GroupsStatus.FOUND, GroupsStatus.NONE}
    return statuses.count(GroupsStatus.FOUND)


@pytest.mark.slow
def test_votes_without_groups_have_no_distinct_groups_in_nineteen_runs_of_twenty() -> None:
    makers = (leanings, thirty_people, few_votes_each, one_view_without_axes)
    false = sum(found(make, 20) for make in makers)
    # With none in eighty the rate is below .037 at 95 % confidence; with one it is below .058.
    highest = binomtest(false, 20 * len(makers)).proportion_ci(confidence_level=0.90, method="exact").high
    assert false / 80 <= 0.05 and highest < 0.06


@pytest.mark.slow
def test_a_spectrum_a_round_cloud_and_votes_dealt_anew_have_no_distinct_groups_either() -> None:
    real = conversation("brexit-consensus")
    for make in (spectrum, cloud, lambda seed: dealt_anew(real, seed)):
        assert found(make, 5) == 0  # `make bench ONLY=detection` asks more often


@pytest.mark.slow
def test_three_planted_groups_are_three() -> None:
    votes = simulated_votes("groups", seed=1, n=120, m=40, contrast=3.0)
    groups = map_landscape(votes, seed=1, settings=FEWER).groups
    assert groups.letters == ("A", "B", "C") and not groups.is_one_spectrum


# -------- lists of what groups hold


def share_listed(listed: dict[str, tuple[object, ...]], votes: VoteMatrix) -> float:
    return sum(len(entries) for entries in listed.values()) / (len(listed) * votes.n_statements)


def sought(votes: VoteMatrix, k: int) -> OpinionGroups:
    """Groups formed without asking whether there are any."""
    observed = Observed.of_votes(votes)
    z, _ = posterior(observed, principal(fit_factors(observed, 2, 20.0)))
    labels = partition(z, k, seed=1, restarts=3)[0].astype(np.int8)
    letters = tuple("ABCDE"[:k])
    nobody = no_groups(GroupsStatus.FOUND, votes.participant_ids)
    return replace(nobody, letters=letters, labels=labels, nearest=labels)


def test_dealt_anew_votes_keep_every_statement_and_lose_what_people_have_in_common() -> None:
    votes = simulated_votes("groups", seed=1, n=100, m=30, contrast=3.0)
    dealt = dealt_anew(votes, 1)
    for name in ("agrees", "disagrees", "passes"):
        assert getattr(dealt.counts(), name).tolist() == getattr(votes.counts(), name).tolist()
    strongest = [np.linalg.svd(np.nan_to_num(each.dense()), compute_uv=False)[1] for each in (votes, dealt)]
    assert strongest[0] > 1.3 * strongest[1]


def test_random_labels_hold_hardly_anything_more_than_others() -> None:
    shares = []
    for name in CONVERSATIONS:
        votes = conversation(name)
        for seed in range(5):
            labels = np.random.default_rng(seed).integers(0, 2, votes.n_participants)
            listed = representative_of_constituencies(votes, categories_of(labels, votes.n_participants))
            shares.append(share_listed(listed, votes))
    assert np.mean(shares) < 0.002


def test_groups_sought_in_votes_without_structure_hold_hardly_anything() -> None:
    cross_fitted, same_votes = [], []
    for name in CONVERSATIONS:
        for seed in range(3):
            votes = dealt_anew(conversation(name), seed)
            groups = sought(votes, 2)
            cross_fitted.append(share_listed(representative_statements(votes, groups, seed=seed), votes))
            counted = tally(votes, Categories(groups.letters, groups.labels.astype(np.int64)))
            listed = held_more(votes, tested=counted, shown=counted, settings=RepresentativenessSettings())
            same_votes.append(share_listed(listed, votes))
    assert np.mean(cross_fitted) < 0.005
    assert np.mean(same_votes) > 0.04  # what cross-fitting is for


def test_real_groups_keep_their_lists() -> None:
    shares = []
    for name in CONVERSATIONS:
        votes = conversation(name)
        shares.append(share_listed(representative_statements(votes, sought(votes, 2), seed=1), votes))
    assert np.mean(shares) > 0.2


def test_simulated_votes_without_structure_list_nothing_either() -> None:
    listed = 0
    for seed in range(10):
        votes = simulated_votes("structureless", seed=seed, n=150, m=40)
        listed += sum(
            len(entries) for entries in representative_statements(votes, sought(votes, 2), seed=seed).values()
        )
    assert listed <= 2  # of 800
