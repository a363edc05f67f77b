"""POST /c/{slug}/votes/{number}/undo: the vote is taken back, and its card comes again."""

from __future__ import annotations

from typing import Any

from app.database import fetchval
from tests import factories
from tests.cast import signed_in


async def voted(client: Any) -> tuple[Any, Any, str]:
    made = await factories.make_consultation()
    dana = await factories.join("dana", made)
    proposal = await factories.propose(dana, "Build wells with the villages that use them.")
    chidi = await factories.join("chidi", made)
    await factories.vote(chidi, proposal, "agree")
    await factories.vote(dana, proposal, "disagree")
    return made, await signed_in(client, "chidi"), f"/en/c/water/votes/{proposal.number}/undo"


async def test_it_takes_back_only_the_own_vote(client: Any) -> None:
    _, chidi, path = await voted(client)
    answer = await chidi.post(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/vote?again=1"
    assert "Build wells with the villages" in (await chidi.get("/en/c/water/vote?again=1")).text
    assert await fetchval("select array_agg(choice::text) from votes") == ["disagree"]


async def test_the_fragment_is_the_card_again(client: Any) -> None:
    _, chidi, path = await voted(client)
    answer = await chidi.post(path, headers={"hx-request": "true"})
    assert "Build wells with the villages" in answer.text
    assert "is taken back" in answer.text


async def test_undoing_twice_changes_nothing_more(client: Any) -> None:
    _, chidi, path = await voted(client)
    assert [(await chidi.post(path)).status_code for _ in range(2)] == [303, 303]
    assert await fetchval("select count(*) from votes") == 1


async def test_after_the_round_the_vote_stays(client: Any) -> None:
    made, chidi, path = await voted(client)
    await factories.move_to(made, 2)
    answer = await chidi.post(path)
    assert answer.status_code == 410
    assert "Your earlier votes are kept" in answer.text
    assert await fetchval("select count(*) from votes") == 2


async def test_without_the_token_nothing_is_undone(client: Any) -> None:
    _, chidi, path = await voted(client)
    assert (await chidi.post(path, {"_csrf_token": "0" * 64})).status_code == 403
    assert await fetchval("select count(*) from votes") == 2
