"""Each statement's votes, counted: by everyone, by opinion group, by constituency, and weighted where asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, in_turn
from deliberation.common_ground import EVERYONE, CommonGroundSettings, vote_floor
from deliberation.intervals import wilson
from deliberation.tallies import Categories, Tally, tally
from deliberation.votes import SIGN, Choice, VoteMatrix

CONSTITUENCY = "constituency"
"""The dimension whose categories stand under their own name; those of others are written "dimension:category"."""


@dataclass(frozen=True)
class Counts:
    """Votes cast; nobody is estimated."""

    agrees: int
    disagrees: int
    passes: int

    @property
    def votes(self) -> int:
        return self.agrees + self.disagrees + self.passes

    def share(self, choice: Choice) -> float | None:
        """Share of the votes, passes included; None without votes."""
        count = {Choice.AGREE: self.agrees, Choice.DISAGREE: self.disagrees, Choice.PASS: self.passes}[choice]
        return count / self.votes if self.votes else None


@dataclass(frozen=True)
class WeightedShare:
    """Weighted shares of the votes on a statement; agree lies in [lower, upper] (Wilson, 90 %, effective number)."""

    agree: float
    disagree: float
    passes: float
    n_effective: float
    lower: float
    upper: float


@dataclass(frozen=True)
class StatementResult:
    """What was voted on one statement.

    by_group : per letter, of placed participants; by_constituency : per category, of those who stated one
    is_below_floor : too few votes to be ranked or listed in a room of this size
    weighted : None without weights, or where nobody with a vote has one
    """

    statement_id: int
    counts: Counts
    by_group: dict[str, Counts]
    by_constituency: dict[str, Counts]
    is_below_floor: bool
    weighted: WeightedShare | None


def count_statements(
    votes: VoteMatrix,
    *,
    groups: Categories,
    constituencies: Mapping[str, Categories],
    weights: NDArray[np.float64] | None,
    settings: CommonGroundSettings,
    workers: Workers = in_turn,
) -> tuple[StatementResult, ...]:
    """One result per statement of `votes`, in order of id."""
    everyone = tally(votes, Categories((EVERYONE,), np.zeros(votes.n_participants, np.int64)), workers=workers)
    by_group = tally(votes, groups, workers=workers)
    by_constituency = {name: tally(votes, categories, workers=workers) for name, categories in constituencies.items()}
    floor = max(vote_floor(int((votes.votes_per_participant() > 0).sum()), settings), 1)
    weighted = _weighted(votes, weights)
    results = []
    for column, statement_id in enumerate(votes.statement_ids.tolist()):
        counts = _counts(everyone, 0, column)
        split: dict[str, Counts] = {}
        for dimension, counted in by_constituency.items():
            prefix = "" if dimension == CONSTITUENCY else f"{dimension}:"
            split |= {f"{prefix}{name}": _counts(counted, row, column) for row, name in enumerate(counted.names)}
        results.append(
            StatementResult(
                statement_id=statement_id,
                counts=counts,
                by_group={name: _counts(by_group, row, column) for row, name in enumerate(by_group.names)},
                by_constituency=split,
                is_below_floor=counts.votes < floor,
                weighted=weighted[column] if weighted else None,
            )
        )
    return tuple(results)


def _counts(counted: Tally, row: int, column: int) -> Counts:
    disagrees, passes, agrees = counted.counts[row, column].tolist()
    return Counts(agrees, disagrees, passes)


def _weighted(votes: VoteMatrix, weights: NDArray[np.float64] | None) -> list[WeightedShare | None]:
    if weights is None:
        return []
    each = weights[votes.rows]
    size = votes.n_statements
    total = np.bincount(votes.columns, weights=each, minlength=size)
    squares = np.bincount(votes.columns, weights=each**2, minlength=size)
    known = total > 0
    shares = {
        choice: np.divide(
            np.bincount(votes.columns, weights=each * (votes.signs == SIGN[choice]), minlength=size),
            total,
            out=np.zeros(size),
            where=known,
        )
        for choice in Choice
    }
    effective = np.divide(total**2, squares, out=np.zeros(size), where=known)
    lower, upper = wilson(np.minimum(shares[Choice.AGREE], 1.0) * effective, effective)
    return [
        WeightedShare(
            float(shares[Choice.AGREE][column]),
            float(shares[Choice.DISAGREE][column]),
            float(shares[Choice.PASS][column]),
            float(effective[column]),
            float(lower[column]),
            float(upper[column]),
        )
        if known[column]
        else None
        for column in range(size)
    ]
