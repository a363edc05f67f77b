"""Measures of power: book values, silence where all is fair, and one example of each finding."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest
from scipy.special import betaln, ndtr

from deliberation import inequality, power
from deliberation.errors import BadShape, BadValue, TooFewParticipants
from deliberation.power import Imbalance, Level, Participation, PowerSettings, Status, imbalances


def room(
    sizes: dict[str, int], *, targets: dict[str, float] | None = None, proposals: Sequence[str] = (), votes: int = 20
) -> Participation:
    """People by constituency with equal votes; proposals named by the constituency of their author, who take turns."""
    people = [name for name, n in sizes.items() for _ in range(n)]
    turns = {name: cycle([row for row, label in enumerate(people) if label == name]) for name in sizes}
    n = len(proposals)
    return Participation(
        attributes={"constituency": people},
        organisations=[f"organisation {row}" for row in range(len(people))],
        n_votes=[votes] * len(people),
        authors=[next(turns[name]) for name in proposals],
        statuses=[Status.SHOWN] * n,
        co_sponsors=[()] * n,
        in_slate=[False] * n,
        proposal_languages=[None] * n,
        targets={"constituency": targets} if targets else {},
    )


def kinds(found: Sequence[Imbalance]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.subject, one.level.value) for one in found]


def test_gini_has_its_book_values() -> None:
    assert inequality.gini([3, 3, 3, 3]) == 0
    assert inequality.gini([0, 0, 0, 8]) == 0.75
    assert inequality.gini([1, 2, 3, 4, 5]) == pytest.approx(4 / 15)
    assert inequality.gini([0, 0]) == 0
    with pytest.raises(TooFewParticipants):
        inequality.gini([])
    with pytest.raises(BadValue):
        inequality.gini([1, -1])


def test_the_interval_of_gini_contains_it_and_repeats_with_its_seed() -> None:
    votes = np.random.default_rng(0).poisson(20, 300)
    found = inequality.gini_interval(votes, seed=1)
    assert found.lower < found.value < found.upper
    assert found == inequality.gini_interval(votes, seed=1)
    assert found != inequality.gini_interval(votes, seed=2)


def test_the_lorenz_curve_passes_through_the_shares_of_the_least_active() -> None:
    curve = inequality.lorenz([1, 3, 0, 4], n_points=5)
    np.testing.assert_allclose(curve.people, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(curve.contributions, [0, 0, 0.125, 0.5, 1])
    assert inequality.top_share([1, 3, 0, 4]) == 0.5


def test_theil_splits_into_between_and_within() -> None:
    between_only = inequality.theil([1, 1, 3, 3], ["a", "a", "b", "b"])
    assert between_only.between_share == pytest.approx(1)
    assert between_only.total == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))
    within_only = inequality.theil([1, 3, 1, 3], ["a", "a", "b", "b"])
    assert within_only.between_share == pytest.approx(0)
    assert inequality.theil([2, 2], ["a", "b"]).between_share == 0
    with pytest.raises(BadShape):
        inequality.theil([1, 2], ["a"])


def test_concentration_is_one_over_the_number_of_equals() -> None:
    assert inequality.concentration([5, 5, 5, 5]) == 0.25
    assert inequality.effective_number([5, 5, 5, 5, 0]) == 4
    assert inequality.concentration([0, 7]) == 1


def test_a_usual_gini_is_within_its_reference_range() -> None:
    assert inequality.against_reference("proposals", 0.9) == "within"
    assert inequality.against_reference("votes", 0.9) == "above"
    assert inequality.against_reference("votes", 0.1) == "below"


def test_a_representation_ratio_is_the_share_over_the_target_with_wilsons_interval() -> None:
    """Ten of a hundred: Wilson's 95 % interval is .0552 to .1744 (Brown, Cai and DasGupta 2001)."""
    found = power.representation_ratio(10, 100, 0.2)
    assert found.ratio == 0.5
    assert (found.lower, found.upper) == (pytest.approx(0.0552 / 0.2, abs=1e-3), pytest.approx(0.1744 / 0.2, abs=1e-3))
    with pytest.raises(BadValue):
        power.representation_ratio(10, 100, 0)


def test_the_distance_from_targets_is_the_people_who_would_have_to_change_category() -> None:
    assert power.distance_from_targets({"a": 0.5, "b": 0.5}, {"a": 0.3, "c": 0.7}) == pytest.approx(0.7)


def test_the_e_value_is_one_before_anything_happened_and_has_expectation_one() -> None:
    assert power.e_value(0, 0, 0.2) == pytest.approx(1)
    expected = sum(math.comb(12, s) * 0.3**s * 0.7 ** (12 - s) * power.e_value(s, 12 - s, 0.3) for s in range(13))
    assert expected == pytest.approx(1)
    assert power.e_value(5000, 0, 0.01) == math.inf


def test_looking_a_hundred_and_fifty_times_raises_few_false_alarms() -> None:
    rng = np.random.default_rng(5)

    def first_alarm(truth: float) -> float:
        successes = np.cumsum(rng.random(3000) < truth)[19::20]
        looks = np.arange(20, 3001, 20)
        over = [n for s, n in zip(successes, looks, strict=True) if power.e_value(int(s), int(n - s), 0.2) >= 20]
        return float(over[0]) if over else math.inf

    assert np.mean([first_alarm(0.2) < math.inf for _ in range(300)]) <= 0.05
    assert np.median([first_alarm(0.3) for _ in range(60)]) < 300


def watched(rng: np.random.Generator, truth: float, target: float, n_runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Evidence after each of 3,000 events of each run, and the share of successes so far."""
    successes = np.cumsum(rng.random((n_runs, 3000)) < truth, axis=1)
    n = np.arange(1, 3001)
    a, b = 1 + 9 * target, 1 + 9 * (1 - target)
    log_e = betaln(a + successes, b + n - successes) - betaln(a, b)
    log_e -= successes * math.log(target) + (n - successes) * math.log(1 - target)
    at = int(successes[0, 999])
    assert math.exp(log_e[0, 999]) == pytest.approx(power.e_value(at, 1000 - at, target))
    return np.exp(np.minimum(log_e, 700)), successes / n


def first_flag(evidence: np.ndarray, share: np.ndarray, target: float, bound: float) -> np.ndarray:
    """Events until evidence and effect ask for a flag, per run; infinite where they never do."""
    settings = PowerSettings()
    ratio = share / target
    flagged = (evidence >= bound) & ((ratio > settings.ratio_high) | (ratio < settings.ratio_low))
    return np.where(flagged.any(axis=1), flagged.argmax(axis=1) + 1, math.inf)


@pytest.mark.parametrize("target", [0.05, 0.2, 0.5])
def test_fair_processes_watched_at_every_event_raise_a_flag_in_at_most_one_of_twenty(target: float) -> None:
    evidence, share = watched(np.random.default_rng(6), target, target, 2000)
    assert np.isfinite(first_flag(evidence, share, target, bound=20)).mean() <= 0.05
    assert (evidence.max(axis=1) >= 20).mean() <= 0.05


@pytest.mark.parametrize(("truth", "median"), [(0.30, 140), (0.25, 560)])
def test_planted_imbalances_are_found_within_one_and_a_half_times_the_measured_median(
    truth: float, median: int
) -> None:
    evidence, _ = watched(np.random.default_rng(7), truth, 0.2, 300)
    found = np.where((evidence >= 20).any(axis=1), (evidence >= 20).argmax(axis=1) + 1, math.inf)
    assert np.median(found) <= 1.5 * median


@pytest.mark.parametrize(("truth", "median"), [(0.30, 140), (0.25, 560)])
def test_beside_the_other_measures_of_a_consultation_they_are_found_as_soon(truth: float, median: int) -> None:
    """Votes and proposals follow the people: three among twelve measures need four times the evidence of one."""
    evidence, _ = watched(np.random.default_rng(7), truth, 0.2, 300)
    whole = np.ones(12)
    whole[:3] = 81.0
    assert power.e_bh(whole.tolist())[:3] == (True, True, True)
    found = np.where((evidence >= 81).any(axis=1), (evidence >= 81).argmax(axis=1) + 1, math.inf)
    assert np.median(found) <= 1.5 * median


def test_twenty_measures_watched_together_raise_a_flag_in_at_most_one_of_twenty_consultations() -> None:
    """Each measure needs evidence of 20 for every measure that is watched."""
    rng = np.random.default_rng(8)
    alarms = []
    for _ in range(60):
        evidence, share = watched(rng, 0.15, 0.15, 20)
        alarms.append(np.isfinite(first_flag(evidence, share, 0.15, bound=20 * 20)).any())
    assert np.mean(alarms) <= 0.05


def test_a_test_watched_at_every_event_is_wrong_in_few_fair_processes_and_its_p_value_in_many() -> None:
    rng = np.random.default_rng(9)
    z = np.cumsum(rng.normal(size=(400, 3000)), axis=1) / np.sqrt(np.arange(1, 3001))
    looks = np.arange(40, 3001, 10)
    p = 2 * ndtr(-np.abs(z[:, looks - 1]))
    assert (p.min(axis=1) < 0.05).mean() > 0.3
    evidence = [[power.e_of_p(float(value), int(n), 40) for value, n in zip(row, looks, strict=True)] for row in p]
    assert (np.max(evidence, axis=1) >= 20).mean() <= 0.05


def test_the_evidence_of_a_test_grows_with_its_p_value_alone_at_the_same_number_of_events() -> None:
    assert power.e_of_p(1.0, 100, 40) == 1
    assert power.e_of_p(0.001, 39, 40) == 1, "before the first event there is no evidence"
    assert power.e_of_p(0.0, 100, 40) == math.inf
    # r = 10, z = 3.2905: sqrt(10 / 110) * exp(10.8276 * 100 / 220)
    assert power.e_of_p(0.001, 100, 40) == pytest.approx(0.301511 * math.exp(4.92160), rel=1e-3)
    with pytest.raises(BadValue):
        power.e_of_p(1.5, 100, 40)


def fair_consultation(rng: np.random.Generator, n: int) -> Participation:
    """People come and write as their shares say, and moderators decline without looking at who wrote."""
    shares = {"ngos": 0.4, "women": 0.3, "business": 0.2, "farmers": 0.1}
    n_proposals = n // 5
    authors = rng.integers(0, n, n_proposals)
    return Participation(
        attributes={"constituency": rng.choice(list(shares), n, p=list(shares.values())).tolist()},
        organisations=[f"organisation {name}" for name in rng.integers(0, max(n // 4, 8), n)],
        n_votes=rng.poisson(20, n).tolist(),
        authors=authors.tolist(),
        statuses=np.where(rng.random(n_proposals) < 0.15, Status.DECLINED, Status.SHOWN).tolist(),
        co_sponsors=[()] * n_proposals,
        in_slate=[False] * n_proposals,
        proposal_languages=rng.choice(list("abcd"), n_proposals, p=[0.4, 0.3, 0.2, 0.1]).tolist(),
        targets={"constituency": shares},
    )


def until(whole: Participation, n: int) -> Participation:
    """The consultation when `n` people had come and written their part."""
    n_proposals = n // 5
    authors = [row % n for row in whole.authors[:n_proposals]]
    return replace(
        whole,
        attributes={name: labels[:n] for name, labels in whole.attributes.items()},
        organisations=whole.organisations[:n],
        n_votes=whole.n_votes[:n],
        authors=authors,
        statuses=whole.statuses[:n_proposals],
        co_sponsors=whole.co_sponsors[:n_proposals],
        in_slate=whole.in_slate[:n_proposals],
        proposal_languages=whole.proposal_languages[:n_proposals],
    )


@pytest.mark.slow
def test_fair_consultations_looked_at_all_the_time_raise_no_flag_in_nineteen_of_twenty() -> None:
    """All measures of `imbalances` together, while 3,000 people come."""
    settings = PowerSettings(n_permutations=50)
    n_flagged = 0
    for seed in range(20):
        whole = fair_consultation(np.random.default_rng(seed), 3000)
        looks = [until(whole, n) for n in (*range(20, 400, 20), *range(400, 3001, 200))]
        found = [one for look in looks for one in imbalances(look, seed=seed, settings=settings)]
        n_flagged += any(one.level is Level.FLAG for one in found)
    assert n_flagged <= 1


def test_e_bh_rejects_the_largest_set_its_rule_allows() -> None:
    assert power.e_bh([100, 1, 45, 0]) == (True, False, True, False)  # 4 / (.05 * 2) = 40
    assert power.e_bh([100, 1, 39, 0]) == (True, False, False, False)  # 4 / .05 = 80
    assert power.e_bh([79, 1, 39, 0]) == (False, False, False, False)
    assert power.e_bh([]) == ()


def test_a_fair_room_raises_nothing() -> None:
    fair = room(
        {"women": 40, "youth": 40, "workers": 20},
        targets={"women": 0.4, "youth": 0.4, "workers": 0.2},
        proposals=["women"] * 16 + ["youth"] * 16 + ["workers"] * 8,
    )
    assert imbalances(fair, seed=1) == ()


def test_too_few_people_raise_nothing() -> None:
    assert imbalances(room({"women": 14}, targets={"women": 0.1}), seed=1) == ()


def test_a_constituency_far_from_its_target_is_flagged_and_a_near_one_noted() -> None:
    crowded = room({"ngos": 60, "farmers": 20, "rest": 20}, targets={"ngos": 0.2, "farmers": 0.3})
    found = imbalances(crowded, seed=1)
    assert ("over_represented", "ngos", "flag") in kinds(found)
    assert ("under_represented", "farmers", "note") in kinds(found)
    ngos = next(one for one in found if one.subject == "ngos" and one.parameters["column"] == "participants")
    assert ngos.measure == pytest.approx(3)
    assert ngos.bound == 1.5
    assert ngos.parameters["lower"] > 1


def test_one_busy_person_does_not_make_a_constituency_over_represented_in_votes() -> None:
    """Their thousand votes are not a thousand independent voices."""
    calm = room({"ngos": 20, "rest": 80}, targets={"ngos": 0.2})
    busy = replace(calm, n_votes=[300] + [20] * 99)
    assert not [one for one in imbalances(busy, seed=1) if one.kind == "over_represented"]


def test_one_organisation_on_many_proposals_is_flagged_also_as_co_sponsor() -> None:
    base = room({"ngos": 30, "rest": 70}, proposals=["rest"] * 64)
    held = replace(base, co_sponsors=[(0,)] * 15 + [()] * 49)
    (found,) = [one for one in imbalances(held, seed=1) if one.kind == "one_organisation"]
    assert (found.subject, found.level) == ("organisation 0", Level.FLAG)
    assert (found.measure, found.bound) == (15 / 64, 0.15)
    assert power.largest_organisation(held) == ("organisation 0", 15 / 64, 15)
    assert not [one for one in imbalances(base, seed=1) if one.kind == "one_organisation"]


def test_one_author_and_few_authors_are_flagged() -> None:
    base = room({"ngos": 50, "rest": 50}, proposals=["rest"] * 40)
    loud = replace(base, authors=[7] * 12 + base.authors[12:])  # type: ignore[operator]
    assert ("one_author", "7", "flag") in kinds(imbalances(loud, seed=1))
    few = replace(base, authors=[row % 8 for row in range(40)])
    assert ("few_authors", "", "flag") in kinds(imbalances(few, seed=1))


def test_inequality_between_constituencies_is_flagged_beyond_chance() -> None:
    base = room({"ngos": 30, "rest": 30})
    silent = replace(base, n_votes=[60] * 30 + [5] * 30)
    (found,) = imbalances(silent, seed=1)
    assert (found.kind, found.subject) == ("between_constituencies", "votes")
    assert found.measure > 0.9 > found.bound
    one_loud = replace(base, n_votes=[600] + [5] * 59)
    assert imbalances(one_loud, seed=1) == ()


def test_a_constituency_that_proposed_and_is_not_on_the_slate_is_noted() -> None:
    base = room({"ngos": 30, "farmers": 10}, targets={"farmers": 0.25}, proposals=["ngos"] * 30 + ["farmers"] * 6)
    assert not [one for one in imbalances(base, seed=1) if one.kind == "missing_from_slate"]
    chosen = replace(base, in_slate=[at < 8 for at in range(36)])
    (found,) = [one for one in imbalances(chosen, seed=1) if one.kind == "missing_from_slate"]
    assert (found.subject, found.level) == ("farmers", Level.NOTE)
    with_farmers = replace(chosen, co_sponsors=[(35,)] + [()] * 35)
    assert not [one for one in imbalances(with_farmers, seed=1) if one.kind == "missing_from_slate"]


def moderated(declined: dict[str, tuple[int, int]]) -> Participation:
    """Proposals by language: how many were declined, of how many."""
    languages = [name for name, (_, n) in declined.items() for _ in range(n)]
    statuses = [Status.DECLINED if at < hits else Status.SHOWN for hits, n in declined.values() for at in range(n)]
    base = room({"ngos": 50, "rest": 50}, proposals=list(islice(cycle(["ngos", "rest"]), len(languages))))
    return replace(base, statuses=statuses, proposal_languages=languages)


def test_a_language_that_is_declined_more_often_is_noted_and_flagged_with_evidence_for_every_look() -> None:
    """18 % of 74 Arabic proposals against 6 % elsewhere is a note; three times as many of them would be a flag."""
    uneven = moderated({"ar": (13, 74), "zh": (3, 41), "en": (13, 212), "fr": (7, 96)})
    found = [one for one in imbalances(uneven, seed=1) if one.kind == "uneven_moderation"]
    assert [(one.subject, one.level) for one in found] == [("ar", Level.NOTE)]
    assert found[0].measure == pytest.approx(13 / 74)
    assert found[0].parameters["p_value"] < 0.05
    clear = moderated({"ar": (39, 222), "zh": (9, 123), "en": (39, 636), "fr": (21, 288)})
    found = [one for one in imbalances(clear, seed=1) if one.kind == "uneven_moderation"]
    assert [(one.subject, one.level) for one in found] == [("ar", Level.FLAG)]
    even = moderated({"ar": (5, 74), "zh": (3, 41), "en": (13, 212), "fr": (7, 96)})
    assert not [one for one in imbalances(even, seed=1) if one.kind == "uneven_moderation"]


def test_declines_are_compared_by_fishers_test() -> None:
    """Fisher's tea tasting (1935): three or more of four right has a chance of 17 in 70."""
    labels = ["a"] * 4 + ["b"] * 4
    statuses = [Status.DECLINED] * 3 + [Status.SHOWN] + [Status.DECLINED] + [Status.SHOWN] * 3
    found = power.declines(labels, statuses, settings=PowerSettings(fewest_in_moderation=4))
    assert found["a"].p_value == pytest.approx(2 * 17 / 70)  # corrected for two
    waiting = power.declines(["a"] * 4, [Status.WAITING] * 4)
    assert waiting == {}


def test_the_table_from_target_to_slate_leaves_out_who_stated_nothing() -> None:
    base = room({"ngos": 6, "rest": 3}, targets={"ngos": 0.5, "farmers": 0.1}, proposals=["ngos"] * 3 + ["rest"])
    people = [*base.attributes["constituency"][:8], None]
    some = replace(base, attributes={"constituency": people}, in_slate=[True, False, False, True])
    rows = {row.category: row for row in power.category_rows(some, "constituency")}
    assert list(rows) == ["farmers", "ngos", "rest"]
    assert (rows["ngos"].participants, rows["ngos"].votes) == (0.75, 0.75)
    assert (rows["ngos"].proposals, rows["ngos"].slate) == (0.75, 0.5)
    assert rows["farmers"].participants == 0
    assert rows["rest"].ratio is None
    assert power.unstated_share(some, "constituency") == pytest.approx(1 / 9)


def test_an_alert_lingers_until_its_effect_is_below_half_its_minimum() -> None:
    """Raised above half as much again as agreed, it clears below a quarter more, whatever the evidence."""
    for n_ngos, is_raised, lingers in ((32, True, True), (27, False, True), (24, False, False)):
        people = room({"ngos": 10 * n_ngos, "rest": 1000 - 10 * n_ngos}, targets={"ngos": 0.2}, votes=0)
        assert is_raised == any(one.level is Level.FLAG for one in imbalances(people, seed=1))
        assert lingers == bool(power.lingering(people, seed=1))


def test_a_constituency_lingers_as_missing_until_it_has_half_its_target_of_the_slate() -> None:
    base = room({"ngos": 30, "farmers": 10}, targets={"farmers": 0.25}, proposals=["ngos"] * 30 + ["farmers"] * 6)
    for n_items, lingers in ((0, True), (1, True), (2, False)):
        chosen = replace(base, in_slate=[at < 10 - n_items or at >= 36 - n_items for at in range(36)])
        found = {one.kind for one in power.lingering(chosen, seed=1)}
        assert ("missing_from_slate" in found) == lingers


def test_columns_that_do_not_belong_together_are_refused() -> None:
    base = room({"ngos": 20})
    with pytest.raises(BadShape):
        replace(base, organisations=["x"])
    with pytest.raises(BadShape):
        replace(base, authors=[1])
    with pytest.raises(BadValue):
        replace(
            base, authors=[20], statuses=[Status.SHOWN], co_sponsors=[()], in_slate=[False], proposal_languages=[None]
        )
    with pytest.raises(BadValue):
        replace(base, targets={"constituency": {"ngos": 1.5}})


def real_votes(name: str) -> list[int]:
    root = Path(os.environ.get("PLENARY_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
    path = root / "polis-conversations" / name / "participants-votes.csv"
    if not path.exists():
        pytest.skip(f"real consultation {name} is not here; set PLENARY_REAL_DATA")
    lines = path.read_text(encoding="utf-8").splitlines()
    at = lines[0].split(",").index("n-votes")
    return [int(line.split(",")[at]) for line in lines[1:]]


def test_a_real_consultations_votes_have_a_usual_gini() -> None:
    votes = [n for n in real_votes("vtaiwan.uberx") if n > 0]
    assert inequality.against_reference("votes", inequality.gini(votes)) == "within"
