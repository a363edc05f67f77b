"""The quantifier ladder: words bound to counts, in the order of precedence."""

from __future__ import annotations

import pytest

from deliberation.errors import BadValue
from deliberation.quantifiers import Dissent, Quantified, Word, qualify, quantify


@pytest.mark.parametrize(
    ("agrees", "disagrees", "word", "dissent"),
    [
        # agree  disagree  word                    dissent
        (1, 99, "suggested", "cautioned"),
        (2, 3, "suggested", "cautioned"),  # two of five are 40 %, and still two voices
        (3, 17, "some", "cautioned"),
        (24, 76, "some", "cautioned"),
        (25, 75, "several", "cautioned"),
        (44, 56, "several", "cautioned"),
        (45, 55, "many", "cautioned"),
        (9, 11, "many", "cautioned"),  # 45 % exactly
        (74, 26, "many", "cautioned"),
        (75, 25, "general_agreement", "cautioned"),
        (91, 9, "general_agreement", "note_of_caution"),  # under a tenth
        (90, 10, "general_agreement", "cautioned"),
        (18, 2, "general_agreement", "note_of_caution"),  # a tenth, but two voices
        (40, 0, "general_agreement", None),
        (3, 1, None, None),  # four positions are no base for a word
    ],
)
def test_the_word_follows_from_the_share_of_those_who_took_a_position(
    agrees: int, disagrees: int, word: str | None, dissent: str | None
) -> None:
    found = quantify(agrees, disagrees, 50)
    assert (found.word, found.dissent) == (word, dissent)


def test_a_high_share_that_fails_in_one_group_is_many_with_a_dissent() -> None:
    groups = {"A": (36, 2, 0), "B": (5, 4, 0)}
    assert quantify(41, 6, by_group=groups).word is Word.MANY
    assert quantify(41, 6, by_group={"A": (36, 2, 0), "B": (6, 4, 0)}).word is Word.GENERAL_AGREEMENT
    by_constituency = {"youth": (4, 3, 0), "farmers": (97, 8, 60)}
    assert quantify(101, 11, by_constituency=by_constituency) == Quantified(Word.MANY, Dissent.NOTE_OF_CAUTION)
    silent = qualify(Quantified(Word.GENERAL_AGREEMENT, None), by_constituency=by_constituency)
    assert silent == Quantified(Word.MANY, Dissent.NOTE_OF_CAUTION)


def test_a_group_of_four_neither_vetoes_nor_makes_a_gap() -> None:
    assert quantify(40, 4, by_group={"A": (40, 0, 0), "B": (0, 4, 0)}).word is Word.GENERAL_AGREEMENT


def test_views_differed_needs_a_gap_of_more_than_forty_points() -> None:
    assert quantify(14, 6, by_group={"A": (9, 1, 0), "B": (5, 5, 0)}).word is Word.MANY
    assert quantify(14, 7, by_group={"A": (9, 1, 0), "B": (5, 6, 0)}).word is Word.VIEWS_DIFFERED
    across_tables = quantify(14, 7, by_group={"A": (9, 1, 0)}, by_constituency={"youth": (5, 6, 0)})
    assert across_tables.word is Word.MANY


def test_stressed_needs_many_voices_and_importance_in_the_top_quarter() -> None:
    assert quantify(50, 50, importance=0.75).word is Word.STRESSED
    assert quantify(50, 50, importance=0.74).word is Word.MANY
    assert quantify(44, 56, importance=1.0).word is Word.SEVERAL
    assert quantify(90, 10, importance=1.0).word is Word.GENERAL_AGREEMENT


def test_passes_are_no_position_and_negative_counts_are_refused() -> None:
    assert quantify(8, 2, 0) == quantify(8, 2, 1000)
    with pytest.raises(BadValue):
        quantify(-1, 6)
