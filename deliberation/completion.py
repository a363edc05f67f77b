"""What participants would probably have answered where they did not vote: draws, not guesses, so that doubt stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.factors import Floats, Observed

CELLS = 2_000_000
"""Participants times statements whose chances are held at once."""

SIGNS = (-1, 0, 1)
"""Disagree, pass, agree: the order of every array of chances here."""

Ints = NDArray[np.int64]
Draw = Callable[[Ints, Ints, np.random.Generator], Floats]
"""One draw of the expected signs of the votes (rows, columns), from what is known about those people."""

HIDDEN = 4_000
"""Most hidden votes the link is fitted on: a dozen numbers are estimated."""

POSITIONS = 6
"""Draws of each hidden vote's expected sign while the link is fitted."""

ROUNDS = 6
"""Rounds of weighing those draws by how well they explain the vote; chances change in the third digit after four."""


@dataclass(frozen=True, eq=False)
class CompletedVotes:
    """Plausible complete tables of votes, all consistent with the votes cast.

    participant_rows : (p,) rows of the vote matrix that were completed, increasing
    statement_ids : (m,) columns of `signs`, those of the opinion space
    signs : int8 (n_draws, p, m), +1 agree, 0 pass, -1 disagree; a vote that was cast stands in every draw as it is
    """

    participant_rows: Ints
    statement_ids: NDArray[np.int64]
    signs: NDArray[np.int8]

    @property
    def n_draws(self) -> int:
        return int(self.signs.shape[0])


@dataclass(frozen=True, eq=False)
class ChoiceLink:
    """Chances of disagree, pass and agree, given an expected sign and how often statement and person are passed on.

    weights : (3, 3) of expected sign, statement's and person's log odds of a pass, per choice; constants : (3,)
    statement_passes : (m,) and person_passes : (n,), those log odds
    """

    weights: Floats
    constants: Floats
    statement_passes: Floats
    person_passes: Floats

    def chances(self, expected: Floats, people: Ints) -> Floats:
        """Chances (3, len(people), m) for expected signs (len(people), m) of these participants."""
        logits = np.empty((3, *expected.shape))
        for choice in range(3):
            slope, by_statement, by_person = self.weights[choice]
            np.multiply(expected, slope, out=logits[choice])
            logits[choice] += by_statement * self.statement_passes + self.constants[choice]
            logits[choice] += by_person * self.person_passes[people][:, None]
        logits -= logits.max(axis=0)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=0)
        return logits


def fit_link(
    observed: Observed, refit: Callable[[Observed], Draw], rng: np.random.Generator, *, share: float, repeats: int
) -> ChoiceLink:
    """The link from drawn expected signs to choices under which hidden votes come out as often as they were cast.

    Multinomial logistic regression on hidden votes, its likelihood averaged over draws of the expected sign: fitted on
    their means, a link counts the doubt about positions twice. Without the person's passes, people who pass on
    everything would be completed as if they had opinions.
    """
    blocks, signs = [], []
    for _ in range(repeats):
        hidden = np.flatnonzero(rng.random(observed.x.size) < share)
        hidden = hidden if hidden.size <= HIDDEN // repeats else rng.choice(hidden, HIDDEN // repeats, replace=False)
        if not 0 < hidden.size < observed.x.size:
            continue
        kept = np.ones(observed.x.size, bool)
        kept[hidden] = False
        train = observed.where(kept)
        draw, (by_statement, by_person) = refit(train), _pass_odds(train)
        rows, columns = observed.rows[hidden], observed.columns[hidden]
        drawn = [draw(rows, columns, rng) for _ in range(POSITIONS)]
        blocks.append(np.stack([np.column_stack([f, by_statement[columns], by_person[rows]]) for f in drawn]))
        signs.append(observed.x[hidden].astype(np.int64))
    if not signs:
        return ChoiceLink(np.zeros((3, 3)), _levels(observed), *_pass_odds(observed))
    weights, constants = _averaged(np.concatenate(blocks, axis=1), np.concatenate(signs))
    return ChoiceLink(weights, constants, *_pass_odds(observed))


def _averaged(features: Floats, signs: Ints) -> tuple[Floats, Floats]:
    """Weights and constants that maximise the likelihood averaged over draws; features (draws, votes, 3). EM."""
    draws, n = features.shape[:2]
    stacked, repeated = features.reshape(draws * n, 3), np.tile(signs, draws)
    weights, constants = _multinomial(features.mean(axis=0), signs, None)
    for _ in range(ROUNDS):
        logits = stacked @ weights.T + constants
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        fit = (chances[np.arange(draws * n), repeated + 1] / chances.sum(axis=1)).reshape(draws, n)
        weights, constants = _multinomial(stacked, repeated, (fit / fit.sum(axis=0)).ravel())
    return weights, constants


def _levels(observed: Observed) -> Floats:
    counts = np.array([(observed.x == sign).sum() for sign in SIGNS], np.float64)
    return np.asarray(np.log((counts + 1) / (counts.sum() + 3)), np.float64)


def _pass_odds(observed: Observed, *, ridge: float = 5.0) -> tuple[Floats, Floats]:
    """Log odds of a pass by statement (m,) and by person (n,), drawn to the overall share by `ridge` votes."""
    passed = (observed.x == 0).astype(np.float64)
    overall = (passed.sum() + 1) / (passed.size + 2)
    odds = []
    for index, size in ((observed.columns, observed.m), (observed.rows, observed.n)):
        share = np.bincount(index, weights=passed, minlength=size) + ridge * overall
        share = share / (np.bincount(index, minlength=size) + ridge)
        odds.append(np.log(share / (1 - share)) - np.log(overall / (1 - overall)))
    return odds[0], odds[1]


def _multinomial(features: Floats, signs: Ints, sample: Floats | None) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    weights, constants = np.zeros((3, 3)), np.full(3, -np.inf)
    found = np.unique(signs)
    constants[found + 1] = 0.0
    if found.size > 1:
        fitted = LogisticRegression(C=10.0, max_iter=2000).fit(features, signs, sample)
        if found.size == 2:
            weights[found[1] + 1], constants[found[1] + 1] = fitted.coef_[0], fitted.intercept_[0]
        else:
            weights[found + 1], constants[found + 1] = fitted.coef_, fitted.intercept_
    return weights, constants


def draw_signs(
    observed: Observed,
    people: Ints,
    expected: Callable[[Ints, np.random.Generator], Floats],
    link: ChoiceLink,
    *,
    rng: np.random.Generator,
    n_draws: int,
) -> NDArray[np.int8]:
    """Signs (n_draws, len(people), m): drawn where unseen, the vote cast elsewhere.

    `expected` draws expected signs (len(rows), m) of the given participants from what is known about them.
    """
    signs = np.empty((n_draws, people.size, observed.m), np.int8)
    for draw in range(n_draws):
        for part in _parts(people.size, observed.m):
            chances = link.chances(expected(people[part], rng), people[part])
            level = rng.random(chances.shape[1:])
            signs[draw, part] = (level >= chances[0]).astype(np.int8) + (level >= chances[0] + chances[1]) - 1
    place = np.full(observed.n, -1, np.int64)
    place[people] = np.arange(people.size)
    cast = place[observed.rows] >= 0
    signs[:, place[observed.rows[cast]], observed.columns[cast]] = observed.x[cast].astype(np.int8)
    return signs


def _parts(n: int, m: int) -> Iterator[slice]:
    size = max(1, CELLS // max(m, 1))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
