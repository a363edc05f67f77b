"""GET and POST /c/{slug}/summary/sign: two different people publish."""

from __future__ import annotations

from tests import rooms
from tests.cast import signed_in

PATH = "/en/c/water/summary/sign"


async def test_two_people_publish_a_summary(client):
    here = await rooms.small_room()
    await rooms.shown(here)
    amara, gus = await signed_in(client, "amara"), await signed_in(client, "gus")
    page = (await amara.get(PATH)).text
    assert "You sign first" in page
    assert (await amara.post(PATH, {"_key": "a", "_version": "0"})).status_code == 303
    page = (await amara.get(PATH)).text
    assert "A second person has to sign too" in page
    assert "No summary has been published yet" in (await client.get("/en/c/water/summary")).text
    page = (await gus.get(PATH)).text
    assert "Sign and publish" in page
    answer = await gus.post(PATH, {"_key": "b", "_version": "0"})
    assert answer.headers["location"] == "/en/c/water/summary"
    assert "Participants generally agreed" in (await client.get("/en/c/water/summary")).text


async def test_the_second_signature_is_for_the_text_that_was_read(client):
    here = await rooms.small_room()
    await rooms.shown(here)
    amara, gus = await signed_in(client, "amara"), await signed_in(client, "gus")
    await amara.post(PATH, {"_key": "a", "_version": "0"})
    await amara.post("/en/c/water/summary/edit", {"_key": "b", "_version": "0", "introduction": "Another text [1]."})
    await rooms.shown(here)
    await amara.post(PATH, {"_key": "c", "_version": "1"})
    assert (await gus.post(PATH, {"_key": "d", "_version": "0"})).status_code == 409
    assert (await gus.post(PATH, {"_key": "e", "_version": "1"})).status_code == 303


async def test_a_signature_sent_twice_counts_once(client):
    here = await rooms.small_room()
    await rooms.shown(here)
    amara = await signed_in(client, "amara")
    first = await amara.post(PATH, {"_key": "a", "_version": "0"})
    second = await amara.post(PATH, {"_key": "a", "_version": "0"})
    assert (first.status_code, second.status_code) == (303, 303)
    assert "No summary has been published yet" in (await client.get("/en/c/water/summary")).text


async def test_what_stands_in_the_way_is_said_and_the_button_is_shut(client):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    await amara.post("/en/c/water/summary/edit", {"_key": "a", "_version": "0", "introduction": "No citation."})
    page = (await amara.get(PATH)).text
    assert "A claim without a citation cannot be published" in page
    assert "disabled" in page
    answer = await amara.post(PATH, {"_key": "b", "_version": "1"})
    assert answer.status_code == 422
    assert "A claim without a citation cannot be published" in answer.text


async def test_people_without_a_part_in_it_do_not_see_the_page(client):
    await rooms.small_room()
    for name in ("ben", "fatima", "eve"):
        browser = await signed_in(client, name)
        assert (await browser.get(PATH)).status_code == 403
        assert (await browser.post(PATH, {"_key": "a", "_version": "0"})).status_code == 403
    assert (await (await signed_in(client, "dana")).get(PATH)).status_code == 403
