"""The Polis method answers as red-dwarf does where they do not differ on purpose, on real conversations and simulated.

First the variant with red-dwarf's definitions, as a whole; then the server's definitions step by step, each given what
came before. Known differences: red-dwarf has no base groups, no memory and no fill to fifteen, another k-means and
silhouettes of participants (so groups are handed over), the exact normal quantile, and leaves the order of equal ranks
open. It names no statement for a group where something passes both tests but nothing is agreed on: the last test.
Data was gathered using the Polis software (compdemocracy.org/polis), sub-licensed under CC BY 4.0 with attribution to
The Computational Democracy Project.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from deliberation.polis import RED_DWARF, PolisResult, polis_landscape
from deliberation.polis_lists import (
    one_proportion_z,
    priority,
    representative_statements,
    representativeness_table,
    two_proportion_z,
)
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import REAL, Log, folders, real, simulated
from tests.benchmarks.peers import TABLE, Agreement, Differs, agreement, ours, theirs

pytest.importorskip("reddwarf", reason="red-dwarf is not installed: it comes with the extra `peers`")

ROOT = REAL / "polis-conversations"
NAMES = [str(folder.relative_to(ROOT)) for folder in folders()] or ["vtaiwan.uberx"]


@cache
def log(name: str) -> Log:
    folder = ROOT / name
    if not folder.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations/{name}")
    return real(folder)


@cache
def compared(name: str) -> Agreement:
    votes = log(name)
    return agreement(ours(votes), theirs(votes.for_peer(), votes.out))


@pytest.mark.parametrize("name", NAMES)
def test_groups_are_the_same_people(name: str) -> None:
    found = compared(name)
    assert found.n_groups[0] == found.n_groups[1]
    assert found.adjusted_rand == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_every_count_and_test_by_group_and_statement_is_the_same(name: str) -> None:
    assert compared(name).table <= 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_the_same_statements_are_listed(name: str) -> None:
    assert compared(name).lists


@pytest.mark.parametrize("name", NAMES)
def test_axes_and_places_are_the_same_but_for_the_error_of_a_random_solver(name: str) -> None:
    found = compared(name)
    bound = solver_error(len(np.unique(log(name).participants)), len(np.unique(log(name).statements)))
    assert max(found.axes, found.positions, found.priorities) < bound


def solver_error(n: int, m: int) -> float:
    """scikit-learn takes a randomised solver above 500 people or statements, whose second axis is off by up to 1e-3."""
    return 1e-9 if max(n, m) <= 500 else 2e-3


def test_above_4096_people_bins_find_the_same_groups() -> None:
    votes = simulated(5_000, 60, 20, seed=3)
    found = agreement(ours(votes), theirs(votes.for_peer()))
    assert found.n_groups == (3, 3)
    assert found.adjusted_rand > 0.99


def test_signs_of_axes_are_part_of_the_definition_as_k_means_starts_from_the_left() -> None:
    if "15-per-hour-seattle" not in NAMES:
        pytest.skip("no real data: the conversation that shows it is not at hand")
    votes = log("15-per-hour-seattle")
    table = VoteMatrix.from_votes(votes.participants, votes.statements, votes.signs, last_wins=True)
    turned = polis_landscape(table, rejected=votes.out, settings=replace(RED_DWARF, turned_by="sum"))
    with pytest.raises(Differs):
        agreement(turned, theirs(votes.for_peer(), votes.out)).require(adjusted_rand=1.0, table=1e-12)


# -------- the server's definitions, step by step


@cache
def by_server(name: str) -> tuple[VoteMatrix, PolisResult]:
    """Votes on what moderators let stand, since red-dwarf leaves the rest out where the server sets it to zero."""
    kept = log(name)
    votes = VoteMatrix.from_votes(kept.participants, kept.statements, kept.signs, last_wins=True)
    votes = votes.select(statements=~np.isin(votes.statement_ids, kept.out))
    votes = votes.select(participants=votes.votes_per_participant() > 0, statements=votes.counts().votes > 0)
    return votes, polis_landscape(votes)


def frame(votes: VoteMatrix, rows: Any = slice(None)) -> Any:
    import pandas

    columns = pandas.Index(votes.statement_ids, name="statement_id")
    return pandas.DataFrame(votes.dense()[rows], index=votes.participant_ids[rows], columns=columns)


@pytest.mark.parametrize("name", NAMES)
def test_by_the_servers_definitions_axes_places_and_extremities_are_the_same(name: str) -> None:
    from reddwarf.utils.reducer.base import run_reducer
    from sklearn.decomposition import PCA

    votes, result = by_server(name)
    places, of_statements, pca = run_reducer(frame(votes).to_numpy(), random_state=0)
    assert of_statements is not None and isinstance(pca, PCA)
    bound = solver_error(*votes.shape)
    sign = np.sign((pca.components_ * result.axes).sum(axis=1))
    assert np.abs(pca.components_ * sign[:, None] - result.axes).max() < bound
    scale = np.abs(result.positions).max()
    assert np.abs(places * sign - result.positions).max() < bound * scale
    assert np.abs(of_statements * sign - result.statement_positions).max() < bound * scale
    extremities = np.linalg.norm(of_statements, axis=1)
    assert np.abs(extremities - result.extremities).max() < bound * scale


@pytest.mark.parametrize("name", NAMES)
def test_by_the_servers_definitions_figures_and_lists_of_the_same_groups_are_the_same(name: str) -> None:
    from reddwarf.utils.consensus import select_consensus_statements
    from reddwarf.utils.stats import calculate_comment_statistics_dataframes, select_representative_statements

    votes, result = by_server(name)
    inside = result.in_conversation
    stats, overall = calculate_comment_statistics_dataframes(frame(votes, inside), result.group_of[inside])
    for group in range(result.n_groups):
        for column, field in TABLE.items():
            np.testing.assert_allclose(stats.loc[group][column], getattr(result.table, field)[group], atol=1e-9)
    np.testing.assert_allclose(overall["group-aware-consensus"], result.group_aware_consensus, atol=1e-12)
    listed = select_representative_statements(stats)
    for group, mine in enumerate(result.representative):
        if any(entry.best_agree for entry in mine):
            assert ranked([[e["tid"], e["repful-for"], e["repness"]] for e in listed[group]]) == ranked(
                [[entry.statement, entry.choice.value, entry.ratio] for entry in mine]
            )
    common = select_consensus_statements(frame(votes))
    for side, majorities in (("agree", result.majority_agree), ("disagree", result.majority_disagree)):
        figures = [(entry["p-success"], entry["p-test"]) for entry in common[side]]
        np.testing.assert_allclose([(one.share, one.z) for one in majorities] or np.zeros(0), figures or np.zeros(0))


def ranked(entries: list[list[Any]]) -> list[tuple[str, float]]:
    """Side and ratio of each entry; two of equal rank may be listed in either order, or one in place of the other."""
    return sorted((side, round(ratio, 6)) for _, side, ratio in entries)


def test_tests_and_priorities_are_the_same_for_all_counts() -> None:
    from reddwarf.utils.stats import one_prop_test, priority_metric, two_prop_test

    rng = np.random.default_rng(1)
    n_in, n_out = rng.integers(0, 60, (2, 2_000))
    s_in, s_out = rng.binomial(n_in, 0.6), rng.binomial(n_out, 0.4)
    np.testing.assert_allclose(one_proportion_z(s_in, n_in), one_prop_test(s_in.copy(), n_in.copy()), atol=1e-12)
    np.testing.assert_allclose(
        two_proportion_z(s_in, s_out, n_in, n_out),
        two_prop_test(s_in.copy(), s_out.copy(), n_in.copy(), n_out.copy()),  # it adds to its arguments
        atol=1e-9,
    )
    passes, extremity, meta = rng.binomial(n_in - s_in, 0.3), rng.random(2_000) * 4, rng.random(2_000) < 0.1
    theirs_found = priority_metric(meta, s_in, n_in - s_in - passes, n_in, extremity)
    ours_found = priority(s_in, passes, n_in, extremity, meta=meta, meta_priority=7.0)
    np.testing.assert_allclose(ours_found, theirs_found, rtol=1e-12)


def test_a_group_that_agrees_with_nothing_is_represented_by_what_it_rejects_where_red_dwarf_names_nothing() -> None:
    from reddwarf.utils.stats import calculate_comment_statistics_dataframes, select_representative_statements

    # Ten people reject both statements and nobody in their group agrees with any; the others agree with both.
    table = np.vstack([np.full((10, 2), -1), np.full((10, 2), 1)])
    labels = np.repeat([0, 1], 10)
    rows, columns = np.indices(table.shape)
    votes = VoteMatrix.from_votes(rows.ravel(), columns.ravel(), table.ravel())
    stats, _ = calculate_comment_statistics_dataframes(frame(votes), labels)
    listed = select_representative_statements(stats)
    assert listed[0] == [] and len(listed[1]) == 2
    agrees = np.array([(table[labels == group] == 1).sum(axis=0) for group in (0, 1)])
    disagrees = np.array([(table[labels == group] == -1).sum(axis=0) for group in (0, 1)])
    ours_listed = representative_statements(
        representativeness_table(agrees, disagrees, np.full((2, 2), 10)),
        votes.statement_ids,
        np.ones(2, bool),
        z=1.2816,
        limit=5,
    )
    # The server's rule: without a statement that is agreed with most, those that pass both tests make the list.
    assert [(entry.statement, entry.choice.value) for entry in ours_listed[0]] == [(0, "disagree"), (1, "disagree")]
    assert [entry.statement for entry in ours_listed[1]] == [entry["tid"] for entry in listed[1]]
