"""Adoption by example: a rule set beforehand, what it makes of the answers, and whom a lot asks."""

from __future__ import annotations

from collections import Counter

import pytest

from deliberation.adoption import AdoptionRule, Answered, Verdict, decide
from deliberation.errors import BadValue
from deliberation.samples import draw_sample, frame_digest

WOMEN, NGOS = ("constituency", "women"), ("constituency", "ngos")


def verdict(yes: int, no: int, unsure: int = 0, *, rule: AdoptionRule = AdoptionRule(), n_asked: int = 100) -> Verdict:
    return decide(rule, Answered(yes, no, unsure), {}, n_asked=n_asked)


def test_by_default_more_must_be_able_to_live_with_it_than_not() -> None:
    assert verdict(6, 5).outcome == "adopted"
    assert verdict(5, 6).outcome == "returned"


def test_a_tie_is_no_majority() -> None:
    assert verdict(20, 20).outcome == "returned"


def test_whoever_is_unsure_takes_no_side() -> None:
    assert verdict(6, 5, 80).outcome == "adopted"
    assert verdict(0, 0, 30).outcome == "returned"


def test_a_rule_of_two_thirds_is_met_by_exactly_two_of_three() -> None:
    rule = AdoptionRule(people=66)
    assert verdict(66, 34, rule=rule).outcome == "adopted"
    assert verdict(65, 35, rule=rule).outcome == "returned"


def test_a_constituency_that_cannot_live_with_it_returns_the_slate() -> None:
    found = decide(
        AdoptionRule(), Answered(60, 12, 0), {WOMEN: Answered(2, 10, 0), NGOS: Answered(58, 2, 0)}, n_asked=80
    )
    assert (found.outcome, found.is_carried, found.against, found.n_parts) == ("returned", True, (WOMEN,), 2)


def test_a_constituency_of_one_has_no_veto() -> None:
    found = decide(AdoptionRule(), Answered(30, 1, 0), {WOMEN: Answered(0, 1, 0), NGOS: Answered(30, 0, 0)}, n_asked=31)
    assert (found.outcome, found.n_parts) == ("adopted", 1)


def test_a_rule_may_ask_less_of_each_constituency_than_of_all_or_nothing() -> None:
    parts = {WOMEN: Answered(4, 8, 0)}
    for share, outcome in ((0, "adopted"), (33, "adopted"), (34, "returned")):
        assert decide(AdoptionRule(parts=share), Answered(40, 10, 0), parts, n_asked=60).outcome == outcome


def test_too_few_answers_decide_nothing() -> None:
    assert verdict(4, 0).outcome == "too_few"
    assert verdict(20, 4, rule=AdoptionRule(quorum=25)).outcome == "too_few"
    assert verdict(20, 5, rule=AdoptionRule(quorum=25)).outcome == "adopted"


def test_the_rule_reads_back_and_what_is_missing_is_as_by_default() -> None:
    rule = AdoptionRule(people=67, parts=33, quorum=50)
    assert AdoptionRule.from_json(rule.to_json()) == rule
    assert AdoptionRule.from_json({"people": 60}) == AdoptionRule(people=60)


@pytest.mark.parametrize("odd", [{"people": 0}, {"people": 101}, {"parts": -1}, {"quorum": 50.5}, {"people": True}])
def test_a_rule_that_nothing_or_everything_meets_is_refused(odd: dict[str, int]) -> None:
    with pytest.raises(BadValue):
        AdoptionRule.from_json(odd)


def test_a_sample_is_the_same_for_the_same_seed_in_whatever_order_people_come() -> None:
    people = list(range(10_000, 11_000))
    drawn = draw_sample(people, seed="a", size=400)
    assert drawn == draw_sample(reversed(people), seed="a", size=400)
    assert len(drawn) == 400 and set(drawn) <= set(people) and list(drawn) == sorted(drawn)
    assert drawn != draw_sample(people, seed="b", size=400)


def test_everybody_is_as_likely_as_anybody_else_to_be_drawn() -> None:
    times = Counter(one for seed in range(2_000) for one in draw_sample(range(20), seed=str(seed), size=5))
    # 500 expected, standard deviation 19.4: five of those on either side.
    assert min(times.values()) > 403 and max(times.values()) < 597


def test_where_there_are_not_more_everybody_is_drawn() -> None:
    assert draw_sample([3, 1, 2], seed="a", size=400) == (1, 2, 3)
    assert draw_sample([], seed="a", size=400) == ()
    with pytest.raises(BadValue):
        draw_sample([1], seed="a", size=-1)


def test_who_could_be_drawn_has_one_digest_whatever_the_order() -> None:
    assert frame_digest([2, 1]) == frame_digest([1, 2, 2]) != frame_digest([1, 3])
