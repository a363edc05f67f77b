"""What participants would probably have answered where they did not vote: draws, not guesses, so that doubt stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.factors import Floats, Observed

CELLS = 250_000
"""Participants times statements whose chances are held at once: a few megabytes, which stay in the cache."""

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

    def among(self, observed: Observed) -> ChoiceLink:
        """The same link for other votes, with how often their statements and people are passed on."""
        return ChoiceLink(self.weights, self.constants, *_pass_odds(observed))

    def odds(self, expected: NDArray[np.float32], people: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Odds of disagree and of agree against pass, for expected signs (len(people), m) of these participants."""
        found = []
        for choice in (0, 2):
            slope, by_statement, by_person = self.weights[choice] - self.weights[1]
            # A choice nobody made has a constant of minus infinity; pass may be one.
            constant = np.clip(self.constants[choice], -50, 50) - np.clip(self.constants[1], -50, 50)
            odds = expected * np.float32(slope)
            odds += (by_statement * self.statement_passes + constant).astype(np.float32)
            odds += (by_person * self.person_passes[people]).astype(np.float32)[:, None]
            np.clip(odds, -60, 60, out=odds)
            found.append(np.exp(odds, out=odds))
        return found[0], found[1]


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
            disagree, agree = link.odds(expected(people[part], rng).astype(np.float32), people[part])
            level = rng.random(agree.shape, dtype=np.float32) * (disagree + agree + 1)
            signs[draw, part] = (level >= disagree).view(np.int8) + (level >= disagree + 1).view(np.int8) - 1
    place = np.full(observed.n, -1, np.int64)
    place[people] = np.arange(people.size)
    cast = place[observed.rows] >= 0
    signs[:, place[observed.rows[cast]], observed.columns[cast]] = observed.x[cast].astype(np.int8)
    return signs


def _parts(n: int, m: int) -> Iterator[slice]:
    size = max(1, CELLS // max(m, 1))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
