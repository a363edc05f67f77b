"""Near-identical votes in five real conversations: hardly any, and planted copies are found.

Data was gathered using the Polis software (compdemocracy.org/polis), sub-licensed under CC BY 4.0 with attribution to
The Computational Democracy Project.
"""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.coordination import CHOICES, CoordinationSettings, answer_probabilities, near_identical
from deliberation.votes import VoteMatrix
from tests.conformance.test_real_conversations import conversation

NAMES = (
    "15-per-hour-seattle",
    "bg2050-volunteers",
    "brexit-consensus",
    "london.youth.policing",
    pytest.param("vtaiwan.uberx", marks=pytest.mark.slow),
)
PAIRS = CoordinationSettings(fewest_people=2)
HASHED = CoordinationSettings(fewest_people=2, most_compared=1)


@pytest.mark.parametrize("name", NAMES)
def test_at_most_two_pairs_of_real_people_vote_nearly_alike(name: str) -> None:
    votes = conversation(name)
    assert sum(found.n_pairs for found in near_identical(votes, settings=PAIRS)) <= 2
    assert sum(found.n_pairs for found in near_identical(votes, settings=HASHED)) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_answers_drawn_from_the_model_hold_no_pair(name: str) -> None:
    votes = conversation(name)
    rng = np.random.default_rng(4)
    agree = np.exp(np.log(answer_probabilities(votes)))
    # Each person keeps what is probable and answers the rest as others did: independent given views and habits.
    kept = rng.random(votes.n_votes) < agree
    signs = np.where(kept, votes.signs, rng.choice(CHOICES, votes.n_votes)).astype(np.int8)
    drawn = VoteMatrix(votes.participant_ids, votes.statement_ids, votes.rows, votes.columns, signs)
    assert near_identical(drawn, settings=PAIRS) == ()


def with_copies(votes: VoteMatrix, n_copies: int, *, seed: int) -> VoteMatrix:
    """Copies of one person's ballot, each without a fifth of its answers."""
    rng = np.random.default_rng(seed)
    own = np.flatnonzero(votes.rows == rng.choice(np.flatnonzero(votes.votes_per_participant() >= 30)))
    parts = [(votes.rows, votes.columns, votes.signs)]
    for copy in range(n_copies):
        kept = own[rng.random(own.size) > 0.2]
        parts.append((np.full(kept.size, votes.n_participants + copy), votes.columns[kept], votes.signs[kept]))
    rows, columns, signs = (np.concatenate(part) for part in zip(*parts, strict=True))
    return VoteMatrix.from_votes(rows, columns, signs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [CoordinationSettings(), CoordinationSettings(most_compared=1)], ids=["all", "hash"]
)
def test_most_of_fifteen_planted_copies_are_found_among_1900_people(settings: CoordinationSettings) -> None:
    original = conversation("vtaiwan.uberx")
    recalls, strangers = [], []
    for seed in range(5):
        found = near_identical(with_copies(original, 15, seed=seed), settings=settings)
        linked = {person for one in found for person in one.participants}
        recalls.append(sum(person >= original.n_participants for person in linked) / 15)
        strangers.append(sum(person < original.n_participants for person in linked))
    assert np.mean(recalls) >= 0.68
    # The owner of the ballot, and hardly anybody else.
    assert np.mean(strangers) <= 3
