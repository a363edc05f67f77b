"""Slow twins: the rules and axioms of slates written straight from their definitions, in exact fractions.

A profile is a list of sets of candidate numbers with a list of weights. Nothing here is shared with the code it judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from deliberation.holdings import Holdings, Stance, observed_holdings
from deliberation.votes import Choice, VoteMatrix

SIGNS = {"+": 1, "-": -1, "0": 0}


def read_votes(table: str) -> VoteMatrix:
    """Votes from a table with a row a participant: + agree, - disagree, 0 pass, . unseen. Ids count from 1."""
    rows = [line.split("|")[-1].replace(" ", "") for line in table.strip().splitlines()]
    cast = [(i, j, SIGNS[mark]) for i, row in enumerate(rows, 1) for j, mark in enumerate(row, 1) if mark != "."]
    people, items, signs = (np.array(column, np.int64) for column in zip(*cast, strict=True)) if cast else ([], [], [])
    return VoteMatrix.from_votes(
        people, items, signs, participant_ids=range(1, len(rows) + 1), statement_ids=range(1, len(rows[0]) + 1)
    )


def agreeing(
    approvals: Sequence[set[int]], n_candidates: int, weights: Sequence[int] | None = None, **labels
) -> Holdings:
    """Holdings in which participant i agrees with the statements in approvals[i] and says nothing of others."""
    pairs = [(i, c) for i, approved in enumerate(approvals) for c in sorted(approved)]
    votes = VoteMatrix.from_votes(
        np.array([i for i, _ in pairs], np.int64),
        np.array([c for _, c in pairs], np.int64),
        np.ones(len(pairs), np.int8),
        participant_ids=range(len(approvals)),
        statement_ids=range(n_candidates),
    )
    return observed_holdings(votes, weights=weights, labels=labels)


def agree(*statements: int) -> tuple[Stance, ...]:
    return tuple(Stance(statement, Choice.AGREE) for statement in statements)


def disagree(*statements: int) -> tuple[Stance, ...]:
    return tuple(Stance(statement, Choice.DISAGREE) for statement in statements)


def statements(stances: Sequence[Stance]) -> list[int]:
    return [stance.statement_id for stance in stances]


def alpha_of(
    approvals: Sequence[set[int]], weights: Sequence[int], n_candidates: int, slate: set[int], k: int
) -> Fraction:
    """The greatest weight of { i : c in A_i, |A_i and S| < l } times k / (l W), over c not in S and l from 1 to k."""
    total, worst = sum(weights), Fraction(0)
    for candidate in set(range(n_candidates)) - slate:
        for level in range(1, k + 1):
            bloc = sum(w for a, w in zip(approvals, weights, strict=True) if candidate in a and len(a & slate) < level)
            worst = max(worst, Fraction(bloc * k, level * total))
    return worst


def satisfies_ejr(approvals: Sequence[set[int]], n_candidates: int, slate: set[int], k: int) -> bool:
    """Every group of l n / k people or more who share l candidates has a member with l of the slate (all groups)."""
    n = len(approvals)
    for size in range(1, n + 1):
        for group in combinations(range(n), size):
            shared = len(set.intersection(*(approvals[i] for i in group)))
            level = min(shared, size * k // n)
            if level and all(len(approvals[i] & slate) < level for i in group):
                return False
    return True


def sequential_pav_slowly(
    approvals: Sequence[set[int]], weights: Sequence[int], n_candidates: int, k: int, start: Sequence[int] = ()
) -> list[int]:
    chosen = list(start)
    while len(chosen) < min(k, n_candidates):

        def gain(candidate: int) -> Fraction:
            return sum(
                (
                    Fraction(w, len(a & set(chosen)) + 1)
                    for a, w in zip(approvals, weights, strict=True)
                    if candidate in a
                ),
                Fraction(0),
            )

        chosen.append(min(set(range(n_candidates)) - set(chosen), key=lambda candidate: (-gain(candidate), candidate)))
    return chosen


def pav_score(approvals: Sequence[set[int]], weights: Sequence[int], slate: set[int]) -> Fraction:
    return sum(
        (Fraction(w, r) for a, w in zip(approvals, weights, strict=True) for r in range(1, len(a & slate) + 1)),
        Fraction(0),
    )


def equal_shares_slowly(approvals: Sequence[set[int]], weights: Sequence[int], n_candidates: int, k: int) -> list[int]:
    total = sum(weights)
    budgets = [Fraction(k * w, total) for w in weights]
    chosen: list[int] = []
    while len(chosen) < k:
        prices = {}
        for candidate in set(range(n_candidates)) - set(chosen):
            holders = [i for i, a in enumerate(approvals) if candidate in a]
            if sum(budgets[i] for i in holders) >= 1:
                prices[candidate] = _least_rate(holders, budgets, weights)
        if not prices:
            break
        bought = min(prices, key=lambda candidate: (prices[candidate], candidate))
        for i, a in enumerate(approvals):
            if bought in a:
                budgets[i] -= min(budgets[i], prices[bought] * weights[i])
        chosen.append(bought)
    return chosen


def _least_rate(holders: list[int], budgets: list[Fraction], weights: Sequence[int]) -> Fraction:
    """The rate at which the holders pay 1 together: tries how many of them pay all they have, the poorest first."""
    order = sorted(holders, key=lambda i: budgets[i] / weights[i])
    for broke in range(len(order)):
        spent, paying = sum(budgets[i] for i in order[:broke]), sum(weights[i] for i in order[broke:])
        rate = (1 - spent) / Fraction(paying)
        if rate * weights[order[broke]] <= budgets[order[broke]]:
            return rate
    raise AssertionError("the holders can pay")
