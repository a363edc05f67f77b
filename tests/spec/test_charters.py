"""Charters: a clause stands by consent, what is signed is frozen, and renewing takes more than half of the partners.

Consent as sociocracy has it: nobody has a reasoned objection. Partners may agree, live with it, or object.
"""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.charters import (
    CLAUSES,
    ClauseState,
    Consent,
    Wording,
    canonical_text,
    digest_of,
    fewest_changes,
    plain_words,
    renewal_outcome,
    standings,
    words_in,
)
from deliberation.errors import BadValue

LETTERS = {"a": Consent.AGREE, "l": Consent.LIVE_WITH, "o": Consent.OBJECT}
THREE = ("purpose", "money", "exit")


def wordings(table: str) -> list[Wording]:
    """Rows of a clause, a number and each partner's answer: a agree, l can live with, o object, . not answered."""
    found = []
    for line in table.strip().splitlines():
        clause, number, *letters = line.split()
        answers = {partner: LETTERS[letter] for partner, letter in enumerate(letters, 1) if letter in LETTERS}
        found.append(Wording(clause, int(number), answers))
    return found


def states(table: str, partners: range) -> dict[str, ClauseState]:
    return {one.clause: one.state for one in standings(wordings(table), partners, clauses=THREE)}


def test_a_clause_stands_when_enough_have_answered_and_nobody_objects() -> None:
    table = """
        purpose 1  a l a .
        money   1  a a a o
        exit    1  a . . .
    """
    assert states(table, range(1, 5)) == {
        "purpose": ClauseState.AGREED,
        "money": ClauseState.OBJECTED,
        "exit": ClauseState.WAITING,
    }


def test_of_two_wordings_that_stand_the_one_that_more_agree_with_is_chosen() -> None:
    table = """
        purpose 1  l l a
        purpose 2  a a l
        money   1  a a a
        money   2  a a a
    """
    chosen = {one.clause: one.chosen for one in standings(wordings(table), range(1, 4), clauses=THREE)}
    assert chosen == {"purpose": 2, "money": 1, "exit": None}


def test_clauses_are_talked_about_from_the_easiest_to_the_hardest() -> None:
    table = """
        purpose 1  a o o
        money   1  a l l
        exit    1  a a a
    """
    assert [one.clause for one in standings(wordings(table), range(1, 4), clauses=THREE)] == [
        "exit",
        "money",
        "purpose",
    ]


def test_a_late_partner_opens_a_clause_again_and_a_leaving_partner_takes_the_objection_along() -> None:
    table = "money 1  a a o"
    assert states(table, range(1, 4))["money"] is ClauseState.OBJECTED
    assert states(table, range(1, 3))["money"] is ClauseState.AGREED
    late = standings(wordings("money 1  a a . . ."), range(1, 6), clauses=("money",))
    assert late[0].state is ClauseState.WAITING
    assert late[0].n_waiting == 3


def test_the_fewest_switches_that_remove_the_most_objections() -> None:
    """Wording 2 of money answers both objections; wording 2 of exit answers one and brings another."""
    table = """
        money   1  a o o a
        money   2  a l a .
        exit    1  o a a a
        exit    2  a o a a
        purpose 1  o a o o
        purpose 2  a a o o
    """
    found = fewest_changes(wordings(table), range(1, 5), clauses=THREE)
    assert [(one.clause, one.number, one.n_removed, one.n_left) for one in found.switches] == [("purpose", 2, 1, 2)]
    assert found.rewrite == ("purpose", "exit")
    # Money's second wording has nobody against it and three of four have answered: it stands already.
    assert found.n_objections == 4
    assert found.n_left == 3
    assert found.freed == ()


def test_a_partner_is_freed_when_every_objection_of_theirs_is_gone() -> None:
    table = """
        money   1  o o a a a
        money   2  a a . . o
        exit    1  o a a a a
    """
    found = fewest_changes(wordings(table), range(1, 6), clauses=THREE)
    assert [one.clause for one in found.switches] == ["money"]
    assert found.freed == (2,)


answers = st.dictionaries(st.integers(1, 5), st.sampled_from(Consent), max_size=5)
sheets = st.lists(st.lists(answers, max_size=3), min_size=3, max_size=3)


def objections(chosen: tuple[Wording | None, ...], table: tuple[Wording | None, ...], partners: set[int]) -> int:
    """Counted one by one: who objects to the chosen words, or to the old ones without having read the chosen."""
    n = 0
    for new, old in zip(chosen, table, strict=True):
        for partner in partners:
            if new is None or old is None:
                continue
            said = new.answers.get(partner, old.answers.get(partner))
            if said is Consent.OBJECT and (partner in new.answers or old.answers.get(partner) is Consent.OBJECT):
                n += 1
    return n


@given(sheets, st.integers(1, 5))
def test_no_other_choice_of_wordings_leaves_fewer_objections_with_as_few_changes(
    sheet: list[list[dict[int, Consent]]], n_partners: int
) -> None:
    partners = set(range(1, n_partners + 1))
    known = [
        Wording(clause, number, said)
        for clause, rows in zip(THREE, sheet, strict=True)
        for number, said in enumerate(rows, 1)
    ]
    found = fewest_changes(known, partners, clauses=THREE)
    shown = {one.clause: one.shown for one in standings(known, partners, clauses=THREE)}
    options = [[one for one in known if one.clause == clause] or [None] for clause in THREE]
    table = tuple(
        next((one for one in rows if one is not None and one.number == shown[clause]), None)
        for clause, rows in zip(THREE, options, strict=True)
    )
    for k in range(4):
        fewest = min(
            objections(chosen, table, partners)
            for chosen in product(*options)
            if sum(new is not old for new, old in zip(chosen, table, strict=True)) <= k
        )
        assert found.n_objections - sum(one.n_removed for one in found.switches[:k]) == fewest
    assert found.n_left == found.n_objections - sum(one.n_removed for one in found.switches)


def test_a_wording_of_no_clause_and_one_that_is_there_twice_are_refused() -> None:
    with pytest.raises(BadValue):
        standings([Wording("weather", 1)], {1})
    with pytest.raises(BadValue):
        standings([Wording("money", 1), Wording("money", 1)], {1})


WORDS = dict.fromkeys(CLAUSES, "As it is.") | {"money": "Costs are shared.  \r\nNobody pays alone."}


def test_what_is_signed_is_the_same_bytes_for_the_same_words() -> None:
    text = canonical_text(title="Cafe\u0301", version=1, review_on=date(2027, 5, 1), words=WORDS)
    same = canonical_text(title="Café", version=1, review_on=date(2027, 5, 1), words=dict(reversed(WORDS.items())))
    assert text == same
    assert text.startswith("title: Café\nversion: 1\nreview on: 2027-05-01\n\n[purpose]\n  As it is.\n")
    assert "[money]\n  Costs are shared.\n  Nobody pays alone.\n" in text
    assert digest_of(text) == hashlib.sha256(text.encode()).hexdigest()


lines = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


@given(st.lists(lines, min_size=1, max_size=4).map("\n".join).filter(str.strip))
def test_words_can_be_read_back_and_none_pass_for_a_clause(words: str) -> None:
    text = canonical_text(
        title="A\n[money]",
        version=1,
        review_on=date(2027, 5, 1),
        words=WORDS | {"exit": words, "scope": "[money]\nAll."},
    )
    read = words_in(text)
    assert read["exit"] == plain_words(words)
    assert read["scope"] == "[money]\nAll."
    assert read["money"] == "Costs are shared.\nNobody pays alone."
    assert list(read) == list(CLAUSES)


def test_a_charter_without_words_for_every_clause_cannot_be_signed() -> None:
    with pytest.raises(BadValue):
        canonical_text(title="A", version=1, review_on=date(2027, 5, 1), words=WORDS | {"exit": " "})


@pytest.mark.parametrize(
    ("answers", "n_partners", "outcome"),
    [
        ({1: True, 2: True}, 3, True),
        ({1: True, 2: True}, 4, None),
        ({1: False, 2: False}, 4, False),
        ({1: True, 9: True}, 3, None),
        ({}, 3, None),
    ],
)
def test_renewing_takes_more_than_half_of_all_partners(
    answers: dict[int, bool], n_partners: int, outcome: bool | None
) -> None:
    assert renewal_outcome(answers, range(1, n_partners + 1)) is outcome
