"""A form whose session ended on the way is not written twice: it waits until its sender has signed in again."""

from __future__ import annotations

from typing import Any

from app.actions.retention import tidy
from app.auth import Visit, cookie_name, hashed
from app.database import execute, fetch, fetchval
from deliberation.phases import Phase
from tests.cast import Browser, signed_in
from tests.factories import join, make_consultation

WORDS = "Each village keeps its own wells, and a fund pays for the pumps."
FORM = {"statement": WORDS, "language": "en", "_key": "one-form"}
PATH = "/en/c/water/propose"


async def too_late(client: Any, name: str = "dana", **more: Any) -> tuple[Browser, Any]:
    made = await make_consultation(phases=(Phase.PROPOSE,))
    await join("dana", made)
    browser = await signed_in(client, name)
    await execute("update sessions set expires_at = clock_timestamp() where token_hash = $1", hashed(browser.token))
    return browser, await browser.post(PATH, FORM, **more)


async def kept_path() -> str:
    return f"/en/unsent/{await fetchval('select id from unsent_forms')}"


async def test_what_was_written_waits_behind_the_sign_in_and_is_sent_once(client: Any) -> None:
    _, answer = await too_late(client)
    assert answer.status_code == 303
    assert "/en/sign-in?next=" in answer.headers["location"]
    assert (await kept_path()).replace("/", "%2F") in answer.headers["location"]
    assert WORDS.encode() not in bytes(await fetchval("select sealed_fields from unsent_forms"))
    dana = await signed_in(client, "dana")
    page = (await dana.get(await kept_path())).text
    assert WORDS in page
    assert f'action="{PATH}"' in page
    sent = await dana.post(PATH, FORM)
    assert sent.status_code in (200, 303)
    again = await dana.post(PATH, FORM)
    assert again.status_code in (200, 303)


async def test_the_sign_in_leads_back_to_it(client: Any) -> None:
    from app.auth import safe_next

    await too_late(client)
    assert safe_next(await kept_path()) == await kept_path()


async def test_a_fragment_leads_the_whole_page_to_the_sign_in(client: Any) -> None:
    _, answer = await too_late(client, headers={"hx-request": "true"})
    assert answer.headers["hx-redirect"].startswith("/en/sign-in?next=")


async def test_nobody_else_sees_it(client: Any) -> None:
    await too_late(client)
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get(await kept_path())).status_code == 404
    await chidi.post(f"{await kept_path()}/discard")
    assert len(await fetch("select 1 from unsent_forms")) == 1
    client.cookies.clear()
    assert (await client.get(await kept_path())).status_code == 303


async def test_it_can_be_thrown_away_and_goes_by_itself_after_a_day(client: Any) -> None:
    await too_late(client)
    dana = await signed_in(client, "dana")
    assert (await dana.post(f"{await kept_path()}/discard")).status_code == 303
    assert await fetch("select 1 from unsent_forms") == []
    browser = await signed_in(client, "dana")
    await execute("update sessions set expires_at = clock_timestamp()")
    await browser.post(PATH, FORM)
    await execute("update unsent_forms set created_at = created_at - interval '25 hours'")
    await tidy()
    assert await fetch("select 1 from unsent_forms") == []


async def test_a_form_from_another_page_than_ours_is_refused_and_not_kept(client: Any) -> None:
    browser, _ = await too_late(client)
    await execute("delete from unsent_forms")
    client.cookies.clear()
    cookie = {"cookie": f"{cookie_name('sid')}={browser.token}"}
    foreign = Visit(token="x" * 43).csrf_token
    for token in ("", foreign):
        answer = await client.post(PATH, data=FORM | {"_csrf_token": token}, headers=cookie)
        assert answer.status_code == 403
    right = Visit(token=browser.token).csrf_token
    unknown = {"cookie": f"{cookie_name('sid')}={'y' * 43}"}
    assert (await client.post(PATH, data=FORM | {"_csrf_token": right}, headers=unknown)).status_code == 403
    assert await fetch("select 1 from unsent_forms") == []


async def test_a_request_of_another_site_is_not_kept_even_with_the_right_token(client: Any) -> None:
    browser, _ = await too_late(client)
    await execute("delete from unsent_forms")
    answer = await browser.post(PATH, FORM, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert await fetch("select 1 from unsent_forms") == []


async def test_no_password_is_kept(client: Any) -> None:
    browser, _ = await too_late(client)
    await execute("delete from unsent_forms")
    await browser.post("/en/me/password", {"current": "an old long password", "password": "a new long password"})
    dana = await signed_in(client, "dana")
    page = (await dana.get(await kept_path())).text
    assert "long password" not in page
