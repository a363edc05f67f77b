"""Whose absence would change the slate: it is chosen again without each category, and without as many by chance.

A slate follows those who took part, so that leaving anybody out changes it a little. What counts is whether leaving out
this category changes it more than leaving out as many people at random.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadValue
from deliberation.power import Level

Bools = NDArray[np.bool_]
Choose = Callable[[Bools], Collection[Hashable]]
"""From who is kept (one per participant) to the items of the slate chosen by them."""


@dataclass(frozen=True)
class InfluenceSettings:
    """When a category's influence is worth a look."""

    n_draws: int = 20
    """Random removals of the same size; the 95 % point of twenty is the largest but one."""
    quantile: float = 0.95
    fewest_people: int = 15
    fewest_members: int = 3
    """Leaving one or two people out says more about them than about a category."""
    most_share: float = 0.5
    """Without most of the people the rest is another consultation."""


@dataclass(frozen=True)
class Influence:
    """How much of the slate changes without a category: share of the places that other items take, 0..1.

    chance : the quantile of the same after as many random removals; lost, gained : items that leave and come without it
    """

    category: str
    n_members: int
    influence: float
    chance: float
    lost: tuple[Hashable, ...]
    gained: tuple[Hashable, ...]
    level: Level | None


def leave_one_out(
    categories: Sequence[str | None], choose: Choose, *, seed: int, settings: InfluenceSettings | None = None
) -> tuple[Influence, ...]:
    """Influence of each category (a constituency, an organisation) on the slate, the largest excess over chance first.

    categories : of each participant, None where not stated
    I = 1 - |S and S without c| / max(|S|, |S without c|), for slates S. The null, and the interval of chance, are
    `n_draws` random removals of as many people; a flag is beyond their `quantile`. From `fewest_people` people on, for
    categories of at least `fewest_members`.
    Costs one choice of a slate, and for each category of another size 1 + n_draws more. Categories too small or too
    large are left out. Raises `BadValue` where the slate of everybody is empty.
    """
    settings = settings or InfluenceSettings()
    n = len(categories)
    if n < settings.fewest_people:
        return ()
    whole = _chosen(choose, np.ones(n, bool))
    if not whole:
        raise BadValue(name="slate of everybody", value="empty", allowed="at least one item")
    sizes: dict[int, float] = {}
    found = []
    for category in sorted({label for label in categories if label is not None}):
        members = np.array([label == category for label in categories], dtype=bool)
        size = int(members.sum())
        if not settings.fewest_members <= size <= settings.most_share * n:
            continue
        if size not in sizes:
            sizes[size] = _by_chance(choose, whole, n, size, seed, settings)
        without = _chosen(choose, ~members)
        influence = _changed(whole, without)
        level = Level.FLAG if influence > sizes[size] else None
        lost, gained = (tuple(sorted(part, key=str)) for part in (whole - without, without - whole))
        found.append(Influence(category, size, influence, sizes[size], lost, gained, level))
    return tuple(sorted(found, key=lambda one: (one.chance - one.influence, one.category)))


def _chosen(choose: Choose, kept: Bools) -> frozenset[Hashable]:
    return frozenset(choose(kept))


def _changed(whole: frozenset[Hashable], without: frozenset[Hashable]) -> float:
    return 1 - len(whole & without) / max(len(whole), len(without))


def _by_chance(
    choose: Choose, whole: frozenset[Hashable], n: int, size: int, seed: int, settings: InfluenceSettings
) -> float:
    # One stream for each size, so that a category's bound does not depend on which others there are.
    rng = np.random.default_rng([seed, size])
    changes = []
    for _ in range(settings.n_draws):
        kept = np.ones(n, bool)
        kept[rng.choice(n, size, replace=False)] = False
        changes.append(_changed(whole, _chosen(choose, kept)))
    return float(np.quantile(changes, settings.quantile, method="higher"))
