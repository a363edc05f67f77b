"""Slates by example. Literature: Lackner and Skowron, "Multi-Winner Voting with Approval Preferences" (2023)."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.balance import BalanceSettings
from deliberation.certificates import check_slate, estimate_certificate
from deliberation.errors import BadValue
from deliberation.holdings import Holdings, Stance, imputed_holdings, observed_holdings
from deliberation.proportional import equal_shares, local_search_pav, most_held, sequential_pav
from deliberation.slate_of_votes import cross_check
from deliberation.slates import Slate, SlateSettings, assign_spoken_for, select_slate
from deliberation.space import complete_votes, fit_space
from deliberation.votes import Choice, VoteMatrix
from tests.oracles_slates import agree, agreeing, disagree, read_votes, statements

A, B, C, D, E, F, G = range(7)

RUNNING_EXAMPLE = [{A, B}] * 3 + [{A, C}] * 3 + [{A, D}] * 2 + [{B, C, F}, {E}, {F}, {G}]
"""Lackner and Skowron, example 1: twelve voters, seven candidates, four places."""

EVERYTHING = SlateSettings(contested_low=0.0, contested_high=1.0)
SMALL_FLOORS = BalanceSettings(floor_min_people=3, min_people=1)


def three_blocs(seed: int) -> Holdings:
    """600 people in blocs of 55, 30 and 15 %, each with 30 statements of its own that the others seldom hold."""
    rng = np.random.default_rng(seed)
    bloc = rng.choice(3, 600, p=[0.55, 0.30, 0.15])
    rate = np.full((3, 90), 0.08)
    for number in range(3):
        rate[number, 30 * number : 30 * number + 30] = rng.uniform(0.4, 0.9, 30)
    people, items = np.nonzero(rng.random((600, 90)) < rate[bloc])
    votes = VoteMatrix.from_votes(
        people, items, np.ones(people.size, np.int8), participant_ids=range(600), statement_ids=range(90)
    )
    return observed_holdings(votes, labels={"group": np.array(list("ABC"))[bloc]})


class TestRules:
    def test_equal_shares_sells_a_then_nobody_can_pay(self) -> None:
        # Example 2.11: everyone owns 1/3; eight pay 1/8 for a; then b and c reach 3 x 5/24 + 1/3 = 23/24 only.
        assert statements(equal_shares(agreeing(RUNNING_EXAMPLE, 7), 4)) == [A]

    def test_sequential_pav_takes_a_b_c_f(self) -> None:
        # By hand: a gains 8; b and c gain 5/2, b is first; c gains 3/2 + 1/2; f gains 1/3 + 1 and d 1.
        assert statements(sequential_pav(agreeing(RUNNING_EXAMPLE, 7), 4, candidates=agree(*range(7)))) == [A, B, C, F]

    def test_most_held_takes_the_longest_columns(self) -> None:
        assert statements(most_held(agreeing(RUNNING_EXAMPLE, 7), 3)) == [A, B, C]

    def test_the_longest_columns_fail_justified_representation(self) -> None:
        # Aziz, Brill, Conitzer, Elkind, Freeman and Walsh 2017, theorem 3: k voters of whom one approves only c0.
        holdings = agreeing([{0}] + [{1, 2, 3, 4}] * 3, 5)
        longest = most_held(holdings, 4)
        certificate = check_slate(holdings, longest)
        assert statements(longest) == [1, 2, 3, 4]
        assert not certificate.holds
        assert certificate.witness is not None
        assert (certificate.witness.stance, certificate.witness.level) == (agree(0)[0], 1)
        assert check_slate(holdings, equal_shares(holdings, 4), k=4).holds

    def test_a_slate_may_satisfy_ejr_and_fail_ejr_plus(self) -> None:
        # Brill and Peters 2023: all hold x, which is left out, and each holds one of two items, none holds two.
        holdings = agreeing([{0, 1}, {0, 1}, {0, 2}, {0, 2}], 3)
        certificate = check_slate(holdings, agree(1, 2))
        assert certificate.alpha_star == 1.0
        assert not certificate.holds
        assert certificate.witness is not None
        assert certificate.witness.level == 2

    def test_local_search_leaves_a_proportional_slate_as_it_is(self) -> None:
        holdings = agreeing(RUNNING_EXAMPLE, 7)
        assert local_search_pav(holdings, 4, candidates=agree(*range(7))) == agree(A, B, C, F)

    def test_local_search_mends_a_slate_of_one_bloc(self) -> None:
        holdings = agreeing([{0, 1, 2}] * 3 + [{3, 4, 5}] * 3, 6)
        mended = local_search_pav(holdings, 4, candidates=agree(*range(6)), start=agree(0, 1, 2, 3))
        assert sorted(statement // 3 for statement in statements(mended)) == [0, 0, 1, 1]

    @pytest.mark.parametrize("seed", range(3))
    def test_counting_holders_gives_the_majority_every_place_and_equal_shares_does_not(self, seed: int) -> None:
        holdings = three_blocs(seed)
        longest, fair = most_held(holdings, 8), sequential_pav(holdings, 8, start=equal_shares(holdings, 8))
        assert {statement // 30 for statement in statements(longest)} == {0}
        assert not check_slate(holdings, longest).holds
        assert check_slate(holdings, fair).holds
        assert check_slate(holdings, local_search_pav(holdings, 8)).holds
        assert {statement // 30 for statement in statements(fair)} >= {0, 1}


class TestSelectSlate:
    def test_every_item_says_why_it_was_chosen(self) -> None:
        slate = select_slate(agreeing(RUNNING_EXAMPLE, 7), [], size=4, settings=EVERYTHING)
        assert statements(slate.stances) == [A, B, C, F]
        assert [item.chosen_by for item in slate.distinct] == ["equal shares"] + ["completion"] * 3
        assert slate.distinct[0].support == pytest.approx(8 / 12)

    def test_disagreeing_is_a_stance_like_agreeing(self) -> None:
        votes = read_votes("""
            1 | + . .
            2 | + . .
            3 | - - .
            4 | - - 0
        """)
        slate = select_slate(observed_holdings(votes), [], size=2)
        assert slate.stances == (Stance(1, Choice.AGREE), Stance(1, Choice.DISAGREE))

    def test_common_ground_and_withdrawn_statements_are_no_candidates(self) -> None:
        holdings = agreeing(RUNNING_EXAMPLE, 7)
        slate = select_slate(holdings, agree(A, B), size=4, withdrawn={B, C}, settings=EVERYTHING)
        assert slate.common_ground == agree(A)
        assert not {A, B, C} & set(statements(slate.candidates))
        assert not {A, B, C} & set(statements(slate.stances))

    def test_only_contested_stances_are_candidates(self) -> None:
        holdings = agreeing([{0, 1}] * 7 + [{1}] * 2 + [{2}] * 1, 3)
        assert statements(select_slate(holdings, []).candidates) == [2]
        wide = SlateSettings(contested_low=0.2, contested_high=0.7)
        assert statements(select_slate(holdings, [], settings=wide).candidates) == [0]

    def test_more_places_than_candidates_leave_places_free(self) -> None:
        slate = select_slate(agreeing([{0}, {1}], 2), [], size=5)
        assert sorted(statements(slate.stances)) == [0, 1]
        assert slate.size == 5

    def test_without_participants_or_statements_the_slate_is_empty(self) -> None:
        for holdings in (agreeing([], 3), agreeing([set(), set()], 0), agreeing([set(), set()], 3)):
            slate = select_slate(holdings, [])
            assert slate.distinct == ()
            assert check_slate(holdings, slate.stances, k=8).holds

    def test_equal_stances_are_chosen_in_the_order_of_their_ids(self) -> None:
        holdings = agreeing([{0, 1, 2}, {0, 1, 2}], 3)
        assert statements(select_slate(holdings, [], size=2, settings=EVERYTHING).stances) == [0, 1]

    def test_a_weight_of_two_is_two_people(self) -> None:
        twice = agreeing([{0}, {1}, {1}, {2}, {2}], 3)
        weighted = agreeing([{0}, {1}, {2}], 3, weights=[1, 2, 2])
        assert select_slate(twice, [], size=2).stances == select_slate(weighted, [], size=2).stances

    def test_a_weight_of_nothing_counts_for_nothing(self) -> None:
        holdings = agreeing([{0}, {0}, {1}, {2}], 3, weights=[0, 0, 1, 1])
        assert statements(select_slate(holdings, [], size=3).stances) == [1, 2]

    def test_draws_are_stacked_as_people(self) -> None:
        votes = VoteMatrix.from_votes([], [], [], participant_ids=[1, 2], statement_ids=[1, 2])

        class Completed:
            participant_rows = np.array([0, 1])
            statement_ids = np.array([1, 2])
            signs = np.array([[[1, 0], [0, 1]], [[1, 0], [1, -1]]], np.int8)

        holdings = imputed_holdings(Completed(), votes)
        assert holdings.support().tolist() == [0.75, 0.0, 0.25, 0.25]
        slate = select_slate(holdings, [], size=1, settings=EVERYTHING)
        assert slate.distinct[0].support == 0.75
        assert slate.spoken_for == 0.75

    def test_a_constituency_of_one_is_promised_no_place(self) -> None:
        labels = {"constituency": ["farmers"] * 19 + ["women"]}
        holdings = agreeing([{0, 1}] * 10 + [{2}] * 9 + [{3}], 4, **labels)
        slate = select_slate(holdings, [], size=2)
        assert [floor.label for floor in slate.floors] == ["farmers"]

    def test_a_group_below_its_floor_gets_a_free_place(self) -> None:
        # Eleven hold 0 and 1; three of group B share 2 alone, whom the gain of a further place would pass over.
        labels = {"group": ["A"] * 11 + ["B"] * 3}
        approvals = [{0, 1, 3}] * 4 + [{0, 1}] * 7 + [{2}] * 3
        settings = SlateSettings(contested_low=0, contested_high=1, floors=SMALL_FLOORS)
        without = SlateSettings(contested_low=0, contested_high=1)
        assert 2 not in statements(select_slate(agreeing(approvals, 4, **labels), [], size=2, settings=without).stances)
        slate = select_slate(agreeing(approvals, 4, **labels), [], size=2, settings=settings)
        assert [(item.stance.statement_id, item.chosen_by) for item in slate.distinct] == [
            (0, "equal shares"),
            (2, "floor"),
        ]
        assert all(floor.deficit == 0 for floor in slate.floors)

    def test_a_floor_nobody_can_meet_is_reported_as_a_deficit(self) -> None:
        labels = {"group": ["A"] * 8 + ["B"] * 4}
        holdings = agreeing([{0, 1}] * 8 + [{2}, {3}, {4}, {5}], 6, **labels)
        settings = SlateSettings(contested_low=0, contested_high=1, floors=SMALL_FLOORS)
        slate = select_slate(holdings, [], size=3, settings=settings)
        assert {floor.label: (floor.wanted, floor.met, floor.deficit) for floor in slate.floors} == {
            "A": (2, 2, 0),
            "B": (1, 0, 1),
        }

    def test_a_repair_gives_a_constituency_its_place_and_keeps_the_axiom(self) -> None:
        # Each of the first three statements is paid by four people and one of c; what all of c hold, 3, costs too much.
        approvals = [{0}] * 4 + [{1}] * 4 + [{2}] * 4 + [{0, 3}, {1, 3}, {2, 3}]
        holdings = agreeing(approvals, 4, constituency=[""] * 4 + ["a"] * 4 + ["b"] * 4 + ["c"] * 3)
        settings = SlateSettings(floors=SMALL_FLOORS)
        before = select_slate(holdings, [], size=3, settings=SlateSettings(floors=SMALL_FLOORS, max_swaps=0))
        assert statements(before.stances) == [0, 1, 2]
        assert [floor.deficit for floor in before.floors] == [0, 0, 1]
        after = select_slate(holdings, [], size=3, settings=settings)
        assert [(item.stance.statement_id, item.chosen_by) for item in after.distinct] == [
            (3, "repair"),
            (1, "equal shares"),
            (2, "equal shares"),
        ]
        assert [floor.deficit for floor in after.floors] == [0, 0, 0]
        assert check_slate(holdings, after.stances).holds

    def test_no_repair_is_made_that_would_break_the_axiom(self) -> None:
        # As above, but six of 17 hold 0 and nothing else: with three places they could justly complain.
        approvals = [{0}] * 6 + [{1}] * 4 + [{2}] * 4 + [{3, 0}, {3, 1}, {3, 2}]
        holdings = agreeing(approvals, 4, constituency=[""] * 6 + ["a"] * 4 + ["b"] * 4 + ["c"] * 3)
        slate = select_slate(holdings, [], size=3, settings=SlateSettings(floors=SMALL_FLOORS))
        assert 0 in statements(slate.stances)
        assert check_slate(holdings, slate.stances).holds

    def test_the_slate_reads_back_from_its_json(self) -> None:
        holdings = three_blocs(0)
        slate = select_slate(holdings, disagree(3))
        assert Slate.from_json(slate.to_json()) == slate

    @pytest.mark.parametrize("seed", range(2))
    def test_a_sixth_of_the_people_is_heard_when_its_group_is_known(self, seed: int) -> None:
        holdings = three_blocs(seed)
        slate = select_slate(holdings, [])
        assert all(floor.deficit == 0 for floor in slate.floors)
        assert 2 in {statement // 30 for statement in statements(slate.stances)}
        assert check_slate(holdings, slate.stances, candidates=slate.candidates).holds

    def test_a_statement_the_holdings_do_not_know_is_refused(self) -> None:
        with pytest.raises(BadValue):
            select_slate(agreeing([{0}], 1), [], candidates=agree(7))


class TestSpokenFor:
    def test_everyone_who_holds_an_item_is_counted_once(self) -> None:
        spoken = assign_spoken_for(agreeing([{0, 1}, {0, 1}, {0}, {1}, set()], 2), agree(0, 1))
        assert spoken.shares.tolist() == [0.4, 0.4]
        assert spoken.nobody == pytest.approx(0.2)

    def test_people_with_fewest_other_items_are_counted_first(self) -> None:
        # Item 0 may speak for half: the two who hold nothing else; the two who also hold 1 go to 1.
        spoken = assign_spoken_for(agreeing([{0, 1}, {0, 1}, {0}, {0}], 2, group=list("xxyy")), agree(0, 1))
        assert spoken.shares.tolist() == [0.5, 0.5]

    def test_it_is_told_apart_by_label(self) -> None:
        labels = {"group": ["A"] * 5 + ["B"] * 5}
        spoken = assign_spoken_for(agreeing([{0}] * 5 + [{1}] * 5, 2, **labels), agree(0, 1))
        assert spoken.by_label[("group", "A")].tolist() == pytest.approx([1.0, 0.0])
        assert spoken.by_label[("group", "B")].tolist() == pytest.approx([0.0, 1.0])


def seen_through_few_votes() -> tuple[VoteMatrix, VoteMatrix, np.ndarray]:
    """Three blocs of 55, 30 and 15 % with opposite views: all their votes, eight of each at random, and the blocs."""
    rng = np.random.default_rng(0)
    n, m = 800, 90
    bloc = rng.choice(3, n, p=[0.55, 0.30, 0.15])
    agrees, disagrees = np.full((3, m), 0.08), np.full((3, m), 0.6)
    for number in range(3):
        own = slice(30 * number, 30 * number + 30)
        agrees[number, own], disagrees[number, own] = rng.uniform(0.5, 0.9, 30), 0.08
    drawn = rng.random((n, m))
    truth = np.where(drawn < agrees[bloc], 1, np.where(drawn < (agrees + disagrees)[bloc], -1, 0)).astype(np.int8)

    def votes_on(shown: np.ndarray) -> VoteMatrix:
        rows, columns = np.nonzero(shown)
        ids = {"participant_ids": range(n), "statement_ids": range(m)}
        return VoteMatrix.from_votes(rows, columns, truth[rows, columns], **ids)

    return votes_on(np.ones((n, m), bool)), votes_on(rng.random((n, m)) < 8 / m), bloc


def test_a_slate_on_completed_votes_is_proportional_and_one_on_counts_is_not() -> None:
    truth, votes, bloc = seen_through_few_votes()
    candidates = agree(*range(90))
    counted = most_held(observed_holdings(votes), 8, candidates=candidates)
    assert {statement // 30 for statement in statements(counted)} == {0}
    assert not check_slate(truth, counted, candidates=candidates).holds
    # The same slate passes on the votes cast: eight votes each show no bloc. An observed tick proves nothing.
    assert check_slate(votes, counted, candidates=candidates).holds

    space = fit_space(votes, seed=1)
    draws = imputed_holdings(complete_votes(space, votes, seed=2), votes, labels={"group": bloc.astype(str)})
    fresh = imputed_holdings(complete_votes(space, votes, seed=3, n_draws=10), votes)
    slate = select_slate(draws, [], candidates=candidates)
    assert {statement // 30 for statement in statements(slate.stances)} == {0, 1, 2}
    assert check_slate(truth, slate.stances, candidates=candidates).alpha_star < 0.8
    assert estimate_certificate(fresh, slate.stances, candidates=candidates).status == "pass"
    assert estimate_certificate(fresh, counted, candidates=candidates).status != "pass"
    by_search = local_search_pav(draws, 8, candidates=candidates)
    assert check_slate(truth, by_search, candidates=candidates).holds


def test_a_place_left_over_never_goes_to_the_other_side_of_a_chosen_statement() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        signs = rng.choice([-1, 0, 1], size=(9, 4), p=[0.3, 0.2, 0.5])
        people, items = np.indices(signs.shape)
        votes = VoteMatrix.from_votes(people.ravel() + 1, items.ravel() + 1, signs.ravel())
        slate = select_slate(observed_holdings(votes), (), size=6, settings=SlateSettings(contested_high=1.0))
        for item in slate.distinct:
            others = {other.stance.statement_id for other in slate.distinct if other is not item}
            assert item.chosen_by != "completion" or item.stance.statement_id not in others


def test_local_search_from_elsewhere_finds_a_slate_about_as_good() -> None:
    holdings = three_blocs(3)
    slate = select_slate(holdings, [], settings=EVERYTHING)
    found = cross_check(holdings, slate, judged_on=holdings)
    assert (found.n_items, 0 <= found.n_shared <= 8) == (8, True)
    assert 0.95 < found.score_ratio <= 1.0
    assert found.alpha == pytest.approx(check_slate(holdings, slate.stances, candidates=slate.candidates).alpha_star)
    assert found.alpha_other < 1


def test_without_candidates_there_is_nothing_to_compare() -> None:
    empty = agreeing([set()] * 6, 2)
    found = cross_check(empty, select_slate(empty, []), judged_on=empty)
    assert (found.n_items, found.n_shared, found.score_ratio, found.alpha) == (0, 0, 1.0, 0.0)
