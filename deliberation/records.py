"""Frozen dataclasses as plain JSON values and back, by their own type hints: what is written is what is read."""

from __future__ import annotations

import base64
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from deliberation.errors import BadValue

PLAIN = 20_000
"""Most fractions that are written as numbers. Of a hundred thousand people's places that takes a second to write and to
read, and three times the room."""


def to_record(value: Any) -> Any:
    """Dicts, lists, strings, numbers, booleans and None that say the same; arrays carry their kind and shape.

    Large arrays of fractions are the base64 of their bytes.
    """
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: to_record(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, np.ndarray):
        return _array_record(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): to_record(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_record(item) for item in value]
    return value


def _array_record(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": array.dtype.str, "shape": list(array.shape)}
    # Whole numbers stay as they are: they are read as lists, and are part of digests.
    if array.dtype.kind == "f" and array.size > PLAIN:
        return written | {"base64": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")}
    return written | {"values": array.ravel().tolist()}


def array_from(record: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """The array that `to_record` wrote. KeyError, TypeError or ValueError where the record is none."""
    kind = np.dtype(record["kind"])
    if "base64" in record:
        flat = np.frombuffer(base64.b64decode(record["base64"], validate=True), kind).copy()
    else:
        flat = np.array(record["values"], dtype=kind)
    return flat.reshape(record["shape"])


def from_record(kind: Any, record: Any) -> Any:
    """The value of type `kind` that was written as `record`; BadValue where it cannot be one."""
    try:
        return _read(kind, record)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadValue(
            name=getattr(kind, "__name__", str(kind)), value=str(problem), allowed="a written record"
        ) from None


def _read(kind: Any, record: Any) -> Any:
    origin = get_origin(kind)
    if kind is Any or origin is Literal:
        return record
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{entry.name: _read(hints[entry.name], record[entry.name]) for entry in fields(kind)})
    if origin is np.ndarray:
        return array_from(record)
    if origin in (Union, types.UnionType):
        return None if record is None else _read(next(a for a in get_args(kind) if a is not type(None)), record)
    if origin is tuple:
        of = get_args(kind)
        inner = [of[0]] * len(record) if len(of) == 2 and of[1] is Ellipsis else list(of)
        return tuple(_read(one, item) for one, item in zip(inner, record, strict=True))
    if origin is dict:
        return {key: _read(get_args(kind)[1], item) for key, item in record.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(record)
    if kind is float and isinstance(record, int) and not isinstance(record, bool):
        return float(record)
    if not isinstance(record, kind):
        raise TypeError(f"{type(record).__name__} where {kind} belongs")
    return record
