"""Which statements an opinion group holds more than all others do, tested on votes that did not form the group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, hypergeom

from deliberation.checks import check_between
from deliberation.clustering import match, overlaps, partition
from deliberation.errors import BadShape
from deliberation.factors import Floats, Observed, fit_factors
from deliberation.groups import OpinionGroups
from deliberation.intervals import jeffreys_lower, newcombe
from deliberation.space import principal, space_of_factors
from deliberation.tallies import Categories, Ints, Tally, tally, tally_votes
from deliberation.votes import Choice, VoteMatrix

STANCES = (Choice.AGREE, Choice.DISAGREE)
"""A pass is no stance."""


@dataclass(frozen=True)
class RepresentativenessSettings:
    """When a group is said to hold a statement more than others. Every value has its reason."""

    false_discovery_rate: float = 0.10
    """Expected share of wrong entries over all statements, groups and stances (Benjamini and Hochberg 1995)."""
    least_support: float = 0.5
    """A group holds what most of it holds: the lower bound of its support must exceed this."""
    least_difference: float = 0.15
    """Smaller differences from the others are true of many statements and tell nobody anything."""
    bound_level: float = 0.10
    """One-sided error of the bounds on support and difference."""
    least_votes: int = 5
    """Votes needed inside and outside the group: below, no test can find anything."""
    least_votes_in_half: int = 3
    """Votes a participant needs on one half of the statements to be put in a group by that half."""
    rank: int = 2
    """Axes on which each half forms groups: those that are drawn."""
    prior: float = 20.0
    """Precision of loadings on a half: halves are small, so the middle of the range."""
    restarts: int = 10
    """Starts of k-means on each half."""
    fit_sample: int = 10_000
    """Most participants to fit a half's axes on; all are placed on them, and only which centre is nearest counts."""


@dataclass(frozen=True)
class RepresentativeStatement:
    """One stance that a category of people holds more than the rest; counts are of published membership.

    holders of n_in in the category, holders_outside of n_out elsewhere; support = holders / n_in
    difference : share inside minus share outside; difference_lower : its Newcombe lower bound, which ranks
    p : Fisher's one-sided, doubled for two stances; p_adjusted : after Benjamini-Hochberg over all that was tested
    """

    statement_id: int
    name: str
    stance: Choice
    holders: int
    n_in: int
    holders_outside: int
    n_out: int
    support: float
    support_lower: float
    difference: float
    difference_lower: float
    p: float
    p_adjusted: float


@dataclass(frozen=True, eq=False)
class CrossFit:
    """Groups formed on each half of the statements, to be tested on the other half.

    half : (m,) 0 or 1; labels : (2, n) index of a letter by the votes on that half, -1 where it has too few votes
    """

    half: NDArray[np.int64]
    labels: Ints

    def category_of_vote(self, votes: VoteMatrix) -> Ints:
        """For each vote the group that the *other* half of the statements puts its participant in."""
        return self.labels[1 - self.half[votes.columns], votes.rows]

    def spread(self, kept: NDArray[np.bool_]) -> CrossFit:
        """The same among more participants, where `kept` marks those it was made for; the others are in no group."""
        labels = np.full((2, kept.size), -1, np.int64)
        labels[:, kept] = self.labels
        return CrossFit(self.half, labels)


def cross_fit(
    votes: VoteMatrix,
    groups: OpinionGroups,
    *,
    seed: int,
    settings: RepresentativenessSettings = RepresentativenessSettings(),
) -> CrossFit:
    """The groups as each half of the statements alone would form them, under the letters they overlap most with.

    Splitting people instead does not cure the circularity (Gao, Bien and Witten 2024). `votes` and `groups` have the
    same participants, in order.
    """
    check_between("seed", seed, 0, whole=True)
    rng = np.random.default_rng(seed)
    half = _halves(votes, rng)
    labels = np.full((2, votes.n_participants), -1, np.int64)
    for side in (0, 1):
        labels[side] = _grouped_by(votes.select(statements=half == side), groups, rng, settings)
    return CrossFit(half, labels)


def _halves(votes: VoteMatrix, rng: np.random.Generator) -> Ints:
    """A random half of the statements, balanced in votes: of each pair of like vote counts one goes to each half."""
    order = np.argsort(-votes.counts().votes, kind="stable")
    half = np.empty(order.size, np.int64)
    first = rng.integers(0, 2, (order.size + 1) // 2)
    half[order] = np.column_stack([first, 1 - first]).ravel()[: order.size]
    return half


def _grouped_by(
    votes: VoteMatrix, groups: OpinionGroups, rng: np.random.Generator, settings: RepresentativenessSettings
) -> Ints:
    k, seed = len(groups.letters), int(rng.integers(2**31))
    enough = votes.votes_per_participant() >= settings.least_votes_in_half
    labels = np.full(votes.n_participants, -1, np.int64)
    rank = min(settings.rank, votes.n_statements - 1)
    if enough.sum() < 2 * k or rank < 1:
        return labels
    placed = votes.select(participants=enough)
    factors = principal(fit_factors(Observed.of_votes(placed.sample(settings.fit_sample, rng)), rank, settings.prior))
    points = space_of_factors(placed, factors, settings.prior).positions
    found, _ = partition(points, k, seed=seed, restarts=settings.restarts)
    pairs = match(overlaps(found, groups.nearest[enough].astype(np.int64), k, k))
    letter = np.array([pairs.get(index, -1) for index in range(k)], np.int64)
    labels[enough] = letter[found]
    return labels


def representative_statements(
    votes: VoteMatrix,
    groups: OpinionGroups,
    *,
    seed: int,
    settings: RepresentativenessSettings = RepresentativenessSettings(),
    fitted: CrossFit | None = None,
) -> dict[str, tuple[RepresentativeStatement, ...]]:
    """Per letter the stances its group holds more than the others, strongest difference first; often empty.

    Tested on cross-fitted groups, since groups formed from the same votes differ on pure noise; listed only if the
    published groups show it as well. `votes` has the participants of `groups`, in order; `fitted` is a cross fit of
    them that was made before. Errors: BadShape for groups of other participants.
    """
    if groups.labels.shape != (votes.n_participants,):
        raise BadShape(name="groups", expected=(votes.n_participants,), found=groups.labels.shape)
    if not groups.letters:
        return {}
    fitted = fitted or cross_fit(votes, groups, seed=seed, settings=settings)
    tested = tally_votes(votes, groups.letters, fitted.category_of_vote(votes))
    shown = tally(votes, Categories(groups.letters, groups.labels.astype(np.int64)))
    return held_more(votes, tested=tested, shown=shown, settings=settings)


def representative_of_constituencies(
    votes: VoteMatrix,
    categories: Categories,
    *,
    settings: RepresentativenessSettings = RepresentativenessSettings(),
) -> dict[str, tuple[RepresentativeStatement, ...]]:
    """Per declared category the stances it holds more than the rest: declared, so there is nothing to cross-fit."""
    counted = tally(votes, categories)
    return held_more(votes, tested=counted, shown=counted, settings=settings)


def held_more(
    votes: VoteMatrix, *, tested: Tally, shown: Tally, settings: RepresentativenessSettings
) -> dict[str, tuple[RepresentativeStatement, ...]]:
    """Stances whose test and effect hold in `tested` and whose effect shows in `shown` too, per category."""
    effects = [_effects(tested, stance, settings) for stance in STANCES]
    p = np.stack([_fisher(tested, stance, settings) for stance in STANCES])
    testable = p <= 1.0
    adjusted = np.full(p.shape, 2.0)
    if testable.any():
        adjusted[testable] = false_discovery_control(p[testable], method="bh")
    listed: dict[str, list[RepresentativeStatement]] = {name: [] for name in shown.names}
    for side, stance in enumerate(STANCES):
        measures = _measures(shown, stance, settings)
        good = (adjusted[side] <= settings.false_discovery_rate) & effects[side] & _effects(shown, stance, settings)
        for row, column in zip(*np.nonzero(good), strict=True):
            name = shown.names[row]
            listed[name].append(
                RepresentativeStatement(
                    statement_id=int(votes.statement_ids[column]),
                    name=name,
                    stance=stance,
                    **measures.at(row, column),
                    p=float(p[side, row, column]),
                    p_adjusted=float(adjusted[side, row, column]),
                )
            )
    return {
        name: tuple(sorted(entries, key=lambda e: (-round(e.difference_lower, 9), e.statement_id, e.stance)))
        for name, entries in listed.items()
    }


@dataclass(frozen=True, eq=False)
class _Measures:
    """Arrays (categories, n_statements) of what an entry says."""

    holders: Ints
    n_in: Ints
    holders_outside: Ints
    n_out: Ints
    support_lower: Floats
    difference_lower: Floats

    @property
    def difference(self) -> Floats:
        inside = self.holders / np.maximum(self.n_in, 1)
        difference: Floats = inside - self.holders_outside / np.maximum(self.n_out, 1)
        return difference

    def at(self, row: int, column: int) -> dict[str, Any]:
        where = (row, column)
        return {
            "holders": int(self.holders[where]),
            "n_in": int(self.n_in[where]),
            "holders_outside": int(self.holders_outside[where]),
            "n_out": int(self.n_out[where]),
            "support": float(self.holders[where] / self.n_in[where]),
            "support_lower": float(self.support_lower[where]),
            "difference": float(self.difference[where]),
            "difference_lower": float(self.difference_lower[where]),
        }


def _measures(counted: Tally, stance: Choice, settings: RepresentativenessSettings) -> _Measures:
    holders, n_in = counted.of(stance), counted.votes
    outside, n_out = holders.sum(axis=0) - holders, n_in.sum(axis=0) - n_in
    lower, _ = newcombe(holders, n_in, outside, n_out, level=1 - 2 * settings.bound_level)
    return _Measures(holders, n_in, outside, n_out, jeffreys_lower(holders, n_in, level=settings.bound_level), lower)


def _effects(counted: Tally, stance: Choice, settings: RepresentativenessSettings) -> NDArray[np.bool_]:
    """Where support and difference are large enough to be worth saying."""
    measures = _measures(counted, stance, settings)
    large: NDArray[np.bool_] = measures.support_lower > settings.least_support
    return large & (measures.difference >= settings.least_difference - 1e-12)


def _fisher(counted: Tally, stance: Choice, settings: RepresentativenessSettings) -> Floats:
    """Fisher's exact p of at least so many holders inside, doubled for the two stances; 2 where it is not tested."""
    measures = _measures(counted, stance, settings)
    total, holders = measures.n_in + measures.n_out, measures.holders + measures.holders_outside
    tail = hypergeom.sf(measures.holders - 1, total, holders, measures.n_in)
    enough = (measures.n_in >= settings.least_votes) & (measures.n_out >= settings.least_votes)
    p: Floats = np.where(enough, np.minimum(2 * tail, 1.0), 2.0)
    return p
