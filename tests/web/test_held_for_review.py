"""The circuit breaker: a flag over a published line holds a slate and a summary until a moderator has decided."""

from __future__ import annotations

import pytest

from app.actions import alerts
from app.analysis.alert_words import HEADLINES
from app.analysis.holding import LINES
from app.database import execute, fetchval
from app.tables.alerts import Alert
from app.tables.consultations import Consultation
from tests import factories, rooms, slates
from tests.cast import signed_in

ABOUT, SLATE, SUMMARY = "/en/c/water", "/en/c/water/desk/publish", "/en/c/water/summary/sign"
HELD = "nothing is published before a moderator has decided on these alerts"


async def alert_of(here: Consultation, kind: str = "burst", level: str = "flag") -> Alert:
    found = Alert(consultation=here.id, kind=kind, subject="s", level=level, measure="{}", raised_at=here.created_at)
    await found.save()
    return found


async def decide(here: Consultation, alert: Alert) -> None:
    ben = await factories.actor("ben", here)
    await alerts.decide(alert=alert, decision="count_as_is", reason="They sat in one room.", by=ben)


async def n_signatures(table: str) -> int:
    return int(await fetchval(f"select count(*) from {table}"))


async def test_a_slate_waits_for_the_moderator_and_is_published_as_it_was(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    alert = await alert_of(here)
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    form = {"_version": str(draft.version)}
    assert HELD in (await gus.get(SLATE)).text, "the first to sign is told already"
    assert (await gus.post("/en/c/water/desk/signatures", form)).status_code == 303
    page = (await amara.get(SLATE)).text
    assert HELD in page
    assert HEADLINES["burst"] in page
    assert "disabled" in page
    refused = await amara.post("/en/c/water/desk/signatures", form)
    assert refused.status_code == 422
    assert HELD in refused.text
    _, waiting = await slates.stored(here)
    assert not waiting.is_published
    assert (waiting.stances, waiting.version) == (draft.stances, draft.version)
    assert await n_signatures("slate_signatures") == 1

    await decide(here, alert)
    assert HELD not in (await amara.get(SLATE)).text
    assert (await amara.post("/en/c/water/desk/signatures", form)).status_code == 303
    _, after = await slates.stored(here)
    assert after.is_published
    assert after.stances == draft.stances


async def test_a_summary_waits_for_the_moderator(client):
    here = await rooms.small_room()
    await rooms.shown(here)
    alert = await alert_of(here, "near_identical")
    amara, gus = await signed_in(client, "amara"), await signed_in(client, "gus")
    assert (await amara.post(SUMMARY, {"_key": "a", "_version": "0"})).status_code == 303
    page = (await gus.get(SUMMARY)).text
    assert HELD in page
    assert HEADLINES["near_identical"] in page.replace("&#39;", "'")
    assert "disabled" in page
    refused = await gus.post(SUMMARY, {"_key": "b", "_version": "0"})
    assert refused.status_code == 422
    assert HELD in refused.text
    assert await n_signatures("summary_signatures") == 1

    await decide(here, alert)
    answer = await gus.post(SUMMARY, {"_key": "c", "_version": "0"})
    assert answer.headers["location"] == "/en/c/water/summary"


@pytest.mark.parametrize(
    ("kind", "level", "cleared", "decided", "holds"),
    [
        ("burst", "flag", False, False, True),
        ("burst", "flag", True, False, False),
        ("burst", "flag", False, True, False),
        ("burst", "note", False, False, False),
        ("under_represented", "flag", False, False, False),
    ],
)
async def test_only_an_open_undecided_flag_over_a_published_line_holds(client, kind, level, cleared, decided, holds):
    here = await slates.curating()
    await slates.reasoned(here)
    alert = await alert_of(here, kind, level)
    if cleared:
        await execute("update alerts set cleared_at = clock_timestamp() where id = $1", alert.id)
    if decided:
        await decide(here, alert)
    assert (HELD in (await (await signed_in(client, "amara")).get(SLATE)).text) is holds


async def test_another_consultations_alert_holds_nothing_here(client):
    here = await slates.curating()
    await slates.reasoned(here)
    await alert_of(await factories.make_consultation(slug="fire"))
    assert HELD not in (await (await signed_in(client, "amara")).get(SLATE)).text


async def test_the_page_of_the_consultation_says_it_to_staff_only(client):
    here = await slates.curating()
    await alert_of(here)
    for name in ("amara", "ben", "fatima", "gus"):
        assert HELD in (await (await signed_in(client, name)).get(ABOUT)).text, name
    for name in ("dana", "eve"):
        assert HELD not in (await (await signed_in(client, name)).get(ABOUT)).text, name


async def test_while_people_propose_nothing_is_held(client):
    here = await factories.make_consultation()
    await alert_of(here)
    assert HELD not in (await (await signed_in(client, "ben")).get(ABOUT)).text


async def test_the_method_page_lists_the_lines_with_their_reasons(client):
    page = (await client.get("/en/method")).text
    part = slates.section(page, "held").replace("&#39;", "'")
    assert len(LINES) > 1
    for kind, why in LINES.items():
        assert HEADLINES[kind] in part
        assert why in part


async def test_the_alert_says_that_it_holds_publication(client):
    here = await slates.curating()
    ben = await signed_in(client, "ben")
    holding, other = await alert_of(here, "uneven_moderation", "flag"), await alert_of(here, "few_authors", "flag")
    del other
    await execute(
        "update alerts set kind = 'burst', subject = '2026-01-01T10:00:0', measure = $2 where id = $1",
        holding.id,
        '{"measure": 90, "bound": 9, "parameters": {"n": 90, "n_people": 12, "minutes": 10}}',
    )
    page = (await ben.get(f"/en/c/water/alerts/{holding.id}")).text
    assert "No slate and no summary is published until somebody has decided" in page
    await decide(here, holding)
    page = (await ben.get(f"/en/c/water/alerts/{holding.id}")).text
    assert "No slate and no summary is published until somebody has decided" not in page
