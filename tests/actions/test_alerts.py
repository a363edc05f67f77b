"""Alerts as actions: unique for each kind and subject, decided once, back again when an imbalance returns."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from app.access import system_actor
from app.actions import alerts
from app.analysis.power import Found
from app.analysis.power_agenda import agenda_imbalances
from app.database import fetchval
from app.refusals import Conflict, Invalid
from app.tables.alerts import Alert
from deliberation.phases import STATES
from deliberation.power import Imbalance, Level
from tests import factories

DOMINANT = Imbalance("one_organisation", "a-body", 0.23, 0.15, Level.FLAG, {"n": 15, "of": 64})
FOUND = Found("one_organisation", "a-body", DOMINANT, lingers=False)


@pytest.fixture
async def here(database):
    return await factories.make_consultation()


async def raised(here, found: Found = FOUND) -> Alert:
    await alerts.raise_alert(found=found, by=await system_actor(here.id))
    alert = await Alert.objects().where(Alert.consultation == here.id).first()
    assert alert is not None
    return alert


async def test_the_same_imbalance_is_one_alert_with_the_latest_figures(here):
    first = await raised(here)
    more = replace(FOUND, imbalance=replace(DOMINANT, measure=0.31))
    second = await raised(here, more)
    assert first.id == second.id
    assert json.loads(second.measure)["measure"] == 0.31
    assert await Alert.count() == 1


async def test_what_lingers_within_its_bounds_raises_nothing_new(here):
    assert not await alerts.raise_alert(found=replace(FOUND, lingers=True), by=await system_actor(here.id))
    assert await Alert.count() == 0


async def test_what_lingers_keeps_its_alert_from_clearing(here):
    alert = await raised(here)
    by = await system_actor(here.id)
    for _ in range(3):
        assert await alerts.clear_gone(found=(replace(FOUND, lingers=True),), by=by) == 0
    assert await alerts.clear_gone(found=(), by=by) == 0
    await alerts.raise_alert(found=replace(FOUND, lingers=True), by=by)
    assert await alerts.clear_gone(found=(), by=by) == 0, "two checks in a row, counted anew"
    assert await alerts.clear_gone(found=(), by=by) == 1
    await alert.refresh()
    assert alert.cleared_at is not None


async def test_an_imbalance_that_comes_back_asks_again_and_remembers_what_was_decided(here):
    alert = await raised(here)
    ben = await factories.actor("ben", here)
    await alerts.decide(alert=alert, decision="dismiss", reason="A network of members.", by=ben)
    by = await system_actor(here.id)
    for _ in range(2):
        await alerts.clear_gone(found=(), by=by)
    again = await raised(here)
    assert again.id == alert.id
    assert (again.decision, again.cleared_at) == ("", None)
    assert [old["reason"] for old in json.loads(again.measure)["earlier"]] == ["A network of members."]


async def test_a_decision_is_made_once(here):
    alert = await raised(here)
    ben = await factories.actor("ben", here)
    await alerts.decide(alert=alert, decision="watch", reason="Let us see.", by=ben)
    with pytest.raises(Conflict):
        await alerts.decide(alert=alert, decision="dismiss", reason="No.", by=ben)


@pytest.mark.parametrize(("decision", "reason"), [("exclude", "Because."), ("watch", " "), ("", "Because.")])
async def test_a_decision_is_one_of_those_offered_and_has_a_reason(here, decision, reason):
    alert = await raised(here)
    with pytest.raises(Invalid):
        await alerts.decide(alert=alert, decision=decision, reason=reason, by=await factories.actor("ben", here))


async def test_nobody_is_written_to_where_an_alert_concerns_nobody_in_particular(here):
    imbalance = Imbalance("few_authors", "", 6.0, 10.0, Level.FLAG, {"of": 40})
    alert = await raised(here, Found("few_authors", "", imbalance, lingers=False))
    with pytest.raises(Invalid):
        await alerts.decide(alert=alert, decision="contact", reason="Hello.", by=await factories.actor("ben", here))


@pytest.mark.parametrize("name", ["amara", "ben", "chidi", "eve", "fatima", "gus", None])
async def test_only_a_moderator_decides(here, name):
    alert = await raised(here)
    await factories.join("chidi", here)
    who = await factories.actor(name, here)
    if name == "ben":
        await alerts.decide(alert=alert, decision="watch", reason="Let us see.", by=who)
    else:
        with pytest.raises(Exception) as refused:
            await alerts.decide(alert=alert, decision="watch", reason="Let us see.", by=who)
        assert getattr(refused.value, "status", 0) in (401, 403)


def test_states_in_which_a_moderator_decides():
    from deliberation.phases import ALLOWED, Action, Role

    allowed = ALLOWED[Action.DECIDE_ALERT][Role.MODERATOR]
    assert {state for state in STATES if state not in allowed} == {"draft", "archived"}


AGENDA = {
    "passages": [{"category": "women", "step": "shown", "n_asked": 20, "n_passed": 15, "level": None}],
    "waits": [{"category": "women", "n": 12, "others": 10.0, "level": None}],
    "exchange": {"rows": []},
    "near_identical": [],
}


def still(odds: float, median: float, correlation: float, rates: tuple[int, int], n_alike: int) -> dict[str, bool]:
    """The kinds of the agenda that are found, and whether only because they linger."""
    figures = {
        "passages": [AGENDA["passages"][0] | {"odds": [odds, odds / 2, odds * 2]}],
        "waits": [AGENDA["waits"][0] | {"median": median}],
        "position": {"correlation": correlation, "n": 30, "level": None},
        "exchange": {"rows": [["women", 20, rates[0], 20, rates[1], None]]},
        "near_identical": [
            {"subject": "1", "n": n_alike, "n_pairs": 1, "least_common": 20, "same_share": 1.0, "level": "note"}
        ],
    }
    return {one.kind: lingers for one, lingers in agenda_imbalances(figures)}


def test_alerts_of_every_kind_clear_below_half_their_minimum_effect():
    kinds = {"long_wait", "uneven_exposure", "one_way_amendments", "near_identical"}
    assert still(1.6, 13.0, -0.12, (12, 9), 2) == dict.fromkeys(kinds | {"favoured_at_equal_support"}, True)
    assert still(0.6, 12.0, 0.08, (11, 9), 2) == {"passed_over_at_equal_support": True, "near_identical": True}
    assert still(1.4, 12.0, 0.08, (11, 9), 3) == {"near_identical": False}


async def test_what_lingers_raises_nothing_and_keeps_an_alert_open(here):
    lingers = replace(FOUND, lingers=True)
    assert await alerts.raise_alert(found=lingers, by=await system_actor(here.id)) is False
    alert = await raised(here)
    for found, n_cleared in (((lingers,), 0), ((), 0), ((), 1)):
        assert await alerts.clear_gone(found=found, by=await system_actor(here.id)) == n_cleared
    assert await fetchval("select cleared_at from alerts where id = $1", alert.id) is not None
