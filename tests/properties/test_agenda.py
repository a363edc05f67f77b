"""The minutes of an agenda always add up to the length of the meeting, whatever there is to talk about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.agenda import LONGEST, SHORTEST, STEP, Topic, is_length, shared

LENGTHS = st.integers(SHORTEST // STEP, LONGEST // STEP).map(lambda n: STEP * n)
WANTS = st.lists(st.tuples(st.integers(1, 120), st.booleans()), min_size=1, max_size=SHORTEST // STEP)


def topics(wants: list[tuple[int, bool]]) -> list[Topic]:
    return [Topic(str(at), minutes, is_optional) for at, (minutes, is_optional) in enumerate(wants)]


@given(WANTS, LENGTHS)
def test_the_minutes_add_up_and_each_topic_has_some(wants: list[tuple[int, bool]], minutes: int) -> None:
    every = topics(wants)
    given_ = shared(every, minutes)
    assert sum(n for _, n in given_) == minutes
    assert all(n >= STEP and n % STEP == 0 for _, n in given_)
    kept = [one for one, _ in given_]
    assert kept == [one for one in every if one in kept]
    assert {one for one in every if not one.is_optional} <= set(kept)


@given(WANTS, LENGTHS)
def test_who_wants_more_has_no_less(wants: list[tuple[int, bool]], minutes: int) -> None:
    given_ = shared(topics(wants), minutes)
    assert all(n + STEP >= other or one.wants < another.wants for one, n in given_ for another, other in given_)


def test_a_short_meeting_leaves_out_what_can_wait_the_last_first() -> None:
    every = [
        Topic("opening", 10),
        Topic("first", 20),
        Topic("second", 20, True),
        Topic("third", 20, True),
        Topic("end", 10),
    ]
    assert [one.code for one, _ in shared(every, 120)] == ["opening", "first", "second", "third", "end"]
    assert [one.code for one, _ in shared(every, 35)] == ["opening", "first", "second", "end"]


@pytest.mark.parametrize("minutes", [0, 25, 92, 485, -30])
def test_a_length_that_cannot_be_planned_is_refused(minutes: int) -> None:
    assert not is_length(minutes)
    with pytest.raises(ValueError, match="steps of five"):
        shared([Topic("all", 10)], minutes)
