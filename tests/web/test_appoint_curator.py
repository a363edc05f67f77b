"""/c/{slug}/convene/curators: curators are appointed for a round, and removed with effect at once."""

from __future__ import annotations

import asyncio

import pytest

from app.actions import curation, curators
from app.database import execute, fetch, fetchval
from app.refusals import Closed, Denied
from deliberation.phases import Action, Phase
from tests import factories, slates
from tests.cast import signed_in

PAGE = "/en/c/water/convene/curators"
DESK = "/en/c/water/desk"
TWO_CURATIONS = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.CURATE)


async def test_a_curator_of_round_4_has_no_desk_in_round_2(client):
    here = await slates.curating(phases=TWO_CURATIONS)
    amara = await signed_in(client, "amara")
    answer = await amara.post(PAGE, {"email": "hana@example.org", "rounds": ["4"]})
    assert answer.status_code == 303
    hana = await signed_in(client, "hana")
    refused = await hana.get(DESK)
    assert refused.status_code == 403
    assert "You are appointed as curator of another round." in refused.text
    await factories.move_to(here, 4)
    assert (await factories.actor("hana", here)).may(Action.CURATE)
    assert "Round 4" in (await amara.get(PAGE)).text


async def test_a_curator_of_round_2_only_curates_in_round_2(client):
    here = await slates.curating(phases=TWO_CURATIONS)
    await curators.appoint(email="hana@example.org", numbers=[2], by=await factories.actor("amara", here))
    hana = await signed_in(client, "hana")
    assert (await hana.get(DESK)).headers["location"] == f"{DESK}/declaration"
    await factories.move_to(here, 4)
    for action in (Action.CURATE, Action.SIGN_SLATE):
        assert (await factories.actor("hana", here)).why_not(action) == "You are appointed as curator of another round."


async def test_who_is_a_curator_of_all_rounds_is_named_so_and_only_curate_rounds_can_be_chosen(client):
    await slates.curating(phases=TWO_CURATIONS)
    amara = await signed_in(client, "amara")
    page = (await amara.get(PAGE)).text
    assert "gus@example.org" in page and "Every curate round" in page
    for sent in ({"email": "hana@example.org", "rounds": ["1"]}, {"email": "hana", "rounds": []}, {}):
        assert (await amara.post(PAGE, sent)).status_code == 422, sent
    assert await fetchval("select count(*) from memberships where role = 'curator'") == 1


async def test_appointing_and_removing_are_on_record_without_an_address(client):
    await slates.curating()
    amara = await signed_in(client, "amara")
    await amara.post(PAGE, {"email": "hana@example.org", "rounds": ["2"]})
    assert (await amara.post(f"{PAGE}/remove", {"email": "hana@example.org"})).status_code == 303
    rows = await fetch("select action, payload from audit_events where action like 'curators.%' order by sequence")
    told = [(row["action"], row["payload"]) for row in rows if row["action"] != "curators.declare"]
    assert [action for action, _ in told] == ["curators.limit", "curators.remove"]
    assert all("hana" not in payload for _, payload in told)
    assert (await amara.post(f"{PAGE}/remove", {"email": "hana@example.org"})).status_code == 422


async def test_only_convenors_appoint_and_remove(client):
    await slates.curating(joining=("chidi",))
    for name in ("gus", "ben", "fatima", "chidi", "eve"):
        browser = await signed_in(client, name)
        assert (await browser.get(PAGE)).status_code == 403, name
        assert (await browser.post(f"{PAGE}/remove", {"email": "gus@example.org"})).status_code == 403, name


async def test_a_curator_removed_while_editing_is_told_so_and_gets_the_sentence_back(client):
    here = await slates.curating()
    await curation.open_desk(by=await factories.actor("gus", here))
    frozen, draft = await slates.reasoned(here)
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    assert (await gus.get(DESK)).status_code == 200
    await amara.post(f"{PAGE}/remove", {"email": "gus@example.org"})
    stance = draft.stances[-1]
    number = (await slates.proposal_of(stance)).number
    sent = await slates.fields(draft, stance, reason_code="legal", sentence="A new sentence of mine.")
    answer = await gus.post(f"{DESK}/reasons/{number}", sent)
    assert answer.status_code == 403
    assert "You are not a curator of this round any more. What you saved is kept." in answer.text
    assert "A new sentence of mine." in answer.text
    _, after = await slates.stored(here)
    assert after.reasons == draft.reasons and after.stances == draft.stances
    assert frozen is not None


async def test_a_removal_between_the_door_and_the_lock_still_counts(committing):
    here = await slates.curating()
    gus, amara = await factories.actor("gus", here), await factories.actor("amara", here)
    await curation.open_desk(by=gus)
    _, draft = await slates.stored(here)
    await curators.remove(email="gus@example.org", by=amara)
    stance = draft.stances[0]
    with pytest.raises(Denied, match="not a curator of this round any more"):
        await curation.remove(proposal=await slates.proposal_of(stance), stance=stance, version=1, by=gus)


async def test_a_round_that_closes_during_a_save_takes_nothing_and_loses_nothing(committing):
    here = await slates.curating()
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    _, draft = await slates.stored(here)
    stance = draft.stances[0]
    proposal = await slates.proposal_of(stance)

    async def save():
        await asyncio.sleep(0.05)
        await curation.remove(proposal=proposal, stance=stance, version=1, by=gus)

    async def close():
        from app.database import transaction

        async with transaction():
            await execute("select 1 from consultations where id = $1 for no key update", here.id)
            await asyncio.sleep(0.3)
            await slates.end_round(here, 2)

    _, outcome = await asyncio.gather(close(), save(), return_exceptions=True)
    assert isinstance(outcome, Closed)
    _, after = await slates.stored(here)
    assert (after.stances, after.version) == (draft.stances, 1)
