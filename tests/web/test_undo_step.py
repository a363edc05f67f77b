"""POST /c/{slug}/desk/undo: the last step is taken back with its reasons; once, and never over somebody else's work."""

from __future__ import annotations

from app.actions import curation
from tests import factories, slates
from tests.cast import signed_in

DESK = "/en/c/water/desk"


async def undo(browser, draft, **more):
    return await browser.post(f"{DESK}/undo", {"_version": str(draft.version)}, **more)


async def test_a_removed_item_comes_back_in_its_place_with_its_reason(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    await gus.get(DESK)
    _, before = await slates.reasoned(here)
    stance = before.stances[-1]
    number = (await slates.proposal_of(stance)).number
    await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(before, stance))
    _, draft = await slates.stored(here)
    assert stance not in draft.stances and stance not in draft.reasons
    page = (await gus.get(DESK)).text
    assert "Undo the last step" in page
    assert (await undo(gus, draft)).status_code == 303
    _, after = await slates.stored(here)
    assert (after.stances, after.reasons) == (before.stances, before.reasons)
    assert after.version == draft.version + 1
    assert "Undo the last step" not in (await gus.get(DESK)).text


async def test_one_step_is_taken_back_and_not_twice(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    await gus.get(DESK)
    frozen, draft = await slates.stored(here)
    assert (await undo(gus, draft)).status_code == 422
    stance = draft.stances[0]
    number = (await slates.proposal_of(stance)).number
    await gus.post(f"{DESK}/items/{number}/remove", await slates.fields(draft, stance))
    _, draft = await slates.stored(here)
    answer = await undo(gus, draft, headers={"hx-request": "true"})
    assert answer.status_code == 200 and "The last step is undone." in answer.text
    _, draft = await slates.stored(here)
    assert draft.stances == frozen.stances
    assert (await undo(gus, draft)).status_code == 422


async def test_a_step_that_somebody_else_made_in_the_meantime_is_not_taken_back(client):
    here = await slates.curating()
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    await gus.get(DESK)
    for browser in (gus, amara):
        _, seen = await slates.stored(here)
        stance = seen.stances[0]
        number = (await slates.proposal_of(stance)).number
        await browser.post(f"{DESK}/items/{number}/remove", await slates.fields(seen, stance))
        if browser is gus:
            _, after_mine = await slates.stored(here)
    answer = await undo(gus, after_mine)
    assert answer.status_code == 409
    _, after = await slates.stored(here)
    assert len(after.stances) == len(after_mine.stances) - 1


async def test_undoing_makes_a_signature_void(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    await curation.sign(version=draft.version, by=await factories.actor("gus", here))
    gus = await signed_in(client, "gus")
    assert (await undo(gus, draft)).status_code == 303
    _, after = await slates.stored(here)
    assert after.signatures == ()
