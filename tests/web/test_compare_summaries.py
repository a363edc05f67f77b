"""GET /c/{slug}/summary/compare: two published versions, passage by passage."""

from __future__ import annotations

import re

import pytest

from app.actions import summaries
from app.documents.added import Added
from app.documents.compare import _words
from tests import factories, rooms


async def published(here, added):
    amara = await factories.actor("amara", here)
    draft = await summaries.draft_of(amara)
    await summaries.write(added=added, version=draft.version, by=amara)
    await rooms.shown(here)
    await summaries.sign(by=amara)
    await summaries.sign(by=await factories.actor("gus", here))


@pytest.mark.slow
async def test_older_versions_stay_and_what_has_changed_is_marked(client):
    here = await rooms.small_room()
    await published(here, Added(introduction="Villages came first [1]."))
    await published(here, Added(introduction="Villages and towns came first [1].", correction="Towns were forgotten."))
    page = (await client.get("/en/c/water/summary/compare")).text
    assert re.search(r"<ins>\s*and towns\s*</ins>", page)
    assert "Towns were forgotten." in page
    assert "From summary 1 to summary 2" in page
    assert "Villages came first" in (await client.get("/en/c/water/summary?number=1")).text
    assert "/en/c/water/summary/compare?number=2" in (await client.get("/en/c/water/summary")).text


async def test_a_summary_that_is_not_there_is_not_compared(client):
    here = await rooms.small_room()
    assert (await client.get("/en/c/water/summary/compare")).status_code == 404
    await published(here, Added())
    for query in ("", "?number=1&with=9", "?with=x"):
        assert (await client.get(f"/en/c/water/summary/compare{query}")).status_code == 404


def test_passages_that_share_hardly_a_word_are_one_that_went_and_one_that_came():
    assert [[part.kind for part in parts] for parts in _words("a b c d", "w x y z")] == [["gone"], ["new"]]
    assert [[part.kind for part in parts] for parts in _words("a b c d", "a b x d")] == [
        ["same", "gone", "new", "same"]
    ]
