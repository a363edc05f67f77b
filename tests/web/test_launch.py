"""/c/{slug}/convene/launch: from a draft nobody sees to rounds that open and close by the clock."""

from __future__ import annotations

from typing import Any

from app.database import execute, fetchval
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/convene/launch"


async def test_it_asks_first_and_then_runs(client: Any) -> None:
    await factories.make_consultation(launched=False)
    amara = await signed_in(client, "amara")
    assert (await client.get("/en/c/water")).status_code == 404
    assert (await amara.get(PATH)).status_code == 200
    answer = await amara.post(PATH)
    assert answer.status_code == 303
    assert (await client.get("/en/c/water")).status_code == 200
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'freeze'") == 3, "one a round"
    assert await fetchval("select payload from audit_events where action = 'consultations.launch'") == '{"rounds": 3}'


async def test_without_a_moderator_nobody_would_watch_the_balance(client: Any) -> None:
    await factories.make_consultation(launched=False)
    await execute("delete from memberships where role = 'moderator'")
    amara = await signed_in(client, "amara")
    answer = await amara.post(PATH)
    assert answer.status_code == 422
    assert "Appoint a moderator" in answer.text
    assert await fetchval("select lifecycle from consultations") == "draft"


async def test_it_is_launched_once(client: Any) -> None:
    await factories.make_consultation()
    amara = await signed_in(client, "amara")
    answer = await amara.post(PATH)
    assert answer.status_code == 409
    assert "launched already" in answer.text


async def test_only_its_convenor_launches_it(client: Any) -> None:
    await factories.make_consultation(launched=False)
    for name, status in (("ben", 403), ("fatima", 403), ("eve", 404)):
        assert (await (await signed_in(client, name)).post(PATH)).status_code == status, name
    assert await fetchval("select lifecycle from consultations") == "draft"
