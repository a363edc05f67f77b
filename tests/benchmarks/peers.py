"""red-dwarf beside Plenary's variant with its definitions: the same votes to both, and how far their answers agree."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from deliberation.polis import RED_DWARF, PolisResult, polis_landscape
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import Log

TABLE = {
    "na": "agrees",
    "nd": "disagrees",
    "ns": "votes",
    "pa": "agree_share",
    "pd": "disagree_share",
    "pat": "agree_z",
    "pdt": "disagree_z",
    "ra": "agree_ratio",
    "rd": "disagree_ratio",
    "rat": "agree_ratio_z",
    "rdt": "disagree_ratio_z",
}
"""red-dwarf's columns of figures by group and statement, and the arrays of `PolisTable` that hold the same."""


class Differs(Exception):
    """Two answers that ought to be equal are not, so that no ratio of their times means anything."""


@dataclass(frozen=True)
class Agreement:
    """How far two answers agree.

    n_groups : ours and theirs; adjusted_rand : 1 for the same groups
    table : largest difference of a figure by group and statement, NaN where the numbers of groups differ
    axes : largest distance between the axes, signs aside; positions : between places on the map, as a share of its size
    priorities : largest relative difference; lists : whether representative and majority statements are the same, those
        of equal rank in any order
    """

    n_groups: tuple[int, int]
    adjusted_rand: float
    table: float
    axes: float
    positions: float
    priorities: float
    lists: bool

    def require(self, *, adjusted_rand: float, table: float | None) -> None:
        """Raises `Differs` unless the groups are as alike as this, and the figures where `table` gives a bound."""
        good = self.n_groups[0] == self.n_groups[1] and self.adjusted_rand >= adjusted_rand
        if not good or (table is not None and not self.table <= table):
            raise Differs(repr(self))


def ours(log: Log) -> PolisResult:
    """Plenary's answer from three columns of votes, with red-dwarf's definitions."""
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    return polis_landscape(votes, rejected=log.out, settings=RED_DWARF)


def theirs(votes: list[dict[str, int]], out: Iterable[int] = ()) -> Any:
    """red-dwarf's answer from its list of dicts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, from its import on
        from reddwarf.implementations.polis import run_pipeline

        return run_pipeline(votes=votes, mod_out_statement_ids=list(out), random_state=0)


def agreement(mine: PolisResult, other: Any) -> Agreement:
    """How far the two answers to the same votes agree."""
    from sklearn.metrics import adjusted_rand_score

    labels = other.participants_df["cluster_id"]
    labels = labels[labels.notna()].astype(int)
    inside = mine.participant_ids[mine.in_conversation]
    if list(labels.index) != inside.tolist():
        raise Differs("other participants are grouped")
    their_labels, our_labels = labels.to_numpy(), mine.group_of[mine.in_conversation]
    n_theirs = int(labels.nunique())
    same_number = n_theirs == mine.n_groups
    group = _matching(our_labels, their_labels, mine.n_groups) if same_number else []
    return Agreement(
        n_groups=(mine.n_groups, n_theirs),
        adjusted_rand=float(adjusted_rand_score(their_labels, our_labels)),
        table=_table_difference(mine, other, group) if same_number else float("nan"),
        axes=_axes_difference(mine.axes, np.asarray(other.reducer.components_)),
        positions=_positions_difference(mine, other),
        priorities=_priorities_difference(mine, other),
        lists=same_number and _same_lists(mine, other, group),
    )


def _matching(mine: NDArray[np.int64], other: NDArray[np.int64], n: int) -> list[int]:
    """Our group for each of theirs."""
    both = np.zeros((n, n), int)
    np.add.at(both, (other, mine), 1)
    return [int(group) for group in linear_sum_assignment(-both)[1]]


def _table_difference(mine: PolisResult, other: Any, group: list[int]) -> float:
    worst = 0.0
    for their_group, our_group in enumerate(group):
        rows = other.group_comment_stats.loc[their_group]
        for theirs_name, our_name in TABLE.items():
            figures = rows[theirs_name].to_numpy(float)
            worst = max(worst, float(np.abs(figures - getattr(mine.table, our_name)[our_group]).max()))
    return worst


def _axes_difference(mine: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    sign = np.sign((mine * other).sum(axis=1, keepdims=True))
    return float(np.linalg.norm(mine - sign * other, axis=1).max())


def _positions_difference(mine: PolisResult, other: Any) -> float:
    places = np.array([other.participant_projections[person] for person in mine.participant_ids.tolist()])
    sign = np.sign((mine.axes * np.asarray(other.reducer.components_)).sum(axis=1))
    return float(np.abs(mine.positions - sign * places).max() / np.abs(places).max())


def _priorities_difference(mine: PolisResult, other: Any) -> float:
    """Theirs are of the statements' places, which their random solver moves a little: a relative difference."""
    return float(np.abs(other.statements_df["priority"].to_numpy(float) / mine.priorities - 1).max())


def _same_lists(mine: PolisResult, other: Any, group: list[int]) -> bool:
    """Whether both list the same statements on the same sides; the last place may go to any of equal rank."""
    for their_group, our_group in enumerate(group):
        listed = mine.representative[our_group]
        wanted = {(entry["tid"], entry["repful-for"]): entry for entry in other.repness[their_group]}
        extra = [entry for entry in listed if (entry.statement, entry.choice.value) not in wanted]
        missing = set(wanted) - {(entry.statement, entry.choice.value) for entry in listed}
        strengths = sorted(entry.ratio * entry.ratio_z * entry.share * entry.z for entry in extra)
        lost = sorted(_strength(wanted[key]) for key in missing)
        if len(extra) != len(lost) or not np.allclose(strengths, lost, rtol=1e-9):
            return False
    for side, entries in (("agree", mine.majority_agree), ("disagree", mine.majority_disagree)):
        ranks = [entry.share * entry.z for entry in entries]
        if not np.allclose(ranks, [item["p-success"] * item["p-test"] for item in other.consensus[side]], rtol=1e-9):
            return False
    return True


def _strength(entry: dict[str, float]) -> float:
    return entry["repness"] * entry["repness-test"] * entry["p-success"] * entry["p-test"]
