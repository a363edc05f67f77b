"""By Tab and Enter alone: voting, proposing and curating, with the focus where the next thing is read or done."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.journeys.conftest import Visitor
from tests.journeys.test_journeys import CURATED, OPEN, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MOST_STOPS = 200
STANDS = """selector => {
  const one = document.activeElement;
  return one.matches(selector) && one.getBoundingClientRect().height > 0;
}"""


def tab_to(page: Any, selector: str) -> None:
    """The key that goes on is pressed until it comes by."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(STANDS, selector):
            assert page.evaluate("document.activeElement.matches(':focus-visible')"), "where one stands can be seen"
            return
    pytest.fail(f"Tab does not lead to {selector} at {page.url}")


def stands_on(page: Any, selector: str) -> None:
    page.wait_for_function(STANDS, arg=selector, timeout=10_000)


def choose(page: Any, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def test_three_votes_and_a_proposal_by_tab_and_enter(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("stakeholder")
    visitor.open(f"{OPEN}/vote")
    seen = []
    for choice in ("agree", "disagree", "pass"):
        seen.append(page.inner_text("#st"))
        choose(page, f"#ballot button[value={choice}]")
        page.wait_for_function("text => document.querySelector('#st')?.innerText !== text", arg=seen[-1])
        if visitor.has_script:
            stands_on(page, "#st")
            page.keyboard.press("Enter")  # on what is read now, a second Enter votes on nothing
            assert page.inner_text("#st") not in seen
        assert page.locator("#status .saved").count() == 1
    assert len(set(seen)) == 3
    choose(page, "#status form button")
    page.wait_for_function("text => document.querySelector('#st')?.innerText === text", arg=seen[-1])
    if visitor.has_script:
        stands_on(page, "#st")

    visitor.open(f"{OPEN}/propose")
    choose(page, "form[action$='/propose/check'] button[type=submit]")
    if page.url.endswith("/check"):
        page.wait_for_selector("#errors")
        if visitor.has_script:
            stands_on(page, "#errors")
    visitor.open(f"{OPEN}/propose")
    tab_to(page, "textarea[name=statement]")
    kind = "with a script" if visitor.has_script else "without one"
    page.keyboard.type(f"Whoever is counted should be able to count along, {kind}.")
    choose(page, "form[action$='/propose/check'] button[type=submit]")
    visitor.says("Check your proposal")
    choose(page, "main form[action$='/propose'] button.btn-1")
    visitor.says("A moderator reads it")


def test_a_slate_is_reordered_and_shortened_by_tab_and_enter(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("convenor")
    until(visitor, f"{CURATED}/desk", "Curated slate", seconds=150)
    places = "[...document.querySelectorAll('[data-reorder] > li')].map(one => one.id)"
    before = page.evaluate(places)
    assert len(before) >= 3
    down = f"#{before[0]} form:has(input[value=down]) button"
    choose(page, down)
    page.wait_for_function(f"first => {places}[0] !== first", arg=before[0])
    assert page.evaluate(places)[:2] == [before[1], before[0]]
    if visitor.has_script:
        stands_on(page, down)
        page.keyboard.press("Enter")
        page.wait_for_function(f"first => {places}[2] === first", arg=before[0])
    else:
        choose(page, down)
        page.wait_for_function(f"first => {places}[2] === first", arg=before[0])
    gone, following = page.evaluate(places)[:2]
    choose(page, f"#{gone} form[action*='/remove'] button")
    page.wait_for_selector(f"form[action*='/items/{re.sub('[^0-9]', '', gone)}/remove']", state="detached")
    if visitor.has_script:
        stands_on(page, f"#{following}")
    choose(page, "form[action*='/undo'] button")
    page.wait_for_selector(f"form[action*='/items/{re.sub('[^0-9]', '', gone)}/remove']")
    if visitor.has_script:
        assert page.evaluate("document.activeElement !== document.body"), "the focus is not lost"
