"""/c/{slug}/me/excluded: one of those concerned reads that their votes are left out, and objects unseen."""

from __future__ import annotations

from typing import Any

from app.database import execute, fetchval
from tests.cast import signed_in
from tests.web.test_decide_exclusion import asked

PATH = "/en/c/water/me/excluded"


async def confirmed(client: Any) -> None:
    _, path = await asked(client)
    hana = await signed_in(client, "hana")
    assert (await hana.post(path, {"step": "confirm", "words": "I looked as well."})).status_code == 303


async def test_while_one_person_has_proposed_it_nobody_concerned_is_told(client: Any) -> None:
    await asked(client)
    chidi = await signed_in(client, "chidi")
    assert "Your votes count in the results" in (await chidi.get(PATH)).text
    assert "left out" not in (await chidi.get("/en/c/water/me/votes")).text
    assert (await chidi.post(PATH, {"words": "Why?"})).status_code == 409


async def test_each_reads_of_their_own_votes_alone_since_when_and_why(client: Any) -> None:
    await confirmed(client)
    for name, others in (("chidi", ("dana", "ivo")), ("dana", ("chidi", "ivo"))):
        browser = await signed_in(client, name)
        mine = (await browser.get("/en/c/water/me/votes")).text
        assert "Your votes are left out of the results" in mine
        assert PATH in mine
        page = (await browser.get(PATH)).text
        assert "the votes seem to have been cast by a program" in page
        assert "decided by two persons" in page
        assert "They are copies." not in page, "the moderators' words stay with those who moderate"
        assert not any(other in page.lower() for other in others)
        assert " 3 " not in page, "nor how many they are"
    assert await fetchval("select count(*) from votes v join participants q on q.id = v.participant") == 1


async def test_one_objects_once_and_nobody_else_reads_it(client: Any) -> None:
    await confirmed(client)
    chidi, dana = await signed_in(client, "chidi"), await signed_in(client, "dana")
    answer = await chidi.post(PATH, {"words": "  "})
    assert answer.status_code == 422
    assert "Please say why in a sentence." in answer.text
    assert (await chidi.post(PATH, {"words": "We share one tablet.", "_key": "k"})).status_code == 303
    assert (await chidi.post(PATH, {"words": "We share one tablet.", "_key": "k"})).status_code == 303
    again = await chidi.post(PATH, {"words": "And a router."})
    assert again.status_code == 409
    assert "You have objected already" in again.text
    assert "And a router." in again.text
    assert "We share one tablet." in (await chidi.get(PATH)).text
    assert "We share one tablet." not in (await dana.get(PATH)).text
    assert "We share one tablet." not in (await client.get("/en/c/water/record")).text
    assert await fetchval("select actor from audit_events where action = 'exclusions.contest'") == "participant"


async def test_others_have_no_such_page_and_those_who_count_are_told_so(client: Any) -> None:
    await confirmed(client)
    for name in ("ben", "amara", "eve"):
        assert (await (await signed_in(client, name)).get(PATH)).status_code == 403, name
    await execute("update exclusions set standing = 'lifted'")
    await execute("update participants set is_excluded = false")
    chidi = await signed_in(client, "chidi")
    assert "Nobody has left them out." in (await chidi.get(PATH)).text
