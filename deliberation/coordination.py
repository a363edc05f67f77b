"""Near-identical votes: sets of participants whose votes are alike beyond what their views and habits explain.

A finding to look at and ask about: two devices of one person, a shared list, or a script look the same from here. For a
worker: it fits a model and compares all pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import TooLarge
from deliberation.power import Level
from deliberation.votes import VoteMatrix

Floats = NDArray[np.float64]

CHOICES = (-1, 0, 1)


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
    most_people: int = 5000
    """All pairs are compared."""
    block: int = 1000
    """People compared at a time with all others, which bounds memory."""


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
    Raises `TooLarge` above `most_people` participants with enough votes.
    """
    settings = settings or CoordinationSettings()
    kept = votes.select(participants=votes.votes_per_participant() >= settings.fewest_common)
    n = kept.n_participants
    if n > settings.most_people:
        raise TooLarge(name="participants compared in pairs", found=n, allowed=settings.most_people)
    if n < settings.fewest_people or kept.n_statements < settings.fewest_common or np.unique(kept.signs).size < 2:
        return ()
    weights = _copy_weights(answer_probabilities(kept, settings=settings), settings)
    pairs = _linked_pairs(kept, weights, settings)
    return _components(kept, pairs, settings.fewest_people)


def answer_probabilities(votes: VoteMatrix, *, settings: CoordinationSettings | None = None) -> Floats:
    """Probability of each vote as it was cast, shape (n_votes,): multinomial logit on the person's predicted answer,
    the statement's margins and the person's own rates of each answer."""
    chances = _chances(votes, settings or CoordinationSettings())
    return np.asarray(chances[np.arange(votes.n_votes), votes.signs.astype(int) + 1], np.float64)


def _chances(votes: VoteMatrix, settings: CoordinationSettings) -> Floats:
    from sklearn.linear_model import LogisticRegression

    from deliberation.factors import Observed, fit_factors, posterior

    observed = Observed.of_votes(votes)
    factors = fit_factors(observed, settings.rank, settings.prior)
    places, _ = posterior(observed, factors)
    margins = np.log(_rates(votes.columns, votes.signs, votes.n_statements, 0.5))
    habits = np.log(_rates(votes.rows, votes.signs, votes.n_participants, 1.0))
    predicted = factors.predict(places, observed.rows, observed.columns)
    features = np.column_stack([predicted, margins[votes.columns], habits[votes.rows]])
    model = LogisticRegression(C=1.0, max_iter=300).fit(features[::3], votes.signs[::3])
    chances = np.full((votes.n_votes, len(CHOICES)), settings.least_probability)
    chances[:, [int(sign) + 1 for sign in model.classes_]] = model.predict_proba(features)
    return chances


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
