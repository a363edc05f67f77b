"""GET and POST /c/{slug}/respond: slate items and left-out statements one by one, then two questions; resumable."""

from __future__ import annotations

import re

from app.database import execute, fetchrow, fetchval
from tests import factories, slates
from tests.cast import signed_in

RESPOND = "/en/c/water/respond"
HTMX = {"hx-request": "true"}


async def responding(client):
    """Chidi before the published slate, with the respond round open."""
    here = await slates.curating(joining=("chidi", "dana"))
    frozen, draft = await slates.published(here)
    await factories.move_to(here, 3)
    return here, await signed_in(client, "chidi"), frozen, draft


def asked(page):
    part = page[page.index("All statements of this round") :]
    return slates.numbers(part)


def ballot(page):
    return int(re.search(r'action="[^"]*/respond/(\d+)"', page)[1])


async def test_all_items_and_at_most_20_left_out_statements_are_asked(client):
    _here, chidi, _frozen, draft = await responding(client)
    page = (await chidi.get(RESPOND)).text
    items = {stance.statement_id for stance in draft.stances}
    on_slate = [(await slates.proposal_of(stance)).number for stance in draft.stances]
    numbers = asked(page)
    assert numbers[: len(items)] == list(dict.fromkeys(on_slate))
    assert len(items) < len(numbers) <= len(items) + 20
    assert len(set(numbers)) == len(numbers)
    assert ballot(page) == numbers[0]
    assert "On the curated slate" in page


async def test_each_answer_is_saved_and_the_next_statement_comes(client):
    here, chidi, _frozen, _draft = await responding(client)
    numbers = asked((await chidi.get(RESPOND)).text)
    answer = await chidi.post(f"{RESPOND}/{numbers[0]}", {"choice": "agree"})
    assert (answer.status_code, answer.headers["location"]) == (303, RESPOND)
    swapped = await chidi.post(f"{RESPOND}/{numbers[1]}", {"choice": "pass", "priority": "1"}, headers=HTMX)
    assert swapped.status_code == 200
    assert ballot(swapped.text) == numbers[2]
    me = await factories.actor("chidi", here)
    rows = await fetchval("select count(*) from votes where participant = $1", me.participant.id)
    assert rows == 2
    resumed = await (await signed_in(client, "chidi")).get(RESPOND)
    assert ballot(resumed.text) == numbers[2]
    assert f"2 of about {len(numbers)}" in resumed.text


async def test_an_earlier_vote_stands_and_can_be_changed(client):
    here, chidi, _frozen, _draft = await responding(client)
    first = asked((await chidi.get(RESPOND)).text)[0]
    await chidi.post(f"{RESPOND}/{first}", {"choice": "agree"})
    page = (await chidi.get(RESPOND, params={"item": str(first)})).text
    assert ballot(page) == first
    assert "you agreed" in page
    await chidi.post(f"{RESPOND}/{first}", {"choice": "disagree"})
    me = await factories.actor("chidi", here)
    row = await fetchrow(
        "select count(*) as n, max(choice) as choice from votes where participant = $1", me.participant.id
    )
    assert (row["n"], row["choice"]) == (1, "disagree")


async def test_when_all_are_answered_the_overall_questions_come_with_the_reasons(client):
    _here, chidi, frozen, _draft = await responding(client)
    for number in asked((await chidi.get(RESPOND)).text):
        await chidi.post(f"{RESPOND}/{number}", {"choice": "agree"})
    page = (await chidi.get(RESPOND)).text
    assert "Does this slate represent us?" in page and "Can I live with the reasons?" in page
    assert f"Because of number {frozen.slate.stances[0].statement_id}." in page
    sent = {"represents": "yes", "can_live_with": "unsure", "sentence": "More on water, please."}
    assert (await chidi.post(RESPOND, sent)).status_code == 303
    again = (await chidi.get(RESPOND, params={"overall": "1"})).text
    assert "Answered" in again and "More on water, please." in again
    await chidi.post(RESPOND, sent | {"represents": "no", "sentence": ""})
    row = await fetchrow("select count(*) as n, max(represents) as represents, max(sentence) as said from responses")
    assert tuple(row.values()) == (1, "no", "")


async def test_what_is_not_asked_about_cannot_be_voted_on(client):
    here, chidi, _frozen, _draft = await responding(client)
    numbers = set(asked((await chidi.get(RESPOND)).text))
    other = await fetchval(
        "select number from proposals where consultation = $1 and not number = any($2::int[]) limit 1",
        here.id,
        list(numbers),
    )
    if other is None:
        other = await fetchval("select max(number) from proposals where consultation = $1", here.id)
        await execute("update proposals set status = 'withdrawn' where number = $1", other)
    assert (await chidi.post(f"{RESPOND}/{other}", {"choice": "agree"})).status_code == 404
    assert (await chidi.post(f"{RESPOND}/99999999999999", {"choice": "agree"})).status_code == 404


async def test_missing_and_odd_answers_are_refused_and_the_sentence_kept(client):
    _here, chidi, _frozen, _draft = await responding(client)
    answer = await chidi.post(RESPOND, {"represents": "yes", "sentence": "Keep this."})
    assert answer.status_code == 422
    assert "Keep this." in answer.text and "Please choose one of the answers offered." in answer.text
    complete = {"represents": "yes", "can_live_with": "yes"}
    for sent in (complete | {"represents": "maybe"}, complete | {"sentence": "x" * 501}):
        assert (await chidi.post(RESPOND, sent)).status_code == 422
    first = asked((await chidi.get(RESPOND)).text)[0]
    for sent in ({}, {"choice": "later"}, {"choice": "agree", "other": "1"}):
        assert 300 <= (await chidi.post(f"{RESPOND}/{first}", sent)).status_code < 500
    assert await fetchval("select count(*) from responses") == 0


async def test_after_the_close_the_answer_is_refused_and_handed_back(client):
    here, chidi, _frozen, _draft = await responding(client)
    first = asked((await chidi.get(RESPOND)).text)[0]
    await slates.end_round(here, 3)
    assert (await chidi.post(f"{RESPOND}/{first}", {"choice": "agree"})).status_code == 410
    sent = {"represents": "yes", "can_live_with": "yes", "sentence": "Too late."}
    assert (await chidi.post(RESPOND, sent)).status_code == 410
    assert await fetchval("select count(*) from responses") == 0


async def test_only_participants_respond(client):
    await responding(client)
    for name in ("amara", "gus", "ben", "eve", "fatima"):
        assert (await (await signed_in(client, name)).get(RESPOND)).status_code == 403, name
    assert (await client.get(RESPOND)).status_code == 303


async def test_without_a_published_slate_there_is_nothing_to_respond_to(client):
    here = await slates.curating(joining=("chidi",))
    await slates.reasoned(here)
    await factories.move_to(here, 3)
    page = await (await signed_in(client, "chidi")).get(RESPOND)
    assert page.status_code == 200
    assert "There is no slate to respond to" in page.text


async def test_answers_leave_no_trace_in_the_record(client):
    _here, chidi, _frozen, _draft = await responding(client)
    before = await fetchval("select count(*) from audit_events")
    first = asked((await chidi.get(RESPOND)).text)[0]
    await chidi.post(f"{RESPOND}/{first}", {"choice": "agree"})
    await chidi.post(RESPOND, {"represents": "yes", "can_live_with": "yes"})
    assert await fetchval("select count(*) from responses") == 1
    assert await fetchval("select count(*) from audit_events") == before
