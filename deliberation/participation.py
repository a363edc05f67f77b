"""Who takes part, as plain columns, and each category from its target to the slate.

What is not stated is not guessed: shares are of those who stated a category; `unstated_share` tells how many did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from deliberation.errors import BadShape, BadValue
from deliberation.inequality import Floats
from deliberation.shares import Ratio, representation_ratio

COLUMNS = ("participants", "votes", "proposals")
CONVENOR = -1
"""Author of a starter proposal."""


class Level(StrEnum):
    """A note is shown; a flag asks for a decision."""

    NOTE = "note"
    FLAG = "flag"


class Status(StrEnum):
    """What became of a proposal, as far as power is concerned."""

    SHOWN = "shown"
    WAITING = "waiting"
    DECLINED = "declined"


@dataclass(frozen=True)
class Participation:
    """Who took part and how, as plain columns.

    Per participant, equally long: the category of each attribute ("constituency", "language", "region" ...; None where
    it is not stated), organisation (None for none), n_votes.
    Per proposal, equally long: author (row of the participant, `CONVENOR` for a starter proposal), status, co_sponsors
    (rows of participants who co-sponsor in their organisation's name), in_slate, and language (None if unknown).
    targets : agreed share of each category, by attribute; shares 0..1
    """

    attributes: Mapping[str, Sequence[str | None]]
    organisations: Sequence[str | None]
    n_votes: Sequence[int]
    authors: Sequence[int] = ()
    statuses: Sequence[Status] = ()
    co_sponsors: Sequence[Sequence[int]] = ()
    in_slate: Sequence[bool] = ()
    proposal_languages: Sequence[str | None] = ()
    targets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = self.n_participants
        for name, column in {**self.attributes, "organisations": self.organisations}.items():
            if len(column) != n:
                raise BadShape(name=name, expected=n, found=len(column))
        for name in ("statuses", "co_sponsors", "in_slate", "proposal_languages"):
            if len(getattr(self, name)) != len(self.authors):
                raise BadShape(name=name, expected=len(self.authors), found=len(getattr(self, name)))
        for rows in (self.authors, *self.co_sponsors):
            for row in rows:
                if not CONVENOR <= row < n:
                    raise BadValue(name="author or co-sponsor", value=row, allowed=f"-1 to {n - 1}")
        for attribute, shares in self.targets.items():
            for category, share in shares.items():
                if not 0 < share < 1 or attribute not in self.attributes:
                    raise BadValue(name=f"target of {attribute} {category}", value=share, allowed="above 0, below 1")

    @property
    def n_participants(self) -> int:
        return len(self.n_votes)

    @property
    def n_proposals(self) -> NDArray[np.int64]:
        """Proposals written by each participant, declined ones included."""
        rows = np.array([row for row in self.authors if row != CONVENOR], dtype=np.int64)
        return np.bincount(rows, minlength=self.n_participants).astype(np.int64)

    def sponsors(self, proposal: int) -> list[int]:
        """Author and co-sponsors of a proposal, each once, the convenor left out."""
        return sorted({self.authors[proposal], *self.co_sponsors[proposal]} - {CONVENOR})


@dataclass(frozen=True)
class CategoryRow:
    """From target to slate: a category's shares among those who stated one; None where there is nothing to share.

    slate : share of slate items, an item counting in equal parts for its author and co-sponsors
    ratio : of participants to the target; None without a target
    """

    category: str
    n_participants: int
    target: float | None
    participants: float | None
    votes: float | None
    proposals: float | None
    slate: float | None
    ratio: Ratio | None


def category_rows(participation: Participation, attribute: str) -> tuple[CategoryRow, ...]:
    """From target to slate for each category that has a target or a participant, by name."""
    labels = participation.attributes[attribute]
    targets = participation.targets.get(attribute, {})
    members = {
        category: [row for row, label in enumerate(labels) if label == category] for category in known_labels(labels)
    }
    weights = {name: weights_of(participation, name) for name in COLUMNS}
    slate = _slate_shares(participation, labels)
    rows = []
    for category in sorted({*members, *targets}):
        mine = members.get(category, [])
        shares = {name: _share_of(weights[name], labels, mine) for name in COLUMNS}
        n_stated = sum(label is not None for label in labels)
        target = targets.get(category)
        ratio = representation_ratio(len(mine), n_stated, target) if target is not None and n_stated else None
        rows.append(
            CategoryRow(
                category,
                len(mine),
                target,
                shares["participants"],
                shares["votes"],
                shares["proposals"],
                slate.get(category, 0.0) if slate else None,
                ratio,
            )
        )
    return tuple(rows)


def unstated_share(participation: Participation, attribute: str) -> float:
    """Share of participants who did not state the attribute: shown beside its table, never guessed at."""
    labels = participation.attributes[attribute]
    return sum(label is None for label in labels) / len(labels) if labels else 0.0


def known_labels(labels: Iterable[str | None]) -> list[str]:
    """The categories that somebody stated, each once, by name."""
    return sorted({label for label in labels if label is not None})


def weights_of(participation: Participation, column: str) -> Floats:
    """What each participant counts in a column: one person, their votes or their proposals."""
    if column == "participants":
        return np.ones(participation.n_participants)
    counts = participation.n_votes if column == "votes" else participation.n_proposals
    return np.asarray(counts, dtype=np.float64)


def _share_of(weights: Floats, labels: Sequence[str | None], rows: Sequence[int]) -> float | None:
    total = float(weights[[row for row, label in enumerate(labels) if label is not None]].sum())
    return float(weights[list(rows)].sum()) / total if total > 0 else None


def _slate_shares(participation: Participation, labels: Sequence[str | None]) -> dict[str, float]:
    shares: dict[str, float] = {}
    n_items = 0
    for proposal, chosen in enumerate(participation.in_slate):
        told = [label for label in (labels[row] for row in participation.sponsors(proposal)) if label is not None]
        if chosen and told:
            n_items += 1
            for label in told:
                shares[label] = shares.get(label, 0.0) + 1 / len(told)
    return {label: total / n_items for label, total in shares.items()}
