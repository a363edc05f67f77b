"""Line-ups: who could work together so that everybody receives and gives, and which demands a line-up does not meet.

A line-up is a suggestion, and a place in it an invitation. Sizes, parts, quotas and red lines bound it; its value adds
up what it would bring (docs: the method, coalitions). Nothing here needs more than a moment, so that pages may ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from deliberation.errors import BadValue, TooFewParticipants
from deliberation.gifts import Gift, gifts_among

Pair = tuple[int, int]
CAPPED = ("constituency", "organisation")
"""No single one of these may hold more of a line-up than `share_over`."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be invited: whom they speak for, what they lack, and what they bring to how many partners.

    offers : number of partners each kind of offer can serve; position : place in the opinion space
    """

    participant: int
    organisation: str | None = None
    constituency: str | None = None
    region: str | None = None
    gender: str | None = None
    needs: frozenset[str] = frozenset()
    offers: Mapping[str, int] = field(default_factory=dict)
    goals: frozenset[str] = frozenset()
    position: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Quota:
    """A category's share of the members of a line-up: at least and at most, 0..1; whoever states none counts below."""

    attribute: str
    category: str
    at_least: float = 0.0
    at_most: float = 1.0


@dataclass(frozen=True)
class Pool:
    """Everybody who could be invited, and what is known of them together. Pairs are ordered by id.

    conflicts : pairs that cannot work together; interlinkages : how much two goals further each other, above 0
    unusual : pairs worth bringing together who would not meet by themselves, with how much
    """

    candidates: tuple[Candidate, ...]
    conflicts: frozenset[Pair] = frozenset()
    quotas: tuple[Quota, ...] = ()
    interlinkages: Mapping[tuple[str, str], float] = field(default_factory=dict)
    unusual: Mapping[Pair, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: set[int] = set()
        for one in self.candidates:
            if one.participant in seen:
                raise BadValue(name="participant", value=one.participant, allowed="each once")
            seen.add(one.participant)
            for kind, capacity in one.offers.items():
                if capacity < 1:
                    raise BadValue(name=f"capacity for {kind}", value=capacity, allowed="at least 1")
        for low, high in (*self.conflicts, *self.unusual):
            if not (low in seen and high in seen and low < high):
                raise BadValue(name="pair", value=(low, high), allowed="two candidates, the lower id first")
        for quota in self.quotas:
            if quota.attribute not in ("constituency", "organisation", "region", "gender"):
                raise BadValue(name="attribute of a quota", value=quota.attribute, allowed="an attribute of candidates")
            if not 0 <= quota.at_least <= quota.at_most <= 1:
                raise BadValue(name=f"quota of {quota.category}", value=quota.at_least, allowed="0 to 1, least first")
        for goals, weight in self.interlinkages.items():
            if weight <= 0 or goals[0] == goals[1]:
                raise BadValue(name="interlinkage", value=weight, allowed="two goals, above 0")

    def of(self, participants: Iterable[int]) -> tuple[Candidate, ...]:
        """These candidates by id. Raises `BadValue` for somebody who is none, or is named twice."""
        known = {one.participant: one for one in self.candidates}
        wanted = sorted(participants)
        for place, one in enumerate(wanted):
            if one not in known or wanted[place - 1 : place] == [one]:
                raise BadValue(name="participant", value=one, allowed="each candidate once")
        return tuple(known[one] for one in wanted)


@dataclass(frozen=True)
class AssemblySettings:
    """Bounds of a line-up, and what counts for how much in its value."""

    fewest: int = 3
    """With fewer nobody could leave, and one of two is a half."""
    most: int = 12
    """What one table holds; more is for a second coalition."""
    share_over: float = 0.40
    """As in `CoalitionSettings`: with more, one ally makes a majority. A part of one member is allowed in any size."""
    fewest_constituencies: int = 2
    """Partners of one constituency need no convenor to meet."""
    goal_weight: float = 2.0
    """A goal that two members carry counts as two needs met."""
    unusual_weight: float = 1.0
    """A pair that differs in everything and shares all goals counts as one need met."""
    size_cost: float = 0.25
    """Each further member costs everybody some time: a quarter of a need met."""
    n_pairs: int = 10
    """Unusual pairs looked at for each candidate."""
    gap: float = 0.01
    """A line-up within one per cent of the best possible is as good for people's purposes."""
    seconds: float = 20.0
    """After this the best line-up found so far is taken, with the gap that is left."""

    def __post_init__(self) -> None:
        if not 3 <= self.fewest <= self.most:
            raise BadValue(name="size", value=(self.fewest, self.most), allowed="from 3, the smallest first")
        if not 1 / 3 <= self.share_over <= 1:
            raise BadValue(name="share_over", value=self.share_over, allowed="a third to 1")
        for name in ("gap", "seconds", "goal_weight", "unusual_weight", "size_cost"):
            if not getattr(self, name) >= 0:
                raise BadValue(name=name, value=getattr(self, name), allowed="not below 0")


class Demand(StrEnum):
    """What is asked of every line-up; at the end, that several cannot be met together, or none was found in time."""

    SIZE = "size"
    WIN_WIN = "win_win"
    RED_LINES = "red_lines"
    PART = "part"
    QUOTA = "quota"
    CONSTITUENCIES = "constituencies"
    TOGETHER = "together"
    TIME = "time"


@dataclass(frozen=True)
class Unmet:
    """A demand that a line-up does not meet, with the category or the participants concerned."""

    demand: Demand
    attribute: str = ""
    category: str = ""
    participants: tuple[int, ...] = ()


@dataclass(frozen=True)
class LineUp:
    """Candidates who could be invited together, by id, and what that would bring.

    gifts : who would give what to whom; goals : carried by two members or more; value : what is maximised
    unusual : pairs of members worth bringing together
    """

    participants: tuple[int, ...]
    gifts: tuple[Gift, ...]
    goals: tuple[str, ...]
    interlinkages: tuple[tuple[str, str], ...]
    constituencies: tuple[str, ...]
    unusual: tuple[Pair, ...]
    value: float

    def received_by(self, participant: int) -> tuple[Gift, ...]:
        return tuple(gift for gift in self.gifts if gift.receiver == participant)

    def given_by(self, participant: int) -> tuple[Gift, ...]:
        return tuple(gift for gift in self.gifts if gift.giver == participant)

    @property
    def without_win(self) -> tuple[int, ...]:
        """Members who would receive nothing or give nothing."""
        return tuple(one for one in self.participants if not (self.received_by(one) and self.given_by(one)))


def describe(participants: Iterable[int], pool: Pool, *, settings: AssemblySettings | None = None) -> LineUp:
    """What a line-up of these candidates would bring, whether or not it meets every demand. Raises `BadValue`."""
    settings = settings or AssemblySettings()
    members = pool.of(participants)
    gifts = gifts_among(members)
    goals = goals_of(members)
    linked = tuple(pair for pair in sorted(pool.interlinkages) if set(pair) <= set(goals))
    places = tuple(sorted({one.constituency for one in members if one.constituency is not None}))
    here = {one.participant for one in members}
    unusual = tuple(pair for pair in sorted(pool.unusual) if pair[0] in here and pair[1] in here)
    value = len(gifts) + settings.goal_weight * len(goals) + sum(pool.interlinkages[pair] for pair in linked)
    value += len(places) + settings.unusual_weight * sum(pool.unusual[pair] for pair in unusual)
    value -= settings.size_cost * len(members)
    return LineUp(tuple(one.participant for one in members), gifts, goals, linked, places, unusual, value)


def goals_of(members: Sequence[Candidate]) -> tuple[str, ...]:
    """Goals that at least two of these carry."""
    named = [goal for one in members for goal in one.goals]
    return tuple(sorted({goal for goal in named if named.count(goal) >= 2}))


def unmet(line_up: LineUp, pool: Pool, *, settings: AssemblySettings | None = None) -> tuple[Unmet, ...]:
    """Every demand that the line-up does not meet, in the order of `Demand`; empty where it can be suggested."""
    settings = settings or AssemblySettings()
    members = pool.of(line_up.participants)
    n = len(members)
    found = [] if settings.fewest <= n <= settings.most else [Unmet(Demand.SIZE)]
    if line_up.without_win:
        found.append(Unmet(Demand.WIN_WIN, participants=line_up.without_win))
    here = set(line_up.participants)
    found += [Unmet(Demand.RED_LINES, participants=pair) for pair in sorted(pool.conflicts) if set(pair) <= here]
    for attribute in CAPPED:
        for category, held in counts_of(members, attribute).items():
            if held > 1 and held > settings.share_over * n + 1e-9:
                found.append(Unmet(Demand.PART, attribute, category))
    for quota in pool.quotas:
        held = counts_of(members, quota.attribute).get(quota.category, 0)
        if not quota.at_least * n - 1e-9 <= held <= quota.at_most * n + 1e-9:
            found.append(Unmet(Demand.QUOTA, quota.attribute, quota.category))
    if len(line_up.constituencies) < settings.fewest_constituencies:
        found.append(Unmet(Demand.CONSTITUENCIES))
    return tuple(found)


def counts_of(members: Sequence[Candidate], attribute: str) -> dict[str, int]:
    """How many members each category has, by name; whoever states none is left out."""
    named = [getattr(one, attribute) for one in members]
    return {name: named.count(name) for name in sorted({name for name in named if name is not None})}


def greedy_line_ups(
    pool: Pool, *, n_most: int = 3, n_starts: int = 12, settings: AssemblySettings | None = None
) -> tuple[LineUp, ...]:
    """Line-ups that meet every demand, found by adding one candidate after another; the best first, none twice.

    Fast and short of the best: an empty answer does not say that there is none. Ties by id. Raises
    `TooFewParticipants` for fewer candidates than the smallest line-up has.
    """
    settings = settings or AssemblySettings()
    if len(pool.candidates) < settings.fewest:
        raise TooFewParticipants(needed=settings.fewest, found=len(pool.candidates))
    everybody = sorted(pool.candidates, key=lambda one: one.participant)
    promise = {one.participant: _promise(one, everybody) for one in everybody}
    starts = sorted((one for one in everybody if promise[one.participant]), key=lambda one: (
        -promise[one.participant], one.participant))[:n_starts]  # fmt: skip
    grown = [_grown(start, everybody, pool, settings) for start in starts]
    best = {line_up.participants: line_up for line_up in grown if line_up is not None}
    return tuple(sorted(best.values(), key=lambda one: (-one.value, one.participants)))[:n_most]


def _promise(one: Candidate, everybody: Sequence[Candidate]) -> int:
    """With how many others there is something to receive or to give; 0 for whoever can only do one of both."""
    others = [other for other in everybody if other.participant != one.participant]
    receives = sum(bool(one.needs & other.offers.keys()) for other in others)
    gives = sum(bool(other.needs & one.offers.keys()) for other in others)
    return receives + gives if receives and gives else 0


def _grown(start: Candidate, everybody: Sequence[Candidate], pool: Pool, settings: AssemblySettings) -> LineUp | None:
    """The best line-up met on the way from one candidate to a full one."""
    members, best = [start], None
    while len(members) < min(settings.most, len(everybody)):
        here = {one.participant for one in members}
        open_to = [one for one in everybody if one.participant not in here and _may_join(one, members, pool, settings)]
        if not open_to:
            break
        supply = _Supply(members)
        members.append(max(open_to, key=lambda one: (_gain(one, members, supply, pool, settings), -one.participant)))
        if len(members) < settings.fewest:
            continue
        found = describe((one.participant for one in members), pool, settings=settings)
        if not unmet(found, pool, settings=settings) and (best is None or found.value > best.value):
            best = found
    return best


def _may_join(one: Candidate, members: Sequence[Candidate], pool: Pool, settings: AssemblySettings) -> bool:
    for other in members:
        pair = (min(one.participant, other.participant), max(one.participant, other.participant))
        if pair in pool.conflicts:
            return False
    for attribute in CAPPED:
        mine = getattr(one, attribute)
        held = sum(getattr(other, attribute) == mine for other in members)
        if mine is not None and held + 1 > max(1.0, settings.share_over * settings.most + 1e-9):
            return False
    return True


class _Supply:
    """What a line-up has to give and what it still lacks, by kind: a quick look, without saying who gives to whom."""

    def __init__(self, members: Sequence[Candidate]) -> None:
        self.needed: dict[str, int] = {}
        self.offered: dict[str, int] = {}
        self.carried: dict[str, int] = {}
        for one in members:
            for goal in one.goals:
                self.carried[goal] = self.carried.get(goal, 0) + 1
            for kind in one.needs:
                self.needed[kind] = self.needed.get(kind, 0) + 1
            for kind, capacity in one.offers.items():
                self.offered[kind] = self.offered.get(kind, 0) + capacity

    def spare(self, kind: str) -> int:
        return self.offered.get(kind, 0) - self.needed.get(kind, 0)


def _gain(
    one: Candidate, members: Sequence[Candidate], supply: _Supply, pool: Pool, settings: AssemblySettings
) -> float:
    """About what the value would grow by, and a little more for those who serve a quota or win both ways."""
    receives = sum(supply.spare(kind) > 0 for kind in one.needs)
    gives = sum(min(capacity, max(-supply.spare(kind), 0)) for kind, capacity in one.offers.items())
    goals = sum(supply.carried.get(goal) == 1 for goal in one.goals)
    is_new = one.constituency is not None and all(one.constituency != other.constituency for other in members)
    pairs = [(min(one.participant, o.participant), max(one.participant, o.participant)) for o in members]
    serves = sum(
        getattr(one, quota.attribute) == quota.category
        and sum(getattr(o, quota.attribute) == quota.category for o in members) < quota.at_least * settings.most
        for quota in pool.quotas
    )
    return float(
        receives
        + gives
        + settings.goal_weight * goals
        + is_new
        + settings.unusual_weight * sum(pool.unusual.get(pair, 0.0) for pair in pairs)
        + 2 * serves
        + (1 if receives and gives else 0)
    )
