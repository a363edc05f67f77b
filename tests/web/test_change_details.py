"""What a participant says of themselves in one consultation, changed later."""

from __future__ import annotations

from typing import Any

from app.database import fetchrow, fetchval
from tests.cast import signed_in
from tests.factories import join, make_consultation

FIELDS = {"constituency": "women", "on_behalf": "body", "organisation": "Women for Water", "region": "grulac"}


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
