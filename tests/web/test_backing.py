"""What stands behind a commitment and against it: pledges said again, evidence that was checked, barriers answered."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from app.database import execute, fetch, fetchval
from app.language import num
from app.tables.coalitions import Coalition
from tests.cast import Browser, signed_in
from tests.web.test_commitments import LIST, ONE, chidi, coalition, completed, day, made

__all__ = ["chidi", "coalition"]

BARRIER = {
    "kind": "permit",
    "words": "Wells need three permits.",
    "owner_kind": "ministry",
    "owner": "Ministry of Water",
    "ask": "One permit, within thirty days.",
}
CARD = {
    "about": "solution",
    "claim": "Pumps with a trained mechanic work twice as long.",
    "source": "Register of the district, 2019 to 2024",
    "kind": "measured",
    "place": "Kitui",
    "year": "2024",
}


@pytest_asyncio.fixture
async def dana(client: Any, coalition: Coalition) -> Browser:
    return await signed_in(client, "dana")


async def pledged(partner: Browser, **more: str) -> None:
    sent = {"office": "Director of rural water", "level": "director", "asset": "staff", "due_on": await day(120)}
    answer = await partner.post(f"{ONE}/pledges", sent | more)
    assert answer.status_code == 303, answer.text


async def pledge_id() -> str:
    return str(await fetchval("select id from pledges"))


async def test_an_office_is_named_to_partners_alone_unless_it_may_be_named(
    client: Any, chidi: Browser, dana: Browser
) -> None:
    await made(chidi)
    await pledged(chidi, words="Two engineers for a year.")
    assert "Director of rural water" in (await dana.get(ONE)).text
    client.cookies.clear()
    page = (await client.get(ONE)).text
    assert "Director of rural water" not in page
    assert "Two engineers for a year." not in page
    assert "Staff" in page
    await chidi.post(f"{ONE}/pledges/{await pledge_id()}", {"what": "open"})
    client.cookies.clear()
    assert "Director of rural water" in (await client.get(ONE)).text


async def test_a_pledge_is_due_again_after_half_a_year_or_when_the_office_changes_hands(
    chidi: Browser, dana: Browser
) -> None:
    await made(chidi)
    await pledged(chidi)
    assert "due to be said again" not in (await dana.get(ONE)).text
    where = f"{ONE}/pledges/{await pledge_id()}"
    assert (await dana.post(where, {"what": "renew"})).status_code == 403, "Dana does not speak for the office"
    assert (await dana.post(where, {"what": "changed"})).status_code == 303
    assert "due to be said again" in (await dana.get(ONE)).text
    assert (await chidi.post(where, {"what": "renew"})).status_code == 303
    assert "due to be said again" not in (await dana.get(ONE)).text
    await execute("update pledges set renewed_on = current_date - 190")
    assert "due to be said again" in (await dana.get(ONE)).text


async def test_when_who_spoke_for_an_office_has_left_the_others_speak_for_it(
    client: Any, chidi: Browser, dana: Browser
) -> None:
    await made(chidi)
    await pledged(chidi)
    where = f"{ONE}/pledges/{await pledge_id()}"
    await chidi.post("/en/c/water/coalitions/1/answer", {"answer": "decline"})
    assert (await chidi.post(where, {"what": "renew"})).status_code == 403
    assert (await dana.post(where, {"what": "withdraw"})).status_code == 303
    assert "Director of rural water" not in (await dana.get(ONE)).text


async def test_a_pledge_of_yesterday_or_of_no_level_is_refused(chidi: Browser) -> None:
    await made(chidi)
    sent = {"office": "Director of rural water", "level": "director", "asset": "staff"}
    past = await chidi.post(f"{ONE}/pledges", sent | {"due_on": await day(-1)})
    assert past.status_code == 422
    assert "Director of rural water" in past.text
    other = await chidi.post(f"{ONE}/pledges", sent | {"due_on": await day(9), "level": "king"})
    assert other.status_code == 422


async def test_a_claim_is_checked_by_somebody_else_than_its_writer(chidi: Browser, dana: Browser) -> None:
    await made(chidi)
    assert (await chidi.post(f"{ONE}/evidence", CARD)).status_code == 303
    page = (await dana.get(ONE)).text
    assert "Nobody has checked it yet." in page
    where = f"{ONE}/evidence/{await fetchval('select id from evidence_cards')}"
    assert (await chidi.post(f"{where}/check", {"checked_by": "A hydrologist"})).status_code == 403
    assert (await dana.post(f"{where}/check", {"checked_by": "A hydrologist"})).status_code == 303
    assert "Checked by A hydrologist" in (await chidi.get(ONE)).text
    assert (await dana.post(f"{where}/remove")).status_code == 403
    assert (await chidi.post(f"{where}/remove")).status_code == 303
    assert await fetchval("select count(*) from evidence_cards") == 0


async def test_a_claim_without_a_source_is_listed_and_cannot_be_checked(chidi: Browser, dana: Browser) -> None:
    await made(chidi)
    bare = {"about": "problem", "claim": "Half of all pumps stand still."}
    assert (await chidi.post(f"{ONE}/evidence", bare)).status_code == 303
    page = (await dana.get(LIST)).text
    assert "Claims without a source" in page
    assert "Half of all pumps stand still." in page
    where = f"{ONE}/evidence/{await fetchval('select id from evidence_cards')}"
    assert (await dana.post(f"{where}/check", {"checked_by": "A hydrologist"})).status_code == 409
    unkind = await chidi.post(f"{ONE}/evidence", CARD | {"kind": ""})
    assert unkind.status_code == 422
    future = await chidi.post(f"{ONE}/evidence", CARD | {"year": "2998"})
    assert future.status_code == 422
    assert "Register of the district" in future.text


async def test_a_barrier_is_asked_about_answered_and_lifted(client: Any, chidi: Browser) -> None:
    await made(chidi)
    assert (await chidi.post(f"{ONE}/barriers", BARRIER)).status_code == 303
    page = (await chidi.get("/en/c/water/barriers")).text
    assert "Ministry: <bdi>Ministry of Water</bdi>" in page
    assert "not asked yet" in page
    amara = await signed_in(client, "amara")
    undated = await amara.post(f"{ONE}/barriers/1", {"what": "asked"})
    assert undated.status_code == 422
    assert (await amara.post(f"{ONE}/barriers/1", {"what": "asked", "reply_due": await day(30)})).status_code == 303
    await execute("update barriers set reply_due = current_date - 1")
    assert "reply overdue" in (await amara.get("/en/c/water/barriers")).text
    assert (
        await amara.post(f"{ONE}/barriers/1", {"what": "answered", "answer": "A single window from May."})
    ).status_code == 303
    client.cookies.clear()
    assert "A single window from May." in (await client.get("/en/c/water/barriers")).text
    assert (await chidi.post(f"{ONE}/barriers/1", {"what": "lifted"})).status_code == 303
    eve = await signed_in(client, "eve")
    assert (await eve.post(f"{ONE}/barriers/1", {"what": "reopen"})).status_code in (303, 403)
    assert await fetchval("select status from barriers") == "lifted"
    assert (await amara.post(f"{ONE}/barriers", BARRIER)).status_code == 403, "convenors follow up, partners write"


async def test_barriers_of_a_draft_are_on_no_list(client: Any, chidi: Browser) -> None:
    await completed(chidi)
    await chidi.post(f"{ONE}/barriers", BARRIER)
    client.cookies.clear()
    assert "Ministry of Water" not in (await client.get("/en/c/water/barriers")).text
    assert "Ministry of Water" not in (await client.get("/en/c/water/barriers.csv")).text


async def test_recommendations_are_a_table_in_which_no_cell_is_a_formula(client: Any, chidi: Browser) -> None:
    await made(chidi)
    await chidi.post(f"{ONE}/barriers", BARRIER | {"ask": "=cmd|calc"})
    file = await client.get("/en/c/water/barriers.csv")
    assert file.headers["content-type"].startswith("text/csv")
    head, row = file.text.splitlines()[:2]
    assert head.startswith("owner_kind,owner,barrier_kind,barrier,place,ask,")
    assert row.startswith("Ministry,Ministry of Water,Permit or registration,Wells need three permits.,,'=cmd|calc,")
    assert "6.b 17.17" in row


async def test_resources_are_taken_out_of_drafts_only_and_amounts_are_numbers(chidi: Browser) -> None:
    await completed(chidi)
    bad = await chidi.post(f"{ONE}/resources", {"kind": "finance", "amount": "a lot", "unit": "USD"})
    assert bad.status_code == 422
    assert "a lot" in bad.text
    for amount in ("-5", "NaN", "1e30"):
        assert (await chidi.post(f"{ONE}/resources", {"kind": "finance", "amount": amount})).status_code == 422
    where = f"{ONE}/resources/{await fetchval('select id from resources')}/remove"
    assert (await chidi.post(where)).status_code == 303
    await chidi.post(f"{ONE}/resources", {"kind": "people", "amount": "3.5", "unit": "staff", "from_role": "A college"})
    await chidi.post(f"{ONE}/make")
    where = f"{ONE}/resources/{await fetchval('select id from resources')}/remove"
    assert (await chidi.post(where)).status_code == 409


async def test_what_partners_write_cannot_become_markup(client: Any, chidi: Browser) -> None:
    await made(chidi)
    evil = "<script>alert(1)</script> [x](javascript:alert(1))"
    await chidi.post(f"{ONE}/evidence", CARD | {"claim": evil, "place": "<b>here</b>"})
    await chidi.post(f"{ONE}/barriers", BARRIER | {"owner": evil, "words": evil})
    client.cookies.clear()
    for path in (ONE, "/en/c/water/barriers", "/en/c/water/coalitions/1/brief"):
        assert "<script>alert" not in (await client.get(path)).text
    text = (await client.get("/en/c/water/coalitions/1/brief.md")).text
    assert "\\[x\\](javascript" in text, "a bracket that is escaped opens no link"
    assert "<script>" not in text.replace("\\<", "")


async def test_the_brief_is_made_of_checked_claims_first_and_of_what_is_asked(
    client: Any, chidi: Browser, dana: Browser
) -> None:
    await completed(chidi)
    assert "There is no brief yet" in (await chidi.get("/en/c/water/coalitions/1/brief")).text
    await chidi.post(f"{ONE}/make")
    await chidi.post(f"{ONE}/evidence", {"about": "problem", "claim": "Half of all pumps stand still."})
    await chidi.post(f"{ONE}/evidence", CARD | {"claim": "Mechanics cost less than pumps.", "year": "2025"})
    await chidi.post(f"{ONE}/evidence", CARD)
    rows = await fetch("select id from evidence_cards where claim = $1", CARD["claim"])
    await dana.post(f"{ONE}/evidence/{rows[0]['id']}/check", {"checked_by": "A hydrologist"})
    await chidi.post(f"{ONE}/barriers", BARRIER)
    client.cookies.clear()
    page = (await client.get("/en/c/water/coalitions/1/brief")).text
    assert page.index(CARD["claim"]) < page.index("Mechanics cost less than pumps.")
    assert "Half of all pumps stand still." not in page
    assert "Claims without a source are left out." in page
    for words in ("Kitui (2025)", "One permit, within thirty days.", "Ministry of Water", f"{num(40_000)} USD"):
        assert words in page
    text = (await client.get("/en/c/water/coalitions/1/brief.md")).text
    assert text.startswith("# Well keepers\n")
    assert "## What works\n\n- Pumps with a trained mechanic work twice as long" in text
    assert "checked by A hydrologist" in text
