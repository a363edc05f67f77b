"""/me/sessions and /staff/sessions: people see and end their own sessions, administrators anybody's."""

from __future__ import annotations

import re
from typing import Any

from app import auth
from app.database import fetchrow, fetchval
from tests.cast import person, signed_in, with_factor


async def id_of(token: str) -> str:
    return str(await fetchval("select id from sessions where token_hash = $1", auth.hashed(token)))


async def test_i_see_the_browsers_in_which_i_am_signed_in_and_nobody_else_s(client: Any) -> None:
    first, second = await signed_in(client, "chidi"), await signed_in(client, "chidi")
    other = await signed_in(client, "dana")
    text = (await first.get("/en/me/sessions")).text
    assert text.count("This browser") == 1
    assert text.count("Another browser") == 1
    assert await id_of(second.token) in text
    assert await id_of(other.token) not in text
    assert first.token not in text and second.token not in text
    assert "/en/me/sessions" in (await first.get("/en/me")).text


async def test_i_end_one_of_them_and_it_is_over_at_its_next_request(client: Any) -> None:
    first, second = await signed_in(client, "chidi"), await signed_in(client, "chidi")
    assert (await first.post(f"/en/me/sessions/{await id_of(second.token)}/end")).status_code == 303
    assert (await second.get("/en/me")).status_code == 303
    assert (await first.get("/en/me")).status_code == 200
    row = await fetchrow("select * from audit_events where action = 'sessions.end'")
    assert not re.search("chidi|@", repr(dict(row)))


async def test_i_end_all_others_at_once(client: Any) -> None:
    first, second, third = [await signed_in(client, "chidi") for _ in range(3)]
    dana = await signed_in(client, "dana")
    assert (await first.post("/en/me/sessions/end-others")).status_code == 303
    assert [(await one.get("/en/me")).status_code for one in (first, second, third, dana)] == [200, 303, 303, 200]


async def test_nobody_ends_another_person_s_session_by_its_id(client: Any) -> None:
    chidi, dana = await signed_in(client, "chidi"), await signed_in(client, "dana")
    answer = await dana.post(f"/en/me/sessions/{await id_of(chidi.token)}/end")
    missing = await dana.post("/en/me/sessions/00000000-0000-4000-8000-000000000000/end")
    assert answer.status_code == missing.status_code == 404
    assert (await chidi.get("/en/me")).status_code == 200


async def test_an_administrator_ends_all_sessions_of_anybody(client: Any) -> None:
    chidi, also_chidi = await signed_in(client, "chidi"), await signed_in(client, "chidi")
    root = await signed_in(client, "root", is_administrator=True)
    assert "Sign somebody out everywhere" in (await root.get("/en/staff")).text
    assert (await root.post("/en/staff/sessions", {"email": "Chidi@example.org"})).status_code == 303
    assert (await chidi.get("/en/me")).status_code == (await also_chidi.get("/en/me")).status_code == 303
    assert (await root.get("/en/me")).status_code == 200
    row = await fetchrow("select * from audit_events where action = 'sessions.end_all'")
    assert not re.search("chidi|root|@", repr(dict(row)))
    answer = await root.post("/en/staff/sessions", {"email": "nobody@example.org"})
    assert answer.status_code == 422
    assert "There is no account" in answer.text and 'value="nobody@example.org"' in answer.text


async def test_only_administrators_do_that_and_with_a_fresh_code(client: Any) -> None:
    await person("chidi")
    chidi = await signed_in(client, "chidi")
    amara = await signed_in(client, "amara")
    assert "Sign somebody out everywhere" not in (await amara.get("/en/staff")).text
    for browser in (amara, chidi):
        assert (await browser.post("/en/staff/sessions", {"email": "chidi@example.org"})).status_code == 403
    root = await with_factor(client, "root", minutes_ago=11, is_administrator=True)
    asked = await root.post("/en/staff/sessions", {"email": "chidi@example.org"})
    assert asked.status_code == 403 and 'name="_factor"' in asked.text
    assert (await chidi.get("/en/me")).status_code == 200
    assert (await chidi.get("/en/staff")).status_code == 403
