"""Who somebody is: seats, links and codes count once, for one mailbox, in one browser; nothing is told of others."""

from __future__ import annotations

import inspect
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from app import auth
from app.actions import accounts, invitations
from app.database import execute, fetch, fetchval
from tests import factories
from tests.cast import Browser, person, signed_in, with_factor

JOIN = {"constituency": "ngos", "region": "african", "language": "en", "organisation": "", "consent": "1"}


async def test_a_fresh_installation_has_no_account_and_no_password(database: None) -> None:
    """The first administrator is made by `plenary user add`, on the command line of the server."""
    for table in ("accounts", "sessions", "invitations", "sign_in_codes"):
        assert await fetchval(f"select count(*) from {table}") == 0, table


# -------- links


async def invited(name: str) -> str:
    here = await factories.make_consultation(joining="invitation")
    await invitations.invite(addresses=f"{name}@example.org", by=await factories.actor("amara", here))
    text = await fetchval("select text from messages where kind = 'invitation'")
    found = re.search(r"invitation=([\w-]+)", text)
    assert found is not None
    return found[1]


async def test_a_link_that_a_mail_scanner_opens_a_hundred_times_still_holds(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    token = await invited("eve")
    assert len(token) == 43
    eve, path = await signed_in(client, "eve"), f"/en/c/water/join?invitation={token}"
    for n in range(50):
        for browser in (eve, Browser(client)):
            answer = await browser.get(path)
            assert answer.status_code == (200 if browser is eve else 303)
            assert answer.headers["referrer-policy"] == "no-referrer"
        client.cookies.clear()
        assert (await client.head(path)).status_code in {200, 303, 405}, n
    assert await fetchval("select count(*) from invitations where used_at is null") == 1
    form = {"token": token, **await shown_form(eve, path)}
    assert (await eve.post("/en/c/water/join", form)).status_code == 303
    assert await fetchval("select count(*) from invitations where used_at is not null") == 1
    second = await signed_in(client, "ida")
    assert (await second.post("/en/c/water/join", form)).status_code == 403
    output = capsys.readouterr()
    assert token not in output.err + output.out
    assert not [row for row in await fetch("select * from audit_events") if token in repr(dict(row))]


async def shown_form(browser: Browser, path: str) -> dict[str, str]:
    """What has to be filled in on the page that joins."""
    page = (await browser.get(path)).text
    given = {name: JOIN[name] for name in JOIN if f'name="{name}"' in page}
    assert "constituency" in given
    return given


SPELLINGS = [
    "Eve@Example.org",
    "EVE@EXAMPLE.ORG",
    "eve+1@example.org",
    "eve+seat+two@example.org",
    " eve@example.org ",
    "e.ve@example.org",
    "еve@example.org",  # a Cyrillic letter
    "eve@examp1e.org",
    "eve@example.org.",
    "ｅve@example.org",
    "eve\u200b@example.org",
    "eve@example.org\u0000",
]


async def test_no_spelling_of_an_address_makes_a_second_seat(client: Any) -> None:
    """One seat for a mailbox: other spellings are the same account, or an account without a seat."""
    token = await invited("eve")
    eve = await signed_in(client, "eve")
    form = {"token": token, **await shown_form(eve, f"/en/c/water/join?invitation={token}")}
    assert (await eve.post("/en/c/water/join", form)).status_code == 303
    for text in SPELLINGS:
        address = auth.normalised_email(text)
        await execute(
            "insert into accounts (id, email, name, locale, zone, is_administrator, may_convene, created_at) "
            "values (gen_random_uuid(), $1, '', 'en', 'UTC', false, false, now()) on conflict (email) do nothing",
            address.replace("\0", ""),
        )
    for row in await fetch("select id from accounts where email like '%xamp%' and email not like 'amara%'"):
        browser = Browser(client, await accounts.open_session(row["id"]))
        assert (await browser.post("/en/c/water/join", form)).status_code in {303, 403, 409}
    assert await fetchval("select count(*) from participants") == 1
    assert await fetchval("select count(*) from memberships where role = 'participant'") == 1


# -------- what is told of others


async def sent(client: Any, path: str, **fields: str) -> Any:
    browser = auth.new_token()
    client.cookies.clear()
    return await client.post(
        path,
        data={"_csrf_token": auth.Visit(browser=browser).csrf_token, **fields},
        headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
    )


def plain(answer: Any, email: str) -> tuple[int, str, list[str]]:
    """The answer without what differs from one rendering of a page to the next."""
    text = re.sub(r"[0-9a-f]{64}|(?<=name=\"_key\" value=\")[^\"]+", "", answer.text.replace(email, "ADDRESS"))
    return answer.status_code, text, list(answer.headers)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/en/sign-in", {}),
        ("/en/sign-in/code", {"code": "12345678"}),
        ("/en/sign-in/password", {"password": "wrong horse battery x"}),
    ],
)
async def test_known_and_unknown_addresses_get_the_same_bytes_for_the_same_work(
    client: Any, monkeypatch: pytest.MonkeyPatch, path: str, fields: dict[str, str]
) -> None:
    """Forty of each, mixed: the pages are equal, and so is what was done for them, counted and not timed."""
    kinds = {"known": {}, "governs": {"may_convene": True}, "disabled": {}, "unknown": None}
    secret = await auth.hash_password("correct horse battery")
    for name, more in kinds.items():
        for n in range(10):
            if more is not None:
                who = await person(f"{name}{n}", **more)
                await execute("update accounts set password_hash = $2 where id = $1", who.id, secret)
    await execute("update accounts set disabled_at = now() where email like 'disabled%'")
    await with_factor(client, "governs0", minutes_ago=None)
    work: list[str] = []

    async def hashed(function: Any, *_arguments: Any) -> Any:
        work.append(function.__name__)
        return False

    monkeypatch.setattr(auth, "_in_pool", hashed)
    seen: dict[str, set[Any]] = {}
    for n in range(10):
        for name in kinds:
            email = f"{name}{n}@example.org"
            work.clear()
            answer = await sent(client, path, email=email, **fields)
            seen.setdefault(name, set()).add(repr((plain(answer, email), work)))
    assert len(set.union(*seen.values())) == 1, {name: len(found) for name, found in seen.items()}


async def test_a_code_is_on_its_way_to_known_and_unknown_alike(client: Any) -> None:
    await person("amara")
    for email in ("amara@example.org", "nobody@example.org"):
        await sent(client, "/en/sign-in", email=email)
    rows = await fetch("select kind, locale, length(text) as n, status from messages order by created_at")
    assert len(rows) == 2 and len({tuple(row.values()) for row in rows}) == 1


@pytest.mark.slow
async def test_guessing_is_slow_and_the_owner_still_gets_in_by_mail(client: Any) -> None:
    """A thousand guesses an hour: at most thirty are looked at, and no account is locked."""
    await person("amara")
    await execute("update accounts set password_hash = $1", await auth.hash_password("correct horse battery"))
    statuses = []
    for _ in range(12):
        await execute("update rate_windows set expires_at = expires_at - interval '1 minute'")
        for _ in range(8):
            answer = await sent(client, "/en/sign-in/password", email="amara@example.org", password="guess guess guess")
            statuses.append(answer.status_code)
    assert statuses.count(422) <= 36 and statuses.count(429) >= 60
    browser = auth.new_token()
    await accounts.request_code(email="amara@example.org", browser=browser, next_path="", locale="en")
    text = await fetchval("select text from messages where kind = 'sign_in_code'")
    code = re.search(r"\d{4} \d{4}", text)
    assert code is not None
    await execute("update rate_windows set expires_at = expires_at - interval '10 minutes'")
    token, _ = await accounts.sign_in_with_code(email="amara@example.org", code=code[0], browser=browser, locale="en")
    assert (await Browser(client, token).get("/en/me")).status_code == 200


# -------- roles are read anew


async def test_a_role_that_ends_is_over_at_the_next_request(client: Any) -> None:
    await factories.make_consultation()
    pages = {"amara": "/en/c/water/convene", "ben": "/en/c/water/moderate", "fatima": "/en/c/water/power"}
    for name, path in pages.items():
        browser = await signed_in(client, name)
        assert (await browser.get(path)).status_code == 200, name
        await execute("delete from memberships where account = $1", (await person(name)).id)
        assert (await browser.get(path)).status_code == 403, name
        assert (await browser.post(path)).status_code in {403, 404, 405}, name


async def test_who_is_appointed_has_the_short_sessions_of_who_governs_from_then_on(client: Any) -> None:
    await factories.make_consultation()
    amara, eve = await signed_in(client, "amara"), await signed_in(client, "eve")
    form = {"email": "eve@example.org", "role": "auditor"}
    assert (await amara.post("/en/c/water/convene/people", form)).status_code == 303
    life = "select max(expires_at - created_at) from sessions where account = $1"
    assert await fetchval(life, (await person("eve")).id) == auth.STAFF_LIFE
    assert (await eve.get("/en/me")).status_code == 200
    await execute("update sessions set seen_at = seen_at - interval '31 minutes'")
    assert (await eve.get("/en/me")).status_code == 303


def test_no_job_is_done_in_a_person_s_name() -> None:
    """What waits in the queue names things and no person: whoever asked for it may be removed meanwhile, and the job
    acts as the platform on what stands in the database then."""
    from app.jobs import import_all
    from app.queue import jobs

    import_all()
    named = {
        (name, parameter)
        for name, task in jobs.tasks.items()
        for parameter in inspect.signature(task.func).parameters
        if not name.startswith("builtin:")
    }
    assert len(named) > 10
    assert not [one for one in named if re.search("account|person|actor|by$|email|participant|role", one[1])]


# -------- where signing in leads

STARTS = [
    "",
    "/",
    "//",
    "///",
    "\\",
    "/\\",
    "\\/",
    "/\\/",
    "\\\\",
    "/.",
    "/..",
    "/../",
    "/./",
    "/;",
    "/?",
    "/#",
    " ",
    "\t",
]
STARTS += [
    "\n",
    "\r\n",
    "\x00",
    "\u2028",
    "\u202e",
    "\uff0f",
    "\u2215",
    "%2f",
    "%2f%2f",
    "/%2f",
    "/%5c",
    "/%09/",
    "/%0a/",
]
SCHEMES = [
    "http:",
    "https:",
    "HTTPS:",
    "https:/",
    "https://",
    "https:\\\\",
    "javascript:",
    "data:text/html,",
    "//user@",
]
SCHEMES += ["http://127.0.0.1@", "https://127.0.0.1:8000@", "https://127.0.0.1.", "ftp://", "///", "blob:", "vbscript:"]
PAYLOADS = [start + "evil.example" for start in (*STARTS, *SCHEMES)]
PAYLOADS += [f"/en/{start}evil.example" for start in STARTS] + ["/" + "a" * 401, "/@evil.example", "/en@evil.example"]


def test_no_wording_of_an_address_leads_to_another_site() -> None:
    """As a browser would resolve it: backslashes are slashes, and tabs and line breaks are not there."""
    base = "https://127.0.0.1:8000/en/sign-in"
    for payload in PAYLOADS:
        kept = auth.safe_next(payload)
        as_read = re.sub(r"[\t\r\n]", "", kept).replace("\\", "/")
        assert urlsplit(urljoin(base, as_read)).netloc == "127.0.0.1:8000", payload
        assert not kept or kept == payload
    assert len(set(PAYLOADS)) >= 60
    assert auth.safe_next("/en/c/water/vote?s=1") == "/en/c/water/vote?s=1"
