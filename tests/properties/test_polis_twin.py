"""The Polis method and its slow twin agree at every stage, on conversations made to be awkward.

Few people, few statements, ties, one-vote people, people who only pass, columns without variance, rejected and meta
statements, ids with gaps; and real conversations from which people, votes and statements were taken away.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest

from deliberation.polis import PolisResult, polis_landscape
from deliberation.polis_files import latest_votes, read_export
from deliberation.votes import VoteMatrix
from tests import oracles_polis as twin
from tests.oracles import silhouette_by_loops

DATA = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
REAL = ("london.youth.policing", "brexit-consensus", "15-per-hour-seattle", "bg2050-volunteers")


def table_of(votes: VoteMatrix) -> twin.Table:
    dense = votes.dense().tolist()
    return [[None if cell != cell else int(cell) for cell in row] for row in dense]


def made(seed: int) -> tuple[VoteMatrix, list[int], list[int]]:
    """Votes of a few people and statements, and the ids of rejected and of meta statements."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 45)), int(rng.integers(1, 16))
    if seed % 3 == 0:  # copies of few people, so that positions and scores are tied
        kinds = rng.integers(-1, 2, (int(rng.integers(1, 4)), m))
        signs = kinds[rng.integers(0, len(kinds), n)]
    else:
        camp = rng.integers(0, 3, n)
        signs = np.sign(rng.normal(size=(3, m))[camp] + rng.normal(size=(n, m)) * rng.choice([0.2, 1.0])).astype(int)
        signs[rng.random((n, m)) < 0.15] = 0
    seen = rng.random((n, m)) < rng.choice([0.25, 0.6, 1.0])
    if n > 4 and m > 2:
        signs[0] = 0  # somebody who only passes
        seen[1] = np.arange(m) == rng.integers(m)  # and somebody with one vote
        signs[:, 0] = rng.integers(-1, 2)  # and a statement that all answer alike
    rows, columns = np.nonzero(seen)
    if not rows.size:
        rows, columns = np.array([0]), np.array([0])
    gap = int(rng.integers(1, 9))
    votes = VoteMatrix.from_votes(rows * gap + 3, columns * gap + 5, signs[rows, columns])
    ids = votes.statement_ids
    rejected = ids[rng.random(ids.size) < 0.15].tolist()
    return votes, rejected, [*ids[rng.random(ids.size) < 0.1].tolist(), 4]


def cut(name: str, seed: int) -> tuple[VoteMatrix, list[int], list[int]]:
    """A real conversation without most people, some votes and some statements."""
    folder = DATA / "polis-conversations" / name
    if not folder.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations/{name}")
    streams = {file: io.StringIO((folder / file).read_bytes().decode()) for file in ("comments.csv", "votes.csv")}
    votes = latest_votes(read_export(streams))
    rng = np.random.default_rng(seed)
    people = np.isin(np.arange(votes.n_participants), rng.choice(votes.n_participants, min(60, votes.n_participants)))
    items = np.isin(np.arange(votes.n_statements), rng.choice(votes.n_statements, min(40, votes.n_statements)))
    votes = votes.select(participants=people, statements=items)
    kept = rng.random(votes.n_votes) < rng.choice([0.5, 0.9])
    who, what = votes.participant_ids[votes.rows[kept]], votes.statement_ids[votes.columns[kept]]
    votes = VoteMatrix.from_votes(who, what, votes.signs[kept])
    ids = votes.statement_ids
    return votes, ids[rng.random(ids.size) < 0.1].tolist(), ids[rng.random(ids.size) < 0.05].tolist()


@pytest.mark.parametrize("seed", range(60))
def test_awkward_votes_have_the_answer_of_the_twin(seed: int) -> None:
    compare(*made(seed))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", REAL)
def test_what_is_left_of_a_real_conversation_has_the_answer_of_the_twin(name: str, seed: int) -> None:
    compare(*cut(name, seed))


def compare(votes: VoteMatrix, rejected: list[int], meta: list[int]) -> None:
    result = polis_landscape(votes, rejected=rejected, meta=meta)
    table = table_of(votes)
    excluded = [statement in {*rejected, *meta} for statement in votes.statement_ids.tolist()]
    assert result.excluded.tolist() == excluded
    compare_space(result, table, excluded)
    compare_groups(result, table)
    compare_lists(result, table, excluded)


def compare_space(result: PolisResult, table: twin.Table, excluded: list[bool]) -> None:
    np.testing.assert_allclose(result.centre, twin.centre_of(table, excluded), atol=1e-12)
    values, vectors = twin.directions(table, excluded)
    values = np.append(values, [0.0, 0.0, 0.0])
    for a, axis in enumerate(result.axes):
        if values[a] < 1e-6 or a >= len(vectors):
            assert not axis.any()
        elif min(abs(values[a] - values[b]) for b in (a - 1, a + 1) if b >= 0) > 1e-3 * values[0]:
            assert abs(axis @ vectors[a]) == pytest.approx(1, abs=1e-9)
        assert axis.sum() > -1e-9
    np.testing.assert_allclose(result.positions, twin.places(table, excluded, result.axes), atol=1e-9)
    of_statements = twin.statement_places(table, excluded, result.axes)
    np.testing.assert_allclose(result.statement_positions, of_statements, atol=1e-9)
    np.testing.assert_allclose(result.extremities, np.linalg.norm(of_statements, axis=1), atol=1e-9)


def compare_groups(result: PolisResult, table: twin.Table) -> None:
    order = twin.order_met(table)
    assert result.row_order.tolist() == order
    inside = twin.in_conversation(table)
    assert set(np.flatnonzero(result.in_conversation).tolist()) == inside
    met = [i for i in order if i in inside]
    base = twin.k_means(np.round(result.positions[met], 9), [1.0] * len(met), 100, steps=100)
    base = [[met[i] for i in group] for group in base]
    assert [np.flatnonzero(result.base_group_of == b).tolist() for b in range(len(base))] == [sorted(g) for g in base]
    centres = np.array([result.positions[group].mean(axis=0) for group in base])
    np.testing.assert_allclose(result.base_centres, centres, atol=1e-12)
    scores, divisions = {}, {}
    for k in range(2, min(5, 2 + len(base) // 12) + 1):
        divisions[k] = twin.k_means(result.base_centres, [float(len(group)) for group in base], k, steps=20)
        labels = np.zeros(len(base), np.int64)
        for g, members in enumerate(divisions[k]):
            labels[members] = g
        scores[k] = silhouette_by_loops(centres, labels) if len(divisions[k]) > 1 else 0.0
    assert result.silhouettes == pytest.approx(scores, abs=1e-9)
    best = max(scores, key=lambda k: (round(scores[k], 9), k))
    groups = [np.flatnonzero(result.group_of_base == g).tolist() for g in range(result.n_groups)]
    assert groups == [sorted(members) for members in divisions[best]]


def compare_lists(result: PolisResult, table: twin.Table, excluded: list[bool]) -> None:
    groups = [np.flatnonzero(result.group_of == g).tolist() for g in range(result.n_groups)]
    ids = result.statement_ids.tolist()
    for mine, theirs in zip(result.representative, twin.representative(table, groups, excluded), strict=True):
        assert [(e.statement, e.choice.value, e.n_success, e.n_trials, e.best_agree) for e in mine] == [
            (ids[e.column], e.choice, e.n_success, e.n_trials, e.best_agree) for e in theirs
        ]
        for one, other in zip(mine, theirs, strict=True):
            figures = [other.side.share, other.side.test, other.side.ratio, twin.single(other.side.ratio_test)]
            assert [one.share, one.z, one.ratio, one.ratio_z] == pytest.approx(figures, abs=1e-9)
    listed = [[entry.statement for entry in side] for side in (result.majority_agree, result.majority_disagree)]
    assert listed == [[ids[column] for column in side] for side in twin.majorities(table, excluded)]
    consensus = twin.group_aware_consensus(table, groups)
    np.testing.assert_allclose(result.group_aware_consensus, consensus, atol=1e-12)
    everybody = [i for members in groups for i in members]
    for column, found in enumerate(result.priorities.tolist()):
        counted = twin.counts(table, everybody, column)
        expected = twin.priority(*counted, float(result.extremities[column]), meta=bool(result.meta[column]))
        assert found == pytest.approx(expected, rel=1e-12)
