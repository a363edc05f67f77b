"""What the disclosure gate lets through: examples for each rule, and every count of every small room."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from deliberation import disclosure as gate
from deliberation.disclosure import Attribution, Audience, Basis, DisclosureSettings, Row, release, release_origins
from deliberation.errors import BadValue, CrossedAttributes, NotReleased
from deliberation.quantifiers import Dissent, Word, dissent_for_count, word_for_count
from deliberation.released import Released, ReleasedCount, ReleasedRow

OPEN, CHATHAM = Attribution.OPEN, Attribution.CHATHAM_HOUSE
PUBLIC, INSIDE = Audience.PUBLIC, Audience.INSIDE


def rows(table: str) -> list[Row]:
    """Rows of a table `key  agrees disagrees passes`, the key's parts joined by slashes."""
    found = []
    for line in table.strip().splitlines():
        key, *counts = line.split()
        found.append(Row(tuple(key.split("/")), *(int(n) for n in counts)))
    return found


def shown(released: Released) -> dict[str, tuple[float | None, object]]:
    return {"/".join(row.key): (row.agree_share, row.n_voters) for row in released if row.is_shown}


VOTES = """
    s1                          61 29 10
    s1/constituency/women       30 10  0
    s1/constituency/youth       20 10  0
    s1/constituency/farmers      6  5  5
    s1/constituency/workers      3  2  2
    s1/constituency/scientists   2  2  3
"""


def test_in_open_mode_rows_of_five_voters_are_exact() -> None:
    released = release(rows("s1 6 2 1\ns2 3 0 1\ns3 5 0 0"), None, OPEN, audience=PUBLIC, n_participants=9)
    assert shown(released) == {"s1": (6 / 9, 9), "s3": (1.0, 5)}


def test_in_chatham_house_mode_figures_are_rounded_banded_and_capped() -> None:
    table = "s1 61 29 10\ns2 30 0 0\ns3 0 12 1\ns4 8 1 0\ns5 33 16 0\ns6 33 17 0"
    released = release(rows(table), None, CHATHAM, audience=PUBLIC, n_participants=120)
    assert shown(released) == {
        "s1": (0.6, 100),
        "s2": (0.9, (30, 49)),
        "s3": (0.1, (10, 19)),
        "s5": (0.65, (30, 49)),
        "s6": (0.65, 50),
    }
    unanimous = released.row("s2")
    assert unanimous.disagree_share == 0.1
    assert unanimous.bound(0.9) == "at_least"
    assert unanimous.bound(0.1) == "at_most"
    assert unanimous.bound(0.6) == "about"
    inside = release(rows(table), None, CHATHAM, audience=INSIDE, n_participants=120)
    # Of nine, one who differs is 11 %: "90 % or more" of fewer than ten would mean all of them.
    assert shown(inside)["s4"] == (0.8, (5, 9))
    assert inside.row("s4").bound(0.8) == "at_least"


def test_small_categories_are_merged_into_other() -> None:
    released = release(rows(VOTES), None, CHATHAM, audience=PUBLIC, n_participants=120)
    assert set(shown(released)) == {
        "s1",
        "s1/constituency/women",
        "s1/constituency/youth",
        "s1/constituency/farmers",
        "s1/constituency/other",
    }
    assert released.row("s1", "constituency", "other").n_voters == (10, 19)
    with pytest.raises(BadValue):
        released.row("s1", "region", "africa")
    inside = release(rows(VOTES), None, CHATHAM, audience=INSIDE, n_participants=120)
    assert "s1/constituency/other" not in shown(inside)
    assert len(shown(inside)) == 6


def test_one_small_category_takes_the_next_smallest_with_it() -> None:
    table = (
        "s1 60 20 0\ns1/region/africa 30 0 0\ns1/region/asia 20 10 0\ns1/region/europe 8 8 0\ns1/region/oceania 2 2 0"
    )
    released = release(rows(table), None, OPEN, audience=PUBLIC, n_participants=120)
    assert set(shown(released)) == {"s1", "s1/region/africa", "s1/region/asia", "s1/region/other"}
    assert released.row("s1", "region", "other").n_voters == 20


def test_people_in_no_category_count_as_a_withheld_row() -> None:
    table = "s1 22 0 0\ns1/region/africa 10 0 0\ns1/region/asia 9 0 0"
    released = release(rows(table), None, OPEN, audience=PUBLIC, n_participants=120)
    assert set(shown(released)) == {"s1", "s1/region/africa", "s1/region/other"}
    assert released.row("s1", "region", "other").n_voters == 12


def test_a_table_that_cannot_be_protected_is_withheld_whole() -> None:
    table = "s1 14 0 0\ns1/region/africa 10 0 0\ns1/region/asia 4 0 0"
    released = release(rows(table), None, OPEN, audience=PUBLIC, n_participants=120)
    assert set(shown(released)) == {"s1"}


def test_no_row_names_two_attributes_of_people() -> None:
    crossed = [Row(("s1",), 50, 0, 0), Row(("s1", "region", "africa", "constituency", "youth"), 20, 0, 0)]
    with pytest.raises(CrossedAttributes):
        release(crossed, None, OPEN, audience=PUBLIC, n_participants=120)
    with pytest.raises(CrossedAttributes):
        release([Row(("s1", "africa"), 20, 0, 0)], None, OPEN, audience=PUBLIC, n_participants=120)


@pytest.mark.parametrize(
    "table",
    [
        "s1/region/africa 20 0 0",
        "s1 10 0 0\ns1/region/africa 11 0 0",
        "s1 10 0 0\ns1 10 0 0",
        "s1 -1 0 0",
        "s1 20 0 0\ns1/region/other 5 0 0",
    ],
)
def test_rows_that_do_not_add_up_are_refused(table: str) -> None:
    with pytest.raises(BadValue):
        release(rows(table), None, OPEN, audience=PUBLIC, n_participants=120)


def test_a_row_is_renewed_after_five_voters_and_repeated_before() -> None:
    def next_release(table: str, previous: Basis | None) -> Released:
        return release(rows(table), previous, CHATHAM, audience=PUBLIC, n_participants=120)

    first = next_release("s1 40 20 0", None)
    four_more = next_release("s1 44 20 0", first.basis)
    assert shown(four_more) == shown(first) == {"s1": (0.65, 60)}
    five_more = next_release("s1 45 20 0", four_more.basis)
    assert shown(five_more) == {"s1": (0.7, 65)}
    four_changed = next_release("s1 41 24 0", five_more.basis)
    assert shown(four_changed) == shown(five_more)
    five_changed = next_release("s1 40 25 0", four_changed.basis)
    assert shown(five_changed) == {"s1": (0.6, 65)}


def test_a_table_in_which_one_row_moved_by_a_few_is_repeated_whole() -> None:
    first = rows("s1 40 20 0\ns1/region/africa 20 10 0\ns1/region/asia 20 10 0")
    later = rows("s1 50 20 0\ns1/region/africa 28 10 0\ns1/region/asia 22 10 0")
    much_later = rows("s1 60 20 0\ns1/region/africa 35 10 0\ns1/region/asia 25 10 0")
    basis = release(first, None, CHATHAM, audience=PUBLIC, n_participants=120).basis
    second = release(later, basis, CHATHAM, audience=PUBLIC, n_participants=120)
    assert shown(second) == {
        "s1": (0.7, 70),
        "s1/region/africa": (0.65, (30, 49)),
        "s1/region/asia": (0.65, (30, 49)),
    }
    third = release(much_later, second.basis, CHATHAM, audience=PUBLIC, n_participants=120)
    assert shown(third)["s1/region/asia"] == (0.7, (30, 49))
    assert shown(third)["s1/region/africa"] == (0.8, (30, 49))


def test_the_public_sees_the_version_that_the_room_sees() -> None:
    """Else a participant could subtract the row of seven seen inside from the row of ten seen outside."""
    inside = release(rows("s1 7 0 0"), None, CHATHAM, audience=INSIDE, n_participants=120)
    outside = release(rows("s1 10 0 0"), inside.basis, CHATHAM, audience=PUBLIC, n_participants=120)
    assert not outside.row("s1").is_shown
    later = release(rows("s1 12 0 0"), outside.basis, CHATHAM, audience=PUBLIC, n_participants=120)
    assert later.row("s1").is_shown


def test_a_basis_survives_storage_and_tells_nothing_when_printed() -> None:
    released = release(rows(VOTES), None, CHATHAM, audience=PUBLIC, n_participants=120)
    assert Basis.from_records(released.basis.records()) == released.basis
    assert repr(released.basis) == "Basis(1 statements)"


def test_what_was_released_can_be_shown_again_from_its_stored_basis() -> None:
    for mode in Attribution:
        for audience in Audience:
            first = release(rows(VOTES), None, mode, audience=audience, n_participants=120)
            stored = Basis.from_records(first.basis.records())
            again = gate.release_again(stored, mode, audience=audience, n_participants=120)
            assert again == first
            assert gate.release_again(stored, mode, audience=audience, n_participants=120, statements=()).rows == ()


def test_a_statement_that_is_gone_keeps_its_history() -> None:
    first = release(rows("s1 40 20 0\ns2 40 20 0"), None, CHATHAM, audience=PUBLIC, n_participants=120)
    without = release(rows("s2 40 20 0"), first.basis, CHATHAM, audience=PUBLIC, n_participants=120)
    assert set(shown(without)) == {"s2"}
    back = release(rows("s1 41 20 0\ns2 40 20 0"), without.basis, CHATHAM, audience=PUBLIC, n_participants=120)
    assert shown(back) == shown(first)


@pytest.mark.parametrize("n_people", range(5, 31))
def test_every_word_of_a_small_room_leaves_three_counts_open(n_people: int) -> None:
    """Every way to agree, disagree and pass, for a reader who knows who took a position."""
    seen: Counter[tuple[int, object]] = Counter()
    for positions in range(n_people + 1):
        for agrees in range(positions + 1):
            votes = [Row(("s1",), agrees, positions - agrees, n_people - positions)]
            (row,) = release(votes, None, CHATHAM, audience=PUBLIC, n_participants=n_people)
            if n_people < 30:
                assert (row.agree_share, row.disagree_share, row.pass_share, row.n_voters) == (None,) * 4
                assert row.is_shown == (positions >= 5)
            if row.words is not None and row.words.word is not None:
                seen[positions, (row.words.word, row.words.dissent)] += 1
                assert words_are_true(row.words.word, row.words.dissent, agrees, positions)
    assert seen
    assert min(seen.values()) >= 3


def words_are_true(word: Word, dissent: Dissent | None, agrees: int, positions: int) -> bool:
    """A word says no more than the ladder's own, and a dissent of three or more is told."""
    vague = [Word.SUGGESTED, Word.SOME, Word.SEVERAL, Word.MANY, Word.GENERAL_AGREEMENT]
    strongest = word_for_count(agrees, positions)
    own = dissent_for_count(positions - agrees, positions)
    return vague.index(word) <= vague.index(strongest) and (dissent is not None) == (
        own is not None and positions - agrees >= 3
    )


@pytest.mark.parametrize("positions", range(30, 260))
def test_words_leave_three_counts_open_in_larger_rows_too(positions: int) -> None:
    seen: Counter[tuple[object, object]] = Counter()
    for agrees in range(positions + 1):
        words = gate.release_words(agrees, positions - agrees, CHATHAM, n_participants=1000)
        seen[words.word, words.dissent] += 1
    assert min(seen.values()) >= 3


def test_a_small_room_has_no_tables_and_a_group_that_objects_weakens_the_word() -> None:
    whole = "s1 22 6 0"
    table = "\ns1/constituency/youth 1 5 0\ns1/constituency/women 21 1 0"
    together = release(rows(whole), None, CHATHAM, audience=PUBLIC, n_participants=28)
    apart = release(rows(whole + table), None, CHATHAM, audience=PUBLIC, n_participants=28)
    assert [row.is_shown for row in apart] == [True, False, False]
    assert words_of(together) == (Word.GENERAL_AGREEMENT, Dissent.NOTE_OF_CAUTION)
    assert words_of(apart) == (Word.MANY, Dissent.NOTE_OF_CAUTION)


def words_of(released: Released) -> tuple[object, object]:
    words = released.rows[0].words
    assert words is not None
    return words.word, words.dissent


def test_only_rows_that_are_shown_change_a_word() -> None:
    split = "s1 60 20 0\ns1/group/A 55 0 0\ns1/group/B 1 8 0\ns1/group/C 4 12 0"
    assert words_of(release(rows(split), None, OPEN, audience=PUBLIC, n_participants=99))[0] is Word.VIEWS_DIFFERED
    hidden = "s1 56 8 0\ns1/group/A 55 0 0\ns1/group/B 1 8 0"
    assert (
        words_of(release(rows(hidden), None, CHATHAM, audience=PUBLIC, n_participants=99))[0] is Word.GENERAL_AGREEMENT
    )


def test_counts_shares_and_figures_pass_the_gate_too() -> None:
    assert gate.release_count(9, CHATHAM, audience=PUBLIC).value is None
    assert gate.release_count(9, CHATHAM, audience=INSIDE).value == (5, 9)
    assert gate.release_count(49, CHATHAM, audience=PUBLIC).value == (30, 49)
    assert gate.release_count(412, CHATHAM, audience=PUBLIC).value == 412
    assert gate.release_count(3, OPEN, audience=PUBLIC).value == 3
    assert gate.release_tally(3).value == 3
    share = gate.release_share(3, 40, CHATHAM, audience=PUBLIC, n_participants=99)
    assert (share.value, share.bound) == (0.1, "at_most")
    bloc = gate.release_share(9, 40, CHATHAM, audience=PUBLIC, n_participants=99, is_bloc=True)
    assert bloc.value is None
    assert gate.release_share(3, 12, CHATHAM, audience=PUBLIC, n_participants=15).value is None
    assert gate.release_index(0.6249, 99, CHATHAM, audience=PUBLIC, n_participants=99).value == 0.6
    assert gate.release_index(0.6249, 99, OPEN, audience=PUBLIC, n_participants=99).value == 0.6249
    assert gate.release_index(0.6249, 14, CHATHAM, audience=PUBLIC, n_participants=14).value is None


def test_one_or_two_origins_of_a_statement_are_not_told_apart() -> None:
    """Else two texts, both in view, would be known to be of one author."""
    assert [release_origins(n, Attribution.CHATHAM_HOUSE).value for n in (1, 2, 3, 7)] == [None, None, 3, 7]
    for mode in (Attribution.OPEN, Attribution.ATTRIBUTED):
        assert [release_origins(n, mode).value for n in (1, 2)] == [1, 2]


def test_an_organisation_is_named_only_if_attributed_and_with_its_consent() -> None:
    def held(mode: Attribution, has_consented: bool) -> tuple[str | None, float | None]:
        held = gate.release_holder("Brokers", 15, 64, mode, n_participants=99, has_consented=has_consented)
        return held.name, held.share

    assert held(CHATHAM, True) == (None, 0.23)
    assert held(OPEN, True) == (None, 0.23)
    assert held(Attribution.ATTRIBUTED, False) == (None, 0.23)
    assert held(Attribution.ATTRIBUTED, True) == ("Brokers", 0.23)
    assert gate.release_holder("Brokers", 15, 64, CHATHAM, n_participants=15).share is None
    assert gate.release_name("Ada", OPEN, has_consented=True).name is None
    assert gate.release_name("Ada", Attribution.ATTRIBUTED, has_consented=True).name == "Ada"


def test_a_small_room_says_over_near_and_under_of_three_organisations() -> None:
    def standing(share: float, n_organisations: int) -> object:
        return gate.release_standing(
            share, 0.2, CHATHAM, audience=PUBLIC, n_people=4, n_organisations=n_organisations, n_participants=15
        ).standing

    assert [standing(share, 3) for share in (0.1, 0.2, 0.4)] == ["under", "near", "over"]
    assert standing(0.1, 2) is None


def test_a_breakdown_merges_small_categories_and_rounds() -> None:
    people = {"women": 200, "youth": 100, "farmers": 8, "workers": 4, "not_stated": 100}
    released = gate.release_breakdown(people, CHATHAM, audience=PUBLIC, n_participants=412)
    assert [(c.code, c.n, c.share) for c in released.categories] == [
        ("women", 200, 0.5),
        ("not_stated", 100, 0.25),
        ("youth", 100, 0.25),
        ("other", (10, 19), 0.05),
    ]
    assert not gate.release_breakdown(people, CHATHAM, audience=PUBLIC, n_participants=29).is_shown


def test_proposals_are_broken_down_by_the_people_behind_them() -> None:
    proposals, authors = {"women": 30, "youth": 28, "farmers": 25}, {"women": 20, "youth": 12, "farmers": 1}
    released = gate.release_breakdown(proposals, CHATHAM, audience=PUBLIC, n_participants=99, n_people=authors)
    assert [(c.code, c.n) for c in released.categories] == [("women", (30, 49)), ("other", 53)]


def test_a_breakdown_is_repeated_until_five_have_come() -> None:
    first = gate.release_breakdown({"a": 60, "b": 70}, CHATHAM, audience=PUBLIC, n_participants=130)
    later = gate.release_breakdown(
        {"a": 61, "b": 77}, CHATHAM, audience=PUBLIC, n_participants=138, previous=first.basis
    )
    assert later.categories == first.categories
    last = gate.release_breakdown(
        {"a": 65, "b": 77}, CHATHAM, audience=PUBLIC, n_participants=142, previous=later.basis
    )
    assert [c.n for c in last.categories] == [77, 65]


def test_times_leave_as_days() -> None:
    late_in_new_york = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert gate.release_day(late_in_new_york).day == date(2026, 3, 2)
    assert gate.release_day(datetime(2026, 3, 1, tzinfo=UTC)).day == date(2026, 3, 1)
    with pytest.raises(BadValue):
        gate.release_day(datetime(2026, 3, 1))


def test_a_mode_can_only_become_stricter() -> None:
    assert CHATHAM.stricter_or_equal(OPEN)
    assert OPEN.stricter_or_equal(OPEN)
    assert not OPEN.stricter_or_equal(CHATHAM)
    assert not Attribution.ATTRIBUTED.stricter_or_equal(OPEN)


def test_thresholds_can_be_raised_and_not_lowered() -> None:
    strict = DisclosureSettings(fewest_public=20)
    released = release(rows("s1 9 9 1"), None, CHATHAM, audience=PUBLIC, n_participants=99, settings=strict)
    assert not released.row("s1").is_shown
    for name, value in {"fewest_public": 9, "fewest_open": 4, "fewest_moved": 4, "fewest_inside": 4}.items():
        with pytest.raises(BadValue):
            DisclosureSettings(**{name: value})


def test_a_released_value_cannot_be_made_elsewhere() -> None:
    with pytest.raises(NotReleased):
        ReleasedCount(value=3, gate=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ReleasedRow(key=("s1",), is_shown=True, agree_share=1.0)  # type: ignore[call-arg]
