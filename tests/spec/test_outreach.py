"""Who is missing: whom to invite next, and which pairings would be new."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.errors import BadValue
from deliberation.outreach import Invitation, next_invitations, shortfalls, unusual_pairings


def test_a_category_lacks_what_its_share_of_the_expected_people_exceeds_those_who_came() -> None:
    lacking = shortfalls({"women": 10, "youth": 40}, {"women": 0.25, "youth": 0.25, "farmers": 0.1}, 100)
    assert lacking == {"farmers": 10, "women": 15}
    with pytest.raises(BadValue):
        shortfalls({}, {"women": 1.5}, 10)


def test_one_invitation_closes_a_gap_in_every_attribute() -> None:
    counts = {"constituency": {"women": 5, "science": 15}, "region": {"africa": 4, "europe": 16}}
    targets = {"constituency": {"women": 0.5, "science": 0.5}, "region": {"africa": 0.4, "europe": 0.6}}
    found = next_invitations(counts, targets, n_expected=20)
    assert found == (
        Invitation((("constituency", "women"), ("region", "africa")), 4),
        Invitation((("constituency", "women"),), 1),
    )


def test_where_every_target_is_met_nobody_is_asked_for() -> None:
    assert next_invitations({"region": {"a": 10}}, {"region": {"a": 0.5}}, n_expected=20) == ()
    assert next_invitations({}, {}, n_expected=20) == ()


shares = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0.1, 0.2, 0.25]), max_size=4)
people = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 30), max_size=4)


@given(st.tuples(people, people), st.tuples(shares, shares), st.integers(0, 80))
def test_no_more_people_are_asked_for_than_the_largest_gap_of_an_attribute_needs(
    counts: tuple[dict[str, int], ...], targets: tuple[dict[str, float], ...], n: int
) -> None:
    asked = next_invitations(dict(zip("xy", counts, strict=True)), dict(zip("xy", targets, strict=True)), n_expected=n)
    gaps = [sum(shortfalls(have, want, n).values()) for have, want in zip(counts, targets, strict=True)]
    assert sum(one.n for one in asked) == max(gaps)
    for attribute, have, want in zip("xy", counts, targets, strict=True):
        for category, lacking in shortfalls(have, want, n).items():
            assert sum(one.n for one in asked if (attribute, category) in one.categories) == lacking


def test_a_pair_that_agrees_and_never_met_is_the_most_unusual() -> None:
    proposals = [{"business", "science"}] * 4 + [{"women"}] * 4 + [{"business"}] * 2
    agreed = {("business", "women"): [7, 9], ("business", "science"): [7], ("science", "women"): []}
    found = unusual_pairings(proposals, agreed)
    assert [(one.one, one.other) for one in found] == [("business", "women")]
    assert (found[0].n_observed, found[0].agreed) == (0, (7, 9))
    assert found[0].unusualness == pytest.approx(math.log((6 * 4 / 10 + 0.5) / 0.5))


def test_a_pair_that_agrees_on_nothing_or_wrote_nothing_is_not_proposed() -> None:
    assert unusual_pairings([{"a"}, {"b"}], {("a", "b"): []}) == ()
    assert unusual_pairings([{"a"}], {("a", "b"): [1]}) == ()
    assert unusual_pairings([], {("a", "b"): [1]}) == ()
