"""The router beside the incumbent's priorities and a published hybrid, on one simulated consultation.

`make bench ONLY=routing` plays it on real conversations, too, and prints the table.
"""

from __future__ import annotations

from functools import cache

import pytest

from deliberation.simulation import simulate
from tests.benchmarks import routing
from tests.benchmarks.routing import POLICIES, TABLE, VIEWS, Measured, Truth, completed, decisive, growth, play


@cache
def truth() -> Truth:
    made = completed("simulated", simulate(seed=2, views=VIEWS, n_participants=250, n_statements=60).votes)
    assert made is not None
    return made


@cache
def found(name: str) -> Measured:
    return routing.measured(truth(), POLICIES[name])


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "MOST_RUNS", 3)


@pytest.mark.slow
def test_statements_are_seen_more_evenly_than_by_the_published_hybrid() -> None:
    assert found("Plenary").gini <= min(TABLE["gini"], found("hybrid of the table").gini)
    assert found("Plenary").fewest >= found("hybrid of the table").fewest > found("Polis").fewest


def test_each_groups_agreement_is_known_at_least_as_well() -> None:
    assert found("Plenary").rmse <= found("hybrid of the table").rmse < found("Polis").rmse < found("oldest first").rmse


def test_slate_and_challengers_are_asked_about_most() -> None:
    known: list[routing.State] = []

    def remembering(state: routing.State, unseen: routing.Ints) -> int:
        known[:] = [state]
        return routing.plenary(state, unseen)

    votes, _ = play(truth(), remembering, seed=1)
    asked = decisive(known[0])
    assert 0 < asked.size < votes.size
    assert votes[asked].mean() > votes.mean()


def test_a_card_costs_at_most_in_proportion_to_the_statements() -> None:
    row = growth()
    assert row.is_met, row.figures
