"""Commitments: complete in the United Nations' SMART form before they are made, paused honestly, and said again.

SMART: specific, measurable, achievable, resource-based, time-based (Partnerships for SDGs platform).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.taxonomies import commitments as words
from deliberation.commitments import (
    NEXT_STATUSES,
    Smart,
    Status,
    Undertaking,
    missing,
    months_after,
    renewal_due,
)

WHOLE = Undertaking(
    what="Forty coordinators finish the course.",
    indicator="Coordinators with a certificate",
    target="40",
    achievable="The course has been given twice.",
    n_resources=1,
    n_deliverables=1,
    starts_on=date(2027, 1, 1),
    due_on=date(2027, 12, 31),
)


def test_a_whole_commitment_lacks_nothing() -> None:
    assert missing(WHOLE) == ()
    assert missing(Undertaking()) == tuple(Smart)


@pytest.mark.parametrize(
    ("without", "part"),
    [
        ({"what": " "}, Smart.SPECIFIC),
        ({"indicator": ""}, Smart.MEASURABLE),
        ({"target": ""}, Smart.MEASURABLE),
        ({"achievable": ""}, Smart.ACHIEVABLE),
        ({"n_resources": 0}, Smart.RESOURCE_BASED),
        ({"n_deliverables": 0}, Smart.TIME_BASED),
        ({"due_on": None}, Smart.TIME_BASED),
        ({"due_on": date(2026, 12, 31)}, Smart.TIME_BASED),
    ],
)
def test_each_part_is_asked_for(without: dict[str, object], part: Smart) -> None:
    assert missing(replace(WHOLE, **without)) == (part,)  # type: ignore[arg-type]  # one field of each type


def test_the_parts_are_the_united_nations_five() -> None:
    assert tuple(entry.code for entry in words.of_kind("smart")) == tuple(Smart)


def test_what_was_made_is_never_a_draft_again_and_pausing_is_no_end() -> None:
    assert all(Status.DRAFT not in following for following in NEXT_STATUSES.values())
    assert Status.MADE in NEXT_STATUSES[Status.PAUSED]
    assert not NEXT_STATUSES[Status.DELIVERED] and not NEXT_STATUSES[Status.WITHDRAWN]


def test_a_leader_s_word_is_due_after_half_a_year_or_when_the_office_changes_hands() -> None:
    said = date(2027, 8, 31)
    assert renewal_due(said, None) == date(2028, 2, 29)
    assert renewal_due(said, date(2027, 10, 1)) == date(2027, 10, 1)
    assert renewal_due(said, date(2027, 1, 1)) == date(2028, 2, 29), "it was said again since"
    assert renewal_due(said, date(2029, 1, 1)) == date(2028, 2, 29)


def test_a_month_without_that_day_ends_earlier() -> None:
    assert months_after(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert months_after(date(2027, 11, 15), 14) == date(2029, 1, 15)
