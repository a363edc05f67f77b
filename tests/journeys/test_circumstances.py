"""The important pages as different people meet them: forced colours, no motion, on paper, by keyboard, in Arabic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.test_every_page import ADOPTED, CURATED, OPEN, WELLS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES: list[tuple[str | None, str]] = [
    (None, "/"),
    (None, OPEN),
    (None, f"{ADOPTED}/summary"),
    ("stakeholder", f"{OPEN}/vote"),
    ("stakeholder", f"{OPEN}/propose"),
    ("stakeholder", f"{OPEN}/me/votes"),
    ("stakeholder", f"{CURATED}/results"),
    ("convenor", f"{CURATED}/desk"),
    ("convenor", f"{WELLS}/coalitions"),
    ("moderator", f"{OPEN}/moderate"),
    ("moderator", f"{CURATED}/power"),
]
UNSEEN = """() => {
  const faults = [], style = one => getComputedStyle(one);
  const sides = ['Top', 'Bottom', 'Left', 'Right'];
  const lined = one => sides.some(side => parseFloat(style(one)[`border${side}Width`]) > 0);
  for (const one of document.querySelectorAll('progress, .card:not(.plain), .note, .tag, .btn, .choice, .statement'))
    if (one.offsetWidth && !lined(one)) faults.push('no border: ' + one.outerHTML.slice(0, 90));
  const now = document.querySelector('.phases .now'), other = document.querySelector('.phases li:not(.now)');
  if (now && other && style(now).borderTopWidth === style(other).borderTopWidth) faults.push('the phase of now');
  const fills = name => new Set([...document.querySelectorAll(`svg ${name}`)].map(one => style(one).fill));
  for (const [one, two] of [['.f-agree', '.f-disagree'], ['.f-agree', '.f-unsure'], ['.f-agree', '.f-bg'],
      ['.f-short', '.f-bg'], ['.f-met', '.f-bg'], ['.ga .shape', '.gb .shape'], ['.pt', '.pt-on']]) {
    const [a, b] = [fills(one), fills(two)];
    if (a.size && b.size && [...a].every(fill => b.has(fill))) faults.push(`${one} looks like ${two}`);
  }
  return faults;
}"""
MOVING = """() => [...document.querySelectorAll('*')].filter(one => {
  const style = getComputedStyle(one);
  return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0
    || style.scrollBehavior === 'smooth';
}).map(one => one.tagName)"""
ON_PAPER = """() => [...document.querySelectorAll('.top, .tabs, .dock, .toolbar, .btn, .skip, .crumb, button, nav')]
  .filter(one => one.offsetWidth > 0).map(one => one.outerHTML.slice(0, 90))"""
FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
  if (one === document.body) return null;
  const dock = document.querySelector('.dock');
  const floor = dock && dock.offsetWidth && !dock.contains(one) ? dock.getBoundingClientRect().top : innerHeight;
  const ring = one.closest('svg') ? true : style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {what: one.outerHTML.slice(0, 110), ring, hidden: box.top >= floor - 2 || box.bottom <= 0};
}"""


@pytest.fixture(scope="module")
def opened(site: str, signed_in_as: Callable[[str | None], Any]) -> Callable[..., Any]:
    def open_(role: str | None, path: str, language: str = "en", *, size: dict[str, int] = DESKTOP) -> Any:
        page = signed_in_as(role)
        page.set_viewport_size(size)
        assert page.goto(f"{site}/{language}{path}").status == 200
        return page

    return open_


@pytest.mark.parametrize(("role", "path"), PAGES, ids=str)
def test_a_page_can_be_read_in_forced_colours_without_motion_and_on_paper(
    opened: Callable[..., Any], role: str | None, path: str
) -> None:
    page = opened(role, path)
    try:
        page.emulate_media(forced_colors="active")
        assert page.evaluate(UNSEEN) == []
        page.emulate_media(forced_colors="none", reduced_motion="reduce")
        assert page.evaluate(MOVING) == []
        page.emulate_media(reduced_motion="no-preference", media="print")
        assert page.evaluate(ON_PAPER) == []
        assert page.is_visible("h1")
    finally:
        page.emulate_media(media="screen", forced_colors="none", reduced_motion="no-preference")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("role", "path"), PAGES, ids=str)
def test_where_one_stands_is_seen_and_never_under_the_bottom_bar(
    opened: Callable[..., Any], role: str | None, path: str, language: str
) -> None:
    page = opened(role, path, language, size=PHONE)
    page.emulate_media(reduced_motion="reduce")  # what scrolls smoothly is not there yet when it is asked
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    stops = []
    for _ in range(45):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    assert len(stops) > 8
    assert [stop["what"] for stop in stops if not stop["ring"]] == []
    assert [stop["what"] for stop in stops if stop["hidden"]] == []


@pytest.mark.parametrize(("role", "path"), PAGES, ids=str)
def test_the_page_in_arabic_stays_inside_320_pixels(opened: Callable[..., Any], role: str | None, path: str) -> None:
    page = opened(role, path, "ar", size={"width": 320, "height": 640})
    assert page.get_attribute("html", "dir") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
