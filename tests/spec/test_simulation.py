"""Simulated consultations by example: they are what they were asked to be."""

from __future__ import annotations

import numpy as np
import pytest

from deliberation.errors import BadShape, BadValue
from deliberation.simulation import (
    STARTER,
    SimulatedConsultation,
    SimulationSettings,
    View,
    agree_probability,
    cast_votes,
    simulate,
    with_newcomers,
)

EAST = View((1.0, 0.0), 0.7, 0.2, {"farmers": 1, "women": 3})
WEST = View((-1.0, 0.0), 0.3, 0.2, {"youth": 1})


def consultation(seed: int = 1, **changes) -> SimulatedConsultation:  # type: ignore[no-untyped-def]
    given = {"views": [EAST, WEST], "n_participants": 300, "n_statements": 40, **changes}
    return simulate(seed=seed, **given)


def rate(found: SimulatedConsultation, view: int, statement: int) -> float:
    chosen = (found.views[found.votes.rows] == view) & (found.votes.columns == statement)
    return float((found.votes.signs[chosen] == 1).mean())


def test_the_same_seed_gives_the_same_votes_and_another_seed_others() -> None:
    assert consultation(3).votes.digest() == consultation(3).votes.digest()
    assert (consultation(3).vote_offsets == consultation(3).vote_offsets).all()
    assert consultation(3).votes.digest() != consultation(4).votes.digest()


def test_views_have_their_shares_places_and_constituencies() -> None:
    found = consultation(n_participants=4000)
    assert (found.views == 0).mean() == pytest.approx(0.7, abs=0.03)
    assert found.positions[found.views == 1].mean(axis=0) == pytest.approx([-1, 0], abs=0.05)
    assert set(found.constituencies[found.views == 1]) == {"youth"}
    east = found.constituencies[found.views == 0]
    assert (east == "women").mean() == pytest.approx(0.75, abs=0.03)


def test_people_agree_with_statements_on_their_side() -> None:
    found = consultation(loadings=[[1.5, 0], [-1.5, 0], [0, 0]], intercepts=[0, 0, 2], n_statements=None)
    assert rate(found, 0, 0) > 0.8 > 0.2 > rate(found, 1, 0)
    assert rate(found, 1, 1) > 0.8 > 0.2 > rate(found, 0, 1)
    assert min(rate(found, 0, 2), rate(found, 1, 2)) > 0.9


def test_loadings_of_zero_make_votes_without_structure() -> None:
    settings = SimulationSettings(n_starters=30, votes_per_person=30, votes_tail=0)
    found = consultation(n_participants=2000, n_statements=None, loadings=np.zeros((30, 2)), settings=settings)
    gaps = [rate(found, 0, at) - rate(found, 1, at) for at in range(30)]
    assert abs(float(np.mean(gaps))) < 0.02


def test_one_view_makes_people_without_groups() -> None:
    found = consultation(views=[View((0, 0), 1.0, 1.0)])
    assert set(found.views.tolist()) == {0}
    assert set(found.constituencies.tolist()) == {""}


def test_authors_agree_with_their_own_statements_and_mostly_stand_on_their_side() -> None:
    found = consultation()
    written = np.flatnonzero(found.authors != STARTER)
    own = dict(zip(zip(found.votes.rows, found.votes.columns, strict=True), found.votes.signs, strict=True))
    assert written.size == 35
    assert all(own[(found.authors[at] - 1, at)] == 1 for at in written)
    sides = np.einsum("sa,sa->s", found.positions[found.authors[written] - 1], found.loadings[written])
    assert (sides > 0).mean() > 0.75


def test_a_few_authors_may_write_most_statements() -> None:
    def largest(concentration: float) -> int:
        settings = SimulationSettings(author_concentration=concentration)
        authors = consultation(n_statements=100, settings=settings).authors
        return int(np.bincount(authors[authors != STARTER]).max())

    assert largest(2.5) > 50 > 10 > largest(0.0)


def test_numbers_of_votes_have_a_long_tail() -> None:
    settings = SimulationSettings(votes_per_person=12, n_starters=300)
    counts = consultation(n_participants=1500, n_statements=300, settings=settings).votes.votes_per_participant()
    assert np.median(counts) == pytest.approx(12, abs=2)
    assert np.quantile(counts, 0.95) > 3 * np.median(counts)
    assert counts.min() >= 3
    alike = SimulationSettings(votes_per_person=12, votes_tail=0, n_starters=300)
    assert set(consultation(n_statements=300, settings=alike).votes.votes_per_participant().tolist()) == {12}


def test_nobody_votes_before_they_or_the_statement_are_there() -> None:
    found = consultation()
    assert (found.vote_offsets >= found.arrival_offsets[found.votes.rows]).all()
    assert (found.vote_offsets >= found.statement_offsets[found.votes.columns]).all()
    for row in range(0, 300, 50):
        moments = found.vote_offsets[found.votes.rows == row]
        assert np.unique(moments).size == moments.size


def test_earlier_statements_may_be_shown_first() -> None:
    def votes_of_early_and_late(bias: float) -> tuple[float, float]:
        settings = SimulationSettings(age_bias=bias, n_starters=60, votes_per_person=10)
        votes = consultation(n_statements=60, settings=settings).votes.counts().votes
        return float(votes[:20].sum()), float(votes[40:].sum())

    early, late = votes_of_early_and_late(5.0)
    assert early > 5 * late
    early, late = votes_of_early_and_late(0.0)
    assert early == pytest.approx(late, rel=0.15)


def test_in_a_respond_round_those_who_answer_vote_on_every_item_as_they_did_before() -> None:
    found = consultation()
    cast = cast_votes(found, seed=9, statement_ids=[3, 1, 7], response_share=0.5, starts_at=1e6)
    assert cast.votes.n_participants == 300
    answered = np.unique(cast.votes.rows)
    assert 100 < answered.size < 200
    assert cast.votes.n_votes == 3 * answered.size == cast.vote_offsets.size
    assert cast.vote_offsets.min() > 1e6
    before = {
        (int(r), int(c)): int(s)
        for r, c, s in zip(found.votes.rows, found.votes.columns, found.votes.signs, strict=True)
    }
    places = np.array([0, 2, 6])[cast.votes.columns]
    again = [
        (before.get((int(r), int(c))), int(s))
        for r, c, s in zip(cast.votes.rows, places, cast.votes.signs, strict=True)
    ]
    repeated = [pair for pair in again if pair[0] is not None]
    assert len(repeated) > 50
    assert all(old == new for old, new in repeated)


def test_new_statements_and_newcomers_can_be_voted_on_and_vote() -> None:
    found = consultation()
    more = with_newcomers(found, seed=5, views=[WEST], n_participants=40, arrives_at=2e6)
    newcomers = more.participant_ids[300:]
    assert newcomers.tolist() == list(range(301, 341))
    cast = cast_votes(
        more, seed=6, statement_ids=[900], participant_ids=newcomers, loadings=[[-2.0, 0.0]], intercepts=[0.0]
    )
    assert cast.votes.participant_ids.tolist() == newcomers.tolist()
    assert (cast.votes.signs == 1).mean() > 0.85


def test_nobody_and_nothing_make_no_votes() -> None:
    assert simulate(seed=1, views=[], n_participants=0, n_statements=0).votes.n_votes == 0
    assert simulate(seed=1, views=[EAST], n_participants=5, n_statements=0).votes.n_votes == 0
    assert simulate(seed=1, views=[EAST], n_participants=0, n_statements=5).votes.n_votes == 0


def test_agreeing_and_disagreeing_leave_room_for_passing() -> None:
    settings = SimulationSettings()
    opinions = np.linspace(-3, 3, 41)
    passing = 1 - agree_probability(opinions, settings) - agree_probability(-opinions, settings)
    assert (passing > -1e-12).all()
    assert passing.argmax() == 20


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(BadShape):
        consultation(n_statements=None, loadings=[[1, 2], [3, 4]], intercepts=[1])
    with pytest.raises(BadValue):
        consultation(n_statements=None)
    with pytest.raises(BadValue):
        consultation(authors=[999] * 40)
    with pytest.raises(BadValue):
        View((0, 0), -1.0)
    with pytest.raises(BadValue):
        cast_votes(consultation(), seed=1, statement_ids=[999])
