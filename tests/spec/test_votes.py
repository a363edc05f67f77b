"""Votes: agree, disagree and pass are said in words; unseen is no vote at all."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue, DuplicateVote, TooLarge, UnknownChoice
from deliberation.votes import Choice, VoteMatrix, sign_of
from tests.vote_tables import read_votes

TABLE = """
    . 1 2 3
    7 + - .
    8 + 0 .
    9 - + .
"""


def test_a_table_is_read_as_written() -> None:
    votes = read_votes(TABLE)
    assert votes.participant_ids.tolist() == [7, 8, 9]
    assert votes.statement_ids.tolist() == [1, 2, 3]
    assert votes.signs.tolist() == [1, -1, 1, 0, -1, 1]


def test_agree_is_plus_one_and_a_pass_is_zero() -> None:
    assert [sign_of(choice) for choice in ("agree", "pass", "disagree")] == [1, 0, -1]
    with pytest.raises(UnknownChoice):
        sign_of("maybe")


def test_unseen_is_not_a_pass() -> None:
    counts = read_votes(TABLE).counts()
    assert counts.passes.tolist() == [0, 1, 0]
    assert counts.votes.tolist() == [3, 3, 0]
    assert np.isnan(read_votes(TABLE).dense()[:, 2]).all()


def test_a_second_vote_replaces_the_first_where_order_is_known() -> None:
    votes = VoteMatrix.from_votes([7, 7], [1, 1], ["agree", "disagree"], last_wins=True)
    assert votes.signs.tolist() == [-1]


def test_two_votes_on_one_statement_are_refused_where_order_is_not_known() -> None:
    with pytest.raises(DuplicateVote) as refused:
        VoteMatrix.from_votes([7, 7], [1, 1], ["agree", "disagree"])
    assert refused.value.parameters == {"participant": 7, "statement": 1}


def test_the_order_of_votes_changes_nothing() -> None:
    one = VoteMatrix.from_votes([7, 8, 9], [1, 2, 1], ["agree", "pass", "disagree"])
    other = VoteMatrix.from_votes([9, 7, 8], [1, 1, 2], ["disagree", "agree", "pass"])
    assert one.digest() == other.digest()


def test_one_changed_vote_changes_the_digest() -> None:
    assert read_votes(TABLE).digest() != read_votes(TABLE.replace("8 + 0", "8 + +")).digest()


def test_choices_that_are_none_are_refused() -> None:
    for choices in (["agree", "yes"], np.array([1, 2]), np.array([1.0, np.nan])):
        with pytest.raises(UnknownChoice):
            VoteMatrix.from_votes([1, 2], [1, 1], choices)


def test_columns_of_different_length_and_ids_that_are_none_are_refused() -> None:
    with pytest.raises(BadShape):
        VoteMatrix.from_votes([1, 2], [1], ["agree", "agree"])
    with pytest.raises(BadValue):
        VoteMatrix.from_votes([1.5], [1], ["agree"])
    with pytest.raises(BadValue):
        VoteMatrix.from_votes([1], [1], ["agree"], participant_ids=[2])


def test_a_selection_keeps_ids_and_votes_together() -> None:
    votes = read_votes(TABLE).select(
        participants=np.array([False, True, True]), statements=np.array([False, True, True])
    )
    assert votes.participant_ids.tolist() == [8, 9]
    assert votes.dense()[:, 0].tolist() == [0, 1]


def test_a_dense_copy_of_a_large_consultation_is_refused() -> None:
    people = np.arange(5_000)
    with pytest.raises(TooLarge):
        VoteMatrix.from_votes(people, np.zeros(5_000, int), np.ones(5_000, np.int8)).dense()


def test_arrays_cannot_be_changed_behind_the_back_of_an_analysis() -> None:
    with pytest.raises(ValueError, match="read-only"):
        read_votes(TABLE).signs[0] = 0


def test_every_choice_has_one_sign() -> None:
    assert {sign_of(choice) for choice in Choice} == {-1, 0, 1}
