"""The opinion space: probabilistic PCA on the votes that were cast (Tipping and Bishop 1999; Ilin and Raiko 2010)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deliberation.errors import NoVotes, TooFewParticipants, TooFewStatements
from deliberation.factors import Factors, Observed, fit_additive, fit_factors, inverses, posterior
from deliberation.space import RankGain, SpaceSettings, align, choose_gain, complete_votes, fit_space, project
from deliberation.votes import VoteMatrix
from tests.oracles import likelihood_by_loops, posterior_by_loops
from tests.vote_tables import read_votes, simulated_votes

TWO_CAMPS = """
    . 1 2 3 4
    1 + + - -
    2 + + - .
    3 + . - -
    4 - - + +
    5 - . + +
    6 . - + +
"""


def test_people_who_vote_alike_stand_together_and_opponents_apart() -> None:
    observed = Observed.of_votes(read_votes(TWO_CAMPS))
    z, _ = posterior(observed, fit_factors(observed, 1, 5.0))
    assert (np.sign(z[:3, 0]) == -np.sign(z[3:, 0])).all()
    assert np.ptp(z[:3, 0]) < abs(z[:3, 0].mean() - z[3:, 0].mean()) / 3


def test_positions_are_what_conditioning_on_each_vote_gives() -> None:
    votes = read_votes(TWO_CAMPS)
    rng = np.random.default_rng(1)
    factors = Factors(rng.normal(size=4), rng.normal(size=(4, 2)), 0.4)
    z, covariances = posterior(Observed.of_votes(votes), factors)
    slow_z, slow_covariances = posterior_by_loops(votes, factors.means, factors.loadings, 0.4)
    np.testing.assert_allclose(z, slow_z, atol=1e-12)
    np.testing.assert_allclose(covariances, slow_covariances, atol=1e-12)


def test_no_other_loadings_explain_the_votes_cast_better() -> None:
    votes = simulated_votes("groups", seed=1, n=40, m=10, density=0.5)
    fitted = fit_factors(Observed.of_votes(votes), 2, 5.0, tolerance=1e-12, max_iterations=3_000)

    def worth(loadings: np.ndarray) -> float:
        likelihood = likelihood_by_loops(votes, fitted.means, loadings, fitted.noise_variance)
        return likelihood - 5.0 / 2 * float((loadings**2).sum())

    best = worth(fitted.loadings)
    rng = np.random.default_rng(1)
    for _ in range(20):
        away = 0.02 * rng.normal(size=fitted.loadings.shape)
        assert worth(fitted.loadings + away) < best
    assert worth(0.98 * fitted.loadings) < best and worth(1.02 * fitted.loadings) < best


def test_who_voted_less_is_less_sure_to_stand_there() -> None:
    space = fit_space(simulated_votes("groups", seed=1, groups=2), seed=1)
    few = VoteMatrix.from_votes([1, 2, 2, 2], [0, 0, 1, 2], ["agree"] * 4)
    _, covariances = project(space, few)
    assert np.trace(covariances[0]) > np.trace(covariances[1])


def test_a_vote_nobody_saw_is_not_filled_in() -> None:
    full = read_votes(". 1 2\n1 + .\n2 - .\n3 + +\n4 - -\n")
    positions, _ = posterior_by_loops(full, np.zeros(2), np.ones((2, 1)), 1.0)
    assert positions[0] == pytest.approx(0.5)  # one vote pulls half way, not as two would
    assert positions[2] == pytest.approx(2 / 3)


def test_votes_without_structure_have_rank_zero() -> None:
    ranks = [fit_space(simulated_votes("structureless", seed=seed), seed=seed).rank for seed in range(10)]
    assert ranks.count(0) >= 9


def test_three_planted_groups_have_a_map_that_predicts_hidden_votes() -> None:
    space = fit_space(simulated_votes("groups", seed=1), seed=1)
    assert space.rank >= 2
    assert space.gain is not None and space.gain.gain > 0.1
    assert len(space.gains) == 9


def test_a_rank_is_taken_only_if_its_gain_is_large_and_sure() -> None:
    gains = (RankGain(1, 5.0, 0.008, 0.001), RankGain(2, 5.0, 0.05, 0.06), RankGain(3, 20.0, -0.2, 0.01))
    assert choose_gain(gains, SpaceSettings()) is None
    sure = RankGain(1, 20.0, 0.04, 0.01)
    assert choose_gain((*gains, sure), SpaceSettings()) == sure


def test_distance_means_expected_difference_of_votes() -> None:
    space = fit_space(simulated_votes("groups", seed=2), seed=2)
    np.testing.assert_allclose(np.sqrt((space.loadings**2).mean(axis=0)), 1.0)
    expected = space.expected_signs()
    off = [(a, b) for a in range(space.rank) for b in range(a)]
    products = space.loadings.T @ space.loadings / len(space.loadings)
    assert all(abs(products[pair]) < 1e-9 for pair in off)
    apart = np.sqrt(((expected[0] - expected[1]) ** 2).mean())
    assert apart == pytest.approx(float(np.linalg.norm(space.positions[0] - space.positions[1])))


def test_each_axis_points_to_where_its_largest_loading_is_positive() -> None:
    space = fit_space(simulated_votes("groups", seed=3), seed=3)
    strongest = np.abs(space.loadings).argmax(axis=0)
    assert (space.loadings[strongest, np.arange(space.rank)] > 0).all()


def test_projecting_the_same_votes_gives_the_same_positions() -> None:
    votes = simulated_votes("groups", seed=4)
    space = fit_space(votes, seed=4)
    positions, covariances = project(space, votes)
    np.testing.assert_allclose(positions, space.positions, atol=1e-10)
    np.testing.assert_allclose(covariances, space.covariances, atol=1e-10)


def test_votes_on_statements_the_space_does_not_know_move_nobody() -> None:
    space = fit_space(simulated_votes("groups", seed=4), seed=4)
    positions, _ = project(space, VoteMatrix.from_votes([1], [999], ["agree"]))
    np.testing.assert_allclose(positions, 0.0, atol=1e-12)


def test_alignment_turns_the_map_back_and_changes_no_distance() -> None:
    space = fit_space(simulated_votes("groups", seed=5), seed=5)
    angle = 0.7
    turn = np.eye(space.rank)
    turn[:2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    turned = replace(
        space,
        positions=space.positions @ turn,
        loadings=space.loadings @ turn,
        covariances=turn.T @ space.covariances @ turn,
        position_prior=turn.T @ space.position_prior @ turn,
    )
    back = align(turned, space)
    np.testing.assert_allclose(back.positions, space.positions, atol=1e-8)
    np.testing.assert_allclose(back.expected_signs(), space.expected_signs(), atol=1e-8)
    votes = simulated_votes("groups", seed=5)
    np.testing.assert_allclose(project(turned, votes)[0], turned.positions, atol=1e-8)


def test_completed_votes_keep_every_vote_that_was_cast() -> None:
    votes = simulated_votes("groups", seed=6, n=60, m=20)
    completed = complete_votes(fit_space(votes, seed=6), votes, seed=6)
    assert completed.signs.shape == (5, 60, 20)
    assert (completed.signs[:, votes.rows, votes.columns] == votes.signs).all()


@pytest.mark.parametrize("kind", ["groups", "structureless"])
def test_hidden_votes_are_completed_as_often_as_they_were_cast(kind: str) -> None:
    votes = simulated_votes(kind, seed=7, n=300)
    hidden = np.random.default_rng(107).random(votes.n_votes) < 0.2
    known = VoteMatrix(
        votes.participant_ids, votes.statement_ids, votes.rows[~hidden], votes.columns[~hidden], votes.signs[~hidden]
    )
    space = fit_space(known, seed=7)
    assert (space.rank == 0) == (kind == "structureless")
    completed = complete_votes(space, known, seed=7, n_draws=40)
    drawn, truth = completed.signs[:, votes.rows[hidden], votes.columns[hidden]], votes.signs[hidden]
    for sign in (-1, 0, 1):
        assert (drawn == sign).mean() == pytest.approx((truth == sign).mean(), abs=0.04)
    likely = (drawn == 1).mean(axis=0) >= 0.7
    assert (truth[likely] == 1).mean() == pytest.approx((drawn[:, likely] == 1).mean(), abs=0.12)


def test_a_sample_is_completed_where_there_are_more_people_than_asked_for() -> None:
    votes = simulated_votes("groups", seed=8)
    completed = complete_votes(fit_space(votes, seed=8), votes, seed=8, n_draws=2, n_participants=40)
    assert completed.participant_rows.size == 40
    assert (np.diff(completed.participant_rows) > 0).all()


def test_people_who_pass_on_everything_are_not_completed_as_if_they_had_opinions() -> None:
    votes = simulated_votes("groups", seed=9, n=200, groups=2)
    passer = votes.rows < 20
    signs = np.where(passer, 0, votes.signs).astype(np.int8)
    mixed = VoteMatrix(votes.participant_ids, votes.statement_ids, votes.rows, votes.columns, signs)
    completed = complete_votes(fit_space(mixed, seed=9), mixed, seed=9).signs
    unseen = np.ones(mixed.shape, bool)
    unseen[mixed.rows, mixed.columns] = False
    passed = (completed == 0).mean(axis=0)
    assert passed[:20][unseen[:20]].mean() > 3 * passed[20:][unseen[20:]].mean()


def test_the_additive_model_separates_statements_from_people() -> None:
    additive = fit_additive(Observed.of_votes(read_votes(". 1 2 3\n1 + + +\n2 + + +\n3 + - -\n4 - - -\n")))
    assert additive.leanings[0] > additive.leanings[2] > additive.leanings[3]
    assert additive.statements[0] > additive.statements[1]


def test_what_cannot_be_mapped_is_refused() -> None:
    with pytest.raises(TooFewParticipants):
        fit_space(read_votes(". 1 2\n1 + -\n"), seed=1)
    with pytest.raises(TooFewStatements):
        fit_space(read_votes(". 1\n1 +\n2 -\n"), seed=1)
    with pytest.raises(NoVotes):
        fit_space(read_votes(". 1 2\n1 . .\n2 . .\n"), seed=1)


def test_votes_that_are_all_alike_make_no_map() -> None:
    table = "\n".join([". 1 2 3"] + [f"{person} + + +" for person in range(1, 40)])
    assert fit_space(read_votes(table), seed=1).rank == 0


@pytest.mark.parametrize("rank", [0, 1, 2, 3, 4])
def test_inverses_are_those_of_linear_algebra(rank: int) -> None:
    half = np.random.default_rng(rank).standard_normal((200, rank, rank + 2))
    precisions = np.eye(rank) + 50 * half @ half.transpose(0, 2, 1)
    np.testing.assert_allclose(inverses(precisions), np.linalg.inv(precisions), rtol=1e-9, atol=1e-12)
