"""What the demo's people would say: from each view's support for each statement to the simulator's two axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.demo.content import DemoProposal
from deliberation.simulation import SimulatedConsultation, SimulationSettings, cast_votes
from deliberation.votes import VoteMatrix

# Three views as far from each other as they can be on two axes, around the middle.
CENTRES: NDArray[np.float64] = np.array([[-1.0, -0.577], [1.0, -0.577], [0.0, 1.155]])
SPREAD = 0.28
"""How far people of one view are apart, on both axes."""


def loadings(proposals: Sequence[DemoProposal]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Loadings of shape (n, 2) and intercepts of shape (n,) under which each view supports each statement as written.

    At the centre of view v the log-odds of agreeing are `centre_v · loading + intercept`: three equations, one answer.
    """
    support = np.array([item.support for item in proposals], dtype=np.float64) / 100.0
    log_odds = np.log(support / (1.0 - support))
    views = np.hstack([CENTRES, np.ones((3, 1))])
    solved = np.linalg.solve(views, log_odds.T)
    return solved[:2].T.copy(), solved[2].copy()


def positions(views: Sequence[int], *, seed: int) -> NDArray[np.float64]:
    """Places of shape (n, 2): the centre of each person's view, and what is their own."""
    own = np.random.default_rng(seed).normal(0.0, SPREAD, size=(len(views), 2))
    return np.asarray(CENTRES[np.asarray(views, dtype=np.intp)] + own, dtype=np.float64)


SETTINGS = SimulationSettings(steepness=1.0, pass_margin=0.3)
"""With a steepness of 1 an opinion is a log-odds; the margin makes one in seven pass where they lean neither way."""


def choices(proposals: Sequence[DemoProposal], where: NDArray[np.float64], *, seed: int) -> NDArray[np.int8]:
    """What everybody would say to everything: int8 array of shape (n_people, n_proposals), signs as in the core."""
    axes, intercepts = loadings(proposals)
    n, m = where.shape[0], axes.shape[0]
    people, statements = np.arange(1, n + 1), np.arange(1, m + 1)
    room = SimulatedConsultation(
        participant_ids=people,
        positions=where,
        views=np.zeros(n, np.int64),
        constituencies=np.zeros(n, "<U1"),
        arrival_offsets=np.zeros(n),
        statement_ids=statements,
        loadings=axes,
        intercepts=intercepts,
        authors=np.zeros(m, np.int64),
        statement_offsets=np.zeros(m),
        votes=VoteMatrix.from_votes([], [], []),
        vote_offsets=np.zeros(0),
    )
    answers = cast_votes(room, seed=seed, statement_ids=statements, settings=SETTINGS)
    return np.asarray(answers.votes.dense(), dtype=np.int8)
