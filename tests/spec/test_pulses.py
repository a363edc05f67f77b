"""Pulses: what a report asks for, how much time it may take, and the light of a commitment.

light = the worst of date (yellow after 365 days without a report, red after 730: the rule of the United Nations'
register of October 2018), delivery (mean over what is due of 1 if done, else 2^(-days late / 90); yellow below 0.9 or
with something at risk, red below 0.5) and decay (yellow while the coalition cools, red below a tenth of its own
baseline). A pause with its reason and its end is a state, and never red.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from deliberation.commitments import Status
from deliberation.errors import BadValue
from deliberation.pulses import (
    Cause,
    Colour,
    Due,
    Light,
    Line,
    Peer,
    PulseSettings,
    asked,
    burden,
    delivery,
    introduction,
    is_reminded,
    light,
    overhead,
    period_of,
)

MADE = date(2026, 11, 30)
TODAY = date(2027, 6, 1)


def told(status: Status = Status.MADE, *deliverables: Due, reported: int = 10, **more: object) -> Light:
    return light(status, deliverables, reported_on=TODAY - timedelta(days=reported), on=TODAY, **more)  # type: ignore[arg-type]  # as given


def test_periods_are_quarters_from_the_day_on_which_it_was_made() -> None:
    first = period_of(MADE, MADE)
    assert (first.number, first.starts_on, first.ends_on) == (0, MADE, date(2027, 2, 27))
    assert period_of(MADE, date(2027, 2, 28)).number == 1, "February has no 30th: its last day begins the next"
    assert period_of(MADE, date(2028, 11, 30)).number == 8
    with pytest.raises(BadValue):
        period_of(MADE, MADE - timedelta(days=1))


def test_every_day_lies_in_one_period() -> None:
    days = [MADE + timedelta(days=n) for n in range(800)]
    for day in days:
        period = period_of(MADE, day)
        assert period.starts_on <= day <= period.ends_on
    numbers = [period_of(MADE, day).number for day in days]
    assert numbers == sorted(numbers) and set(numbers) == set(range(numbers[-1] + 1))


def test_partners_are_asked_in_the_last_two_weeks_of_a_period() -> None:
    period = period_of(MADE, MADE)
    asked_on = [n for n in range(90) if is_reminded(period, MADE + timedelta(days=n))]
    assert asked_on == list(range(76, 90))


def test_only_what_is_due_late_or_at_risk_is_asked_about() -> None:
    deliverables = (
        Due(1, TODAY - timedelta(days=40)),
        Due(2, TODAY + timedelta(days=5)),
        Due(3, TODAY + timedelta(days=300)),
        Due(4, TODAY + timedelta(days=300), last=Line.AT_RISK),
        Due(5, TODAY - timedelta(days=90), done_on=TODAY),
    )
    assert asked(deliverables, TODAY + timedelta(days=30)) == (1, 2, 4)


def test_the_budget_is_kept_once_another_pulse_would_break_it() -> None:
    held = burden([10, 15])
    assert (held.n_used, held.n_budget, held.n_left, held.is_used_up) == (25, 90, 65, False)
    assert not burden([40, 40]).is_used_up
    assert burden([40, 41]).is_used_up
    assert burden([25], n_budget=30).is_used_up
    with pytest.raises(BadValue):
        burden([-1])


def test_what_is_late_counts_half_after_a_quarter() -> None:
    late = Due(1, TODAY - timedelta(days=90))
    assert delivery((), TODAY) == 1.0
    assert delivery((late,), TODAY) == pytest.approx(0.5)
    assert delivery((late, Due(2, TODAY, done_on=TODAY)), TODAY) == pytest.approx(0.75)
    assert delivery((Due(1, TODAY + timedelta(days=1)),), TODAY) == 1.0


def test_a_commitment_that_reports_delivers_and_is_alive_is_green() -> None:
    found = told(Status.MADE, Due(1, TODAY, done_on=TODAY), activity=0.8)
    assert found == Light(Colour.GREEN, (), 10, 1.0)


@pytest.mark.parametrize(("n_days", "colour"), [(365, "green"), (366, "yellow"), (730, "yellow"), (731, "red")])
def test_the_date_follows_the_rule_of_the_register(n_days: int, colour: str) -> None:
    found = told(reported=n_days)
    assert found.colour == colour
    assert found.causes == (() if colour == "green" else (Cause.DATE,))


@pytest.mark.parametrize(
    ("n_late", "colour"), [(0, "green"), (13, "green"), (14, "yellow"), (90, "yellow"), (91, "red")]
)
def test_something_late_is_yellow_after_two_weeks_and_red_after_a_quarter(n_late: int, colour: str) -> None:
    assert told(Status.MADE, Due(1, TODAY - timedelta(days=n_late))).colour == colour


def test_something_at_risk_is_yellow_before_it_is_late() -> None:
    found = told(Status.MADE, Due(1, TODAY + timedelta(days=60), last=Line.AT_RISK))
    assert (found.colour, found.causes) == (Colour.YELLOW, (Cause.DELIVERY,))


def test_a_coalition_that_cools_is_yellow_and_a_silent_one_red() -> None:
    assert told(is_cooling=True, activity=0.4).causes == (Cause.DECAY,)
    assert told(is_cooling=True, activity=0.4).colour is Colour.YELLOW
    assert told(is_cooling=True, activity=0.09).colour is Colour.RED
    assert told(activity=None).colour is Colour.GREEN


def test_the_worst_decides_and_every_worst_is_named() -> None:
    found = told(Status.MADE, Due(1, TODAY - timedelta(days=30)), reported=400, is_cooling=True)
    assert (found.colour, found.causes) == (Colour.YELLOW, (Cause.DATE, Cause.DELIVERY, Cause.DECAY))
    assert told(reported=800, is_cooling=True).causes == (Cause.DATE,)


def test_a_pause_is_a_state_until_its_last_day_and_never_red() -> None:
    late = Due(1, TODAY - timedelta(days=900))
    for until in (None, TODAY, TODAY + timedelta(days=30)):
        found = told(Status.PAUSED, late, reported=900, paused_until=until, is_cooling=True, activity=0.0)
        assert (found.colour, found.causes) == (Colour.PAUSED, ())
    assert told(Status.PAUSED, late, reported=900, paused_until=TODAY - timedelta(days=1)).colour is Colour.RED


def test_after_a_pause_the_date_counts_from_its_end() -> None:
    found = told(Status.MADE, reported=900, paused_until=TODAY - timedelta(days=20))
    assert (found.colour, found.n_days) == (Colour.GREEN, 20)


def test_what_is_over_is_said_in_words() -> None:
    assert told(Status.DELIVERED, reported=900).colour is Colour.COMPLETED
    assert told(Status.WITHDRAWN, reported=900).colour is Colour.WITHDRAWN


OWN = Peer(1, frozenset({"6.1", "6.b", "17.17"}), ("money",), 0.5)


def test_the_nearest_peer_is_one_that_had_the_obstacle_and_has_it_no_more() -> None:
    others = (
        Peer(2, frozenset({"6.1", "6.b", "17.17"}), ("money", "money"), 1.0),
        Peer(3, frozenset({"6.1", "17.17"}), ("money", "rules"), 1.0),
        Peer(4, frozenset({"6.1"}), ("money", ""), 1.0),
        Peer(5, frozenset({"2.4"}), ("money", ""), 1.0),
        Peer(6, frozenset({"6.1", "6.b", "17.17"}), ("", ""), 1.0),
    )
    found = introduction(OWN, others, "money")
    assert found is not None
    assert (found.number, found.shared) == (3, ("6.1", "17.17"))
    assert found.similarity == pytest.approx(2 / 3)


def test_nobody_is_introduced_to_a_coalition_that_delivers_less_or_to_itself() -> None:
    passed = ("money", "")
    assert introduction(OWN, (Peer(3, OWN.targets, passed, 0.4),), "money") is None
    assert introduction(OWN, (Peer(1, OWN.targets, passed, 1.0),), "money") is None
    assert introduction(OWN, (), "money") is None


def test_of_two_as_near_the_one_that_delivers_more_is_chosen_then_the_lower_number() -> None:
    one, two = Peer(3, OWN.targets, ("money", ""), 0.8), Peer(2, OWN.targets, ("money", ""), 0.8)
    assert introduction(OWN, (one, two), "money").number == 2  # type: ignore[union-attr]  # there is one
    more = Peer(9, OWN.targets, ("money", ""), 0.9)
    assert introduction(OWN, (one, two, more), "money").number == 9  # type: ignore[union-attr]  # there is one


def test_overhead_is_the_part_of_coordination_that_goes_into_reports() -> None:
    assert overhead([10, 14], 4.0, 6) == pytest.approx(24 / 1440)
    assert overhead([10], 4.0, 0) is None


def test_a_year_of_pulses_of_one_commitment_fits_the_budget() -> None:
    settings = PulseSettings()
    assert 12 / settings.n_months * settings.n_minutes <= settings.n_minutes_a_year
