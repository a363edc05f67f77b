"""Holdings: who holds which stance, in one table of votes really cast or in a few imputed draws, packed to bits.

A frozen analysis stores its holdings, so that balance, certificate and repair of a draft slate are computed from them
at once, without the votes, the model or its libraries.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadShape, BadValue, TooLarge
from deliberation.votes import SIGN, Choice, VoteMatrix, sign_of

Labels = Mapping[str, NDArray[np.str_]]
"""Per dimension ("group", "constituency") the code of each participant; "" is a participant without one."""

FORMAT = b"plenary holdings 1\n"
LARGEST_STORED = 1 << 30
"""Bytes that stored holdings may unpack to: a damaged length must not fill the memory."""

_BLOCK_CELLS = 4_000_000
"""Cells unpacked at a time: 4 MB of booleans, 32 MB as floats, inside the processor's reach."""


@dataclass(frozen=True, order=True)
class Stance:
    """One side of a statement. Sorted by statement, agreeing before disagreeing: the order in which ties are broken."""

    statement_id: int
    choice: Choice

    def __post_init__(self) -> None:
        if sign_of(self.choice) == SIGN[Choice.PASS]:
            raise BadValue(name="choice", value=str(self.choice), allowed="agree or disagree")
        object.__setattr__(self, "statement_id", int(self.statement_id))
        object.__setattr__(self, "choice", Choice(self.choice))

    def to_json(self) -> dict[str, Any]:
        return {"statement_id": self.statement_id, "choice": self.choice.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stance:
        return cls(int(data["statement_id"]), Choice(data["choice"]))


class CompletedSigns(Protocol):
    """What `imputed_holdings` needs of completed votes."""

    @property
    def participant_rows(self) -> NDArray[np.integer[Any]]: ...

    @property
    def statement_ids(self) -> NDArray[np.int64]: ...

    @property
    def signs(self) -> NDArray[np.int8]: ...


@dataclass(frozen=True, eq=False)
class Holdings:
    """Who holds which stance. Column 2j is agreeing with statement j, column 2j + 1 disagreeing with it.

    participant_ids : int64 array of shape (p,), strictly increasing
    statement_ids : int64 array of shape (m,), strictly increasing
    weights : float64 array of shape (p,), not negative, some positive
    labels : per dimension an array of codes of shape (p,); "" where a participant has none
    bits : uint8 array of shape (n_draws, 2m, ceil(p / 8)): the holders of each stance, eight participants a byte
    answered : uint8 array of shape (m, ceil(p / 8)): who really voted on each statement, pass included
    """

    participant_ids: NDArray[np.int64]
    statement_ids: NDArray[np.int64]
    weights: NDArray[np.float64]
    labels: Labels
    bits: NDArray[np.uint8]
    answered: NDArray[np.uint8]

    def __post_init__(self) -> None:
        p, m, width = self.n_participants, self.n_statements, -(-self.n_participants // 8)
        shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
            "weights": (self.weights.shape, (p,)),
            "bits": (self.bits.shape, (self.n_draws, 2 * m, width)),
            "answered": (self.answered.shape, (m, width)),
            **{f"labels of {dimension}": (codes.shape, (p,)) for dimension, codes in self.labels.items()},
        }
        for name, (found, expected) in shapes.items():
            if found != expected:
                raise BadShape(name=name, expected=expected, found=found)
        for name, ids in (("participant_ids", self.participant_ids), ("statement_ids", self.statement_ids)):
            if ids.size > 1 and not (np.diff(ids) > 0).all():
                raise BadValue(name=name, value="not strictly increasing", allowed="sorted ids, each once")
        if p and not (np.isfinite(self.weights).all() and (self.weights >= 0).all() and self.weights.sum() > 0):
            raise BadValue(name="weights", value="negative, infinite or all zero", allowed="0 or more, some above 0")
        for array in (self.participant_ids, self.statement_ids, self.weights, self.bits, self.answered):
            array.setflags(write=False)

    @property
    def n_participants(self) -> int:
        return int(self.participant_ids.size)

    @property
    def n_statements(self) -> int:
        return int(self.statement_ids.size)

    @property
    def n_draws(self) -> int:
        return int(self.bits.shape[0])

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Each participant's share of the total weight, shape (p,)."""
        return self.weights / self.weights.sum() if self.n_participants else self.weights

    @cached_property
    def stances(self) -> tuple[Stance, ...]:
        """The stance of each column."""
        return tuple(
            Stance(int(statement), choice)
            for statement in self.statement_ids
            for choice in (Choice.AGREE, Choice.DISAGREE)
        )

    def columns_of(self, stances: Sequence[Stance]) -> NDArray[np.int64]:
        """The column of each stance; `BadValue` for a statement these holdings do not know."""
        ids = np.array([stance.statement_id for stance in stances], np.int64)
        found = np.searchsorted(self.statement_ids, ids)
        for place, statement in zip(found, ids, strict=True):
            if place >= self.n_statements or self.statement_ids[place] != statement:
                raise BadValue(name="statement", value=int(statement), allowed="a statement of these holdings")
        return 2 * found + np.array([stance.choice is Choice.DISAGREE for stance in stances], np.int64)

    def held(self, draw: int, columns: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        """Who holds what in one draw: booleans of shape (p, 2m), or (p, number of columns asked for)."""
        rows = self.bits[draw] if columns is None else self.bits[draw][columns]
        return np.unpackbits(rows, axis=1, count=self.n_participants).view(np.bool_).T

    def blocks(self, columns: NDArray[np.int64]) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
        """The asked columns a few at a time: their places, and 0/1 of shape (n_draws, columns, p)."""
        step = max(1, _BLOCK_CELLS // max(1, self.n_draws * self.n_participants))
        for start in range(0, columns.size, step):
            place = slice(start, min(start + step, columns.size))
            yield place, np.unpackbits(self.bits[:, columns[place]], axis=2, count=self.n_participants)

    def support(self, columns: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Weight share of the holders of each column, mean over the draws."""
        return self.support_within(self.shares[:, None], columns)[:, 0]

    def support_within(
        self, shares: NDArray[np.float64], columns: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Sums of `shares` (p, n) over the holders of each column, mean over the draws, shape (columns, n)."""
        wanted = np.arange(2 * self.n_statements) if columns is None else columns
        sums = np.zeros((wanted.size, shares.shape[1]))
        for place, block in self.blocks(wanted):
            n_held = block.sum(axis=0, dtype=np.uint8 if self.n_draws < 256 else np.int64)
            sums[place] = n_held.astype(np.float64) @ shares
        return sums / max(1, self.n_draws)

    def label_masks(self) -> dict[tuple[str, str], NDArray[np.bool_]]:
        """For each dimension and label, sorted, which participants carry it."""
        return dict(self._masks)

    @cached_property
    def _masks(self) -> dict[tuple[str, str], NDArray[np.bool_]]:
        return {
            (dimension, str(label)): np.asarray(codes == label)
            for dimension, codes in sorted(self.labels.items())
            for label in np.unique(codes)
            if label != ""
        }

    def with_weights(self, weights: NDArray[np.float64]) -> Holdings:
        """The same holdings with other weights."""
        return replace(self, weights=np.array(weights, np.float64))

    def sample(self, rows: NDArray[np.int64]) -> Holdings:
        """The holdings of some participants only; `rows` strictly increasing."""
        bits = np.unpackbits(self.bits, axis=2, count=self.n_participants)[:, :, rows]
        answered = np.unpackbits(self.answered, axis=1, count=self.n_participants)[:, rows]
        labels = {dimension: codes[rows] for dimension, codes in self.labels.items()}
        packed = np.packbits(bits, axis=2), np.packbits(answered, axis=1)
        return Holdings(self.participant_ids[rows], self.statement_ids, self.weights[rows], labels, *packed)

    def to_bytes(self) -> bytes:
        """These holdings in a versioned, compressed form, the same bytes for the same holdings."""
        names = {dimension: sorted(set(codes.tolist())) for dimension, codes in sorted(self.labels.items())}
        head = {"participants": self.n_participants, "statements": self.n_statements, "draws": self.n_draws}
        head_bytes = json.dumps({**head, "labels": names}, sort_keys=True).encode()
        parts = [len(head_bytes).to_bytes(4, "little"), head_bytes]
        for dimension, known in names.items():
            parts.append(np.searchsorted(np.array(known, np.str_), self.labels[dimension]).astype("<u4").tobytes())
        parts += [self.participant_ids.astype("<i8").tobytes(), self.statement_ids.astype("<i8").tobytes()]
        parts += [self.weights.astype("<f8").tobytes(), self.bits.tobytes(), self.answered.tobytes()]
        return FORMAT + zlib.compress(b"".join(parts), level=1)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Holdings:
        """The holdings that `to_bytes` wrote; `BadValue` for anything else."""
        if not stored.startswith(FORMAT):
            raise BadValue(name="stored holdings", value=bytes(stored[:20]), allowed=FORMAT.decode().strip())
        try:
            return _read(stored[len(FORMAT) :])
        except (zlib.error, ValueError, KeyError, TypeError, IndexError) as error:
            raise BadValue(name="stored holdings", value=type(error).__name__, allowed="an undamaged copy") from error

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of ids, weights, labels and holdings."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def observed_holdings(
    votes: VoteMatrix, *, weights: ArrayLike | None = None, labels: Mapping[str, ArrayLike] | None = None
) -> Holdings:
    """The stances that participants took in votes really cast, in one draw: unseen and pass hold neither side."""
    agrees, disagrees = votes.signs == SIGN[Choice.AGREE], votes.signs == SIGN[Choice.DISAGREE]
    bits = _packed_pairs(
        np.concatenate((2 * votes.columns[agrees], 2 * votes.columns[disagrees] + 1)),
        np.concatenate((votes.rows[agrees], votes.rows[disagrees])),
        (2 * votes.n_statements, votes.n_participants),
    )
    answered = _packed_pairs(votes.columns, votes.rows, (votes.n_statements, votes.n_participants))
    everybody = np.arange(votes.n_participants)
    return Holdings(
        votes.participant_ids,
        votes.statement_ids,
        _as_weights(weights, everybody, votes.n_participants),
        _as_labels(labels, everybody, votes.n_participants),
        bits[None],
        answered,
    )


def imputed_holdings(
    completed: CompletedSigns,
    votes: VoteMatrix,
    *,
    weights: ArrayLike | None = None,
    labels: Mapping[str, ArrayLike] | None = None,
) -> Holdings:
    """The stances of the sampled participants in each draw of completed votes.

    `completed.participant_rows` are rows of `votes`; `completed.signs` is (n_draws, p, m), m being
    `completed.statement_ids`, which may be some of those of `votes`. `weights` and `labels` are those of all
    participants of `votes`.
    """
    rows = np.asarray(completed.participant_rows, np.int64)
    signs = completed.signs
    if not np.array_equal(completed.statement_ids, votes.statement_ids):
        votes = votes.select(statements=np.isin(votes.statement_ids, completed.statement_ids))
        if not np.array_equal(completed.statement_ids, votes.statement_ids):
            raise BadValue(name="statement_ids", value="not those of the votes", allowed="some of the votes', in order")
    if signs.ndim != 3 or signs.shape[1:] != (rows.size, votes.n_statements):
        raise BadShape(name="signs", expected=(None, rows.size, votes.n_statements), found=signs.shape)
    order = np.argsort(rows, kind="stable")
    rows, by_statement = rows[order], signs[:, order].transpose(0, 2, 1)
    bits = np.zeros((signs.shape[0], 2 * votes.n_statements, -(-rows.size // 8)), np.uint8)
    for draw, side in np.ndindex(signs.shape[0], 2):
        wanted = SIGN[(Choice.AGREE, Choice.DISAGREE)[side]]
        bits[draw, side::2] = np.packbits(by_statement[draw] == wanted, axis=1)
    place = np.full(votes.n_participants, -1, np.int64)
    place[rows] = np.arange(rows.size)
    sampled = place[votes.rows] >= 0
    shape = (votes.n_statements, rows.size)
    return Holdings(
        votes.participant_ids[rows],
        votes.statement_ids,
        _as_weights(weights, rows, votes.n_participants),
        _as_labels(labels, rows, votes.n_participants),
        bits,
        _packed_pairs(votes.columns[sampled], place[votes.rows[sampled]], shape),
    )


def _packed_pairs(
    lines: NDArray[np.integer[Any]], people: NDArray[np.integer[Any]], shape: tuple[int, int]
) -> NDArray[np.uint8]:
    """A bit for each (line, person), each pair once, packed along people: no dense table is made on the way."""
    n_lines, n_people = shape
    width = -(-n_people // 8)
    flat = lines.astype(np.int64) * width + people // 8
    value = (128 >> (people % 8)).astype(np.float64)
    # Each bit occurs at most once, so that adding the bits of a byte is the same as or-ing them.
    return np.bincount(flat, weights=value, minlength=n_lines * width).astype(np.uint8).reshape(n_lines, width)


def _as_weights(weights: ArrayLike | None, rows: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(rows.size)
    given = np.asarray(weights, np.float64)
    if given.shape != (n,):
        raise BadShape(name="weights", expected=(n,), found=given.shape)
    return given[rows]


def _as_labels(labels: Mapping[str, ArrayLike] | None, rows: NDArray[np.int64], n: int) -> dict[str, NDArray[np.str_]]:
    found: dict[str, NDArray[np.str_]] = {}
    for dimension, codes in (labels or {}).items():
        array = np.asarray(codes, np.str_)
        if array.shape != (n,):
            raise BadShape(name=f"labels of {dimension}", expected=(n,), found=array.shape)
        found[dimension] = array[rows]
    return found


def _read(compressed: bytes) -> Holdings:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(compressed, LARGEST_STORED)
    if unpacker.unconsumed_tail:
        raise TooLarge(name="stored holdings", found=f"over {len(data)}", allowed=LARGEST_STORED)
    size = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + size])
    p, m, n_draws, offset = int(head["participants"]), int(head["statements"]), int(head["draws"]), 4 + size

    def take(kind: str, *shape: int) -> NDArray[Any]:
        nonlocal offset
        array = np.frombuffer(data, np.dtype(kind), count=math.prod(shape), offset=offset).reshape(shape)
        offset += array.nbytes
        return array

    labels: dict[str, NDArray[np.str_]] = {}
    for dimension in sorted(head["labels"]):
        labels[dimension] = np.array(head["labels"][dimension] or [""], np.str_)[take("<u4", p)]
    ids, statements, weights = take("<i8", p), take("<i8", m), take("<f8", p)
    width = -(-p // 8)
    bits, answered = take("u1", n_draws, 2 * m, width), take("u1", m, width)
    if offset != len(data):
        raise ValueError("bytes left over")
    as_int, as_float = np.int64, np.float64
    return Holdings(ids.astype(as_int), statements.astype(as_int), weights.astype(as_float), labels, bits, answered)
