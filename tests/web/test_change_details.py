"""What a participant says of themselves in one consultation, changed later."""

from __future__ import annotations

from typing import Any

from app.database import execute, fetchrow, fetchval
from tests.cast import signed_in
from tests.factories import join, make_consultation, propose, vote

FIELDS = {"constituency": "women", "mandate": "delegate", "organisation": "Women for Water", "region": "grulac"}


async def test_the_page_shows_what_was_said_when_joining(client: Any) -> None:
    await join("dana", await make_consultation(), constituency="ngos", organisation="Wells Union")
    page = await (await signed_in(client, "dana")).get("/en/c/water/me")
    assert page.status_code == 200
    assert 'value="Wells Union"' in page.text
    assert '<option value="ngos" selected>' in page.text


async def test_it_is_changed_with_one_event_that_tells_nothing(client: Any) -> None:
    await join("dana", await make_consultation(), constituency="ngos")
    dana = await signed_in(client, "dana")
    answer = await dana.post("/en/c/water/me", FIELDS | {"language": "es"})
    assert answer.status_code == 303
    row = await fetchrow(
        "select q.constituency, o.name from participants q join organisations o on o.id = q.organisation"
    )
    assert row is not None
    assert tuple(row) == ("women", "Women for Water")
    payload = await fetchval("select payload from audit_events where action = 'participants.change_details'")
    assert payload == "{}"


async def test_an_unknown_constituency_is_refused_and_the_rest_is_kept(client: Any) -> None:
    await join("dana", await make_consultation(), constituency="ngos")
    answer = await (await signed_in(client, "dana")).post("/en/c/water/me", FIELDS | {"constituency": "kings"})
    assert answer.status_code == 422
    assert 'value="Women for Water"' in answer.text
    assert await fetchval("select constituency from participants") == "ngos"


async def test_an_outsider_has_no_such_page(client: Any) -> None:
    await make_consultation()
    answer = await (await signed_in(client, "eve")).get("/en/c/water/me")
    assert answer.status_code == 403


async def test_for_whom_one_speaks_stands_from_the_first_vote_on(client: Any) -> None:
    here = await make_consultation()
    statement = await propose(await join("chidi", here), "Each village keeps its own wells.")
    who = await join("dana", here, constituency="women", organisation="Women for Water")
    dana = await signed_in(client, "dana")
    formal = FIELDS | {"mandate": "formal"}
    assert (await dana.post("/en/c/water/me", formal)).status_code == 303
    await vote(who, statement, "agree")
    assert "You have voted, so this stays as it is." in (await dana.get("/en/c/water/me")).text
    for change in ({"mandate": "delegate"}, {"mandate": "own"}, {"organisation": "Wells Union"}):
        answer = await dana.post("/en/c/water/me", formal | change)
        assert answer.status_code == 422
        assert "as it was when you cast your first vote" in answer.text
    assert (await dana.post("/en/c/water/me", formal | {"region": "african"})).status_code == 303
    row = await fetchrow(
        "select q.mandate, q.region, o.name from participants q join organisations o on o.id = q.organisation"
    )
    assert row is not None
    assert tuple(row) == ("formal", "african", "Women for Water")


async def test_one_who_joined_before_mandates_were_asked_for_is_a_delegate(client: Any) -> None:
    here = await make_consultation()
    statement = await propose(await join("chidi", here), "Each village keeps its own wells.")
    who = await join("dana", here, constituency="women", organisation="Women for Water")
    await execute("update participants set mandate = ''")
    await vote(who, statement, "agree")
    dana = await signed_in(client, "dana")
    assert (await dana.post("/en/c/water/me", FIELDS)).status_code == 303
    assert (await dana.post("/en/c/water/me", FIELDS | {"mandate": "own"})).status_code == 422
