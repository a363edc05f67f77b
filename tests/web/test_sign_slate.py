"""GET /c/{slug}/desk/publish and POST /c/{slug}/desk/signatures: two persons, one version, every reason given."""

from __future__ import annotations

import re

from app.analysis import curation as reading
from app.database import fetch, fetchval
from deliberation.phases import Phase
from tests import factories, slates
from tests.cast import person, signed_in

PUBLISH, SIGNATURES = "/en/c/water/desk/publish", "/en/c/water/desk/signatures"
ONE_MEETING = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND)


async def sign(browser, version):
    return await browser.post(SIGNATURES, {"_version": str(version)})


async def test_the_confirmation_lists_every_difference_with_its_reason(client):
    here = await slates.curating()
    frozen, draft = await slates.reasoned(here)
    page = (await (await signed_in(client, "amara")).get(PUBLISH)).text
    differences = slates.section(page, "h-diff")
    for stance in (frozen.slate.stances[0], draft.stances[-1]):
        assert (await slates.proposal_of(stance)).number in slates.numbers(differences)
        assert f"Because of number {stance.statement_id}." in differences
    assert "Nobody has signed this version yet." in page


async def test_two_persons_sign_one_version_and_it_is_published(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    first = await sign(gus, draft.version)
    assert (first.status_code, first.headers["location"]) == (303, PUBLISH)
    assert "Signed by a curator" in (await amara.get(PUBLISH)).text
    second = await sign(amara, draft.version)
    assert (second.status_code, second.headers["location"]) == (303, "/en/c/water/slates")
    _, after = await slates.stored(here)
    assert after.is_published
    assert after.report["signatures"] == ["curator", "convenor"]
    assert {row["reason_code"] for row in after.report["difference"]["dropped"]} == {"balance"}
    assert len(after.report["challengers"]) <= 20


async def test_the_report_holds_only_what_was_released(client):
    here = await slates.curating()
    _, after = await slates.published(here)
    assert {"dimension", "label", "before", "after", "loss", "is_alarm"} == set(after.report["divergence"][0])
    assert not re.search(r"holder|participant_id|account|n_people", str(after.report))
    for row in after.report["divergence"]:
        n = after_people(here, await slates.stored(here), row)
        assert n >= 5


def after_people(here, stored, row):
    frozen, _ = stored
    return int((frozen.holdings.labels[row["dimension"]] == row["label"]).sum())


async def test_one_person_cannot_give_both_signatures(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    gus = await signed_in(client, "gus")
    await sign(gus, draft.version)
    again = await sign(gus, draft.version)
    assert again.status_code == 403
    assert "another person" in again.text
    _, after = await slates.stored(here)
    assert not after.is_published


async def test_a_missing_reason_is_named_and_nothing_is_signed(client):
    here = await slates.curating()
    gus = await signed_in(client, "gus")
    await gus.get("/en/c/water/desk")
    frozen, draft = await slates.stored(here)
    dropped = frozen.slate.stances[0]
    number = (await slates.proposal_of(dropped)).number
    await gus.post(f"/en/c/water/desk/items/{number}/remove", await slates.fields(draft, dropped))
    answer = await sign(gus, draft.version + 1)
    assert answer.status_code == 422
    assert "One difference from the participants&#39; slate still lacks a reason." in answer.text
    assert await fetchval("select count(*) from slate_signatures") == 0


async def test_more_items_than_places_cannot_be_signed(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here, n_dropped=0)
    answer = await sign(await signed_in(client, "gus"), draft.version)
    assert answer.status_code == 422
    assert "The slate has 9 items for 8 places." in answer.text


async def test_an_edit_makes_a_signature_void(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    await sign(gus, draft.version)
    number = (await slates.proposal_of(draft.stances[1])).number
    sent = await slates.fields(draft, draft.stances[1], direction="up")
    await amara.post(f"/en/c/water/desk/items/{number}/move", sent)
    _, after = await slates.stored(here)
    assert after.signatures == ()
    assert (await sign(amara, draft.version)).status_code == 409
    assert (await sign(amara, after.version)).status_code == 303
    _, after = await slates.stored(here)
    assert not after.is_published


async def test_a_published_slate_cannot_be_changed_or_signed_again(client):
    here = await slates.curating()
    _, draft = await slates.published(here)
    gus = await signed_in(client, "gus")
    number = (await slates.proposal_of(draft.stances[0])).number
    edit = await gus.post(f"/en/c/water/desk/items/{number}/remove", await slates.fields(draft, draft.stances[0]))
    assert edit.status_code == 409
    assert (await sign(gus, draft.version)).status_code == 409
    assert "published" in (await gus.get("/en/c/water/desk")).text


async def test_after_the_close_nobody_signs(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    gus, amara = await signed_in(client, "gus"), await signed_in(client, "amara")
    await sign(gus, draft.version)
    await slates.end_round(here, 2)
    assert (await sign(amara, draft.version)).status_code == 410
    _, after = await slates.stored(here)
    assert not after.is_published


async def test_signing_twice_with_one_form_counts_once(client):
    here = await slates.curating()
    _, draft = await slates.reasoned(here)
    gus = await signed_in(client, "gus")
    for _ in range(2):
        answer = await gus.post(SIGNATURES, {"_version": str(draft.version), "_key": "once"})
        assert answer.status_code == 303
    assert await fetchval("select count(*) from slate_signatures") == 1


async def small_meeting(client):
    """Twelve simulated people and four of the cast, of whom one may be drawn."""
    names = ("chidi", "dana", "eve", "hana")
    here = await slates.curating(
        phases=ONE_MEETING, joining=names, n_participants=12, n_statements=12, votes_per_person=12.0
    )
    _, draft = await slates.reasoned(here)
    return here, draft, names


async def test_in_one_meeting_a_participant_drawn_by_lot_gives_the_second_signature(client):
    here, draft, names = await small_meeting(client)
    for name in names:
        assert not await reading.asked_to_sign(await factories.actor(name, here))
    await sign(await signed_in(client, "gus"), draft.version)
    asked = [name for name in names if await reading.asked_to_sign(await factories.actor(name, here))]
    assert len(asked) == 1
    for name in set(names) - set(asked):
        browser = await signed_in(client, name)
        assert (await browser.get(PUBLISH)).status_code == 403
        assert (await sign(browser, draft.version)).status_code == 403
    drawn = await signed_in(client, asked[0])
    assert "You were drawn by lot" in (await drawn.get("/en/c/water")).text
    assert "You were drawn by lot" not in (await client.get("/en/c/water")).text
    assert "You were drawn by lot" in (await drawn.get(PUBLISH)).text
    assert (await sign(drawn, draft.version)).status_code == 303
    _, after = await slates.stored(here)
    assert after.is_published
    assert after.report["signatures"] == ["curator", "participant"]
    events = await fetch("select actor, payload::text as payload from audit_events where action = 'curation.sign'")
    account = str((await person(asked[0])).id)
    assert events[-1]["actor"] == "participant"
    assert account not in str(events)


async def test_another_participant_can_be_drawn_and_each_draw_is_on_record(client):
    here, draft, names = await small_meeting(client)
    gus = await signed_in(client, "gus")
    await sign(gus, draft.version)
    assert "Draw another participant" in (await gus.get(PUBLISH)).text
    answer = await gus.post("/en/c/water/desk/draw", {"_version": str(draft.version)})
    assert answer.status_code == 303
    _, after = await slates.stored(here)
    assert after.version == draft.version + 1
    assert len(after.signatures) == 1
    assert sum([await reading.asked_to_sign(await factories.actor(name, here)) for name in names]) == 1
    assert await fetchval("select count(*) from audit_events where action = 'curation.draw_again'") == 1
    amara = await signed_in(client, "amara")
    assert (await amara.post("/en/c/water/desk/draw", {"_version": str(after.version)})).status_code == 403


async def test_a_larger_room_or_another_sequence_has_no_lot(client):
    here = await slates.curating(joining=("chidi", "dana"))
    _, draft = await slates.reasoned(here)
    await sign(await signed_in(client, "gus"), draft.version)
    _, draft = await slates.stored(here)
    assert await reading.drawn_by_lot(await factories.actor("gus", here), draft) is None
    chidi = await signed_in(client, "chidi")
    assert (await sign(chidi, draft.version)).status_code == 403
