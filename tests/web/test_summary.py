"""GET /c/{slug}/summary and its downloads; GET and POST /c/{slug}/summary/edit."""

from __future__ import annotations

import json
import re

import pytest

from app.actions import summaries
from deliberation.verification import verify_record
from tests import factories, rooms
from tests.cast import signed_in

pytestmark = pytest.mark.slow  # a consultation is led through its rounds


def shown(page: str, text: str) -> bool:
    return text in page


async def published(here):
    amara = await factories.actor("amara", here)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    await summaries.sign(by=await factories.actor("gus", here))


async def test_nobody_sees_a_summary_before_it_is_published_but_staff_see_the_draft(client):
    await rooms.small_room()
    for name in ("chidi", "eve"):
        page = (await (await signed_in(client, name)).get("/en/c/water/summary")).text
        assert "No summary has been published yet" in page
        assert "generally agreed" not in page
    for name in ("amara", "ben", "gus", "fatima"):
        page = (await (await signed_in(client, name)).get("/en/c/water/summary")).text
        assert 'class="watermark"' in page
        assert "Participants generally agreed" in page


async def test_everybody_reads_a_published_summary(client):
    here = await rooms.small_room()
    await rooms.curate(here)
    await published(here)
    answer = await client.get("/en/c/water/summary")
    assert answer.status_code == 200
    assert 'class="watermark"' not in answer.text
    assert "Participants generally agreed" in answer.text
    assert "a participant drawn by lot" not in answer.text
    assert "a convenor, a curator" in answer.text
    assert rooms.REASONS[0][1] in answer.text


async def test_each_citation_leads_to_a_row_of_the_page(client):
    here = await rooms.crowd()
    page = (await (await signed_in(client, "amara")).get("/en/c/water/summary")).text
    cited = set(re.findall(r'href="#(s\d+)"', page))
    assert len(cited) > 8
    assert all(f'id="{one}"' in page for one in cited)
    assert here


async def test_nothing_of_a_person_is_on_the_page(client):
    here = await rooms.small_room()
    chidi = await factories.actor("chidi", here)
    page = (await (await signed_in(client, "amara")).get("/en/c/water/summary")).text
    assert str(chidi.participant.id) not in page
    for canary in ("Chidi", "chidi@example.org", "Buy our pumps", "15 people"):
        assert canary not in page


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_the_page_speaks_other_languages(client, language):
    await rooms.small_room()
    answer = await (await signed_in(client, "amara")).get(f"/{language}/c/water/summary")
    assert answer.status_code == 200
    assert f'lang="{language}"' in answer.text


async def test_what_people_wrote_cannot_become_markup(client):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    added = summaries.Added(introduction="<script>alert(1)</script> **bold** [1].")
    await summaries.write(added=added, version=0, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    await summaries.sign(by=await factories.actor("gus", here))
    page = (await client.get("/en/c/water/summary")).text
    assert "<script>alert" not in page
    text = (await client.get("/en/c/water/summary.md")).text
    assert "<script>" not in text
    assert "**bold**" not in text


async def test_what_a_person_cites_is_a_link(client):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await summaries.write(added=summaries.Added(introduction="Wells came first [1]."), version=0, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    await summaries.sign(by=await factories.actor("gus", here))
    page = (await client.get("/en/c/water/summary")).text
    assert 'Wells came first <a class="cite" href="#s1">' in page
    assert "Wells came first [\\[1\\]](#s1)." in (await client.get("/en/c/water/summary.md")).text


async def test_the_json_is_what_was_signed_and_the_markdown_says_the_same(client):
    here = await rooms.small_room()
    assert (await client.get("/en/c/water/summary.json")).status_code == 404
    await published(here)
    answer = await client.get("/en/c/water/summary.json")
    record = json.loads(answer.text)
    key = (await client.get("/.well-known/plenary-key.json")).json()["keys"][0]
    checks = verify_record(record, key=key["public_key"])
    assert [check for check in checks if not check.holds] == []
    assert record["signature"]["key_id"] == key["key_id"]
    assert "attachment" in answer.headers["content-disposition"]
    text = (await client.get("/en/c/water/summary.md")).text
    assert record["hash"] in text
    assert "Participants generally agreed on the following:" in text
    assert "\n- “Villages should own" in text


async def test_a_published_slate_can_be_downloaded_and_checked(client):
    here = await rooms.small_room()
    await rooms.curate(here)
    await factories.move_to(here, 2, standing="closed")
    record = (await client.get("/en/c/water/slate.json")).json()
    assert record["kind"] == "curated_slate"
    failed = [check.name for check in verify_record(record) if not check.holds]
    assert failed == []


async def test_an_unknown_number_is_not_found(client):
    here = await rooms.small_room()
    await published(here)
    for number in ("2", "x", "-1", "99999999999999999999"):
        assert (await client.get(f"/en/c/water/summary?number={number}")).status_code == 404
    assert (await client.get("/en/c/water/summary?number=1")).status_code == 200


async def test_only_a_convenor_edits(client):
    await rooms.small_room()
    for name in ("ben", "gus", "fatima", "chidi", "eve"):
        assert (await (await signed_in(client, name)).get("/en/c/water/summary/edit")).status_code == 403
    assert (await (await signed_in(client, "amara")).get("/en/c/water/summary/edit")).status_code == 200


async def test_a_draft_without_citations_is_kept_and_named(client):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    answer = await amara.post(
        "/en/c/water/summary/edit", {"_key": "k1", "_version": "0", "introduction": "Wells are good."}
    )
    assert answer.status_code == 303
    page = (await amara.get("/en/c/water/summary/edit")).text
    assert "A claim without a citation cannot be published" in page
    assert "Wells are good." in page
    assert 'name="_version" value="1"' in page


async def test_of_two_windows_the_second_sees_both_texts(client):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    path = "/en/c/water/summary/edit"
    await amara.post(path, {"_key": "k1", "_version": "0", "introduction": "The first text [1]."})
    answer = await amara.post(path, {"_key": "k2", "_version": "0", "introduction": "The second text [1]."})
    assert answer.status_code == 409
    assert "The first text" in answer.text
    assert "The second text" in answer.text
    assert 'name="_version" value="1"' in answer.text


async def test_a_form_sent_twice_counts_once(client):
    here = await rooms.small_room()
    amara = await signed_in(client, "amara")
    form = {"_key": "k1", "_version": "0", "introduction": "The text [1]."}
    first = await amara.post("/en/c/water/summary/edit", form)
    second = await amara.post("/en/c/water/summary/edit", form)
    assert (first.status_code, second.status_code) == (303, 303)
    draft = await summaries.draft_of(await factories.actor("amara", here))
    assert draft.version == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"introduction": "x" * 2001},
        {"what_1": "x" * 301},
        {"unknown": "x"},
        {"who_2": "Somebody"},
        {"introduction": "\x00"},
    ],
)
async def test_bad_input_is_a_page_and_keeps_what_was_typed(client, fields):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    answer = await amara.post(
        "/en/c/water/summary/edit", {"_key": "k1", "_version": "0", "section_views": "Kept [1]."} | fields
    )
    assert answer.status_code == 422
    if "unknown" not in fields:
        assert "Kept [1]." in answer.text
