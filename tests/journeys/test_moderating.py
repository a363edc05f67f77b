"""A moderator works through the queue by keyboard, one key a decision, and never by accident while typing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPEN = "/c/data-that-communities-can-use"
FOCUSED = (
    "document.activeElement.closest('[data-keys]')?.getAttribute('aria-labelledby') ?? document.activeElement.name"
)


def focused(page: Any) -> str:
    """The statement that has the focus, or the field."""
    return str(page.evaluate(FOCUSED))


def test_each_key_acts_on_the_statement_that_has_the_focus(visitor: Visitor) -> None:
    if not visitor.has_script:
        return
    page = visitor.page
    visitor.sign_in("moderator")
    visitor.open(f"{OPEN}/moderate")
    cards = page.locator("[data-keys]")
    names = [card.get_attribute("aria-labelledby") for card in cards.all()]
    assert len(names) >= 2

    page.keyboard.press("a")
    page.keyboard.press("ArrowDown")
    assert cards.count() == len(names), "nothing has the focus yet: no key decides"
    page.keyboard.press("n")
    assert focused(page) == names[0]
    page.keyboard.press("ArrowDown")
    assert focused(page) == names[1]
    page.keyboard.press("ArrowUp")
    assert focused(page) == names[0]

    page.keyboard.press("d")
    reason = cards.first.locator("[name=reason]")
    assert reason.is_visible()
    reason.fill("")
    reason.press_sequentially("and a name madman")
    assert reason.input_value() == "and a name madman"
    assert cards.count() == len(names), "typing is no decision"

    page.locator(f"#{names[0]}").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("m")
    assert cards.first.locator("[name=into]").is_visible()
    page.locator(f"#{names[0]}").focus()
    page.keyboard.press("u")
    assert cards.first.locator("[name=kind]").is_visible()
    page.locator(f"#{names[0]}").focus()
    page.keyboard.press("a")
    page.wait_for_selector(f"#{names[0]}", state="detached")
    assert cards.count() == len(names) - 1
    page.wait_for_function(f"{FOCUSED} === '{names[1]}'")


def test_ticked_statements_are_decided_on_together(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("moderator")
    visitor.open(f"{OPEN}/moderate")
    before = page.locator("[data-keys]").count()
    page.locator("[name=numbers]").first.check()
    page.click("#ticked > summary")
    page.click("#bulk button[value=decline]")
    visitor.says("Please choose one of the reasons.")
    assert page.locator("[name=numbers]:checked").count() == 1, "what was ticked stays ticked"
    page.select_option("#bulk [name=reason_code]", "unclear")
    page.fill("#bulk [name=reason]", "Who would do it, and with what money?")
    page.click("#bulk button[value=decline]")
    visitor.says("Decided: 1 of 1.")
    assert page.locator("[data-keys]").count() == before - 1
