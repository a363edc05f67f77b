"""Every kind of response carries the headers that keep a browser from doing harm, whatever produced it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from app import auth, limits
from app.database import fetchval
from app.front import CONTENT_POLICY
from tests import factories
from tests.cast import Browser, signed_in

WANTED = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}
FORBIDDEN = ("server", "x-powered-by")


def check(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text[:300]
    for name, value in WANTED.items():
        assert answer.headers.get_list(name) == [value], name
    assert "permissions-policy" in answer.headers
    for name in FORBIDDEN:
        assert name not in answer.headers
    for word in ("Traceback", "litestar", "asyncpg", "site-packages"):
        assert word not in answer.text


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    parts = dict(part.strip().split(" ", 1) for part in CONTENT_POLICY.split(";"))
    assert parts["default-src"] == "'none'"
    for name in ("script-src", "style-src", "connect-src", "font-src", "form-action"):
        assert parts[name] == "'self'"
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert parts[name] == "'none'"
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY


async def page(client: Any) -> Any:
    return await client.get("/en/help")


async def redirect(client: Any) -> Any:
    return await client.get("/help")


async def to_sign_in(client: Any) -> Any:
    return await client.get("/en/me")


async def foreign_host(client: Any) -> Any:
    return await client.get("/en/help", headers={"host": "evil.example"})


async def wrong_parameter(client: Any) -> Any:
    await factories.make_consultation()
    return await client.get("/en/c/water/statements?page=x")


async def unauthorised_fragment(client: Any) -> Any:
    return await client.get("/en/me", headers={"hx-request": "true"})


async def no_token(client: Any) -> Any:
    return await client.post("/en/sign-in", data={"email": "a@example.org"})


async def not_there(client: Any) -> Any:
    return await client.get("/en/nothing/here")


async def nothing_below_static(client: Any) -> Any:
    return await client.get("/static/nothing.js")


async def post_without_language(client: Any) -> Any:
    return await client.post("/nothing")


async def wrong_method(client: Any) -> Any:
    return await client.delete("/en/sign-in")


async def static_written(client: Any) -> Any:
    return await client.post("/static/app.css")


async def closed(client: Any) -> Any:
    made = await factories.make_consultation()
    await factories.propose(await factories.join("chidi", made), "Build wells together.")
    await factories.move_to(made, 2)
    return await (await signed_in(client, "chidi")).post("/en/c/water/votes/1", {"choice": "agree"})


async def too_large(client: Any) -> Any:
    return await (await signed_in(client, "chidi")).post("/en/me", {"name": "x" * 100_000})


async def unusable(client: Any) -> Any:
    return await (await signed_in(client, "chidi")).post("/en/me", {"name": "x" * 1_000})


async def conflict(client: Any) -> Any:
    made = await factories.make_consultation()
    await factories.join("chidi", made)
    chidi = await signed_in(client, "chidi")
    form = {"statement": "Build wells together.", "language": "en", "_key": "k" * 22}
    await chidi.post("/en/c/water/propose", form)
    return await chidi.post("/en/c/water/propose", form | {"statement": "Something else instead."})


async def too_often(client: Any) -> Any:
    for _ in range(5):
        await limits.spend("try", "a@example.org")
    browser = Browser(client)
    token = auth.new_token()
    return await browser.client.post(
        "/en/sign-in/password",
        data={"_csrf_token": auth.Visit(browser=token).csrf_token, "email": "a@example.org", "password": "x"},
        headers={"cookie": f"{auth.cookie_name('browser')}={token}"},
    )


async def stylesheet(client: Any) -> Any:
    from app.static_files import static

    return await client.get(static("app.css"))


async def unchanged(client: Any) -> Any:
    return await client.get("/static/app.css", headers={"if-none-match": (await stylesheet(client)).headers["etag"]})


async def health(client: Any) -> Any:
    return await client.get("/healthz")


async def api_problem(client: Any) -> Any:
    return await client.get("/api/v1/nothing")


KINDS: list[tuple[Callable[[Any], Any], int]] = [
    (page, 200),
    (redirect, 302),
    (to_sign_in, 303),
    (foreign_host, 400),
    (wrong_parameter, 400),
    (unauthorised_fragment, 401),
    (no_token, 403),
    (not_there, 404),
    (nothing_below_static, 404),
    (post_without_language, 404),
    (api_problem, 404),
    (wrong_method, 405),
    (static_written, 405),
    (conflict, 409),
    (closed, 410),
    (too_large, 413),
    (unusable, 422),
    (too_often, 429),
    (stylesheet, 200),
    (unchanged, 304),
    (health, 200),
]


@pytest.mark.parametrize(("ask", "status"), KINDS, ids=lambda item: getattr(item, "__name__", str(item)))
async def test_every_kind_of_response(client: Any, ask: Callable[[Any], Any], status: int) -> None:
    check(await ask(client), status)


async def test_a_crash_says_nothing_of_itself(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.analysis import overview

    async def crash(_person: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(overview, "listed", crash)
    answer = await client.get("/en/")
    check(answer, 500)
    assert "a secret of the inside" not in answer.text
    assert "Something went wrong on our side" in answer.text


async def test_a_database_that_is_away_is_a_page(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncpg

    from app.analysis import overview

    async def away(_person: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    monkeypatch.setattr(overview, "listed", away)
    answer = await client.get("/en/")
    check(answer, 503)
    assert answer.headers["retry-after"] == "5"
    assert "Nothing was lost" in answer.text


async def test_an_endless_stream_begins_with_them_too(database: None, application: Any) -> None:
    made = await factories.make_consultation()
    await factories.move_to(made, 2)
    started: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not started.done():
            started.set_result(message)

    async def receive() -> Any:
        await started
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/live/water",
        "raw_path": b"/live/water",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 1),
    }
    await asyncio.wait_for(application(scope, receive, send), timeout=10)
    headers = {name.decode(): value.decode() for name, value in started.result()["headers"]}
    assert started.result()["status"] == 200
    assert headers["content-type"].startswith("text/event-stream")
    for name, value in WANTED.items():
        assert headers[name] == value


async def test_pages_of_people_who_are_signed_in_are_kept_by_nobody(client: Any) -> None:
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get("/en/me")).headers["cache-control"] == "no-store"
    assert "no-store" not in (await client.get("/en/help")).headers["cache-control"]
    assert "immutable" in (await stylesheet(client)).headers["cache-control"]


async def test_caches_are_told_that_pages_and_fragments_differ(client: Any) -> None:
    assert "HX-Request" in (await client.get("/en/")).headers["vary"]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:8000@evil.example", "", "[::1", "\u00e4", "localhost."],
)
async def test_only_our_own_hosts_are_answered(client: Any, host: str) -> None:
    answer = await client.get("/en/help", headers={"host": host.encode("latin-1")})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "name", ["x-forwarded-host", "x-forwarded-for", "forwarded", "x-original-url", "x-rewrite-url"]
)
async def test_headers_of_proxies_that_nobody_trusts_change_nothing(client: Any, name: str) -> None:
    answer = await client.get("/en/sign-in", headers={name: "evil.example"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "path", ["/en/c/water/join?invitation=abc", "/c/water/join?invitation=abc", "/en/sign-in/provider/back?code=x"]
)
async def test_an_address_that_holds_a_secret_is_told_to_no_other_page(client: Any, path: str) -> None:
    await factories.make_consultation()
    answer = await client.get(path)
    assert answer.headers.get_list("referrer-policy") == ["no-referrer"]


# -------- what browsers report

CSP_2 = {"csp-report": {"effective-directive": "script-src", "blocked-uri": "https://evil.example/x?token=SECRET"}}
REPORTING_API = [{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "inline"}}]


async def report(client: Any, body: bytes, content_type: str = "application/csp-report") -> Any:
    client.cookies.clear()
    return await client.post("/csp-reports", content=body, headers={"content-type": content_type, "origin": "null"})


async def test_what_a_browser_refuses_is_logged_without_addresses(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "report-uri /csp-reports" in CONTENT_POLICY
    assert (await client.get("/en/help")).headers["reporting-endpoints"] == 'csp="/csp-reports"'
    assert (await report(client, json.dumps(CSP_2).encode())).status_code == 204
    assert (await report(client, json.dumps(REPORTING_API).encode(), "application/reports+json")).status_code == 204
    said = capsys.readouterr().err
    assert '"directive": "script-src", "origin": "https://evil.example"' in said
    assert '"directive": "img-src", "origin": "inline"' in said
    assert "SECRET" not in said


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"[1, null, []]",
        b'{"csp-report": 1}',
        b'{"csp-report": {"effective-directive": "x\\u001b[31m y"}}',
        b'[{"body": {"effectiveDirective": {"a": 1}, "blockedURL": "https://["}}]',
        json.dumps([REPORTING_API[0]] * 500).encode(),
    ],
)
async def test_a_report_that_is_none_changes_nothing_and_fills_no_log(
    client: Any, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    before = await fetchval("select count(*) from audit_events")
    assert (await report(client, body)).status_code == 204
    assert capsys.readouterr().err.count("policy_refused") <= 3
    assert await fetchval("select count(*) from audit_events") == before
