"""Slates: a few stances that together speak for everyone.

The participants' slate is common ground, handed in, plus distinct stances chosen by the Method of Equal Shares (Peters
and Skowron, "Proportionality and the Limits of Welfarism", EC 2020): everyone has the same share of the places to
spend, so that a bloc of any size gets the places it can pay for. In the words of that literature participants are
voters, stances are candidates, and a slate is a committee.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deliberation.balance import ROUNDING, BalanceSettings, items_of_labels, label_table
from deliberation.errors import BadValue
from deliberation.holdings import Holdings, Stance
from deliberation.proportional import Profile, bought_by_equal_shares, by_pav_gain, columns_of, neglect, pav_gain

METHOD = "plenary slate 1"


@dataclass(frozen=True)
class SlateSettings:
    n_common: int = 4
    """Most items of common ground: with eight distinct ones a page, and five minutes in the respond round."""
    n_distinct: int = 8
    """Places for distinct stances: a bloc of an eighth of the participants is heard."""
    contested_low: float = 0.05
    """Stances held by fewer are single voices; no bloc of them reaches a place."""
    contested_high: float = 0.60
    """Stances held by more are nearly common: on those every rule is proportional, and none shows a difference."""
    floors: BalanceSettings = field(default_factory=BalanceSettings)
    """When a label is promised places and what counts as its own."""
    max_swaps: int = 10
    """Most repairs: in 14 real consultations none was needed; each makes the slate harder to explain."""
    max_repair_candidates: int = 40
    """Stances tried for a repair, those that serve most labels in deficit first."""

    def __post_init__(self) -> None:
        for name in ("n_common", "n_distinct", "max_swaps", "max_repair_candidates"):
            if getattr(self, name) < 0:
                raise BadValue(name=name, value=getattr(self, name), allowed="0 or more")
        if not 0 <= self.contested_low <= self.contested_high <= 1:
            raise BadValue(name="contested_low", value=self.contested_low, allowed="from 0 to contested_high")


@dataclass(frozen=True)
class SlateItem:
    """A distinct stance of a slate.

    chosen_by : "equal shares", "floor", "completion" or "repair"
    support : weight share of the participants who hold it
    spoken_for : weight share of the participants whom this item speaks for when each is counted once
    """

    stance: Stance
    chosen_by: str
    support: float
    spoken_for: float


@dataclass(frozen=True)
class Floor:
    """What a label was promised: `wanted` items that at least half of it holds, of which `met` are on the slate."""

    dimension: str
    label: str
    wanted: int
    met: int

    @property
    def deficit(self) -> int:
        return self.wanted - self.met


@dataclass(frozen=True)
class Slate:
    """Common ground, then distinct stances in the order in which they were chosen.

    size : places for distinct stances; fewer items when there were fewer candidates
    candidates : the stances among which distinct ones were chosen, and against which a certificate is checked
    """

    common_ground: tuple[Stance, ...]
    distinct: tuple[SlateItem, ...]
    floors: tuple[Floor, ...]
    size: int
    candidates: tuple[Stance, ...]

    @property
    def stances(self) -> tuple[Stance, ...]:
        """The distinct stances alone."""
        return tuple(item.stance for item in self.distinct)

    @property
    def spoken_for(self) -> float:
        """Weight share of the participants who hold at least one distinct item."""
        return sum(item.spoken_for for item in self.distinct)

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready to be written and signed."""
        return {
            "method": METHOD,
            "size": self.size,
            "common_ground": [stance.to_json() for stance in self.common_ground],
            "distinct": [{**asdict(item), "stance": item.stance.to_json()} for item in self.distinct],
            "floors": [{**asdict(floor), "deficit": floor.deficit} for floor in self.floors],
            "candidates": [stance.to_json() for stance in self.candidates],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Slate:
        """The slate that `to_json` wrote."""
        items = (SlateItem(**{**item, "stance": Stance.from_json(item["stance"])}) for item in data["distinct"])
        floors = (Floor(row["dimension"], row["label"], row["wanted"], row["met"]) for row in data["floors"])
        return cls(
            tuple(Stance.from_json(stance) for stance in data["common_ground"]),
            tuple(items),
            tuple(floors),
            int(data["size"]),
            tuple(Stance.from_json(stance) for stance in data["candidates"]),
        )


@dataclass(frozen=True, eq=False)
class SpokenFor:
    """Each participant counted for one item they hold, per draw, in shares of the total weight.

    shares : float64 array of shape (n_items,); with `nobody` they sum to 1
    by_label : per (dimension, label) the share of the label that each item speaks for, shape (n_items,)
    nobody : share of those who hold no item
    """

    shares: NDArray[np.float64]
    by_label: dict[tuple[str, str], NDArray[np.float64]]
    nobody: float


def select_slate(
    holdings: Holdings,
    common_ground: Sequence[Stance],
    *,
    size: int | None = None,
    candidates: Sequence[Stance] | None = None,
    withdrawn: Collection[int] = (),
    settings: SlateSettings | None = None,
) -> Slate:
    """A slate whose distinct stances satisfy EJR+ on the holdings, with floors for groups and constituencies where
    the candidates allow them.

    Equal shares fill the places that blocs can pay for; free places go to labels below their floor, then to the
    greatest gain in proportional approval; a swap that lessens what is missing from the floors is made only if the
    slate keeps EJR+. Candidates are the contested ones among `candidates` (None: all stances), without the statements
    that are common ground or `withdrawn`. Whatever cannot be met is reported as the floor's deficit.
    """
    settings = settings or SlateSettings()
    size = settings.n_distinct if size is None else size
    if size < 0:
        raise BadValue(name="size", value=size, allowed="0 or more")
    gone = {stance.statement_id for stance in common_ground} | {int(statement) for statement in withdrawn}
    profile = Profile(holdings, _contested(holdings, candidates, gone, settings))
    floors = _Floors(profile, size, settings.floors)
    chosen = dict.fromkeys(bought_by_equal_shares(profile, size), "equal shares")
    _complete(profile, floors, chosen, size)
    chosen = _repair(profile, floors, chosen, size, settings)
    stances = [profile.stance(candidate) for candidate in chosen]
    spoken = assign_spoken_for(holdings, stances)
    items = tuple(
        SlateItem(stance, reason, float(profile.support[candidate]), float(share))
        for stance, (candidate, reason), share in zip(stances, chosen.items(), spoken.shares, strict=True)
    )
    shown = tuple(stance for stance in common_ground if stance.statement_id not in set(withdrawn))
    return Slate(
        shown[: settings.n_common],
        items,
        floors.report(list(chosen)),
        size,
        tuple(profile.stance(candidate) for candidate in range(profile.columns.size)),
    )


def assign_spoken_for(holdings: Holdings, stances: Sequence[Stance]) -> SpokenFor:
    """Every participant who holds an item is counted for exactly one of those they hold, in each draw.

    Greedy Monroe (Lackner and Skowron 2023, section 2.4; balanced blocs as in Fish and others, "Generative Social
    Choice", 2023): the item with most uncounted holders speaks for at most 1 / n_items of the weight, first for those
    who hold fewest other items; whoever is then left is counted for the least burdened item they hold.
    """
    columns = holdings.columns_of(stances)
    profile = Profile(holdings, columns)
    items = [int(at) for at in np.searchsorted(profile.columns, columns)]
    counts = profile.satisfaction(items)
    speaker = np.full(profile.n_voters, -1)
    free = [place for place, item in enumerate(items) if item not in items[:place]]
    left = list(free)
    while left:
        waiting = {place: _uncounted(profile, items[place], speaker) for place in left}
        heaviest = max(float(profile.weights[rows].sum()) for rows in waiting.values())
        place = next(at for at in left if profile.weights[waiting[at]].sum() >= heaviest - ROUNDING)
        rows = waiting[place][np.argsort(counts[waiting[place]], kind="stable")]
        fits = np.cumsum(profile.weights[rows]) <= 1 / len(free) + ROUNDING
        speaker[rows[fits]] = place
        left.remove(place)
    burden = np.bincount(speaker + 1, weights=profile.weights, minlength=len(items) + 1)[1:]
    for place in sorted(free, key=lambda at: (round(float(burden[at]), 9), at)):
        speaker[_uncounted(profile, items[place], speaker)] = place
    return _spoken_for(holdings, profile, speaker, len(items))


def _spoken_for(holdings: Holdings, profile: Profile, speaker: NDArray[np.int64], n_items: int) -> SpokenFor:
    def shares_of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(speaker + 1, weights=weights, minlength=n_items + 1).astype(np.float64)

    everybody = shares_of(profile.weights)
    table = label_table(holdings)
    repeated = np.tile(table.shares, (holdings.n_draws, 1)) / max(1, holdings.n_draws)
    by_label = {key: shares_of(repeated[:, at])[1:] for at, key in enumerate(table.keys)}
    return SpokenFor(everybody[1:], by_label, float(everybody[0]))


def _uncounted(profile: Profile, item: int, speaker: NDArray[np.int64]) -> NDArray[np.int64]:
    holders = profile.holders(item)
    return holders[speaker[holders] < 0]


def _contested(
    holdings: Holdings, candidates: Sequence[Stance] | None, gone: set[int], settings: SlateSettings
) -> NDArray[np.int64]:
    columns = np.unique(columns_of(holdings, candidates))
    columns = columns[~np.isin(holdings.statement_ids[columns // 2], np.array(sorted(gone), np.int64))]
    support = holdings.support(columns)
    held = (support >= settings.contested_low - ROUNDING) & (support <= settings.contested_high + ROUNDING)
    return columns[held & (support > 0)]


class _Floors:
    """Which candidate counts as which label's own, and how many each label wants."""

    def __init__(self, profile: Profile, size: int, settings: BalanceSettings) -> None:
        table = label_table(profile.holdings, settings=settings)
        wanted = table.floors_wanted(size, settings)
        promised = wanted > 0
        self.keys = tuple(key for key, kept in zip(table.keys, promised, strict=True) if kept)
        self.wanted = wanted[promised]
        support = profile.holdings.support_within(table.shares[:, promised], profile.columns)
        self.own = items_of_labels(support, settings)

    def missing(self, chosen: Sequence[int]) -> NDArray[np.int64]:
        """What each label lacks of its floor."""
        lacking: NDArray[np.int64] = np.maximum(0, self.wanted - self.own[list(chosen)].sum(axis=0))
        return lacking

    def report(self, chosen: Sequence[int]) -> tuple[Floor, ...]:
        rows = zip(self.keys, self.wanted.tolist(), self.missing(chosen).tolist(), strict=True)
        return tuple(Floor(dimension, label, wanted, wanted - lack) for (dimension, label), wanted, lack in rows)


def _complete(profile: Profile, floors: _Floors, chosen: dict[int, str], size: int) -> None:
    """Fills free places: first for labels below their floor, then by PAV gain."""
    while len(chosen) < min(size, profile.columns.size):
        served = floors.own[:, floors.missing(list(chosen)) > 0].sum(axis=1)
        served[list(chosen)] = 0
        if served.max(initial=0) == 0:
            break
        counts = profile.satisfaction(list(chosen))
        best = np.flatnonzero(served == served.max())
        gains = np.array([pav_gain(profile, counts, int(candidate)) for candidate in best])
        chosen[int(best[np.flatnonzero(gains >= gains.max() - ROUNDING)[0]])] = "floor"
    # A bloc may buy the other side of a chosen statement; a place that is left over says something new instead.
    for candidate in by_pav_gain(profile, list(chosen), size - len(chosen), is_one_sided=True):
        chosen[candidate] = "completion"


def _repair(
    profile: Profile, floors: _Floors, chosen: dict[int, str], size: int, settings: SlateSettings
) -> dict[int, str]:
    """The slate after swaps each of which lessens the deficit of the floors and keeps EJR+."""
    for _ in range(settings.max_swaps):
        for outgoing, incoming in _repairs(profile, floors, list(chosen), settings):
            swapped = [incoming if candidate == outgoing else candidate for candidate in chosen]
            if neglect(profile, swapped, size) < 1 - ROUNDING:
                break
        else:
            return chosen
        chosen = {new: chosen.get(new, "repair") for new in swapped}
    return chosen


def _repairs(profile: Profile, floors: _Floors, chosen: list[int], settings: SlateSettings) -> list[tuple[int, int]]:
    """Swaps (outgoing, incoming) that lessen the deficit, the best first: least left missing, then PAV score."""
    missing = floors.missing(chosen)
    served = floors.own[:, missing > 0].sum(axis=1)
    served[chosen] = 0
    incoming = np.lexsort((np.arange(served.size), -np.round(profile.support, 9), -served))
    incoming = incoming[served[incoming] > 0][: settings.max_repair_candidates]
    ranked: list[tuple[int, float, int, int]] = []
    for outgoing in chosen:
        rest = [candidate for candidate in chosen if candidate != outgoing]
        counts = profile.satisfaction(rest)
        lost = pav_gain(profile, counts, outgoing)
        for candidate in incoming.tolist():
            left = int(floors.missing([*rest, candidate]).sum())
            if left < missing.sum():
                gain = round(pav_gain(profile, counts, candidate) - lost, 9)
                ranked.append((left, -gain, candidate, outgoing))
    return [(outgoing, candidate) for _, _, candidate, outgoing in sorted(ranked)]
