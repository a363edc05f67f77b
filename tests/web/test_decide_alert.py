"""/c/{slug}/alerts/{id}: the evidence, the bound, what would change, and a decision with a reason."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from app.actions import consultations
from app.analysis.alert_words import HEADLINES
from app.analysis.playbook import PLAYBOOK
from app.database import execute
from app.jobs.check_power import check_power
from app.tables.alerts import Alert
from app.tables.audit import AuditEvent
from app.tables.outbox import Message
from deliberation.phases import Role
from tests import crowd, factories
from tests.cast import signed_in


@pytest.fixture
async def alert(client):
    """The alert that one organisation is on too many proposals."""
    here = await factories.make_consultation()
    await crowd.gather(here)
    await check_power(consultation_id=str(here.id))
    found = await Alert.objects().where(Alert.kind == "one_organisation").first()
    assert found is not None
    return found


def path(alert: Alert, slug: str = "water") -> str:
    return f"/en/c/{slug}/alerts/{alert.id}"


async def fresh(alert: Alert) -> Alert:
    found = await Alert.objects().where(Alert.id == alert.id).first()
    assert found is not None
    return found


async def test_the_page_shows_the_figure_its_bound_and_what_would_change_it(client, alert):
    page = (await (await signed_in(client, "ben")).get(path(alert))).text
    assert "One organisation is on" in page
    assert "Share of proposals" in page
    assert "Bound" in page
    assert "more proposals by others would bring the share back to the bound" in page
    assert crowd.FORUM not in page
    assert alert.subject not in page


async def test_the_page_offers_a_next_step_to_those_who_can_take_it(client, alert):
    ben = await signed_in(client, "ben")
    assert "What you could do next" in (page := (await ben.get(path(alert))).text)
    assert re.search(r'co-drafter[^<]*<a href="/en/c/water/participation"', page)
    assert (await ben.get("/en/c/water/participation")).status_code == 200
    await execute(
        "update alerts set kind = 'uneven_exposure', measure = $2 where id = $1", alert.id, '{"measure": 0.4}'
    )
    page = (await ben.get(path(alert))).text
    assert "Let the round run longer" in page
    assert "/convene/extend" not in page, "a moderator cannot extend a round"


def test_every_kind_of_alert_has_its_step() -> None:
    assert set(PLAYBOOK) == set(HEADLINES)


async def test_a_decision_with_its_reason_is_on_record(client, alert):
    ben = await signed_in(client, "ben")
    answer = await ben.post(
        path(alert), {"decision": "watch", "reason": "It is the network's secretariat.", "_key": "k"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/power"
    found = await fresh(alert)
    assert (found.decision, found.reason) == ("watch", "It is the network's secretariat.")
    power = (await ben.get("/en/c/water/power")).text
    assert "Keep watching" in power
    assert "It is the network&#39;s secretariat." in power
    record = (await client.get("/en/c/water/record", headers={"cookie": ""})).text
    assert "Alert decided: One organisation is on many of the proposals" in record
    assert "secretariat" not in record


async def test_the_same_form_sent_twice_decides_once(client, alert):
    ben = await signed_in(client, "ben")
    for _ in range(2):
        answer = await ben.post(path(alert), {"decision": "dismiss", "reason": "A coalition by design.", "_key": "k"})
        assert answer.status_code == 303
    events = await AuditEvent.select(AuditEvent.id).where(AuditEvent.action == "alerts.decide")
    assert len(events) == 1


async def test_the_second_moderator_is_told_and_keeps_what_they_wrote(client, alert):
    here = await factories.actor("amara", await _consultation(alert))
    await consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=here)
    ben, hana = await signed_in(client, "ben"), await signed_in(client, "hana")
    await ben.post(path(alert), {"decision": "watch", "reason": "First."})
    late = await hana.post(path(alert), {"decision": "dismiss", "reason": "My careful reasons."})
    assert late.status_code == 409
    assert "My careful reasons." in late.text
    assert (await fresh(alert)).decision == "watch"


async def _consultation(alert: Alert):
    from app.tables.consultations import Consultation

    return await Consultation.objects().where(Consultation.id == alert.consultation).first()


@pytest.mark.parametrize(
    "typed",
    [
        {"decision": "watch", "reason": "  "},
        {"decision": "", "reason": "Because."},
        {"decision": "exclude", "reason": "Because."},
        {"decision": "watch", "reason": "x" * 1001},
        {"decision": "watch", "reason": "a\0b"},
        {},
    ],
)
async def test_a_decision_needs_a_choice_and_a_reason_and_keeps_what_was_typed(client, alert, typed):
    answer = await (await signed_in(client, "ben")).post(path(alert), typed)
    assert answer.status_code == 422
    assert "Please change" in answer.text
    assert (await fresh(alert)).decision == ""
    if typed.get("reason") == "Because.":
        assert "Because.</textarea>" in answer.text


async def test_telling_the_convenor_sends_the_moderators_words(client, alert):
    ben = await signed_in(client, "ben")
    await ben.post(path(alert), {"decision": "tell_convenor", "reason": "Please invite other bodies."})
    told = await Message.objects().where((Message.kind == "alert_raised") & (Message.to == "amara@example.org"))
    assert len(told) == 1
    assert "Please invite other bodies." in told[0].text


async def test_writing_to_those_concerned_names_them_to_nobody(client):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    made = await crowd.gather(here)
    from app.database import execute

    await execute("update participants set organisation = $2 where id = $1", chidi.participant.id, made.forum)
    await check_power(consultation_id=str(here.id))
    alert = await Alert.objects().where(Alert.kind == "one_organisation").first()
    ben = await signed_in(client, "ben")
    answer = await ben.post(path(alert), {"decision": "contact", "reason": "Would you let others go first?"})
    assert "chidi" not in answer.text
    told = await Message.objects().where(Message.kind == "alert_contact")
    assert [message.to for message in told] == ["chidi@example.org"]
    assert "Would you let others go first?" in told[0].text


async def test_who_may_look_and_who_may_decide(client, alert):
    decision = {"decision": "watch", "reason": "Because."}
    assert (await (await signed_in(client, "fatima")).get(path(alert))).status_code == 200
    for name in ("fatima", "amara", "eve", "gus"):
        assert (await (await signed_in(client, name)).post(path(alert), decision)).status_code == 403
    assert (await (await signed_in(client, "eve")).get(path(alert))).status_code == 403
    assert (await fresh(alert)).decision == ""


async def test_an_alert_is_found_only_in_its_own_consultation(client, alert):
    await factories.make_consultation(slug="air")
    ben = await signed_in(client, "ben")
    assert (await ben.get(path(alert, "air"))).status_code == 404
    assert (await ben.post(path(alert, "air"), {"decision": "watch", "reason": "x"})).status_code == 404
    assert (await ben.get(f"/en/c/water/alerts/{uuid4()}")).status_code == 404
    assert (await ben.get("/en/c/water/alerts/nonsense")).status_code == 404


async def test_every_kind_of_alert_has_words(client, alert):
    from app.analysis.alert_words import HEADLINES, TELLERS

    assert set(HEADLINES) == set(TELLERS)
