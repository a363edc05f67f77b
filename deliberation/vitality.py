"""Vitality: whether a coalition cools against its own baseline, from what happened in it and when.

There is no global threshold: a quiet coalition that stays as quiet as it always was is not cooling. What happened is
weighed by kind and counted in blocks of four weeks; each block is compared with all blocks before it by a self-starting
CUSUM (Hawkins 1987, "Self-starting CUSUM charts for location and scale", The Statistician 36: 299-316).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from deliberation.errors import BadValue


class Kind(StrEnum):
    """What happens in a coalition that is alive."""

    DELIVERED = "delivered"
    JOINED = "joined"
    COMMITTED = "committed"
    PULSE = "pulse"
    AGREED = "agreed"
    RENEWED = "renewed"
    EVIDENCE = "evidence"


WEIGHTS: Mapping[Kind, float] = MappingProxyType(
    {
        Kind.DELIVERED: 2.0,
        Kind.JOINED: 1.5,
        Kind.COMMITTED: 1.5,
        Kind.PULSE: 1.0,
        Kind.RENEWED: 1.0,
        Kind.AGREED: 0.5,
        Kind.EVIDENCE: 0.5,
    }
)
"""A thing delivered says most; an answer to a clause costs its writer a minute."""


@dataclass(frozen=True)
class Event:
    """Something happened on that day."""

    day: date
    kind: Kind


@dataclass(frozen=True)
class VitalitySettings:
    """What counts how much and for how long, and when a coalition is said to cool."""

    weights: Mapping[Kind, float] = field(default_factory=lambda: WEIGHTS)
    half_life_days: float = 45.0
    """Partners who met half a quarter ago are half as warm."""
    n_days: int = 28
    """Four weeks hold the same number of each day of the week, and few coalitions do something every week."""
    fewest_blocks: int = 4
    """Three blocks give a spread that one of them decides; with four, a year still has nine that are watched."""
    least_spread: float = 0.25
    """Of the square roots, whose spread is about 0.5 where events come by chance: a spread of nothing, after some
    blocks that happen to be alike, would make any change an alarm."""
    allowance: float = 0.5
    """Half of the change that is looked for: a fall by one spread (Hawkins and Olwell 1998, chapter 3)."""
    limit: float = 3.0
    """One false alarm in about nine years of blocks for a coalition that does not change; two silent months of an
    active one are enough to reach it."""


@dataclass(frozen=True)
class Block:
    """Four weeks: from which day, the weight of what happened, and the chart's sum after it, 0 or below.

    A block before the baseline is long enough has a sum of 0.
    """

    starts_on: date
    weight: float
    cusum: float
    is_cooling: bool


@dataclass(frozen=True)
class Vitality:
    """How alive a coalition is.

    level : what happened, each thing counting half after a half-life; baseline : the level it would have at its own
        usual pace, None while it is too young to have one
    cooling_since : the first day of the block with which it began to cool, None if it does not
    last_on : day of the last thing that happened, None before the first
    """

    level: float
    baseline: float | None
    cooling_since: date | None
    last_on: date | None
    blocks: tuple[Block, ...]

    @property
    def is_cooling(self) -> bool:
        return self.cooling_since is not None

    @property
    def ratio(self) -> float | None:
        """The level as a share of its own baseline."""
        return None if not self.baseline else self.level / self.baseline


def vitality(
    events: Iterable[Event],
    *,
    starts_on: date,
    on: date,
    pauses: Sequence[tuple[date, date]] = (),
    settings: VitalitySettings | None = None,
) -> Vitality:
    """How alive the coalition is on a day, against its own baseline; the same for the same events in any order.

    starts_on : the day on which it formed; what happened before counts as nothing, what lies ahead neither
    pauses : first and last day of each; their blocks are passed over, silence agreed on is no cooling
    level = sum of weight x 2^(-age / half-life). A block's figure is x = sqrt(weight + 3/8) (Anscombe), compared with
    mean m and spread s of the n blocks before it, those of a cooling left out: t = (x - m) / s x sqrt(n / (n + 1)),
    made normal (u) with n - 1 degrees of freedom; C = min(0, C + u + allowance). It cools once C < -limit, and no more
    once a block reaches its own mean. Raises `BadValue` where `on` is before `starts_on`.
    """
    settings = settings or VitalitySettings()
    if on < starts_on:
        raise BadValue(name="on", value=on.isoformat(), allowed=f"{starts_on.isoformat()} or later")
    seen = sorted((one for one in events if starts_on <= one.day <= on), key=lambda one: (one.day, one.kind))
    level = sum(settings.weights[one.kind] * 0.5 ** ((on - one.day).days / settings.half_life_days) for one in seen)
    weights = _weights(seen, starts_on, on, pauses, settings)
    blocks, pace, since = _chart(weights, settings)
    steady = settings.half_life_days / math.log(2) / settings.n_days
    return Vitality(
        level,
        None if pace is None else pace * steady,
        since,
        seen[-1].day if seen else None,
        blocks,
    )


def _weights(
    seen: Sequence[Event], starts_on: date, on: date, pauses: Sequence[tuple[date, date]], settings: VitalitySettings
) -> list[tuple[date, float]]:
    """First day and weight of each whole block, those that a pause touches left out."""
    found = []
    for place in range(((on - starts_on).days + 1) // settings.n_days):
        first = starts_on + timedelta(days=place * settings.n_days)
        last = first + timedelta(days=settings.n_days - 1)
        if not any(begin <= last and first <= end for begin, end in pauses):
            found.append((first, sum(settings.weights[one.kind] for one in seen if first <= one.day <= last)))
    return found


def _chart(
    weights: Sequence[tuple[date, float]], settings: VitalitySettings
) -> tuple[tuple[Block, ...], float | None, date | None]:
    """The blocks with their sums, the usual weight of a block if known, and since when it cools."""
    blocks: list[Block] = []
    usual: list[tuple[float, float]] = []
    cusum, began, since = 0.0, date.min, None
    for first, weight in weights:
        x = math.sqrt(weight + 3 / 8)
        if len(usual) >= settings.fewest_blocks:
            u = _deviation(x, [root for root, _ in usual], settings)
            began = first if cusum == 0.0 else began
            cusum = 0.0 if since is not None and u >= 0 else min(0.0, cusum + u + settings.allowance)
            if cusum < -settings.limit and since is None:
                since = began
            elif cusum == 0.0:
                since = None
        blocks.append(Block(first, weight, cusum, since is not None))
        if since is None:
            usual.append((x, weight))
    has_baseline = len(usual) >= settings.fewest_blocks
    return tuple(blocks), sum(weight for _, weight in usual) / len(usual) if has_baseline else None, since


def _deviation(x: float, before: Sequence[float], settings: VitalitySettings) -> float:
    """How far a block lies from those before it, as a standard normal deviate where nothing has changed."""
    n = len(before)
    mean = sum(before) / n
    spread = math.sqrt(sum((one - mean) ** 2 for one in before) / (n - 1))
    return normal_of_t((x - mean) / max(spread, settings.least_spread) * math.sqrt(n / (n + 1)), n - 1)


def normal_of_t(t: float, freedom: int) -> float:
    """The standard normal deviate with about the same tail as `t` with that many degrees of freedom.

    Wallace (1959), Annals of Mathematical Statistics 30: 1121-1130, equation 2: within 0.07 for 3 degrees of freedom
    and |t| up to 6, 0.02 from 8 on; scipy.stats would cost each web process a second or two to import.
    """
    if freedom < 1:
        raise BadValue(name="degrees of freedom", value=freedom, allowed="1 or more")
    shrunk = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return math.copysign(shrunk, t)
