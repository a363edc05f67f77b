"""GET and POST /c/{slug}/summary/objections, /answers, /show and /passage: a draft is read, objected to, answered."""

from __future__ import annotations

import html
import re

import pytest

from app.actions import summaries
from app.documents.objected import keys_of
from tests import factories, rooms
from tests.cast import signed_in

HERE = "/en/c/water/summary"


async def opened(client, *, minutes="15"):
    """Amara has shown the draft: the browsers of Amara and Chidi."""
    here = await rooms.small_room()
    amara, chidi = await signed_in(client, "amara"), await signed_in(client, "chidi")
    answer = await amara.post(f"{HERE}/show", {"_key": "s", "_version": "0", "minutes": minutes})
    assert answer.status_code == 303, answer.text
    return here, amara, chidi


async def a_passage(chidi):
    page = (await chidi.get(f"{HERE}/objections")).text
    return re.search(r"objections\?passage=(common_ground\.[0-9a-f]+)", page)[1]


async def test_a_participant_objects_and_reads_the_answer(client):
    here, amara, chidi = await opened(client)
    assert "A draft of the summary is open to your objections" in (await chidi.get("/en/c/water")).text
    assert "A draft of the summary is open to your objections" in (await chidi.get(HERE)).text
    passage = await a_passage(chidi)
    page = (await chidi.get(f"{HERE}/objections?passage={passage}")).text
    assert "What is wrong with it?" in page
    form = {"_key": "o", "passage": passage, "reason": "It was said of pumps only."}
    answer = await chidi.post(f"{HERE}/objections", form)
    assert answer.status_code == 303
    assert "It was said of pumps only." in (await chidi.get(f"{HERE}/objections")).text
    assert "It was said of pumps only." not in (await amara.get(f"{HERE}/answers")).text
    await rooms.time_is_over(here)
    page = (await amara.get(f"{HERE}/answers")).text
    assert "It was said of pumps only." in page
    assert "to be answered" in page
    where = re.search(r"/summary/answers/([0-9a-f-]{36})", page)[1]
    refused = await amara.post(f"{HERE}/answers/{where}", {"answer": "changed", "said": "We did."})
    assert refused.status_code == 422
    assert re.search(r'id="answer[^"]*-error"', refused.text)
    assert not re.search(r'id="said[^"]*-error"', refused.text)
    form = {"_key": "a", "answer": "kept", "said": "The votes say so."}
    assert (await amara.post(f"{HERE}/answers/{where}", form)).status_code == 303
    assert "The votes say so." in (await chidi.get(f"{HERE}/objections")).text
    assert "The votes say so." not in (await (await signed_in(client, "dana")).get(f"{HERE}/objections")).text


async def test_who_takes_no_part_reads_no_draft(client):
    await opened(client)
    for name in ("ben", "eve", "gus"):
        assert (await (await signed_in(client, name)).get(f"{HERE}/objections")).status_code == 403
    for name in ("ben", "chidi", "gus"):
        assert (await (await signed_in(client, name)).get(f"{HERE}/answers")).status_code == 403


async def test_an_objection_too_late_is_answered_with_what_was_typed(client):
    here, _, chidi = await opened(client)
    passage = await a_passage(chidi)
    await rooms.time_is_over(here)
    answer = await chidi.post(f"{HERE}/objections", {"_key": "o", "passage": passage, "reason": "I was too late."})
    assert answer.status_code == 410
    assert "I was too late." in answer.text


@pytest.mark.parametrize("fields", [{"reason": ""}, {"reason": "x" * 601}, {"unknown": "x"}])
async def test_bad_objections_are_refused(client, fields):
    _, _, chidi = await opened(client)
    form = {"_key": "o", "passage": await a_passage(chidi), "reason": "No."} | fields
    assert (await chidi.post(f"{HERE}/objections", form)).status_code == 422


async def test_nothing_is_shown_before_the_convenor_shows_it(client):
    await rooms.small_room()
    page = await (await signed_in(client, "chidi")).get(f"{HERE}/objections")
    assert "No text is open for objections" in page.text
    amara = await signed_in(client, "amara")
    assert (await amara.post(f"{HERE}/show", {"_key": "s", "_version": "0", "minutes": "7"})).status_code == 422
    assert (await amara.post(f"{HERE}/show", {"_key": "s", "_version": "3", "minutes": "15"})).status_code == 409


async def test_a_passage_is_changed_and_a_number_that_is_not_its_fact_s_is_named(client):
    here = await rooms.small_room()
    amara = await signed_in(client, "amara")
    page = (await amara.get(f"{HERE}?draft=1")).text
    path = html.unescape(re.search(r"/en/c/water/summary/passage\?passage=common_ground\.[0-9a-f]+", page)[0])
    key = path.partition("passage=")[2]
    assert "In your own words" in (await amara.get(path)).text
    form = {"_key": "p", "_version": "0", "passage": key, "text": "It was held by 99 % of the people."}
    assert (await amara.post(f"{HERE}/passage", form)).status_code == 303
    page = html.unescape((await amara.get(path)).text)
    assert "“99 %” is in none of the facts" in page
    assert "“99 %” is in none of the facts" in html.unescape((await amara.get(f"{HERE}/answers")).text)
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert [one.field for one in draft.misquoted] == [f"passage_{key}"]
    form |= {"_key": "q", "_version": "1", "text": "", "left_out": "It repeats another."}
    assert (await amara.post(f"{HERE}/passage", form)).status_code == 303
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert key not in {one.key for _, one in draft.document.passages()}
    assert "It repeats another." in (await amara.get(f"{HERE}?draft=1")).text
    assert "This passage is left out" in (await amara.get(path)).text
    assert (await amara.get(f"{HERE}/passage?passage=views.none")).status_code == 404
    assert len(keys_of(draft.document)) > 10
