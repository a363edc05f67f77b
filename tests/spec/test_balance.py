"""Holdings and balance by example."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.balance import BalanceSettings, LabelBalance, balance_of
from deliberation.errors import BadShape, BadValue, UnknownChoice
from deliberation.holdings import Holdings, Stance, imputed_holdings, observed_holdings
from deliberation.votes import Choice
from tests.oracles_slates import agree, agreeing, disagree, read_votes

VOTES = """
    1 | + - 0 .
    2 | + . + .
    3 | - - + .
"""


class TestHoldings:
    def test_a_stance_is_agreeing_or_disagreeing(self) -> None:
        with pytest.raises(BadValue):
            Stance(1, Choice.PASS)
        with pytest.raises(UnknownChoice):
            Stance(1, "maybe")  # type: ignore[arg-type]

    def test_unseen_and_pass_hold_neither_side(self) -> None:
        holdings = observed_holdings(read_votes(VOTES))
        assert holdings.stances[:2] == (Stance(1, Choice.AGREE), Stance(1, Choice.DISAGREE))
        assert holdings.held(0).astype(int).tolist() == [
            [1, 0, 0, 1, 0, 0, 0, 0],
            [1, 0, 0, 0, 1, 0, 0, 0],
            [0, 1, 0, 1, 1, 0, 0, 0],
        ]

    def test_support_is_a_share_of_weight(self) -> None:
        holdings = observed_holdings(read_votes(VOTES), weights=[2, 1, 1])
        columns = holdings.columns_of([*agree(1), *disagree(2), *agree(4)])
        assert holdings.support(columns).tolist() == [0.75, 0.75, 0.0]

    def test_they_survive_being_stored(self) -> None:
        holdings = observed_holdings(read_votes(VOTES), weights=[2, 1, 1], labels={"group": ["A", "", "B"]})
        again = Holdings.from_bytes(holdings.to_bytes())
        assert again.digest == holdings.digest
        assert again.labels["group"].tolist() == ["A", "", "B"]
        assert (again.held(0) == holdings.held(0)).all()
        assert (again.answered == holdings.answered).all()

    @pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b"x" + b, lambda b: b[:40] + b"?" + b[41:]])
    def test_a_damaged_copy_is_refused(self, damage) -> None:  # type: ignore[no-untyped-def]
        stored = observed_holdings(read_votes(VOTES)).to_bytes()
        with pytest.raises(BadValue):
            Holdings.from_bytes(damage(stored))

    def test_a_sample_keeps_what_its_people_hold(self) -> None:
        holdings = observed_holdings(read_votes(VOTES), labels={"group": ["A", "", "B"]})
        some = holdings.sample(np.array([0, 2]))
        assert some.participant_ids.tolist() == [1, 3]
        assert (some.held(0) == holdings.held(0)[[0, 2]]).all()
        assert some.labels["group"].tolist() == ["A", "B"]

    def test_draws_may_be_of_some_statements_and_some_people(self) -> None:
        class Completed:
            participant_rows = np.array([0, 2])
            statement_ids = np.array([2, 3])
            signs = np.array([[[-1, 0], [-1, 1]], [[-1, 0], [-1, 1]]], np.int8)

        votes = read_votes(VOTES)
        holdings = imputed_holdings(Completed(), votes, weights=[2, 9, 1], labels={"group": ["A", "", "B"]})
        assert (holdings.participant_ids.tolist(), holdings.statement_ids.tolist()) == ([1, 3], [2, 3])
        assert holdings.weights.tolist() == [2, 1]
        assert holdings.labels["group"].tolist() == ["A", "B"]
        assert holdings.support().tolist() == [0.0, 1.0, pytest.approx(1 / 3), 0.0]
        assert np.unpackbits(holdings.answered, axis=1, count=2).tolist() == [[1, 1], [1, 1]]
        Completed.statement_ids = np.array([2, 9])
        with pytest.raises(BadValue):
            imputed_holdings(Completed(), votes)

    def test_weights_and_labels_must_fit_the_participants(self) -> None:
        votes = read_votes(VOTES)
        with pytest.raises(BadShape):
            observed_holdings(votes, weights=[1.0])
        with pytest.raises(BadShape):
            observed_holdings(votes, labels={"group": ["A"]})
        with pytest.raises(BadValue):
            observed_holdings(votes, weights=[1.0, -1.0, 1.0])


class TestBalance:
    def people(self) -> Holdings:
        labels = ["A"] * 20 + ["B"] * 10 + ["C"] * 5 + ["D"] * 4 + [""]
        approvals = [{0, 1}] * 15 + [{0}] * 5 + [{1, 2}] * 4 + [{2}] * 2 + [set()] * 4 + [{2}] * 10
        return agreeing(approvals, 3, constituency=labels)

    def test_each_label_has_its_mean_support_coverage_and_floor(self) -> None:
        balance = balance_of(self.people(), agree(0, 1))
        assert balance.of("constituency", "A") == LabelBalance(
            dimension="constituency",
            label="A",
            n_people=20,
            weight_share=0.5,
            mean_support=pytest.approx(0.875),
            coverage=pytest.approx(1.0),
            items_held=2,
            share_of_items=1.0,
            floor_wanted=1,
            floor_met=1,
        )
        other = balance.of("constituency", "B")
        assert other is not None
        assert (other.mean_support, other.coverage, other.items_held) == (pytest.approx(0.2), pytest.approx(0.4), 0)

    def test_fewer_than_fifteen_are_promised_nothing_and_fewer_than_five_are_not_told(self) -> None:
        balance = balance_of(self.people(), agree(0, 1))
        assert [(row.label, row.floor_wanted) for row in balance.labels] == [("A", 1), ("B", 0), ("C", 0)]
        assert balance.of("constituency", "D") is None

    def test_floors_are_a_share_of_the_places_rounded_down_and_at_least_one(self) -> None:
        settings = BalanceSettings(floor_min_people=5)
        balance = balance_of(self.people(), agree(0, 1, 2), size=8, settings=settings)
        assert {row.label: (row.floor_wanted, row.floor_met) for row in balance.labels} == {
            "A": (4, 2),
            "B": (2, 1),
            "C": (1, 1),
        }
        assert balance.deficit == 3

    def test_an_empty_list_serves_nobody(self) -> None:
        balance = balance_of(self.people(), [])
        assert (balance.n_items, balance.mean_support, balance.coverage) == (0, 0.0, 0.0)
        assert all(row.mean_support == 0 for row in balance.labels)

    def test_it_is_plain_values_for_a_page_or_a_file(self) -> None:
        row = balance_of(self.people(), agree(0)).to_json()["labels"][0]
        assert LabelBalance.from_json(row).label == "A"
