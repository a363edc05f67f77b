"""The roster: how work is spread over those who offer services, so that nobody makes a business of partnerships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RosterSettings:
    """From where on one provider has too much."""

    most_share: float = 0.40
    """The bound of a constituency in a coalition: with more, one ally makes a majority."""
    fewest_engagements: int = 5
    """Of fewer, one engagement is a quarter or more, and the first provider could not take a second."""


def share_with_one_more(engagements: Sequence[str], provider: str) -> float:
    """The provider's share of all engagements if they took one more."""
    return (list(engagements).count(provider) + 1) / (len(engagements) + 1)


def may_take(engagements: Sequence[str], provider: str, *, settings: RosterSettings | None = None) -> bool:
    """Whether the provider may take one more: always below the fewest engagements, then up to the largest share.

    engagements : who was engaged each time, those that have ended included
    """
    settings = settings or RosterSettings()
    is_few = len(engagements) + 1 < settings.fewest_engagements
    return is_few or share_with_one_more(engagements, provider) <= settings.most_share + 1e-9
