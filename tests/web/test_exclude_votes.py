"""/c/{slug}/alerts/{id}/exclude: a moderator proposes that the votes an alert is about are left out of the results."""

from __future__ import annotations

from typing import Any

from app.actions import consultations
from app.database import execute, fetchval
from app.tables.alerts import Alert
from app.tables.consultations import Consultation
from deliberation.phases import Role
from tests import factories
from tests.actions.test_exclusions import WORDS, alert_about
from tests.cast import signed_in

FORM = {"reason_code": "one_person", "words": WORDS}


async def with_alert(**more: Any) -> tuple[Consultation, Alert, tuple[int, ...]]:
    """Ben and Hana moderate; an alert is about Chidi, Dana and a third."""
    here = await factories.make_consultation(**more)
    await consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    people = []
    for name in ("chidi", "dana", "ivo"):
        actor = await factories.join(name, here)
        assert actor.participant is not None
        people.append(actor.participant.id)
    chidi = await factories.actor("chidi", here)
    await factories.vote(chidi, await factories.propose(chidi, "Build wells with the villages."), "agree")
    return here, await alert_about(here, tuple(sorted(people))), tuple(people)


async def test_a_moderator_asks_a_second_person_from_the_alert(client: Any) -> None:
    _, alert, people = await with_alert()
    ben = await signed_in(client, "ben")
    page = (await ben.get(f"/en/c/water/alerts/{alert.id}")).text
    assert f"/en/c/water/alerts/{alert.id}/exclude" in page
    page = (await ben.get(f"/en/c/water/alerts/{alert.id}/exclude")).text
    assert "It takes two" in page
    assert not any(str(one) in page for one in people)
    answer = await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM | {"_key": "k"})
    made = await fetchval("select id from exclusions")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/en/c/water/exclusions/{made}")
    again = await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM | {"_key": "k"})
    assert again.status_code == 303, "the same form twice does the same once"
    assert await fetchval("select count(*) from exclusions") == 1
    page = (await ben.get(f"/en/c/water/alerts/{alert.id}")).text
    assert "Waits for a second person" in page
    assert f"/en/c/water/exclusions/{made}" in page
    message = await fetchval("select text from messages where kind = 'exclusion_proposed'")
    assert f"/c/water/exclusions/{made}" in message
    assert not any(str(one) in message for one in people)


async def test_a_form_without_reason_keeps_what_was_typed(client: Any) -> None:
    _, alert, _ = await with_alert()
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", {"words": WORDS})
    assert answer.status_code == 422
    assert "Please choose one of the reasons offered." in answer.text
    assert "the ballots are copies" in answer.text
    answer = await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", {"reason_code": "script", "words": ""})
    assert answer.status_code == 422
    assert "Please say why in a sentence." in answer.text


async def test_a_second_proposal_is_a_conflict_and_a_convenor_proposes_nothing(client: Any) -> None:
    _, alert, _ = await with_alert()
    ben, hana, amara = [await signed_in(client, name) for name in ("ben", "hana", "amara")]
    page = (await amara.get(f"/en/c/water/alerts/{alert.id}/exclude")).text
    assert "Only moderators propose" in page
    assert (await amara.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM)).status_code == 403
    await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM)
    answer = await hana.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM)
    assert answer.status_code == 409
    assert "has been proposed already" in answer.text
    for name, status in (("chidi", 403), ("fatima", 403), ("eve", 403)):
        browser = await signed_in(client, name)
        assert (await browser.get(f"/en/c/water/alerts/{alert.id}/exclude")).status_code == status, name


async def test_after_results_have_been_released_it_is_too_late(client: Any) -> None:
    here, alert, _ = await with_alert()
    analysis = await fetchval(
        "insert into analyses (id, consultation, kind, votes_until, created_at, excluded, landscape) values "
        "(gen_random_uuid(), $1, 'frozen', clock_timestamp(), clock_timestamp(), '', '{}') returning id",
        here.id,
    )
    await execute(
        "insert into publications (id, consultation, audience, key, row, n_voters, analysis) "
        "values (gen_random_uuid(), $1, 'both', 'votes', '{}', 3, $2)",
        here.id,
        analysis,
    )
    ben = await signed_in(client, "ben")
    page = (await ben.get(f"/en/c/water/alerts/{alert.id}/exclude")).text
    assert "this would tell how they voted" in page
    answer = await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM)
    assert answer.status_code == 410
    assert "the ballots are copies" in answer.text, "what was typed is handed back"


async def test_an_alert_that_is_not_about_votes_has_no_such_step(client: Any) -> None:
    here, alert, _ = await with_alert()
    await execute("update alerts set kind = 'few_authors', participants = '{}' where id = $1", alert.id)
    ben = await signed_in(client, "ben")
    assert "/exclude" not in (await ben.get(f"/en/c/water/alerts/{alert.id}")).text
    assert (await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", FORM)).status_code == 409
    forest = await factories.make_consultation(slug="forest")
    assert (await ben.get(f"/en/c/{forest.slug}/alerts/{alert.id}/exclude")).status_code == 404
    assert here.slug == "water"
