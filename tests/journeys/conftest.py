"""The demo as `plenary demo` serves it, and a browser that notices what visitors would not: policy, strangers, storage.

The whole command runs: database, tables, seeding, worker and web server, in processes of their own.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

PROJECT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
SCREENSHOTS = PROJECT / "docs" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = {"width": 390, "height": 800}, {"width": 1440, "height": 900}
REFUSED = """
addEventListener("securitypolicyviolation", event => console.error(
  `the policy refused ${event.effectiveDirective} ${event.blockedURI} on ${location.pathname}`));
"""
KEPT = """async () => ({
  "session and local storage": localStorage.length + sessionStorage.length,
  "databases": (await indexedDB.databases()).length,
  "caches": (await caches.keys()).length,
  "service workers": (await navigator.serviceWorker.getRegistrations()).length,
  "cookies that scripts can read": document.cookie.length,
})"""
HAND_OVER = """
update proposals p set author = (
  select min(q.id) from participants q where q.consultation = p.consultation and q.id <> p.author
) where status = 'waiting' and waiting_since > %s
"""
COOKIES = frozenset({"sid", "browser", "said"})


@pytest.fixture(scope="session")
def site(server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo of the tests' own."""
    with psycopg.connect(server_url("postgres"), autocommit=True) as connection:
        connection.execute("create database journeys")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("journeys")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    environment |= {"DATABASE_URL": server_url("journeys"), "PLENARY_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "app.cli", "demo", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process, folder / "log")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + 120
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"the demo does not answer:\n{log.read_text()[-2_000:]}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    # Of a module and not of the session: while it lives, its event loop runs in this thread, and no other can.
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


@dataclass
class Visitor:
    """One person at a browser; everything that should not happen is written down."""

    site: str
    context: Any
    page: Any
    has_script: bool
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.context.add_init_script(REFUSED)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._follow)
        self.page.on("response", self._answer)

    def _hear(self, message: Any) -> None:
        # A page that refuses something answers 4xx on purpose, which Chromium reports as an error of its own.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _follow(self, request: Any) -> None:
        if not request.url.startswith((f"{self.site}/", "data:")):
            self.complaints.append(f"request to a stranger: {request.url}")

    def _answer(self, response: Any) -> None:
        is_page = response.request.resource_type in {"document", "xhr", "fetch", "eventsource"}
        if response.status >= (500 if is_page else 400):
            self.complaints.append(f"{response.status} from {response.url}")

    def sign_in(self, role: str) -> None:
        self.page.goto(f"{self.site}/en/demo/sign-in/{role}")
        self.page.click("main button")
        assert self.page.url == f"{self.site}/en/"

    def open(self, path: str, *, language: str = "en") -> None:
        answer = self.page.goto(f"{self.site}/{language}{path}")
        assert answer.status == 200, f"{path}: {answer.status}"

    def says(self, words: str) -> None:
        from playwright.sync_api import TimeoutError as NeverSaid

        try:
            self.page.wait_for_selector(f"text={words}", timeout=10_000)
        except NeverSaid:
            pytest.fail(f"{self.page.url} does not say {words!r}, but: {self.page.inner_text('main')[:1000]}")

    def picture(self, name: str, *, size: dict[str, int] = DESKTOP) -> None:
        """A screenshot for the README, where `PLENARY_SCREENSHOTS=1` asks for it."""
        if os.environ.get("PLENARY_SCREENSHOTS") == "1" and self.has_script:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            self.page.set_viewport_size(size)
            self.page.screenshot(path=SCREENSHOTS / f"{name}.png", caret="initial")
            self.page.set_viewport_size(DESKTOP)

    def leave(self) -> None:
        """Nothing stays in the browser but its own cookies, and nothing went wrong on the way."""
        if self.has_script:
            assert {what: n for what, n in self.page.evaluate(KEPT).items() if n} == {}
        for cookie in self.context.cookies():
            prefix = "__Host-" if self.site.startswith("https:") else "plenary-"
            assert cookie["name"].removeprefix(prefix) in COOKIES, cookie["name"]
            flags = (cookie["httpOnly"], cookie["sameSite"], cookie["secure"], cookie["path"])
            assert flags == (True, "Lax", self.site.startswith("https:"), "/"), (cookie["name"], flags)
        self.context.close()
        assert self.complaints == []


@pytest.fixture(scope="session")
def opened_at(site: str) -> datetime:
    """When the demo was there: what is younger, journeys have left behind."""
    return datetime.now(UTC)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def visitor(
    request: pytest.FixtureRequest, site: str, opened_at: datetime, server_url: Callable[[str], str], chromium: Any
) -> Iterator[Visitor]:
    """Somebody at a desktop browser, with and without JavaScript. All journeys are the same few people: what the ones
    before sent within the hour is forgotten, and what they proposed waits for a moderator as another's."""
    with psycopg.connect(server_url("journeys"), autocommit=True) as connection:
        connection.execute("delete from rate_windows")
        connection.execute(HAND_OVER, [opened_at])
    context = chromium.new_context(java_script_enabled=request.param, viewport=DESKTOP)
    context.set_default_timeout(15_000)
    found = Visitor(site, context, context.new_page(), request.param)
    found.watch()
    yield found
    found.leave()


@pytest.fixture(scope="module")
def signed_in_as(site: str, chromium: Any) -> Iterator[Callable[[str | None], Any]]:
    """A page of somebody signed in, for looking only: axe injects its script, which the policy would refuse."""
    pages: dict[str | None, Any] = {}

    def page_of(role: str | None) -> Any:
        if role not in pages:
            context = chromium.new_context(bypass_csp=True, viewport=DESKTOP)
            pages[role] = context.new_page()
            if role is not None:
                pages[role].goto(f"{site}/en/demo/sign-in/{role}")
                pages[role].click("main button")
        return pages[role]

    yield page_of
    for page in pages.values():
        page.context.close()
