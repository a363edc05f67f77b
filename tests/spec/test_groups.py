"""Opinion groups: believed only if stable, large enough, sure and clearer than votes without groups would show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deliberation.clustering import match, overlaps, partition, silhouettes
from deliberation.errors import BadShape
from deliberation.evidence import holm_adjusted
from deliberation.groups import (
    GroupSettings,
    GroupsStatus,
    OpinionGroups,
    by_size,
    find_groups,
    letters_for,
    no_groups,
    thirds,
)
from deliberation.nulls import fit_null
from deliberation.space import OpinionSpace, SpaceSettings, fit_space
from deliberation.votes import VoteMatrix
from tests.oracles import holm_by_hand, silhouette_by_loops
from tests.vote_tables import simulated_votes

BRIEF = GroupSettings(bootstraps=15, null_draws=79, evidence_restarts=1)
"""Fewer resamples than the default, to be quick; 79 null draws are the fewest with which four tests can pass at .05."""


@pytest.fixture(scope="module")
def three() -> tuple[VoteMatrix, OpinionSpace, OpinionGroups]:
    votes = simulated_votes("groups", seed=1, n=180, m=40, contrast=2.5)
    space = fit_space(votes, seed=1)
    return votes, space, find_groups(space, votes, seed=1, settings=BRIEF)


Three = tuple[VoteMatrix, OpinionSpace, OpinionGroups]


def test_three_planted_groups_are_found(three: Three) -> None:
    _, _, groups = three
    assert groups.status == GroupsStatus.FOUND
    assert groups.letters == ("A", "B", "C")
    truth = np.arange(180) % 3
    best = match(overlaps(groups.nearest.astype(np.int64), truth, 3, 3))
    hits = sum(int(((groups.nearest == row) & (truth == column)).sum()) for row, column in best.items())
    assert hits >= 170


def test_the_evidence_says_why_other_numbers_of_groups_were_refused(three: Three) -> None:
    _, _, groups = three
    by_k = {evidence.k: evidence for evidence in groups.evidence}
    assert sorted(by_k) == [2, 3, 4, 5]
    assert by_k[3].accepted and by_k[3].refused_because is None
    assert by_k[3].jaccard >= 0.75 and by_k[3].p_holm is not None and by_k[3].p_holm <= 0.05
    assert by_k[3].excess > 0
    assert all(evidence.refused_because for evidence in groups.evidence if not evidence.accepted)
    assert by_k[5].refused_because in ("unstable", "too_small")


def test_who_stands_between_groups_is_not_placed(three: Three) -> None:
    _, _, groups = three
    assert ((groups.labels >= 0) == (groups.confidence >= 0.8)).all()
    assert sum(groups.sizes.values()) == (groups.labels >= 0).sum()
    assert groups.unplaced_share == pytest.approx((groups.labels < 0).mean())


def test_groups_are_named_by_size(three: Three) -> None:
    _, _, groups = three
    sizes = np.bincount(groups.nearest)
    assert (np.diff(sizes) <= 0).all()


@pytest.mark.slow
def test_votes_without_structure_have_no_groups() -> None:
    # A map is forced upon them: even then nothing is found.
    credulous = SpaceSettings(least_gain=-1.0, gain_errors=-1e9)
    found = []
    for seed in range(4):
        votes = simulated_votes("structureless", seed=seed, n=100)
        space = fit_space(votes, seed=seed, settings=credulous)
        assert space.rank > 0
        found.append(find_groups(space, votes, seed=seed, settings=BRIEF).status)
    assert found.count(GroupsStatus.NONE) >= 3


@pytest.mark.slow
def test_a_spectrum_has_no_groups_though_it_can_be_cut_in_two(three: Three) -> None:
    votes = simulated_votes("spectrum", seed=5, n=150, m=40, contrast=1.5)
    space = fit_space(votes, seed=5)
    groups = find_groups(space, votes, seed=5, settings=BRIEF)
    assert space.rank > 0 and groups.status == GroupsStatus.NONE
    assert np.bincount(groups.bands).tolist() == [50, 50, 50]
    by_k = {evidence.k: evidence for evidence in groups.evidence}
    assert by_k[2].jaccard > 0.75  # cutting it in two is stable, which alone proves nothing
    assert by_k[2].p_spectrum is not None and by_k[2].p_spectrum > 0.05
    asked = find_groups(space, votes, seed=5, settings=replace(BRIEF, refuse_spectrum=False))
    assert asked.status == GroupsStatus.NONE or asked.is_one_spectrum
    _, _, camps = three
    assert not camps.is_one_spectrum


def test_without_groups_there_are_three_bands_of_one_spectrum() -> None:
    votes = simulated_votes("groups", seed=1, n=90)
    space = fit_space(votes, seed=1)
    strict = replace(BRIEF, least_jaccard=1.01, bootstraps=2)
    groups = find_groups(space, votes, seed=1, settings=strict)
    assert groups.status == GroupsStatus.NONE
    assert (groups.labels == -1).all()
    assert np.bincount(groups.bands).tolist() == [30, 30, 30]
    assert space.positions[groups.bands == 0, 0].max() <= space.positions[groups.bands == 2, 0].min()


def test_people_at_the_same_place_share_a_band() -> None:
    assert thirds(np.array([1.0, 1.0, 1.0, 1.0, 2.0, 3.0])).tolist() == [0, 0, 0, 0, 2, 2]


def test_a_small_room_is_not_grouped() -> None:
    votes = simulated_votes("groups", seed=1, n=29)
    groups = find_groups(fit_space(votes, seed=1), votes, seed=1)
    assert groups.status == GroupsStatus.TOO_FEW
    assert groups.letters == () and (groups.bands == -1).all()


def test_where_there_is_no_map_there_are_neither_groups_nor_bands() -> None:
    votes = simulated_votes("structureless", seed=0)
    space = fit_space(votes, seed=0)
    groups = find_groups(space, votes, seed=0)
    assert (space.rank, groups.status) == (0, GroupsStatus.NONE)
    assert (groups.bands == -1).all()


def test_a_group_keeps_its_letter_when_it_shrinks() -> None:
    ids = np.arange(10)
    before = replace(
        no_groups(GroupsStatus.FOUND, ids), letters=("A", "B"), nearest=np.array([0] * 6 + [1] * 4, np.int8)
    )
    now = by_size(np.array([1] * 4 + [0] * 6), 2)  # two people went over, so the former B is now the larger
    assert letters_for(now, ids, 2, before) == ("B", "A")


def test_a_new_group_takes_a_letter_nobody_had() -> None:
    ids = np.arange(9)
    before = replace(
        no_groups(GroupsStatus.FOUND, ids), letters=("A", "C"), nearest=np.array([0] * 5 + [1] * 4, np.int8)
    )
    now = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    assert letters_for(now, ids, 3, before) == ("A", "B", "C")


def test_votes_of_other_people_are_refused() -> None:
    votes = simulated_votes("groups", seed=1)
    with pytest.raises(BadShape):
        find_groups(fit_space(votes, seed=1), simulated_votes("groups", seed=1, n=40), seed=1)


def test_the_silhouette_is_the_one_of_its_definition() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(40, 2))
    labels = rng.integers(0, 3, 40)
    alone = np.where(np.arange(40) == 0, 3, labels)
    for labelling in (labels, alone):
        assert silhouettes(points, [labelling])[0] == pytest.approx(silhouette_by_loops(points, labelling))
    assert silhouettes(points, [np.zeros(40, np.int64)]) == [0.0]


def test_holm_corrects_as_by_hand() -> None:
    p = np.array([0.04, 0.01, 0.03, 0.5])
    assert holm_adjusted(p).tolist() == pytest.approx(holm_by_hand(p))


def test_fewer_places_than_groups_make_one_group() -> None:
    labels, centres = partition(np.array([[0.0], [0.0], [1.0]]), 3, seed=1, restarts=1)
    assert labels.tolist() == [0, 0, 0] and centres.shape == (1, 1)


def test_the_null_model_keeps_statements_and_people_and_loses_the_groups() -> None:
    votes = simulated_votes("groups", seed=3, n=300, density=1.0, groups=2, contrast=3.0)
    rows, columns = votes.rows.astype(np.int64), votes.columns.astype(np.int64)
    null = fit_null(rows, columns, votes.signs, *votes.shape)
    drawn = null.draw(np.random.default_rng(3))
    shares, fake = (np.bincount(votes.columns, weights=signs == 1) / 300 for signs in (votes.signs, drawn))
    assert np.abs(shares - fake).max() < 0.12
    assert (drawn == 0).mean() == pytest.approx((votes.signs == 0).mean(), abs=0.02)
    table, again = votes.dense(), votes.dense()
    again[votes.rows, votes.columns] = drawn
    real, noise = (np.linalg.svd(t - t.mean(axis=0), compute_uv=False)[0] for t in (table, again))
    assert real > 2 * noise
