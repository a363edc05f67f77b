"""What axe finds on the pages of the journeys, on a phone and a desktop: nothing. In Arabic they fit as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conftest import DESKTOP, PHONE, RULES

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPEN, CURATED, ADOPTED = (
    "/c/data-that-communities-can-use",
    "/c/partnerships-that-deliver",
    "/c/what-makes-partnerships-work",
)
PAGES: list[tuple[str | None, str]] = [
    (None, "/"),
    (None, "/sign-in"),
    (None, "/help"),
    (None, OPEN),
    (None, f"{OPEN}/statements"),
    (None, f"{ADOPTED}/summary"),
    ("stakeholder", f"{OPEN}/vote"),
    ("stakeholder", f"{OPEN}/propose"),
    ("stakeholder", f"{OPEN}/me/votes"),
    ("stakeholder", f"{CURATED}/results"),
    ("stakeholder", f"{CURATED}/results?view=organisations"),
    ("stakeholder", f"{ADOPTED}/card"),
    ("stakeholder", f"{ADOPTED}/partners"),
    ("stakeholder", "/me"),
    ("moderator", f"{OPEN}/moderate"),
    ("moderator", f"{OPEN}/rapporteur"),
    ("moderator", f"{CURATED}/power"),
    ("convenor", "/convene/new"),
    ("convenor", f"{OPEN}/convene/rounds"),
    ("convenor", f"{CURATED}/convene"),
    ("convenor", f"{CURATED}/desk"),
    ("convenor", f"{CURATED}/cards"),
    ("convenor", f"{ADOPTED}/coalitions"),
    ("convenor", f"{ADOPTED}/coalitions/overview"),
    ("convenor", f"{ADOPTED}/coalitions/2/line-up"),
    ("convenor", f"{ADOPTED}/assemblies/1"),
]


@pytest.mark.parametrize(("role", "path"), PAGES, ids=lambda item: str(item))
def test_axe_finds_nothing(site: str, signed_in_as: Callable[[str | None], Any], role: str | None, path: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page = signed_in_as(role)
    problems = []
    for language in ("en", "ar"):
        assert page.goto(f"{site}/{language}{path}").status == 200
        assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], "it scrolls sideways"
            if language == "ar":
                continue  # axe reads every page of the demo in Arabic, in `test_every_page`
            found = Axe().run(page, options={"runOnly": RULES})
            assert len(found.response["passes"]) > 10
            problems += [
                (language, size["width"], one["id"], one["nodes"][0]["html"][:200])
                for one in found.response["violations"]
            ]
    assert problems == []


def test_every_link_of_these_pages_leads_somewhere(site: str, signed_in_as: Callable[[str | None], Any]) -> None:
    dead = []
    for role in (None, "stakeholder", "convenor", "moderator"):
        page = signed_in_as(role)
        seen: set[str] = set()
        for path in [path for who, path in PAGES if who == role]:
            page.goto(f"{site}/en{path}")
            links = page.eval_on_selector_all("a[href]", "links => links.map(link => String(link.href).split('#')[0])")
            new = {link for link in links if link.startswith(f"{site}/en/")} - seen
            seen |= new
            for link in sorted(new)[:60]:
                status = page.request.get(link).status
                if status not in {200, 403, 410}:  # refused with a sentence is an answer, too
                    dead.append((role, path, link.removeprefix(site), status))
    assert dead == []
