"""The rules of proportional choice that slates are made with, on approvals with weights and a cost of 1 for each place.

In the words of their literature participants are voters, stances are candidates and a slate is a committee; a bloc
holding a stance in common deserves as many places as its share of the weight pays for.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from deliberation.balance import ROUNDING
from deliberation.holdings import Holdings, Stance


class Profile:
    """Draws stacked as people: participant i of draw d is voter d * p + i with weight w_i / (n_draws * W)."""

    def __init__(self, holdings: Holdings, columns: NDArray[np.int64]) -> None:
        self.holdings = holdings
        self.columns = np.unique(columns)  # sorted by statement, agree first: index order is the order of ties
        self.weights = np.tile(holdings.shares / max(1, holdings.n_draws), holdings.n_draws)
        self.support = holdings.support(self.columns)
        self._holders: dict[int, NDArray[np.int64]] = {}

    @property
    def n_voters(self) -> int:
        return self.weights.size

    def holders(self, candidate: int) -> NDArray[np.int64]:
        """The voters who hold a candidate."""
        if candidate not in self._holders:
            rows = self.holdings.bits[:, self.columns[candidate]]
            held = np.unpackbits(rows, axis=1, count=self.holdings.n_participants).view(np.bool_).ravel()
            self._holders[candidate] = np.flatnonzero(held & (self.weights > 0))
        return self._holders[candidate]

    def satisfaction(self, chosen: Sequence[int]) -> NDArray[np.int64]:
        """How many of the chosen each voter holds."""
        counts = np.zeros(self.n_voters, np.int64)
        for candidate in chosen:
            counts[self.holders(candidate)] += 1
        return counts

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each candidate the sum of `values` (n_voters, n) over its holders, shape (n_candidates, n)."""
        by_draw = values.reshape(self.holdings.n_draws, self.holdings.n_participants, -1)
        sums = np.zeros((self.columns.size, by_draw.shape[2]))
        for place, block in self.holdings.blocks(self.columns):
            for draw in range(self.holdings.n_draws):
                sums[place] += block[draw].astype(np.float64) @ by_draw[draw]
        return sums

    def stance(self, candidate: int) -> Stance:
        return self.holdings.stances[int(self.columns[candidate])]


def equal_shares(holdings: Holdings, size: int, *, candidates: Sequence[Stance] | None = None) -> tuple[Stance, ...]:
    """The stances that the Method of Equal Shares affords, in order of purchase: at most `size`, and EJR+ however the
    free places are filled (Brill and Peters, "Robust and Verifiable Proportionality Axioms", EC 2023)."""
    profile = Profile(holdings, columns_of(holdings, candidates))
    return tuple(profile.stance(candidate) for candidate in bought_by_equal_shares(profile, size))


def sequential_pav(
    holdings: Holdings, size: int, *, candidates: Sequence[Stance] | None = None, start: Sequence[Stance] = ()
) -> tuple[Stance, ...]:
    """`start`, then stances each of which adds most to the PAV score (Thiele 1895; Lackner and Skowron 2023, 2.4)."""
    profile = Profile(holdings, np.concatenate((columns_of(holdings, candidates), holdings.columns_of(start))))
    chosen = [int(at) for at in np.searchsorted(profile.columns, holdings.columns_of(start))]
    for candidate in by_pav_gain(profile, chosen, size - len(chosen)):
        chosen.append(candidate)
    return tuple(profile.stance(candidate) for candidate in chosen)


def most_held(holdings: Holdings, size: int, *, candidates: Sequence[Stance] | None = None) -> tuple[Stance, ...]:
    """The stances with most holders, for contrast: a majority takes every place."""
    profile = Profile(holdings, columns_of(holdings, candidates))
    order = np.lexsort((np.arange(profile.columns.size), -np.round(profile.support, 9)))
    return tuple(profile.stance(int(candidate)) for candidate in order[:size])


def local_search_pav(
    holdings: Holdings, size: int, *, candidates: Sequence[Stance] | None = None, start: Sequence[Stance] | None = None
) -> tuple[Stance, ...]:
    """A slate no single swap of which gains W / size² or more PAV score, and therefore EJR (Aziz, Elkind, Huang,
    Lackner, Sánchez-Fernández and Skowron, AAAI 2018). A cross-check of equal shares by another road."""
    begin = sequential_pav(holdings, size, candidates=candidates) if start is None else tuple(start)
    profile = Profile(holdings, np.concatenate((columns_of(holdings, candidates), holdings.columns_of(begin))))
    chosen = [int(at) for at in np.searchsorted(profile.columns, holdings.columns_of(begin))]
    while chosen:
        counts = profile.satisfaction(chosen)
        without = np.repeat(counts[:, None], len(chosen), axis=1)
        losses = np.zeros(len(chosen))
        for place, candidate in enumerate(chosen):
            holders = profile.holders(candidate)
            losses[place] = (profile.weights[holders] / counts[holders]).sum()
            without[holders, place] -= 1
        gains = profile.sums(profile.weights[:, None] / (without + 1.0)) - losses
        gains[chosen] = -np.inf
        best = float(gains.max())
        if best < 1 / len(chosen) ** 2 - ROUNDING:
            break
        incoming, place = np.argwhere(gains >= best - ROUNDING)[0]
        chosen[int(place)] = int(incoming)
    return tuple(profile.stance(candidate) for candidate in sorted(chosen))


def columns_of(holdings: Holdings, candidates: Sequence[Stance] | None) -> NDArray[np.int64]:
    return np.arange(2 * holdings.n_statements) if candidates is None else holdings.columns_of(candidates)


def bought_by_equal_shares(profile: Profile, size: int) -> list[int]:
    budgets = profile.weights * size
    weights = profile.weights

    def price(candidate: int) -> float:
        return _price(budgets[profile.holders(candidate)], weights[profile.holders(candidate)])

    # 1 / support is what a holder pays per weight while nobody has run out of budget: a lower bound for ever after.
    heap = [(1 / support, candidate) for candidate, support in enumerate(profile.support.tolist()) if support > 0]
    heapq.heapify(heap)
    chosen: list[int] = []
    while len(chosen) < size and (taken := _take_least(heap, price)) is not None:
        cost, candidate = taken
        holders = profile.holders(candidate)
        budgets[holders] = np.maximum(0.0, budgets[holders] - cost * weights[holders])
        chosen.append(candidate)
    return chosen


def _price(budgets: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The least rho with sum(min(budget, rho * weight)) = 1, infinite if the budgets sum to less than 1."""
    if budgets.sum() < 1 - ROUNDING:
        return float("inf")
    ratios = budgets / weights
    order = np.argsort(ratios, kind="stable")
    spent_before = np.concatenate(([0.0], np.cumsum(budgets[order])[:-1]))
    still_paying = np.cumsum(weights[order][::-1])[::-1]
    rho = (1 - spent_before) / still_paying
    enough = np.flatnonzero(rho <= ratios[order] + ROUNDING)
    # Budgets of 1 up to rounding: everybody pays all they have.
    return float(rho[enough[0]]) if enough.size else float(ratios[order[-1]])


def _take_least(heap: list[tuple[float, int]], value: Callable[[int], float]) -> tuple[float, int] | None:
    """Removes the candidate of least value from a heap of lower bounds; the first of those that are equal.

    Candidates of infinite value are dropped: values never fall.
    """
    fresh: list[tuple[float, int]] = []
    least = float("inf")
    while heap and (not fresh or heap[0][0] <= least + ROUNDING):
        _, candidate = heapq.heappop(heap)
        current = value(candidate)
        if current < float("inf"):
            fresh.append((current, candidate))
            least = min(least, current)
    if not fresh:
        return None
    winner = min((candidate, current) for current, candidate in fresh if current <= least + ROUNDING)
    for current, candidate in fresh:
        if candidate != winner[0]:
            heapq.heappush(heap, (current, candidate))
    return winner[1], winner[0]


def by_pav_gain(profile: Profile, chosen: Sequence[int], n: int, *, is_one_sided: bool = False) -> list[int]:
    """The `n` candidates (fewer if there are no more) that each add most to the PAV score of those before.

    is_one_sided : leave out the other side of a statement of which one side is there already
    """
    counts = profile.satisfaction(chosen)
    taken = set(chosen)
    heap = [(-support, at) for at, support in enumerate(profile.support.tolist()) if at not in taken]
    heapq.heapify(heap)
    added: list[int] = []
    sides = {int(profile.columns[at]) for at in chosen}
    while len(added) < n and (best := _take_least(heap, lambda at: -pav_gain(profile, counts, at))) is not None:
        column = int(profile.columns[best[1]])
        # Columns 2j and 2j + 1 are the two sides of one statement.
        if is_one_sided and column ^ 1 in sides:
            continue
        sides.add(column)
        added.append(best[1])
        counts[profile.holders(best[1])] += 1
    return added


def pav_gain(profile: Profile, counts: NDArray[np.int64], candidate: int) -> float:
    holders = profile.holders(candidate)
    return float((profile.weights[holders] / (counts[holders] + 1)).sum())


def neglect(profile: Profile, chosen: Sequence[int], size: int) -> float:
    """How close the most neglected bloc comes to a justified complaint; below 1 is EJR+."""
    counts = profile.satisfaction(chosen)
    levels = np.arange(1, size + 1)
    below = (counts[:, None] < levels) * profile.weights[:, None]
    blocs = profile.sums(below) * size / levels
    blocs[list(chosen)] = 0
    return float(blocs.max(initial=0.0))
