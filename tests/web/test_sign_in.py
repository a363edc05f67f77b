"""/sign-in: a code by mail or a password, sessions, signing out, my details."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from app import auth
from app.database import execute, fetchval
from app.settings import get_settings
from tests.cast import Browser, person, signed_in


async def token_of(client: Any, path: str = "/en/sign-in") -> str:
    page = await client.get(path)
    found = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', page.text)
    assert found is not None
    return found[1]


async def ask(client: Any, email: str, next_path: str = "") -> Any:
    token = await token_of(client)
    return await client.post("/en/sign-in", data={"_csrf_token": token, "email": email, "next": next_path})


async def mailed_code() -> str:
    text = await fetchval("select text from messages where kind = 'sign_in_code' order by created_at desc limit 1")
    return re.search(r"\b\d{8}\b", text.replace(" ", ""))[0]


async def use(client: Any, email: str, code: str) -> Any:
    token = await token_of(client)
    return await client.post("/en/sign-in/code", data={"_csrf_token": token, "email": email, "code": code})


async def test_a_code_signs_in_and_leads_on(client: Any) -> None:
    asked = await ask(client, "new@example.org", "/en/help")
    assert asked.status_code == 200
    answer = await use(client, "new@example.org", await mailed_code())
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/help"
    page = await client.get("/en/me")
    assert page.status_code == 200
    assert "new@example.org" in page.text


async def test_a_code_may_be_typed_with_spaces_and_in_arabic_digits(client: Any) -> None:
    await ask(client, "new@example.org")
    code = (await mailed_code()).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert (await use(client, "new@example.org", f"{code[:4]} {code[4:]}")).status_code == 303


async def test_a_code_works_once(client: Any) -> None:
    await ask(client, "new@example.org")
    code = await mailed_code()
    assert (await use(client, "new@example.org", code)).status_code == 303
    client.cookies.clear()
    again = await use(client, "new@example.org", code)
    assert again.status_code == 422
    assert "used up" in again.text


async def test_an_address_that_is_none_keeps_what_was_typed(client: Any) -> None:
    answer = await ask(client, "nobody at nowhere")
    assert answer.status_code == 422
    assert 'value="nobody at nowhere"' in answer.text
    assert "such as name@example.org" in answer.text


async def test_a_page_that_needs_an_account_leads_back_after_signing_in(client: Any) -> None:
    answer = await client.get("/fr/me?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/fr/sign-in?next=%2Ffr%2Fme%3Fx%3D1"


async def test_the_fourth_mail_within_a_quarter_of_an_hour_is_refused(client: Any) -> None:
    for _ in range(3):
        assert (await ask(client, "new@example.org")).status_code == 200
    answer = await ask(client, "New+tag@example.org")
    assert answer.status_code == 429, "one mailbox, however it is spelt"
    assert int(answer.headers["retry-after"]) > 0
    assert await fetchval("select count(*) from messages where kind = 'sign_in_code'") == 3


async def with_password(name: str, password: str) -> None:
    who = await person(name)
    await execute("update accounts set password_hash = $2 where id = $1", who.id, await auth.hash_password(password))


async def try_password(client: Any, email: str, password: str) -> Any:
    token = await token_of(client, "/en/sign-in/password")
    return await client.post("/en/sign-in/password", data={"_csrf_token": token, "email": email, "password": password})


async def test_staff_sign_in_with_a_password(client: Any) -> None:
    await with_password("amara", "correct horse battery")
    answer = await try_password(client, "amara@example.org", "correct horse battery")
    assert answer.status_code == 303
    assert (await client.get("/en/me")).status_code == 200


@pytest.mark.parametrize("email", ["amara@example.org", "stranger@example.org"])
async def test_a_wrong_password_and_an_unknown_account_look_the_same(client: Any, email: str) -> None:
    await with_password("amara", "correct horse battery")
    answer = await try_password(client, email, "wrong horse battery")
    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert "wrong horse" not in answer.text, "a password is never shown again"


async def test_a_disabled_account_cannot_sign_in_and_is_out_at_once(client: Any) -> None:
    await with_password("amara", "correct horse battery")
    amara = await signed_in(client, "amara")
    await execute("update accounts set disabled_at = now() where email = 'amara@example.org'")
    assert (await amara.get("/en/me")).status_code == 303
    assert (await try_password(client, "amara@example.org", "correct horse battery")).status_code == 422
    await ask(client, "amara@example.org")
    assert (await use(client, "amara@example.org", await mailed_code())).status_code == 422


async def test_signing_out_ends_the_session_everywhere(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    answer = await chidi.post("/en/sign-out")
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert (await Browser(client, chidi.token).get("/en/me")).status_code == 303


async def test_my_details_are_changed_and_logged_without_what_they_are(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    answer = await chidi.post("/en/me", {"name": "Chidi O.", "zone": "Africa/Lagos", "locale": "fr"})
    assert answer.status_code == 303
    page = await chidi.get("/en/me")
    assert 'value="Chidi O."' in page.text
    payload = await fetchval("select payload from audit_events where action = 'accounts.change_details'")
    assert json.loads(payload) == {}


@pytest.mark.parametrize(
    "wrong", [{"zone": "Mars/Olympus"}, {"locale": "tlh"}, {"name": "x" * 121}, {"zone": ""}, {"zone": "../etc/passwd"}]
)
async def test_wrong_details_are_refused_and_kept(client: Any, wrong: dict[str, str]) -> None:
    chidi = await signed_in(client, "chidi")
    answer = await chidi.post("/en/me", {"name": "Chidi Okoro", "zone": "UTC", "locale": "en"} | wrong)
    assert answer.status_code == 422
    assert wrong.get("name", "Chidi Okoro") in answer.text
    assert await fetchval("select name from accounts where email = 'chidi@example.org'") == "Chidi"


async def test_cookies_travel_over_https_only_and_scripts_cannot_read_them(client: Any) -> None:
    assert get_settings().base_url.startswith("https://")
    await ask(client, "new@example.org")
    answer = await use(client, "new@example.org", await mailed_code())
    cookies = answer.headers.get_list("set-cookie")
    session = next(text for text in cookies if text.startswith("__Host-sid="))
    for part in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert part in session
    assert "Domain" not in session
