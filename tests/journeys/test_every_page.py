"""Every page of the demo as a machine sees it: valid, found by links, and nothing for axe to say.

And the important ones as people meet them: at 320 pixels, with wider spacing, in forced colours, on paper, by keyboard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.inventory import routes
from tests.journeys.conftest import RULES
from tests.journeys.walk import Seen, Walk
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


@pytest.fixture(scope="module")
def walk(site: str) -> Walk:
    return Walk(site).everything()


@pytest.fixture(scope="module")
def shown(chromium: Any, walk: Walk) -> Iterator[Callable[..., Any]]:
    """Shows a page of the walk as it was sent, with the site's own files and nothing else; one tab serves for all."""
    context = chromium.new_context(bypass_csp=True, viewport=NARROW)
    tab = context.new_page()
    tab.route("**/*.js", lambda route: route.abort())  # what refreshes itself would leave while it is looked at

    def show(page: Seen) -> Any:
        tab.route(f"{walk.site}{page.address}", lambda route: route.fulfill(body=page.text, content_type="text/html"))
        tab.goto(f"{walk.site}{page.address}", wait_until="load")
        tab.unroute(f"{walk.site}{page.address}")
        return tab

    yield show
    context.close()


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
def looked_at(walk: Walk, shown: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """What is to be said against the page of each route, on the narrowest phone, before and after text is spaced."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    said, axe = {}, Axe()
    for route, page in sorted(walk.richest().items()):
        tab = shown(page)
        answer = axe.run(tab, options={"runOnly": RULES, "resultTypes": ["violations"]}).response
        said[route] = {
            "axe": [(one["id"], one["nodes"][0]["html"][:160]) for one in answer["violations"]],
            "wide": tab.evaluate(WIDE),
            "small": tab.evaluate(SMALL),
        }
        tab.add_style_tag(content=SPACING)
        said[route] |= {"clipped when spaced": tab.evaluate(CLIPPED), "wide when spaced": tab.evaluate(WIDE)}
    assert len(said) > 70
    return said


@pytest.mark.parametrize("what", ["axe", "wide", "small", "clipped when spaced", "wide when spaced"])
def test_nothing_is_to_be_said_against_any_page(looked_at: dict[str, dict[str, Any]], what: str) -> None:
    assert {route: said[what] for route, said in looked_at.items() if said[what]} == {}
