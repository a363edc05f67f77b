"""/c/{slug}/exclusions/{id}: a second person decides, both results are compared, and objections are answered."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import execute, fetchval
from app.tables.exclusions import Exclusion
from deliberation.exclusions import Step
from tests import factories
from tests.actions.test_exclusions import close, frozen, proposed, take, with_two_moderators
from tests.cast import signed_in
from tests.slates import section
from tests.web.test_exclude_votes import with_alert

WORDS = "I looked at it as well."


async def asked(client: Any) -> tuple[Exclusion, str]:
    here, alert, _ = await with_alert()
    ben = await signed_in(client, "ben")
    await ben.post(f"/en/c/water/alerts/{alert.id}/exclude", {"reason_code": "script", "words": "They are copies."})
    found = await Exclusion.objects().where(Exclusion.consultation == here.id).first()
    assert found is not None
    return found, f"/en/c/water/exclusions/{found.id}"


async def test_the_second_moderator_reads_why_and_confirms(client: Any) -> None:
    found, path = await asked(client)
    ben, hana = await signed_in(client, "ben"), await signed_in(client, "hana")
    page = (await ben.get(path)).text
    assert "You proposed this yourself" in page
    assert "Take it back" in page
    assert (await ben.post(path, {"step": "confirm", "words": WORDS})).status_code == 403
    page = (await hana.get(path)).text
    assert "They are copies." in page
    assert "the votes seem to have been cast by a program" in page
    assert not any(str(one) in page for one in found.participants)
    answer = await hana.post(path, {"step": "confirm", "words": ""})
    assert answer.status_code == 422
    assert "Please say why in a sentence." in answer.text
    answer = await hana.post(path, {"step": "confirm", "words": WORDS, "_key": "a"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert (await hana.post(path, {"step": "confirm", "words": WORDS, "_key": "a"})).status_code == 303
    assert await fetchval("select count(*) from exclusion_steps where step = 'confirm'") == 1
    late = await hana.post(path, {"step": "refuse", "words": WORDS, "_key": "b"})
    assert late.status_code == 409
    assert "confirmed this already" in late.text
    page = (await hana.get(path)).text
    assert "These votes are left out of the results" in page
    assert "The votes of a few participants" in page
    record = (await client.get("/en/c/water/record")).text
    assert "Votes left out by two persons: Some people" in record
    assert "They are copies." not in record
    page = (await hana.get(f"/en/c/water/alerts/{found.alert}")).text
    assert "Leave these votes out of the results" in page


async def test_two_persons_take_the_votes_in_again(client: Any) -> None:
    _, path = await asked(client)
    ben, hana = await signed_in(client, "ben"), await signed_in(client, "hana")
    await hana.post(path, {"step": "confirm", "words": WORDS})
    assert (await ben.post(path, {"step": "propose_lifting", "words": "They answered."})).status_code == 303
    assert "Shall these votes count again?" in (await hana.get(path)).text
    assert (await ben.post(path, {"step": "lift", "words": WORDS})).status_code == 403
    assert (await hana.post(path, {"step": "lift", "words": WORDS})).status_code == 303
    assert await fetchval("select count(*) from participants where is_excluded") == 0
    assert "These votes count again" in (await hana.get(path)).text


async def test_whoever_has_no_part_in_it_does_not_see_the_page(client: Any) -> None:
    _, path = await asked(client)
    for name, status in (("chidi", 403), ("fatima", 403), ("gus", 403)):
        browser = await signed_in(client, name)
        assert (await browser.get(path)).status_code == status, name
        assert (await browser.post(path, {"step": "confirm", "words": WORDS})).status_code == status, name
    forest = await factories.make_consultation(slug="forest")
    hana = await signed_in(client, "ben")
    assert (await hana.get(path.replace("water", forest.slug))).status_code == 404


async def test_the_auditor_reads_on_the_alert_that_votes_are_left_out(client: Any) -> None:
    found, path = await asked(client)
    page = (await (await signed_in(client, "fatima")).get(f"/en/c/water/alerts/{found.alert}")).text
    assert "Leaving these votes out of the results" in page
    assert path not in page


async def test_a_convenor_answers_an_objection_without_reading_whose_it_is(client: Any) -> None:
    found, path = await asked(client)
    ben, hana, amara = [await signed_in(client, name) for name in ("ben", "hana", "amara")]
    await hana.post(path, {"step": "confirm", "words": WORDS})
    chidi = await signed_in(client, "chidi")
    await chidi.post("/en/c/water/me/excluded", {"words": "We share one tablet at the clinic."})
    objection = await fetchval("select id from exclusion_objections")
    page = (await amara.get(path)).text
    part = section(page, f"o-{objection}")
    assert "We share one tablet at the clinic." in part
    assert "chidi" not in page.lower()
    assert not any(str(one) in page for one in found.participants)
    assert "A convenor answers it." in (await ben.get(path)).text
    there = f"{path}/answers/{objection}"
    assert (await ben.post(there, {"answer": "No."})).status_code == 403
    assert (await amara.post(there, {"answer": " "})).status_code == 422
    assert (await amara.post(there, {"answer": "The moderators look again."})).status_code == 303
    assert (await amara.post(there, {"answer": "No."})).status_code == 409
    assert "The moderators look again." in (await chidi.get("/en/c/water/me/excluded")).text
    other = "00000000-0000-4000-8000-000000000000"
    assert (await amara.post(f"{path}/answers/{other}", {"answer": "x"})).status_code == 404


@pytest.mark.slow
async def test_both_results_stand_side_by_side_in_outcomes_only(client: Any) -> None:
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:5])
    await take(here, found, Step.CONFIRM, "hana")
    await close(here)
    row = await frozen(here)
    ben = await signed_in(client, "ben")
    part = section((await ben.get(f"/en/c/water/exclusions/{found.id}")).text, "h-both")
    assert "With everybody&#39;s votes" in part or "With everybody's votes" in part
    assert "Opinion groups" in part
    assert "Certificate" in part
    results = (await ben.get("/en/c/water/results")).text
    assert "Not all votes count here" in results
    assert "25 votes of 5 to 9 participants are left out" in results
    public = (await client.get("/en/c/water/results")).text
    assert "The votes of a few participants are left out of these results by two moderators" in public
    assert "5 to 9" not in public
    told = (await client.get("/api/v1/consultations/water/results")).json()["analysis"]["left_out"]
    assert told.startswith("The votes of a few participants are left out")
    slates = (await ben.get("/en/c/water/slates")).text
    assert "Not all votes count here" in slates
    assert row["excluded"] == str(found.id)


@pytest.mark.slow
async def test_of_too_few_people_the_results_are_not_compared(client: Any) -> None:
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:2])
    await take(here, found, Step.CONFIRM, "hana")
    await close(here)
    await frozen(here)
    page = (await (await signed_in(client, "ben")).get(f"/en/c/water/exclusions/{found.id}")).text
    assert "even the outcomes side by side could tell how somebody voted" in page
    assert await fetchval("select whole <> '' from analyses where excluded <> '' and evidence = 'full'"), "yet stored"
    await execute("delete from analyses")


async def test_the_page_of_the_consultation_leads_those_who_are_asked_to_it(client: Any) -> None:
    _, path = await asked(client)
    for name in ("ben", "hana", "amara"):
        assert path in (await (await signed_in(client, name)).get("/en/c/water")).text, name
    for name in ("chidi", "fatima", "eve"):
        assert path not in (await (await signed_in(client, name)).get("/en/c/water")).text, name
    hana = await signed_in(client, "hana")
    await hana.post(path, {"step": "confirm", "words": WORDS})
    assert path not in (await hana.get("/en/c/water")).text
    await (await signed_in(client, "chidi")).post("/en/c/water/me/excluded", {"words": "We share a tablet."})
    assert path in (await (await signed_in(client, "amara")).get("/en/c/water")).text, "an objection waits"
    assert path not in (await hana.get("/en/c/water")).text
