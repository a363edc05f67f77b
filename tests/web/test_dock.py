"""The bar at the bottom of a phone: what is open now, and one's own votes."""

from __future__ import annotations

import re

import pytest

from deliberation.phases import Phase
from tests import factories
from tests.cast import signed_in

PARTNERSHIP = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT)


def dock(page: str) -> list[str]:
    bar = re.search(r'<nav class="dock".*?</nav>', page, re.DOTALL)
    return re.findall(r"<span>(.*?)</span>", bar[0]) if bar else []


@pytest.mark.parametrize(
    ("number", "standing", "shown"),
    [
        (1, "scheduled", ["Statements", "My votes"]),
        (1, "open", ["Vote", "Propose", "Results", "My votes"]),
        (1, "closed", ["Results", "Statements", "My votes"]),
        (2, "open", ["Results", "Statements", "My votes"]),
        (2, "closed", ["Results", "Two slates", "Statements", "My votes"]),
        (3, "open", ["Respond", "Results", "Two slates", "My votes"]),
        (4, "open", ["Coalitions", "Results", "Two slates", "My votes"]),
        (4, "closed", ["Results", "Two slates", "Statements", "My votes"]),
    ],
)
async def test_it_offers_what_is_open_and_leads_nowhere_that_is_closed(client, number, standing, shown):
    here = await factories.make_consultation(phases=PARTNERSHIP)
    await factories.join("chidi", here)
    await factories.move_to(here, number, standing=standing)
    chidi = await signed_in(client, "chidi")
    assert dock((await chidi.get("/en/c/water")).text) == shown


async def test_the_page_one_is_on_is_marked(client):
    here = await factories.make_consultation()
    await factories.join("chidi", here)
    page = (await (await signed_in(client, "chidi")).get("/en/c/water/vote")).text
    assert re.findall(r'aria-current="page"[^>]*>[^<]*<svg.*?<span>(.*?)</span>', page, re.DOTALL) == ["Vote"]


async def test_who_takes_no_part_has_none(client):
    await factories.make_consultation()
    assert dock((await client.get("/en/c/water")).text) == []
