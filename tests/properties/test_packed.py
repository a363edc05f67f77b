"""The kernels over packed votes agree with loops over the same votes, whatever the order, sizes and repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import svds

from deliberation import packed, polis_space
from deliberation.errors import BadValue, DuplicateVote, UnknownChoice
from deliberation.packed import counts_by_sign, encoded, places_among, row_parts, row_starts, sorted_votes
from deliberation.polis import RED_DWARF, polis_landscape
from deliberation.polis_groups import lloyd, silhouettes, smallest_distinct
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import simulated
from tests.oracles import counts_by_loops, silhouette_by_loops

VOTES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(-1, 1)), max_size=60)
IDS = st.lists(st.one_of(st.integers(-5, 20), st.integers(-(2**62), 2**62)), max_size=40)


def columns(votes: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, items, signs = np.array(votes, np.int64).reshape(-1, 3).T
    return rows, items, signs.astype(np.int8)


@pytest.mark.parametrize(
    "sizes",
    [{}, {"FEW": 0}, {"MANY": 0, "BUCKET": 4}, {"MANY": 0, "BUCKET": 60}],
    ids=["sorted", "counted", "in buckets", "in one bucket"],
)
@given(votes=VOTES)
def test_the_last_vote_of_each_pair_is_kept(sizes: dict[str, int], votes: list[tuple[int, int, int]]) -> None:
    last = {(row, column): sign for row, column, sign in votes}
    with pytest.MonkeyPatch.context() as patched:
        for name, size in sizes.items():
            patched.setattr(packed, name, size)
        found = sorted_votes(*columns(votes), n_rows=7, n_columns=5)
    assert list(zip(found.rows.tolist(), found.columns.tolist(), strict=True)) == sorted(last)
    assert found.signs.tolist() == [last[pair] for pair in sorted(last)]
    assert (found.repeated is None) == (len(last) == len(votes))
    if found.repeated:
        assert [pair[:2] for pair in votes].count(found.repeated) > 1


def test_repeats_across_parts_are_found() -> None:
    n = packed.PART + 10
    rows, items = np.zeros(n, np.int64), np.zeros(n, np.int64)
    signs = np.tile(np.array([1, 0, -1], np.int8), n // 3 + 1)[:n]
    before = packed.FEW
    for few in (0, n):
        packed.FEW = few
        try:
            found = sorted_votes(rows, items, signs, n_rows=1, n_columns=1)
        finally:
            packed.FEW = before
        assert found.signs.tolist() == [int(signs[-1])]


@given(ids=IDS)
def test_ids_get_places_in_increasing_order(ids: list[int]) -> None:
    distinct, places = encoded(np.array(ids, np.int64))
    assert distinct.tolist() == sorted(set(ids))
    assert distinct[places].tolist() == ids


@given(ids=IDS, others=IDS)
def test_an_id_that_is_not_listed_is_named(ids: list[int], others: list[int]) -> None:
    known = np.array(sorted(set(others)), np.int64)
    places, unknown = places_among(known, np.array(ids, np.int64))
    if set(ids) <= set(others):
        assert unknown is None
        assert known[places].tolist() == ids if ids else True
    else:
        assert unknown in set(ids) - set(others)


@given(votes=VOTES)
def test_starts_and_counts_are_those_of_loops(votes: list[tuple[int, int, int]]) -> None:
    found = sorted_votes(*columns(votes), n_rows=7, n_columns=5)
    starts = row_starts(found.rows, 7)
    assert starts.tolist() == [int((found.rows < row).sum()) for row in range(8)]
    matrix = VoteMatrix(np.arange(7), np.arange(5), found.rows, found.columns, found.signs)
    some = np.array([True, False, True, False, False])
    assert (
        matrix.votes_per_participant(some).tolist() == matrix.select(statements=some).votes_per_participant().tolist()
    )
    labels = np.array([0, 1, -1, 1, 0, -1, 2])
    counted = counts_by_sign(found.rows, found.columns, found.signs, 5, labels=labels, n_labels=3)
    assert counted.tolist() == counts_by_loops(matrix, labels, 3).tolist()


@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=30), size=st.integers(1, 20))
def test_parts_of_rows_cover_each_row_once(lengths: list[int], size: int) -> None:
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    found = list(row_parts(starts, size))
    assert [row for rows, _ in found for row in range(rows.start, rows.stop)] == list(range(len(lengths)))
    assert all((some.start, some.stop) == (starts[rows.start], starts[rows.stop]) for rows, some in found)


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(DuplicateVote) as twice:
        VoteMatrix.from_votes([7, 8, 7], [3, 3, 3], [1, 1, -1])
    assert twice.value.parameters == {"participant": 7, "statement": 3}
    with pytest.raises(UnknownChoice):
        VoteMatrix.from_votes([1], [1], [2])
    with pytest.raises(BadValue) as stranger:
        VoteMatrix.from_votes([5], [1], [1], participant_ids=[1, 2])
    assert stranger.value.parameters["value"] == 5


def test_axes_by_passes_over_the_votes_are_those_of_a_singular_value_decomposition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = simulated(6_000, 150, 30, seed=5)
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    by_steps = polis_landscape(votes, settings=RED_DWARF)
    monkeypatch.setattr(polis_space, "LANCZOS_LIMIT", 0)
    monkeypatch.setattr(polis_space, "SAMPLED_AT_LEAST", 500)
    by_passes = polis_landscape(votes, settings=RED_DWARF)
    excluded = np.zeros(votes.n_statements, bool)
    table = polis_space._Centred(votes, by_steps.centre, excluded).table()
    exact = svds(table, k=2, random_state=0)[2][::-1]
    for found in (by_steps.axes, by_passes.axes):
        assert np.abs(np.abs((found * exact).sum(axis=1)) - 1).max() < 1e-8
    assert np.abs(by_passes.positions - by_steps.positions).max() < 1e-4
    assert (by_passes.group_of == by_steps.group_of).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(8, 60))
def test_silhouettes_are_those_of_loops_in_either_precision(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n, 2))
    labelings = [np.append(np.arange(k), rng.integers(0, k, n - k)) for k in (2, 3)]
    expected = [silhouette_by_loops(points, labels) for labels in labelings]
    assert silhouettes(points, labelings) == pytest.approx(expected, abs=1e-12)


def test_binned_silhouettes_choose_what_exact_ones_choose() -> None:
    rng = np.random.default_rng(2)
    points = rng.standard_normal((3000, 2)) * 0.6 + rng.choice([-2.0, 0.5, 2.5], 3000)[:, None]
    start = smallest_distinct(points, 5)
    labelings = [lloyd(points, start[:k], max_steps=300, tolerance=1e-4)[0] for k in (2, 3, 4, 5)]
    exact = np.array(silhouettes(points, labelings))
    binned = np.array(silhouettes(points, labelings, pairwise_limit=0))
    assert np.abs(exact - binned).max() < 0.02
    assert exact.argmax() == binned.argmax()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), k=st.integers(2, 5))
def test_k_means_is_scikit_learns(seed: int, k: int) -> None:
    from sklearn.cluster import KMeans

    points = np.random.default_rng(seed).standard_normal((80, 2))
    start = smallest_distinct(points, k)
    labels, centres = lloyd(points, start, max_steps=300, tolerance=1e-4)
    other = KMeans(k, init=start, n_init=1).fit(points)
    assert labels.tolist() == other.labels_.tolist()
    assert centres == pytest.approx(other.cluster_centers_, abs=1e-10)


@given(VOTES, st.lists(st.booleans(), min_size=7, max_size=7), st.lists(st.booleans(), min_size=5, max_size=5))
def test_a_selection_holds_the_votes_of_the_marked_on_the_marked(
    votes: list[tuple[int, int, int]], people: list[bool], items: list[bool]
) -> None:
    last = {(row, column): sign for row, column, sign in votes}
    whole = VoteMatrix.from_votes(
        *columns(votes), participant_ids=np.arange(7), statement_ids=np.arange(5), last_wins=True
    )
    some = whole.select(participants=np.array(people), statements=np.array(items))
    found = zip(some.participant_ids[some.rows], some.statement_ids[some.columns], some.signs, strict=True)
    wanted = [(row, column, last[row, column]) for row, column in sorted(last) if people[row] and items[column]]
    assert [(int(row), int(column), int(sign)) for row, column, sign in found] == wanted
    assert some.shape == (sum(people), sum(items))
