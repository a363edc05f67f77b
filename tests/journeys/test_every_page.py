"""Every page of the demo as a machine sees it: valid, found by links, and nothing for axe or the policy to say.

And the important ones as people meet them: at 320 pixels, with wider spacing, in forced colours, on paper, by keyboard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.inventory import routes
from tests.journeys.conftest import RULES, Visitor
from tests.journeys.walk import ROLES, Walk
from tests.pages import parse, problems

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NARROW = {"width": 320, "height": 640}
OPEN, CURATED, WELLS, ADOPTED = (
    "/c/data-that-communities-can-use",
    "/c/partnerships-that-deliver",
    "/c/wells-that-still-give-water",
    "/c/what-makes-partnerships-work",
)
SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-block-end: 2em !important }
"""
SPACE = """style => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture(scope="module")
def walk(site: str) -> Walk:
    return Walk(site).everything()


@pytest.fixture(scope="module")
def readers(site: str, chromium: Any) -> Iterator[dict[str | None, Visitor]]:
    """Each role at the narrowest phone, under the policy as it is sent and with the site's scripts running."""
    found = {}
    for role in ROLES:
        context = chromium.new_context(viewport=NARROW)
        found[role] = Visitor(site, context, context.new_page(), True)
        found[role].watch()
        if role is not None:
            found[role].sign_in(role)
    yield found
    for reader in found.values():
        reader.context.close()


def test_every_page_of_the_demo_is_valid_html_that_a_reader_can_depend_on(walk: Walk) -> None:
    found: dict[str, list[str]] = {}
    titles: dict[str, set[str]] = {}
    for seen in walk.pages:
        page = parse(seen.text)
        for one in problems(page):
            found.setdefault(one, []).append(f"{seen.address} for {seen.role}")
        if seen.status == 200:
            titles.setdefault(page.title, set()).add(seen.address.split("?")[0])
    assert found == {}
    assert {title: places for title, places in titles.items() if len(places) > 1} == {}
    assert len(walk.pages) > 200


def test_the_links_of_the_demo_lead_through_most_of_what_there_is(walk: Walk) -> None:
    reached = {page.route for page in walk.pages if page.status == 200} | walk.others
    assert len(reached) > 85, sorted({route.path for route in routes() if route.method == "GET"} - reached)


WIDE = """() => {
  const limit = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= limit ? [] :
    [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > limit + 1
      && !one.closest('.scroll, .tabs')).slice(0, 3).map(one => one.outerHTML.slice(0, 120));
}"""
CLIPPED = """() => [...document.querySelectorAll('main *, header *, nav *')].filter(one => {
  const style = getComputedStyle(one);
  return one.textContent.trim() && !one.closest('.sr, .scroll, svg, option, thead') && one.clientHeight > 2
    && ['hidden', 'clip'].includes(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
}).slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary, textarea')].filter(one => {
  const box = one.getBoundingClientRect();
  if (!box.width || one.closest('.sr, .skip') || one.closest('[aria-hidden=true]') || one.closest('svg')) return false;
  const label = one.closest('label') || (one.id && document.querySelector(`label[for="${one.id}"]`));
  const tall = Math.max(box.height, ['checkbox', 'radio'].includes(one.type) && label
    ? label.getBoundingClientRect().height : 0);
  if (one.matches('.choice')) return tall < (one.matches('.c-unsure') ? 44 : 64);
  if (one.matches('.btn:not(.btn-s), select, textarea, .tabs a, .dock a, .top a, .langs a')
      || one.matches('input:not([type=checkbox], [type=radio], [type=hidden])')) return tall < 43.5;
  return tall < 24 && !one.closest('p, li, dd, td, th, q, blockquote, label, .hint');
}).slice(0, 3).map(one => one.outerHTML.slice(0, 120) + ' ' + one.getBoundingClientRect().height)"""


@pytest.fixture(scope="module")
def looked_at(walk: Walk, readers: dict[str | None, Visitor]) -> dict[str, dict[str, Any]]:
    """What is to be said against the page of each route, in English and in Arabic, before and after text is spaced;
    every other role opens its page of the route as well."""
    said, richest = {}, walk.richest()
    for (route, role), page in sorted(walk.richest_of_each().items(), key=str):
        reader = readers[role]
        reader.open(page.address.removeprefix("/en"))
        if page is not richest[route]:
            continue
        said[route] = shape(reader.page, {})
        reader.open(page.address.removeprefix("/en"), language="ar")
        # Colours are the same from right to left, and take axe most of its time.
        mirrored = shape(reader.page, {"color-contrast": {"enabled": False}})
        said[route] |= {f"{what} in Arabic": found for what, found in mirrored.items()}
    assert len(said) > 70
    return said


def shape(tab: Any, rules: dict[str, Any]) -> dict[str, Any]:
    """What axe says of the page that the tab shows, and what does not fit, as it is and when its text is spaced."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    options = {"runOnly": RULES, "resultTypes": ["violations"], "rules": rules}
    answer = Axe().run(tab, options=options).response
    found = {
        "axe": [(one["id"], one["nodes"][0]["html"][:160]) for one in answer["violations"]],
        "wide": tab.evaluate(WIDE),
        "small": tab.evaluate(SMALL),
    }
    tab.evaluate(SPACE, SPACING)
    return found | {"clipped when spaced": tab.evaluate(CLIPPED), "wide when spaced": tab.evaluate(WIDE)}


LOOKS = ["axe", "wide", "small", "clipped when spaced", "wide when spaced"]


@pytest.mark.parametrize("what", [*LOOKS, *(f"{look} in Arabic" for look in LOOKS)])
def test_nothing_is_to_be_said_against_any_page(looked_at: dict[str, dict[str, Any]], what: str) -> None:
    assert {route: said[what] for route, said in looked_at.items() if said[what]} == {}


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_no_page_breaks_the_policy_asks_a_stranger_or_leaves_anything_behind(
    looked_at: dict[str, dict[str, Any]], readers: dict[str | None, Visitor], role: str | None
) -> None:
    assert looked_at
    readers[role].leave()
