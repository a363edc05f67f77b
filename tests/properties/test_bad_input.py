"""Every public function, given what it was not made for: an answer, or a refusal with parameters; never a bare error.

Words where numbers are meant, NaN, infinity, fractions, nothing, rows of different length, numbers beyond 64 bits, and
things that belong to other people's votes. What the type of an argument rules out, such as a list for a mapping, is a
matter of the type checker.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import deliberation
from deliberation import find_common_ground, find_divides, find_groups, map_landscape, rake, representative_statements
from deliberation.errors import DeliberationError
from deliberation.groups import GroupSettings
from deliberation.intervals import jeffreys_lower, newcombe, wilson
from deliberation.landscape import Landscape, LandscapeSettings
from deliberation.polis import PolisHistory, PolisSettings, polis_landscape
from deliberation.routing import RoutingSettings, choose_statement, propensities, uncertainty
from deliberation.simulation import View, simulate
from deliberation.slate_of_votes import slate_of_votes
from deliberation.space import complete_votes, fit_space
from deliberation.tallies import Categories, categories_of
from deliberation.votes import VoteMatrix
from deliberation.weights import WeightSettings, design_effect
from tests.vote_tables import simulated_votes

NAN, INF = float("nan"), float("inf")
ARRAYS: dict[str, Any] = {
    "a word": "x",
    "words": ["a"],
    "nothing": [],
    "None": [None],
    "NaN": [NAN],
    "infinity": [INF],
    "a fraction": [1.5],
    "below": [-1],
    "too long": [1, 2, 3],
    "a table": [[1]],
    "beyond 64 bits": [2**70],
    "beyond signed": np.array([2**63], np.uint64),
    "many NaN": np.full(60, NAN),
    "many words": np.full(60, "x"),
}
RAGGED = {"rows of different length": [[1], [2, 3]]}
NUMBERS: dict[str, Any] = {
    "None": None,
    "a word": "x",
    "NaN": NAN,
    "infinity": INF,
    "below": -1,
    "a fraction": 1.5,
    "far too many": 2**70,
    "a list": [1],
    "yes": True,
}
BRIEF = LandscapeSettings(groups=GroupSettings(bootstraps=3, max_groups=2, null_draws=19, evidence_restarts=1))
ONE: dict[str, Any] = {"exposures": [1], "votes": [11], "n_participants": 99, "seed": 1}


@cache
def votes() -> VoteMatrix:
    return simulated_votes("groups", seed=3, n=60, m=20, groups=2, contrast=3.0)


@cache
def others() -> VoteMatrix:
    return simulated_votes("structureless", seed=4, n=40, m=9)


@cache
def landscape() -> Landscape:
    return map_landscape(votes(), seed=1, settings=BRIEF)


def halves(n: int) -> dict[str, Categories]:
    return {"side": categories_of(np.arange(n) % 2, n)}


def polis(**settings: Any) -> Any:
    return polis_landscape(votes(), settings=PolisSettings(**settings))


def after(**history: Any) -> Any:
    return polis_landscape(votes(), history=PolisHistory(**history))


def choose(**given: Any) -> Any:
    unseen = given.pop("unseen", [1])
    propensities(unseen, **{name: value for name, value in (ONE | given).items() if name != "seed"})
    return choose_statement(unseen, **ONE | given)


def simulated(**given: Any) -> Any:
    return simulate(**{"seed": 1, "views": [View((0.0, 0.0), 1.0)], "n_participants": 9, "n_statements": 3} | given)


OF_ARRAYS: dict[str, Callable[[Any], Any]] = {
    "map_landscape, weights": lambda x: map_landscape(votes(), seed=1, weights=x, evidence="quick"),
    "map_landscape, constituencies": lambda x: map_landscape(votes(), seed=1, constituencies=x, evidence="quick"),
    "polis_landscape, rejected": lambda x: polis_landscape(votes(), rejected=x),
    "polis_landscape, meta": lambda x: polis_landscape(votes(), meta=x),
    "polis_landscape, in_conversation": lambda x: after(in_conversation=x),
    "polis_landscape, base_groups": lambda x: after(base_groups=(x,)),
    "polis_landscape, groups": lambda x: after(groups=(x,)),
    "polis_landscape, axes": lambda x: after(axes=x),
    "VoteMatrix, participants": lambda x: VoteMatrix.from_votes(x, [1], ["agree"]),
    "VoteMatrix, statements": lambda x: VoteMatrix.from_votes([1], x, ["agree"]),
    "VoteMatrix, choices": lambda x: VoteMatrix.from_votes([1], [1], x),
    "find_common_ground, labels": lambda x: find_common_ground(votes(), {"side": categories_of(x, 60)}),
    "find_divides, labels": lambda x: find_divides(votes(), {"side": categories_of(x, 60)}),
    "rake, share": lambda x: rake(halves(60), {"side": {"0": x, "1": 0.5}}),
    "rake, labels": lambda x: rake({"side": categories_of(x, 60)}, {"side": {"0": 0.5, "1": 0.5}}),
    "design_effect": design_effect,
    "choose_statement, unseen": lambda x: choose(unseen=x),
    "choose_statement, exposures": lambda x: choose(exposures=x),
    "choose_statement, votes": lambda x: choose(votes=x),
    "choose_statement, decisive": lambda x: choose(decisive=x),
    "choose_statement, starters": lambda x: choose(starters=x, n_participants=9),
    "choose_statement, uncertainties": lambda x: choose(uncertainties=x),
    "uncertainty, agrees": lambda x: uncertainty(x, 3),
    "uncertainty, votes": lambda x: uncertainty(1, x),
    "wilson": lambda x: wilson(x, 3),
    "wilson, n": lambda x: wilson(1, x),
    "jeffreys_lower": lambda x: jeffreys_lower(x, 3),
    "newcombe": lambda x: newcombe(1, 2, x, 3),
    "simulate, loadings": lambda x: simulated(loadings=x),
    "simulate, intercepts": lambda x: simulated(intercepts=x),
    "simulate, authors": lambda x: simulated(authors=x),
}
OF_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "find_common_ground, stance": lambda x: find_common_ground(votes(), halves(60), stance=str(x)),  # type: ignore[arg-type]
    "slate_of_votes, size": lambda x: slate_of_votes(votes(), landscape(), size=x, seed=1),
    "map_landscape, seed": lambda x: map_landscape(votes(), seed=x, evidence="quick"),
    "fit_space, seed": lambda x: fit_space(votes(), seed=x),
    "find_groups, seed": lambda x: find_groups(fit_space(votes(), seed=1), votes(), seed=x, settings=BRIEF.groups),
    "complete_votes, seed": lambda x: complete_votes(fit_space(votes(), seed=1), votes(), seed=x, n_draws=1),
    "complete_votes, n_draws": lambda x: complete_votes(fit_space(votes(), seed=1), votes(), seed=1, n_draws=x),
    "slate_of_votes, seed": lambda x: slate_of_votes(votes(), landscape(), size=2, seed=x),
    "simulate, seed": lambda x: simulated(seed=x),
    "simulate, n_participants": lambda x: simulated(n_participants=x),
    "simulate, n_statements": lambda x: simulated(n_statements=x),
    "choose_statement, n_participants": lambda x: choose(n_participants=x),
    "wilson, level": lambda x: wilson(1, 3, level=x),
    "jeffreys_lower, level": lambda x: jeffreys_lower(1, 3, level=x),
    "Landscape, record": lambda x: Landscape.from_json(x),
    **{f"PolisSettings, {name}": lambda x, n=name: polis(**{n: x}) for name in PolisSettings.__dataclass_fields__},
    **{f"WeightSettings, {n}": lambda x, n=n: WeightSettings(**{n: x}) for n in WeightSettings.__dataclass_fields__},
    **{f"RoutingSettings, {n}": lambda x, n=n: RoutingSettings(**{n: x}) for n in RoutingSettings.__dataclass_fields__},
}
OF_OTHERS: dict[str, Callable[[], Any]] = {
    "complete_votes": lambda: complete_votes(fit_space(votes(), seed=1), others(), seed=1, n_draws=1),
    "fit_space": lambda: fit_space(others().select(participants=np.zeros(40, bool)), seed=1),
    "find_groups": lambda: find_groups(fit_space(votes(), seed=1), others(), seed=1, settings=BRIEF.groups),
    "representative_statements": lambda: representative_statements(others(), landscape().groups, seed=1),
    "find_common_ground": lambda: find_common_ground(others(), halves(60)),
    "find_divides": lambda: find_divides(others(), halves(60)),
    "map_landscape": lambda: map_landscape(others(), seed=1, previous=landscape(), evidence="quick"),
    "slate_of_votes": lambda: slate_of_votes(others(), landscape(), size=2, seed=1),
    "rake": lambda: rake(
        halves(60) | {"other": halves(40)["side"]},
        {"side": {"0": 0.5, "1": 0.5}, "other": {"0": 0.5, "1": 0.5}},
    ),
    "categories beyond their names": lambda: Categories(("a",), np.full(60, 3)),
    "categories below": lambda: Categories(("a",), np.full(60, -5)),
    "a landscape that was changed": lambda: Landscape.from_json(replace(landscape(), seed=2).to_json()),
}


def refuse_or_answer(call: Callable[[], Any]) -> None:
    try:
        call()
    except DeliberationError as refused:
        assert refused.parameters


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("what", ARRAYS)
@pytest.mark.parametrize("where", OF_ARRAYS)
def test_a_column_that_is_none_is_refused_by_name(where: str, what: str) -> None:
    refuse_or_answer(lambda: OF_ARRAYS[where](ARRAYS[what]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("where", OF_ARRAYS)
def test_rows_of_different_length_are_refused_by_name(where: str) -> None:
    with pytest.raises(DeliberationError) as refused:
        OF_ARRAYS[where](RAGGED["rows of different length"])
    assert refused.value.parameters


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("what", NUMBERS)
@pytest.mark.parametrize("where", OF_NUMBERS)
def test_a_number_that_is_none_is_refused_by_name(where: str, what: str) -> None:
    refuse_or_answer(lambda: OF_NUMBERS[where](NUMBERS[what]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("where", OF_OTHERS)
def test_what_belongs_to_other_votes_is_refused_or_left_out(where: str) -> None:
    refuse_or_answer(OF_OTHERS[where])


@pytest.mark.parametrize(
    "given",
    [{"rows": [0, 2]}, {"rows": [-1, 0]}, {"columns": [0, 1]}, {"signs": [0, 7]}],
    ids=["a row beyond", "a row before", "a column beyond", "a sign that is none"],
)
def test_a_matrix_refuses_places_and_signs_that_are_none(given: dict[str, list[int]]) -> None:
    whole = {"rows": [0, 1], "columns": [0, 0], "signs": [1, -1]} | given
    kinds = {"rows": np.int32, "columns": np.int32, "signs": np.int8}
    with pytest.raises(DeliberationError) as refused:
        VoteMatrix(np.array([5, 6]), np.array([9]), **{name: np.array(whole[name], kinds[name]) for name in whole})
    assert refused.value.parameters


def test_every_public_function_is_tried() -> None:
    tried = {name.split(",")[0] for name in (*OF_ARRAYS, *OF_NUMBERS, *OF_OTHERS)}
    public = {name for name in deliberation.__all__ if inspect.isfunction(getattr(deliberation, name))}
    assert public <= tried
