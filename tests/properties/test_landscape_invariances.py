"""What must hold for any votes: order, names and mirror images change nothing, and inputs stay untouched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.errors import DeliberationError
from deliberation.groups import GroupSettings
from deliberation.intervals import jeffreys_lower, newcombe, wilson
from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
from deliberation.votes import Choice, VoteMatrix
from tests.vote_tables import simulated_votes

BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=8, max_groups=3, null_draws=39, evidence_restarts=1))

cells = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 5), st.sampled_from(["agree", "disagree", "pass"])),
    min_size=1,
    max_size=60,
    unique_by=lambda cell: cell[:2],
)


def matrix(cast: list[tuple[int, int, str]]) -> VoteMatrix:
    people, items, choices = (list(column) for column in zip(*cast, strict=True))
    return VoteMatrix.from_votes(people, items, choices)


@settings(max_examples=60, deadline=None)
@given(cells, st.randoms(use_true_random=False))
def test_any_votes_in_any_order_give_the_same_digest_or_the_same_refusal(
    cast: list[tuple[int, int, str]], random: object
) -> None:
    shuffled = list(cast)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    outcomes = []
    for order in (cast, shuffled):
        try:
            outcomes.append(map_landscape(matrix(order), seed=1).digest)
        except DeliberationError as refused:
            outcomes.append(f"{type(refused).__name__} {refused}")
    assert outcomes[0] == outcomes[1]


@settings(max_examples=40, deadline=None)
@given(cells)
def test_counts_add_up_and_nothing_is_listed_below_its_bound(cast: list[tuple[int, int, str]]) -> None:
    votes = matrix(cast)
    try:
        landscape = map_landscape(votes, seed=1, constituencies=votes.participant_ids % 2)
    except DeliberationError:
        return
    assert sum(s.counts.votes for s in landscape.statements) == len(cast)
    for statement in landscape.statements:
        assert sum(counts.votes for counts in statement.by_constituency.values()) == statement.counts.votes
    assert all(found.lower_bound >= 0.5 for found in landscape.common_ground + landscape.common_rejection)
    both = {f.statement_id for f in landscape.common_ground} & {f.statement_id for f in landscape.common_rejection}
    assert not both


@pytest.fixture(scope="module")
def base() -> tuple[VoteMatrix, Landscape]:
    votes = simulated_votes("groups", seed=1, n=90, m=40, contrast=2.5)
    return votes, map_landscape(votes, seed=1, settings=BRIEF)


Base = tuple[VoteMatrix, Landscape]


def outcomes(landscape: Landscape) -> tuple[object, ...]:
    return (
        landscape.groups.status,
        landscape.groups.nearest.tolist(),
        {name: [(e.statement_id, e.stance) for e in found] for name, found in landscape.representative.items()},
        [found.statement_id for found in landscape.common_ground],
        [(divide.statement_id, divide.high, divide.low) for divide in landscape.divides],
    )


def test_larger_ids_in_the_same_order_change_nothing(base: Base) -> None:
    votes, landscape = base
    renamed = VoteMatrix(
        votes.participant_ids * 7 + 100, votes.statement_ids * 3, votes.rows, votes.columns, votes.signs
    )
    again = map_landscape(renamed, seed=1, settings=BRIEF)
    assert again.groups.nearest.tolist() == landscape.groups.nearest.tolist()
    assert [f.statement_id for f in again.common_ground] == [3 * f.statement_id for f in landscape.common_ground]
    assert again.input_digest != landscape.input_digest


def test_the_mirror_image_of_all_votes_has_the_same_groups_and_mirrored_common_ground(base: Base) -> None:
    votes, _ = base
    mirrored = VoteMatrix(
        votes.participant_ids, votes.statement_ids, votes.rows, votes.columns, (-votes.signs).astype(np.int8)
    )
    again = map_landscape(mirrored, seed=1, evidence="quick")
    plain = map_landscape(votes, seed=1, evidence="quick")
    assert [f.statement_id for f in again.common_rejection] == [f.statement_id for f in plain.common_ground]
    assert all(found.stance == Choice.DISAGREE for found in again.common_rejection)
    assert again.space is not None and plain.space is not None
    np.testing.assert_allclose(np.abs(again.space.positions), np.abs(plain.space.positions), atol=1e-6)


def test_the_same_call_twice_gives_the_same_and_leaves_its_input_untouched(base: Base) -> None:
    votes, landscape = base
    before = votes.digest()
    again = map_landscape(votes, seed=1, settings=BRIEF)
    assert again.digest == landscape.digest
    assert outcomes(again) == outcomes(landscape)
    assert votes.digest() == before


def test_another_seed_finds_the_same_clear_groups(base: Base) -> None:
    votes, landscape = base
    again = map_landscape(votes, seed=2, settings=BRIEF)
    agree = again.groups.nearest == landscape.groups.nearest
    assert again.groups.letters == landscape.groups.letters
    assert agree.mean() > 0.9


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 500), st.data())
def test_intervals_hold_their_share_and_more_votes_make_them_narrower(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    lower, upper = wilson(hits, n)
    assert 0 <= lower <= hits / n <= upper <= 1
    wide = upper - lower
    again = wilson(4 * hits, 4 * n)
    assert again[1] - again[0] < wide
    assert 0 <= jeffreys_lower(hits, n) <= (hits + 0.5) / (n + 1)
    if hits < n:
        assert jeffreys_lower(hits, n) < jeffreys_lower(hits + 1, n)
    low, high = newcombe(hits, n, n - hits, n)
    back_low, back_high = newcombe(n - hits, n, hits, n)
    assert float(low) == pytest.approx(-float(back_high)) and float(high) == pytest.approx(-float(back_low))
