"""Who holds which stance, as the checks of certificates read it; no code is shared with the rules that choose.

Votes as cast are pairs of a person and a stance. In a draw of holdings everybody holds a side of nearly every
statement: it stays packed to bits, and blocs are counted 64 people at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue
from deliberation.holdings import Holdings, Stance
from deliberation.votes import SIGN, Choice, VoteMatrix

BLOCK_CELLS = 4_000_000
"""Cells unpacked at a time where people weigh differently: 32 MB as floats."""


@dataclass(frozen=True, eq=False)
class Held(ABC):
    """Who holds what of some stances.

    Weights are summed as they are and divided last: with a weight of 1 each, counts and shares are exact.
    """

    stances: tuple[Stance, ...]
    weights: NDArray[np.float64]
    masks: Mapping[tuple[str, str], NDArray[np.bool_]]
    mean_answered: float

    def share(self, members: NDArray[np.bool_]) -> float:
        """Weight share of some participants; 0 where there is nobody."""
        return float(self.weights[members].sum() / self.weights.sum()) if self.weights.size else 0.0

    def chosen(self, stances: Sequence[Stance]) -> NDArray[np.bool_]:
        """Which of the table's stances are among these."""
        wanted = set(stances)
        return np.array([stance in wanted for stance in self.stances], bool)

    def blocs(self, on_slate: NDArray[np.bool_], counts: NDArray[np.int64], k: int) -> NDArray[np.float64]:
        """Weight share of those who hold a left-out stance and fewer than l items, shape (n_stances, k), l from 1."""
        total = float(self.weights.sum()) if self.stances and self.weights.size else 1.0
        return self._bloc_weights(~on_slate, counts, k) / total

    @abstractmethod
    def counts(self, on_slate: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the chosen stances each participant holds."""

    @abstractmethod
    def holders(self, at: int) -> NDArray[np.int64]:
        """The participants who hold a stance."""

    @abstractmethod
    def _bloc_weights(self, left_out: NDArray[np.bool_], counts: NDArray[np.int64], k: int) -> NDArray[np.float64]: ...


@dataclass(frozen=True, eq=False)
class HeldInVotes(Held):
    """Votes as cast: `rows` and `columns` are places of participants and stances, one entry a holding."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def counts(self, on_slate: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(self.rows[on_slate[self.columns]], minlength=self.weights.size)

    def holders(self, at: int) -> NDArray[np.int64]:
        return np.asarray(self.rows[self.columns == at], np.int64)

    def _bloc_weights(self, left_out: NDArray[np.bool_], counts: NDArray[np.int64], k: int) -> NDArray[np.float64]:
        n, levels, counted = len(self.stances), np.minimum(counts, k), left_out[self.columns]
        rows = self.rows[counted]
        flat = self.columns[counted] * (k + 1) + levels[rows]
        table = np.bincount(flat, weights=self.weights[rows], minlength=n * (k + 1)).reshape(n, k + 1)
        return np.asarray(np.cumsum(table, axis=1)[:, :k], np.float64)


@dataclass(frozen=True, eq=False)
class HeldInDraw(Held):
    """One draw of holdings: uint8 array of shape (n_stances, ceil(p / 8)), eight participants a byte."""

    bits: NDArray[np.uint8]

    def counts(self, on_slate: NDArray[np.bool_]) -> NDArray[np.int64]:
        held = np.unpackbits(self.bits[on_slate], axis=1, count=self.weights.size)
        return np.asarray(held.sum(axis=0, dtype=np.int64), np.int64)

    def holders(self, at: int) -> NDArray[np.int64]:
        return np.flatnonzero(np.unpackbits(self.bits[at], count=self.weights.size).view(np.bool_))

    def _bloc_weights(self, left_out: NDArray[np.bool_], counts: NDArray[np.int64], k: int) -> NDArray[np.float64]:
        sums = np.zeros((len(self.stances), k))
        lines, below = np.flatnonzero(left_out), counts[:, None] < np.arange(1, k + 1)
        alike = self.weights.size > 0 and bool((self.weights == self.weights[0]).all())
        step = max(1, BLOCK_CELLS // max(1, self.weights.size))
        for start in range(0, lines.size if k else 0, step):
            block = lines[start : start + step]
            if alike:
                sums[block] = self._n_below(block, below) * self.weights[0]
            else:
                held = np.unpackbits(self.bits[block], axis=1, count=self.weights.size)
                sums[block] = held.astype(np.float64) @ (below * self.weights[:, None])
        return sums

    def _n_below(self, lines: NDArray[np.int64], below: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of holders among those `below` each level, shape (n_lines, k)."""
        held = _words(self.bits[lines])
        members = _words(np.packbits(below, axis=0).T)
        return np.stack([np.bitwise_count(held & level).sum(axis=1, dtype=np.int64) for level in members], axis=1)


def _words(bits: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Rows of bytes as rows of 64-bit words, filled up with zeros."""
    padded = np.zeros((bits.shape[0], -(-bits.shape[1] // 8) * 8), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return padded.view(np.uint64)


def held_in(
    table: Holdings | VoteMatrix,
    stances: Sequence[Stance],
    candidates: Sequence[Stance] | None,
    *,
    draw: int = 0,
    weights: ArrayLike | None = None,
) -> Held:
    """The slate's and the candidates' stances (None: all) in votes as cast, or in one draw of holdings."""
    if isinstance(table, Holdings):
        if weights is not None:
            raise BadValue(name="weights", value="given twice", allowed="the weights of the holdings")
        return next(held_in_draws(table, stances, candidates, draws=[draw]))
    known, lines = _lines_of(table, stances, candidates)
    answered = int(_on_statements(table, stances)[table.columns].sum())
    given = _as_weights(weights, table.n_participants)
    return HeldInVotes(known, given, {}, answered / max(1, table.n_participants), *_pairs(table, lines))


def held_in_draws(
    holdings: Holdings,
    stances: Sequence[Stance],
    candidates: Sequence[Stance] | None,
    *,
    draws: Sequence[int] | None = None,
) -> Iterator[Held]:
    """One table of the slate's and the candidates' stances for each draw."""
    known, lines = _lines_of(holdings, stances, candidates)
    answered = int(np.bitwise_count(holdings.answered[_on_statements(holdings, stances)]).sum())
    mean_answered, masks = answered / max(1, holdings.n_participants), holdings.label_masks()
    for draw in range(holdings.n_draws) if draws is None else draws:
        yield HeldInDraw(known, holdings.weights, masks, mean_answered, holdings.bits[draw][lines])


def _lines_of(
    table: Holdings | VoteMatrix, stances: Sequence[Stance], candidates: Sequence[Stance] | None
) -> tuple[tuple[Stance, ...], NDArray[np.int64]]:
    """The stances of a table in order, and for each its line: 2j is agreeing with statement j, 2j + 1 disagreeing."""
    if candidates is None:
        sides = (Choice.AGREE, Choice.DISAGREE)
        known = [Stance(statement, side) for statement in table.statement_ids.tolist() for side in sides]
    else:
        known = sorted({*candidates, *stances}, key=lambda stance: (stance.statement_id, stance.choice.value))
    place = {statement: at for at, statement in enumerate(table.statement_ids.tolist())}
    for stance in (*stances, *known):
        if stance.statement_id not in place:
            raise BadValue(name="statement", value=stance.statement_id, allowed="a statement of this table")
    lines = [2 * place[stance.statement_id] + (stance.choice is Choice.DISAGREE) for stance in known]
    return tuple(known), np.array(lines, np.int64)


def _on_statements(table: Holdings | VoteMatrix, stances: Sequence[Stance]) -> NDArray[np.bool_]:
    return np.isin(table.statement_ids, [stance.statement_id for stance in stances])


def _pairs(votes: VoteMatrix, lines: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who holds what as places: of participants, and of stances in `lines`, which number the sides of statements."""
    place = np.full(2 * votes.n_statements, -1, np.int32)
    place[lines] = np.arange(lines.size, dtype=np.int32)
    # One number for each statement and sign; a pass is nobody's line.
    by_sign = np.full((votes.n_statements, 3), -1, np.int32)
    by_sign[:, SIGN[Choice.AGREE]] = place[::2]
    by_sign[:, SIGN[Choice.DISAGREE]] = place[1::2]
    by_sign[:, SIGN[Choice.PASS]] = -1
    code = votes.columns.astype(np.int32) * np.int32(3) + (votes.signs % 3)
    columns = by_sign.ravel()[code]
    held = columns >= 0
    return votes.rows[held].astype(np.int64), columns[held].astype(np.int64)


def _as_weights(weights: ArrayLike | None, n: int) -> NDArray[np.float64]:
    given = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    if given.shape != (n,):
        raise BadShape(name="weights", expected=(n,), found=given.shape)
    if n and not (np.isfinite(given).all() and (given >= 0).all() and given.sum() > 0):
        raise BadValue(name="weights", value="negative, infinite or all zero", allowed="0 or more, some above 0")
    return given
