"""Groups that keep their names from one analysis to the next: by the Polis method with a memory."""

from __future__ import annotations

import numpy as np

from deliberation.polis import PolisHistory, PolisResult, PolisSettings, opinion_groups, polis_landscape
from deliberation.polis_landscape import groups_of
from deliberation.votes import VoteMatrix
from tests.vote_tables import simulated_votes

# Four little heaps on a line: as two pairs or as four, the division is about as good.
HEAPS = np.array([[x + step, 0.0] for x in (-4.0, -2.45, 2.45, 4.0) for step in (-0.1, 0.0, 0.1) for _ in range(4)])
ALIKE = np.ones(len(HEAPS))


def members(result: PolisResult) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(result.participant_ids[result.group_of == g].tolist()) for g in range(result.n_groups))


def test_the_number_of_groups_is_kept_while_it_is_about_as_good_as_the_best() -> None:
    _, cold, scores = opinion_groups(HEAPS, ALIKE, PolisSettings())
    second = sorted(scores, key=lambda k: -scores[k])[1]
    gap = scores[len(cold)] - scores[second]
    assert gap > 0
    former = opinion_groups(HEAPS, ALIKE, PolisSettings(max_groups=second))[1]
    assert len(former) == second
    patient, impatient = PolisSettings(keep_within=gap * 1.01), PolisSettings(keep_within=gap * 0.99)
    assert len(opinion_groups(HEAPS, ALIKE, patient, previous=former)[1]) == second
    assert len(opinion_groups(HEAPS, ALIKE, impatient, previous=former)[1]) == len(cold)


def test_groups_start_where_their_people_stand_and_keep_their_order() -> None:
    votes = simulated_votes("groups", seed=1, n=90, m=30, contrast=3.0)
    cold = polis_landscape(votes)
    turned = members(cold)[::-1]
    warm = polis_landscape(votes, history=PolisHistory(groups=turned))
    assert members(warm) == turned


def test_a_group_of_whom_nobody_is_left_is_forgotten() -> None:
    votes = simulated_votes("groups", seed=1, n=90, m=30, contrast=3.0)
    cold = polis_landscape(votes)
    strangers = (*members(cold), (1_000_001, 1_000_002))
    assert members(polis_landscape(votes, history=PolisHistory(groups=strangers))) == members(cold)


def test_newcomers_rename_hardly_anybody() -> None:
    everybody = simulated_votes("groups", seed=2, n=120, m=30, contrast=3.0)
    first = everybody.participant_ids < 90
    before = polis_landscape(everybody.select(participants=first))
    named = groups_of(before, None)
    after = polis_landscape(everybody, history=PolisHistory(groups=members(before)))
    now = groups_of(after, named)
    earlier = np.array(named.letters)[named.labels]
    assert (np.array(now.letters)[now.labels][:90] == earlier).mean() > 0.95


def test_without_a_memory_equal_votes_give_equal_groups_whatever_came_before() -> None:
    votes = simulated_votes("groups", seed=3, n=60, m=20)
    again = VoteMatrix.from_votes(
        votes.participant_ids[votes.rows][::-1], votes.statement_ids[votes.columns][::-1], votes.signs[::-1]
    )
    assert members(polis_landscape(votes)) == members(polis_landscape(again))
