"""The thresholds of the disclosure gate, and how it tells a share, a number of people and a support in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from deliberation.errors import BadValue
from deliberation.quantifiers import Dissent, Quantified, QuantifierSettings, dissent_for_count, word_for_count
from deliberation.released import Attribution, Audience


@dataclass(frozen=True)
class DisclosureSettings:
    """The thresholds of the gate. A convenor may raise the counts of people, and never lower them."""

    fewest_open: int = 5
    """Voters in a row where authors are hidden but figures exact."""
    fewest_inside: int = 5
    """Those who take part already know who was in the room."""
    fewest_public: int = 10
    """The usual threshold of statistical offices for published tables (ONS research outputs)."""
    fewest_moved: int = 5
    """New or changed voters before a row is renewed: the difference of two publications describes only these."""
    small_room_below: int = 30
    """Below it figures single out people whatever their rounding; words only."""
    exact_from: int = 50
    """Below it a number of voters with a rounded share gives the exact count away."""
    bands: tuple[int, ...] = (5, 10, 20, 30)
    """Lowest counts of the bands in which smaller numbers are told."""
    n_steps: int = 20
    """Shares are told in steps of 5 points."""
    cap: float = 0.10
    """A unanimous row would say how each of its voters voted."""
    cap_of_few: float = 0.20
    """Of fewer than `few_below` voters one who differs is over a tenth: "90 % or more" would mean all of them."""
    few_below: int = 10
    """From here on a single voter is at most the cap."""
    fewest_counts: int = 3
    """A word must leave open which of three counts it stands for."""
    fewest_dissenters: int = 3
    """Fewer are passed over: else silence about dissent would mean unanimity."""
    fewest_organisations: int = 3
    """A standing of a category with fewer organisations is the standing of one organisation."""
    fewest_curators: int = 3
    """Two curators know each other's scores and interests from any figure of both."""
    fewest_origins: int = 3
    """One or two origins of two statements would say whether both have one author."""
    near_between: tuple[float, float] = (0.67, 1.5)
    """Ratio of a share to its target that is still "near": the minimum effect of the power measures."""
    group: str = "group"
    constituency: str = "constituency"
    """Names of the two attributes that the quantifier ladder looks at."""

    def __post_init__(self) -> None:
        floors = {"fewest_open": 5, "fewest_inside": 5, "fewest_public": 10, "fewest_moved": 5, "small_room_below": 30}
        for name, floor in floors.items():
            if getattr(self, name) < floor:
                raise BadValue(name=name, value=getattr(self, name), allowed=f"{floor} or more")
        if self.fewest_public < self.fewest_inside:
            raise BadValue(name="fewest_public", value=self.fewest_public, allowed="at least fewest_inside")


DEFAULT = DisclosureSettings()


@dataclass(frozen=True)
class Rules:
    """The settings as they bind one release."""

    mode: Attribution
    settings: DisclosureSettings
    fewest: int
    fewest_inside: int
    is_small_room: bool

    @property
    def is_exact(self) -> bool:
        return self.mode is not Attribution.CHATHAM_HOUSE

    def cap_for(self, n: int) -> float | None:
        """The lowest share that is told of so many voters, so that one who differs cannot be told from none."""
        if self.is_exact:
            return None
        return self.settings.cap if n >= self.settings.few_below else self.settings.cap_of_few


def rules_for(
    mode: Attribution, audience: Audience, n_participants: int, settings: DisclosureSettings = DEFAULT
) -> Rules:
    """The thresholds that hold for one mode, audience and size of room."""
    is_exact = mode is not Attribution.CHATHAM_HOUSE
    fewest = settings.fewest_public if audience is Audience.PUBLIC else settings.fewest_inside
    return Rules(
        mode,
        settings,
        settings.fewest_open if is_exact else fewest,
        settings.fewest_open if is_exact else settings.fewest_inside,
        not is_exact and n_participants < settings.small_room_below,
    )


def share_told(part: int, whole: int, rules: Rules) -> float:
    """A share as it may be told: exact, or in steps and capped."""
    cap = rules.cap_for(whole)
    if cap is None:
        return part / whole
    return min(max(stepped(part, whole, rules.settings.n_steps), cap), round(1 - cap, 9))


def stepped(part: int, whole: int, n_steps: int) -> float:
    """Half a step goes up, in whole numbers, so that every machine rounds alike."""
    return ((2 * n_steps * part + whole) // (2 * whole)) / n_steps


def number_told(n: int, rules: Rules) -> int | tuple[int, int]:
    """A number of people as it may be told: exact, or the band it lies in."""
    settings = rules.settings
    if rules.is_exact or n >= settings.exact_from:
        return n
    edges = (0, *settings.bands, settings.exact_from)
    low = max(edge for edge in edges if edge <= n)
    return low, edges[edges.index(low) + 1] - 1


def words_told(agrees: int, disagrees: int, rules: Rules) -> Quantified:
    """A support in words as it may be told, by its counts alone."""
    positions = agrees + disagrees
    if positions < QuantifierSettings().fewest_positions:
        return Quantified(None, None)
    if rules.is_exact:
        return Quantified(word_for_count(agrees, positions), dissent_for_count(disagrees, positions))
    words = _discreet(agrees, positions, rules.settings)
    if positions <= WORDS_BY_COUNT_TO:
        words = words_by_count(positions, rules.settings)[agrees]
    note = Dissent.NOTE_OF_CAUTION if words.dissent and rules.is_small_room else words.dissent
    return Quantified(words.word, note)


WORDS_BY_COUNT_TO = 200
"""From 51 positions on every word stands for three counts or more by itself."""


def _discreet(agrees: int, positions: int, settings: DisclosureSettings) -> Quantified:
    disagrees = positions - agrees
    told = disagrees >= settings.fewest_dissenters
    return Quantified(word_for_count(agrees, positions), dissent_for_count(disagrees, positions) if told else None)


@lru_cache(maxsize=1024)
def words_by_count(positions: int, settings: DisclosureSettings = DEFAULT) -> tuple[Quantified, ...]:
    """The words told in `chatham_house` for 0, 1 ... `positions` agreeing: each for at least three counts, or for none.

    A word that fewer counts could have produced becomes the next vaguer one, from the top of the ladder down. A reader
    who knows how many took a position still cannot tell how many agreed, nor that all did.
    """
    told = [_discreet(agrees, positions, settings) for agrees in range(positions + 1)]
    start = positions
    while start >= 0:
        end = start
        while end > 0 and told[end - 1] == told[start]:
            end -= 1
        if start - end + 1 < settings.fewest_counts and end > 0:
            told[end : start + 1] = [told[end - 1]] * (start - end + 1)
        else:
            start = end - 1
    return tuple(told)
