"""The results on a statement's own page: only released rows, and only once results may be seen."""

from __future__ import annotations

from deliberation.disclosure import Attribution
from tests import factories, simulated

PATH = "/en/c/water/statements/103"


async def test_before_the_round_has_closed_the_page_says_nothing_of_votes(client):
    here = await factories.make_consultation()
    await simulated.fill(here, n_participants=40, n_statements=10)
    page = (await client.get(PATH)).text
    assert "All results" not in page
    assert "Everybody" not in page


async def test_afterwards_it_shows_everybody_and_each_group_in_steps_of_five(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=120, n_statements=24)
    await simulated.freeze_first_round(here)
    page = (await client.get(PATH)).text
    assert "Everybody" in page
    for letter in "AB":
        assert f"Group {letter}" in page
    assert "All results" in page


async def test_in_a_small_room_it_speaks_in_words(client):
    here = await factories.make_consultation(attribution=Attribution.CHATHAM_HOUSE)
    await factories.move_to(here, 1, standing="closed")
    await simulated.fill(here, n_participants=15, n_statements=10, votes_per_person=40.0)
    await simulated.freeze_first_round(here)
    page = (await client.get(PATH)).text
    results = page[page.index('id="h-results"') : page.index("All results")]
    assert "articipants agreed" in results or "generally agreed" in results or "suggested" in results
    assert "%" not in results
