"""Cards are private: what is not opened is on no page, fragment, message or log that anybody else can reach."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions.accounts import open_session
from app.database import fetch, fetchval
from deliberation.disclosure import Attribution
from deliberation.phases import Phase
from tests.cast import Browser, person, signed_in
from tests.factories import join, make_consultation, move_to, propose
from tests.inventory import SAFE, routes

PARTS = {
    "offers": {"offer_people": "canaryoffer"},
    "needs": {"need_finance": "canaryneed"},
    "must_get": {"must_get": "canarygain"},
    "motivation": {"motivation": "canarywhy"},
    "place": {"place": "canaryplace"},
    "goals": {"targets": "17.19"},
    "red_lines": {"red_lines": "canaryline"},
}
NEVER_OPEN = {"refused_organisations": "canarybody", "cause": "proof"}
CANARIES = ("canaryoffer", "canaryneed", "canarygain", "canarywhy", "canaryplace", "17.19", "canaryline", "canarybody")
READERS = ("amara", "ben", "gus", "fatima", "dana", "eve", None)


def fields(*opened: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(NEVER_OPEN)
    for part in PARTS.values():
        found |= part
    return found | {"open_parts": list(opened)}


async def everything(client: Any, here: Any, name: str | None) -> str:
    """Every page, fragment and file of the consultation that this reader can get by GET."""
    token = "" if name is None else await open_session((await person(name)).id)
    browser = Browser(client, token)
    proposal = await fetchval("select number from proposals where consultation = $1", here.id)
    texts, n_seen = [], 0
    for route in routes():
        if not route.is_of_consultation or route.path.startswith("/live/"):
            continue
        if route.method in SAFE and set(route.parameters) <= {"slug", "number"}:
            path = route.filled(slug="water", number=proposal)
            for headers in ({}, {"hx-request": "true"}):
                answer = await browser.get(path, headers=headers) if token else await client.get(path, headers=headers)
                texts.append(answer.text)
                n_seen += answer.status_code == 200
    assert n_seen > 10
    return "\n".join(texts)


@pytest.mark.slow
async def test_a_closed_card_is_nowhere_but_on_its_owner_s_page(client: Any) -> None:
    here = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    chidi_here = await join("chidi", here)
    await join("dana", here, constituency="women")
    await propose(chidi_here, "Each village keeps its own wells.")
    chidi, dana = await signed_in(client, "chidi"), await signed_in(client, "dana")
    await chidi.post("/en/c/water/card", fields())
    await dana.post("/en/c/water/card", {"offer_finance": "A fund.", "need_people": "Drivers."})
    for number in (1, 3):
        await move_to(here, number)
        for name in READERS:
            text = await everything(client, here, name)
            assert not [canary for canary in CANARIES if canary in text], (number, name)
    own = (await chidi.get("/en/c/water/card")).text
    assert [canary for canary in CANARIES if canary not in own] == []
    logged = " ".join(str(dict(row)) for row in await fetch("select * from audit_events"))
    sent = " ".join(str(dict(row)) for row in await fetch("select * from messages"))
    assert not [canary for canary in CANARIES if canary in logged + sent]


@pytest.mark.parametrize("part", PARTS)
async def test_an_open_part_is_seen_by_those_who_take_part_and_alone(client: Any, part: str) -> None:
    await join("chidi", await make_consultation())
    await (await signed_in(client, "chidi")).post("/en/c/water/card", fields(part))
    (opened,) = PARTS[part].values()
    for name in ("amara", "ben", "gus", "fatima"):
        page = (await (await signed_in(client, name)).get("/en/c/water/cards")).text
        assert [canary for canary in CANARIES if canary in page] == [opened], name
        assert "chidi" not in page.split("<main")[1].lower()
    assert (await (await signed_in(client, "eve")).get("/en/c/water/cards")).status_code == 403


@pytest.mark.parametrize("mode", Attribution)
async def test_few_cards_are_not_counted_and_more_are_told_in_bands(client: Any, mode: Attribution) -> None:
    here = await make_consultation(attribution=mode)
    for n in range(4):
        await join(f"guest{n}", here)
        await (await signed_in(client, f"guest{n}")).post("/en/c/water/card", {"need_finance": "Pumps."})
    amara = await signed_in(client, "amara")
    assert "Too few people have written a card" in (await amara.get("/en/c/water/cards")).text
    for n in range(4, 7):
        await join(f"guest{n}", here)
        await (await signed_in(client, f"guest{n}")).post("/en/c/water/card", {"need_finance": "Pumps."})
    page = (await amara.get("/en/c/water/cards")).text
    assert "5 to 9" in page
    assert "less offered" in page
    assert "Less is offered than needed:" in page


async def test_a_moderator_closes_what_is_open_and_the_owner_is_told_why(client: Any) -> None:
    await join("chidi", await make_consultation())
    chidi, ben = await signed_in(client, "chidi"), await signed_in(client, "ben")
    await chidi.post("/en/c/water/card", fields("motivation"))
    card = await fetchval("select id from cards")
    assert (await (await signed_in(client, "amara")).post(f"/en/c/water/cards/{card}/close")).status_code == 403
    await ben.post(f"/en/c/water/cards/{card}/close", {"reason_code": "taste"})
    assert "canarywhy" in (await ben.get("/en/c/water/cards")).text, "a reason is needed"
    await ben.post(f"/en/c/water/cards/{card}/close", {"reason_code": "personal_data"})
    assert "canarywhy" not in (await ben.get("/en/c/water/cards")).text
    assert "canarywhy" in (await chidi.get("/en/c/water/card")).text
    text = await fetchval("select text from messages where kind = 'card_closed' and \"to\" = 'chidi@example.org'")
    assert "It names or identifies a person" in text
    assert await fetchval("select payload from audit_events where action = 'cards.close'") == (
        '{"reason": "personal_data"}'
    )
    assert (await ben.post(f"/en/c/water/cards/{card}/close", {"reason_code": "abuse"})).status_code == 404
