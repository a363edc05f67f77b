"""Amendments and merges: how two wordings are compared, and whose votes wait for a word of those who cast them.

A number always means the same words. A statement that is reworded or merged stays; another one stands for it, and a
vote counts there only once its voter has carried it.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.errors import BadValue
from deliberation.lineage import WaitingVote, current_of, n_independent, waiting_votes
from deliberation.votes import Choice
from deliberation.wordings import Change, compare_wordings, words_of

AGREE, DISAGREE, PASS = Choice.AGREE, Choice.DISAGREE, Choice.PASS
MARKS = {Change.KEPT: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "[+{}+]"}


def marked(before: str, after: str) -> str:
    return "".join(MARKS[piece.change].format(piece.text) for piece in compare_wordings(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (
            "Every village should have a well.",
            "Every village should have one well, run by its users.",
            "Every village should have [-a-][+one+] well[+, run by its users+].",
        ),
        ("Don't waste water.", "Do not waste water.", "[-Don't-][+Do not+] waste water."),
        ("Reports fit on one page.", "Reports fit on one page.", "Reports fit on one page."),
        ("报告应限于一页。", "报告应限于两页。", "报告应限于[-一-][+两+]页。"),
        ("يجب أن يكون لكل قرية بئر.", "يجب أن يكون لكل قرية بئران.", "يجب أن يكون لكل قرية [-بئر-][+بئران+]."),
        ("", "New words", "[+New words+]"),
    ],
)
def test_what_is_removed_stands_before_what_is_added_in_its_place(before: str, after: str, shown: str) -> None:
    assert marked(before, after) == shown


def test_one_short_word_between_two_changes_is_no_island() -> None:
    assert marked("Pay the poor first", "Feed the old first") == "[-Pay the poor-][+Feed the old+] first"
    assert marked("Pay village teams first", "Feed village groups first") == (
        "[-Pay-][+Feed+] village [-teams-][+groups+] first"
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_wordings_can_be_read_from_the_comparison(before: str, after: str) -> None:
    pieces = compare_wordings(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == after
    assert all(piece.text for piece in pieces)


@given(st.text(alphabet="ab ,.é'一二ا", max_size=40))
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(words_of(text)) == text


def test_a_vote_on_older_words_waits_and_counts_nowhere_until_it_is_carried() -> None:
    assert waiting_votes({7: AGREE}, {7: 31}, open_ids={31}) == (WaitingVote(31, (7,), AGREE),)


def test_who_has_voted_on_the_new_words_is_not_asked() -> None:
    assert waiting_votes({7: AGREE, 31: DISAGREE}, {7: 31}, open_ids={31}) == ()


def test_who_dropped_a_vote_or_looks_again_is_not_asked_twice() -> None:
    assert waiting_votes({7: AGREE}, {7: 31}, open_ids={31}, answered_ids={7}) == ()
    # A second original that has not been answered for still waits, alone.
    later = waiting_votes({7: AGREE, 9: PASS}, {7: 31, 9: 31}, open_ids={31}, answered_ids={7})
    assert later == (WaitingVote(31, (9,), PASS),)


def test_two_votes_that_meet_on_one_statement_become_one_vote() -> None:
    successors = {7: 31, 9: 31}
    assert waiting_votes({9: AGREE, 7: AGREE}, successors, open_ids={31}) == (WaitingVote(31, (7, 9), AGREE),)


def test_whose_votes_differ_where_they_meet_must_look_again() -> None:
    successors = {7: 31, 9: 31}
    assert waiting_votes({7: AGREE, 9: DISAGREE}, successors, open_ids={31}) == (WaitingVote(31, (7, 9), None),)


def test_a_vote_follows_to_the_statement_that_stands_in_the_end() -> None:
    assert current_of(7, {7: 12, 12: 31}) == 31
    assert waiting_votes({7: PASS}, {7: 12, 12: 31}, open_ids={31}) == (WaitingVote(31, (7,), PASS),)
    # What was carried to 12 is a vote on 12, and is asked about for itself.
    carried = waiting_votes({7: PASS, 12: PASS}, {7: 12, 12: 31}, open_ids={31}, answered_ids={7})
    assert carried == (WaitingVote(31, (12,), PASS),)


def test_nothing_waits_for_a_statement_that_is_not_open_for_votes() -> None:
    assert waiting_votes({7: AGREE}, {7: 31}, open_ids={12}) == ()


def test_a_circle_of_merges_is_refused() -> None:
    with pytest.raises(BadValue):
        current_of(7, {7: 12, 12: 7})


def test_independent_origins_are_people_or_where_known_organisations() -> None:
    """Duplicates corroborate each other only where they come from different people and different organisations."""
    assert n_independent([(1, None), (2, None), (3, None)]) == 3
    assert n_independent([(1, "wells"), (2, "wells"), (3, None)]) == 2
    assert n_independent([(1, "wells"), (2, "taps"), (1, "wells")]) == 2
    assert n_independent([(1, None), (1, None)]) == 1
    assert n_independent([(None, None), (None, None), (1, None)]) == 1, "what the convenor wrote is no origin"
    assert n_independent([]) == 0


@given(
    st.dictionaries(st.integers(0, 12), st.sampled_from(list(Choice)), max_size=8),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=10),
    st.sets(st.integers(0, 12)),
    st.sets(st.integers(0, 12)),
)
def test_carrying_never_gives_a_person_two_votes_on_one_statement(
    choices: dict[int, Choice], merges: list[tuple[int, int]], open_ids: set[int], answered: set[int]
) -> None:
    successors: dict[int, int] = {}
    for one, into in merges:
        if one not in successors and current_of(into, successors) != one:
            successors[one] = into
    waiting = waiting_votes(choices, successors, open_ids=open_ids, answered_ids=answered)
    targets = [vote.statement_id for vote in waiting]
    assert targets == sorted(set(targets))
    assert not set(targets) & set(choices)
    originals = [original for vote in waiting for original in vote.original_ids]
    assert len(originals) == len(set(originals))
    assert not set(originals) & answered
    carried = choices | {vote.statement_id: vote.choice for vote in waiting if vote.choice}
    again = waiting_votes(carried, successors, open_ids=open_ids, answered_ids=answered | set(originals))
    assert again == ()
