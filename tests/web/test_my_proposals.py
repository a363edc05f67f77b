"""/c/{slug}/me/proposals: what became of one's own, and taking one back."""

from __future__ import annotations

from typing import Any

from app.actions import moderation
from app.database import fetchval
from tests import factories
from tests.cast import signed_in


async def proposed(client: Any) -> tuple[Any, Any]:
    made = await factories.make_consultation()
    chidi = await factories.join("chidi", made)
    await factories.propose(chidi, "Build wells together.")
    declined = await factories.propose(chidi, "My neighbour wastes water.", accepted=False)
    await factories.propose(chidi, "Meter every tap.", accepted=False)
    await moderation.decline(
        proposal=declined,
        reason_code="unclear",
        reason="It is about one person.",
        by=await factories.actor("ben", made),
    )
    return made, await signed_in(client, "chidi")


async def test_it_says_what_became_of_each_and_why(client: Any) -> None:
    _, chidi = await proposed(client)
    page = (await chidi.get("/en/c/water/me/proposals")).text
    for text in ("Open for votes", "Declined", "It is about one person.", "Waiting for a moderator"):
        assert text in page


async def test_nobody_else_s_are_there(client: Any) -> None:
    made, _ = await proposed(client)
    await factories.join("dana", made)
    dana = await signed_in(client, "dana")
    page = (await dana.get("/en/c/water/me/proposals")).text
    assert "Build wells together" not in page
    assert (await dana.get("/en/c/water/statements/2/withdraw")).status_code == 404


async def test_taking_one_back_asks_first_and_keeps_it_on_record(client: Any) -> None:
    _, chidi = await proposed(client)
    asked = await chidi.get("/en/c/water/statements/1/withdraw")
    assert asked.status_code == 200
    assert "Build wells together" in asked.text
    answer = await chidi.post("/en/c/water/statements/1/withdraw")
    assert answer.status_code == 303
    assert await fetchval("select status from proposals where number = 1") == "withdrawn"
    assert "Build wells together" not in (await chidi.get("/en/c/water/statements")).text
    assert "Withdrawn" in (await chidi.get("/en/c/water/me/proposals")).text


async def test_what_was_decided_in_the_meantime_is_not_overwritten(client: Any) -> None:
    _, chidi = await proposed(client)
    answer = await chidi.post("/en/c/water/statements/2/withdraw")
    assert answer.status_code == 409
    assert await fetchval("select status from proposals where number = 2") == "declined"


async def test_only_its_author_takes_it_back(client: Any) -> None:
    made, _ = await proposed(client)
    await factories.join("dana", made)
    dana = await signed_in(client, "dana")
    assert (await dana.post("/en/c/water/statements/1/withdraw")).status_code == 403
    assert (await dana.post("/en/c/water/statements/3/withdraw")).status_code == 404
    assert await fetchval("select count(*) from proposals where status = 'withdrawn'") == 0


async def test_after_the_round_it_cannot_be_taken_back(client: Any) -> None:
    made, chidi = await proposed(client)
    await factories.move_to(made, 2)
    assert "Proposals are accepted only while" in (await chidi.get("/en/c/water/me/proposals")).text
    assert (await chidi.post("/en/c/water/statements/1/withdraw")).status_code == 410
