"""Adoption: whether a slate stands after its respond round, by a rule that was set before anybody answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from deliberation.disclosure_rules import DEFAULT
from deliberation.errors import BadValue

Outcome = Literal["adopted", "returned", "too_few"]
HALF = 50
"""Of just half nobody can say that it is for the slate: at this figure more than half are asked for."""


@dataclass(frozen=True)
class AdoptionRule:
    """How many must be able to live with the reasons, in per cent of those who said yes or no.

    people : of everybody
    parts : of each opinion group and constituency with enough answers; 0 asks for none of them
    quorum : of those asked, how many must have answered at all
    """

    people: int = 50
    parts: int = 50
    quorum: int = 0

    def __post_init__(self) -> None:
        for name, least in (("people", 1), ("parts", 0), ("quorum", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 100:
                raise BadValue(name=name, value=value, allowed=f"a whole number from {least} to 100")

    def to_json(self) -> dict[str, int]:
        """Plain values, ready to be stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AdoptionRule:
        """The rule that `to_json` wrote; what is not said is as by default. Raises `BadValue`."""
        return cls(**{name: data[name] for name in ("people", "parts", "quorum") if name in data})


@dataclass(frozen=True)
class AdoptionSettings:
    fewest: int = DEFAULT.fewest_inside
    """Fewest answers about which anything is said, also in a small room."""
    fewest_in_part: int = DEFAULT.fewest_public
    """Fewest answers of a group or constituency that its objection needs, so that whatever decides can be shown to
    everybody, and no constituency of one has a veto that tells how its member answered."""


@dataclass(frozen=True)
class Answered:
    """How many said yes, no and unsure."""

    yes: int
    no: int
    unsure: int

    @property
    def n(self) -> int:
        return self.yes + self.no + self.unsure


@dataclass(frozen=True)
class Verdict:
    """What a rule makes of the answers.

    is_carried : whether enough of everybody can live with it
    against : (dimension, label) of those parts of which too few can, sorted; they keep a slate from being adopted
    n_parts : how many parts had enough answers to be asked for
    """

    outcome: Outcome
    is_carried: bool
    against: tuple[tuple[str, str], ...]
    n_parts: int


def decide(
    rule: AdoptionRule,
    everybody: Answered,
    parts: Mapping[tuple[str, str], Answered],
    *,
    n_asked: int,
    settings: AdoptionSettings = AdoptionSettings(),
) -> Verdict:
    """The slate is adopted if and only if enough answered and enough of them, and of each part, can live with it.

    Counted in whole numbers: a tie at one half is no majority, and whoever is unsure takes no side. Parts with fewer
    answers than `fewest_in_part` are not asked for; `n_asked` is how many people were asked.
    """
    asked_for = {
        key: part for key, part in parts.items() if rule.parts and part.n >= settings.fewest_in_part and all(key)
    }
    against = tuple(sorted(key for key, part in asked_for.items() if not _is_enough(part, rule.parts)))
    is_carried = _is_enough(everybody, rule.people)
    if everybody.n < settings.fewest or 100 * everybody.n < rule.quorum * n_asked:
        outcome: Outcome = "too_few"
    else:
        outcome = "adopted" if is_carried and not against else "returned"
    return Verdict(outcome, is_carried, against, len(asked_for))


def _is_enough(answered: Answered, per_cent: int) -> bool:
    """Whether this part of those who took a side said yes; where nobody took one, nobody has said yes."""
    sided = answered.yes + answered.no
    if per_cent == HALF:
        return 2 * answered.yes > sided
    return bool(sided) and 100 * answered.yes >= per_cent * sided
