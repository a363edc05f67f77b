"""Coalitions: offers are private, a line-up shows its balance, and nothing forms but by acceptance."""

from __future__ import annotations

from typing import Any

from app.database import execute, fetchval
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from tests.cast import signed_in
from tests.factories import actor
from tests.harbour import offer


async def test_an_offer_is_kept_and_withdrawn(client: Any, adopted: tuple[Consultation, Proposal]) -> None:
    _, proposal = adopted
    await offer(client, "chidi", proposal, "two engineers")
    assert await fetchval("select brings from work_offers") == "two engineers"
    browser = await signed_in(client, "chidi")
    page = await browser.get("/en/c/water/coalitions")
    assert "two engineers" in page.text
    await browser.post(f"/en/c/water/coalitions/offers/{proposal.number}/withdraw")
    assert await fetchval("select count(*) from work_offers") == 0


async def test_a_statement_that_was_not_adopted_cannot_be_worked_on(
    client: Any, adopted: tuple[Consultation, Proposal]
) -> None:
    await execute("delete from slate_items")
    browser = await signed_in(client, "chidi")
    answer = await browser.post(f"/en/c/water/coalitions/offers/{adopted[1].number}", {"brings": ""})
    assert answer.status_code == 403
    assert "published slate" in answer.text


async def test_a_line_up_shows_its_balance_without_names(client: Any, adopted: tuple[Consultation, Proposal]) -> None:
    _, proposal = adopted
    for name in ("chidi", "dana", "hana"):
        await offer(client, name, proposal)
    amara = await signed_in(client, "amara")
    page = await amara.get(f"/en/c/water/coalitions/new?statement={proposal.number}")
    assert page.status_code == 200
    offers = [str(item) for item in await _offers()]
    balance = await amara.post(
        f"/en/c/water/coalitions/new/{proposal.number}",
        {"title": "", "offers": offers[:2], "go": "balance"},
        headers={"hx-request": "true"},
    )
    assert balance.status_code == 200
    assert "2 people" in balance.text
    for name in ("Wells Union", "Women for Water", "chidi", "dana"):
        assert name not in page.text + balance.text


async def _offers() -> list[Any]:
    from app.database import fetch

    return [row["id"] for row in await fetch("select id from work_offers order by id")]


async def drafted(client: Any, proposal: Proposal) -> Any:
    for name in ("chidi", "dana", "hana"):
        await offer(client, name, proposal)
    amara = await signed_in(client, "amara")
    answer = await amara.post(
        f"/en/c/water/coalitions/new/{proposal.number}",
        {"title": "Well keepers", "n_needed": "3", "offers": [str(item) for item in await _offers()]},
    )
    assert answer.headers["location"] == "/en/c/water/coalitions/1"
    return amara


async def test_it_forms_only_when_enough_have_accepted(client: Any, adopted: tuple[Consultation, Proposal]) -> None:
    amara = await drafted(client, adopted[1])
    chidi = await signed_in(client, "chidi")
    assert (await chidi.get("/en/c/water/coalitions/1")).status_code == 404, "a draft is the convenor's alone"
    await amara.post("/en/c/water/coalitions/1/invite")
    assert await fetchval("select count(*) from messages where kind = 'coalition_invited'") == 3
    for name in ("chidi", "dana", "hana"):
        assert await fetchval("select status from coalitions") == "invited"
        browser = await signed_in(client, name)
        page = await browser.get("/en/c/water/coalitions/1")
        assert "@example.org" not in page.text
        await browser.post("/en/c/water/coalitions/1/answer", {"answer": "accept"})
    assert await fetchval("select status from coalitions") == "formed"
    page = await chidi.get("/en/c/water/coalitions/1")
    assert "dana@example.org" in page.text
    outsider = await client.get("/en/c/water/coalitions/1")
    assert outsider.status_code == 200
    assert "@example.org" not in outsider.text


async def test_leaving_takes_the_coalition_back(client: Any, adopted: tuple[Consultation, Proposal]) -> None:
    amara = await drafted(client, adopted[1])
    await amara.post("/en/c/water/coalitions/1/invite")
    for name in ("chidi", "dana", "hana"):
        await (await signed_in(client, name)).post("/en/c/water/coalitions/1/answer", {"answer": "accept"})
    dana = await signed_in(client, "dana")
    await dana.post("/en/c/water/coalitions/1/answer", {"answer": "decline"})
    assert await fetchval("select status from coalitions") == "invited"
    assert "@example.org" not in (await dana.get("/en/c/water/coalitions/1")).text


async def test_the_log_says_nothing_of_who_answered_what(client: Any, adopted: tuple[Consultation, Proposal]) -> None:
    made, proposal = adopted
    amara = await drafted(client, proposal)
    await amara.post("/en/c/water/coalitions/1/invite")
    await (await signed_in(client, "dana")).post("/en/c/water/coalitions/1/answer", {"answer": "decline"})
    row = await fetchval("select payload from audit_events where action = 'coalitions.answer'")
    assert row == '{"status": "invited"}'
    assert await fetchval("select actor from audit_events where action = 'coalitions.answer'") == "participant"
    assert (await actor("dana", made)).participant is not None
