"""The roster: entered by oneself, checked by a convenor, engaged by both sides, and no business for one of them."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from app.database import execute, fetch, fetchval
from app.tables.coalitions import Coalition
from app.tables.consultations import Consultation
from deliberation.phases import Phase
from tests.cast import Browser, signed_in
from tests.factories import coalition_of, join, make_consultation

HOME = "/en/c/water/roster"
ENTRY = {
    "name": "Ivo the mediator",
    "services": ["mediator", "translator"],
    "languages": ["en", "fr"],
    "about": "Twenty years between neighbours.",
    "fee": "day",
    "amount": "300",
    "currency": "eur",
    "funder": "none",
    "conflicts": "My sister works for a pump maker.",
}


@pytest_asyncio.fixture
async def people(client: Any, database: None) -> dict[str, Browser]:
    """Ivo offers services; Chidi, Dana and Hana have a coalition."""
    made: Consultation = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    for name in ("ivo", "jun"):
        await join(name, made)
    await coalition_of(("chidi", "dana", "hana"), made)
    return {name: await signed_in(client, name) for name in ("ivo", "jun", "chidi", "dana", "amara", "eve")}


async def enlist(people: dict[str, Browser], who: str = "ivo", **more: Any) -> str:
    assert (await people[who].post(HOME, ENTRY | more)).status_code == 303
    entry = str(await fetchval("select id from roster_entries order by created_at desc limit 1"))
    answer = await people["amara"].post(f"{HOME}/{entry}/check", {"answer": "list", "_version": "1"})
    assert answer.status_code == 303, answer.text
    return entry


async def ask(people: dict[str, Browser], entry: str, *, service: str = "mediator") -> Any:
    return await people["chidi"].post(
        f"{HOME}/{entry}/ask", {"coalition": "1", "service": service, "words": "One day."}
    )


async def test_an_entry_is_listed_once_a_convenor_has_checked_it(people: dict[str, Browser]) -> None:
    await people["ivo"].post(HOME, ENTRY)
    assert "Ivo the mediator" not in (await people["dana"].get(HOME)).text
    assert "Ivo the mediator" in (await people["amara"].get(HOME)).text
    entry = await fetchval("select id from roster_entries")
    refused = await people["amara"].post(f"{HOME}/{entry}/check", {"answer": "decline", "_version": "1"})
    assert refused.status_code == 422, "a refusal has a sentence"
    assert (await people["dana"].post(f"{HOME}/{entry}/check", {"answer": "list", "_version": "1"})).status_code == 403
    await people["amara"].post(f"{HOME}/{entry}/check", {"answer": "list", "_version": "1"})
    page = await people["dana"].get(HOME)
    for words in ("Ivo the mediator", "A rate for each day", "300 EUR", "My sister works for a pump maker."):
        assert words in page.text, words
    assert (await people["eve"].get(HOME)).status_code == 403, "outsiders do not read who offers what"


async def test_a_changed_entry_is_checked_again(people: dict[str, Browser]) -> None:
    entry = await enlist(people)
    await people["ivo"].post(HOME, ENTRY | {"amount": "3000"})
    assert "3,000" not in (await people["dana"].get(HOME)).text
    stale = await people["amara"].post(f"{HOME}/{entry}/check", {"answer": "list", "_version": "1"})
    assert stale.status_code == 409


async def test_fee_funder_and_conflicts_are_declared_or_nothing_is_saved(people: dict[str, Browser]) -> None:
    for missing in (
        {"amount": ""},
        {"currency": ""},
        {"funder": ""},
        {"conflicts": ""},
        {"services": []},
        {"amount": "NaN"},
    ):
        answer = await people["ivo"].post(HOME, ENTRY | missing)
        assert answer.status_code == 422, missing
        assert "Twenty years between neighbours." in answer.text
    assert (await people["ivo"].post(HOME, ENTRY | {"fee": "none", "amount": "", "currency": ""})).status_code == 303


async def test_an_engagement_needs_both_sides(people: dict[str, Browser]) -> None:
    entry = await enlist(people)
    assert (await ask(people, entry)).status_code == 303
    assert await fetchval("select count(*) from messages where kind = 'engagement_asked'") == 1
    assert (await ask(people, entry)).status_code == 409, "asked already"
    assert (await ask(people, entry, service="broker")).status_code == 422
    engagement = await fetchval("select id from engagements")
    stranger = await people["dana"].post(f"{HOME}/engagements/{engagement}/answer", {"answer": "agree"})
    assert stranger.status_code == 404
    assert (await people["ivo"].post(f"{HOME}/engagements/{engagement}/answer", {"answer": "agree"})).status_code == 303
    assert await fetchval("select status from engagements") == "agreed"
    assert (
        await people["ivo"].post(f"{HOME}/engagements/{engagement}/answer", {"answer": "decline"})
    ).status_code == 409
    assert (await people["dana"].post(f"{HOME}/engagements/{engagement}/end", {})).status_code == 303
    assert await fetchval("select status from engagements") == "ended"
    actions = [
        row["action"]
        for row in await fetch("select action from audit_events where action like 'roster.%' order by sequence")
    ]
    assert actions == ["roster.register", "roster.check", "roster.ask", "roster.answer", "roster.end"]


async def test_only_a_coalition_s_partner_asks_and_nobody_engages_themselves(people: dict[str, Browser]) -> None:
    entry = await enlist(people)
    answer = await people["jun"].post(f"{HOME}/{entry}/ask", {"coalition": "1", "service": "mediator"})
    assert answer.status_code == 403
    own = await enlist(people, "chidi", name="Chidi herself")
    assert (await ask(people, own)).status_code == 403


async def test_nobody_takes_more_than_two_of_five(people: dict[str, Browser]) -> None:
    ivo = await enlist(people)
    jun = await enlist(people, "jun", name="Jun the broker")
    coalition = await Coalition.objects().first()
    assert coalition is not None
    for entry in (ivo, ivo, jun, jun):
        await execute(
            "insert into engagements (id, entry, coalition, service, status, asked_on) "
            "values (gen_random_uuid(), $1::uuid, $2, 'translator', 'ended', current_date)",
            entry,
            coalition.id,
        )
    refused = await ask(people, ivo)
    assert refused.status_code == 403
    assert "more than 40 per cent" in refused.text and "Ivo the mediator" in refused.text
    page = await people["dana"].get(HOME)
    assert "index): 0.5" in page.text
    assert "more than the cap allows" in page.text


async def test_who_withdraws_is_listed_no_more_and_requests_lapse(people: dict[str, Browser]) -> None:
    entry = await enlist(people)
    await ask(people, entry)
    assert (await people["ivo"].post(f"{HOME}/withdraw", {})).status_code == 303
    assert await fetchval("select status from engagements") == "declined"
    assert "300 EUR" not in (await people["dana"].get(HOME)).text
    assert (await ask(people, entry)).status_code == 409
