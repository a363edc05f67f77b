"""Votes left out by two persons: what may follow what, who decides, and what may be told of it."""

from __future__ import annotations

import pytest

from deliberation.disclosure import Attribution, Audience
from deliberation.errors import NotReleased
from deliberation.exclusions import (
    LEFT_OUT,
    NEEDS_ANOTHER,
    NEXT,
    Outcome,
    ReleasedExclusion,
    Standing,
    Step,
    may_follow_release,
    named_digest,
    release_comparison,
    release_excluded,
)

STANDINGS = """
standing    propose   confirm    refuse   propose_lifting  lift    keep
-           proposed  -          -        -                -       -
proposed    -         confirmed  refused  -                -       -
confirmed   -         -          -        lifting          -       -
refused     -         -          -        -                -       -
lifting     -         -          -        -                lifted  confirmed
lifted      -         -          -        -                -       -
"""


def test_what_follows_what() -> None:
    head, *lines = [line.split() for line in STANDINGS.strip().splitlines()]
    table = {}
    for name, *after in lines:
        for step, standing in zip(head[1:], after, strict=True):
            if standing != "-":
                table[None if name == "-" else Standing(name), Step(step)] = Standing(standing)
    assert table == NEXT


def test_two_persons_leave_votes_out_and_two_take_them_in() -> None:
    """Every way into and out of what is left out is a step of another person than the one who proposed it."""
    for (before, step), after in NEXT.items():
        if (before in LEFT_OUT) != (after in LEFT_OUT):
            assert step in NEEDS_ANOTHER, step
    assert set(NEEDS_ANOTHER) == {Step.CONFIRM, Step.LIFT}


def test_the_digest_of_the_input_names_the_exclusions() -> None:
    assert named_digest("abc", []) == "abc"
    assert named_digest("abc", ["x"]) != "abc"
    assert named_digest("abc", ["x", "y"]) == named_digest("abc", ["y", "x"])
    assert len({named_digest("abc", ["x"]), named_digest("abc", ["y"]), named_digest("abd", ["x"])}) == 3


@pytest.mark.parametrize(
    ("mode", "n_people", "may"),
    [("open", 4, False), ("open", 5, True), ("attributed", 5, True), ("chatham_house", 400, False)],
)
def test_a_released_result_is_followed_by_one_without_some_votes_only_where_they_make_up_a_row(
    mode, n_people, may
) -> None:
    assert may_follow_release(n_people, Attribution(mode), n_participants=1000) is may


def outcome(*statements: int, n_groups: int = 2, certificate: tuple[str, ...] = ("holds", "pass")) -> Outcome:
    stances = frozenset((one, "agree") for one in statements)
    return Outcome(n_groups, frozenset(statements), stances, certificate)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ((1, 2, 3), (1, 2, 3), None),
        ((1, 2, 3, 4, 5), (1, 2, 3), None),
        ((1, 2, 3, 4), (1, 2, 3, 4), True),
        ((1, 2, 3, 4, 5), (1, 2, 3, 4), True),
        ((1, 2, 3, 4, 5), (1, 2, 3, 4, 6), False),
        (tuple(range(8)), tuple(range(1, 9)), True),
        (tuple(range(8)), tuple(range(2, 10)), False),
    ],
)
def test_lists_are_alike_while_a_quarter_of_them_is_on_one_only(one, other, alike) -> None:
    told = release_comparison(outcome(*one), outcome(*other), 3, Attribution.CHATHAM_HOUSE, n_participants=300)
    assert told.is_shown
    assert (told.common_ground, told.slate) == (alike, alike)


def test_both_outcomes_stand_side_by_side_in_numbers_of_groups_and_words_of_certificates() -> None:
    whole, counted = outcome(1, n_groups=2), outcome(1, n_groups=3, certificate=("fails", "unclear"))
    told = release_comparison(whole, counted, 5, Attribution.OPEN, n_participants=300)
    assert told.n_groups == (2, 3)
    assert told.certificates == (("holds", "pass"), ("fails", "unclear"))


@pytest.mark.parametrize(
    ("mode", "n_people", "n_participants"), [("chatham_house", 2, 300), ("chatham_house", 9, 29), ("open", 4, 300)]
)
def test_of_too_few_people_nothing_stands_side_by_side(mode, n_people, n_participants) -> None:
    given = (n_people, Attribution(mode))
    told = release_comparison(outcome(1, n_groups=2), outcome(2, n_groups=3), *given, n_participants=n_participants)
    assert not told.is_shown
    assert told == release_comparison(outcome(3), outcome(3), *given, n_participants=n_participants)


def test_how_much_is_left_out_is_told_as_a_row_is() -> None:
    few = release_excluded(4, 60, Attribution.CHATHAM_HOUSE, audience=Audience.INSIDE)
    assert (few.n_people, few.n_votes) == (None, None)
    some = release_excluded(7, 105, Attribution.CHATHAM_HOUSE, audience=Audience.INSIDE)
    assert (some.n_people, some.n_votes) == ((5, 9), 105)
    assert release_excluded(7, 105, Attribution.CHATHAM_HOUSE, audience=Audience.PUBLIC).n_people is None
    assert release_excluded(3, 45, Attribution.OPEN, audience=Audience.PUBLIC).n_people == 3
    with pytest.raises(NotReleased):
        ReleasedExclusion(gate=object(), n_people=3, n_votes=45)  # type: ignore[arg-type]
