"""Slates of real conversations: proportional on completed votes, where lists of the most held stances are less so.

Data was gathered using the Polis software (compdemocracy.org/polis), sub-licensed under CC BY 4.0 with attribution to
The Computational Democracy Project.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from deliberation.certificates import audit_certificate, check_slate, estimate_certificate, strongest_challengers
from deliberation.curation import noise_band, review_curation
from deliberation.holdings import Holdings, imputed_holdings, observed_holdings
from deliberation.polis_files import latest_votes, read_export
from deliberation.proportional import local_search_pav
from deliberation.slates import Slate, select_slate
from deliberation.space import complete_votes, fit_space
from deliberation.votes import VoteMatrix

DATA = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))

Case = tuple[VoteMatrix, Holdings, Holdings, Slate]


def votes_of(name: str) -> VoteMatrix:
    path = DATA / "polis-conversations" / name
    if not path.is_dir():
        pytest.skip(f"no real data: set PLENARY_REAL_DATA to a folder that holds polis-conversations/{name}")
    with ExitStack() as stack:
        files = {file.name: stack.enter_context(file.open(encoding="utf-8", newline="")) for file in path.iterdir()}
        votes = latest_votes(read_export(files))
    votes = votes.select(statements=votes.counts().votes >= 10)
    return votes.select(participants=votes.votes_per_participant() >= 7)


@pytest.fixture(scope="module", params=["vtaiwan.uberx", "bg2050-volunteers", "brexit-consensus"])
def case(request: pytest.FixtureRequest) -> Case:
    """Votes, the five draws that choose, ten fresh draws that judge, and the slate."""
    votes = votes_of(request.param)
    space = fit_space(votes, seed=1)
    labels = {
        "group": np.where(space.positions[:, 0] > 0, "A", "B") if space.rank else np.full(votes.n_participants, "A")
    }
    draws = imputed_holdings(complete_votes(space, votes, seed=2), votes, labels=labels)
    fresh = imputed_holdings(complete_votes(space, votes, seed=3, n_draws=10), votes, labels=labels)
    return votes, draws, fresh, select_slate(draws, [])


def test_the_slate_is_full_and_passes_on_fresh_draws(case: Case) -> None:
    _, _, fresh, slate = case
    estimate = estimate_certificate(fresh, slate.stances, candidates=slate.candidates)
    assert len(slate.distinct) == 8
    assert estimate.p_holds == 1.0
    assert estimate.status == "pass"
    assert 0.4 < estimate.alpha_mean < 0.8
    assert all(floor.deficit == 0 for floor in slate.floors)


def test_local_search_from_elsewhere_finds_nothing_much_better(case: Case) -> None:
    _, draws, fresh, slate = case
    other = local_search_pav(draws, 8, candidates=slate.candidates)
    ours = estimate_certificate(fresh, slate.stances, candidates=slate.candidates).alpha_mean
    theirs = estimate_certificate(fresh, other, candidates=slate.candidates).alpha_mean
    assert ours < theirs + 0.12


def test_a_curator_who_serves_one_side_is_flagged_and_the_repair_helps(case: Case) -> None:
    _, draws, _, slate = case
    mask = draws.labels["group"] == "A"
    if mask.all():
        pytest.skip("these votes have no axis, so that there are no sides to serve")
    shares = mask / mask.sum() - ~mask / (~mask).sum()
    columns = draws.columns_of(slate.candidates)
    served = np.argsort(-draws.support_within(shares[:, None], columns)[:, 0], kind="stable")[:8]
    draft = [slate.candidates[at] for at in served.tolist()]
    review = review_curation(draws, slate, draft)
    assert "representation_loss" in {flag.code for flag in review.flags}
    assert {row.label for row in review.losses if row.is_alarm} == {"B"}
    assert review.repair is not None
    assert review.repair.loss_after < review.repair.loss_before


def test_slates_of_resampled_participants_stay_inside_the_alarm(case: Case) -> None:
    _, draws, _, slate = case
    band = noise_band(draws, slate, seed=5)
    assert max(band.loss.values()) < 0.10
    # Many slates serve bg2050's one spectrum equally well, so few stances recur; what they lose stays small.
    assert 0.1 < band.overlap_q05 <= band.overlap_median < 1.0


def test_an_audit_of_everybody_agrees_with_the_check(case: Case) -> None:
    _, draws, _, slate = case
    challengers = strongest_challengers(draws, slate.stances, candidates=slate.candidates)
    answered = draws.held(0)
    items = sorted({stance.statement_id for stance in (*slate.stances, *challengers)})
    people, at = np.indices((draws.n_participants, len(items))).reshape(2, -1)
    place = np.searchsorted(draws.statement_ids, items)
    signs = answered[people, 2 * place[at]].astype(np.int8) - answered[people, 2 * place[at] + 1].astype(np.int8)
    answers = VoteMatrix.from_votes(draws.participant_ids[people], np.array(items)[at], signs)
    audit = audit_certificate(
        answers, slate.stances, challengers, n_population=draws.n_participants, drawn_at_random=False
    )
    check = check_slate(draws, slate.stances, candidates=[*slate.stances, *challengers])
    assert audit is not None
    assert audit.alpha_lower == audit.alpha_upper == pytest.approx(check.alpha_star)
    assert audit.status == "holds"


def test_votes_really_cast_are_reported_with_how_few_they_are(case: Case) -> None:
    votes, _, _, slate = case
    observed = check_slate(observed_holdings(votes), slate.stances, candidates=slate.candidates)
    assert observed == check_slate(votes, slate.stances, candidates=slate.candidates)
    assert 0 < observed.mean_answered < 8
