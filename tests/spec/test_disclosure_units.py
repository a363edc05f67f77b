"""The gate for views in which an organisation or a constituency counts once: units and people must both be enough."""

from __future__ import annotations

import pytest

from deliberation.disclosure import Attribution, Audience, Row, release
from deliberation.disclosure_units import UnitRow, next_units, release_each_category_once, release_units

HOUSE, OPEN = Attribution.CHATHAM_HOUSE, Attribution.OPEN
INSIDE, PUBLIC = Audience.INSIDE, Audience.PUBLIC


def row(n_units: int, agrees: int, disagrees: int, share: float) -> UnitRow:
    return UnitRow("1", n_units, (agrees, disagrees, 0), (share, 1 - share, 0.0))


@pytest.mark.parametrize(
    ("mode", "audience", "n_units", "n_participants", "is_shown"),
    [
        (HOUSE, PUBLIC, 9, 100, False),
        (HOUSE, PUBLIC, 10, 100, True),
        (HOUSE, INSIDE, 4, 100, False),
        (HOUSE, INSIDE, 5, 100, True),
        (HOUSE, INSIDE, 20, 29, False),
        (OPEN, PUBLIC, 4, 29, False),
        (OPEN, PUBLIC, 5, 29, True),
    ],
)
def test_a_row_needs_as_many_organisations_as_one_elsewhere_needs_people(
    mode: Attribution, audience: Audience, n_units: int, n_participants: int, is_shown: bool
) -> None:
    (told,) = release_units(
        [row(n_units, 20, 20, 0.5)], "organisations", mode, audience=audience, n_participants=n_participants
    )
    assert (told.is_shown, told.agree_share is not None) == (is_shown, is_shown)
    assert told.key == ("1", "organisations")


def test_under_the_chatham_house_rule_means_are_in_steps_and_capped() -> None:
    rows = [row(12, 30, 10, share) for share in (0.74, 1 / 3, 0.999, 0.0, 0.725)]
    told = release_units(rows, "organisations", HOUSE, audience=PUBLIC, n_participants=60)
    assert [one.agree_share for one in told] == [0.75, 0.35, 0.9, 0.1, 0.75]
    assert {one.n_voters for one in told} == {(10, 19)}
    (exact,) = release_units(rows[:1], "organisations", OPEN, audience=PUBLIC, n_participants=60)
    assert (exact.agree_share, exact.n_voters) == (0.74, 12)


def test_a_row_is_published_anew_only_when_enough_people_moved() -> None:
    old = row(12, 30, 10, 0.7)
    for moved, is_new in ((row(12, 30, 10, 0.7), False), (row(13, 34, 10, 0.8), False), (row(13, 35, 10, 0.8), True)):
        (kept,) = next_units([moved], {"1": old}, HOUSE)
        assert (kept == moved and kept != old) == is_new
    (kept,) = next_units([row(12, 31, 10, 0.7)], {"1": old}, OPEN)
    assert kept.people == (31, 10, 0)


def test_a_row_is_stored_as_plain_values() -> None:
    one = row(12, 30, 10, 0.725)
    assert UnitRow.from_record(one.record()) == one


def test_each_constituency_once_is_the_mean_of_what_is_told_of_them() -> None:
    asked = [Row(("1",), 50, 50, 0)]
    for code, agrees, disagrees in (("women", 40, 0), ("ngos", 10, 20), ("farmers", 0, 18), ("youth", 0, 12)):
        asked.append(Row(("1", "constituency", code), agrees, disagrees, 0))
    told = release(asked, None, OPEN, audience=PUBLIC, n_participants=100)
    table = [one for one in told.rows if len(one.key) == 3]
    mean = release_each_category_once(table, "1", "constituencies", OPEN, audience=PUBLIC, n_participants=100)
    assert mean.agree_share == pytest.approx((1 + 1 / 3 + 0 + 0) / 4)
    assert mean.n_voters == 4
    assert mean.disagree_share == pytest.approx(1 - mean.agree_share)
    few = release_each_category_once(table[:1], "1", "constituencies", OPEN, audience=PUBLIC, n_participants=100)
    small = release_each_category_once(table, "1", "constituencies", HOUSE, audience=PUBLIC, n_participants=29)
    assert not few.is_shown and not small.is_shown
