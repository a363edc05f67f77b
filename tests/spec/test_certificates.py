"""Certificates by example: what each block says, and what it must not say."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from deliberation.certificates import (
    AuditedCertificate,
    CertificateRecord,
    audit_certificate,
    check_slate,
    estimate_certificate,
    strongest_challengers,
)
from deliberation.errors import BadShape, BadValue
from deliberation.holdings import Holdings, Stance, imputed_holdings, observed_holdings
from deliberation.votes import Choice, VoteMatrix
from tests.oracles_slates import agree, agreeing, disagree, read_votes


def drawn(*draws: list[list[int]], **labels: list[str]) -> Holdings:
    """Holdings with these completed votes, of people who really voted on the first statement only."""
    signs = np.array(draws, np.int8)
    _, n, m = signs.shape
    votes = VoteMatrix.from_votes(range(n), [0] * n, signs[0, :, 0], participant_ids=range(n), statement_ids=range(m))

    class Completed:
        participant_rows = np.arange(n)
        statement_ids = np.arange(m)

    completed = Completed()
    completed.signs = signs  # type: ignore[attr-defined]
    return imputed_holdings(completed, votes, labels=labels)  # type: ignore[arg-type]


class TestObserved:
    def test_the_witness_names_the_largest_bloc_that_holds_nothing_on_the_slate(self) -> None:
        votes = read_votes("""
            1 | + . .
            2 | + . .
            3 | . + .
            4 | . + -
        """)
        certificate = check_slate(votes, agree(1), k=2)
        assert certificate.alpha_star == 1.0  # two of four, where two places make two of four a complaint
        assert not certificate.holds
        assert certificate.witness is not None
        assert certificate.witness.to_json() == {
            "stance": {"statement_id": 2, "choice": "agree"},
            "level": 1,
            "share": 0.5,
            "n_people": 2,
        }
        assert certificate.jr_bloc == 0.5
        assert (certificate.coverage_1, certificate.coverage_2) == (0.5, 0.0)

    def test_votes_and_their_holdings_give_the_same_certificate(self) -> None:
        votes = read_votes("1 | + - .\n 2 | 0 + +\n 3 | - + .")
        by_votes = check_slate(votes, [*agree(2), *disagree(1)], weights=[1, 2, 1])
        by_holdings = check_slate(observed_holdings(votes, weights=[1, 2, 1]), [*agree(2), *disagree(1)])
        assert by_votes == by_holdings

    def test_pass_counts_as_an_answer_and_not_as_holding(self) -> None:
        certificate = check_slate(read_votes("1 | 0 .\n 2 | + ."), agree(1))
        assert certificate.mean_answered == 1.0
        assert certificate.coverage_1 == 0.5

    def test_only_candidates_can_be_missed(self) -> None:
        holdings = agreeing([{0}, {1}, {1}], 2)
        assert not check_slate(holdings, agree(0), k=2).holds
        assert check_slate(holdings, agree(0), k=2, candidates=agree(0)).holds

    def test_a_bloc_of_exactly_one_place_has_a_complaint_and_one_person_less_has_none(self) -> None:
        exactly = agreeing([{0}] * 7 + [{1}] * 3 + [set()] * 20, 2)
        certificate = check_slate(exactly, agree(0), k=10)
        assert certificate.alpha_star == pytest.approx(1.0)
        assert not certificate.holds
        assert check_slate(agreeing([{0}] * 8 + [{1}] * 2 + [set()] * 20, 2), agree(0), k=10).holds

    def test_coverage_is_told_for_each_label_of_enough_people_and_the_worst_is_named(self) -> None:
        labels = ["A"] * 5 + ["B"] * 5 + ["C"] * 4
        holdings = agreeing([{0}] * 5 + [{0}] * 2 + [set()] * 7, 1, group=labels)
        certificate = check_slate(holdings, agree(0))
        assert [(row.label, row.coverage) for row in certificate.labels] == [("A", 1.0), ("B", 0.4)]
        assert certificate.worst is not None
        assert certificate.worst.label == "B"

    def test_nobody_and_nothing_hold(self) -> None:
        for holdings in (agreeing([], 2), agreeing([set()], 0), agreeing([set(), set()], 2)):
            certificate = check_slate(holdings, [], k=3)
            assert certificate.holds
            assert certificate.witness is None

    def test_an_unknown_statement_or_too_few_places_are_refused(self) -> None:
        with pytest.raises(BadValue):
            check_slate(agreeing([{0}], 1), agree(9))
        with pytest.raises(BadValue):
            check_slate(agreeing([{0}], 2), agree(0, 1), k=1)
        with pytest.raises(BadShape):
            check_slate(read_votes("1 | +"), agree(1), weights=[1, 1])


class TestEstimated:
    def test_the_status_follows_the_upper_quantile_of_the_draws(self) -> None:
        missed = [[1, -1, 0]] * 4 + [[-1, 1, 1]] * 4
        heard = [[1, -1, 0]] * 8
        slate = agree(0)
        assert estimate_certificate(drawn(heard, heard), slate, k=2, candidates=agree(0, 1, 2)).status == "pass"
        bad = estimate_certificate(drawn(missed, missed), slate, k=4, candidates=agree(0, 1, 2))
        assert bad.status == "fail"
        assert bad.alpha_q95 == pytest.approx(2.0)
        assert bad.p_holds == 0.0
        even = estimate_certificate(drawn(missed, missed), slate, k=2, candidates=agree(0, 1, 2))
        assert (even.alpha_mean, even.status) == (pytest.approx(1.0), "unclear")

    def test_it_says_how_little_was_really_answered(self) -> None:
        certificate = estimate_certificate(drawn([[1, 1, 1]] * 6), agree(0, 1, 2))
        assert certificate.coverage_1 == 1.0
        assert certificate.mean_answered == 1.0  # of three items: the rest is the model's

    def test_the_usual_witness_is_the_one_most_draws_name(self) -> None:
        one, other = [[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 0, 1]]
        certificate = estimate_certificate(drawn(one, one, other), agree(0), k=2)
        assert certificate.witness is not None
        assert certificate.witness.stance == Stance(1, Choice.AGREE)

    def test_labels_have_an_interval_over_the_draws(self) -> None:
        certificate = estimate_certificate(drawn([[1]] * 6, [[-1]] * 6, group=["A"] * 6), agree(0))
        (row,) = certificate.labels
        assert (row.coverage, row.low, row.high) == (0.5, pytest.approx(0.05), pytest.approx(0.95))

    def test_without_draws_there_is_no_estimate(self) -> None:
        empty = Holdings(
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
            np.zeros(0),
            {},
            np.zeros((0, 0, 0), np.uint8),
            np.zeros((0, 0), np.uint8),
        )
        with pytest.raises(BadValue):
            estimate_certificate(empty, [])


class TestChallengers:
    def test_the_stances_that_could_overturn_the_slate_come_first(self) -> None:
        holdings = agreeing([{0}] * 4 + [{1, 2}] * 3 + [{2}] * 1 + [{3}] * 1, 4)
        assert strongest_challengers(holdings, agree(0), k=2, n=3) == agree(2, 1, 3)


def answered(n_for: int, n_missed: int, n_silent: int = 0) -> VoteMatrix:
    """People who hold item 1 and not 2, people who hold 2 and not 1, and people who did not answer."""
    rows = ["+-"] * n_for + ["-+"] * n_missed + [".."] * n_silent
    return read_votes("\n".join(f"{i} | {row}" for i, row in enumerate(rows)))


class TestAudited:
    def audit(self, answers: VoteMatrix, *, of: int, drawn_at_random: bool = True) -> AuditedCertificate | None:
        return audit_certificate(answers, agree(1), agree(2), k=4, n_population=of, drawn_at_random=drawn_at_random)

    def test_there_is_none_until_a_random_sample_of_enough_people_or_everybody_was_asked(self) -> None:
        assert self.audit(answered(100, 10), of=2000) is None
        assert self.audit(answered(390, 10), of=2000, drawn_at_random=False) is None
        assert self.audit(answered(0, 0, 5), of=5) is None
        assert self.audit(answered(390, 10), of=2000) is not None
        assert self.audit(answered(100, 10), of=110, drawn_at_random=False) is not None

    def test_a_random_sample_bounds_what_is_true_of_all(self) -> None:
        few = self.audit(answered(390, 10), of=2000)
        assert few is not None
        assert few.status == "holds"
        assert few.alpha_lower < few.alpha_star < few.alpha_upper < 1
        assert few.alpha_star == 10 / 400 * 4
        # Clopper and Pearson 1934, ten of 400 at 1 - 0.05 / 4: the binomial tail at the bound is what is left.
        from scipy.stats import binom

        assert binom.cdf(10, 400, few.jr_bloc_upper) == pytest.approx(0.05 / 4)
        many = self.audit(answered(200, 200), of=2000)
        assert many is not None
        assert many.status == "fails"
        quarter = self.audit(answered(300, 100), of=2000)
        assert quarter is not None
        assert quarter.status == "unclear"

    def test_people_who_did_not_answer_are_counted_as_the_worst_case_of_either_bound(self) -> None:
        silent = self.audit(answered(300, 10, 90), of=2000)
        assert silent is not None
        assert silent.response_rate == pytest.approx(310 / 400)
        assert silent.alpha_star == pytest.approx(10 / 310 * 4)
        assert silent.status == "unclear"

    def test_everybody_s_answers_are_exact(self) -> None:
        exact = self.audit(answered(9, 3), of=12)
        assert exact is not None
        assert exact.alpha_lower == exact.alpha_upper == exact.alpha_star == 1.0
        assert exact.status == "fails"
        assert exact.confidence == 1.0
        with_silence = self.audit(answered(9, 2, 1), of=12)
        assert with_silence is not None
        assert (with_silence.alpha_lower, with_silence.alpha_upper) == (pytest.approx(2 / 3), pytest.approx(1.0))
        assert with_silence.status == "unclear"

    def test_more_people_than_there_are_cannot_have_been_asked(self) -> None:
        with pytest.raises(BadValue):
            self.audit(answered(3, 3), of=5)

    @pytest.mark.parametrize("seed", range(4))
    def test_the_bounds_hold_for_a_population_that_is_known(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        signs = rng.choice([1, -1, 0], (3000, 6), p=[0.3, 0.6, 0.1]).astype(np.int8)
        sample = np.sort(rng.choice(3000, 400, replace=False))

        def votes_of(rows: np.ndarray) -> VoteMatrix:
            people, items = np.indices((rows.size, 6)).reshape(2, -1)
            return VoteMatrix.from_votes(rows[people], items, signs[rows].ravel())

        slate, challengers = agree(0, 1, 2), agree(3, 4, 5)
        truth = check_slate(votes_of(np.arange(3000)), slate, candidates=[*slate, *challengers])
        audit = audit_certificate(votes_of(sample), slate, challengers, n_population=3000, drawn_at_random=True)
        assert audit is not None
        assert audit.alpha_lower <= truth.alpha_star <= audit.alpha_upper


class TestRecord:
    def test_it_reads_back_from_its_json(self) -> None:
        holdings = drawn([[1, -1, 0]] * 6, [[1, 1, 0]] * 6, group=["A"] * 6)
        record = CertificateRecord(
            holdings.digest,
            check_slate(holdings, agree(0)),
            estimate_certificate(holdings, agree(0)),
            audit_certificate(answered(9, 3), agree(1), agree(2), n_population=12, drawn_at_random=False),
        )
        assert CertificateRecord.from_json(json.loads(json.dumps(record.to_json()))) == record

    def test_the_strongest_claim_is_audited_only_after_an_audit(self) -> None:
        holdings = drawn([[1, -1, 0]] * 6)
        observed, estimated = check_slate(holdings, agree(0)), estimate_certificate(holdings, agree(0))
        assert CertificateRecord("", observed, None, None).strongest_claim == "observed"
        assert CertificateRecord("", observed, estimated, None).strongest_claim == "estimated"

    def test_a_record_of_another_method_is_refused(self) -> None:
        record = CertificateRecord("", check_slate(agreeing([{0}], 1), agree(0)), None, None).to_json()
        with pytest.raises(BadValue):
            CertificateRecord.from_json({**record, "method": "another"})


def test_the_checks_share_no_code_with_the_rules_that_choose() -> None:
    code = "import sys, deliberation.certificates; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "deliberation.certificates" in loaded
    makers = ("slates", "proportional", "balance", "curation", "slate_of_votes", "completion", "space")
    assert not {f"deliberation.{name}" for name in makers} & set(loaded)


def test_the_rules_that_choose_share_no_code_with_the_checks() -> None:
    code = "import sys, deliberation.slates, deliberation.proportional; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "deliberation.proportional" in loaded
    assert not {"deliberation.certificates", "deliberation.certificate_records"} & set(loaded)


@pytest.mark.parametrize("weights", [np.ones(301), np.random.default_rng(2).choice([0.0, 0.5, 1.0, 2.5], 301)])
def test_packed_holdings_and_votes_as_pairs_give_the_same_certificate(weights: np.ndarray) -> None:
    signs = np.random.default_rng(1).choice(np.array([1, -1, 0], np.int8), (301, 30), p=[0.5, 0.3, 0.2])
    rows, columns = np.nonzero(np.ones_like(signs))
    votes = VoteMatrix.from_votes(rows, columns, signs[rows, columns])
    packed = check_slate(observed_holdings(votes, weights=weights), agree(*range(0, 30, 4)), k=9)
    pairs = check_slate(votes, agree(*range(0, 30, 4)), k=9, weights=weights)
    assert packed.alpha_star == pytest.approx(pairs.alpha_star, rel=1e-12) and pairs.alpha_star > 0
    assert packed.witness is not None and pairs.witness is not None
    assert packed.witness.share == pytest.approx(pairs.witness.share, rel=1e-12)
    assert (packed.witness.stance, packed.witness.level, packed.witness.n_people, packed.n_candidates) == (
        pairs.witness.stance,
        pairs.witness.level,
        pairs.witness.n_people,
        pairs.n_candidates,
    )


@pytest.mark.slow
def test_two_million_holdings_of_a_hundred_thousand_people_are_checked_in_under_a_second() -> None:
    rng = np.random.default_rng(1)
    n, m = 100_000, 1000
    cells = np.unique(rng.integers(0, n * m, 2_400_000))
    rows, columns = np.divmod(cells, m)
    signs = rng.choice(np.array([1, -1, 0], np.int8), cells.size, p=[0.5, 0.35, 0.15])
    votes = VoteMatrix(np.arange(n), np.arange(m), rows.astype(np.int32), columns.astype(np.int32), signs)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        certificate = check_slate(votes, agree(*range(20)))
        times.append(time.perf_counter() - begin)
    assert certificate.n_candidates == 2 * m - 20
    assert min(times) < 1.0
