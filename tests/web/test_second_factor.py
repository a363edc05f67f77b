"""/me/factor and /sign-in/factor: codes of an authenticator (RFC 6238), recovery codes, and who must have them."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyotp
import pytest

from app import auth, seals, settings
from app.actions import factors, staff
from app.actions.accounts import open_session
from app.database import execute, fetch, fetchrow, fetchval, now
from app.refusals import NotFound
from tests import factories
from tests.cast import Browser, person, signed_in
from tests.inventory import SAFE, Route, routes

NOBODY = "00000000-0000-4000-8000-000000000000"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


async def secret_of(account: UUID) -> str:
    sealed = await fetchval("select sealed_secret from second_factors where account = $1", account)
    found = seals.opened_secret(account, bytes(sealed))
    assert found is not None
    return found


async def code_of(account: UUID, *, steps: int = 0) -> str:
    """What the authenticator shows, so many time steps from now."""
    moment = int((await now()).timestamp()) // factors.STEP + steps
    return pyotp.HOTP(await secret_of(account)).at(moment)


async def enabled(client: Any, name: str, **more: Any) -> tuple[Browser, UUID, list[str]]:
    """A browser of who has just set up a second factor, the account, and its recovery codes."""
    browser = await signed_in(client, name, **more)
    account = (await person(name)).id
    assert (await browser.post("/en/me/factor")).status_code == 303
    answer = await browser.post("/en/me/factor/confirm", {"code": await code_of(account)})
    assert answer.status_code == 200, answer.text
    # As if the set-up had been some steps ago, so that this step's code is not used yet.
    await execute("update second_factors set last_counter = last_counter - 5 where account = $1", account)
    return (
        Browser(client, cookie_of(answer)),
        account,
        re.findall(r"<code dir=\"ltr\">([A-Z2-7-]+)</code>", answer.text),
    )


def cookie_of(answer: Any) -> str:
    found = re.search(rf"{auth.cookie_name('sid')}=([^;]{{43}});", str(answer.headers))
    assert found is not None
    return found[1]


async def half(client: Any, account: UUID) -> Browser:
    return Browser(client, await open_session(account))


async def given(browser: Browser, code: str) -> Any:
    return await browser.post("/en/sign-in/factor", {"code": code, "next": "/en/help"})


async def events() -> list[str]:
    return [
        row["action"] for row in await fetch("select action from audit_events where chain = 'site' order by sequence")
    ]


# -------- the standard


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B (SHA-1), the last six of its eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moment = datetime.fromtimestamp(seconds, UTC)
    assert factors.matching_step(secret, code, moment=moment) == seconds // 30


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_the_step_before_or_after_counts_and_no_other(steps: int, counts: bool) -> None:
    secret, moment = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", datetime(2026, 11, 23, tzinfo=UTC)
    code = pyotp.HOTP(secret).at(int(moment.timestamp()) // 30 + steps)
    found = factors.matching_step(secret, code, moment=moment)
    assert (found == int(moment.timestamp()) // 30 + steps) is counts


# -------- setting it up


async def test_the_set_up_shows_a_square_and_the_key_and_then_ten_codes_once(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    assert 'href="/en/me/factor"' in (await chidi.get("/en/me")).text
    assert "Set up a second factor" in (await chidi.get("/en/me/factor")).text
    await chidi.post("/en/me/factor")
    page = (await chidi.get("/en/me/factor")).text
    account = (await person("chidi")).id
    secret = await secret_of(account)
    assert 'src="data:image/svg+xml;' in page
    shown = re.search(r"<code dir=\"ltr\">([^<]+)</code>", page)
    assert shown is not None
    assert shown[1].replace(" ", "") == secret
    assert factors.address_of(secret, "chidi@example.org").startswith("otpauth://totp/Plenary:chidi%40example.org?")
    browser, _, codes = await enabled(client, "dana")
    assert len(set(codes)) == 10
    after = (await browser.get("/en/me/factor")).text
    assert "10 recovery codes are left" in after
    assert not [code for code in codes if code in after]
    assert await secret_of((await person("dana")).id) not in after.replace(" ", "")


async def test_secret_and_recovery_codes_are_not_in_the_database(client: Any) -> None:
    _, account, codes = await enabled(client, "chidi")
    secret = await secret_of(account)
    rows = [*await fetch("select * from second_factors"), *await fetch("select * from recovery_codes")]
    text = repr([[bytes(value) if isinstance(value, bytes) else value for value in row.values()] for row in rows])
    assert secret not in text
    assert not [code for code in codes if code.replace("-", "") in text]
    assert all(len(code.replace("-", "")) * 5 >= 112 for code in codes)


async def test_a_sealed_secret_opens_for_its_own_account_alone(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    sealed = bytes(await fetchval("select sealed_secret from second_factors where account = $1", account))
    assert seals.opened_secret((await person("dana")).id, sealed) is None


async def test_nothing_counts_before_a_code_has_confirmed_it(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    await chidi.post("/en/me/factor")
    answer = await chidi.post("/en/me/factor/confirm", {"code": "000 00"})
    assert answer.status_code == 422
    assert "wrong or was used" in answer.text and "data:image/svg+xml" in answer.text
    assert (await (await signed_in(client, "chidi")).get("/en/me")).status_code == 200
    await execute("update second_factors set created_at = created_at - interval '16 minutes'")
    late = await chidi.post("/en/me/factor/confirm", {"code": await code_of((await person("chidi")).id)})
    assert late.status_code == 410
    assert "factors.enable" not in await events()


async def test_setting_it_up_makes_a_new_session_and_ends_the_others(client: Any) -> None:
    other = await signed_in(client, "chidi")
    before = await signed_in(client, "chidi")
    await before.post("/en/me/factor")
    answer = await before.post("/en/me/factor/confirm", {"code": await code_of((await person("chidi")).id)})
    assert (await Browser(client, cookie_of(answer)).get("/en/me")).status_code == 200
    assert (await before.get("/en/me")).status_code == (await other.get("/en/me")).status_code == 303
    token = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', answer.text)
    assert token is None or auth.Visit(token=cookie_of(answer)).accepts(token[1])


async def test_a_second_one_is_set_up_only_after_the_first_is_off(client: Any) -> None:
    browser, account, _ = await enabled(client, "chidi")
    secret = await secret_of(account)
    assert (await browser.post("/en/me/factor")).status_code == 409
    assert await secret_of(account) == secret


# -------- giving it


async def test_with_a_factor_a_password_is_half_a_sign_in(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    await execute("update accounts set password_hash = $1", await auth.hash_password("correct horse battery"))
    browser = auth.new_token()
    client.cookies.clear()
    answer = await client.post(
        "/en/sign-in/password",
        data={
            "_csrf_token": auth.Visit(browser=browser).csrf_token,
            "email": "chidi@example.org",
            "password": "correct horse battery",
            "next": "/en/help",
        },
        headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
    )
    assert answer.headers["location"] == "/en/sign-in/factor?next=%2Fen%2Fhelp"
    first = Browser(client, cookie_of(answer))
    asked = (await first.get("/en/me")).headers["location"]
    assert asked == "/en/sign-in?next=%2Fen%2Fme"
    assert (await first.get(asked)).headers["location"] == "/en/sign-in/factor?next=%2Fen%2Fme"
    page = await first.get("/en/sign-in/factor", params={"next": "/en/help"})
    assert 'name="next" value="/en/help"' in page.text
    assert page.headers["cache-control"] == "no-store"
    whole = await given(first, await code_of(account))
    assert whole.status_code == 303
    assert whole.headers["location"] == "/en/help"
    assert cookie_of(whole) != first.token, "a new token when the factor is given"
    assert (await Browser(client, cookie_of(whole)).get("/en/me")).status_code == 200
    assert (await first.get("/en/me")).headers["location"].startswith("/en/sign-in?")


@pytest.mark.parametrize(
    "again",
    [
        lambda code: code,
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: "\u2003".join(code),
        lambda code: code.translate(FULL_WIDTH),
        lambda code: code.translate(ARABIC),
    ],
    ids=["as it is", "spaces", "a dash", "wide spaces", "full-width digits", "Arabic digits"],
)
async def test_a_code_counts_once_however_it_is_typed(client: Any, again: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    code = await code_of(account)
    assert (await given(await half(client, account), again(code))).status_code == 303
    assert (await given(await half(client, account), code)).status_code == 422
    assert (await given(await half(client, account), again(code))).status_code == 422


async def test_of_many_who_give_the_same_code_at_once_one_gets_in(committing: str) -> None:
    account = (await person("chidi")).id
    await factors.begin(account=account)
    await factors.confirm(account=account, token=await open_session(account), code=await code_of(account))
    await execute("update second_factors set last_counter = last_counter - 5")
    code, tokens = await code_of(account), [await open_session(account) for _ in range(6)]
    at_once = (factors.give(account=account, token=token, code=code) for token in tokens)
    answers = await asyncio.gather(*at_once, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Invalid"] * 5 + ["str"]
    assert await fetchval("select count(*) from sessions where not awaits_factor") == 2, "who set it up, and one more"


async def test_after_a_code_an_earlier_one_is_void(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    before = await code_of(account, steps=-1)
    assert (await given(await half(client, account), await code_of(account, steps=1))).status_code == 303
    assert (await given(await half(client, account), before)).status_code == 422


async def test_wrong_codes_are_few_whatever_session_tries(client: Any) -> None:
    _, account, codes = await enabled(client, "chidi")
    await execute("delete from rate_windows")
    right = await code_of(account)
    wrong = [f"{(int(right) + 10 * n) % 10**6:06d}" for n in range(1, 11)]
    tried = [(await given(await half(client, account), code)).status_code for code in wrong]
    assert tried == [422] * 10
    answer = await given(await half(client, account), await code_of(account))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert (await given(await half(client, account), codes[0])).status_code == 429


async def test_a_code_that_counted_clears_the_wrong_ones(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    for _ in range(5):
        await given(await half(client, account), "12345")
    assert (await given(await half(client, account), await code_of(account))).status_code == 303
    assert await factories.n_spent("factor", account) == 0


async def test_a_recovery_code_works_once_and_is_logged_without_a_name(client: Any) -> None:
    _, account, codes = await enabled(client, "chidi")
    assert (await given(await half(client, account), codes[3].lower().replace("-", " "))).status_code == 303
    assert (await given(await half(client, account), codes[3])).status_code == 422
    row = await fetchrow("select * from audit_events where action = 'factors.use_recovery_code'")
    assert json.loads(row["payload"]) == {"left": 9}
    assert not re.search("chidi|@", repr(dict(row)))
    assert (await events()).count("factors.use_recovery_code") == 1


async def test_a_recovery_code_of_somebody_else_is_wrong(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    _, _, codes = await enabled(client, "dana")
    assert (await given(await half(client, account), codes[0])).status_code == 422


async def test_a_session_remembers_when_the_factor_was_given(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    first = await half(client, account)
    cookies = {auth.cookie_name("sid"): first.token}
    visit = await auth.visit_of(cookies)
    assert visit.account is None and visit.half is not None and visit.half.factor_at is None
    token = cookie_of(await given(first, await code_of(account)))
    await execute("update sessions set factor_at = factor_at - interval '1 hour'")
    whole = await auth.visit_of({auth.cookie_name("sid"): token})
    assert whole.account is not None and whole.half is None and whole.account.factor_at is not None
    again = await given(Browser(client, token), await code_of(account, steps=1))
    fresh = await auth.visit_of({auth.cookie_name("sid"): cookie_of(again)})
    assert fresh.account is not None and fresh.account.factor_at is not None
    assert (fresh.account.factor_at - whole.account.factor_at).total_seconds() >= 3600
    assert (await Browser(client, token).get("/en/me")).status_code == 303


async def test_half_a_session_ends_after_ten_minutes_and_by_signing_out(client: Any) -> None:
    _, account, _ = await enabled(client, "chidi")
    life = "select max(expires_at - created_at) from sessions where awaits_factor"
    browser = await half(client, account)
    assert await fetchval(life) == auth.HALF_LIFE
    assert (await browser.post("/en/sign-out")).status_code == 303
    assert (await given(browser, await code_of(account))).status_code == 403


async def test_who_is_not_signed_in_is_asked_for_nothing(client: Any) -> None:
    assert (await client.get("/en/sign-in/factor")).headers["location"].startswith("/en/sign-in")
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get("/en/sign-in/factor")).headers["location"] == "/en/me/factor"
    assert (await given(chidi, "123456")).status_code == 422


# -------- half a session can do nothing else


def address(route: Route) -> str:
    values = {"slug": "water", "number": 1, "which": 1, "language": "fr", "item": 1, "version": 1, "role": "convenor"}
    return route.filled(
        **{name: NOBODY if kind == "uuid" else values.get(name, NOBODY) for name, kind in route.parameters.items()}
    )


@pytest.mark.slow
async def test_half_a_session_is_a_visitor_on_every_route(client: Any) -> None:
    """Also of a convenor and administrator: each page and form answers as it answers somebody unknown."""
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    await factories.propose(chidi, "Build wells with the villages that use them.")
    _, account, _ = await enabled(client, "amara")
    await execute("update accounts set is_administrator = true where id = $1", account)
    mine = await half(client, account)
    own = {"GET /sign-in", "GET /sign-in/factor", "POST /sign-in/factor", "POST /sign-out"}
    tried = 0
    for route in routes():
        if route.name in own or route.path.startswith("/live/"):
            continue  # what it can do; endless streams
        browser = auth.new_token()
        if route.method in SAFE:
            got = await mine.get(address(route))
            client.cookies.clear()
            visitor = await client.get(address(route))
        else:
            got = await mine.post(address(route))
            client.cookies.clear()
            visitor = await client.post(
                address(route),
                data={"_csrf_token": auth.Visit(browser=browser).csrf_token},
                headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
            )
        assert got.status_code == visitor.status_code, f"{route.name}: {got.status_code}, not {visitor.status_code}"
        assert got.headers.get("location") == visitor.headers.get("location"), route.name
        tried += 1
    assert tried > 200
    assert await fetchval("select awaits_factor from sessions where token_hash = $1", auth.hashed(mine.token))


# -------- new recovery codes, and switching it off


async def test_new_recovery_codes_take_a_code_and_void_the_old(client: Any) -> None:
    browser, account, old = await enabled(client, "chidi")
    assert (await browser.post("/en/me/factor/change", {"what": "codes", "code": "x"})).status_code == 422
    answer = await browser.post("/en/me/factor/change", {"what": "codes", "code": await code_of(account)})
    new = re.findall(r"<code dir=\"ltr\">([A-Z2-7-]+)</code>", answer.text)
    assert len(new) == 10 and not set(new) & set(old)
    assert (await given(await half(client, account), old[0])).status_code == 422
    assert (await given(await half(client, account), new[0])).status_code == 303


async def test_it_is_switched_off_with_a_fresh_code_only(client: Any) -> None:
    browser, account, _ = await enabled(client, "chidi")
    used = await code_of(account)
    assert (await given(await half(client, account), used)).status_code == 303
    assert (await browser.post("/en/me/factor/change", {"what": "off", "code": used})).status_code == 422
    fresh = await code_of(account, steps=1)
    assert (await browser.post("/en/me/factor/change", {"what": "off", "code": fresh})).status_code == 303
    assert await fetchval("select count(*) from second_factors") == 0
    assert await fetchval("select count(*) from recovery_codes") == 0
    assert (await (await signed_in(client, "chidi")).get("/en/me")).status_code == 200
    assert (await events())[-1] == "factors.disable"


async def test_events_of_the_second_factor_name_nobody(client: Any) -> None:
    browser, account, _ = await enabled(client, "chidi")
    await browser.post("/en/me/factor/change", {"what": "codes", "code": await code_of(account)})
    await browser.post("/en/me/factor/change", {"what": "off", "code": await code_of(account, steps=1)})
    rows = await fetch("select action, actor, subject, payload from audit_events where action like 'factors.%'")
    assert [row["action"] for row in rows] == ["factors.enable", "factors.renew_codes", "factors.disable"]
    assert {(row["actor"], row["subject"], row["payload"]) for row in rows} == {("account", "", "{}")}


async def test_the_command_line_switches_off_a_lost_one_and_says_so(client: Any) -> None:
    browser, _, _ = await enabled(client, "amara")
    await staff.remove_factor(email="Amara@example.org")
    assert (await browser.get("/en/me")).status_code == 303, "its sessions are over"
    assert (await (await signed_in(client, "amara")).get("/en/me")).status_code == 200
    assert (await events())[-1] == "staff.remove_factor"
    with pytest.raises(NotFound):
        await staff.remove_factor(email="nobody@example.org")


async def test_who_leaves_takes_the_factor_along(client: Any) -> None:
    browser, account, _ = await enabled(client, "chidi")
    await given(await half(client, account), "wrong")
    file = json.loads((await browser.post("/en/me/data")).content)
    assert len(file["account"]["Second factor"]) == 1
    assert len(file["account"]["Recovery codes"]) == 10
    assert await secret_of(account) not in json.dumps(file)
    assert (await browser.post("/en/me/erase", {"email": "chidi@example.org"})).status_code == 303
    for table in ("second_factors", "recovery_codes", "rate_windows"):
        assert await fetchval(f"select count(*) from {table}") == 0, table


# -------- who must have one


@pytest.fixture
def demanding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that wants a second factor of its staff."""
    strict = replace(settings.get_settings(), staff_needs_factor=True)
    monkeypatch.setattr(auth, "get_settings", lambda: strict)


@pytest.mark.parametrize(("name", "is_led"), [("amara", True), ("ben", True), ("fatima", True), ("chidi", False)])
async def test_staff_set_it_up_before_anything_else(client: Any, demanding: None, name: str, is_led: bool) -> None:
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    browser = await signed_in(client, name)
    for path in ("/en/", "/en/c/water", "/en/help"):
        answer = await browser.get(path)
        assert (answer.headers.get("location") == "/en/me/factor") is is_led, path
    assert (await browser.get("/en/me")).status_code == 200
    assert (await browser.get("/en/me/data")).status_code == 200
    page = await browser.get("/en/me/factor")
    assert ("Set it up to go on" in page.text) is is_led
    if is_led:
        account = (await person(name)).id
        await browser.post("/en/me/factor")
        answer = await browser.post("/en/me/factor/confirm", {"code": await code_of(account)})
        assert (await Browser(client, cookie_of(answer)).get("/en/c/water")).status_code == 200
    assert (await browser.post("/en/sign-out")).status_code in {303, 403}


async def test_staff_without_a_factor_reach_no_route_but_their_own(client: Any, demanding: None) -> None:
    await factories.make_consultation()
    amara = await signed_in(client, "amara", is_administrator=True)
    before = await fetchval("select count(*) from audit_events")
    tried = 0
    for route in routes():
        if route.path in {"/sign-out", "/me", "/outbox"} or route.path.startswith(("/me/", "/demo")):
            continue  # their own pages; what exists in a demo only
        answer = await (amara.get(address(route)) if route.method in SAFE else amara.post(address(route)))
        led = answer.status_code == 303 and answer.headers["location"] == "/en/me/factor"
        refused = route.path.startswith("/api/") and answer.status_code == 403
        assert led or refused, f"{route.name}: {answer.status_code}"
        tried += 1
    assert tried > 200
    assert await fetchval("select count(*) from audit_events") == before
    hinted = await amara.get("/en/c/water", headers={"hx-request": "true"})
    assert hinted.headers["hx-redirect"] == "/en/me/factor"


async def test_without_the_setting_staff_go_on_as_before(client: Any) -> None:
    await factories.make_consultation()
    assert (await (await signed_in(client, "amara")).get("/en/c/water")).status_code == 200


async def test_the_people_of_a_demo_keep_their_one_click_sign_in(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.controllers import factors as pages

    demo = replace(settings.get_settings(), is_demo=True)
    monkeypatch.setattr(pages, "get_settings", lambda: demo)
    convenor = await signed_in(client, "convenor", may_convene=True)
    assert (await convenor.post("/en/me/factor")).status_code == 403
    assert (await (await signed_in(client, "chidi")).post("/en/me/factor")).status_code == 303
