"""My messages: how I want them, an end by one press, and what an administrator sees of their delivery."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from app import emails
from app.actions import messages
from app.actions.accounts import open_session
from app.auth import Person
from app.database import execute, fetch, fetchval, now
from app.documents.sample_messages import sample_of
from app.language import LANGUAGES
from app.topics import KINDS, RULES
from tests.cast import Browser, person, signed_in
from tests.factories import make_consultation

USUAL = {topic.value: rule.usual.value for topic, rule in RULES.items()}


async def to_dana(kind: str = "votes_waiting") -> None:
    await emails.send(kind, to="dana@example.org", locale="fr", slug="water", title="Clean water for all")


async def stop_address() -> str:
    return str(await fetchval("select stop_path from messages order by created_at desc limit 1"))


async def test_what_somebody_does_not_want_is_not_written(client: Any) -> None:
    dana = await signed_in(client, "dana")
    answer = await dana.post("/en/me/messages", USUAL | {"own": "never"})
    assert answer.status_code == 303
    await to_dana()
    await to_dana("summary_published")
    assert [row["kind"] for row in await fetch("select kind from messages")] == ["summary_published"]
    assert 'value="never" selected' in (await dana.get("/en/me/messages")).text


async def test_a_way_that_a_topic_does_not_offer_is_refused_and_what_was_chosen_is_kept(client: Any) -> None:
    dana = await signed_in(client, "dana")
    answer = await dana.post("/en/me/messages", USUAL | {"duties": "never", "results": "daily"})
    assert answer.status_code == 422
    assert re.search(r'name="results".*?value="daily" selected', answer.text, re.S)
    assert await fetch("select 1 from message_settings") == []


async def test_messages_for_once_a_day_come_in_one_in_the_reader_s_morning(client: Any) -> None:
    dana = await signed_in(client, "dana")
    await dana.post("/en/me/messages", USUAL | {"own": "daily", "results": "daily"})
    await execute("update accounts set zone = 'Asia/Tokyo', locale = 'fr' where email = 'dana@example.org'")
    await to_dana()
    await to_dana("summary_published")
    assert {row["status"] for row in await fetch("select status from messages")} == {"held"}
    morning = (await now()).replace(hour=22, minute=5) + timedelta(days=1)  # five past seven in Tokyo
    assert await messages.send_digests(at=morning - timedelta(hours=1)) == 0
    assert await messages.send_digests(at=morning) == 1
    assert await messages.send_digests(at=morning) == 0, "nobody has the same twice"
    subject, text, status = next(
        iter(await fetch("select subject, text, status from messages where kind = 'digest'"))
    ).values()
    assert status == "waiting"
    assert subject
    assert text.count("Clean water for all") == 2
    assert "/messages/stop/" not in text
    assert await fetchval("select count(*) from messages where status = 'bundled'") == 2


async def test_what_waits_for_a_digest_goes_out_when_digests_end(client: Any) -> None:
    dana = await signed_in(client, "dana")
    await dana.post("/en/me/messages", USUAL | {"own": "daily"})
    await to_dana()
    await dana.post("/en/me/messages", USUAL)
    assert await fetchval("select status from messages") == "waiting"
    assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'deliver_message'") == 1


async def test_one_press_in_a_mail_program_ends_a_topic_without_signing_in(client: Any) -> None:
    await person("dana")
    await to_dana()
    address = await stop_address()
    assert address.startswith("/fr/messages/stop/")
    for _ in range(3):
        assert (await client.get(address)).status_code == 200, "a virus scanner reads it, and nothing happens"
    assert await fetch("select 1 from message_settings") == []
    answer = await client.post(address, data={"List-Unsubscribe": "One-Click"}, headers={"origin": "https://mail.test"})
    assert answer.status_code == 200
    assert await fetchval("select delivery from message_settings") == "never"
    assert (await client.post(address, data={})).status_code == 200, "pressed twice is pressed once"
    await to_dana()
    assert await fetchval("select count(*) from messages") == 1


async def test_an_address_that_was_changed_by_one_letter_stops_nothing(client: Any) -> None:
    await person("dana")
    await to_dana()
    address = await stop_address()
    for wrong in (address[:-6] + "AAAA" + address[-2:], "/fr/messages/stop/x", "/fr/messages/stop/" + "A" * 250):
        assert (await client.post(wrong, data={})).status_code == 404
        assert (await client.get(wrong)).status_code == 404
    assert await fetch("select 1 from message_settings") == []


async def test_duties_can_be_bundled_but_not_ended(client: Any) -> None:
    await person("dana")
    await emails.send("appeal_made", to="dana@example.org", locale="en", slug="water", title="Water", number=12)
    await client.post(await stop_address(), data={})
    assert await fetchval("select delivery from message_settings") == "daily"


async def test_every_message_but_codes_says_how_to_end_it(database: None) -> None:
    await person("dana")
    await to_dana()
    text = await fetchval("select text from messages")
    assert "/fr/me/messages" in text
    assert await stop_address() in text
    await emails.send("sign_in_code", to="dana@example.org", locale="en", code="12345678")
    assert await fetchval("select stop_path from messages where kind = 'sign_in_code'") == ""


async def test_somebody_who_was_invited_and_will_not_come_is_not_asked_again(client: Any) -> None:
    await make_consultation(joining="invited")
    amara = await signed_in(client, "amara")
    await amara.post("/en/c/water/convene/invitations", {"emails": "eve@example.org"})
    address = await stop_address()
    assert (await client.post(address, data={})).status_code == 200
    assert await fetchval("select declined_at is not null from invitations")
    await amara.post("/en/c/water/convene/invitations", {"emails": "eve@example.org"})
    assert await fetchval("select count(*) from messages where kind = 'invitation'") == 1


async def test_my_messages_show_what_was_sent_to_me_and_no_code(client: Any) -> None:
    dana = await signed_in(client, "dana")
    await to_dana()
    await emails.send("sign_in_code", to="dana@example.org", locale="en", code="98765432")
    await emails.send("summary_published", to="chidi@example.org", locale="en", slug="other", title="Other matters")
    page = (await dana.get("/en/me/messages")).text
    assert "Clean water for all" in page
    assert "98765432" not in page
    assert "Other matters" not in page
    assert "/messages/stop/" not in page


async def administrator(client: Any) -> Browser:
    who: Person = await person("ines", is_administrator=True)
    return Browser(client, await open_session(who.id))


async def test_an_administrator_sees_what_failed_without_its_words_and_tries_again(client: Any) -> None:
    await to_dana()
    number = await fetchval("select id from messages")
    await messages.give_up(number)
    await execute("update messages set problem = 'SMTPRecipientsRefused', n_tries = 7")
    ines = await administrator(client)
    page = (await ines.get("/en/messages")).text
    assert "SMTPRecipientsRefused" in page
    assert "dana@example.org" not in page
    assert "Clean water" not in page
    assert (await ines.post(f"/en/messages/{number}/again")).status_code == 303
    assert await fetchval("select status from messages") == "waiting"
    assert (await ines.post(f"/en/messages/{number}/again")).status_code == 409
    dana = await signed_in(client, "dana")
    assert (await dana.get("/en/messages")).status_code == 403


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_of_message_can_be_looked_at_in_every_language(code: str) -> None:
    for kind in KINDS:
        subject, text = sample_of(kind, code)
        assert 0 < len(subject) <= 120
        assert len(text) > 20 or kind == "sign_in_code"
        assert "%(" not in subject + text


async def test_a_convenor_looks_at_messages_before_they_are_sent(client: Any) -> None:
    amara = await signed_in(client, "amara")
    page = (await amara.get("/en/messages/preview?kind=round_closing&language=ar")).text
    assert 'dir="rtl"' in page
    assert (await amara.get("/en/messages/preview?kind=nothing")).status_code == 404
    dana = await signed_in(client, "dana")
    assert (await dana.get("/en/messages/preview")).status_code == 403


def test_each_template_has_a_topic_and_each_topic_s_kind_a_template() -> None:
    from app.rendering import TEMPLATES

    files = {file.stem for file in (TEMPLATES / "emails").glob("*.txt") if not file.name.startswith("_")}
    assert files == set(KINDS)
