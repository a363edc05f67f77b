"""What a summary is written from, as plain values: every figure in it has passed the disclosure gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.analysis.cards import Overview
from app.analysis.exclusions import Told
from app.analysis.indicators import Indicator
from app.analysis.partnering import Recommended, Undertaken
from app.tables.rounds import Round
from deliberation.disclosure import (
    Attribution,
    Basis,
    ReleasedBreakdown,
    ReleasedCount,
    ReleasedDay,
    ReleasedRow,
    ReleasedShare,
    ReleasedStanding,
    ReleasedWords,
)
from deliberation.released import ReleasedIndex


@dataclass(frozen=True)
class Statement:
    """A statement as people quote it, with what was released of its votes."""

    id: int
    number: int
    text: str
    language: str
    theme: str
    row: ReleasedRow | None
    by_group: Mapping[str, ReleasedRow]
    by_constituency: Mapping[str, ReleasedRow]


@dataclass(frozen=True)
class OpinionGroup:
    """An opinion group: its share of those placed, and the stances it holds more than others do."""

    letter: str
    share: ReleasedShare
    typical: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class People:
    """Who took part, as far as it may be told."""

    n_invited: int
    joined: ReleasedCount
    voted: ReleasedCount
    wrote: ReleasedCount
    tables: Mapping[str, ReleasedBreakdown]
    standings: tuple[tuple[str, str, float, ReleasedStanding], ...]
    n_proposals: int
    n_statements: int
    n_votes: int | None


@dataclass(frozen=True)
class LedgerLine:
    """One stance on either slate, and why it was added or dropped."""

    statement_id: int
    choice: str
    change: str
    reason_code: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Slates:
    """The participants' slate, common ground first, and, once it is published, the curated slate with its reasons.

    n_own : items of the curated slate that began with participants
    interests : how curators declared theirs, in numbers
    """

    common_ground: tuple[tuple[int, str], ...]
    participants: tuple[tuple[int, str], ...]
    curated: tuple[tuple[int, str], ...] | None
    ledger: tuple[LedgerLine, ...]
    is_held: bool | None
    estimated: str | None
    alpha: ReleasedIndex | None
    signers: tuple[str, ...] = ()
    n_own: int | None = None
    interests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """What participants answered to the curated slate; `outcome` is adopted, returned or too_few, by the rule set."""

    n: ReleasedCount
    represents: tuple[ReleasedWords, ReleasedShare]
    can_live_with: tuple[ReleasedWords, ReleasedShare]
    outcome: str = ""


@dataclass(frozen=True)
class Partnering:
    """A coalition that has formed for a statement; one that is still forming is its own affair."""

    number: int
    title: str
    purpose: str
    statement_number: int
    members: ReleasedCount


@dataclass(frozen=True)
class Moderation:
    """How many statements were decided on, and why some were declined."""

    n_accepted: int
    n_declined: int
    n_merged: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class AlertLine:
    kind: str
    decision: str
    day: ReleasedDay
    is_cleared: bool


@dataclass(frozen=True)
class Material:
    """Everything a summary is written from, released."""

    mode: Attribution
    is_small_room: bool
    analysis_id: UUID
    analysis: Mapping[str, Any]
    closed: Round
    coming: tuple[Round, ...]
    n_voters: int
    people: People
    statements: Mapping[int, Statement]
    groups_status: str
    is_spectrum: bool
    groups: tuple[OpinionGroup, ...]
    common_ground: tuple[int, ...]
    common_rejection: tuple[int, ...]
    divides: tuple[tuple[int, str, str, str], ...]
    n_seen_by_too_few: int
    slates: Slates
    answers: Answers | None
    coalitions: tuple[Partnering, ...]
    moderation: Moderation
    alerts: tuple[AlertLine, ...]
    indicators: tuple[Indicator, ...]
    left_out: Told | None
    undertaken: tuple[Undertaken, ...] = ()
    recommended: tuple[Recommended, ...] = ()
    needs: Overview | None = None
    bases: Mapping[str, Basis] = field(default_factory=dict)
