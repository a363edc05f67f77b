"""Curation by example: differences, reasons, losses, repairs and flags."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kendalltau

from deliberation.balance import BalanceSettings
from deliberation.curation import (
    CurationSettings,
    MissingReason,
    Move,
    NoiseBand,
    Reason,
    ReasonCode,
    best_repair,
    difference,
    missing_reasons,
    noise_band,
    representation_loss,
    review_curation,
)
from deliberation.errors import BadValue
from deliberation.holdings import Holdings, imputed_holdings
from deliberation.slates import SlateSettings, select_slate
from deliberation.votes import VoteMatrix
from tests.oracles_slates import agree, agreeing, disagree

EVERYTHING = SlateSettings(contested_low=0.0, contested_high=1.0)


class TestDifference:
    def test_it_tells_kept_added_dropped_and_moved_apart(self) -> None:
        found = difference(agree(1, 2, 3, 4), [*agree(3, 1, 2), *disagree(4)])
        assert found.kept == agree(3, 1, 2)
        assert found.added == disagree(4)
        assert found.dropped == agree(4)
        assert found.moved == (Move(agree(3)[0], 2, 0),)
        assert found.overlap == 0.75

    def test_dropping_the_first_item_moves_none_of_the_others(self) -> None:
        assert difference(agree(1, 2, 3), agree(2, 3)).moved == ()

    def test_rank_correlation_is_kendalls(self) -> None:
        found = difference(agree(1, 2, 3, 4, 5), agree(2, 1, 5, 6))
        # Stances 1 to 6 in order; those absent from a list share the place after its last.
        expected = kendalltau([0, 1, 2, 3, 4, 5], [1, 0, 4, 4, 2, 3]).statistic
        assert found.tau_b == pytest.approx(expected)
        assert difference(agree(1, 2), agree(1, 2)).tau_b == 1.0
        assert difference(agree(1), agree(1)).tau_b is None

    def test_nothing_differs_from_nothing(self) -> None:
        assert difference([], []).overlap == 1.0
        assert difference([], agree(1)).added == agree(1)

    def test_a_stance_listed_twice_is_refused(self) -> None:
        with pytest.raises(BadValue):
            difference(agree(1), agree(1, 1))


class TestReasons:
    def test_every_added_and_dropped_stance_needs_a_code_and_a_sentence(self) -> None:
        changes = difference(agree(1, 2), agree(3, 4))
        reasons = {
            agree(3)[0]: Reason(ReasonCode.BALANCE, "It gives farmers an item."),
            agree(4)[0]: Reason(ReasonCode.BALANCE, "  "),
            agree(1)[0]: Reason(None, "We had it before."),
        }
        assert missing_reasons(changes, reasons) == (
            MissingReason(agree(4)[0], "added", ("sentence",)),
            MissingReason(agree(1)[0], "dropped", ("code",)),
            MissingReason(agree(2)[0], "dropped", ("code", "sentence")),
        )

    def test_another_order_needs_a_reason_only_if_the_convenor_says_so(self) -> None:
        changes = difference(agree(1, 2), agree(2, 1))
        assert missing_reasons(changes, {}) == ()
        strict = CurationSettings(moves_need_reasons=True)
        (missing,) = missing_reasons(changes, {}, settings=strict)
        assert missing.change == "moved"


def two_groups() -> Holdings:
    """Twenty of group A hold 0 to 3, twenty of B hold 4 to 7, and both hold 8 by half."""
    a, b = [{0, 1, 2, 3}] * 20, [{4, 5, 6, 7}] * 20
    for people in (a, b):
        people[:10] = [held | {8} for held in people[:10]]
    return agreeing(a + b, 9, group=["A"] * 20 + ["B"] * 20)


class TestLossAndRepair:
    def test_the_loss_is_the_fall_of_a_groups_mean_support(self) -> None:
        worst, other = representation_loss(two_groups(), agree(0, 1, 4, 5), agree(0, 1, 2, 8))
        assert (worst.label, worst.before, worst.after, worst.loss) == ("B", 0.5, 0.125, 0.375)
        assert (other.label, other.loss) == ("A", pytest.approx(-0.375))
        assert worst.is_alarm
        assert not other.is_alarm

    def test_the_noise_band_raises_the_bound_of_an_alarm(self) -> None:
        band = NoiseBand({("group", "B"): 0.4}, 0.8, 0.5, 30, 1)
        worst = representation_loss(two_groups(), agree(0, 1, 4, 5), agree(0, 1, 2, 8), band=band)[0]
        assert worst.bound == 0.4
        assert not worst.is_alarm

    def test_labels_of_fewer_than_five_people_have_no_loss(self) -> None:
        holdings = agreeing([{0}] * 6 + [{1}] * 4, 2, group=["A"] * 6 + ["B"] * 4)
        assert [row.label for row in representation_loss(holdings, agree(0, 1), agree(0))] == ["A"]

    def test_the_best_repair_is_the_best_of_all_swaps_tried_one_by_one(self) -> None:
        rng = np.random.default_rng(4)
        for _ in range(20):
            approvals = [set(np.flatnonzero(rng.random(9) < 0.4).tolist()) for _ in range(30)]
            holdings = agreeing(approvals, 9, group=rng.choice(list("ABC"), 30))
            slate = select_slate(holdings, [], size=4, settings=EVERYTHING)
            curated = agree(*rng.choice(9, 4, replace=False).tolist())

            def worst_loss(draft: list, slate=slate, holdings=holdings) -> float:  # type: ignore[no-untyped-def]
                return max(row.loss for row in representation_loss(holdings, slate.stances, draft))

            swaps = [
                worst_loss([incoming if stance == outgoing else stance for stance in curated])
                for outgoing in curated
                for incoming in set(slate.candidates) - set(curated)
            ]
            repair = best_repair(holdings, slate, curated)
            now = worst_loss(list(curated))
            if repair is None:
                assert now <= 1e-9 or min(swaps) >= now - 1e-9
            else:
                assert repair.loss_before == pytest.approx(now)
                assert repair.loss_after == pytest.approx(min(swaps))
                after = [repair.add if stance == repair.remove else stance for stance in curated]
                assert worst_loss(after) == pytest.approx(repair.loss_after)

    def test_restoring_a_dropped_item_is_preferred_to_an_equal_one(self) -> None:
        holdings = two_groups()
        chosen = select_slate(holdings, [], size=4, candidates=agree(0, 1, 6, 7))
        slate = replace(chosen, candidates=agree(*range(9)))
        repair = best_repair(holdings, slate, agree(0, 1, 2, 7))
        assert repair is not None
        assert repair.add == agree(6)[0]  # as good as 4 and 5, which come first but were never on the slate
        assert repair.remove in agree(0, 1, 2)
        assert (repair.label, repair.loss_before, repair.loss_after) == ("B", 0.25, 0.0)

    def test_a_slate_that_gives_everybody_more_needs_no_repair(self) -> None:
        holdings = agreeing([{0, 1, 2}] * 20 + [{0, 1}] * 20, 3, group=["A"] * 40)
        slate = select_slate(holdings, [], size=1, candidates=agree(2), settings=EVERYTHING)
        assert best_repair(holdings, slate, agree(0)) is None

    def test_a_slate_that_costs_nobody_anything_needs_no_repair(self) -> None:
        holdings = two_groups()
        slate = select_slate(holdings, [], size=4)
        assert best_repair(holdings, slate, slate.stances) is None
        assert best_repair(holdings, slate, []) is None


class TestNoiseBand:
    def test_it_is_the_same_for_the_same_seed_and_reads_back_from_its_json(self) -> None:
        rng = np.random.default_rng(0)
        approvals = [set(np.flatnonzero(rng.random(12) < 0.35).tolist()) for _ in range(60)]
        holdings = agreeing(approvals, 12, group=["A"] * 30 + ["B"] * 30)
        slate = select_slate(holdings, [], size=4)
        band = noise_band(holdings, slate, seed=7)
        assert band == noise_band(holdings, slate, seed=7)
        assert band.n_resamples == 30
        assert 0 <= band.overlap_q05 <= band.overlap_median <= 1
        assert all(0 <= loss < 0.3 for loss in band.loss.values())
        assert any(loss > 0 for loss in band.loss.values())
        assert NoiseBand.from_json(json.loads(json.dumps(band.to_json()))) == band

    def test_opinions_without_doubt_have_no_noise(self) -> None:
        holdings = agreeing([{0, 1}] * 40, 2, group=["A"] * 20 + ["B"] * 20)
        band = noise_band(holdings, select_slate(holdings, [], settings=EVERYTHING), seed=1, slate_settings=EVERYTHING)
        assert set(band.loss.values()) == {0.0}
        assert band.overlap_q05 == 1.0


class TestReview:
    def test_a_curator_who_serves_one_group_is_flagged_and_told_the_repair(self) -> None:
        holdings = two_groups()
        slate = select_slate(holdings, [], size=4)
        review = review_curation(holdings, slate, agree(0, 1, 2, 3))
        assert [(flag.code, flag.label) for flag in review.flags] == [
            ("representation_loss", "B"),
            ("floor_lost", "B"),
            ("certificate", None),
        ]
        assert review.repair is not None
        assert review.repair.add in slate.stances
        assert review.after.of("group", "B").coverage == 0.0  # type: ignore[union-attr]
        assert review.certificate.status == "fail"

    def test_the_participants_slate_itself_raises_nothing(self) -> None:
        holdings = two_groups()
        slate = select_slate(holdings, [], size=4)
        review = review_curation(holdings, slate, slate.stances)
        assert review.flags == ()
        assert review.repair is None
        assert review.difference.overlap == 1.0

    def test_a_statement_nobody_could_vote_on_counts_as_held_by_nobody(self) -> None:
        holdings = two_groups()
        slate = select_slate(holdings, [], size=4)
        review = review_curation(holdings, slate, agree(0, 1, 4, 77))
        assert review.unmeasured == agree(77)
        assert review.losses[0].loss == pytest.approx(0.25)

    def test_an_empty_draft_is_reviewed_too(self) -> None:
        holdings = two_groups()
        slate = select_slate(holdings, [], size=4)
        review = review_curation(holdings, slate, [])
        assert review.difference.dropped == slate.stances
        assert len([flag for flag in review.flags if flag.code == "floor_lost"]) == 2

    def test_small_floors_follow_the_settings(self) -> None:
        holdings = two_groups()
        slate = select_slate(holdings, [], size=4)
        settings = CurationSettings(balance=BalanceSettings(floor_min_people=30))
        review = review_curation(holdings, slate, agree(0, 1, 2, 3), settings=settings)
        assert "floor_lost" not in {flag.code for flag in review.flags}

    def test_the_desk_answers_from_stored_draws_in_under_a_fifth_of_a_second(self) -> None:
        rng = np.random.default_rng(2)
        n, m, n_draws = 10_000, 100, 5
        labels = {"group": rng.choice(list("ABC"), n), "constituency": rng.choice(list("abcdefghi"), n)}
        leaning = rng.normal(size=(n, 2)) @ rng.normal(size=(2, m))

        class Completed:
            participant_rows = np.arange(n)
            statement_ids = np.arange(m)
            signs = np.sign(np.rint(leaning + rng.normal(size=(n_draws, n, m)))).astype(np.int8)

        votes = VoteMatrix.from_votes([], [], [], participant_ids=range(n), statement_ids=range(m))
        draws = imputed_holdings(Completed(), votes, labels=labels)
        slate = select_slate(draws, [])
        stored = draws.to_bytes()
        others = [stance for stance in slate.candidates if stance not in slate.stances]
        times = []
        for at in range(5):
            begin = time.process_time()
            review = review_curation(Holdings.from_bytes(stored), slate, [*slate.stances[2:], *others[at : at + 2]])
            times.append(time.process_time() - begin)
        assert len(review.before.labels) == 12
        assert min(times) < 0.2
