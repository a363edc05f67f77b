"""Whose proposals curators add: the categories behind their additions, beside as many drawn at random."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from deliberation.errors import BadValue
from deliberation.inequality import effective_number
from deliberation.power import Level


@dataclass(frozen=True)
class AdditionsSettings:
    """When additions are worth a look."""

    fewest_added: int = 4
    """Three additions by one constituency are soon a coincidence."""
    n_draws: int = 1000
    top_over: float = 0.5
    """One category behind more than half of what was added."""
    times_by_chance: float = 1.5
    """And half as much again as it has of what could have been added."""
    alpha: float = 0.05
    """Of one look: a slate has too few additions for evidence that holds at every look, so that there is no flag."""


@dataclass(frozen=True)
class Concentration:
    """How many of the additions one category is behind.

    top, share : the category behind most additions, an addition counting in equal parts for each that stands behind it
    pool_share : the same category's share of what could have been added
    effective : as if so many categories were equally behind the additions; 1 over the sum of squared shares
    chance : 95 % point of the largest share among as many drawn from the pool at random; p_value : of so large a one
    """

    top: str
    n_added: int
    share: float
    pool_share: float
    effective: float
    chance: float
    p_value: float
    level: Level | None


def concentration_of_additions(
    behind: Sequence[Collection[str]],
    added: Collection[int],
    *,
    seed: int,
    settings: AdditionsSettings | None = None,
) -> Concentration | None:
    """Whether the additions come from one category more than their pool explains; None for too few additions.

    behind : the categories behind each proposal that could have been added, as author or co-sponsor; empty where none
        is stated, which counts for no category
    added : places of those that were added
    The null is a draw without replacement from the pool. Note: the largest share is above `top_over`, above
    `times_by_chance` of its share of the pool, and larger than chance explains. Ties by name. Raises `BadValue`.
    """
    settings = settings or AdditionsSettings()
    chosen = sorted(set(added))
    if chosen and not 0 <= chosen[0] <= chosen[-1] < len(behind):
        raise BadValue(name="added", value=chosen, allowed=f"0 to {len(behind) - 1}")
    names = sorted({name for who in behind for name in who})
    stated = [place for place, who in enumerate(behind) if who]
    chosen = [place for place in chosen if behind[place]]
    if len(chosen) < settings.fewest_added or len(stated) < 2:
        return None
    at = {name: column for column, name in enumerate(names)}
    parts = np.zeros((len(behind), len(names)))
    for place in stated:
        for name in behind[place]:
            parts[place, at[name]] = 1 / len(behind[place])
    mine = parts[chosen].sum(axis=0)
    top = int(mine.argmax())
    share, pool_share = float(mine[top]) / len(chosen), float(parts[stated].mean(axis=0)[top])
    rng = np.random.default_rng(seed)
    draws = [rng.choice(stated, len(chosen), replace=False) for _ in range(settings.n_draws)]
    largest = np.array([parts[draw].sum(axis=0).max() / len(chosen) for draw in draws])
    p = (1 + int((largest >= share - 1e-9).sum())) / (1 + settings.n_draws)
    is_far = share > settings.top_over and share > settings.times_by_chance * pool_share
    return Concentration(
        names[top],
        len(chosen),
        share,
        pool_share,
        effective_number(mine),
        float(np.quantile(largest, 0.95, method="higher")),
        p,
        Level.NOTE if is_far and p < settings.alpha else None,
    )
