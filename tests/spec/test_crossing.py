"""A table of two attributes: only where the mode allows it, and nothing in it can be worked out that it hides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.crossing import release_crossing
from deliberation.errors import BadValue
from deliberation.released import Attribution, Audience

INSIDE = {"audience": Audience.INSIDE, "n_participants": 200}


def test_under_the_chatham_house_rule_nothing_is_crossed() -> None:
    counts = {("women", "africa"): 30, ("youth", "asia"): 40}
    assert not release_crossing(counts, Attribution.CHATHAM_HOUSE, **INSIDE).is_shown
    assert release_crossing(counts, Attribution.OPEN, **INSIDE).cells == counts | {
        ("women", "asia"): 0,
        ("youth", "africa"): 0,
    }


def test_a_small_cell_takes_others_with_it_so_that_no_total_gives_it_away() -> None:
    """
            africa  asia  europe
    women        3    20      10
    youth       12    30       7
    workers      9    25      40
    """
    counts = {
        ("women", "africa"): 3, ("women", "asia"): 20, ("women", "europe"): 10,
        ("youth", "africa"): 12, ("youth", "asia"): 30, ("youth", "europe"): 7,
        ("workers", "africa"): 9, ("workers", "asia"): 25, ("workers", "europe"): 40,
    }  # fmt: skip
    found = release_crossing(counts, Attribution.OPEN, **INSIDE).cells
    hidden = {cell for cell, n in found.items() if n is None}
    assert ("women", "africa") in hidden
    for side in (0, 1):
        for name in {cell[side] for cell in counts}:
            mine = [cell for cell in hidden if cell[side] == name]
            assert len(mine) != 1
    assert found["youth", "asia"] == 30


def test_a_table_that_cannot_keep_its_small_cell_is_withheld() -> None:
    """Of 23 women and 50 from Asia, of whom 30 are all the youth: twenty women are from Asia, three are not."""
    counts = {("women", "africa"): 3, ("women", "asia"): 20, ("youth", "asia"): 30}
    assert not release_crossing(counts, Attribution.OPEN, **INSIDE).is_shown
    with pytest.raises(BadValue):
        release_crossing({("women", "africa"): -1}, Attribution.OPEN, **INSIDE)


@given(st.dictionaries(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), st.integers(0, 30), max_size=16))
def test_beside_the_totals_of_rows_and_columns_no_small_cell_can_be_told(counts: dict[tuple[str, str], int]) -> None:
    found = release_crossing(counts, Attribution.ATTRIBUTED, **INSIDE).cells
    assert all(n is None or n == counts.get(cell, 0) for cell, n in found.items())
    assert all(n is None or n == 0 or n >= 5 for n in found.values())
    for side in (0, 1):
        for name in {cell[side] for cell in found}:
            line = {cell: counts.get(cell, 0) for cell in found if cell[side] == name}
            hidden = [n for cell, n in line.items() if found[cell] is None]
            if hidden and sum(line.values()) >= 5:
                assert len(hidden) >= 2
                assert sum(hidden) >= 5
