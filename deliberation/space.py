"""OpinionSpace: where participants stand, how sure that is, and how much of the votes the picture explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, blocks_of, in_turn
from deliberation.checks import check_between
from deliberation.completion import CompletedVotes, Draw, draw_signs, fit_link
from deliberation.errors import NoVotes, TooFewParticipants, TooFewStatements, TooLarge
from deliberation.factors import (
    Factors,
    Floats,
    Observed,
    fit_additive,
    fit_factors,
    imputed_axes,
    leanings_of,
    posterior,
    starting_factors,
)
from deliberation.votes import VoteMatrix

LARGEST_COMPLETION = 1_000_000_000
"""Most answers drawn at once, a byte each: five draws of 10,000 people on 20,000 statements."""


PLACED = 1 << 18
"""Votes of the participants who are placed together: their tables fit the processor's cache."""


@dataclass(frozen=True)
class SpaceSettings:
    """How the opinion space is fitted. Every value has its reason."""

    max_rank: int = 3
    """Two axes are drawn; a third predicts unseen votes a little better; more add nothing on real consultations."""
    priors: tuple[float, ...] = (5.0, 20.0, 80.0)
    """Precisions of the loadings' prior that are tried: large consultations do not mind, small ones want 20 to 80."""
    held_out_share: float = 0.10
    """Share of votes hidden to see whether a rank predicts them."""
    repeats: int = 3
    """Times the hiding is repeated with other votes."""
    least_gain: float = 0.01
    """Explaining less than one hundredth of what the additive model leaves open is no picture of opinions."""
    gain_errors: float = 2.5
    """Standard errors by which a gain must exceed zero before there is a map at all: the best of nine fits is taken,
    and at one error a third of simulated votes without opinions got a map; at 2.5 it is one in fifteen."""
    tolerance: float = 1e-4
    """Relative change of the noise variance at which the iteration stops: further sweeps move nobody visibly."""
    choosing_tolerance: float = 3e-4
    """The same while ranks are compared; a tighter one changes gains in the fourth digit only."""
    fit_sample: int = 20_000
    """Most participants to fit axes on: positions of all correlate at .999 with those of a fit on everybody."""
    choosing_sample: int = 4_000
    """Most participants for comparing ranks and priors."""
    leaning_ridge: float = 2.0
    """Votes by which a person's general agreeableness is drawn to zero in the additive model."""


@dataclass(frozen=True)
class RankGain:
    """How much better a rank predicts hidden votes than the additive model: R2 gain and its standard error."""

    rank: int
    prior: float
    gain: float
    standard_error: float


@dataclass(frozen=True, eq=False)
class OpinionSpace:
    """The low-dimensional picture of the votes; rank 0 says that there is none worth showing.

    participant_ids : (n,); statement_ids : (m,); means : (m,) expected sign of a vote by somebody in the middle
    loadings : (m, rank), root mean square 1 on each axis, so that a distance is an expected difference of votes
    positions : (n, rank) posterior means on principal axes; covariances : (n, rank, rank) of those positions
    position_prior : (rank, rank) covariance of positions before any vote
    noise_variance : variance of one vote around means + positions . loadings
    gains : what every rank and prior gained on hidden votes; prior is 0 at rank 0
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    rank: int
    prior: float
    means: Floats
    loadings: Floats
    noise_variance: float
    positions: Floats
    covariances: Floats
    position_prior: Floats
    gains: tuple[RankGain, ...]

    @property
    def gain(self) -> RankGain | None:
        """The gain of the chosen rank and prior; None at rank 0."""
        return next((g for g in self.gains if (g.rank, g.prior) == (self.rank, self.prior)), None)

    def expected_signs(self) -> Floats:
        """Expected sign of every participant's vote on every statement, (n, m); dense, for small rooms and tests."""
        expected: Floats = self.means + self.positions @ self.loadings.T
        return expected


def fit_space(
    votes: VoteMatrix, *, seed: int, settings: SpaceSettings = SpaceSettings(), workers: Workers = in_turn
) -> OpinionSpace:
    """The opinion space whose rank, 0 to `max_rank`, best predicts hidden votes; rank 0 where none beats no map.

    Probabilistic PCA on observed votes (Tipping and Bishop 1999; missing values as Ilin and Raiko, JMLR 2010). Axes
    are principal, each pointing to where its largest loading is positive. `workers` compare ranks and place the
    participants, block by block. Errors: NoVotes, TooFewParticipants, TooFewStatements.
    """
    check_votes(votes)
    check_between("seed", seed, 0, whole=True)
    rng = np.random.default_rng(seed)
    observed = Observed.of_votes(votes.sample(settings.fit_sample, rng))
    gains = compare_ranks(votes.sample(settings.choosing_sample, rng), rng, settings, workers=workers)
    best = choose_gain(gains, settings)
    if best is None:
        return _flat_space(votes, gains, settings)
    factors = fit_factors(observed, best.rank, best.prior, tolerance=settings.tolerance)
    return space_of_factors(votes, principal(factors), best.prior, gains, workers=workers)


def check_votes(votes: VoteMatrix) -> None:
    """Raises NoVotes, TooFewParticipants and TooFewStatements: what makes an opinion space impossible."""
    if votes.n_participants < 2:
        raise TooFewParticipants(needed=2, found=votes.n_participants)
    if votes.n_statements < 2:
        raise TooFewStatements(needed=2, found=votes.n_statements)
    if votes.n_votes == 0:
        raise NoVotes()


def compare_ranks(
    votes: VoteMatrix, rng: np.random.Generator, settings: SpaceSettings, *, workers: Workers = in_turn
) -> tuple[RankGain, ...]:
    """R2 gain over the additive model on hidden votes, for each rank and prior, in that order."""
    observed = Observed.of_votes(votes)
    ranks = range(1, min(settings.max_rank, votes.n_statements - 1, votes.n_participants - 1) + 1)
    tried = [(rank, prior) for rank in ranks for prior in settings.priors]
    hidden = [rng.random(votes.n_votes) < settings.held_out_share for _ in range(settings.repeats)]
    told = [some for some in hidden if some.any() and not some.all()]
    if not told:
        return ()
    repeats = workers.each(_errors, [(some,) for some in told], observed, ranks, settings)
    who = np.concatenate([observed.rows[some] for some in told])
    baseline, *errors = (np.concatenate(parts) for parts in zip(*repeats, strict=True))
    return tuple(_gain(*pair, who, baseline, error) for pair, error in zip(tried, errors, strict=True))


def _errors(observed: Observed, ranks: range, settings: SpaceSettings, hidden: NDArray[np.bool_]) -> list[Floats]:
    """Squared errors at the hidden votes: of the additive model, then of each rank and prior."""
    train, rows, columns, truth = observed.where(~hidden), *_votes_at(observed, hidden)
    additive = fit_additive(train, row_ridge=settings.leaning_ridge)
    errors = [(truth - additive.predict(rows, columns)) ** 2]
    for factors in _fits(train, ranks, settings):
        z, _ = posterior(train, factors)
        errors.append((truth - factors.predict(z, rows, columns)) ** 2)
    return errors


def _fits(train: Observed, ranks: range, settings: SpaceSettings) -> Iterator[Factors]:
    """One fit per rank and prior; within a rank each prior starts from the one before."""
    known = imputed_axes(train, max(ranks)) if ranks else None
    for rank in ranks:
        factors = starting_factors(train, rank, known)
        for prior in settings.priors:
            factors = fit_factors(
                train, rank, prior, start=factors, tolerance=settings.choosing_tolerance, max_iterations=40
            )
            yield factors


def _votes_at(observed: Observed, which: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    return observed.rows[which], observed.columns[which], observed.x[which]


def _gain(rank: int, prior: float, who: NDArray[np.int64], baseline: Floats, errors: Floats) -> RankGain:
    """One gain; its standard error sums over people, since one person's votes err together."""
    if baseline.mean() < 1e-12:
        return RankGain(rank, prior, 0.0, 0.0)
    gained = baseline - errors
    gain = gained.mean() / baseline.mean()
    departures = np.bincount(who, weights=gained - gain * baseline)
    error = np.sqrt(np.sum(departures**2)) / baseline.size / baseline.mean()
    return RankGain(rank, prior, round(float(gain), 9), round(float(error), 9))


def choose_gain(gains: tuple[RankGain, ...], settings: SpaceSettings) -> RankGain | None:
    """The largest gain if it is large and sure enough, else None; ties go to the lower rank, then the firmer prior."""
    worth = [g for g in gains if g.gain >= settings.least_gain and g.gain > settings.gain_errors * g.standard_error]
    return max(worth, key=lambda g: (round(g.gain, 6), -g.rank, g.prior), default=None)


def principal(factors: Factors) -> Factors:
    """The same model on principal axes, largest first, each signed so that its largest loading is positive."""
    _, _, turn = np.linalg.svd(factors.loadings, full_matrices=False)
    loadings = factors.loadings @ turn.T
    strongest = np.abs(np.round(loadings, 9)).argmax(axis=0)
    signs = np.where(loadings[strongest, np.arange(loadings.shape[1])] < 0, -1.0, 1.0)
    return Factors(factors.means, loadings * signs, factors.noise_variance)


def space_of_factors(
    votes: VoteMatrix,
    factors: Factors,
    prior: float,
    gains: tuple[RankGain, ...] = (),
    *,
    workers: Workers = in_turn,
) -> OpinionSpace:
    """The space that these factors give the participants of `votes`, scaled so that distances mean votes."""
    found = workers.over(_place, votes, lambda people: (factors,))
    z, covariances = (np.concatenate(parts) for parts in zip(*found, strict=True))
    scales = np.maximum(np.sqrt(np.mean(factors.loadings**2, axis=0)), 1e-12)
    return OpinionSpace(
        participant_ids=votes.participant_ids,
        statement_ids=votes.statement_ids,
        rank=factors.rank,
        prior=prior,
        means=factors.means,
        loadings=factors.loadings / scales,
        noise_variance=factors.noise_variance,
        positions=z * scales,
        covariances=covariances * np.outer(scales, scales),
        position_prior=np.diag(scales**2),
        gains=gains,
    )


def _place(block: VoteMatrix, factors: Factors) -> tuple[Floats, Floats]:
    placed = [posterior(Observed.of_votes(some), factors) for _, some in blocks_of(block, PLACED)]
    places, covariances = (np.concatenate(parts) for parts in zip(*placed, strict=True))
    return places, covariances


def _flat_space(votes: VoteMatrix, gains: tuple[RankGain, ...], settings: SpaceSettings) -> OpinionSpace:
    additive = fit_additive(Observed.of_votes(votes), row_ridge=settings.leaning_ridge)
    n, m = votes.shape
    return OpinionSpace(
        participant_ids=votes.participant_ids,
        statement_ids=votes.statement_ids,
        rank=0,
        prior=0.0,
        means=additive.statements,
        loadings=np.zeros((m, 0)),
        noise_variance=additive.noise_variance,
        positions=np.zeros((n, 0)),
        covariances=np.zeros((n, 0, 0)),
        position_prior=np.zeros((0, 0)),
        gains=gains,
    )


def project(space: OpinionSpace, votes: VoteMatrix) -> tuple[Floats, Floats]:
    """Positions (n, rank) and covariances (n, rank, rank) of the participants of `votes` in a fitted space.

    Votes on statements the space does not know are left out; who has no other votes stands at the middle, unsure.
    """
    observed = observed_in(space, votes)
    if space.rank == 0:
        return np.zeros((observed.n, 0)), np.zeros((observed.n, 0, 0))
    half = np.linalg.cholesky(space.position_prior)
    z, covariances = posterior(observed, Factors(space.means, space.loadings @ half, space.noise_variance))
    return z @ half.T, half @ covariances @ half.T


def placed_in(space: OpinionSpace, votes: VoteMatrix, *, workers: Workers = in_turn) -> OpinionSpace:
    """The same space with the participants of `votes` in it instead of those it was fitted on: axes stay."""
    nobody = np.zeros(0, np.int64)
    bare = replace(space, participant_ids=nobody, positions=space.positions[:0], covariances=space.covariances[:0])
    found = workers.over(_projected, votes, lambda people: (bare,))
    positions, covariances = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return replace(space, participant_ids=votes.participant_ids, positions=positions, covariances=covariances)


def _projected(block: VoteMatrix, space: OpinionSpace) -> tuple[Floats, Floats]:
    placed = [project(space, some) for _, some in blocks_of(block, PLACED)]
    places, covariances = (np.concatenate(parts) for parts in zip(*placed, strict=True))
    return places, covariances


def observed_in(space: OpinionSpace, votes: VoteMatrix) -> Observed:
    """The votes of all participants of `votes` on the statements of the space, in the space's order of statements.

    Errors: TooFewStatements for a space without any.
    """
    if space.statement_ids.size == 0:
        raise TooFewStatements(needed=2, found=0)
    column = np.searchsorted(space.statement_ids, votes.statement_ids).clip(max=space.statement_ids.size - 1)
    known = space.statement_ids[column] == votes.statement_ids
    kept = known[votes.columns]
    return Observed.of(
        votes.rows[kept],
        column[votes.columns[kept]],
        votes.signs[kept],
        votes.n_participants,
        space.statement_ids.size,
    )


def align(space: OpinionSpace, previous: OpinionSpace) -> OpinionSpace:
    """The same space, turned so that its drawn axes lie as close as possible to those of the previous one.

    Orthogonal Procrustes rotation on the loadings of shared statements within the two drawn axes; further axes keep
    their direction. Distances, predictions and groups stay as they are.
    """
    shared, here, there = np.intersect1d(space.statement_ids, previous.statement_ids, return_indices=True)
    drawn = min(2, space.rank, previous.rank)
    if drawn == 0 or shared.size == 0:
        return space
    weight = space.loadings[here] @ space.position_prior
    target = previous.loadings[there] @ previous.position_prior
    turn = np.eye(space.rank)
    left, _, right = np.linalg.svd(weight[:, :drawn].T @ target[:, :drawn])
    turn[:drawn, :drawn] = left @ right
    for axis in range(drawn, min(space.rank, previous.rank)):
        turn[axis, axis] = -1.0 if weight[:, axis] @ target[:, axis] < 0 else 1.0
    return replace(
        space,
        loadings=space.loadings @ turn,
        positions=space.positions @ turn,
        covariances=turn.T @ space.covariances @ turn,
        position_prior=turn.T @ space.position_prior @ turn,
    )


def complete_votes(
    space: OpinionSpace,
    votes: VoteMatrix,
    *,
    seed: int,
    n_draws: int = 5,
    n_participants: int = 10_000,
    settings: SpaceSettings = SpaceSettings(),
) -> CompletedVotes:
    """Plausible complete votes of everybody with a vote on the space's statements, or of a random sample of them.

    Each draw takes a position from its posterior, then choices from a link that was fitted on hidden votes; votes cast
    stay as they are. At rank 0 people differ by their general agreeableness only. Raises NoVotes, and TooLarge above
    `LARGEST_COMPLETION` answers.
    """
    check_between("seed", seed, 0, whole=True)
    for name, value in (("n_draws", n_draws), ("n_participants", n_participants)):
        check_between(name, value, 1, whole=True)
    rng = np.random.default_rng(seed)
    observed = observed_in(space, votes)
    people = np.unique(observed.rows)
    if people.size == 0:
        raise NoVotes()
    if people.size > n_participants:
        people = np.sort(rng.choice(people, n_participants, replace=False))
    n_answers = n_draws * people.size * space.statement_ids.size
    if n_answers > LARGEST_COMPLETION:
        raise TooLarge(name="answers to draw", found=n_answers, allowed=LARGEST_COMPLETION)
    refit = partial(_predictor, rank=space.rank, prior=space.prior, settings=settings)
    sample = observed_in(space, votes.sample(settings.choosing_sample, rng))
    choices = fit_link(sample, refit, rng, share=settings.held_out_share, repeats=settings.repeats)
    link = choices.among(observed)
    draw = _drawn_leanings(space, observed, settings) if space.rank == 0 else _drawn_positions(space, votes)
    signs = draw_signs(observed, people, draw, link, rng=rng, n_draws=n_draws)
    return CompletedVotes(people, space.statement_ids, signs)


def _predictor(train: Observed, *, rank: int, prior: float, settings: SpaceSettings) -> Draw:
    if rank == 0:
        additive = fit_additive(train, row_ridge=settings.leaning_ridge)
        cast = np.bincount(train.rows, minlength=train.n) + settings.leaning_ridge
        errors = np.sqrt(additive.noise_variance / cast)

        def leaning(rows: NDArray[np.int64], columns: NDArray[np.int64], rng: np.random.Generator) -> Floats:
            drawn: Floats = additive.predict(rows, columns) + (errors * rng.standard_normal(train.n))[rows]
            return drawn

        return leaning
    factors = fit_factors(train, rank, prior, tolerance=settings.choosing_tolerance)
    z, covariances = posterior(train, factors)
    half = np.linalg.cholesky(covariances)

    def position(rows: NDArray[np.int64], columns: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        drawn = z + np.einsum("iab,ib->ia", half, rng.standard_normal(z.shape))
        return factors.predict(drawn, rows, columns)

    return position


def _drawn_positions(
    space: OpinionSpace, votes: VoteMatrix
) -> Callable[[NDArray[np.int64], np.random.Generator], Floats]:
    positions, covariances = project(space, votes)
    half = np.linalg.cholesky(covariances)

    def draw(people: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        noise = rng.standard_normal((people.size, space.rank))
        drawn = positions[people] + np.einsum("iab,ib->ia", half[people], noise)
        expected: Floats = space.means + drawn @ space.loadings.T
        return expected

    return draw


def _drawn_leanings(
    space: OpinionSpace, observed: Observed, settings: SpaceSettings
) -> Callable[[NDArray[np.int64], np.random.Generator], Floats]:
    leanings = leanings_of(observed, space.means, ridge=settings.leaning_ridge)
    cast = np.bincount(observed.rows, minlength=observed.n)
    errors = np.sqrt(space.noise_variance / (cast + settings.leaning_ridge))

    def draw(people: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        drawn = leanings[people] + errors[people] * rng.standard_normal(people.size)
        return np.asarray(space.means[None, :] + drawn[:, None], np.float64)

    return draw
