"""Two results of the same votes, with and without a few people: what is released of both tells nobody's vote."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.disclosure import Attribution, Audience, Row, release
from deliberation.disclosure_rules import number_told, rules_for, share_told
from deliberation.exclusions import (
    FEWEST_COMPARED,
    Outcome,
    kept_since,
    may_follow_release,
    release_comparison,
    rows_beside,
)
from deliberation.intervals import jeffreys_lower

MODES = st.sampled_from(list(Attribution))
counts = st.tuples(*[st.integers(0, 40)] * 3)
choices = st.lists(st.sampled_from("adp"), min_size=1, max_size=12)


def rows_of(statement: str, parts: dict[str, tuple[int, int, int]]) -> list[Row]:
    total = tuple(sum(part[i] for part in parts.values()) for i in range(3))
    rows = [Row((statement,), *total)]
    return rows + [Row((statement, "constituency", name), *part) for name, part in parts.items()]


def with_votes(part: tuple[int, int, int], votes: list[str]) -> tuple[int, int, int]:
    return tuple(n + votes.count(choice) for n, choice in zip(part, "adp", strict=True))  # type: ignore[return-value]


@given(MODES, counts, counts, choices, st.randoms())
def test_rows_released_before_stay_whatever_the_votes_left_out_were(mode, ngos, women, votes, random) -> None:
    """The second result's rows would be the first's minus these votes: they are the same for any votes."""
    first = [*rows_of("1", {"ngos": with_votes(ngos, votes), "women": women}), *rows_of("2", {"women": women})]
    n = {"n_participants": 200, "audience": Audience.PUBLIC}
    before = release(first, None, mode, **n)
    seen = set()
    for _ in range(3):
        left_out = [random.choice("adp") for _ in votes]
        moved = tuple(
            max(a - b, 0) for a, b in zip(with_votes(ngos, votes), with_votes((0,) * 3, left_out), strict=True)
        )
        second = [*rows_of("1", {"ngos": moved, "women": women}), *rows_of("2", {"women": women})]
        kept = kept_since((), before.basis, is_correction=True)
        after = release(rows_beside(second, kept), before.basis, mode, **n)
        assert after.rows == ()
        assert after.basis.records() == before.basis.records()
        seen.add(str(after.basis.records()))
    assert len(seen) == 1


@given(MODES, counts)
def test_a_statement_that_was_never_released_is_told_without_the_votes_left_out(mode, women) -> None:
    before = release(rows_of("1", {"women": women}), None, mode, audience=Audience.PUBLIC, n_participants=200)
    kept = kept_since((), before.basis, is_correction=True)
    rows = rows_beside([*rows_of("1", {"women": (1, 1, 1)}), *rows_of("2", {"women": women})], kept)
    after = release(rows, before.basis, mode, audience=Audience.PUBLIC, n_participants=200)
    assert {row.key[0] for row in after} == {"2"}
    assert kept_since(kept, after.basis, is_correction=False) == ("1",), "what is kept stays kept"


lists = st.frozensets(st.integers(1, 12))
outcomes = st.builds(
    Outcome,
    st.integers(0, 4),
    lists,
    lists.map(lambda found: frozenset((one, "agree") for one in found)),
    st.just(("holds",)),
)


@given(MODES, outcomes, outcomes, st.integers(1, 12), st.integers(5, 500))
def test_of_too_few_people_no_outcome_of_both_is_told(mode, whole, counted, n_people, n_participants) -> None:
    told = release_comparison(whole, counted, n_people, mode, n_participants=n_participants)
    is_rounded = mode is Attribution.CHATHAM_HOUSE
    if n_people < (FEWEST_COMPARED if is_rounded else 5) or (is_rounded and n_participants < 30):
        other = release_comparison(counted, whole, n_people, mode, n_participants=n_participants)
        assert told == other, "the same for any votes"
        assert not told.is_shown


@given(MODES, outcomes, st.integers(1, 12))
def test_no_single_statement_decides_what_is_told_of_both_lists(mode, counted, statement) -> None:
    """Whether the people left out moved one statement on or off a list is the same to every reader: what their votes on
    it were decides nothing that is released."""
    whole = replace(counted, common_ground=counted.common_ground ^ {statement})
    one, other = (release_comparison(left, counted, 9, mode, n_participants=90) for left in (counted, whole))
    assert one == other


@cache
def is_common_ground(agrees: int, n: int) -> bool:
    return bool(n) and bool(jeffreys_lower(agrees, n, level=0.10) >= 0.5)


def what_readers_may_think(n: int, n_people: int, *, of_whole: bool = True) -> dict[object, set[tuple[int, int, int]]]:
    """For each released row of a statement with its standing on both lists: every way the people left out may have
    voted, whatever all others did. Not `of_whole`: what is released, the row and the list of the votes that count."""
    rules = rules_for(Attribution.CHATHAM_HOUSE, Audience.INSIDE, 400)
    found: dict[object, set[tuple[int, int, int]]] = defaultdict(set)
    ballots = [(a, d, n_people - a - d) for a in range(n_people + 1) for d in range(n_people + 1 - a)]
    rest = n - n_people
    for agrees in range(rest + 1):
        for disagrees in range(rest - agrees + 1):
            others = (agrees, disagrees, rest - agrees - disagrees)
            for ballot in ballots:
                whole = [one + other for one, other in zip(ballot, others, strict=True)]
                told, size = (whole, n) if of_whole else (others, rest)
                row = (*(share_told(part, size, rules) for part in told), number_told(size, rules))
                standing = is_common_ground(agrees, rest), of_whole and is_common_ground(whole[0], n)
                found[row, standing].add(ballot)
    return found


@pytest.mark.parametrize(("n", "n_people"), [(50, 3), (100, 4)])
def test_both_lists_by_name_would_tell_how_those_left_out_voted(n, n_people) -> None:
    """Why no list of both is released: every count of all others is tried, and some rows leave only one ballot."""
    views = what_readers_may_think(n, n_people)
    told = [next(iter(ballots)) for ballots in views.values() if len(ballots) == 1]
    assert (n_people, 0, 0) in told
    assert not may_follow_release(n_people, Attribution.CHATHAM_HOUSE, n_participants=400)


@pytest.mark.parametrize(("n", "n_people"), [(30, 3), (50, 3), (60, 4)])
def test_what_is_released_of_one_statement_never_tells_how_those_left_out_voted(n, n_people) -> None:
    """A reader sees the row and the list of one result, and of the other whether the lists are alike: any ballots of
    those left out remain possible."""
    rows: dict[object, set[tuple[int, int, int]]] = defaultdict(set)
    for view, ballots in what_readers_may_think(n, n_people, of_whole=False).items():
        rows[view] |= ballots
    every = (n_people + 1) * (n_people + 2) // 2
    assert all(len(ballots) == every for ballots in rows.values())
