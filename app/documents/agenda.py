"""How the minutes of a meeting are shared among what there is to talk about; they add up to its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEP = 5
"""Minutes: nobody keeps to a finer plan."""
SHORTEST, LONGEST = 30, 480
"""From half an hour, in which a question can be opened and closed, to a working day."""
BREAK, WITHOUT_BREAK = 15, 150
"""Minutes of a break, and how long people sit without one."""


@dataclass(frozen=True)
class Topic:
    """Something to talk about: how many minutes it would take if there were no end, and whether it can be left out."""

    code: str
    wants: int
    is_optional: bool = False


def is_length(minutes: int) -> bool:
    """Whether a meeting can be planned for so many minutes."""
    return SHORTEST <= minutes <= LONGEST and minutes % STEP == 0


def shared(topics: Sequence[Topic], minutes: int) -> list[tuple[Topic, int]]:
    """Topics in their order with their minutes, in steps of five, each at least one step; together exactly `minutes`.

    Where there is too little time for all, optional topics are left out, the last of them first. What remains after the
    shares are rounded down goes to those with the largest remainders, the earlier first (Hamilton's method).
    """
    if not is_length(minutes):
        raise ValueError("a meeting's length is in steps of five minutes, within bounds")
    kept, units = list(topics), minutes // STEP
    while len(kept) > 1 and (len(kept) > units or _is_crowded(kept, minutes)):
        last = next((at for at in range(len(kept) - 1, -1, -1) if kept[at].is_optional), None)
        if last is None:
            break
        del kept[last]
    if len(kept) > units:
        raise ValueError("more topics than steps of five minutes")
    wanted = sum(one.wants for one in kept)
    free = units - len(kept)
    exact = [free * one.wants / wanted for one in kept]
    given = [int(one) for one in exact]
    order = sorted(range(len(kept)), key=lambda at: (given[at] - exact[at], at))
    for at in order[: free - sum(given)]:
        given[at] += 1
    return [(one, STEP * (1 + n)) for one, n in zip(kept, given, strict=True)]


def _is_crowded(topics: Sequence[Topic], minutes: int) -> bool:
    """Whether everything would get less than half the time it wants."""
    return sum(one.wants for one in topics) > 2 * minutes
