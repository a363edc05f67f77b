"""Odd rooms at every entry point: an answer in finite numbers, or a refusal with parameters, never anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation import (
    complete_votes,
    find_common_ground,
    find_divides,
    find_groups,
    fit_space,
    map_landscape,
    rake,
    representative_statements,
)
from deliberation.coordination import near_identical
from deliberation.errors import BadShape, BadValue, DeliberationError, DuplicateVote, NoVotes, TooLarge, UnknownChoice
from deliberation.groups import GroupSettings
from deliberation.holdings import observed_holdings
from deliberation.inequality import gini
from deliberation.intervals import wilson
from deliberation.landscape import LandscapeSettings
from deliberation.polis import RED_DWARF, polis_landscape
from deliberation.records import to_record
from deliberation.routing import choose_statement
from deliberation.simulation import View, simulate
from deliberation.slate_of_votes import SlateOfVotesSettings, slate_of_votes
from deliberation.slates import select_slate
from deliberation.space import LARGEST_COMPLETION
from deliberation.tallies import categories_of
from deliberation.votes import VoteMatrix
from deliberation.weights import design_effect
from tests.vote_tables import simulated_votes

BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=3, max_groups=2, null_draws=19, evidence_restarts=1))
FEW = SlateOfVotesSettings(n_draws=1, n_fresh_draws=2)


def table(signs: Any, *, step: int = 1) -> VoteMatrix:
    """Everybody's sign on every statement; NaN is unseen. Ids have gaps of `step`."""
    signs = np.asarray(signs, np.float64)
    rows, columns = np.nonzero(~np.isnan(signs))
    n, m = signs.shape
    return VoteMatrix.from_votes(
        rows * step,
        columns * step,
        signs[rows, columns].astype(np.int8),
        participant_ids=np.arange(n) * step,
        statement_ids=np.arange(m) * step,
    )


def one_statement_each() -> VoteMatrix:
    signs = np.full((40, 40), np.nan)
    np.fill_diagonal(signs, 1)
    return table(signs)


def half_without_votes() -> VoteMatrix:
    signs = np.where(np.random.default_rng(1).random((80, 12)) < 0.5, 1.0, -1.0)
    signs[::2] = np.nan
    signs[:, ::3] = np.nan
    return table(signs)


ROOMS: dict[str, Callable[[], VoteMatrix]] = {
    "nobody and nothing": lambda: table(np.zeros((0, 0))),
    "nobody": lambda: table(np.zeros((0, 5))),
    "no statement": lambda: table(np.zeros((5, 0))),
    "no vote": lambda: table(np.full((40, 8), np.nan)),
    "one participant": lambda: table(np.ones((1, 20))),
    "one statement": lambda: table(np.resize([1, -1, 0], (60, 1))),
    "two people at odds": lambda: table([[1] * 9, [-1] * 9]),
    "all pass": lambda: table(np.zeros((40, 12))),
    "all agree": lambda: table(np.ones((40, 12))),
    "all the same person": lambda: table(np.resize([1, -1, 0, 1], (40, 12))),
    "one stands alone": lambda: table(np.vstack([np.ones((39, 12)), -np.ones((1, 12))])),
    "two camps of one mind each": lambda: table(np.repeat([[1.0], [-1.0]], [20, 20], axis=0) * np.ones((1, 12))),
    "one vote each on a statement of their own": one_statement_each,
    "half without votes, ids with gaps": half_without_votes,
    "ids with gaps of a million": lambda: table(np.resize([1, -1, 0, 1, -1], (33, 11)), step=1_000_003),
}


def space_of(votes: VoteMatrix) -> Any:
    return fit_space(votes, seed=1)


def slate(votes: VoteMatrix) -> Any:
    return slate_of_votes(votes, map_landscape(votes, seed=1, evidence="quick"), size=3, seed=1, settings=FEW).slate


def groups(votes: VoteMatrix) -> Any:
    return find_groups(fit_space(votes, seed=1), votes, seed=1, settings=BRIEF.groups)


def sides(votes: VoteMatrix) -> dict[str, Any]:
    return {"side": categories_of(np.arange(votes.n_participants) % 2, votes.n_participants)}


ENTRIES: dict[str, Callable[[VoteMatrix], Any]] = {
    "landscape": lambda v: map_landscape(v, seed=1, settings=BRIEF),
    "landscape with constituencies": lambda v: map_landscape(
        v, seed=1, constituencies=np.arange(v.n_participants) % 3, evidence="quick"
    ),
    "landscape by polis": lambda v: map_landscape(v, seed=1, method="polis"),
    "polis": polis_landscape,
    "polis, all rejected": lambda v: polis_landscape(v, rejected=v.statement_ids),
    "polis, all about participants": lambda v: polis_landscape(v, meta=v.statement_ids),
    "polis as red-dwarf": lambda v: polis_landscape(v, settings=RED_DWARF),
    "space": space_of,
    "completion": lambda v: complete_votes(fit_space(v, seed=1), v, seed=1, n_draws=1),
    "groups": groups,
    "representative": lambda v: representative_statements(v, groups(v), seed=1),
    "common ground": lambda v: find_common_ground(v, sides(v)),
    "divides": lambda v: find_divides(v, sides(v)),
    "slate": slate,
    "near-identical votes": near_identical,
}


def check_finite(record: Any) -> None:
    """No NaN but where a measure says that it has none for somebody."""
    if isinstance(record, dict):
        for name, part in record.items():
            if name not in ("centricness", "coreness", "extremeness"):
                check_finite(part)
    elif isinstance(record, list):
        for part in record:
            check_finite(part)
    elif isinstance(record, float):
        assert np.isfinite(record)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("room", ROOMS)
def test_an_odd_room_is_answered_in_finite_numbers_or_refused_with_parameters(room: str, entry: str) -> None:
    votes = ROOMS[room]()
    try:
        check_finite(to_record(ENTRIES[entry](votes)))
    except DeliberationError as refused:
        assert isinstance(refused, NoVotes) or refused.parameters


cells = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 7), st.sampled_from([-1, 0, 1])),
    min_size=1,
    max_size=50,
    unique_by=lambda cell: cell[:2],
)


@settings(max_examples=100, deadline=None)
@given(cells, st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_whatever_few_people_vote_polis_gives_each_a_place_and_a_group(
    cast: list[tuple[int, int, int]], rejected: set[int], meta: set[int]
) -> None:
    people, items, signs = (np.array(column) for column in zip(*cast, strict=True))
    votes = VoteMatrix.from_votes(people, items, signs)
    for result in (
        polis_landscape(votes, rejected=sorted(rejected), meta=sorted(meta)),
        polis_landscape(votes, rejected=sorted(rejected), settings=RED_DWARF),
    ):
        assert np.isfinite(result.positions).all() and np.isfinite(result.priorities).all()
        assert ((result.group_of >= 0) == result.in_conversation).all()
        assert result.group_sizes.sum() == result.in_conversation.sum()
        listed = {entry.statement for entries in result.representative for entry in entries}
        assert not listed & rejected


# -------- what is refused before any analysis


def test_votes_that_are_none_are_refused_by_name() -> None:
    for choices in (["maybe"], np.array([2]), np.array([np.nan]), [None], np.array([1.0])):
        with pytest.raises(UnknownChoice) as unknown:
            VoteMatrix.from_votes([1], [1], choices)  # type: ignore[arg-type]
        assert "choice" in unknown.value.parameters
    for ids in ([np.nan], [1.5], ["one"], [[1]], [None]):
        with pytest.raises((BadValue, BadShape)) as bad:
            VoteMatrix.from_votes(ids, [1], ["agree"])
        assert bad.value.parameters["name"]
    with pytest.raises(DuplicateVote) as twice:
        VoteMatrix.from_votes([7, 7], [3, 3], ["agree", "disagree"])
    assert twice.value.parameters == {"participant": 7, "statement": 3}
    with pytest.raises(BadShape):
        VoteMatrix.from_votes([1, 2], [1], ["agree"])


def test_numbers_that_are_none_are_refused_wherever_numbers_come_in() -> None:
    votes, nan = simulated_votes("structureless", seed=1, n=40, m=12), float("nan")
    refused: dict[str, Callable[[], object]] = {
        "weights": lambda: map_landscape(votes, seed=1, weights=np.full(40, nan)),
        "constituencies": lambda: map_landscape(votes, seed=1, constituencies=np.full(40, nan)),
        "exposures": lambda: choose_statement([1], exposures=[nan], votes=[1], n_participants=9, seed=1),
        "design effect": lambda: design_effect(np.array([1.0, nan])),
        "raking": lambda: rake({"region": categories_of(np.arange(2), 2)}, {"region": {"0": nan, "1": 1.0}}),
        "intervals": lambda: wilson(nan, 3),
        "inequality": lambda: gini([1.0, nan]),
        "a slate's size": lambda: select_slate(observed_holdings(votes), [], size=-1),
        "simulation": lambda: simulate(seed=1, views=[View((0.0, 0.0), nan)], n_participants=9, n_statements=3),
    }
    for name, call in refused.items():
        with pytest.raises(DeliberationError) as error:
            call()
        assert error.value.parameters, name


def test_what_would_need_many_times_the_memory_is_refused_before_it_is_tried() -> None:
    votes = simulated_votes("groups", seed=1, n=60, m=20, groups=2)
    with pytest.raises(TooLarge) as large:
        complete_votes(fit_space(votes, seed=1), votes, seed=1, n_draws=LARGEST_COMPLETION)
    assert large.value.parameters["allowed"] == LARGEST_COMPLETION
    with pytest.raises(TooLarge):
        table(np.full((5_000, 1), 1)).dense()
    crowd = VoteMatrix.from_votes(np.arange(6_000), np.zeros(6_000, np.int64), np.ones(6_000, np.int8))
    assert polis_landscape(crowd).n_groups >= 1  # a crowd on one statement is no reason to refuse
