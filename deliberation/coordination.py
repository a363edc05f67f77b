"""Near-identical votes: sets of participants whose votes are alike beyond what their views and habits explain.

A finding to look at and ask about: two devices of one person, a shared list, or a script look the same from here. For a
worker: it fits a model and compares all pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import TooLarge
from deliberation.power import Level
from deliberation.votes import VoteMatrix

Floats = NDArray[np.float64]

CHOICES = (-1, 0, 1)
CHUNK = 1_000_000
"""Votes at a time in the model of answers."""
PAIRS = 20_000
"""Pairs compared at a time."""


@dataclass(frozen=True)
class CoordinationSettings:
    """When votes count as near-identical."""

    copy_error: float = 0.05
    """Share of a copied ballot that is answered afresh: a copy need not be exact."""
    fewest_common: int = 15
    """On fewer common statements even rare answers coincide."""
    alpha: float = 0.01
    """Chance of any false pair in the whole consultation, if people answer independently given views and habits."""
    fewest_people: int = 3
    """A pair is most often one person on two devices."""
    rank: int = 2
    prior: float = 5.0
    """Prior precision of the opinion space's loadings, as in the space itself."""
    least_probability: float = 0.02
    """No answer counts as rarer: the model does not know the tails so well."""
    most_compared: int = 5000
    """So many people are compared all with all; among more, only those whose surprising answers meet in a hash."""
    block: int = 1000
    """People compared at a time with all others, which bounds memory."""
    n_bands: int = 32
    band: int = 6
    """Two people meet when all hashes of a band agree: copies that share seven tenths of their surprise do in 98 of 100
    cases, strangers that share a seventh of it in 4 of 10,000."""
    beside: int = 10
    """Neighbours with which each of a bucket is compared: a ring needs to hang together, not all its pairs."""
    most_fitted: int = 500_000
    """Votes on which the model of answers is fitted; more move no probability by a hundredth."""
    most_people: int = 1_000_000


@dataclass(frozen=True)
class NearIdentical:
    """Participants linked by near-identical votes.

    participants : ids, increasing; n_pairs : linked pairs among them
    same_share : share of equal answers over the linked pairs' common statements
    least_common : fewest common statements of a linked pair
    """

    participants: tuple[int, ...]
    n_pairs: int
    same_share: float
    least_common: int


def near_identical(votes: VoteMatrix, *, settings: CoordinationSettings | None = None) -> tuple[NearIdentical, ...]:
    """Sets of three or more whose votes copy each other's, the largest first, then by least id.

    For each pair the likelihood ratio of "one copied the other, with errors" to "they answered independently, each by
    their views, the statement and their own habit of agreeing, disagreeing and passing", in the weaker direction. Its
    expectation under independence is at most 1, so by Markov's inequality no pair of N reaches N / alpha but with
    probability alpha. Habits matter: without them people who pass on everything look like a ring.
    Above `most_compared` people only pairs that meet in a hash are compared, in memory linear in votes; the threshold
    stays that of all pairs. Raises `TooLarge` above `most_people` participants with enough votes.
    """
    settings = settings or CoordinationSettings()
    kept = votes.select(participants=votes.votes_per_participant() >= settings.fewest_common)
    n = kept.n_participants
    if n > settings.most_people:
        raise TooLarge(name="participants compared in pairs", found=n, allowed=settings.most_people)
    if n < settings.fewest_people or kept.n_statements < settings.fewest_common or np.unique(kept.signs).size < 2:
        return ()
    probabilities = answer_probabilities(kept, settings=settings)
    weights = _copy_weights(probabilities, settings)
    if n <= settings.most_compared:
        pairs = _linked_pairs(kept, weights, settings)
    else:
        pairs = _linked_of(kept, weights, candidate_pairs(kept, -np.log(probabilities), settings=settings), settings)
    return _components(kept, pairs, settings.fewest_people)


def answer_probabilities(votes: VoteMatrix, *, settings: CoordinationSettings | None = None) -> Floats:
    """Probability of each vote as it was cast, shape (n_votes,): multinomial logit on the person's predicted answer,
    the statement's margins and the person's own rates of each answer."""
    from sklearn.linear_model import LogisticRegression

    settings = settings or CoordinationSettings()
    features = _features_of(votes, settings)
    step = max(3, -(-votes.n_votes // settings.most_fitted))
    fitted = np.arange(0, votes.n_votes, step)
    model = LogisticRegression(C=1.0, max_iter=300).fit(features(fitted), votes.signs[fitted])
    column_of = np.full(len(CHOICES), -1)
    column_of[model.classes_.astype(int) + 1] = np.arange(model.classes_.size)
    found = np.empty(votes.n_votes)
    for start in range(0, votes.n_votes, CHUNK):
        part = np.arange(start, min(start + CHUNK, votes.n_votes))
        column = column_of[votes.signs[part].astype(int) + 1]
        chances = model.predict_proba(features(part))[np.arange(part.size), column]
        found[part] = np.where(column >= 0, chances, settings.least_probability)
    return found


def _features_of(votes: VoteMatrix, settings: CoordinationSettings) -> Callable[[NDArray[np.int64]], Floats]:
    """From places of votes to what the model of answers is told about each."""
    from deliberation.factors import Observed, fit_factors, posterior

    observed = Observed.of_votes(votes)
    factors = fit_factors(observed, settings.rank, settings.prior)
    places, _ = posterior(observed, factors)
    margins = np.log(_rates(votes.columns, votes.signs, votes.n_statements, 0.5))
    habits = np.log(_rates(votes.rows, votes.signs, votes.n_participants, 1.0))

    def features(at: NDArray[np.int64]) -> Floats:
        rows, columns = observed.rows[at], observed.columns[at]
        return np.column_stack([factors.predict(places, rows, columns), margins[columns], habits[rows]])

    return features


def _rates(index: NDArray[np.int32], signs: NDArray[np.int8], size: int, prior: float) -> Floats:
    counts = np.stack([np.bincount(index[signs == sign], minlength=size) + prior for sign in CHOICES], axis=1)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True), np.float64)


def _copy_weights(probabilities: Floats, settings: CoordinationSettings) -> Floats:
    """What an equal answer adds to the log likelihood ratio, over what a different one takes away."""
    error = settings.copy_error
    p = np.clip(probabilities, settings.least_probability, 1 - settings.least_probability)
    return np.asarray(np.log((1 - error + error * p) / p) - np.log(error), np.float64)


def _linked_pairs(votes: VoteMatrix, weights: Floats, settings: CoordinationSettings) -> NDArray[np.int64]:
    """Linked pairs as rows (one, other, common statements, equal answers), one < other."""
    from scipy import sparse

    n = votes.n_participants
    where = (votes.rows, votes.columns)
    seen = sparse.csr_matrix((np.ones(votes.n_votes), where), shape=votes.shape)
    answers, weighted = [], []
    for sign in CHOICES:
        cast = votes.signs == sign
        at = (votes.rows[cast], votes.columns[cast])
        answers.append(sparse.csr_matrix((np.ones(int(cast.sum())), at), shape=votes.shape))
        weighted.append(sparse.csr_matrix((weights[cast], at), shape=votes.shape))
    threshold = np.log(max(n * (n - 1) / 2, 1.0) / settings.alpha)
    found = [np.zeros((0, 4), np.int64)]
    for start in range(0, n, settings.block):
        block = slice(start, min(start + settings.block, n))
        common = (seen[block] @ seen.T).toarray()
        copied = sum((a[block] @ w.T).toarray() for a, w in zip(answers, weighted, strict=True))
        copying = sum((w[block] @ a.T).toarray() for a, w in zip(answers, weighted, strict=True))
        ratio = np.minimum(copied, copying) + common * np.log(settings.copy_error)
        one, other = np.nonzero((ratio > threshold) & (common >= settings.fewest_common))
        upper = one + start < other
        one, other = one[upper], other[upper]
        equal = sum((a[block] @ a.T).toarray() for a in answers)
        found.append(np.column_stack([one + start, other, common[one, other], equal[one, other]]).astype(np.int64))
    return np.concatenate(found)


def candidate_pairs(
    votes: VoteMatrix, surprise: Floats, *, settings: CoordinationSettings | None = None
) -> NDArray[np.int64]:
    """Pairs of rows, shape (n, 2), one < other, that meet in at least one band of hashes of their answers.

    surprise : of each vote, minus the log of its probability
    An answer stands for its person in proportion to its surprise (P-MinHash: Moulton and Jiang 2018), so that people
    who only share what everybody thinks do not meet. Hashes are fixed functions of statement and answer: the pairs
    depend on no seed, and not on the order of votes.
    """
    settings = settings or CoordinationSettings()
    weight = np.maximum(surprise, 1e-9)
    token = np.uint64(len(CHOICES)) * votes.statement_ids[votes.columns].astype(np.uint64)
    token = token + (votes.signs.astype(np.int64) + 1).astype(np.uint64)
    order = np.argsort(votes.rows, kind="stable")
    starts = np.searchsorted(votes.rows[order], np.arange(votes.n_participants))
    found = []
    for band in range(settings.n_bands):
        key = np.zeros(votes.n_participants, np.uint64)
        for place in range(settings.band):
            key = _mixed(key ^ _sampled(token, weight, order, starts, votes.rows, band * settings.band + place))
        found.append(_neighbours(key, settings.beside))
    n = np.int64(votes.n_participants)
    pairs = np.unique(np.concatenate([one * n + other for one, other in found]))
    return np.column_stack([pairs // n, pairs % n])


def _sampled(
    token: NDArray[np.uint64],
    weight: Floats,
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    number: int,
) -> NDArray[np.uint64]:
    """One answer of each person, drawn in proportion to its weight by a hash that all share: the token with the
    earliest of exponential times."""
    hashed = _mixed(_mixed(token) ^ _mixed(np.full(1, number + 1, np.uint64)))
    uniform = (hashed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    times = (-np.log1p(-uniform) / weight)[order]
    first = np.minimum.reduceat(times, starts)
    is_first = times == first[rows[order]]
    drawn = np.zeros(starts.size, np.uint64)
    drawn[rows[order][is_first]] = token[order][is_first]
    return drawn


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit of the input moves half of the output's."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def _neighbours(key: NDArray[np.uint64], beside: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of each row with those that follow it in its bucket."""
    order = np.lexsort((np.arange(key.size), key))
    ordered = key[order]
    one, other = [], []
    for step in range(1, beside + 1):
        same = ordered[step:] == ordered[:-step]
        one.append(order[:-step][same])
        other.append(order[step:][same])
    return np.concatenate(one), np.concatenate(other)


def _linked_of(
    votes: VoteMatrix, weights: Floats, pairs: NDArray[np.int64], settings: CoordinationSettings
) -> NDArray[np.int64]:
    """Those of the pairs that are linked, as `_linked_pairs` gives them."""
    from scipy import sparse

    n, m = votes.shape
    one_each = np.ones(votes.n_votes, np.int32)
    seen = sparse.csr_matrix((one_each, (votes.rows, votes.columns)), shape=(n, m))
    answer = len(CHOICES) * votes.columns.astype(np.int64) + votes.signs + 1
    answers = sparse.csr_matrix((one_each, (votes.rows, answer)), shape=(n, len(CHOICES) * m))
    weighted = sparse.csr_matrix((weights, (votes.rows, answer)), shape=(n, len(CHOICES) * m))
    threshold = np.log(n * (n - 1) / 2 / settings.alpha)
    found = [np.zeros((0, 4), np.int64)]
    for start in range(0, len(pairs), PAIRS):
        one, other = pairs[start : start + PAIRS].T
        common = _row_sums(seen[one].multiply(seen[other]))
        equal = _row_sums(answers[one].multiply(answers[other]))
        copied = _row_sums(answers[one].multiply(weighted[other]))
        copying = _row_sums(weighted[one].multiply(answers[other]))
        ratio = np.minimum(copied, copying) + common * np.log(settings.copy_error)
        linked = (ratio > threshold) & (common >= settings.fewest_common)
        found.append(np.column_stack([one, other, common, equal])[linked].astype(np.int64))
    return np.concatenate(found)


def _row_sums(matrix: Any) -> Floats:
    return np.asarray(matrix.sum(axis=1), np.float64).ravel()


def _components(votes: VoteMatrix, pairs: NDArray[np.int64], fewest: int) -> tuple[NearIdentical, ...]:
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    n = votes.n_participants
    links = sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, labels = connected_components(links, directed=False)
    found = []
    for label in np.flatnonzero(np.bincount(labels) >= fewest):
        inside = pairs[labels[pairs[:, 0]] == label]
        found.append(
            NearIdentical(
                tuple(int(i) for i in votes.participant_ids[labels == label]),
                len(inside),
                float(inside[:, 3].sum() / inside[:, 2].sum()),
                int(inside[:, 2].min()),
            )
        )
    return tuple(sorted(found, key=lambda one: (-len(one.participants), one.participants)))


def level_of(
    found: NearIdentical,
    joined_hours: Mapping[int, int],
    burst: Collection[int] = (),
    *,
    alpha: float = 0.01,
) -> Level:
    """A flag where near-identical votes come with accounts of one hour or with a burst of votes, else a note.

    joined_hours : hour number in which each participant of the consultation joined
    burst : participants who voted in a burst
    One hour: hypergeometric chance that so many of the set joined in it, corrected for the hours the set joined in.
    """
    from scipy.stats import hypergeom

    if 2 * len(set(found.participants) & set(burst)) > len(found.participants):
        return Level.FLAG
    hours = list(joined_hours.values())
    mine = [joined_hours[one] for one in found.participants if one in joined_hours]
    for hour in sorted(set(mine)):
        together = mine.count(hour)
        chance = float(hypergeom.sf(together - 1, len(hours), hours.count(hour), len(mine)))
        if together >= CoordinationSettings().fewest_people and chance * len(set(mine)) < alpha:
            return Level.FLAG
    return Level.NOTE
