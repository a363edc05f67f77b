"""Limits per account, shared by all servers, and the fuse per address: a script is slowed down, a room is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app import limits, settings
from app.database import DB, execute, fetch, fetchval
from app.environment import SettingsError
from app.front import Front
from app.main import create_app
from app.refusals import TooMany
from deliberation.phases import Action
from tests import factories
from tests.cast import Browser, person, signed_in
from tests.conftest import BASE_URL
from tests.inventory import SAFE, routes

FORM = {"statement": "Wells near schools come first.", "language": "en"}


def browser_at(application: Any, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=application, client=(address, 1234), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers={"origin": BASE_URL})


async def to_vote(client: Any) -> tuple[Browser, int]:
    made = await factories.make_consultation()
    await factories.move_to(made, 1)
    chidi = await factories.join("chidi", made)
    number = (await factories.propose(await factories.join("dana", made), "Build wells.")).number
    assert chidi.participant is not None
    return await signed_in(client, "chidi"), number


async def outcomes(name: str, whose: object, n: int) -> list[bool]:
    async def one() -> bool:
        try:
            await limits.spend(name, whose)
        except TooMany:
            return False
        return True

    return await asyncio.gather(*(one() for _ in range(n)))


def test_every_form_that_is_sent_has_its_limit() -> None:
    for route in routes():
        is_safe = route.method in SAFE
        declared = next((opt for opt in [route_limit(route.path, route.method)] if opt), None)
        name = limits.name_of(action=route.action or "", declared=declared, is_safe=is_safe)
        assert (name in limits.LIMITS) if not is_safe else (name is None or name in limits.LIMITS), route.name


def route_limit(path: str, method: str) -> str | None:
    from app.controllers import routes as handlers

    for handler in handlers(is_demo=True):
        if path in handler.paths and method in handler.http_methods:
            found = handler.opt.get("limit")
            return str(found) if found else None
    return None


def test_every_limit_by_action_is_of_an_action_that_somebody_sends() -> None:
    sent = {route.action for route in routes() if route.method not in SAFE}
    assert {name for name in limits.LIMITS if name in set(Action)} <= sent


@pytest.mark.parametrize(
    ("name", "most", "seconds"),
    [
        *(("vote", 60, 60), ("propose", 5, 3600), ("flag", 20, 3600), ("export", 6, 3600), ("search", 30, 60)),
        *(("analysis", 6, 3600), ("code", 3, 900), ("try", 5, 60)),
    ],
)
def test_the_figures_that_were_asked_for_stand_in_the_table(name: str, most: int, seconds: int) -> None:
    first = limits.LIMITS[name][0]
    assert (first.most, first.seconds) == (most, seconds)


@pytest.mark.parametrize("name", ["vote", "propose", "export", "analysis", "work"])
async def test_as_many_as_allowed_and_not_one_more(name: str, database: None) -> None:
    most = limits.LIMITS[name][0].most
    for _ in range(most):
        await limits.spend(name, "chidi")
    with pytest.raises(TooMany) as refused:
        await limits.spend(name, "chidi")
    assert 1 <= refused.value.retry_after <= limits.LIMITS[name][0].step.total_seconds() + 1
    await limits.spend(name, "dana")


async def test_of_many_at_once_on_many_connections_exactly_the_limit_counts(committing: str) -> None:
    assert sum(await outcomes("vote", "chidi", 100)) == 60


async def test_a_vote_each_second_is_never_refused(database: None) -> None:
    for _ in range(130):
        await limits.spend("vote", "chidi")
        await execute("update rate_windows set expires_at = expires_at - interval '0.999 seconds'")


async def test_what_is_refused_does_not_lengthen_the_wait(database: None) -> None:
    for _ in range(30):
        await limits.spend("search", "chidi")
    with pytest.raises(TooMany) as first:
        await limits.spend("search", "chidi")
    for _ in range(20):
        with pytest.raises(TooMany) as last:
            await limits.spend("search", "chidi")
    assert last.value.retry_after <= first.value.retry_after


async def test_the_row_tells_nobody_whose_it_is_and_waits_for_no_disk(database: None) -> None:
    account = (await person("chidi")).id
    await limits.spend("vote", account)
    (row,) = await fetch("select key from rate_windows")
    assert str(account) not in row["key"] and account.hex not in row["key"]
    assert await fetchval("select relpersistence from pg_class where relname = 'rate_windows'") == b"u"


async def test_a_voter_beyond_the_limit_reads_a_sentence_and_how_long_to_wait(client: Any) -> None:
    browser, number = await to_vote(client)
    account = (await person("chidi")).id
    for _ in range(59):
        await limits.spend("vote", account)
    assert (await browser.post(f"/en/c/water/votes/{number}", {"choice": "agree"})).status_code == 303
    answer = await browser.post(f"/en/c/water/votes/{number}", {"choice": "disagree"})
    assert answer.status_code == 429
    assert "faster than one can read" in answer.text
    assert int(answer.headers["retry-after"]) == 1
    assert await fetchval("select choice from votes") == "agree"


async def test_what_was_typed_comes_back_with_the_refusal(client: Any) -> None:
    browser, number = await to_vote(client)
    account = (await person("chidi")).id
    for _ in range(20):
        await limits.spend("flag", account)
    answer = await browser.post(f"/en/c/water/statements/{number}/report", {"note": "These words name my neighbour."})
    assert answer.status_code == 429
    assert "These words name my neighbour." in answer.text
    assert int(answer.headers["retry-after"]) > 100


async def test_a_form_with_a_mistake_and_a_second_copy_do_not_count(client: Any) -> None:
    made = await factories.make_consultation()
    await factories.join("chidi", made)
    browser, account = await signed_in(client, "chidi"), (await person("chidi")).id
    for _ in range(7):
        assert (await browser.post("/en/c/water/propose", FORM | {"statement": ""})).status_code == 422
    assert await factories.n_spent("propose", account) == 0
    for _ in range(3):
        assert (await browser.post("/en/c/water/propose", FORM | {"_key": "k" * 22})).status_code == 303
    assert await factories.n_spent("propose", account) == 1


async def test_searching_is_counted_and_looking_is_not(client: Any) -> None:
    browser, _ = await to_vote(client)
    for _ in range(35):
        assert (await browser.get("/en/c/water/statements")).status_code == 200
    statuses = [(await browser.get("/en/c/water/statements?q=wells")).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]


# -------- the fuse


def test_a_room_of_two_hundred_behind_one_address_is_never_refused() -> None:
    fuse = limits.Fuse()
    for moment in range(1000):  # everybody opens five pages before they are signed in, within a minute
        fuse.check("203.0.113.9", now=1000 + moment * 0.06)
    for second in range(120):  # then each votes every second and loads the page behind it
        for account in range(200):
            fuse.check("203.0.113.9", account, now=2000.0 + second)
            fuse.check("203.0.113.9", account, now=2000.5 + second)


def test_whoever_goes_on_asking_is_held_to_the_rate() -> None:
    fuse = limits.Fuse()

    def n_served(account: object, seconds: int, per_second: int) -> int:
        n = 0
        for moment in range(seconds * per_second):
            try:
                fuse.check("203.0.113.9", account, now=100 + moment / per_second)
                n += 1
            except TooMany as refusal:
                assert refusal.retry_after >= 1
        return n

    reserve = limits.ANONYMOUS_PER_MINUTE * limits.ANONYMOUS_RESERVE_MINUTES
    assert n_served(None, 600, 20) == pytest.approx(reserve + 10 * limits.ANONYMOUS_PER_MINUTE, abs=2)
    assert n_served(7, 120, 60) == pytest.approx(3 * limits.SIGNED_IN_PER_MINUTE, abs=2)


def test_a_fuse_remembers_a_bounded_number_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REMEMBERED", 100)
    fuse = limits.Fuse()
    for n in range(1000):
        fuse.check(f"address {n}", now=float(n))
    assert len(fuse.full_at) <= 100


@pytest.mark.parametrize(
    ("client", "forwarded", "proxies", "counted"),
    [
        ("203.0.113.9", "", (), "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", (), "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1", ("10.0.0.0/24",), "198.51.100.1"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.9", ("10.0.0.5/32",), "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.9, 10.0.0.6", ("10.0.0.0/24",), "203.0.113.9"),
        ("10.0.0.5", "", ("10.0.0.0/24",), "10.0.0.5"),
        ("10.0.0.5", "nonsense", ("10.0.0.0/24",), ""),
        ("2001:db8:1:2:3::4", "", (), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", (), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", (), "203.0.113.9"),
        ("127.0.0.1", "", (), ""),
        ("127.0.0.1", "198.51.100.1", ("127.0.0.1/32",), "198.51.100.1"),
        ("", "", (), ""),
    ],
)
def test_who_counts_is_the_sender_or_whom_a_named_proxy_names(
    client: str, forwarded: str, proxies: tuple[str, ...], counted: str
) -> None:
    assert limits.address_of(client, forwarded, proxies) == counted


async def test_an_invented_forwarded_address_changes_nothing(database: None) -> None:
    application = create_app()
    reserve = limits.ANONYMOUS_PER_MINUTE * limits.ANONYMOUS_RESERVE_MINUTES
    assert isinstance(application, Front)
    for _ in range(reserve):
        application.fuse.check("203.0.113.9")
    async with browser_at(application, "203.0.113.9") as stranger:
        for n in range(5):
            answer = await stranger.get("/en/sign-in", headers={"x-forwarded-for": f"198.51.100.{n}"})
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) >= 1
            assert "Too many requests" in answer.text
            assert "content-security-policy" in answer.headers
        assert (await stranger.get("/healthz")).status_code == 200
    async with browser_at(application, "203.0.113.10") as other:
        assert (await other.get("/en/sign-in")).status_code == 200


async def test_behind_a_named_proxy_each_sender_has_a_fuse_of_their_own(database: None) -> None:
    application = create_app(replace(settings.get_settings(), proxies=("10.0.0.0/24",)))
    assert isinstance(application, Front)
    reserve = limits.ANONYMOUS_PER_MINUTE * limits.ANONYMOUS_RESERVE_MINUTES
    for _ in range(reserve):
        application.fuse.check("203.0.113.9")
    async with browser_at(application, "10.0.0.5") as proxy:
        blown = await proxy.get("/en/sign-in", headers={"x-forwarded-for": "203.0.113.9"})
        fine = await proxy.get("/en/sign-in", headers={"x-forwarded-for": "203.0.113.10"})
    assert (blown.status_code, fine.status_code) == (429, 200)


def test_proxies_are_read_from_the_environment() -> None:
    read = settings.Settings.from_environment({"PLENARY_PROXIES": "10.0.0.5, 2001:db8::/32"})
    assert read.proxies == ("10.0.0.5/32", "2001:db8::/32")
    with pytest.raises(SettingsError, match="PLENARY_PROXIES"):
        settings.Settings.from_environment({"PLENARY_PROXIES": "everybody"})


async def test_the_database_is_asked_once_for_a_vote_limit(client: Any) -> None:
    browser, number = await to_vote(client)
    seen: list[str] = []
    outer = DB.current_transaction.get()
    assert outer is not None
    outer.connection.add_query_logger(lambda query: seen.append(query.query))
    await browser.post(f"/en/c/water/votes/{number}", {"choice": "agree"})
    assert sum("rate_windows" in sql for sql in seen) == 1
