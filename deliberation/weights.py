"""How much each voice counts: weights that bring the make-up to a published target, and views of units counted once.

Weights are bounded, and refused where they would mislead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.checks import check_between, finite_numbers
from deliberation.errors import BadShape, BadValue, TooFewParticipants
from deliberation.factors import Floats
from deliberation.tallies import Categories
from deliberation.votes import VoteMatrix

OTHER = "other"
"""Where categories too small to weight are put together."""


@dataclass(frozen=True)
class WeightSettings:
    """How far weights may go. Every value has its reason."""

    lowest: float = 0.3
    highest: float = 3.0
    """Nobody counts for less than a third or more than three: larger weights let a few people decide."""
    least_members: int = 15
    """Categories with fewer participants are put together: their share is known too badly to be scaled up."""
    warn_at: float = 2.0
    """Design effect from which half of the information is lost and readers are told."""
    refuse_at: float = 4.0
    """Design effect above which weighted figures say more about the weights than about people."""
    sweeps: int = 50
    """Most passes over all margins; three usually do."""
    tolerance: float = 1e-6
    """Largest departure of a margin from its target at which the sweeps stop."""

    def __post_init__(self) -> None:
        check_between("lowest", self.lowest, 0.0, 1.0)
        check_between("highest", self.highest, 1.0)
        for name in ("least_members", "sweeps"):
            check_between(name, getattr(self, name), 1, whole=True)
        for name in ("warn_at", "refuse_at", "tolerance"):
            check_between(name, getattr(self, name), 0.0)


@dataclass(frozen=True, eq=False)
class RakedWeights:
    """One weight per participant, mean 1; all 1 where weighting was refused.

    design_effect : Kish's n sum(w^2) / sum(w)^2 of the weights that were asked for, before any bound; n_effective : n
    by the design effect of the weights returned. refused_because : "design_effect", "empty_category" or None
    merged : (dimension, category) pairs that were put together as "other" for being small
    largest_gap : largest remaining difference between a margin and its target, after bounding
    """

    weights: Floats
    design_effect: float
    n_effective: float
    is_warned: bool
    refused_because: str | None
    merged: tuple[tuple[str, str], ...]
    largest_gap: float


def design_effect(weights: ArrayLike) -> float:
    """Kish's design effect (1965), n sum(w^2) / sum(w)^2: how much unequal weights widen variances; 1 for equal ones.

    weights : (n,) of 0 or more, not all 0. Errors: BadValue.
    """
    numbers = finite_numbers("weights", weights)
    if not numbers.any():
        raise BadValue(name="weights", value="nothing above 0", allowed="0 or more, not all 0")
    numbers = numbers / numbers.max()  # so that squares of the largest numbers stay finite
    return float(numbers.size * np.sum(numbers**2) / np.sum(numbers) ** 2)


@dataclass(frozen=True, eq=False)
class EachOnce:
    """How each statement stands if every unit of people, such as an organisation, counts once.

    n_units : int64 (n_statements,), units of which somebody voted
    people : int64 (n_statements, 3), the people behind them who agree, disagree, pass
    shares : float (n_statements, 3), means over units of the share of their voters who agree, disagree, pass; 0 where
    nobody voted
    """

    n_units: NDArray[np.int64]
    people: NDArray[np.int64]
    shares: Floats


def each_once(votes: VoteMatrix, units: Categories) -> EachOnce:
    """Every unit counts once on every statement, however many of its people voted: their votes are averaged.

    A unit nobody of which voted on a statement is not counted there, and people of no unit (index -1) are left out.
    This is the mean of cluster means: each cluster one observation (Donner and Klar 2000, chapter 6).
    Errors: BadShape for units of other participants.
    """
    if units.index.shape != (votes.n_participants,):
        raise BadShape(name="units", expected=(votes.n_participants,), found=units.index.shape)
    unit = units.index[votes.rows]
    known = unit >= 0
    pairs, place = np.unique(unit[known] * votes.n_statements + votes.columns[known], return_inverse=True)
    statement = pairs % max(votes.n_statements, 1)
    signs = votes.signs[known]
    counted = [np.bincount(place, weights=signs == sign, minlength=pairs.size) for sign in (1, -1, 0)]
    of_pair = np.stack(counted, axis=1).astype(np.float64)
    n_units = np.bincount(statement, minlength=votes.n_statements).astype(np.int64)
    share = of_pair / np.maximum(of_pair.sum(axis=1, keepdims=True), 1)
    return EachOnce(
        n_units=n_units,
        people=_by_statement(statement, of_pair, votes.n_statements).astype(np.int64),
        shares=_by_statement(statement, share, votes.n_statements) / np.maximum(n_units, 1)[:, None],
    )


def _by_statement(statement: NDArray[np.int64], columns: Floats, n_statements: int) -> Floats:
    summed = [np.bincount(statement, weights=column, minlength=n_statements) for column in columns.T]
    return np.stack(summed, axis=1)


def rake(
    categories_by_dimension: Mapping[str, Categories],
    targets: Mapping[str, Mapping[str, float]],
    *,
    settings: WeightSettings = WeightSettings(),
) -> RakedWeights:
    """Weights under which every dimension has its target shares, as far as the bounds allow.

    Iterative proportional fitting (Deming and Stephan 1940) with weights bounded within the sweeps. Participants who
    stated no category keep weight 1 on that dimension. Targets are shares of each dimension's categories and sum to 1.
    Errors: BadValue for a target that is no share or names no dimension, TooFewParticipants.
    """
    n = _checked(categories_by_dimension, targets)
    margins: list[tuple[NDArray[np.int64], Floats]] = []
    merged: list[tuple[str, str]] = []
    for dimension, target in sorted(targets.items()):
        if any(target[name] > 0 and size == 0 for name, size in _sizes(categories_by_dimension[dimension], target)):
            return _refused(n, "empty_category", 1.0, ())
        index, shares, small = _merge_small(categories_by_dimension[dimension], target, settings)
        margins.append((index, shares))
        merged += [(dimension, name) for name in small]
    # Bounded weights of 0.3 to 3 never reach an effect of 3.1: what is refused is what was asked for.
    asked, _ = _fit(n, margins, replace(settings, lowest=0.0, highest=np.inf))
    effect = design_effect(asked)
    if effect > settings.refuse_at:
        return _refused(n, "design_effect", effect, tuple(merged))
    weights, gap = _fit(n, margins, settings)
    is_warned = effect > settings.warn_at
    return RakedWeights(weights, effect, n / design_effect(weights), is_warned, None, tuple(merged), gap)


def _refused(n: int, why: str, effect: float, merged: tuple[tuple[str, str], ...]) -> RakedWeights:
    return RakedWeights(np.ones(n), effect, float(n), False, why, merged, 0.0)


def _checked(categories_by_dimension: Mapping[str, Categories], targets: Mapping[str, Mapping[str, float]]) -> int:
    sizes = {categories.index.size for categories in categories_by_dimension.values()}
    if not targets or len(sizes) != 1 or not set(targets) <= set(categories_by_dimension):
        raise BadValue(name="targets", value=sorted(targets), allowed="dimensions with one category per participant")
    for dimension, target in targets.items():
        shares = finite_numbers(f"targets of {dimension}", list(target.values()))
        if abs(shares.sum() - 1) > 1e-6:
            raise BadValue(name=f"targets of {dimension}", value=shares.tolist(), allowed="shares that sum to 1")
        unknown = set(categories_by_dimension[dimension].names) - set(target)
        if unknown:
            raise BadValue(name=f"targets of {dimension}", value=sorted(unknown), allowed="a share for every category")
    n = sizes.pop()
    if n < 1:
        raise TooFewParticipants(needed=1, found=n)
    return n


def _sizes(categories: Categories, target: Mapping[str, float]) -> list[tuple[str, int]]:
    counted = dict(zip(categories.names, categories.sizes.tolist(), strict=True))
    return [(name, int(counted.get(name, 0))) for name in target]


def _merge_small(
    categories: Categories, target: Mapping[str, float], settings: WeightSettings
) -> tuple[NDArray[np.int64], Floats, list[str]]:
    """Index and target shares with small categories put together; if "other" is itself small, it takes the next one."""
    sizes = sorted(_sizes(categories, target), key=lambda pair: (pair[1], pair[0]))
    small: list[str] = []
    while sizes and (sizes[0][1] < settings.least_members or 0 < _total(small, categories) < settings.least_members):
        small.append(sizes.pop(0)[0])
    small = small if len(small) > 1 else []
    names = [name for name in categories.names if name not in small]
    place = {name: index for index, name in enumerate(names)} | dict.fromkeys(small, len(names))
    table = np.array([place[name] for name in categories.names] + [-1], np.int64)
    shares = [target[name] for name in names] + ([sum(target[name] for name in small)] if small else [])
    return table[categories.index], np.array(shares, np.float64), small


def _total(names: list[str], categories: Categories) -> int:
    sizes = dict(zip(categories.names, categories.sizes.tolist(), strict=True))
    return int(sum(sizes.get(name, 0) for name in names))


def _fit(n: int, margins: list[tuple[NDArray[np.int64], Floats]], settings: WeightSettings) -> tuple[Floats, float]:
    weights, gap = np.ones(n), 0.0
    for _ in range(settings.sweeps):
        for index, shares in margins:
            weights = weights * _factors(weights, index, shares)
        # Bounded inside the sweeps, so that the others make up for what a bound took.
        weights = np.clip(weights * n / weights.sum(), settings.lowest, settings.highest)
        gap = max(float(np.abs(_shares(weights, index, shares.size) - shares).max()) for index, shares in margins)
        if gap < settings.tolerance:
            break
    return np.clip(weights * n / weights.sum(), settings.lowest, settings.highest), gap


def _shares(weights: Floats, index: NDArray[np.int64], size: int) -> Floats:
    known = index >= 0
    held = np.bincount(index[known], weights=weights[known], minlength=size)
    shares: Floats = held / max(held.sum(), 1e-300)
    return shares


def _factors(weights: Floats, index: NDArray[np.int64], shares: Floats) -> Floats:
    held = _shares(weights, index, shares.size)
    factor = np.divide(shares, held, out=np.ones_like(shares), where=held > 0)
    # A target of nothing would remove people; the lower bound keeps them at a third.
    return np.append(np.maximum(factor, 1e-3), 1.0)[index]
