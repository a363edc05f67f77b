"""/staff: a lost second factor goes when two persons say so, and who owns it is told both times."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.database import execute, fetch, fetchval
from tests import factories
from tests.cast import Browser, code_of, person, signed_in, with_factor

WHY = "I called her on the number of her office."


async def pair(client: Any) -> tuple[Browser, Browser, Browser]:
    """Amara and Hana convene, and Ben, who moderates with Amara, has lost his second factor."""
    here = await factories.make_consultation()
    ben = await with_factor(client, "ben", minutes_ago=1)
    amara = await signed_in(client, "amara")
    hana = await person("hana", may_convene=True)
    await execute(
        "insert into memberships (id, consultation, account, role, rounds) "
        "values (gen_random_uuid(), $1, $2, 'convenor', '{}')",
        here.id,
        hana.id,
    )
    return amara, await signed_in(client, "hana"), ben


async def ask(browser: Browser, name: str) -> Any:
    return await browser.post("/en/staff/factors", {"account": str((await person(name)).id), "reason": WHY})


async def removal() -> str:
    return str(await fetchval("select id from factor_removals"))


async def n_factors() -> int:
    return int(await fetchval("select count(*) from second_factors"))


async def mails() -> list[str]:
    rows = await fetch("select kind from messages where \"to\" = 'ben@example.org' order by created_at")
    return [row["kind"] for row in rows]


async def test_one_asks_another_confirms_and_the_factor_and_its_sessions_are_gone(client: Any) -> None:
    amara, hana, ben = await pair(client)
    assert "ben@example.org" in (await amara.get("/en/staff")).text
    assert (await ask(amara, "ben")).status_code == 303
    assert await n_factors() == 1
    assert (await ben.get("/en/me")).status_code == 200
    assert await mails() == ["factor_removal_asked"]
    page = (await hana.get("/en/staff")).text
    assert WHY in page and "amara@example.org" in page
    assert (await hana.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})).status_code == 303
    assert await n_factors() == 0
    assert (await ben.get("/en/me")).status_code == 303
    assert await mails() == ["factor_removal_asked", "factor_removed"]
    assert (await (await signed_in(client, "ben")).get("/en/me")).status_code == 200
    rows = await fetch("select * from audit_events where action like 'factor_removals.%' order by sequence")
    assert [row["action"] for row in rows] == ["factor_removals.ask", "factor_removals.confirm"]
    assert rows[0]["actor"] != rows[1]["actor"]
    assert not re.search("ben|amara|hana|office|@", repr([dict(row) for row in rows]))


async def test_one_person_alone_cannot(client: Any) -> None:
    amara, _, _ = await pair(client)
    await ask(amara, "ben")
    answer = await amara.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})
    assert answer.status_code == 403
    assert "another convenor or administrator must confirm" in answer.text
    assert await n_factors() == 1
    assert "disabled" in (await amara.get("/en/staff")).text
    assert (await amara.post(f"/en/staff/factors/{await removal()}", {"agrees": "no"})).status_code == 303
    assert await fetchval("select count(*) from factor_removals") == 0


async def test_nobody_asks_or_confirms_for_themselves(client: Any) -> None:
    amara, hana, _ = await pair(client)
    lost = await with_factor(client, "hana", minutes_ago=1)
    assert (await ask(lost, "hana")).status_code == 404
    await ask(amara, "hana")
    assert (await lost.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})).status_code == 404
    assert WHY not in (await lost.get("/en/staff")).text
    assert await n_factors() == 2
    del hana


@pytest.mark.parametrize("name", ["eve", "gus", "root", "nobody"])
async def test_a_convenor_helps_those_alone_who_govern_with_them(client: Any, name: str) -> None:
    amara, _, _ = await pair(client)
    await execute("delete from memberships m using accounts a where a.id = m.account and a.email like 'gus@%'")
    await with_factor(client, name, minutes_ago=1, is_administrator=name == "root")
    assert (await ask(amara, name)).status_code == 404
    assert f"{name}@example.org" not in (await amara.get("/en/staff")).text
    assert await fetchval("select count(*) from factor_removals") == 0


async def test_administrators_help_everybody_and_each_other(client: Any) -> None:
    await with_factor(client, "eve", minutes_ago=1)
    root = await signed_in(client, "root", is_administrator=True)
    toor = await signed_in(client, "toor", is_administrator=True)
    assert (await ask(root, "eve")).status_code == 303
    assert (await toor.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})).status_code == 303
    assert await n_factors() == 0


async def test_a_stranger_to_the_account_answers_nothing(client: Any) -> None:
    amara, _, _ = await pair(client)
    await ask(amara, "ben")
    other = await signed_in(client, "ivo", may_convene=True)
    chidi = await signed_in(client, "chidi")
    assert (await other.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})).status_code == 404
    assert (await chidi.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})).status_code == 403
    assert await n_factors() == 1


async def test_it_is_asked_once_and_lapses_after_a_week(client: Any) -> None:
    amara, hana, _ = await pair(client)
    await ask(amara, "ben")
    assert (await ask(hana, "ben")).status_code == 409
    await execute("update factor_removals set asked_at = asked_at - interval '8 days'")
    assert WHY not in (await hana.get("/en/staff")).text
    assert (await hana.post(f"/en/staff/factors/{await removal()}", {"agrees": "yes"})).status_code == 404
    assert (await ask(hana, "ben")).status_code == 303


async def test_both_give_a_fresh_code_of_their_own(client: Any) -> None:
    await pair(client)
    amara = await with_factor(client, "amara", minutes_ago=30)
    asked = await ask(amara, "ben")
    assert asked.status_code == 403 and 'name="_factor"' in asked.text
    form = {"account": str((await person("ben")).id), "reason": WHY, "_factor": await code_of("amara")}
    assert (await amara.post("/en/staff/factors", form)).status_code == 303


@pytest.mark.parametrize("wrong", [{"reason": "short"}, {"account": "x"}, {"reason": ""}, {"agrees": "yes"}])
async def test_a_form_that_is_wrong_is_kept(client: Any, wrong: dict[str, str]) -> None:
    amara, _, _ = await pair(client)
    answer = await amara.post("/en/staff/factors", {"account": str((await person("ben")).id), "reason": WHY} | wrong)
    assert answer.status_code == 422
    assert await fetchval("select count(*) from factor_removals") == 0
