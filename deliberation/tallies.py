"""Votes counted by statement within each category of people: opinion group, constituency, or everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from deliberation.blocks import Workers, in_turn
from deliberation.errors import BadShape, BadValue
from deliberation.packed import counts_by_sign
from deliberation.votes import SIGN, Choice, VoteMatrix

Ints = NDArray[np.int64]

_COLUMN = {choice: sign + 1 for choice, sign in SIGN.items()}


@dataclass(frozen=True, eq=False)
class Categories:
    """Which category each participant belongs to: names, and index (n,) into them, -1 for not stated or unplaced."""

    names: tuple[str, ...]
    index: Ints

    def __post_init__(self) -> None:
        if self.index.ndim != 1 or self.index.dtype.kind not in "iu":
            raise BadValue(name="index", value=str(self.index.dtype), allowed="one whole number per participant")
        if self.index.size and not -1 <= self.index.min() <= self.index.max() < len(self.names):
            worst = self.index.min() if self.index.min() < -1 else self.index.max()
            raise BadValue(name="index", value=int(worst), allowed=f"-1 to {len(self.names) - 1}")

    @property
    def sizes(self) -> Ints:
        """Participants in each category."""
        return np.bincount(self.index[self.index >= 0], minlength=len(self.names)).astype(np.int64)


def categories_of(labels: NDArray[Any], n_participants: int, *, names: tuple[str, ...] = ()) -> Categories:
    """Categories from one label per participant: words ("" is not stated) or whole numbers (negative is not stated).

    With `names`, numbers are indices into them; otherwise a number is its own name. Names are in sorted order.
    Errors: BadShape, BadValue.
    """
    try:
        array = np.asarray(labels)
    except ValueError:
        raise BadValue(name="labels", value="rows of different length", allowed="one label per participant") from None
    if array.shape != (n_participants,):
        raise BadShape(name="labels", expected=(n_participants,), found=array.shape)
    if array.dtype.kind in "iu":
        numbers = array.astype(np.int64)
        if names:
            if numbers.max(initial=-1) >= len(names):
                raise BadValue(name="labels", value=int(numbers.max()), allowed=f"below {len(names)}")
            return Categories(names, np.maximum(numbers, -1))
        found = np.unique(numbers[numbers >= 0])
        return Categories(
            tuple(str(number) for number in found), np.where(numbers >= 0, np.searchsorted(found, numbers), -1)
        )
    if array.dtype.kind not in "UO":
        raise BadValue(name="labels", value=str(array.dtype), allowed="words or whole numbers")
    words = np.array(["" if word is None else str(word) for word in array.tolist()], dtype=str)
    known = np.unique(words[words != ""])
    index = np.where(words != "", np.searchsorted(known, words), -1).astype(np.int64)
    return Categories(tuple(str(word) for word in known), index)


@dataclass(frozen=True, eq=False)
class Tally:
    """Votes by category and statement. counts : int64 (categories, n_statements, 3): disagree, pass, agree."""

    names: tuple[str, ...]
    counts: Ints

    def of(self, choice: Choice) -> Ints:
        """How many chose this, (categories, n_statements)."""
        return self.counts[:, :, _COLUMN[choice]]

    @property
    def votes(self) -> Ints:
        """How many voted, passes included, (categories, n_statements)."""
        return np.asarray(self.counts.sum(axis=2), np.int64)


def tally(votes: VoteMatrix, categories: Categories, *, workers: Workers = in_turn) -> Tally:
    """Every vote counted once, under its participant's category; participants at -1 are not counted.

    The same votes and categories are counted once, whichever of the lists asks first.
    workers : who counts the blocks of participants
    Errors: BadShape for categories of other participants.
    """
    known = _counted.setdefault(votes, WeakKeyDictionary())
    if categories not in known:
        known[categories] = _tallied(votes, categories, workers)
        known[categories].counts.setflags(write=False)
    return known[categories]


_counted: WeakKeyDictionary[VoteMatrix, WeakKeyDictionary[Categories, Tally]] = WeakKeyDictionary()


def _tallied(votes: VoteMatrix, categories: Categories, workers: Workers) -> Tally:
    if categories.index.shape != (votes.n_participants,):
        raise BadShape(name="categories", expected=(votes.n_participants,), found=categories.index.shape)
    n_categories = len(categories.names)
    counts = np.zeros((n_categories, votes.n_statements, 3), np.int64)
    if n_categories == 1 and not categories.index.any():
        everyone = votes.counts()
        counts[0] = np.column_stack([everyone.disagrees, everyone.passes, everyone.agrees])
    elif n_categories:
        for counted in workers.over(_count_block, votes, lambda people: (categories.index[people], n_categories)):
            counts += counted
    return Tally(categories.names, counts)


def tally_votes(votes: VoteMatrix, names: tuple[str, ...], category_of_vote: Ints) -> Tally:
    """The same where a participant's category may differ from statement to statement: one index per vote."""
    return Tally(names, _count(votes, category_of_vote, len(names)))


def _count_block(block: VoteMatrix, category_of_person: Ints, n_categories: int) -> Ints:
    return counts_by_sign(
        block.rows, block.columns, block.signs, block.n_statements, labels=category_of_person, n_labels=n_categories
    )


def _count(votes: VoteMatrix, category: Ints, n_categories: int) -> Ints:
    known = category >= 0
    key = (category[known] * votes.n_statements + votes.columns[known]) * 3 + votes.signs[known].astype(np.int64) + 1
    counts = np.bincount(key, minlength=n_categories * votes.n_statements * 3)
    return counts.reshape(n_categories, votes.n_statements, 3).astype(np.int64)
