"""Near-identical votes: copies are found, people of one view or one habit are not."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.coordination import (
    CoordinationSettings,
    NearIdentical,
    answer_probabilities,
    candidate_pairs,
    level_of,
    near_identical,
)
from deliberation.errors import TooLarge
from deliberation.power import Level
from deliberation.votes import VoteMatrix


def consultation(n: int, m: int, *, seed: int, n_passers: int = 0) -> np.ndarray:
    """Signs of n people on m statements, two views, a third unseen (NaN); the last ones pass on nearly everything."""
    rng = np.random.default_rng(seed)
    view = rng.choice([-1.0, 1.0], n)
    lean, level = rng.normal(0, 0.8, m), rng.normal(0.2, 0.6, m)
    score = level + view[:, None] * lean + rng.normal(0, 0.7, (n, m))
    signs = np.where(score > 0.3, 1.0, np.where(score < -0.3, -1.0, 0.0))
    if n_passers:
        signs[n - n_passers :] = np.where(rng.random((n_passers, m)) < 0.93, 0.0, signs[n - n_passers :])
    signs[rng.random((n, m)) < 0.33] = np.nan
    return signs


def matrix(signs: np.ndarray) -> VoteMatrix:
    rows, columns = np.nonzero(~np.isnan(signs))
    return VoteMatrix.from_votes(rows, columns, signs[rows, columns].astype(int))


def with_copies(signs: np.ndarray, n_copies: int, *, noise: float, seed: int) -> np.ndarray:
    """Copies of one participant's ballot, a fifth left out, some answers afresh."""
    rng = np.random.default_rng(seed)
    ballot = signs[int(rng.integers(len(signs)))]
    copies = np.repeat(ballot[None, :], n_copies, axis=0)
    afresh = (rng.random(copies.shape) < noise) & ~np.isnan(copies)
    copies[afresh] = rng.choice([-1.0, 0.0, 1.0], int(afresh.sum()))
    copies[rng.random(copies.shape) < 0.2] = np.nan
    return np.concatenate([signs, copies])


@pytest.mark.parametrize("seed", range(3))
def test_copies_of_one_ballot_are_found_with_its_owner_and_nobody_else(seed: int) -> None:
    found = near_identical(matrix(with_copies(consultation(300, 100, seed=seed), 9, noise=0.0, seed=seed + 9)))
    assert len(found) == 1
    copies = {person for person in found[0].participants if person >= 300}
    assert len(copies) >= 7
    assert len(found[0].participants) - len(copies) <= 1
    assert found[0].same_share == 1
    assert found[0].least_common >= 15


def test_copies_with_errors_are_found_less_often_and_still_alone() -> None:
    found = near_identical(matrix(with_copies(consultation(300, 100, seed=1), 9, noise=0.05, seed=10)))
    assert len(found) == 1
    assert {person for person in found[0].participants if person < 300} <= {
        int(np.random.default_rng(10).integers(300))
    }
    assert found[0].same_share > 0.9
    assert len(found[0].participants) >= 3


@pytest.mark.parametrize("seed", range(4))
def test_people_of_one_view_are_not_called_near_identical(seed: int) -> None:
    assert near_identical(matrix(consultation(150, 60, seed=seed))) == ()


def test_people_who_pass_on_everything_are_no_ring() -> None:
    assert near_identical(matrix(consultation(150, 60, seed=5, n_passers=12))) == ()


def test_blocks_and_the_order_of_votes_change_nothing() -> None:
    signs = with_copies(consultation(200, 100, seed=3), 6, noise=0.0, seed=4)
    whole = near_identical(matrix(signs))
    assert whole
    assert near_identical(matrix(signs), settings=CoordinationSettings(block=17)) == whole
    rows, columns = np.nonzero(~np.isnan(signs))
    order = np.random.default_rng(0).permutation(rows.size)
    values = signs[rows, columns].astype(int)
    assert near_identical(VoteMatrix.from_votes(rows[order], columns[order], values[order])) == whole


def test_few_votes_say_nothing_and_too_many_people_are_refused() -> None:
    assert near_identical(matrix(consultation(40, 12, seed=1))) == ()
    with pytest.raises(TooLarge):
        near_identical(matrix(consultation(40, 40, seed=1)), settings=CoordinationSettings(most_people=39))


def test_a_flag_needs_accounts_of_one_hour_or_a_burst() -> None:
    found = NearIdentical((1, 2, 3, 4), 6, 0.97, 20)
    spread = {person: person % 24 for person in range(200)}
    assert level_of(found, spread) is Level.NOTE
    assert level_of(found, spread, {1, 2, 3}) is Level.FLAG
    assert level_of(found, spread, {1, 2}) is Level.NOTE
    together = {**spread, 1: 99, 2: 99, 3: 99, 4: 99}
    assert level_of(found, together) is Level.FLAG
    assert level_of(found, dict.fromkeys(range(200), 7)) is Level.NOTE


def test_among_more_people_than_are_compared_in_pairs_the_same_copies_are_found() -> None:
    signs = with_copies(consultation(600, 100, seed=2), 9, noise=0.0, seed=4)
    whole = near_identical(matrix(signs))
    hashed = near_identical(matrix(signs), settings=CoordinationSettings(most_compared=100))
    assert [one.participants for one in hashed] == [one.participants for one in whole]
    assert (hashed[0].same_share, len(whole)) == (1.0, 1)


def test_strangers_seldom_meet_in_a_hash_and_copies_mostly_do() -> None:
    signs = with_copies(consultation(600, 100, seed=3), 9, noise=0.0, seed=5)
    votes = matrix(signs)
    surprise = -np.log(answer_probabilities(votes))
    pairs = candidate_pairs(votes, surprise)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert len(pairs) < 0.05 * 609 * 608 / 2
    copies = {(one, other) for one, other in pairs.tolist() if one >= 600}
    assert len(copies) >= 0.8 * 9 * 8 / 2


def test_the_pairs_that_meet_do_not_depend_on_the_order_of_votes() -> None:
    signs = consultation(120, 60, seed=6)
    rows, columns = np.nonzero(~np.isnan(signs))
    order = np.random.default_rng(1).permutation(rows.size)
    votes = VoteMatrix.from_votes(rows, columns, signs[rows, columns].astype(int))
    again = VoteMatrix.from_votes(rows[order], columns[order], signs[rows, columns].astype(int)[order])
    assert np.array_equal(
        candidate_pairs(votes, np.ones(votes.n_votes)), candidate_pairs(again, np.ones(again.n_votes))
    )
