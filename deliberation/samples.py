"""Random samples of participants: by a lot that anybody can draw again who knows its seed and who could be drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from deliberation.errors import BadValue


@dataclass(frozen=True)
class SampleSettings:
    size: int = 400
    """People asked: with 400 four of five good slates are certified and no failing one was (with 200: one of two)."""


def draw_sample(ids: Iterable[int], *, seed: str, size: int) -> tuple[int, ...]:
    """`size` of these ids (all, where there are not more), each as likely as any other, sorted.

    Those with the least SHA-256 of seed and id: the order in which ids come changes nothing, and a seed that was fixed
    before the ids were known leaves nobody a choice. Raises `BadValue` for a size below 0.
    """
    if size < 0:
        raise BadValue(name="size", value=size, allowed="0 or more")
    lots = sorted((hashlib.sha256(f"{seed}:{one}".encode()).digest(), one) for one in set(ids))
    return tuple(sorted(one for _, one in lots[:size]))


def frame_digest(ids: Iterable[int]) -> str:
    """SHA-256 (hex) of everybody who could be drawn, in order: what a sample is checked against."""
    return hashlib.sha256(",".join(str(one) for one in sorted(set(ids))).encode()).hexdigest()
