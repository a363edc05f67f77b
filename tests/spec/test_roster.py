"""The roster: nobody takes more than two of five engagements, so that services do not become a business.

A provider may take one more while there are fewer than 5 with it, or while their share with it is at most 40 per cent.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deliberation.roster import may_take, share_with_one_more


def test_the_first_four_engagements_may_all_be_with_one_provider() -> None:
    assert may_take([], "ana")
    assert may_take(["ana", "ana", "ana"], "ana")


def test_of_five_nobody_has_more_than_two() -> None:
    assert may_take(["ana", "ben", "ben", "cem"], "ana")
    assert not may_take(["ana", "ana", "ben", "cem"], "ana")
    assert share_with_one_more(["ana", "ana", "ben", "cem"], "ana") == 0.6


def test_who_has_too_much_may_take_one_again_when_others_have_more() -> None:
    assert not may_take(["ana", "ana", "ana", "ben", "cem", "dil"], "ana")
    assert may_take(["ana", "ana", "ana", "ben", "cem", "dil", "ben", "cem", "dil"], "ana")


@given(st.lists(st.sampled_from("abcdef"), max_size=40))
def test_by_the_rule_nobody_ever_passes_the_cap_from_the_fifth_on(wishes: list[str]) -> None:
    taken: list[str] = []
    for one in wishes:
        if may_take(taken, one):
            taken.append(one)
            assert len(taken) < 5 or taken.count(one) / len(taken) <= 0.4 + 1e-9
