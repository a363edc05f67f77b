"""What a demo consultation is made of: its words, its proposals, and how each view would take every statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FORUM = "forum"
"""Author mark of the one organisation that writes more than its part."""


@dataclass(frozen=True)
class DemoProposal:
    """One proposal as its author wrote it.

    `support` says what share of each view, in per cent and in the order of `DemoConsultation.views`, would agree if it
    had to choose; the simulator's loadings follow from it. `author` is a constituency, `FORUM`, `starter` for one
    written by the convenor, or empty for anybody who would agree. `question` is the guiding question under which the
    rapporteur noted it in the room, 0 for what was typed by its author.
    """

    statement: str
    support: tuple[int, int, int]
    theme: str
    goals: tuple[int, ...] = (17,)
    language: str = "en"
    details: str = ""
    author: str = ""
    question: int = 0


@dataclass(frozen=True)
class UnpublishedProposal:
    """A proposal that waits for a moderator (no reason code) or that one declined, with the sentence its author got."""

    statement: str
    theme: str
    language: str = "en"
    details: str = ""
    author: str = ""
    reason_code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class DemoConsultation:
    """One consultation of the demo. `targets` are shares by attribute and code; `views` name what people want."""

    slug: str
    title: str
    question: str
    description: str
    promise: str
    questions: tuple[str, ...]
    venue: str
    zone: str
    goals: tuple[int, ...]
    views: tuple[str, str, str]
    proposals: tuple[DemoProposal, ...]
    targets: Mapping[str, Mapping[str, float]]
    unpublished: tuple[UnpublishedProposal, ...] = ()
