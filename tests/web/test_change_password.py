"""/me/password: what a password may be, changing it, and what it costs to try one."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from app import auth
from app.actions import passwords
from app.database import execute, fetchval
from app.refusals import Invalid
from tests.cast import Browser, person, signed_in

OLD, NEW = "granite walrus under lamp", "seven quiet herons paint"
REFUSED = [
    "short but odd",
    "fourteen chars",
    "passwordpassword",
    "Password123456789",
    "P@ssw0rdP@ssw0rd!",
    "qwertyuiopasdfgh",
    "QWERTZUIOPASDFGHJKL",
    "1234567890123456",
    "9876543210987654321",
    "aaaaaaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "letmein letmein letmein",
    "iloveyou2026iloveyou",
    "Summer2026Summer2026!",
    "welcome to plenary 2026",
    "plenaryplenaryplenary",
    "amara amara amara 1",
    "Amara@example.org2026",
    "ｐａｓｓｗｏｒｄ ｐａｓｓｗｏｒｄ",
    "x" * 129,
]
TAKEN = [
    OLD,
    NEW,
    "fifteen letters",
    "ماء نظيف لكل قرية بعيدة",
    "水井由使用它的村庄共同建造的好吗",
    "8391 0257 1948 6634",
    "k7#Tq9!vLm2@xZ4p",
    "é" * 3 + " sharp ünder wölf",
]


@pytest.mark.parametrize("password", REFUSED)
async def test_what_others_would_try_first_is_refused(database: None, password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check(password, person=await person("amara"))


@pytest.mark.parametrize("password", TAKEN)
async def test_length_is_enough_in_any_script_and_without_rules_on_characters(database: None, password: str) -> None:
    passwords.check(password, person=await person("amara"))


def test_a_password_is_checked_in_milliseconds_whatever_it_is() -> None:
    import time

    started = time.process_time()
    for text in ("ab" * 64, "a" * 128, "aab" * 42, "abcdefgh" * 16, "é!" * 64):
        passwords.is_common(text)
    assert time.process_time() - started < 0.5


async def with_password(client: Any, name: str = "amara") -> Browser:
    browser = await signed_in(client, name)
    await execute("update accounts set password_hash = $1", await auth.hash_password(OLD))
    return browser


def cookie_of(answer: Any) -> str:
    found = re.search(rf"{auth.cookie_name('sid')}=([^;]{{43}});", str(answer.headers))
    assert found is not None
    return found[1]


async def test_a_new_password_ends_all_other_sessions_and_renews_this_one(client: Any) -> None:
    amara = await with_password(client)
    other = await signed_in(client, "amara")
    answer = await amara.post("/en/me/password", {"current": OLD, "password": NEW})
    assert answer.status_code == 303
    renewed = Browser(client, cookie_of(answer))
    assert [(await one.get("/en/me")).status_code for one in (renewed, amara, other)] == [200, 303, 303]
    stored = await fetchval("select password_hash from accounts where email = 'amara@example.org'")
    assert await auth.password_matches(stored, NEW)
    assert not await auth.password_matches(stored, OLD)
    assert await fetchval("select payload from audit_events where action = 'passwords.change'") == "{}"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"current": "wrong horse battery x"}, "This is not your password"),
        ({"password": "too short"}, "at least 15"),
        ({"password": "passwordpassword"}, "others would try"),
        ({"password": ""}, "Please fill this in"),
        ({"current": ""}, "Please fill this in"),
    ],
)
async def test_what_is_wrong_is_said_and_no_password_is_shown_again(
    client: Any, fields: dict[str, str], sentence: str
) -> None:
    amara = await with_password(client)
    answer = await amara.post("/en/me/password", {"current": OLD, "password": NEW} | fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not [typed for typed in (OLD, NEW, *fields.values()) if typed and f'"{typed}"' in answer.text]
    assert (await amara.get("/en/me")).status_code == 200


async def test_trying_one_s_own_password_is_slowed_down_and_never_shown_on_the_error_page(client: Any) -> None:
    amara = await with_password(client)
    answers = [await amara.post("/en/me/password", {"current": f"a wrong one {n}", "password": NEW}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "a wrong one" not in answers[-1].text and NEW not in answers[-1].text


async def test_who_has_no_password_is_told_that_none_is_needed(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    assert "need none" in (await chidi.get("/en/me/password")).text
    assert (await chidi.post("/en/me/password", {"current": "x", "password": NEW})).status_code == 422
    assert await fetchval("select password_hash from accounts") is None


# -------- what it costs


async def test_a_hash_has_the_parameters_of_the_standard_and_an_older_one_is_renewed(client: Any) -> None:
    """OWASP ASVS 5.0, appendix C: argon2id with 46 MiB, one pass, one lane."""
    assert (await auth.hash_password(NEW)).startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    from argon2 import PasswordHasher

    await person("amara")
    older = PasswordHasher(memory_cost=8_192, time_cost=1, parallelism=1)
    await execute("update accounts set password_hash = $1", older.hash(NEW))
    from app.actions.accounts import sign_in_with_password

    await sign_in_with_password(email="amara@example.org", password=NEW)
    stored = await fetchval("select password_hash from accounts")
    assert stored.startswith("$argon2id$v=19$m=47104,")
    assert await auth.password_matches(stored, NEW)


async def test_a_known_and_an_unknown_account_cost_the_same_work(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: one hash compared in each case, with the same parameters."""
    assert not auth.is_outdated(auth.NOBODY)
    done: list[str] = []

    async def counted(function: Any, *arguments: Any) -> Any:
        done.append(function.__name__)
        return function(*arguments)

    monkeypatch.setattr(auth, "_in_pool", counted)
    stored = auth.HASHER.hash(OLD)
    for known in (stored, None):
        done.clear()
        assert not await auth.password_matches(known, NEW)
        assert done == ["verify"]


@pytest.mark.slow
async def test_hashing_waits_in_a_short_queue_and_then_says_when_to_come_back(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = await asyncio.gather(*(auth.hash_password(f"{n}") for n in range(25)), return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == auth.MAX_WAITING_HASHES == 20
    monkeypatch.setattr(auth, "_waiting", auth.MAX_WAITING_HASHES)
    amara = await signed_in(client, "amara")
    await execute("update accounts set password_hash = 'x'")
    answer = await amara.post("/en/me/password", {"current": OLD, "password": NEW})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Many people are signing in" in answer.text
    assert OLD not in answer.text and NEW not in answer.text


@pytest.mark.slow
async def test_pages_are_served_while_passwords_are_hashed(client: Any) -> None:
    hashing = [asyncio.create_task(auth.hash_password(f"{n}")) for n in range(18)]
    await asyncio.sleep(0)
    answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert not all(task.done() for task in hashing), "the event loop was free before the last hash"
    await asyncio.gather(*hashing)
