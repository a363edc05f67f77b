"""One journey for each of the three users, from signing in to what they came for, with and without JavaScript."""

from __future__ import annotations

import re
import time

import pytest

from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPEN = "/c/data-that-communities-can-use"
CURATED = "/c/partnerships-that-deliver"
ADOPTED = "/c/what-makes-partnerships-work"


def test_a_stakeholder_votes_takes_it_back_proposes_and_looks_at_the_own_votes(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("stakeholder")
    page.click("text=Data that communities can use")
    page.click("main >> text=Continue voting")
    page.wait_for_selector("#ballot")
    visitor.picture("vote-on-a-phone", size=PHONE)

    first = page.inner_text("#st")
    page.click("button[value=agree]")
    visitor.says("You agreed with statement")
    if visitor.has_script:
        page.wait_for_function("text => document.querySelector('#st')?.innerText !== text", arg=first)
        assert page.evaluate("document.activeElement.id") == "st", "focus is on the new statement, so that it is read"
    second = page.inner_text("#st")
    assert second != first

    page.click("#status >> text=Undo")
    visitor.says("is taken back")
    page.wait_for_selector(f"#st >> text={first[:60]}")
    page.click("button[value=pass]")
    visitor.says("You are unsure about statement")

    visitor.open(f"{OPEN}/me/votes?choice=pass")
    assert first[:60] in page.inner_text("main")

    visitor.open(f"{OPEN}/propose")
    kind = "script" if visitor.has_script else "plain forms"
    page.fill("textarea[name=statement]", f"Each village should see its own figures first ({kind}).")
    page.click("main >> text=Continue")
    visitor.says("Check your proposal")
    visitor.picture("check-a-proposal-on-a-phone", size=PHONE)
    page.click("main form button.btn-1")
    visitor.says("A moderator reads it")
    assert f"Each village should see its own figures first ({kind})." in page.inner_text("main")
    assert "Waiting for a moderator" in page.inner_text("main")


def test_a_moderator_reads_the_queue_and_decides_on_an_alert(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("moderator")
    visitor.open(f"{OPEN}/moderate")
    visitor.picture("queue")
    card = page.locator("main form[action$='/accept']").first
    number = re.search(r"/(\d+)/accept", card.get_attribute("action"))[1]
    before = page.locator("main form[action$='/accept']").count()
    card.locator("button").click()
    page.wait_for_selector(f"form[action$='/{number}/accept']", state="detached")
    assert page.locator("main form[action$='/accept']").count() == before - 1
    visitor.open(f"{OPEN}/statements/{number}")

    until(visitor, f"{CURATED}/power", "Largest single organisation", seconds=90)
    assert "23%" in page.inner_text("main")
    visitor.picture("power-balance")
    page.locator("main a[href*='/alerts/']").first.click()
    page.wait_for_selector("main form[method=post]")
    page.locator("main input[name=decision]").first.check()
    page.fill("main textarea[name=reason]", "It has members in forty countries; we ask others to come forward.")
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/power"))


def test_a_convenor_reads_the_results_curates_with_a_reason_signs_and_drafts_a_coalition(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("convenor")
    visitor.open(f"{CURATED}/results")
    assert "All partnership documents should exist in plain language" in page.inner_text("main")
    assert "They split on" in page.inner_text("main")
    visitor.picture("results")

    until(visitor, f"{CURATED}/desk", "Curated slate", seconds=150)
    visitor.picture("curation-desk")
    items = page.locator("main form[action$='/remove']")
    number = re.search(r"/items/(\d+)/remove", items.last.get_attribute("action"))[1]
    n_items = items.count()
    items.last.locator("button").click()
    page.wait_for_selector(f"form[action$='/items/{number}/remove']", state="detached")
    assert page.locator("main form[action$='/remove']").count() == n_items - 1

    reason = page.locator(f"main form[action$='/desk/reasons/{number}']").first
    reason.locator("select[name=reason_code]").select_option(index=1)
    reason.locator("[name=sentence]").fill("Another statement on the slate says the same in other words.")
    reason.locator("button[type=submit]").last.click()
    visitor.says(f"The reason for statement {number} is saved.")

    visitor.open(f"{CURATED}/desk/publish")
    page.locator("main form[action$='/desk/signatures'] button").click()
    visitor.says("You have signed")

    visitor.open(f"{ADOPTED}/summary")
    visitor.picture("summary")
    visitor.open(f"{OPEN}/convene")
    visitor.picture("convene")

    visitor.open(f"{ADOPTED}/coalitions")
    page.click("main >> text=Draft a coalition")
    page.fill("main [name=title]", f"After the launch {'two' if visitor.has_script else 'three'}")
    boxes = page.locator("main input[name=offers]")
    for place in range(min(3, boxes.count())):
        boxes.nth(place).check()
    page.locator("main form button.btn-1").last.click()
    page.wait_for_url(re.compile(r"/coalitions/\d+"))
    assert "After the launch" in page.inner_text("main")


def until(visitor: Visitor, path: str, words: str, *, seconds: float) -> None:
    """The page says these words, once a worker has done its part."""
    give_up_at = time.monotonic() + seconds
    visitor.open(path)
    while words not in visitor.page.inner_text("main"):
        assert time.monotonic() < give_up_at, f"{path} never says {words}"
        time.sleep(1)
        visitor.open(path)
