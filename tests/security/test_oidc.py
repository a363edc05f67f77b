"""Sign-in at an outside provider, against a stand-in on the loopback address: who comes back, and who does not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from app import auth, settings
from app.actions import oidc
from app.database import execute, fetchval
from app.environment import SettingsError
from app.settings import Provider, Settings
from tests.cast import Browser, person, with_factor
from tests.provider import CLIENT, SECRET, Stub, running


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with running() as provider:
        ours = replace(settings.get_settings(), provider=Provider(provider.issuer, CLIENT, SECRET, "Our House"))
        monkeypatch.setattr(oidc, "get_settings", lambda: ours)
        yield provider


async def leave(client: Any, browser: str, path: str = "/en/help") -> str:
    client.cookies.clear()
    answer = await client.get(
        "/en/sign-in/provider", params={"next": path}, headers={"cookie": f"{auth.cookie_name('browser')}={browser}"}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def come_back(client: Any, browser: str, brought: dict[str, str]) -> Any:
    client.cookies.clear()
    cookies = f"{auth.cookie_name('browser')}={browser}" if browser else ""
    return await client.get("/en/sign-in/provider/back", params=brought, headers={"cookie": cookies})


async def sign_in(client: Any, stub: Stub, **more: str) -> Any:
    browser = auth.new_token()
    brought = stub.sign_in(await leave(client, browser)) | more
    return await come_back(client, browser, brought)


def token_in(answer: Any) -> str | None:
    found = re.search(rf"{auth.cookie_name('sid')}=([^;]{{43}});", str(answer.headers))
    return found[1] if found else None


async def refused(answer: Any) -> bool:
    assert token_in(answer) is None
    return answer.status_code in {403, 400} and not await fetchval("select count(*) from sessions")


async def test_who_the_provider_vouches_for_is_signed_in_and_led_on(client: Any, stub: Stub) -> None:
    ben = await person("ben")
    answer = await sign_in(client, stub)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/en/help"
    browser = Browser(client, token_in(answer) or "")
    assert "ben@example.org" in (await browser.get("/en/me")).text
    assert await fetchval("select account from sessions") == ben.id
    assert await fetchval("select count(*) from sign_in_requests") == 0


async def test_the_provider_is_asked_with_state_nonce_and_challenge_and_never_for_more(client: Any, stub: Stub) -> None:
    first, second = [await leave(client, auth.new_token()) for _ in range(2)]
    asked = [{name: one[0] for name, one in parse_qs(urlsplit(address).query).items()} for address in (first, second)]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name]) == 43 and asked[0][name] != asked[1][name]
    assert asked[0]["scope"] == "openid email"
    assert asked[0]["redirect_uri"] == f"{settings.get_settings().base_url}/sign-in/provider/back"
    assert asked[0]["state"] not in str(await fetchval("select array_agg(t) from sign_in_requests t"))


async def test_an_unknown_address_gets_an_account_as_with_a_code_by_mail(client: Any, stub: Stub) -> None:
    stub.claims = {"email": "New.Person@example.org"}
    assert token_in(await sign_in(client, stub)) is not None
    assert await fetchval("select array_agg(email) from accounts") == ["new.person@example.org"]


async def test_a_second_factor_is_asked_for_all_the_same(client: Any, stub: Stub) -> None:
    await with_factor(client, "ben", minutes_ago=None)
    await execute("delete from sessions")
    answer = await sign_in(client, stub)
    assert answer.headers["location"].startswith("/en/sign-in/factor")
    assert await fetchval("select awaits_factor from sessions")


async def test_an_address_may_stand_in_the_details_instead_of_the_token(client: Any, stub: Stub) -> None:
    stub.without = ("email", "email_verified")
    stub.userinfo = {"sub": "42", "email": "ben@example.org", "email_verified": True}
    assert token_in(await sign_in(client, stub)) is not None


# -------- attacks


async def test_a_made_up_state_is_refused(client: Any, stub: Stub) -> None:
    assert await refused(await sign_in(client, stub, state="A" * 43))
    assert "/token" not in stub.asked, "the code is not even asked about"


async def test_another_browser_cannot_come_back_with_it(client: Any, stub: Stub) -> None:
    for other in (auth.new_token(), ""):
        brought = stub.sign_in(await leave(client, auth.new_token()))
        assert await refused(await come_back(client, other, brought))


async def test_coming_back_works_once(client: Any, stub: Stub) -> None:
    browser = auth.new_token()
    brought = stub.sign_in(await leave(client, browser))
    assert (await come_back(client, browser, brought)).status_code == 303
    await execute("delete from sessions")
    assert await refused(await come_back(client, browser, brought))


async def test_a_code_of_an_earlier_sign_in_is_refused_with_a_new_state(client: Any, stub: Stub) -> None:
    browser = auth.new_token()
    used = stub.sign_in(await leave(client, browser))
    await come_back(client, browser, used)
    await execute("delete from sessions")
    again = stub.sign_in(await leave(client, browser))
    assert await refused(await come_back(client, browser, again | {"code": used["code"]}))


async def test_somebody_else_s_code_does_not_fit_my_verifier(client: Any, stub: Stub) -> None:
    theirs = stub.sign_in(await leave(client, auth.new_token()))
    assert await refused(await sign_in(client, stub, code=theirs["code"]))


async def test_a_return_after_ten_minutes_is_too_late(client: Any, stub: Stub) -> None:
    browser = auth.new_token()
    brought = stub.sign_in(await leave(client, browser))
    await execute("update sign_in_requests set expires_at = clock_timestamp() - interval '1 second'")
    assert await refused(await come_back(client, browser, brought))


NOW = int(time.time())
WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "B" * 43}},
    "no nonce": {"without": ("nonce",)},
    "another audience": {"claims": {"aud": "other-client"}},
    "several audiences for somebody else": {"claims": {"aud": [CLIENT, "x"], "azp": "x"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": NOW - 3600}},
    "no expiry": {"without": ("exp",)},
    "not yet": {"claims": {"nbf": NOW + 3600}},
    "no subject": {"without": ("sub",)},
    "unsigned": {"header": {"alg": "none"}},
    "signed with the public key": {"header": {"alg": "HS256", "kid": "one"}},
    "signed by somebody else": {"signing_key": RSAKey.generate_key(2048, {"kid": "one"})},
    "a key that is not there": {"header": {"alg": "RS256", "kid": "two"}},
    "no token": {"raw_token": "x"},
    "dots": {"raw_token": "..."},
    "mail not verified": {"claims": {"email_verified": False}},
    "mail verified by a word": {"claims": {"email_verified": "yes"}},
    "mail verified by a number": {"claims": {"email_verified": 1}},
    "nothing on verification": {"without": ("email_verified",)},
    "no mail at all": {"without": ("email",)},
    "mail of another person's details": {
        "without": ("email",),
        "userinfo": {"sub": "43", "email": "amara@example.org", "email_verified": True},
    },
    "a mailbox that only begins like it": {"claims": {"email": "ben+evil@example.org"}},
    "two addresses": {"claims": {"email": ["ben@example.org"]}},
    "no address": {"claims": {"email": "ben"}},
    "a line break": {"claims": {"email": "ben@example.org\nx@example.org"}},
}


@pytest.mark.parametrize("attack", WRONG)
async def test_nobody_is_signed_in_by(client: Any, stub: Stub, attack: str) -> None:
    await person("ben")
    for name, value in WRONG[attack].items():
        setattr(stub, name, value)
    assert await refused(await sign_in(client, stub))
    assert await fetchval("select count(*) from accounts") == 1


async def test_a_description_of_another_provider_is_not_followed(client: Any, stub: Stub) -> None:
    stub.described_as = "https://evil.example"
    assert (await client.get("/en/sign-in/provider")).status_code == 403


async def test_an_answer_of_another_provider_is_refused(client: Any, stub: Stub) -> None:
    """RFC 9207: the issuer in the return tells which provider answered."""
    assert await refused(await sign_in(client, stub, iss="https://evil.example"))


async def test_a_provider_that_is_down_is_said_so(client: Any, stub: Stub) -> None:
    stub.status = 503
    answer = await client.get("/en/sign-in/provider")
    assert answer.status_code == 503
    assert "code by e-mail" in answer.text and int(answer.headers["retry-after"]) > 0


async def test_what_the_provider_refuses_is_said_and_signs_nobody_in(client: Any, stub: Stub) -> None:
    answer = await client.get("/en/sign-in/provider/back", params={"error": "access_denied", "state": "x"})
    assert await refused(answer)
    assert "did not sign you in" in answer.text


async def test_a_disabled_account_stays_out(client: Any, stub: Stub) -> None:
    await person("ben")
    await execute("update accounts set disabled_at = clock_timestamp()")
    assert await refused(await sign_in(client, stub))


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_it_leads_on_to_this_site_only(client: Any, stub: Stub, target: str) -> None:
    browser = auth.new_token()
    answer = await come_back(client, browser, stub.sign_in(await leave(client, browser, target)))
    assert answer.headers["location"] == "/en/"


async def test_a_cookie_that_was_chosen_is_not_adopted(client: Any, stub: Stub) -> None:
    chosen, browser = "A" * 43, auth.new_token()
    brought = stub.sign_in(await leave(client, browser))
    client.cookies.clear()
    cookies = f"{auth.cookie_name('browser')}={browser}; {auth.cookie_name('sid')}={chosen}"
    answer = await client.get("/en/sign-in/provider/back", params=brought, headers={"cookie": cookies})
    assert token_in(answer) not in {None, chosen}
    assert (await Browser(client, chosen).get("/en/me")).status_code == 303


# -------- only where it is set


async def test_there_is_a_button_where_a_provider_is_set_and_none_elsewhere(
    client: Any, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (await client.get("/en/sign-in?next=/en/help")).text
    assert "Sign in with Our House" in page
    assert 'href="/en/sign-in/provider?next=%2Fen%2Fhelp"' in page
    with monkeypatch.context() as without_extra:
        without_extra.setattr(oidc, "find_spec", lambda name: None)
        assert "Our House" not in (await client.get("/en/sign-in")).text
        assert (await client.get("/en/sign-in/provider")).status_code == 404
    monkeypatch.setattr(oidc, "get_settings", settings.get_settings)
    assert "/sign-in/provider" not in (await client.get("/en/sign-in")).text
    assert (await client.get("/en/sign-in/provider/back?code=x&state=y")).status_code == 404


VARIABLES = {
    "PLENARY_OIDC_ISSUER": "https://login.example.org/realm",
    "PLENARY_OIDC_CLIENT_ID": CLIENT,
    "PLENARY_OIDC_CLIENT_SECRET": SECRET,
}


def read(tmp_path: Any, **more: str) -> Settings:
    return Settings.from_environment(VARIABLES | {"PLENARY_DATA_DIR": str(tmp_path)} | more)


def test_the_settings_name_a_provider_and_hide_its_secret(tmp_path: Any) -> None:
    found = read(tmp_path).provider
    assert found == Provider("https://login.example.org/realm", CLIENT, SECRET, "login.example.org")
    assert SECRET not in repr(found)
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    by_file = read(tmp_path, PLENARY_OIDC_CLIENT_SECRET="", PLENARY_OIDC_CLIENT_SECRET_FILE=str(file))
    assert by_file.provider == found
    assert Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path)}).provider is None


@pytest.mark.parametrize(
    "change",
    [
        {"PLENARY_OIDC_CLIENT_ID": ""},
        {"PLENARY_OIDC_CLIENT_SECRET": ""},
        {"PLENARY_OIDC_ISSUER": ""},
        {"PLENARY_OIDC_ISSUER": "http://login.example.org"},
        {"PLENARY_OIDC_ISSUER": "login.example.org"},
        {"PLENARY_OIDC_CLIENT_SECRET": "", "PLENARY_OIDC_CLIENT_SECRET_FILE": "/nowhere"},
    ],
)
def test_half_a_provider_or_one_in_the_clear_refuses_the_start(tmp_path: Any, change: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="PLENARY_OIDC") as refusal:
        read(tmp_path, **change)
    assert SECRET not in str(refusal.value)
