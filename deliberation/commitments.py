"""Commitments: what makes one checkable, which states it may take, and when a leader's word is due again."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """What has become of a commitment. Paused is a state like the others, with its reason and its end."""

    DRAFT = "draft"
    MADE = "made"
    PAUSED = "paused"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"


NEXT_STATUSES: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.MADE}),
    Status.MADE: frozenset({Status.PAUSED, Status.DELIVERED, Status.WITHDRAWN}),
    Status.PAUSED: frozenset({Status.MADE, Status.DELIVERED, Status.WITHDRAWN}),
    Status.DELIVERED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}
"""What may follow what. An undertaking that was made is never a draft again: what was promised stays readable."""


class Smart(StrEnum):
    """The United Nations' reading of SMART, in which R is resource-based."""

    SPECIFIC = "specific"
    MEASURABLE = "measurable"
    ACHIEVABLE = "achievable"
    RESOURCE_BASED = "resource_based"
    TIME_BASED = "time_based"


@dataclass(frozen=True)
class Undertaking:
    """What a commitment says of itself, as far as it must be complete."""

    what: str = ""
    indicator: str = ""
    target: str = ""
    achievable: str = ""
    n_resources: int = 0
    n_deliverables: int = 0
    starts_on: date | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class CommitmentSettings:
    """How long a leader's word holds without being said again."""

    n_months_of_pledge: int = 6
    """Offices change hands and priorities faster than partnerships end; half a year is two reports a year."""


def missing(undertaking: Undertaking) -> tuple[Smart, ...]:
    """The parts that a checkable commitment still lacks, in the order of the word; none for a complete one.

    Specific: what will be done. Measurable: an indicator and its target; a baseline may be unknown. Achievable: why it
    can be done. Resource-based: at least one resource. Time-based: a start, an end after it, and a deliverable.
    """
    one = undertaking
    is_timed = one.starts_on is not None and one.due_on is not None and one.starts_on < one.due_on
    has = {
        Smart.SPECIFIC: bool(one.what.strip()),
        Smart.MEASURABLE: bool(one.indicator.strip() and one.target.strip()),
        Smart.ACHIEVABLE: bool(one.achievable.strip()),
        Smart.RESOURCE_BASED: one.n_resources > 0,
        Smart.TIME_BASED: is_timed and one.n_deliverables > 0,
    }
    return tuple(part for part in Smart if not has[part])


def renewal_due(renewed_on: date, changed_on: date | None, *, settings: CommitmentSettings | None = None) -> date:
    """The day on which a leader's word is due again: half a year after it was last said, or when the office changed.

    changed_on : when the office-holder last changed; it counts if nobody has said the word again since
    """
    settings = settings or CommitmentSettings()
    later = months_after(renewed_on, settings.n_months_of_pledge)
    return min(later, changed_on) if changed_on is not None and changed_on >= renewed_on else later


def months_after(day: date, n_months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    month = day.month - 1 + n_months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
