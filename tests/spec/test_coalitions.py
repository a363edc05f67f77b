"""Coalitions: balance, wins, forming by acceptance, and whom to invite."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.coalitions import Answer, Partner, Reason, balance, ready, suggestions, wins
from deliberation.errors import BadValue


def draft(table: str) -> list[Partner]:
    """Partners of a table `id organisation constituency needs offers answer`; lists by commas, - for nothing."""

    def codes(cell: str) -> frozenset[str]:
        return frozenset() if cell == "-" else frozenset(cell.split(","))

    found = []
    for line in table.strip().splitlines():
        number, organisation, constituency, needs, offers, answer = line.split()
        found.append(
            Partner(
                int(number),
                None if organisation == "-" else organisation,
                None if constituency == "-" else constituency,
                codes(needs),
                codes(offers),
                Answer(answer),
            )
        )
    return found


HARBOUR = """
    1  port   business  people  money        accepted
    2  union  workers   money   people       accepted
    3  city   local     data    place        accepted
    4  clean  ngos      money   legitimacy   invited
    5  bank   business  -       money        declined
"""
TARGETS = {"business": 0.2, "workers": 0.2, "local": 0.2, "ngos": 0.2, "youth": 0.2}


def test_balance_counts_everybody_who_has_not_declined() -> None:
    found = balance(draft(HARBOUR), TARGETS)
    assert found.n_members == 4
    assert [(part.name, part.n_members, part.share) for part in found.constituencies] == [
        ("business", 1, 0.25),
        ("local", 1, 0.25),
        ("ngos", 1, 0.25),
        ("workers", 1, 0.25),
    ]
    assert found.missing == ("youth",)
    assert found.over == ()
    assert found.distance == pytest.approx(0.2)
    assert found.constituencies[0].gap == pytest.approx(0.05)


def test_a_constituency_or_organisation_above_forty_percent_is_over() -> None:
    two_ports = draft(HARBOUR)[:3] + draft("6 port business - - accepted")
    assert balance(two_ports, TARGETS).over == ("business", "port")
    of_five = [*two_ports, *draft("7 clean ngos - - accepted")]
    assert balance(of_five, TARGETS).over == ()  # two of five are 40 % and not more
    assert balance(draft("1 port business - - accepted"), TARGETS).over == ()


def test_shares_are_of_those_who_stated_a_constituency() -> None:
    found = balance(draft("1 - youth - - accepted\n2 - - - - accepted"), {})
    assert (found.n_unstated, found.constituencies[0].share, found.distance) == (1, 1.0, None)


def test_each_members_win_is_what_others_bring_and_need() -> None:
    port, union, city, clean = wins(draft(HARBOUR))
    assert (port.receives, port.gives, port.lacks) == (("people",), ("money",), ())
    assert (union.receives, union.gives) == (("money",), ("people",))
    assert (city.receives, city.gives, city.lacks) == ((), (), ("data",))
    assert (port.is_win, city.is_win, clean.is_win) == (True, False, False)


def test_a_coalition_forms_by_acceptance_alone() -> None:
    found = ready(draft(HARBOUR), TARGETS)
    assert (found.is_formed, found.n_accepted, found.n_open, found.reasons) == (True, 3, 1, ())
    assert found.notes == (Reason.MISSING_CONSTITUENCY, Reason.UNMET_NEED, Reason.NO_WIN)
    invited = [replace(partner, answer=Answer.INVITED) for partner in draft(HARBOUR)]
    assert ready(invited, TARGETS).reasons == (Reason.TOO_FEW_ACCEPTED, Reason.ONE_ORGANISATION)


def test_three_people_of_one_organisation_are_no_coalition() -> None:
    same = [Partner(n, "port", "business", answer=Answer.ACCEPTED) for n in (1, 2, 3)]
    assert ready(same, {}).reasons == (Reason.ONE_ORGANISATION,)
    alone = [Partner(n, None, "youth", answer=Answer.ACCEPTED) for n in (1, 2, 3)]
    assert ready(alone, {}).is_formed


def test_those_who_add_a_missing_constituency_or_meet_an_open_need_are_suggested() -> None:
    candidates = draft(
        """
        11 lab    science  -      data    invited
        12 young  youth    place  energy  invited
        13 other  ngos     money  energy  invited
        14 farm   farmers  -      data    declined
        15 teens  youth    -      data    invited
        4  clean  ngos     -      data    invited
        """
    )
    found = suggestions(draft(HARBOUR), candidates, TARGETS)
    assert [(one.participant, one.adds_constituency, one.meets, one.receives) for one in found] == [
        (15, "youth", ("data",), ()),
        (12, "youth", (), ("place",)),
        (11, None, ("data",), ()),
    ]


def test_nobody_is_suggested_who_would_push_a_part_over_its_limit() -> None:
    members = draft("1 port business data - accepted\n2 union workers - - accepted\n3 city local - - accepted")
    assert suggestions(members, draft("9 bank business - data invited"), TARGETS) == ()
    assert len(suggestions(members, draft("9 lab science - data invited"), TARGETS)) == 1


def test_wrong_input_is_refused() -> None:
    with pytest.raises(BadValue):
        balance([Partner(1), Partner(1)], {})
    with pytest.raises(BadValue):
        balance([], {"youth": 0})


codes = st.frozensets(st.sampled_from("abcd"))
partners = st.lists(
    st.builds(
        Partner,
        st.integers(0, 30),
        st.sampled_from([None, "x", "y"]),
        st.sampled_from([None, "p", "q", "r"]),
        codes,
        codes,
        st.sampled_from(list(Answer)),
    ),
    max_size=12,
    unique_by=lambda partner: partner.participant,
)


@given(partners, st.randoms(use_true_random=False))
def test_the_order_of_members_changes_nothing(members: list[Partner], chance: object) -> None:
    shuffled = list(members)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert balance(shuffled, {"p": 0.5}) == balance(members, {"p": 0.5})
    assert ready(shuffled, {}) == ready(members, {})
    assert set(wins(shuffled)) == set(wins(members))


@given(partners)
def test_an_acceptance_never_unforms_a_coalition(members: list[Partner]) -> None:
    before = ready(members, {})
    everybody = [replace(partner, answer=Answer.ACCEPTED) for partner in members]
    assert ready(everybody, {}).is_formed >= before.is_formed
