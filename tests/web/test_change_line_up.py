"""A line-up changed step by step: a reason for each, effects before and after, undo, and nobody moved who is asked."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from app.database import execute, fetch, fetchval
from app.jobs.assemble import assemble
from tests.cast import Browser, signed_in
from tests.harbour import names_on, offer_of, offered, published

PATH = "/en/c/water/coalitions/1/line-up"
REASON = {"reason_code": "unusual", "sentence": "Nobody ever asks them."}


@pytest_asyncio.fixture
async def amara(client: Any, database: None) -> Browser:
    """The convenor, who has taken up a line-up of Chidi, Dana and Hana."""
    made, proposal = await published()
    await offered(made, proposal, names=("chidi", "dana", "hana"))
    browser = await signed_in(client, "amara")
    await browser.post(f"/en/c/water/assemblies/new/{proposal.number}", {"fewest": "3", "most": "5"})
    await assemble(assembly_id=str(await fetchval("select id from assemblies")))
    await browser.post("/en/c/water/assemblies/1", {"place": "0", "title": "Well keepers"})
    await offered(made, proposal, names=("ivo", "jun", "kim"))
    assert await names_on() == {"c", "d", "h"}
    return browser


async def step(browser: Browser, version: int, **fields: str) -> Any:
    return await browser.post(PATH, {"_version": str(version)} | REASON | fields)


async def test_somebody_comes_with_a_reason_that_stays(amara: Browser) -> None:
    answer = await step(amara, 0, verb="add", comes=await offer_of("kim"))
    assert answer.status_code == 303, answer.text
    assert await names_on() == {"c", "d", "h", "k"}
    page = await amara.get(PATH)
    assert "Nobody ever asks them." in page.text
    assert "Somebody who is seldom asked" in page.text
    assert "not everybody" in page.text, "Kim would receive nothing, and the page says so"
    assert "would receive nothing" in page.text


async def test_somebody_goes_and_one_comes_for_another(amara: Browser) -> None:
    assert (
        await step(amara, 0, verb="swap", comes=await offer_of("jun"), goes=await offer_of("hana"))
    ).status_code == 303
    assert await names_on() == {"c", "d", "j"}
    assert (await step(amara, 1, verb="add", comes=await offer_of("ivo"))).status_code == 303
    assert (await step(amara, 2, verb="drop", goes=await offer_of("chidi"))).status_code == 303
    assert await names_on() == {"d", "j", "i"}
    page = await amara.get(PATH)
    assert "In the assembler" in page.text
    assert [row["verb"] for row in await fetch("select verb from line_up_steps order by number")] == [
        "swap",
        "add",
        "drop",
    ]


async def test_what_a_step_would_change_is_shown_before_it_is_saved(amara: Browser) -> None:
    fields = {"verb": "drop", "goes": await offer_of("hana"), "go": "look"}
    part = await amara.post(PATH, {"_version": "0"} | fields, headers={"hx-request": "true"})
    assert part.status_code == 200
    assert "After this step" in part.text
    assert "fewer" in part.text
    assert "<html" not in part.text
    whole = await amara.post(PATH, {"_version": "0"} | fields)
    assert "After this step" in whole.text, "without JavaScript too"
    assert await names_on() == {"c", "d", "h"}


async def test_every_step_needs_a_reason_and_a_sentence(amara: Browser) -> None:
    kim = await offer_of("kim")
    for fields in ({"sentence": " "}, {"reason_code": "because"}, {"comes": ""}, {"verb": "place"}, {"comes": "x"}):
        answer = await step(amara, 0, **({"verb": "add", "comes": kim} | fields))
        assert answer.status_code == 422, fields
    assert await names_on() == {"c", "d", "h"}


async def test_a_step_on_another_version_is_kept_and_refused(amara: Browser) -> None:
    await step(amara, 0, verb="add", comes=await offer_of("kim"))
    answer = await step(amara, 0, verb="add", comes=await offer_of("ivo"), sentence="Ivo knows every pump.")
    assert answer.status_code == 409
    assert "Ivo knows every pump." in answer.text
    assert await names_on() == {"c", "d", "h", "k"}


async def test_the_last_step_can_be_undone_and_the_one_before(amara: Browser) -> None:
    await step(amara, 0, verb="swap", comes=await offer_of("jun"), goes=await offer_of("hana"))
    await step(amara, 1, verb="add", comes=await offer_of("kim"))
    assert (await amara.post(f"{PATH}/undo", {"_version": "2"})).status_code == 303
    assert await names_on() == {"c", "d", "j"}
    assert (await amara.post(f"{PATH}/undo", {"_version": "2"})).status_code == 409, "that page is old now"
    assert (await amara.post(f"{PATH}/undo", {"_version": "3"})).status_code == 303
    assert await names_on() == {"c", "d", "h"}
    assert (await amara.post(f"{PATH}/undo", {"_version": "4"})).status_code == 422


async def test_whoever_is_invited_is_moved_by_nobody(amara: Browser) -> None:
    await step(amara, 0, verb="add", comes=await offer_of("kim"))
    await amara.post("/en/c/water/coalitions/1/invite")
    assert (await step(amara, 1, verb="drop", goes=await offer_of("kim"))).status_code == 409
    assert (await amara.post(f"{PATH}/undo", {"_version": "1"})).status_code == 409
    assert await names_on() == {"c", "d", "h", "k"}
    assert (await step(amara, 1, verb="add", comes=await offer_of("jun"))).status_code == 303


async def test_whoever_withdrew_is_not_added(amara: Browser) -> None:
    kim = await offer_of("kim")
    await execute("delete from work_offers where id = $1::uuid", kim)
    assert (await step(amara, 0, verb="add", comes=kim)).status_code == 409


async def test_a_line_up_keeps_two_people(amara: Browser) -> None:
    await step(amara, 0, verb="drop", goes=await offer_of("chidi"))
    answer = await step(amara, 1, verb="drop", goes=await offer_of("dana"))
    assert answer.status_code == 422
    assert await names_on() == {"d", "h"}


async def test_its_people_change_by_steps_alone_and_its_words_at_any_time(amara: Browser) -> None:
    words = {"title": "Keepers of wells", "n_needed": "3"}
    everybody = [await offer_of(name) for name in ("chidi", "dana", "hana")]
    same = await amara.post("/en/c/water/coalitions/1/edit", words | {"offers": everybody})
    assert same.status_code == 303
    fewer = await amara.post("/en/c/water/coalitions/1/edit", words | {"offers": everybody[:2]})
    assert fewer.status_code == 422
    assert "each with a reason" in fewer.text
    assert await fetchval("select title from coalitions") == "Keepers of wells"


async def test_nobodys_card_is_on_the_page(amara: Browser) -> None:
    text = (await amara.get(PATH)).text
    assert "what we lack" not in text
    assert "Wells Union" not in text
    assert "Finance" not in text
