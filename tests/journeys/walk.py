"""A walk through the demo along its own links: which pages there are, as whoever may see them first.

What no link leads to is not found, so that a route without a way to it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape

import httpx

from tests.inventory import Route, routes

ROLES = ("convenor", "moderator", "stakeholder", None, "curator", "auditor")
READERS = frozenset({"stakeholder", None})
"""Who see other pages than staff at the same address, and are asked for each kind of page once more."""
HUBS = frozenset({"/", "/c/{slug:str}", "/c/{slug:str}/statements/{number:int}"})
"""Where everybody finds links of their own."""
LINK = re.compile(r'<(?:a|form)\b[^>]*?(?:href|action)="(/en[^"#]*)[^>]*>')
DONE_BY_POST = re.compile(r'<form\b[^>]*method="post"[^>]*>')
NOT_FOLLOWED = re.compile(r"/demo/sign-in|/live/|/sign-out")


@dataclass(frozen=True)
class Seen:
    """One page as one reader was sent it."""

    role: str | None
    route: str
    address: str
    status: int
    text: str


def patterns() -> list[tuple[re.Pattern[str], Route]]:
    """Each GET route with what its addresses look like, those with fewer places first."""
    kinds = {"int": r"\d+", "str": "[^/]+", "uuid": "[0-9a-f-]{36}"}
    found = [
        (re.compile(re.sub(r"{\w+:(\w+)}", lambda place: kinds[place[1]], re.sub(r"\.", r"\.", route.path))), route)
        for route in routes()
        if route.method == "GET"
    ]
    return sorted(found, key=lambda one: one[1].path.count("{"))


@dataclass
class Walk:
    """Who has been where."""

    site: str
    pages: list[Seen] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    """Routes that answer with something else than a page."""
    _asked: set[tuple[object, ...]] = field(default_factory=set)

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], Route]]:
        return patterns()

    def route_of(self, address: str) -> Route | None:
        path = address.split("?")[0].removeprefix("/en") or "/"
        return next((route for pattern, route in self._patterns if pattern.fullmatch(path)), None)

    def everything(self) -> Walk:
        for role in ROLES:
            browser = client(self.site, role)
            try:
                self._as(role, browser)
            finally:
                browser.close()
        return self

    def _as(self, role: str | None, browser: httpx.Client) -> None:
        waiting, seen = ["/en/", "/en/demo"], set()
        while waiting:
            address = waiting.pop(0)
            route = self.route_of(address)
            if address in seen or route is None or NOT_FOLLOWED.search(address):
                continue
            seen.add(address)
            kind = (route.path, address.split("/")[3] if route.is_of_consultation else "", "?" in address)
            if (role, *kind) in self._asked or (kind in self._asked and role not in READERS and route.path not in HUBS):
                continue
            answer = browser.get(address)
            if answer.status_code == 200:
                self._asked |= {kind, (role, *kind)}
            if not answer.headers.get("content-type", "").startswith("text/html"):
                self.others.add(route.path)
                continue
            self.pages.append(Seen(role, route.path, address, answer.status_code, answer.text))
            waiting += links(answer.text) if answer.status_code == 200 else []

    def richest(self) -> dict[str, Seen]:
        """For each route the page with the most on it."""
        best = sorted(self.richest_of_each().items(), key=lambda one: len(one[1].text))
        return {route: page for (route, _), page in best}

    def richest_of_each(self) -> dict[tuple[str, str | None], Seen]:
        """The same for each route and reader."""
        found = sorted((page for page in self.pages if page.status == 200), key=lambda page: len(page.text))
        return {(page.route, page.role): page for page in found}


def links(text: str) -> Iterator[str]:
    """The addresses of a page that can be followed, without those that change something."""
    for found in LINK.finditer(text):
        if not DONE_BY_POST.fullmatch(found[0]):
            yield unescape(found[1])


def client(site: str, role: str | None) -> httpx.Client:
    """Somebody signed in to the demo with one click."""
    browser = httpx.Client(base_url=site, headers={"origin": site}, timeout=60)
    if role is not None:
        page = browser.get(f"/en/demo/sign-in/{role}").text
        form = re.search(r'<form[^>]*action="([^"]*/demo/[^"]*)".*?</form>', page, re.DOTALL)
        assert form is not None
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
        assert browser.post(form[1], data=fields).status_code == 303
    return browser
