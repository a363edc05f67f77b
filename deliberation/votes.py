"""Votes: choices in words, their signs, and the sparse table every analysis starts from.

This is the only module that knows that agree is +1, disagree -1 and pass 0. *Unseen* is no entry at all, and is never
the same as pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.checks import array_of
from deliberation.errors import BadShape, BadValue, DuplicateVote, TooLarge, UnknownChoice
from deliberation.packed import counts_by_sign, encoded, places_among, row_starts, sorted_votes, votes_of_rows

DENSE_LIMIT = 4096
"""Most participants for which a dense participants x statements copy is made: above it memory would grow with the
product of both, and every method has a sparse way."""


class Choice(StrEnum):
    """What a participant can say about a statement."""

    AGREE = "agree"
    DISAGREE = "disagree"
    PASS = "pass"  # noqa: S105  # a choice, not a secret


SIGN: dict[Choice, int] = {Choice.AGREE: 1, Choice.DISAGREE: -1, Choice.PASS: 0}
CHOICE_OF_SIGN: dict[int, Choice] = {sign: choice for choice, sign in SIGN.items()}


def sign_of(choice: str) -> int:
    """The sign of a choice given in words; `UnknownChoice` for any other word."""
    try:
        return SIGN[Choice(choice)]
    except ValueError:
        raise UnknownChoice(choice=choice) from None


@dataclass(frozen=True, eq=False)
class StatementCounts:
    """Votes on each statement, in the order of `VoteMatrix.statement_ids`.

    agrees, disagrees, passes, votes : int64 arrays of shape (n_statements,); votes is their sum.
    """

    agrees: NDArray[np.int64]
    disagrees: NDArray[np.int64]
    passes: NDArray[np.int64]

    @property
    def votes(self) -> NDArray[np.int64]:
        return self.agrees + self.disagrees + self.passes


@dataclass(frozen=True, eq=False)
class VoteMatrix:
    """One current vote per participant and statement; whatever is not listed is unseen.

    participant_ids : int64 array of shape (n_participants,), strictly increasing
    statement_ids : int64 array of shape (n_statements,), strictly increasing
    rows, columns : int32 arrays of shape (n_votes,), sorted by (row, column), each pair once
    signs : int8 array of shape (n_votes,), +1 agree, -1 disagree, 0 pass

    All arrays are read-only. Two matrices with the same votes are equal arrays, whatever order the votes came in.
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    signs: NDArray[np.int8]

    def __post_init__(self) -> None:
        for name in ("participant_ids", "statement_ids"):
            ids = getattr(self, name)
            if ids.ndim != 1 or (ids.size > 1 and not (np.diff(ids) > 0).all()):
                raise BadValue(name=name, value="not strictly increasing", allowed="sorted ids, each once")
        n_votes = self.signs.size
        for name in ("rows", "columns"):
            if getattr(self, name).shape != (n_votes,):
                raise BadShape(name=name, expected=(n_votes,), found=getattr(self, name).shape)
        for name, size in (("rows", self.participant_ids.size), ("columns", self.statement_ids.size)):
            places = getattr(self, name)
            if n_votes and not (places.min() >= 0 and places.max() < size):
                raise BadValue(name=name, value="a place beyond the ids", allowed=f"0 to {size - 1}")
        if n_votes and not (self.signs.min() >= -1 and self.signs.max() <= 1):
            raise UnknownChoice(choice=int(self.signs[np.argmax(np.abs(self.signs))]))
        for array in (self.participant_ids, self.statement_ids, self.rows, self.columns, self.signs):
            array.setflags(write=False)

    @classmethod
    def from_votes(
        cls,
        participants: ArrayLike,
        statements: ArrayLike,
        choices: Sequence[str] | NDArray[Any],
        *,
        participant_ids: ArrayLike | None = None,
        statement_ids: ArrayLike | None = None,
        last_wins: bool = False,
    ) -> VoteMatrix:
        """The matrix of votes given as three equally long columns; choices in words, or as signs in an integer array.

        `participant_ids` and `statement_ids` add people without votes and statements nobody saw. A pair that occurs
        twice raises `DuplicateVote`, unless `last_wins` says that the columns are in the order in which they were cast.
        """
        people = _as_ids("participants", participants)
        items = _as_ids("statements", statements)
        signs = _as_signs(choices)
        for name, array in (("statements", items), ("choices", signs)):
            if array.shape != people.shape:
                raise BadShape(name=name, expected=people.shape, found=array.shape)
        all_people, rows = _all_ids("participant_ids", people, participant_ids)
        all_items, columns = _all_ids("statement_ids", items, statement_ids)
        votes = sorted_votes(rows, columns, signs, n_rows=all_people.size, n_columns=all_items.size)
        if votes.repeated is not None and not last_wins:
            row, column = votes.repeated
            raise DuplicateVote(participant=int(all_people[row]), statement=int(all_items[column]))
        return cls(all_people, all_items, votes.rows, votes.columns, votes.signs)

    @property
    def n_participants(self) -> int:
        return int(self.participant_ids.size)

    @property
    def n_statements(self) -> int:
        return int(self.statement_ids.size)

    @property
    def n_votes(self) -> int:
        return int(self.signs.size)

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_participants, self.n_statements

    def counts(self) -> StatementCounts:
        """Agrees, disagrees and passes of each statement."""
        return self._counts

    @cached_property
    def _counts(self) -> StatementCounts:
        disagrees, passes, agrees = counts_by_sign(self.rows, self.columns, self.signs, self.n_statements)[0].T
        for array in (agrees, disagrees, passes):
            array.setflags(write=False)
        return StatementCounts(agrees, disagrees, passes)

    def votes_per_participant(self, statements: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Number of votes of each participant, on the marked statements if any are marked; shape (n_participants,)."""
        if statements is None or statements.all():
            return np.diff(self._starts)
        return np.bincount(self.rows[statements[self.columns]], minlength=self.n_participants)

    def index_pointer(self) -> NDArray[np.int64]:
        """Where each participant's votes start: votes of row i are `indptr[i]:indptr[i + 1]`. Read-only."""
        return self._starts

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        starts = row_starts(self.rows, self.n_participants)
        starts.setflags(write=False)
        return starts

    def dense(self) -> NDArray[np.float64]:
        """Signs in a float64 array of shape (n_participants, n_statements), NaN where unseen."""
        if self.n_participants > DENSE_LIMIT:
            raise TooLarge(name="participants in a dense matrix", found=self.n_participants, allowed=DENSE_LIMIT)
        table = np.full(self.shape, np.nan)
        table[self.rows, self.columns] = self.signs
        return table

    def select(
        self, *, participants: NDArray[np.bool_] | None = None, statements: NDArray[np.bool_] | None = None
    ) -> VoteMatrix:
        """The matrix of the marked participants and statements only (boolean masks; None keeps all)."""
        people = np.ones(self.n_participants, bool) if participants is None else np.asarray(participants, bool)
        items = np.ones(self.n_statements, bool) if statements is None else np.asarray(statements, bool)
        sized = (("participants", people, self.n_participants), ("statements", items, self.n_statements))
        for name, mask, size in sized:
            if mask.shape != (size,):
                raise BadShape(name=name, expected=(size,), found=mask.shape)
        columns, signs, n_votes = self.columns, self.signs, self.votes_per_participant()
        if not people.all():
            where = votes_of_rows(self._starts, people)
            columns, signs, n_votes = columns[where], signs[where], n_votes[people]
        rows = np.repeat(np.arange(n_votes.size, dtype=np.int32), n_votes)
        if not items.all():
            kept = items[columns]
            place = np.cumsum(items, dtype=np.int32) - np.int32(1)
            rows, columns, signs = rows[kept], place[columns[kept]], signs[kept]
        return VoteMatrix(self.participant_ids[people], self.statement_ids[items], rows, columns, signs)

    def sample(self, size: int, rng: np.random.Generator) -> VoteMatrix:
        """The matrix of `size` participants drawn at random, or of all where they are no more."""
        return self if self.n_participants <= size else self.select(participants=drawn(self.n_participants, size, rng))

    def digest(self) -> str:
        """SHA-256 (hex) of ids and votes: equal for equal votes, in whatever order they arrived."""
        sha = hashlib.sha256(b"plenary votes 1\n")
        for array, kind in (
            (self.participant_ids, "<i8"),
            (self.statement_ids, "<i8"),
            (self.rows, "<i4"),
            (self.columns, "<i4"),
            (self.signs, "i1"),
        ):
            sha.update(np.int64(array.size).astype("<i8").tobytes())
            sha.update(np.ascontiguousarray(array).astype(kind, copy=False).data)
        return sha.hexdigest()


def drawn(n: int, size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Marks `size` of n at random, (n,); all where they are no more."""
    chosen = np.full(n, n <= size)
    if n > size:
        chosen[rng.choice(n, size, replace=False)] = True
    return chosen


def _as_ids(name: str, values: ArrayLike) -> NDArray[np.integer[Any]]:
    array = array_of(name, values)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise BadValue(name=name, value=str(array.dtype), allowed="a column of integer ids")
    return array if array.dtype.kind == "i" else array.astype(np.int64)


def _all_ids(
    name: str, used: NDArray[np.integer[Any]], given: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.integer[Any]]]:
    """All ids in increasing order, and the place of each used one among them."""
    if given is None:
        return encoded(used)
    known = _as_ids(name, given).astype(np.int64)
    if not (known[1:] > known[:-1]).all():
        known = np.unique(known)
    places, unknown = places_among(known, used)
    if unknown is not None:
        raise BadValue(name=name, value=unknown, allowed="an id that is listed")
    return known, places


def _as_signs(choices: Sequence[str] | NDArray[Any]) -> NDArray[np.int8]:
    array = array_of("choices", choices)
    if array.size == 0:
        return np.zeros(0, np.int8)
    if array.dtype.kind in "iu":
        if array.min() < -1 or array.max() > 1:
            unknown = (array < -1) | (array > 1)
            raise UnknownChoice(choice=int(array[unknown][0]))
        return array.astype(np.int8, copy=False)
    if array.dtype.kind not in "UO":
        raise UnknownChoice(choice=str(array.dtype))
    words, index = np.unique(array.astype(str), return_inverse=True)
    return np.array([sign_of(word) for word in words], np.int8)[index]
