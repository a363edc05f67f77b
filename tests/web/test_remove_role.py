"""/c/{slug}/convene/people/remove: a convenor takes away a role that was given; the only convenor stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.actions import consultations
from app.database import fetch, fetchval
from deliberation.phases import Action, Role
from tests import factories
from tests.cast import signed_in

PAGE = "/en/c/water/convene/people"
GIVEN = {"moderator": "moderate", "curator": "", "auditor": "", "convenor": "convene"}
"""Each role that is given, and a door that it alone opens while proposals are collected."""


async def appointed(role: str) -> tuple[Any, str]:
    """Hana has this role, and the page where it is taken away."""
    here = await factories.make_consultation()
    await factories.move_to(here, 1)
    by = await factories.actor("amara", here)
    await consultations.appoint(email="hana@example.org", role=Role(role), by=by)
    return here, f"{PAGE}/{await member('hana')}"


async def member(name: str) -> Any:
    found = "select m.id from memberships m join accounts a on a.id = m.account where a.email = $1"
    return await fetchval(found, f"{name}@example.org")


@pytest.mark.parametrize("role", GIVEN)
async def test_a_role_is_taken_away_after_it_was_asked_and_the_person_is_told(client: Any, role: str) -> None:
    here, path = await appointed(role)
    amara, hana = await signed_in(client, "amara"), await signed_in(client, "hana")
    assert f'href="{path}"' in (await amara.get("/en/c/water/convene")).text
    asked = await amara.get(path)
    assert asked.status_code == 200 and "Take away this role?" in asked.text and "hana@example.org" in asked.text
    assert await member("hana"), "to ask changes nothing"
    door = f"/en/c/water/{GIVEN[role]}"
    assert (await hana.get(door)).status_code == 200
    done = await amara.post(path)
    assert (done.status_code, done.headers["location"]) == (303, "/en/c/water/convene")
    assert await member("hana") is None
    assert role not in (await factories.actor("hana", here)).roles
    if GIVEN[role]:
        assert (await hana.get(door)).status_code == 403, "from this moment on"
    (mail,) = await fetch("select * from messages where kind = 'role_removed'")
    assert mail["to"] == "hana@example.org" and "has ended" in mail["subject"] and f"as {role}" in mail["text"]
    (event,) = await fetch("select * from audit_events where action = 'consultations.remove_role'")
    assert event["subject"] == role
    assert list(json.loads(event["payload"])) == ["account"] and "hana" not in event["payload"]
    assert (await amara.post(path)).status_code == 404
    assert (await amara.get(path)).status_code == 404


async def test_the_only_convenor_stays_and_a_second_one_may_go_by_themselves(client: Any) -> None:
    _, path = await appointed("convenor")
    amara, hana = await signed_in(client, "amara"), await signed_in(client, "hana")
    assert "This is you" in (await hana.get(path)).text
    gone = await hana.post(path)
    assert (gone.status_code, gone.headers["location"]) == (303, "/en/c/water")
    own = f"{PAGE}/{await member('amara')}"
    assert own not in (await amara.get("/en/c/water/convene")).text
    refused = await amara.post(own)
    assert refused.status_code == 409 and "The only convenor stays" in refused.text
    assert await member("amara")


async def test_only_convenors_take_roles_away_and_only_those_that_are_given(client: Any) -> None:
    here, path = await appointed("moderator")
    await factories.join("chidi", here)
    for name in ("hana", "chidi", "eve"):
        browser = await signed_in(client, name)
        assert (await browser.get(path)).status_code == 403, name
        assert (await browser.post(path)).status_code == 403, name
    amara = await signed_in(client, "amara")
    for other in (await member("chidi"), "00000000-0000-4000-8000-000000000000"):
        assert (await amara.get(f"{PAGE}/{other}")).status_code == 404
        assert (await amara.post(f"{PAGE}/{other}")).status_code == 404
    assert await member("chidi") and (await factories.actor("hana", here)).may(Action.MODERATE)
