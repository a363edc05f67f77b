"""/c/{slug}/join: by the open link or an invitation, under a pseudonym."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.actions import invitations
from app.database import fetch, fetchrow, fetchval
from deliberation.disclosure import Attribution
from tests import factories
from tests.cast import signed_in

FORM = {"mandate": "own", "constituency": "ngos", "region": "african", "language": "en", "consent": "yes"}


async def test_it_makes_a_participant_who_can_vote(client: Any) -> None:
    await factories.make_consultation()
    eve = await signed_in(client, "eve")
    assert (await eve.get("/en/c/water/join")).status_code == 200
    answer = await eve.post("/en/c/water/join", FORM)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/vote"
    assert (await eve.get("/en/c/water/vote")).status_code == 200


async def test_nothing_in_the_tables_leads_from_the_participant_to_the_account(client: Any) -> None:
    await factories.make_consultation()
    eve = await signed_in(client, "eve")
    await eve.post("/en/c/water/join", FORM)
    account = await fetchval("select id from accounts where email = 'eve@example.org'")
    participant = await fetchrow("select * from participants")
    assert not [value for value in participant.values() if str(account) in str(value)]
    link = await fetchrow("select * from participant_links")
    for value in link.values():
        stored = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        assert account.bytes not in stored
        assert str(account).encode() not in stored
        assert str(participant["id"]).encode() not in stored


async def test_a_visitor_signs_in_first_and_keeps_the_invitation(client: Any) -> None:
    await factories.make_consultation()
    answer = await client.get("/en/c/water/join?invitation=abc123")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/sign-in?next=%2Fen%2Fc%2Fwater%2Fjoin%3Finvitation%3Dabc123"


async def test_an_organisation_is_one_however_it_is_spelt(client: Any) -> None:
    await factories.make_consultation()
    for name, spelling in (("eve", "Wells  Union"), ("ida", "wells union")):
        browser = await signed_in(client, name)
        await browser.post("/en/c/water/join", FORM | {"mandate": "delegate", "organisation": spelling})
    assert [row["name"] for row in await fetch("select name from organisations")] == ["Wells Union"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"consent": ""}, "Please confirm that you have read"),
        ({"constituency": "martians"}, "Please choose one of the answers offered"),
        ({"region": "atlantis"}, "Please choose one of the answers offered"),
        ({"language": "tlh"}, "Please choose one of the six languages"),
        ({"mandate": "delegate", "organisation": ""}, "Please name the organisation"),
        ({"organisation": "x" * 161}, "at most 160 characters"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(client: Any, wrong: dict[str, str], sentence: str) -> None:
    await factories.make_consultation()
    eve = await signed_in(client, "eve")
    answer = await eve.post("/en/c/water/join", FORM | {"organisation": "Wells Union"} | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert wrong.get("organisation", "Wells Union") in answer.text
    assert await fetchval("select count(*) from participants") == 0


async def test_a_form_sent_twice_joins_once(client: Any) -> None:
    await factories.make_consultation()
    eve = await signed_in(client, "eve")
    first = await eve.post("/en/c/water/join", FORM | {"_key": "k" * 22})
    again = await eve.post("/en/c/water/join", FORM | {"_key": "k" * 22})
    assert first.status_code == 303
    assert again.status_code in {303, 403}
    assert await fetchval("select count(*) from participants") == 1
    assert await fetchval("select count(*) from memberships where role = 'participant'") == 1


async def invited(name: str, consultation: Any) -> str:
    await invitations.invite(addresses=f"{name}@example.org", by=await factories.actor("amara", consultation))
    text = await fetchval("select text from messages where kind = 'invitation' order by created_at desc limit 1")
    return re.search(r"invitation=([\w-]+)", text)[1]


async def test_an_invitation_opens_a_consultation_that_is_by_invitation(client: Any) -> None:
    here = await factories.make_consultation(joining="invitation")
    token = await invited("eve", here)
    eve = await signed_in(client, "eve")
    page = await eve.get(f"/en/c/water/join?invitation={token}")
    assert f'value="{token}"' in page.text
    assert (await eve.post("/en/c/water/join", FORM | {"token": token})).status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", "x" * 100])
async def test_without_an_invitation_it_is_refused(client: Any, token: str) -> None:
    await factories.make_consultation(joining="invitation")
    eve = await signed_in(client, "eve")
    answer = await eve.post("/en/c/water/join", FORM | {"token": token})
    assert answer.status_code == 403
    assert "by invitation" in answer.text
    assert await fetchval("select count(*) from participants") == 0


async def test_an_invitation_is_for_its_address_and_for_one_time(client: Any) -> None:
    here = await factories.make_consultation(joining="invitation")
    token = await invited("eve", here)
    ida = await signed_in(client, "ida")
    assert (await ida.post("/en/c/water/join", FORM | {"token": token})).status_code == 403
    eve = await signed_in(client, "eve")
    assert (await eve.post("/en/c/water/join", FORM | {"token": token})).status_code == 303
    assert await fetchval("select count(*) from invitations where used_at is not null") == 1


async def test_who_takes_part_already_is_told_so(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    chidi = await signed_in(client, "chidi")
    answer = await chidi.get("/en/c/water/join")
    assert answer.status_code == 403
    assert "You take part or have a role in this consultation already" in answer.text


async def test_a_closed_consultation_takes_nobody(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.move_to(here, 2)
    eve = await signed_in(client, "eve")
    answer = await eve.post("/en/c/water/join", FORM)
    assert answer.status_code == 403
    assert "does not take new participants" in answer.text


async def test_it_asks_for_whom_one_speaks_and_an_organisation_may_have_several_delegates(client: Any) -> None:
    await factories.make_consultation()
    for name, mandate in (("eve", "delegate"), ("ida", "formal"), ("hana", "own")):
        browser = await signed_in(client, name)
        page = (await browser.get("/en/c/water/join")).text
        assert "for myself: my own opinion" in page
        form = FORM | {"mandate": mandate, "organisation": "Wells Union"}
        assert (await browser.post("/en/c/water/join", form)).status_code == 303
    rows = await fetch(
        "select p.mandate, o.name from participants p left join organisations o on o.id = p.organisation"
    )
    assert {(row["mandate"], row["name"]) for row in rows} == {
        ("delegate", "Wells Union"),
        ("formal", "Wells Union"),
        ("own", None),
    }, "who speaks for themselves speaks for no organisation"


async def test_an_unknown_mandate_is_refused(client: Any) -> None:
    await factories.make_consultation()
    answer = await (await signed_in(client, "eve")).post("/en/c/water/join", FORM | {"mandate": "king"})
    assert answer.status_code == 422
    assert "Please choose one of the answers offered" in answer.text


@pytest.mark.parametrize(("mode", "is_named"), [("attributed", True), ("open", False), ("chatham_house", False)])
async def test_names_of_organisations_are_suggested_only_where_people_are_named(
    client: Any, mode: str, is_named: bool
) -> None:
    here = await factories.make_consultation(attribution=Attribution(mode))
    await factories.join("chidi", here, organisation="Wells Union")
    page = (await (await signed_in(client, "eve")).get("/en/c/water/join")).text
    assert ("Wells Union" in page) == is_named


async def test_the_organisation_one_spoke_for_elsewhere_is_suggested_to_oneself(client: Any) -> None:
    await factories.join("chidi", await factories.make_consultation(), organisation="Wells Union")
    await factories.make_consultation(slug="forest")
    for name, is_suggested in (("chidi", True), ("eve", False)):
        page = (await (await signed_in(client, name)).get("/en/c/forest/join")).text
        assert ('<option value="Wells Union">' in page) == is_suggested
