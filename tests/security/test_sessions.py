"""Sessions, cookies, CSRF tokens, one-time codes: nobody becomes somebody else, and no other site acts for them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import pytest_asyncio

from app import auth
from app.actions.accounts import open_session
from app.database import execute, fetch, fetchval
from app.settings import get_settings
from tests import factories
from tests.cast import Browser, person, signed_in
from tests.inventory import SAFE, Route, routes

NOBODY = "00000000-0000-4000-8000-000000000000"
OF_NO_FORM = {
    "/csp-reports": "a browser reports by itself what the policy refused; it is logged and changes nothing",
    "/messages/stop/{token:str}": "mail programs send it (RFC 8058); the address itself is the secret",
}
UNSAFE = [
    route
    for route in routes()
    if route.method not in SAFE and not route.path.startswith("/demo") and route.path not in OF_NO_FORM
]


def address(route: Route) -> str:
    values = {"slug": "water", "number": 1, "which": 1, "language": "fr", "item": 1, "version": 1}
    return route.filled(
        **{name: NOBODY if kind == "uuid" else values.get(name, NOBODY) for name, kind in route.parameters.items()}
    )


# -------- other sites


@pytest_asyncio.fixture
async def ben(client: Any) -> Browser:
    await factories.make_consultation()
    return await signed_in(client, "ben")


async def counts() -> dict[str, int]:
    tables = ("audit_events", "votes", "proposals", "participants", "memberships", "messages", "sessions", "flags")
    return {name: await fetchval(f"select count(*) from {name}") for name in tables}


ATTACKS: dict[str, dict[str, Any]] = {
    "no token": {"token": ""},
    "a made-up token": {"token": "0" * 64},
    "a token of another session": {"token": "other"},
    "a token that is no hexadecimal": {"token": "\u00e4\u202e" * 20},
    "another site's page": {"headers": {"origin": "https://evil.example"}},
    "a page of no site": {"headers": {"origin": "null"}},
    "a malformed origin": {"headers": {"origin": "https://["}},
    "our name inside another": {"headers": {"origin": "https://127.0.0.1:8000.evil.example"}},
    "a sibling site": {"headers": {"sec-fetch-site": "same-site"}},
    "a foreign site": {"headers": {"sec-fetch-site": "cross-site"}},
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_no_form_is_taken_from(client: Any, ben: Browser, attack: str) -> None:
    given = ATTACKS[attack]
    own = auth.Visit(token=ben.token).csrf_token
    other = auth.Visit(token=await open_session((await person("amara")).id)).csrf_token
    token = {None: own, "other": other}.get(given.get("token"), given.get("token"))
    before = await counts()
    for route in UNSAFE:
        for headers in ({}, {"hx-request": "true"}):
            answer = await ben.post(
                address(route), {"_csrf_token": token}, headers={**headers, **given.get("headers", {})}
            )
            assert answer.status_code == 403, f"{route.name}: {answer.status_code}"
            assert "out of date or came from another site" in answer.text
    assert await counts() == before
    assert len(UNSAFE) > 30


async def test_the_same_forms_are_taken_from_our_own_pages(client: Any, ben: Browser) -> None:
    for headers in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}, {}):
        answer = await ben.post("/en/me", {"name": "Ben", "zone": "UTC", "locale": "en"}, headers=headers)
        assert answer.status_code == 303


async def test_a_token_in_a_header_counts_as_one_in_the_form(client: Any, ben: Browser) -> None:
    token = auth.Visit(token=ben.token).csrf_token
    form = {"name": "Ben", "zone": "UTC", "locale": "en", "_csrf_token": ""}
    assert (await ben.post("/en/me", form, headers={"x-csrf-token": token})).status_code == 303
    assert (await ben.post("/en/me", form, headers={"x-csrf-token": "f" * 64})).status_code == 403


async def test_a_token_is_of_one_session_alone() -> None:
    first, second = auth.Visit(token=auth.new_token()), auth.Visit(token=auth.new_token())
    assert first.accepts(first.csrf_token)
    assert not first.accepts(second.csrf_token)
    assert not auth.Visit(browser=first.token[::-1]).accepts(first.csrf_token)
    assert not first.accepts("")


# -------- sessions


async def test_a_cookie_that_was_chosen_for_a_browser_is_never_adopted(client: Any) -> None:
    chosen = "A" * 43
    await person("amara")
    await execute("update accounts set password_hash = $1", await auth.hash_password("correct horse battery"))
    cookies = f"{auth.cookie_name('sid')}={chosen}; {auth.cookie_name('browser')}={chosen}"
    answer = await client.post(
        "/en/sign-in/password",
        data={
            "_csrf_token": auth.Visit(browser=chosen).csrf_token,
            "email": "amara@example.org",
            "password": "correct horse battery",
        },
        headers={"cookie": cookies},
    )
    assert answer.status_code == 303
    token = re.search(rf"{auth.cookie_name('sid')}=([^;]+)", str(answer.headers))[1]
    assert token != chosen
    assert auth.hashed(chosen) not in [
        bytes(row["token_hash"]) for row in await fetch("select token_hash from sessions")
    ]
    assert (await Browser(client, chosen).get("/en/me")).status_code == 303
    assert (await Browser(client, token).get("/en/me")).status_code == 200


async def test_every_sign_in_makes_a_new_session_and_a_new_form_token(client: Any) -> None:
    first, second = await signed_in(client, "chidi"), await signed_in(client, "chidi")
    assert first.token != second.token
    assert auth.Visit(token=first.token).csrf_token != auth.Visit(token=second.token).csrf_token


async def test_only_the_hash_of_a_token_is_stored(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    row = (await fetch("select * from sessions"))[0]
    assert not [value for value in row.values() if chidi.token.encode() in bytes(str(value), "utf-8")]
    assert bytes(row["token_hash"]) == auth.hashed(chidi.token)
    assert len(chidi.token) == 43


@pytest.mark.parametrize(
    ("name", "idle", "still_in"),
    [
        ("chidi", "3 hours 59 minutes", True),
        ("chidi", "4 hours 1 minute", False),
        ("ben", "29 minutes", True),
        ("ben", "31 minutes", False),
        ("amara", "31 minutes", False),
    ],
)
async def test_a_session_that_is_left_alone_ends(client: Any, name: str, idle: str, still_in: bool) -> None:
    await factories.make_consultation()
    browser = await signed_in(client, name)
    await execute(f"update sessions set seen_at = clock_timestamp() - interval '{idle}'")
    assert ((await browser.get("/en/me")).status_code == 200) is still_in


@pytest.mark.parametrize(("name", "hours"), [("chidi", 24), ("ben", 12), ("amara", 12)])
async def test_a_session_ends_in_any_case(client: Any, name: str, hours: int) -> None:
    await factories.make_consultation()
    browser = await signed_in(client, name)
    life = await fetchval("select max(expires_at - created_at) from sessions")
    assert life.total_seconds() == hours * 3600
    await execute("update sessions set expires_at = clock_timestamp() - interval '1 second'")
    assert (await browser.get("/en/me")).status_code == 303


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "x" * 5_000, "a=b=c;;;=", "\x00", "__Host-sid=" + "A" * 43, '__Host-sid="\\', "__Host-sid=\u00e4" * 9],
)
async def test_odd_cookies_are_nobody_s(client: Any, cookie: str) -> None:
    client.cookies.clear()
    answer = await client.get("/en/me", headers={"cookie": cookie.encode("latin-1")})
    assert answer.status_code == 303


# -------- one-time codes


async def ask(client: Any, email: str, browser: str) -> None:
    answer = await client.post(
        "/en/sign-in",
        data={"_csrf_token": auth.Visit(browser=browser).csrf_token, "email": email},
        headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
    )
    assert answer.status_code == 200


async def use(client: Any, email: str, code: str, browser: str) -> Any:
    client.cookies.clear()
    return await client.post(
        "/en/sign-in/code",
        data={"_csrf_token": auth.Visit(browser=browser).csrf_token, "email": email, "code": code},
        headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
    )


async def mailed() -> str:
    text = await fetchval("select text from messages where kind = 'sign_in_code' order by created_at desc limit 1")
    return re.search(r"\b\d{8}\b", text.replace(" ", ""))[0]


async def test_a_code_works_in_the_browser_that_asked_for_it_alone(client: Any) -> None:
    mine, theirs = auth.new_token(), auth.new_token()
    await ask(client, "a@example.org", mine)
    code = await mailed()
    assert (await use(client, "a@example.org", code, theirs)).status_code == 422
    assert (await use(client, "a@example.org", code, mine)).status_code == 303


async def test_somebody_else_s_asking_does_not_spoil_my_code(client: Any) -> None:
    mine, theirs = auth.new_token(), auth.new_token()
    await ask(client, "a@example.org", mine)
    code = await mailed()
    await ask(client, "a@example.org", theirs)
    assert (await use(client, "a@example.org", code, mine)).status_code == 303


async def test_a_code_of_another_address_is_wrong(client: Any) -> None:
    browser = auth.new_token()
    await ask(client, "a@example.org", browser)
    code = await mailed()
    await ask(client, "b@example.org", browser)
    assert (await use(client, "b@example.org", code, browser)).status_code == 422


async def test_after_five_wrong_codes_the_right_one_is_wrong_too(client: Any) -> None:
    browser = auth.new_token()
    await ask(client, "a@example.org", browser)
    code = await mailed()
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(5):
        assert (await use(client, "a@example.org", wrong, browser)).status_code == 422
    await execute("delete from rate_windows")
    assert (await use(client, "a@example.org", code, browser)).status_code == 422


async def test_a_code_is_good_for_ten_minutes(client: Any) -> None:
    browser = auth.new_token()
    await ask(client, "a@example.org", browser)
    code = await mailed()
    await execute("update sign_in_codes set expires_at = clock_timestamp() - interval '1 second'")
    assert (await use(client, "a@example.org", code, browser)).status_code == 422
    life = await fetchval("select max(expires_at - created_at) from sign_in_codes")
    assert life <= auth.CODE_LIFE


async def test_trying_codes_is_slow_however_many_browsers_try(client: Any) -> None:
    statuses = []
    for minute in range(7):
        if minute:
            await execute("update rate_windows set expires_at = expires_at - interval '1 minute'")
        for n in range(6):
            statuses.append((await use(client, "a@example.org", f"{minute}{n:07d}", auth.new_token())).status_code)
    assert statuses[:36] == ([422] * 5 + [429]) * 6, "five a minute"
    assert statuses[36:] == [422] * 3 + [429] * 3, "thirty an hour, and what came free since the first"


async def test_a_code_is_stored_as_its_keyed_hash_alone(client: Any) -> None:
    await ask(client, "a@example.org", auth.new_token())
    code = await mailed()
    row = (await fetch("select * from sign_in_codes"))[0]
    assert not [value for value in row.values() if code in str(value)]


# -------- what the pages tell


async def test_a_known_and_an_unknown_address_get_the_same_page(client: Any) -> None:
    await person("amara")
    pages = []
    for email in ("amara@example.org", "ama77@example.org"):
        browser = auth.new_token()
        answer = await client.post(
            "/en/sign-in",
            data={"_csrf_token": auth.Visit(browser=browser).csrf_token, "email": email},
            headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
        )
        own = re.sub(r"[0-9a-f]{64}|(?<=name=\"_key\" value=\")[^\"]+", "", answer.text.replace(email, ""))
        pages.append((answer.status_code, own, sorted(answer.headers)))
    assert pages[0] == pages[1]


OPEN_REDIRECTS = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/@evil.example",
    "/en/../../\\evil",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\tevil.example",
    "/\n/evil.example",
    " //evil.example",
    "/%0d%0aSet-Cookie:x=y\r\nLocation:https://evil.example",
    "evil.example",
    "http:evil.example",
    "/" + "a" * 500,
    "/\u202e/evil.example",
]


@pytest.mark.parametrize("target", OPEN_REDIRECTS)
async def test_signing_in_leads_to_this_site_only(client: Any, target: str) -> None:
    await person("amara")
    await execute("update accounts set password_hash = $1", await auth.hash_password("correct horse battery"))
    browser = auth.new_token()
    answer = await client.post(
        "/en/sign-in/password",
        data={
            "_csrf_token": auth.Visit(browser=browser).csrf_token,
            "email": "amara@example.org",
            "password": "correct horse battery",
            "next": target,
        },
        headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
    )
    assert answer.status_code in {303, 422}
    assert answer.headers.get("location", "/en/") == "/en/"
    assert "evil" not in str(answer.headers)
    client.cookies.clear()
    page = await client.get("/en/sign-in", params={"next": target})
    assert 'name="next" value=""' in page.text or "evil" not in page.text


async def test_a_path_of_ours_is_kept() -> None:
    for path in ("/en/c/water/vote", "/en/c/water/join?invitation=a-b_c", "/fr/"):
        assert auth.safe_next(path) == path


@pytest.mark.parametrize("path", ["//evil.example", "/%2f/evil.example", "/\\evil.example", "/%5cevil.example", "///x"])
async def test_finding_the_language_leads_to_this_site_only(client: Any, path: str) -> None:
    from urllib.parse import urlsplit

    answer = await client.get(get_settings().base_url + path)
    assert answer.status_code in {302, 404}
    if answer.status_code == 302:
        place = urlsplit(answer.headers["location"])
        assert not place.netloc
        assert place.path.startswith("/en/")
