"""Versions of the short text for other readers: written by a person, checked like the summary, signed with it."""

from __future__ import annotations

from tests import rooms
from tests.cast import signed_in

EDIT, SIGN = "/en/c/water/summary/edit", "/en/c/water/summary/sign"
EASY = "People want wells [1]. They want to plan them with the villages [1]."


async def test_a_version_is_published_with_the_signed_summary_and_labelled_as_one(client):
    here = await rooms.small_room()
    amara, gus = await signed_in(client, "amara"), await signed_in(client, "gus")
    assert "For young people" in (await amara.get(EDIT)).text
    saved = await amara.post(EDIT, {"_key": "a", "_version": "0", "version_young_people": EASY})
    assert saved.status_code == 303
    await rooms.shown(here)
    assert (await amara.post(SIGN, {"_key": "b", "_version": "1"})).status_code == 303
    assert (await gus.post(SIGN, {"_key": "c", "_version": "1"})).status_code == 303
    page = (await client.get("/en/c/water/summary")).text
    assert "For young people: a version of the short text, written by the convenor" in page
    assert "They want to plan them with the villages" in page
    assert "For decision makers" not in page
    text = (await client.get("/en/c/water/summary.md")).text
    assert "For young people" in text
    assert "They want to plan them with the villages" in text


async def test_a_version_is_checked_like_the_summary(client):
    await rooms.small_room()
    amara = await signed_in(client, "amara")
    for number, (text, said) in enumerate(
        (
            ("People want wells.", "A claim without a citation cannot be published"),
            ("Exactly 93 people want wells [1].", "is in none of the facts that this sentence cites"),
        )
    ):
        form = {"_key": text, "_version": str(number), "version_communities": text}
        assert (await amara.post(EDIT, form)).status_code == 303
        page = (await amara.get(SIGN)).text
        assert said in page, text
        assert "disabled" in page
