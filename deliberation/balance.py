"""Balance: how well a list of stances speaks for each opinion group and constituency.

The curation desk shows it for the curated slate beside the participants' slate, after every change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadValue
from deliberation.holdings import Holdings, Stance

ROUNDING = 1e-9
"""Shares closer than this are equal: sums of weights differ in the last digits between processors."""


@dataclass(frozen=True)
class BalanceSettings:
    floor_min_people: int = 15
    """Fewest people for whom a place is promised: below it a majority inside the label is two or three persons."""
    floor_support: float = 0.5
    """Share of a label that must hold an item for the item to count as its own: at least half."""
    min_people: int = 5
    """Fewest people for whom figures are computed at all: what one of fewer does moves every share."""

    def __post_init__(self) -> None:
        if self.min_people < 1 or self.floor_min_people < self.min_people:
            raise BadValue(name="floor_min_people", value=self.floor_min_people, allowed=f"{self.min_people} or more")
        if not 0 < self.floor_support <= 1:
            raise BadValue(name="floor_support", value=self.floor_support, allowed="above 0, at most 1")


@dataclass(frozen=True)
class LabelBalance:
    """How a list of stances serves one label.

    mean_support : mean over the items of the share of the label that holds the item
    coverage : share of the label that holds one item or more
    items_held : number of items that at least half of the label holds
    share_of_items : items_held as a share of the items
    floor_wanted, floor_met : items promised to a label of this size, and items_held up to that number
    """

    dimension: str
    label: str
    n_people: int
    weight_share: float
    mean_support: float
    coverage: float
    items_held: int
    share_of_items: float
    floor_wanted: int
    floor_met: int

    @property
    def deficit(self) -> int:
        return self.floor_wanted - self.floor_met

    def to_json(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LabelBalance:
        return cls(**{field.name: data[field.name] for field in fields(cls)})


@dataclass(frozen=True)
class Balance:
    """How a list of stances serves everybody and each label, sorted by dimension and label."""

    n_items: int
    mean_support: float
    coverage: float
    labels: tuple[LabelBalance, ...]

    @property
    def deficit(self) -> int:
        """Promised places that are missing, over all labels."""
        return sum(label.deficit for label in self.labels)

    def of(self, dimension: str, label: str) -> LabelBalance | None:
        """The balance of one label; None where it has too few people."""
        return next((row for row in self.labels if (row.dimension, row.label) == (dimension, label)), None)

    def to_json(self) -> dict[str, Any]:
        head = {"n_items": self.n_items, "mean_support": self.mean_support, "coverage": self.coverage}
        return {**head, "labels": [label.to_json() for label in self.labels]}


@dataclass(frozen=True, eq=False)
class LabelTable:
    """The labels that have enough people, as columns of shares: what every count over labels multiplies with.

    keys : (dimension, label), sorted
    n_people, weight_share : arrays of shape (n_labels,)
    shares : array of shape (p, n_labels): each participant's share of the label's weight, 0 for others
    """

    keys: tuple[tuple[str, str], ...]
    n_people: NDArray[np.int64]
    weight_share: NDArray[np.float64]
    shares: NDArray[np.float64]

    def floors_wanted(self, size: int, settings: BalanceSettings) -> NDArray[np.int64]:
        """Places promised to each label: its share of `size`, rounded down, at least one; 0 for labels too small."""
        places = np.maximum(1, np.floor(self.weight_share * size + ROUNDING)).astype(np.int64)
        return np.where(self.n_people >= settings.floor_min_people, np.minimum(places, size), 0)


def label_table(holdings: Holdings, *, settings: BalanceSettings | None = None) -> LabelTable:
    """The labels with at least `min_people` people and some weight."""
    least = (settings or BalanceSettings()).min_people
    masks = {
        key: mask
        for key, mask in holdings.label_masks().items()
        if mask.sum() >= least and holdings.shares[mask].sum() > 0
    }
    members = np.array(list(masks.values()), np.float64).reshape(len(masks), holdings.n_participants).T
    weighted = members * holdings.shares[:, None]
    weight_share = weighted.sum(axis=0)
    n_people = members.sum(axis=0).astype(np.int64)
    return LabelTable(tuple(masks), n_people, weight_share, weighted / weight_share)


def items_of_labels(support: NDArray[np.float64], settings: BalanceSettings) -> NDArray[np.bool_]:
    """Which items count as a label's own, given each label's share of holders."""
    return np.asarray(support >= settings.floor_support - ROUNDING)


def balance_of(
    holdings: Holdings, stances: Sequence[Stance], *, size: int | None = None, settings: BalanceSettings | None = None
) -> Balance:
    """The mean support, coverage and floors of each label for these stances, mean over the draws.

    `size` is the number of places that floors are a share of; None takes the number of stances.
    Raises `BadValue` for a statement that the holdings do not know.
    """
    settings = settings or BalanceSettings()
    columns, n = holdings.columns_of(stances), len(stances)
    table = label_table(holdings, settings=settings)
    everybody = holdings.shares[:, None]
    shares = np.concatenate((everybody, table.shares), axis=1)
    support = holdings.support_within(shares, columns)
    covered = np.zeros(shares.shape[1])
    for draw in range(holdings.n_draws if n else 0):
        covered += holdings.held(draw, columns).any(axis=1) @ shares
    covered /= max(1, holdings.n_draws)
    mean_support = support.mean(axis=0) if n else np.zeros(shares.shape[1])
    wanted = table.floors_wanted(n if size is None else size, settings)
    held = items_of_labels(support, settings).sum(axis=0)
    labels = tuple(
        LabelBalance(
            dimension=dimension,
            label=label,
            n_people=int(table.n_people[i]),
            weight_share=float(table.weight_share[i]),
            mean_support=float(mean_support[i + 1]),
            coverage=float(covered[i + 1]),
            items_held=int(held[i + 1]),
            share_of_items=float(held[i + 1] / n) if n else 0.0,
            floor_wanted=int(wanted[i]),
            floor_met=int(min(wanted[i], held[i + 1])),
        )
        for i, (dimension, label) in enumerate(table.keys)
    )
    return Balance(n, float(mean_support[0]), float(covered[0]), labels)
