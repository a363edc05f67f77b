"""/c/{slug}/me/votes: one's own votes, filtered and changed in place; nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from app.database import fetchval
from tests import factories
from tests.cast import signed_in


async def voted(client: Any) -> tuple[Any, Any]:
    made = await factories.make_consultation()
    dana, chidi = await factories.join("dana", made), await factories.join("chidi", made)
    for text, own, other in (("Build wells together.", "agree", "disagree"), ("Meter every tap.", "pass", "agree")):
        proposal = await factories.propose(dana, text)
        await factories.vote(chidi, proposal, own)
        await factories.vote(dana, proposal, other)
    return made, await signed_in(client, "chidi")


async def test_it_lists_the_own_votes_in_the_order_of_the_statements(client: Any) -> None:
    _, chidi = await voted(client)
    page = (await chidi.get("/en/c/water/me/votes")).text
    assert page.index("Build wells together") < page.index("Meter every tap")
    assert page.count('class="st"') == 2


async def test_it_narrows_by_choice(client: Any) -> None:
    _, chidi = await voted(client)
    unsure = (await chidi.get("/en/c/water/me/votes?choice=pass")).text
    assert "Meter every tap" in unsure
    assert "Build wells together" not in unsure
    assert "No votes here yet" in (await chidi.get("/en/c/water/me/votes?choice=disagree")).text


async def test_a_vote_is_changed_in_two_steps(client: Any) -> None:
    _, chidi = await voted(client)
    answer = await chidi.post("/en/c/water/me/votes/1", {"choice": "disagree", "priority": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/me/votes#s1"
    page = (await chidi.get("/en/c/water/me/votes?choice=disagree")).text
    assert "Matters a lot to me" in page


async def test_later_or_nonsense_changes_nothing(client: Any) -> None:
    _, chidi = await voted(client)
    for choice in ("later", "maybe", ""):
        assert (await chidi.post("/en/c/water/me/votes/1", {"choice": choice})).status_code == 303
    assert await fetchval("select count(*) from votes where choice = 'agree'") == 2


async def test_after_the_round_votes_are_shown_and_not_changed(client: Any) -> None:
    made, chidi = await voted(client)
    await factories.move_to(made, 2)
    page = (await chidi.get("/en/c/water/me/votes")).text
    assert "Voting is not open" in page
    assert "Change to" not in page
    assert (await chidi.post("/en/c/water/me/votes/1", {"choice": "pass"})).status_code == 410


@pytest.mark.parametrize("name", ["ben", "amara", "fatima", "eve"])
async def test_who_takes_no_part_has_none(client: Any, name: str) -> None:
    await voted(client)
    browser = await signed_in(client, name)
    assert (await browser.get("/en/c/water/me/votes")).status_code == 403


@pytest.mark.parametrize("query", ["choice=zzz", "choice=%00", "page=0", "page=-5", "page=999999999999", "page=2"])
async def test_odd_parameters_are_left_out_of_account(client: Any, query: str) -> None:
    _, chidi = await voted(client)
    assert (await chidi.get(f"/en/c/water/me/votes?{query}")).status_code == 200
