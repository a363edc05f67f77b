"""A convenor composes rounds and sees what participants will see; a rapporteur takes notes by keyboard alone."""

from __future__ import annotations

import re

import pytest

from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPEN = "/c/data-that-communities-can-use"


def test_a_convenor_composes_rounds_beside_what_participants_will_see(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("convenor")
    visitor.open("/convene/new?template=poll")
    title = f"Wells for the valley, {'with' if visitor.has_script else 'without'} script"
    page.fill("[name=title]", title)
    page.fill("[name=question]", "What keeps a well alive?")
    if visitor.has_script:
        page.wait_for_selector("#preview >> text=What keeps a well alive?")
    assert page.locator("#preview article").count() == 1

    page.click("button[value=add]")
    page.wait_for_selector("#round_2")
    page.click("button[value=add]")
    page.wait_for_selector("#round_3")
    assert page.locator("#preview article").count() == 3
    assert page.input_value("[name=title]") == title, "nothing typed is lost"

    page.select_option("[name=round_3_phase]", "curate")
    if not visitor.has_script:
        page.click("#design-rounds button[value=preview]")
    page.wait_for_selector("#preview >> text=Round 3 cannot be a Curate round")
    page.select_option("[name=round_3_phase]", "propose")
    page.click("#design-rounds button[value=preview]")
    page.wait_for_selector("#preview >> text=Round 3: Propose and vote")
    page.click("button[value=down-2]")
    page.wait_for_selector("#preview >> text=Round 3: Curate")
    page.click("button[value=save]")
    visitor.says("The draft is saved")
    rounds = page.locator("main table tbody th").all_inner_texts()
    assert [text.split(" ", 1)[1] for text in rounds] == ["Propose and vote", "Propose and vote", "Curate"]


def test_a_rapporteur_takes_notes_one_after_another_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("moderator")
    visitor.open(f"{OPEN}/rapporteur")
    page.select_option("[name=question]", "2")
    page.focus("[name=statement]")
    # Other words each time: what says nearly the same would be shown first.
    with_script = ("Maps belong in every school.", "Figures need a human face.", "Rivers know no border.")
    without = ("Nurses should see the counts first.", "Paper still reaches more villages.", "Elders remember floods.")
    said = with_script if visitor.has_script else without
    for text in said:
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        visitor.says("is open for votes")
        page.wait_for_selector(f"#room li >> text={text}")
        page.wait_for_function("document.activeElement?.id === 'statement'") if visitor.has_script else None
        assert page.input_value("[name=statement]") == ""
        assert page.input_value("[name=question]") == "2", "the guiding question stays chosen"
        if not visitor.has_script:
            page.focus("[name=statement]")
    listed = page.locator("#room ol[role=list] li").all_inner_texts()
    assert [next(text for text in reversed(said) if text in line) for line in listed[:3]] == list(said[::-1])
    number = re.search(r"\d+", listed[0])
    assert number is not None
    visitor.open(f"{OPEN}/statements/{number[0]}")
    assert "noted in the room" in page.inner_text("main").lower()


def test_what_is_typed_while_a_note_is_on_its_way_is_the_next_note(visitor: Visitor) -> None:
    if not visitor.has_script:
        return  # without script the next page comes first, and then its line
    page = visitor.page
    visitor.sign_in("moderator")
    visitor.open(f"{OPEN}/rapporteur")
    page.route("**/rapporteur", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.focus("[name=statement]")
    page.keyboard.type("Bridges need yearly repair.")
    page.keyboard.press("Enter")
    page.keyboard.type("Schools keep rain gauges.")
    page.wait_for_selector("#room li >> text=Bridges need yearly repair.")
    assert page.input_value("[name=statement]") == "Schools keep rain gauges."
    page.keyboard.press("Enter")
    page.wait_for_selector("#room li >> text=Schools keep rain gauges.")
    assert page.input_value("[name=statement]") == ""
