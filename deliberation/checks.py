"""What callers hand in, as arrays and numbers of the kind that is meant; anything else is refused under its name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deliberation.errors import BadValue


def column_of_ids(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """Whole numbers, int64 (n,). Errors: BadValue for words, fractions, NaN, tables and ids beyond 64 bits."""
    array = array_of(name, values)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu" or array.max() > np.iinfo(np.int64).max:
        raise BadValue(name=name, value=f"{array.dtype} of shape {array.shape}", allowed="a column of integer ids")
    return array.astype(np.int64)


def finite_numbers(name: str, values: ArrayLike, *, low: float = 0.0) -> NDArray[np.float64]:
    """Numbers of at least `low`, float64, in their shape. Errors: BadValue for words, NaN, infinity and less."""
    array = array_of(name, values)
    if array.size and array.dtype.kind not in "iufb":
        raise BadValue(name=name, value=str(array.dtype), allowed=f"numbers of {low} or more")
    numbers = array.astype(np.float64)
    wrong = ~(np.isfinite(numbers) & (numbers >= low))
    if wrong.any():
        raise BadValue(name=name, value=str(numbers[wrong].ravel()[0]), allowed=f"numbers of {low} or more")
    return numbers


def check_between(name: str, value: Any, low: float, high: float = np.inf, *, whole: bool = False) -> None:
    """Errors: BadValue for what is no number from `low` to `high`, or no whole one where one is meant."""
    is_number = isinstance(value, (int, np.integer) if whole else (int, float, np.integer, np.floating))
    if not is_number or isinstance(value, bool) or not low <= value <= high:
        allowed = f"{'a whole number' if whole else 'a number'} from {low} to {high}"
        raise BadValue(name=name, value=str(value)[:40], allowed=allowed)


def array_of(name: str, values: ArrayLike) -> NDArray[Any]:
    """The values as an array. Errors: BadValue for rows of different length."""
    try:
        return np.asarray(values)
    except ValueError:
        raise BadValue(name=name, value="rows of different length", allowed="a column of values") from None
