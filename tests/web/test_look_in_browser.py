"""The look in Chromium, under the site's own content policy: swaps, focus, keys, reflow, and what axe finds."""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from app import rendering
from app.static_files import find
from tests.test_look import kitchen_sink

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
BALLOT = (
    '{% import "_macros.html" as m %}{{ m.ballot("/en/vote", n, "Statement", "en", "By the convenor", focus=true) }}'
    "{{ m.status_update(line) }}"
)
PAGE = (
    '{% extends "base.html" %}{% import "_macros.html" as m %}{% block title %}Vote{% endblock %}{% block content %}'
    '<h1>Vote</h1>{{ m.ballot("/en/vote", 8, "Statement text", "en", "By the convenor") }}'
    '{{ m.field("thought", "Thought", rows=2, maxlength=30) }}{% endblock %}'
)


@dataclass
class Session:
    """A visitor who is signed in."""

    csrf_token: str = "token-of-this-session"
    account: object = field(default_factory=object)


@dataclass
class Site:
    """What the browser sent to a server that has one ballot and every piece on a page."""

    url: str
    sent: list[tuple[str, dict[str, list[str]], str | None]] = field(default_factory=list)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the pages as the application would: same templates, same files, same policy."""

    site: Site

    def log_message(self, *_args: object) -> None:
        """Says nothing."""

    def answer(self, body: bytes, media_type: str = "text/html; charset=utf-8") -> None:
        self.send_response(200)
        for name, value in (
            ("Content-Type", media_type),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", POLICY),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def draw(self, template: str, **context: Any) -> bytes:
        token = rendering._page.set(rendering._Page(Session()))
        try:
            return rendering.environment().from_string(template).render(locale="en", dir="ltr", **context).encode()
        finally:
            rendering._page.reset(token)

    def do_GET(self) -> None:
        if self.path.startswith("/static"):
            file, _ = find(self.path.removeprefix("/static"))
            assert file is not None, self.path
            self.answer(file.body, file.media_type)
        elif self.path.startswith("/all/"):
            self.answer(kitchen_sink(self.path[5:]).encode())
        elif self.path.startswith("/jobs/"):
            self.answer(b"<p>Done</p>")
        else:
            self.answer(self.draw(PAGE, account=Session(), status_line=None))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.site.sent.append((self.path, parse_qs(body), self.headers.get("X-CSRF-Token")))
        number = 8 + len(self.site.sent)
        line = rendering.StatusLine(f"You agreed with statement {number - 1}", "/en/undo", "#ballot")
        self.answer(f"<title>Vote: statement {number}</title>".encode() + self.draw(BALLOT, n=number, line=line))


@pytest.fixture
def site() -> Iterator[Site]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.site = Site(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Handler.site
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium; install it or set CHROMIUM=/path")
        pytest.skip("no Chromium; install it or set CHROMIUM=/path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


def test_a_vote_swaps_the_ballot_says_so_and_moves_focus_to_the_new_statement(site: Site, tab: Any) -> None:
    tab.goto(f"{site.url}/en/vote")
    tab.click("button[value=agree]")
    tab.wait_for_selector("text=Statement 9")
    path, form, token = site.sent[0]
    assert (path, form["choice"], form["_csrf_token"], token) == (
        "/en/vote",
        ["agree"],
        ["token-of-this-session"],
        "token-of-this-session",
    )
    assert form["_key"][0]
    assert tab.title() == "Vote: statement 9"
    assert "You agreed with statement 8" in tab.inner_text("#status[role=status]")
    assert tab.evaluate("document.activeElement.id") == "st"


def test_keys_vote_only_while_focus_is_in_the_ballot(site: Site, tab: Any) -> None:
    tab.goto(f"{site.url}/en/vote")
    tab.focus("#thought")
    tab.keyboard.type("123nu")
    assert site.sent == []
    assert tab.input_value("#thought") == "123nu"
    assert tab.inner_text("#thought-count") == "Characters left: 25"
    tab.focus("button[value=agree]")
    for key, choice in (("3", "pass"), ("2", "disagree"), ("n", "later")):
        with tab.expect_response("**/en/vote"):
            tab.keyboard.press(key)
        tab.wait_for_selector(f"text=Statement {8 + len(site.sent)}")
        assert site.sent[-1][1]["choice"] == [choice]
    with tab.expect_response("**/en/undo"):
        tab.keyboard.press("u")
    assert site.sent[-1][0] == "/en/undo"


def test_nothing_stays_in_the_browsers_storage(site: Site, tab: Any) -> None:
    tab.goto(f"{site.url}/en/vote")
    tab.click("button[value=disagree]")
    tab.wait_for_selector("text=Statement 9")
    assert tab.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_vote_works_without_javascript(site: Site, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/en/vote")
    page.click("button[value=pass]")
    assert site.sent[0][1]["choice"] == ["pass"]
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("locale", ["en", "ar", "ru"])
def test_no_page_scrolls_sideways(site: Site, tab: Any, locale: str, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(f"{site.url}/all/{locale}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_axe_finds_nothing(site: Site, chromium: Any, locale: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    context = chromium.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{site.url}/all/{locale}")
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    context.close()
    problems = [(v["id"], v["nodes"][0]["html"][:200]) for v in found.response["violations"]]
    assert problems == []
    assert len(found.response["passes"]) > 20
