"""Small rooms: what 5, 15, 30 and 60 people get. Under thirty no map and no groups, but counts, common ground, slates.

Every room has two constituencies that agree on four statements, reject two and differ on ten; from thirty people on the
same two halves could also be opinion groups, and at sixty they are.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from deliberation.groups import GroupSettings, GroupsStatus
from deliberation.landscape import Landscape, LandscapeSettings, map_landscape
from deliberation.slate_of_votes import SlateOfVotes, SlateOfVotesSettings, slate_of_votes
from deliberation.votes import Choice, VoteMatrix

SIZES = (5, 15, 30, 60)
AGREED, REJECTED, CONTESTED = range(1, 5), range(5, 7), range(7, 17)
BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=10, max_groups=2, null_draws=39, evidence_restarts=1))
FEW = SlateOfVotesSettings(n_draws=2, n_fresh_draws=2)


@cache
def room(n: int) -> tuple[VoteMatrix, tuple[str, ...]]:
    """Two halves; some pass now and then, and where there are more than five, some leave their half on a statement."""
    rng = np.random.default_rng(n)
    half = np.arange(n) % 2
    columns = []
    for statement in (*AGREED, *REJECTED, *CONTESTED):
        side = np.ones(n) if statement in AGREED else -np.ones(n)
        if statement in CONTESTED:
            side = np.where(half == statement % 2, 1, -1)
        columns.append(side)
    signs = np.column_stack(columns).astype(np.int8)
    contested = np.arange(signs.shape[1]) >= len(AGREED) + len(REJECTED)
    turned = (rng.random(signs.shape) < (0.08 if n > 5 else 0.0)) & contested
    signs = np.where(turned, -signs, np.where(rng.random(signs.shape) < 0.04, 0, signs)).astype(np.int8)
    rows, places = np.nonzero(rng.random(signs.shape) < 0.97)
    votes = VoteMatrix.from_votes(rows + 1, places + 1, signs[rows, places])
    return votes, tuple(np.where(half == 0, "farmers", "women").tolist())


@cache
def landscape(n: int) -> Landscape:
    votes, labels = room(n)
    return map_landscape(votes, seed=1, constituencies=np.array(labels), settings=BRIEF)


@cache
def slate(n: int) -> SlateOfVotes:
    return slate_of_votes(room(n)[0], landscape(n), size=4, seed=1, settings=FEW)


@pytest.mark.parametrize("n", SIZES)
def test_every_vote_is_counted_and_every_statement_listed(n: int) -> None:
    found = landscape(n)
    assert (found.n_participants, found.n_statements) == (n, 16)
    assert sum(one.counts.votes for one in found.statements) == found.n_votes
    assert not any(one.is_below_floor for one in found.statements)  # floors shrink with the room


@pytest.mark.parametrize("n", SIZES)
def test_what_all_agree_on_is_common_ground_and_nothing_contested_is(n: int) -> None:
    found = landscape(n)
    agreed = {one.statement_id for one in found.common_ground}
    rejected = {one.statement_id for one in found.common_rejection}
    assert agreed <= set(AGREED) and len(agreed) >= 3
    assert rejected <= set(REJECTED) and rejected


@pytest.mark.parametrize("n", [5, 15])
def test_under_thirty_there_is_no_map_no_group_and_everything_is_indicative(n: int) -> None:
    found = landscape(n)
    assert found.space is None and found.is_indicative
    assert found.groups.status == GroupsStatus.TOO_FEW
    assert (found.groups.labels == -1).all() and (found.groups.bands == -1).all()
    assert found.representative == {}
    assert all(one.by_group == {} for one in found.statements)


@pytest.mark.parametrize("n", [30, 60])
def test_from_thirty_on_there_is_a_map_and_nothing_is_indicative(n: int) -> None:
    found = landscape(n)
    assert found.space is not None and found.space.rank >= 1 and not found.is_indicative
    assert np.isfinite(found.space.positions).all() and np.isfinite(found.space.covariances).all()
    halves = np.array(room(n)[1]) == "women"
    axis = found.space.positions[:, 0]
    assert max(axis[halves].min() - axis[~halves].max(), axis[~halves].min() - axis[halves].max()) > 0


def test_sixty_people_in_two_halves_are_two_groups() -> None:
    found = landscape(60)
    assert found.groups.status == GroupsStatus.FOUND and found.groups.letters == ("A", "B")
    halves = np.array(room(60)[1]) == "women"
    assert len(set(zip(halves.tolist(), found.groups.nearest.tolist(), strict=True))) == 2
    assert {entry.statement_id for entries in found.representative.values() for entry in entries} <= set(CONTESTED)
    assert all(found.representative.values())


def test_among_five_people_no_divide_is_beyond_chance() -> None:
    # Three against two, all of one mind: one way of ten to deal out three agrees, so that p is .1 before correction.
    assert landscape(5).divides == ()


@pytest.mark.parametrize("n", [15, 30, 60])
def test_only_contested_statements_divide_constituencies(n: int) -> None:
    found = [one for one in landscape(n).divides if one.dimension == "constituency"]
    assert {one.statement_id for one in found} <= set(CONTESTED) and len(found) >= 5
    assert all(one.gap >= 0.5 and {one.high, one.low} == {"farmers", "women"} for one in found)


@pytest.mark.parametrize("n", SIZES)
def test_every_room_gets_a_slate_with_something_of_each_side(n: int) -> None:
    chosen = slate(n)
    assert chosen.chosen_on == ("observed" if n < 30 else "draws")
    assert (chosen.certificate.estimated is None) == (n < 30)
    assert {stance.statement_id for stance in chosen.slate.common_ground} <= set(AGREED)
    distinct = [item.stance for item in chosen.slate.distinct]
    assert len(distinct) == 4
    women = {(one.statement_id % 2 == 1) == (one.choice == Choice.AGREE) for one in distinct}
    assert women == {True, False}
    assert chosen.certificate.observed.holds


@pytest.mark.parametrize("n", SIZES)
def test_every_room_is_written_and_computed_again(n: int) -> None:
    votes, labels = room(n)
    stored = Landscape.from_json(json.loads(json.dumps(landscape(n).to_json(), allow_nan=False)))
    again = map_landscape(votes, seed=stored.seed, constituencies=np.array(labels), settings=BRIEF)
    assert again.digest == stored.digest
