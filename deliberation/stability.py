"""Stability of a line-up: who would rather leave, and which outsider would join and be welcome.

A line-up is called stable where there is nobody of either kind. That is individual stability; groups that might leave
together are not looked at, so that it is never called more (Aziz and Savani, Handbook of Computational Social Choice,
chapter 15).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from deliberation.assembly import AssemblySettings, LineUp, Pool, describe, unmet
from deliberation.gifts import gifts_with


class Why(StrEnum):
    """Why a member would rather leave."""

    NOTHING_RECEIVED = "nothing_received"
    NOTHING_GIVEN = "nothing_given"
    BETTER_ELSEWHERE = "better_elsewhere"


@dataclass(frozen=True)
class Leaver:
    """A member who would rather leave; `elsewhere` is the place, from 0, of the line-up that would give them more."""

    participant: int
    why: Why
    elsewhere: int | None = None


@dataclass(frozen=True)
class Stability:
    """Who would rather leave and who would join. Whoever gives nothing is told of, though giving is no reason to go."""

    leavers: tuple[Leaver, ...]
    joiners: tuple[int, ...]

    @property
    def is_stable(self) -> bool:
        return not self.joiners and all(one.why is Why.NOTHING_GIVEN for one in self.leavers)


def stability(
    line_up: LineUp, pool: Pool, *, beside: Sequence[LineUp] = (), settings: AssemblySettings | None = None
) -> Stability:
    """Members who would rather leave, and outsiders who would join and be welcome, both by id.

    Whoever receives nothing would rather work alone. A member would rather be in a line-up `beside` if they would be
    welcome there and have more needs met. An outsider is welcome where everybody keeps as much as they had, the
    newcomer receives and gives something, and no demand is broken that held before; they would join if that is more
    than they have now.
    """
    settings = settings or AssemblySettings()
    leavers = []
    for one in line_up.participants:
        n_now = len(line_up.received_by(one))
        elsewhere = _better(one, n_now, pool, beside, settings)
        if not n_now:
            leavers.append(Leaver(one, Why.NOTHING_RECEIVED))
        elif elsewhere is not None:
            leavers.append(Leaver(one, Why.BETTER_ELSEWHERE, elsewhere))
        elif not line_up.given_by(one):
            leavers.append(Leaver(one, Why.NOTHING_GIVEN))
    inside = set(line_up.participants)
    joiners = []
    for candidate in sorted(pool.candidates, key=lambda one: one.participant):
        one = candidate.participant
        now = max((len(other.received_by(one)) for other in beside if one in other.participants), default=0)
        if one not in inside and welcomed(one, line_up, pool, settings=settings) > now:
            joiners.append(one)
    return Stability(tuple(leavers), tuple(joiners))


def _better(one: int, n_now: int, pool: Pool, beside: Sequence[LineUp], settings: AssemblySettings) -> int | None:
    for place, other in enumerate(beside):
        if one not in other.participants and welcomed(one, other, pool, settings=settings) > n_now:
            return place
    return None


def welcomed(participant: int, line_up: LineUp, pool: Pool, *, settings: AssemblySettings | None = None) -> int:
    """How many needs of an outsider would be met if they joined; 0 where they would not be welcome."""
    settings = settings or AssemblySettings()
    larger = describe((*line_up.participants, participant), pool, settings=settings)
    if any(participant in one.participants for one in unmet(larger, pool, settings=settings)):
        return 0
    before = {(one.demand, one.attribute, one.category) for one in unmet(line_up, pool, settings=settings)}
    if any((one.demand, one.attribute, one.category) not in before for one in unmet(larger, pool, settings=settings)):
        return 0
    gifts = gifts_with(pool.of(line_up.participants), line_up.gifts, pool.of([participant])[0])
    return 0 if gifts is None else sum(gift.receiver == participant for gift in gifts)
