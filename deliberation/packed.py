"""Kernels over votes: the last vote of each pair, and sums in parts that fit the processor's cache.

Votes are put in order by counting, first by column and then by row; both passes keep the order of arrival, so that the
last vote of a pair stands last. It takes time in proportion to the votes (8 to 30 nanoseconds each for 50 thousand to
50 million, a quarter of a sort's), nothing is hashed, and no table is pivoted. A few votes are sorted instead, as one
64-bit integer each: row | column | arrival | sign + 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

PART = 1 << 18
"""Votes worked on at once: 2 MB of 64-bit integers, which a processor's second cache holds."""
FEW = 1 << 13
"""Most votes that are sorted as packed integers, with numpy alone; above it scipy counts."""
MANY = 1 << 24
"""Votes from which rows are dealt into buckets first: counting writes to one place for each row, and the places of a
million rows fit no cache."""
BUCKET = 1 << 19
"""Votes in such a bucket, about."""
SIGN_BITS = 2
KEY_BITS = 63
SPARSE = 4
"""Ids that span less than this times their number are looked up in a table, others are searched."""

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Sorted:
    """Votes by (row, column), the last of each pair. `repeated` is the first pair that occurred twice, if any did."""

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    signs: NDArray[np.int8]
    repeated: tuple[int, int] | None


def encoded(ids: Integers) -> tuple[NDArray[np.int64], Integers]:
    """The distinct ids in increasing order, and the place of each given id among them."""
    if not ids.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low, high = int(ids.min()), int(ids.max())
    span = high - low + 1
    if span > SPARSE * ids.size + 1024:
        distinct, places = np.unique(ids, return_inverse=True)
        return distinct.astype(np.int64), places
    seen = np.zeros(span, bool)
    for start in range(0, ids.size, PART):
        seen[_shifted(ids[start : start + PART], low)] = True
    known = np.flatnonzero(seen) + low
    if known.size == span:
        return known, _shifted(ids, low)
    return known, (np.cumsum(seen, dtype=np.int32) - 1)[_shifted(ids, low)]


def places_among(known: NDArray[np.int64], ids: Integers) -> tuple[Integers, int | None]:
    """The place of each id among the `known` ones, strictly increasing, and one that is not known, if there is any."""
    if not ids.size:
        return np.zeros(0, np.int64), None
    distinct, places = encoded(ids)
    index = np.searchsorted(known, distinct)
    unknown = (index == known.size) | (
        known[np.minimum(index, max(known.size - 1, 0))] != distinct if known.size else True
    )
    if unknown.any():
        return places, int(distinct[np.argmax(unknown)])
    if distinct.size == known.size:
        return places, None
    return index.astype(np.int32)[places], None


def sorted_votes(rows: Integers, columns: Integers, signs: NDArray[np.int8], *, n_rows: int, n_columns: int) -> Sorted:
    """Votes by (row, column), of each pair the last in the given order.

    rows, columns : places, 0 <= rows < n_rows and 0 <= columns < n_columns; signs : -1, 0 or 1
    """
    n = signs.size
    if _is_in_order(rows, columns):
        return Sorted(rows.astype(np.int32), columns.astype(np.int32), signs.copy(), None)
    column_bits, arrival_bits = _bits(n_columns), _bits(n)
    if n >= MANY:
        return _counted_by_bucket(rows, columns, signs, n_rows, n_columns)
    if n > FEW or _bits(n_rows) + column_bits + arrival_bits + SIGN_BITS > KEY_BITS:
        return _counted(rows, columns, signs, n_rows, n_columns)
    keys = _keys(rows, columns, signs, column_bits, arrival_bits)
    keys.sort()
    return _unpacked(keys, column_bits, arrival_bits + SIGN_BITS)


def _is_in_order(rows: Integers, columns: Integers) -> bool:
    """Whether votes are by (row, column), each pair once; unordered ones are told by their first part."""
    for part in parts(rows.size - 1):
        row, column = rows[part.start : part.stop + 1], columns[part.start : part.stop + 1]
        if not ((row[1:] > row[:-1]) | ((row[1:] == row[:-1]) & (column[1:] > column[:-1]))).all():
            return False
    return True


def row_starts(rows: NDArray[np.int32], n_rows: int) -> NDArray[np.int64]:
    """Where the votes of each row start in sorted `rows`, (n_rows + 1,)."""
    counts = np.zeros(n_rows + 1, np.int64)
    if rows.size:
        starts = np.append(0, np.flatnonzero(rows[1:] != rows[:-1]) + 1)
        counts[rows[starts] + 1] = np.diff(starts, append=rows.size)
    return np.cumsum(counts, out=counts)


def votes_of_rows(starts: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.bool_] | NDArray[np.int64]:
    """What picks the votes of the marked rows: their places where few rows are, else a mask of all votes."""
    lengths = np.diff(starts)
    if 4 * int(lengths[kept].sum()) > int(starts[-1]):
        return np.repeat(kept, lengths)
    first, lengths = starts[:-1][kept], lengths[kept]
    places = np.repeat(first - np.cumsum(lengths) + lengths, lengths)
    places += np.arange(places.size)
    return places


def counts_by_sign(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    signs: NDArray[np.int8],
    n_columns: int,
    *,
    labels: NDArray[np.integer[Any]] | None = None,
    n_labels: int = 1,
) -> NDArray[np.int64]:
    """Votes by label, column and sign (disagree, pass, agree), (n_labels, n_columns, 3). Rows labelled -1 are not
    counted; without `labels` every row has label 0."""
    cells = 3 * n_columns
    total = np.zeros((n_labels + 1) * cells, np.int64)
    offsets = None if labels is None else (labels.astype(np.int64) + 1) * cells
    for part in parts(signs.size):
        code = columns[part] * np.int64(3)
        code += signs[part]
        code += 1
        code += cells if offsets is None else offsets[rows[part]]
        total += np.bincount(code, minlength=total.size)
    return total.reshape(n_labels + 1, n_columns, 3)[1:]


def parts(n: int, size: int = PART) -> Iterator[slice]:
    """Slices that cover n votes, each of `size` but the last."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def row_parts(starts: NDArray[np.int64], size: int = PART) -> Iterator[tuple[slice, slice]]:
    """Slices of rows with their slices of votes, so that each holds about `size` votes and no row is cut."""
    row, n_rows = 0, starts.size - 1
    while row < n_rows:
        end = int(np.searchsorted(starts, starts[row] + size, side="right")) - 1
        end = min(max(end, row + 1), n_rows)
        yield slice(row, end), slice(int(starts[row]), int(starts[end]))
        row = end


def _shifted(ids: Integers, low: int) -> Integers:
    return ids - low if low else ids


def _bits(n: int) -> int:
    return max(1, (n - 1).bit_length())


def _keys(
    rows: Integers, columns: Integers, signs: NDArray[np.int8], column_bits: int, arrival_bits: int
) -> NDArray[np.int64]:
    keys = np.empty(signs.size, np.int64)
    arrival = np.arange(min(PART, signs.size), dtype=np.int64) << SIGN_BITS
    for part in parts(signs.size):
        key = keys[part]
        key[:] = rows[part]
        key <<= column_bits
        key |= columns[part].astype(np.int64)
        key <<= arrival_bits + SIGN_BITS
        key += arrival[: key.size]
        key += signs[part] + np.int64(1 + (part.start << SIGN_BITS))
    return keys


def _unpacked(keys: NDArray[np.int64], column_bits: int, low_bits: int) -> Sorted:
    n, filled = keys.size, 0
    rows, columns, signs = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int8)
    repeated = None
    for part in parts(n):
        key = keys[part]
        pair = key >> low_bits
        last = np.empty(pair.size, bool)
        np.not_equal(pair[1:], pair[:-1], out=last[:-1])
        last[-1] = part.stop == n or int(keys[part.stop]) >> low_bits != int(pair[-1])
        sign = (key.astype(np.int8) & 3) - np.int8(1)
        if not last.all():
            if repeated is None:
                repeated = divmod(int(pair[np.argmin(last)]), 1 << column_bits)
            pair, sign = pair[last], sign[last]
        place = slice(filled, filled + pair.size)
        signs[place] = sign
        np.bitwise_and(pair, (1 << column_bits) - 1, out=columns[place], casting="unsafe")
        np.right_shift(pair, column_bits, out=rows[place], casting="unsafe")
        filled = place.stop
    return Sorted(rows[:filled], columns[:filled], signs[:filled], repeated)


def _counted(rows: Integers, columns: Integers, signs: NDArray[np.int8], n_rows: int, n_columns: int) -> Sorted:
    by_row = _by_first(signs, columns, rows, (n_columns, n_rows)).tocsc()
    column, sign = by_row.indices, by_row.data
    row = np.repeat(np.arange(n_rows, dtype=np.int32), np.diff(by_row.indptr))
    last = np.ones(column.size, bool)
    for part in parts(column.size - 1):
        after = slice(part.start + 1, part.stop + 1)
        last[part] = (column[part] != column[after]) | (row[part] != row[after])
    column = column.astype(np.int32, copy=False)
    if last.all():
        return Sorted(row, column, sign, None)
    again = int(np.argmin(last))
    repeated = int(row[again]), int(column[again])
    return Sorted(_kept(row, last), _kept(column, last), _kept(sign, last), repeated)


def _counted_by_bucket(
    rows: Integers, columns: Integers, signs: NDArray[np.int8], n_rows: int, n_columns: int
) -> Sorted:
    """The same, bucket by bucket of neighbouring rows, each put in order where it lies."""
    shift = max(0, _bits(n_rows) - (signs.size // BUCKET).bit_length())
    row, code, ends = _dealt(rows, columns, signs, n_rows, shift)
    sign, filled, repeated = np.empty(signs.size, np.int8), 0, None
    for bucket, (start, end) in enumerate(pairwise(ends)):
        first, codes = bucket << shift, code[start:end]
        size = min(1 << shift, n_rows - first)
        own = row[start:end] - np.int32(first)
        found = _counted(own, codes >> SIGN_BITS, (codes & 3).astype(np.int8) - np.int8(1), size, n_columns)
        place = slice(filled, filled + found.signs.size)
        np.add(found.rows, np.int32(first), out=row[place])
        code[place], sign[place] = found.columns, found.signs
        filled = place.stop
        if repeated is None and found.repeated is not None:
            repeated = found.repeated[0] + first, found.repeated[1]
    return Sorted(row[:filled], code[:filled], sign[:filled], repeated)


def _dealt(
    rows: Integers, columns: Integers, signs: NDArray[np.int8], n_rows: int, shift: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[int]]:
    """Rows and column | sign + 1 of the votes by `row >> shift`, else as they came, and where each bucket starts."""
    n_buckets = ((n_rows - 1) >> shift) + 1
    sizes = np.zeros(n_buckets + 1, np.int64)
    for part in parts(rows.size, BUCKET):
        sizes[1:] += np.bincount(rows[part] >> shift, minlength=n_buckets)
    ends = np.cumsum(sizes)
    free = ends[:-1].tolist()
    row, code = np.empty(rows.size, np.int32), np.empty(rows.size, np.int32)
    for part in parts(rows.size, BUCKET):
        packed = columns[part].astype(np.int32) << SIGN_BITS
        packed += signs[part] + np.int8(1)
        dealt = _by_first(packed, rows[part] >> shift, rows[part], (n_buckets, n_rows))
        for bucket, (start, end) in enumerate(pairwise(dealt.indptr.tolist())):
            place = slice(free[bucket], free[bucket] + end - start)
            row[place], code[place] = dealt.indices[start:end], dealt.data[start:end]
            free[bucket] = place.stop
    return row, code, ends.tolist()


def _by_first(data: Integers | NDArray[np.int8], first: Integers, second: Integers, shape: tuple[int, int]) -> Any:
    """A sparse table whose entries stand by `first`, in the order of arrival; `indices` holds the second."""
    from scipy.sparse import coo_array  # pages read few votes and do without scipy

    by_arrival = coo_array((data, (first, second)), shape=shape)
    by_arrival.has_canonical_format = True  # else the entries of a pair would be summed
    return by_arrival.tocsr()


def _kept(array: NDArray[Any], kept: NDArray[np.bool_]) -> NDArray[Any]:
    """The marked entries, moved to the front of the array itself: many votes have no room for a copy."""
    filled = 0
    for part in parts(array.size):
        some = array[part][kept[part]]
        array[filled : filled + some.size] = some
        filled += some.size
    return array[:filled]
