"""Partners who fit: known to each other by cards alone, and by name only where both have said so."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest_asyncio

from app.actions.contacts import MOST_OPEN
from app.database import execute, fetchval
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from tests.cast import signed_in
from tests.factories import actor
from tests.harbour import offer

PAGE = "/en/c/water/partners"
BRINGS = {"offer_people": "Two engineers.", "need_finance": "Pumps."}
LACKS = {"need_people": "Engineers.", "offer_finance": "A fund for pumps."}


@pytest_asyncio.fixture
async def here(adopted: tuple[Consultation, Proposal]) -> tuple[Consultation, Proposal]:
    return adopted


async def keep(client: Any, name: str, **fields: Any) -> Any:
    browser = await signed_in(client, name)
    answer = await browser.post("/en/c/water/card", fields)
    assert answer.status_code == 303, answer.text
    return browser


async def card_of(name: str, consultation: Consultation) -> Any:
    who = await actor(name, consultation)
    assert who.participant is not None
    return await fetchval("select id from cards where participant = $1", who.participant.id)


async def say(client: Any, name: str, verb: str, about: str, consultation: Consultation) -> Any:
    browser = await signed_in(client, name)
    return await browser.post(f"{PAGE}/{await card_of(about, consultation)}/{verb}")


async def two_at_work(client: Any, here: tuple[Consultation, Proposal]) -> None:
    """Chidi and Dana have cards, nothing of them open, and would work on the same proposal."""
    for name in ("chidi", "dana"):
        await offer(client, name, here[1])
        await keep(client, name, **BRINGS)


async def test_without_a_card_nobody_is_shown(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    await offer(client, "hana", here[1])
    hana = await signed_in(client, "hana")
    assert "You have no card yet" in (await hana.get(PAGE)).text
    assert (await say(client, "hana", "share", "chidi", here[0])).status_code == 404
    assert "Partner 2" not in (await (await signed_in(client, "chidi")).get(PAGE)).text


async def test_those_who_would_work_on_the_same_proposal_see_that_somebody_is_there(
    client: Any, here: tuple[Consultation, Proposal]
) -> None:
    await two_at_work(client, here)
    page = (await (await signed_in(client, "chidi")).get(PAGE)).text
    assert "Partner 1" in page
    assert "Would also work on" in page
    for secret in ("dana", "Dana", "Women for Water", "Two engineers."):
        assert secret not in page.split("<main")[1]


async def test_need_and_offer_match_only_where_the_part_is_open(
    client: Any, here: tuple[Consultation, Proposal]
) -> None:
    await keep(client, "chidi", **BRINGS)
    await keep(client, "dana", **LACKS)
    chidi = await signed_in(client, "chidi")
    assert "Nobody fits yet" in (await chidi.get(PAGE)).text
    await keep(client, "dana", **LACKS, open_parts=["offers"])
    page = (await chidi.get(PAGE)).text
    assert re.search(r"Brings what you need:\s+Finance", page)
    assert "A fund for pumps." in page
    assert "Needs what you bring" not in page
    assert "Engineers." not in page
    assert "Nobody fits yet" in (await (await signed_in(client, "dana")).get(PAGE)).text


async def test_contacts_are_shown_to_both_only_when_both_have_said_so(
    client: Any, here: tuple[Consultation, Proposal]
) -> None:
    await two_at_work(client, here)
    chidi, dana = await signed_in(client, "chidi"), await signed_in(client, "dana")
    assert (await say(client, "chidi", "share", "dana", here[0])).status_code == 303
    assert await fetchval("select count(*) from messages where kind = 'contact_wished' and \"to\" like 'dana@%'") == 1
    for browser in (chidi, dana):
        assert "@example.org" not in (await browser.get(PAGE)).text
    assert "They would share their contact with you." in (await dana.get(PAGE)).text
    await say(client, "dana", "share", "chidi", here[0])
    assert "dana@example.org" in (await chidi.get(PAGE)).text
    assert "chidi@example.org" in (await dana.get(PAGE)).text
    assert await fetchval("select count(*) from messages where kind = 'contact_shared'") == 2
    texts = await fetchval("select string_agg(subject || text, ' ') from messages where kind like 'contact_%'")
    for secret in ("chidi", "dana", "Chidi", "Dana", "Wells Union", "Women for Water"):
        assert secret not in texts, "a message names nobody"


async def test_saying_it_twice_asks_once(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    for _ in range(2):
        await say(client, "chidi", "share", "dana", here[0])
    assert await fetchval("select count(*) from messages where kind = 'contact_wished'") == 1
    assert await fetchval("select count(*) from contact_wishes") == 1


async def test_a_decline_is_silent(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    await say(client, "chidi", "share", "dana", here[0])
    chidi = await signed_in(client, "chidi")
    before = (await chidi.get(PAGE)).text.split("<main")[1]
    n_messages = await fetchval("select count(*) from messages")
    await say(client, "dana", "decline", "chidi", here[0])
    after = (await chidi.get(PAGE)).text.split("<main")[1]
    assert without_tokens(after) == without_tokens(before)
    await say(client, "chidi", "share", "dana", here[0])
    assert await fetchval("select count(*) from messages") == n_messages, "who has said no is not asked again"
    assert "You do not share your contact with them" in (await (await signed_in(client, "dana")).get(PAGE)).text


def without_tokens(page: str) -> str:
    return re.sub(r'value="[\w.=-]{16,}"', "", page)


async def test_a_wish_is_taken_back_before_it_is_answered(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    await say(client, "chidi", "share", "dana", here[0])
    await say(client, "chidi", "withdraw", "dana", here[0])
    dana = await signed_in(client, "dana")
    assert "They would share" not in (await dana.get(PAGE)).text
    await say(client, "dana", "share", "chidi", here[0])
    assert "@example.org" not in (await dana.get(PAGE)).text


async def test_taking_it_back_and_saying_it_again_writes_to_nobody_twice(
    client: Any, here: tuple[Consultation, Proposal]
) -> None:
    await two_at_work(client, here)
    for verb in ("share", "withdraw", "share", "decline", "share"):
        await say(client, "chidi", verb, "dana", here[0])
    assert await fetchval("select count(*) from messages where kind = 'contact_wished'") == 1
    assert "They would share" in (await (await signed_in(client, "dana")).get(PAGE)).text


async def test_what_was_shared_is_not_shown_once_one_of_them_stops(
    client: Any, here: tuple[Consultation, Proposal]
) -> None:
    await two_at_work(client, here)
    for one, other in (("chidi", "dana"), ("dana", "chidi")):
        await say(client, one, "share", other, here[0])
    await say(client, "dana", "withdraw", "chidi", here[0])
    for name in ("chidi", "dana"):
        assert "@example.org" not in (await (await signed_in(client, name)).get(PAGE)).text
    await say(client, "dana", "share", "chidi", here[0])
    dana = await signed_in(client, "dana")
    assert "@example.org" not in (await dana.get(PAGE)).text, "sharing again takes both again"


async def test_a_wish_lapses_with_a_sentence(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    await say(client, "chidi", "share", "dana", here[0])
    await execute("update contact_wishes set lapses_at = lapses_at - $1::interval", timedelta(days=22))
    assert "has lapsed without an answer" in (await (await signed_in(client, "chidi")).get(PAGE)).text
    dana = await signed_in(client, "dana")
    assert "They would share" not in (await dana.get(PAGE)).text
    await say(client, "dana", "share", "chidi", here[0])
    assert "@example.org" not in (await dana.get(PAGE)).text, "a wish that has lapsed shares nothing"


async def test_a_red_line_keeps_two_from_seeing_each_other(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    await keep(client, "dana", **BRINGS, refused_constituencies=["ngos"])
    for one, other in (("chidi", "dana"), ("dana", "chidi")):
        assert "Nobody fits yet" in (await (await signed_in(client, one)).get(PAGE)).text
        assert (await say(client, one, "share", other, here[0])).status_code == 404


async def test_nobody_can_ask_everybody(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    chidi = await actor("chidi", here[0])
    assert chidi.participant is not None
    await execute(
        """
        with more as (insert into participants (id, consultation, joined_on)
          select 1000 + n, $2, current_date from generate_series(1, $3) as n returning id)
        insert into contact_wishes (id, participant, partner, lapses_at)
        select gen_random_uuid(), $1, id, now() + interval '3 days' from more
        """,
        chidi.participant.id,
        here[0].id,
        MOST_OPEN,
    )
    answer = await say(client, "chidi", "share", "dana", here[0])
    assert answer.status_code == 403
    assert "wishes that wait for an answer" in answer.text


async def test_deleting_the_card_ends_every_wish(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    for one, other in (("chidi", "dana"), ("dana", "chidi")):
        await say(client, one, "share", other, here[0])
    await (await signed_in(client, "chidi")).post("/en/c/water/card/withdraw")
    assert await fetchval("select count(*) from contact_wishes") == 0
    assert "@example.org" not in (await (await signed_in(client, "dana")).get(PAGE)).text


async def test_the_log_says_nothing_of_who_and_whom(client: Any, here: tuple[Consultation, Proposal]) -> None:
    await two_at_work(client, here)
    await say(client, "chidi", "share", "dana", here[0])
    await say(client, "dana", "decline", "chidi", here[0])
    events = await fetchval(
        "select string_agg(concat_ws(' ', actor, subject, payload), '|') from audit_events "
        "where action like 'contacts.%'"
    )
    assert events == "participant  {}|participant  {}"
