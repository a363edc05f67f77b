"""The portfolio of coalitions: coverage, gaps, overlaps, fragmentation, missing smoothers, introductions and brokers.

Fragmentation is 1 less the Herfindahl index; betweenness is Freeman's (1977), with the sums of Brandes (2001).
"""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.brokers import brokers
from deliberation.errors import BadValue, TooLarge
from deliberation.portfolio import (
    Footprint,
    coverage,
    fragmentation,
    gaps,
    introductions,
    missing_smoothers,
    overlaps,
)

WATER = Footprint(1, frozenset({("6.1", "african", "initiate"), ("6.1", "african", "scale")}), n_members=6)
WELLS = Footprint(2, frozenset({("6.1", "african", "initiate")}), n_members=2)
SEA = Footprint(3, frozenset({("14.1", "weog", "scale")}), n_members=4)
ALL = (WATER, WELLS, SEA)


def test_a_cell_tells_which_coalitions_work_there() -> None:
    assert coverage(ALL) == {
        ("14.1", "weog", "scale"): (3,),
        ("6.1", "african", "initiate"): (1, 2),
        ("6.1", "african", "scale"): (1,),
    }


def test_a_gap_is_named_by_people_and_worked_on_by_nobody() -> None:
    wanted = {("6.1", "african"): 9, ("6.1", "grulac"): 2, ("14.1", "african"): 5, ("2.4", "weog"): 0}
    assert gaps(wanted, ALL) == (("14.1", "african", 5), ("6.1", "grulac", 2))


def test_two_that_do_half_the_same_overlap() -> None:
    (pair,) = overlaps(ALL)
    assert (pair.coalitions, pair.likeness, pair.shared) == ((1, 2), 0.5, (("6.1", "african", "initiate"),))


def test_partners_under_a_target_are_divided_by_their_shares() -> None:
    (found,) = fragmentation(ALL)
    assert (found.target, found.n_coalitions) == ("6.1", 2)
    assert found.index == pytest.approx(1 - (6 / 8) ** 2 - (2 / 8) ** 2)
    ten = [Footprint(n, frozenset({("17.17", "global", "initiate")})) for n in range(10)]
    assert fragmentation(ten)[0].index == pytest.approx(0.9)


def test_who_scales_up_against_resistance_needs_somebody_who_eases_the_change() -> None:
    against = {1: {"farmers": 0.4, "ngos": 0.1}, 3: {"business": 0.2}}
    assert missing_smoothers(ALL, against) == {1: ("farmers",)}
    easing = Footprint(4, frozenset({("6.1", "weog", "smooth")}))
    assert missing_smoothers((*ALL, easing), against) == {}
    assert missing_smoothers((WELLS,), {2: {"farmers": 0.9}}) == {}, "nothing is scaled up"


def test_coalitions_under_one_target_without_a_common_partner_are_introduced() -> None:
    assert introductions(ALL, {1: [10, 11], 2: [12], 3: [10]}) == ((1, 2, ("6.1",)),)
    assert introductions(ALL, {1: [10, 11], 2: [11], 3: [10]}) == ()


def test_who_joins_two_circles_is_a_broker_and_a_bridge() -> None:
    found = brokers([(1, 2), (2, 3), (1, 3), (3, 4), (4, 5), (5, 6), (4, 6)])
    assert [(one.participant, one.is_bridge) for one in found] == [(3, True), (4, True)]
    assert found[0].betweenness == pytest.approx(6 / 10)  # 1 and 2 with 4, 5 and 6, of ten pairs of others


def test_a_broker_whom_others_can_go_around_is_no_bridge() -> None:
    found = brokers([(1, 2), (2, 3), (3, 4), (4, 1)])
    assert {one.participant: (round(one.betweenness, 3), one.is_bridge) for one in found} == dict.fromkeys(
        (1, 2, 3, 4), (0.167, False)
    )


def ways(links: set[tuple[int, int]], start: int, end: int) -> list[tuple[int, ...]]:
    """All shortest ways from one to another, by trying every one."""
    near: dict[int, set[int]] = {}
    for a, b in links:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    tried = [(start,)]
    while tried:
        there = [way for way in tried if way[-1] == end]
        if there:
            return there
        tried = [(*way, one) for way in tried for one in near.get(way[-1], ()) if one not in way]
    return []


@given(st.sets(st.sampled_from(list(combinations(range(6), 2))), max_size=9))
def test_betweenness_is_the_share_of_shortest_ways(links: set[tuple[int, int]]) -> None:
    people = sorted({one for pair in links for one in pair})
    found = {one.participant: one.betweenness for one in brokers(links)}
    for person in people:
        total = 0.0
        for a, b in combinations([one for one in people if one != person], 2):
            every = ways(links, a, b)
            total += sum(person in way for way in every) / len(every) if every else 0.0
        pairs = (len(people) - 1) * (len(people) - 2) / 2
        assert found.get(person, 0.0) == pytest.approx(total / pairs if pairs else 0.0, abs=1e-6)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(BadValue):
        Footprint(1, frozenset({("6.1", "african", "dream")}))
    with pytest.raises(BadValue):
        Footprint(1, frozenset(), n_members=0)
    with pytest.raises(BadValue):
        gaps({("6.1", "african"): -1}, ())
    with pytest.raises(BadValue):
        missing_smoothers(ALL, {1: {"farmers": 1.2}})
    with pytest.raises(BadValue):
        brokers([(1, 1)])
    with pytest.raises(TooLarge):
        brokers([(0, one) for one in range(1, 5_001)])
    assert brokers([(1, 2)]) == ()
