"""Two real conversations, against what the Polis server itself published about them, field by field.

What the server remembers from earlier votes (who is in, and the base groups) is part of its result and cannot be
derived from the votes; it is handed in as a history. Signs: the server counts agree as -1, so that its centre and
positions are the negatives of ours. The files come from the red-dwarf project's fixtures (real API answers).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deliberation.polis import PolisHistory, PolisResult, polis_landscape
from deliberation.polis_lists import counts_by_label
from deliberation.votes import VoteMatrix

DATA = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
FIXTURES = ["below-100-ptpts", "150ptpt-3gp-no-strict-no-meta"]


@dataclass(frozen=True)
class Case:
    votes: VoteMatrix
    server: dict[str, Any]
    ours: PolisResult

    def of_server(self, name: str) -> list[float]:
        """A field that the server keeps by statement id, in the order of the statements."""
        return [self.server[name][str(statement)] for statement in self.server["tids"]]


@pytest.fixture(scope="module", params=FIXTURES)
def case(request: pytest.FixtureRequest) -> Case:
    folder = DATA / "polis-fixtures" / request.param
    if not folder.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-fixtures/{request.param}")
    server = json.loads((folder / "math-pca2.json").read_text(encoding="utf-8"))
    cells = json.loads((folder / "votes.json").read_text(encoding="utf-8"))
    votes = VoteMatrix.from_votes(
        [cell.get("pid", cell.get("participant_id")) for cell in cells],
        [cell.get("tid", cell.get("statement_id")) for cell in cells],
        np.array([cell["vote"] for cell in cells]),
    )
    history = PolisHistory(
        in_conversation=tuple(server["in-conv"]),
        base_groups=tuple(tuple(members) for members in server["base-clusters"]["members"]),
        axes=np.array(server["pca"]["comps"]),
    )
    ours = polis_landscape(votes, rejected=server["mod-out"], meta=server["meta-tids"], history=history)
    return Case(votes, server, ours)


def test_participants_statements_and_their_votes_are_the_servers(case: Case) -> None:
    assert case.ours.participant_ids.size == case.server["n"]
    assert case.ours.statement_ids.tolist() == case.server["tids"]
    assert len(case.server["tids"]) == case.server["n-cmts"]
    n_votes = {int(pid): n for pid, n in case.server["user-vote-counts"].items()}
    assert (
        dict(zip(case.ours.participant_ids.tolist(), case.ours.votes_per_participant.tolist(), strict=True)) == n_votes
    )


def test_the_centre_is_the_servers(case: Case) -> None:
    np.testing.assert_allclose(case.ours.centre, -np.array(case.server["pca"]["center"]), atol=1e-9)


def test_the_axes_are_the_servers(case: Case) -> None:
    np.testing.assert_allclose(case.ours.axes, case.server["pca"]["comps"], atol=1e-6)


def test_without_a_history_the_axes_have_the_servers_signs_too(case: Case) -> None:
    cold = polis_landscape(case.votes, rejected=case.server["mod-out"], meta=case.server["meta-tids"])
    np.testing.assert_allclose(cold.axes, case.server["pca"]["comps"], atol=1e-6)


def test_statement_positions_and_extremities_are_the_servers(case: Case) -> None:
    pca = case.server["pca"]
    np.testing.assert_allclose(case.ours.statement_positions.T, -np.array(pca["comment-projection"]), atol=1e-9)
    np.testing.assert_allclose(case.ours.extremities, pca["comment-extremity"], atol=1e-9)


def test_base_groups_lie_where_the_server_has_them(case: Case) -> None:
    base = case.server["base-clusters"]
    np.testing.assert_allclose(case.ours.base_centres, -np.column_stack([base["x"], base["y"]]), atol=1e-9)
    assert case.ours.base_sizes.tolist() == base["count"]


def test_the_number_of_groups_and_every_membership_are_the_servers(case: Case) -> None:
    index_of = {base: index for index, base in enumerate(case.server["base-clusters"]["id"])}
    expected = np.full(len(index_of), -1)
    for group in case.server["group-clusters"]:
        expected[[index_of[base] for base in group["members"]]] = group["id"]
    assert case.ours.n_groups == len(case.server["group-clusters"])
    assert case.ours.group_of_base.tolist() == expected.tolist()
    centres = [group["center"] for group in case.server["group-clusters"]]
    np.testing.assert_allclose(case.ours.group_centres, -np.array(centres), atol=1e-9)


def test_votes_of_every_base_group_are_the_servers(case: Case) -> None:
    n_base = len(case.server["base-clusters"]["id"])
    counted = counts_by_label(case.votes, case.ours.base_group_of, n_base)
    for letter, counts in zip("ADS", counted, strict=True):
        expected = [case.server["votes-base"][str(statement)][letter] for statement in case.server["tids"]]
        assert counts.T.tolist() == expected


def test_votes_of_every_group_are_the_servers(case: Case) -> None:
    table = case.ours.table
    for group, recorded in case.server["group-votes"].items():
        assert case.ours.group_sizes[int(group)] == recorded["n-members"]
        for letter, counts in (("A", table.agrees), ("D", table.disagrees), ("S", table.votes)):
            expected = [recorded["votes"][str(statement)][letter] for statement in case.server["tids"]]
            assert counts[int(group)].tolist() == expected


def test_group_aware_consensus_is_the_servers(case: Case) -> None:
    expected = case.of_server("group-aware-consensus")
    np.testing.assert_allclose(case.ours.group_aware_consensus, expected, atol=1e-9)


def test_priorities_are_the_servers(case: Case) -> None:
    np.testing.assert_allclose(case.ours.priorities, case.of_server("comment-priorities"), atol=1e-9)


def test_representative_statements_are_the_servers_in_its_order(case: Case) -> None:
    for group, entries in case.server["repness"].items():
        ours = case.ours.representative[int(group)]
        assert [entry.statement for entry in ours] == [entry["tid"] for entry in entries]
        for entry, recorded in zip(ours, entries, strict=True):
            assert entry.choice == recorded["repful-for"]
            assert (entry.n_success, entry.n_trials) == (recorded["n-success"], recorded["n-trials"])
            assert entry.best_agree == recorded.get("best-agree", False)
            figures = [entry.share, entry.z, entry.ratio]
            assert figures == pytest.approx([recorded[key] for key in ("p-success", "p-test", "repness")], abs=1e-9)
            assert entry.ratio_z == pytest.approx(recorded["repness-test"], abs=1e-6)


def test_majority_statements_are_the_servers_in_its_order(case: Case) -> None:
    for side, ours in (("agree", case.ours.majority_agree), ("disagree", case.ours.majority_disagree)):
        recorded = case.server["consensus"][side]
        assert [(entry.statement, entry.n_success, entry.n_trials) for entry in ours] == [
            (entry["tid"], entry["n-success"], entry["n-trials"]) for entry in recorded
        ]
        assert all(entry.choice == side for entry in ours)
        assert [figure for entry in ours for figure in (entry.share, entry.z)] == pytest.approx(
            [figure for entry in recorded for figure in (entry["p-success"], entry["p-test"])], abs=1e-9
        )


PUBLISHED = {
    # The lists as they stood on the server's pages, written out so that a change of both sides would be noticed.
    "below-100-ptpts": (
        [[13, 4, 2, 19, 24], [17, 20, 13, 27, 22], [32]],
        [26, 28, 32, 30, 18],
        [0],
        [11, 3, 9],
    ),
    "150ptpt-3gp-no-strict-no-meta": (
        [[41, 94, 70, 51, 46], [35, 31, 5, 9, 60], [44, 107, 39, 52, 30]],
        [0, 82, 52, 44, 56],
        [],
        [24, 36, 61],
    ),
}


def test_the_published_lists_come_out(case: Case, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["case"]
    representative, agree, disagree, sizes = PUBLISHED[name]
    assert [[entry.statement for entry in group] for group in case.ours.representative] == representative
    assert [entry.statement for entry in case.ours.majority_agree] == agree
    assert [entry.statement for entry in case.ours.majority_disagree] == disagree
    assert case.ours.group_sizes.tolist() == sizes
