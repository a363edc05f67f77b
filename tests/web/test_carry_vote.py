"""/c/{slug}/me/carry: a vote on words for which others stand counts nowhere until its voter carries it."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions import moderation
from app.analysis.landscape import read_input
from app.database import execute, fetch, fetchval, now
from app.tables.proposals import Proposal
from tests import factories
from tests.cast import signed_in

PEOPLE = ("dana", "hana", "ivan", "june")


@pytest.fixture
async def room(client: Any) -> Any:
    """Two statements of Chidi and Eve on which four people have voted, alike and not."""
    here = await factories.make_consultation()
    chidi, eve = await factories.join("chidi", here), await factories.join("eve", here)
    one = await factories.propose(chidi, "Every village should have a well.")
    two = await factories.propose(eve, "Every village should have one well.")
    choices = {
        "dana": ("agree", None),
        "hana": ("agree", "agree"),
        "ivan": ("disagree", None),
        "june": ("pass", "agree"),
    }
    for name, given in choices.items():
        by = await factories.join(name, here)
        for proposal, choice in zip((one, two), given, strict=True):
            if choice is not None:
                await factories.vote(by, proposal, choice)
    return here, one, two


async def merge(here: Any, one: Proposal, two: Proposal) -> None:
    """The first is merged into the second, by a moderator's suggestion and both consents."""
    request = await moderation.suggest_merge(proposal=one, into=two, by=await factories.actor("ben", here))
    for name in ("chidi", "eve"):
        await moderation.answer_merge(request=request, agrees=True, by=await factories.actor(name, here))


async def votes_on(proposal: Proposal) -> dict[str, str]:
    here = await fetchval("select consultation from proposals where id = $1", proposal.id)
    rows = await fetch("select participant, choice from votes where proposal = $1", proposal.id)
    found = {row["participant"]: row["choice"] for row in rows}
    names = {}
    for name in PEOPLE:
        who = await factories.actor(name, type("Here", (), {"id": here}))  # type: ignore[arg-type]
        assert who.participant is not None
        if who.participant.id in found:
            names[name] = found[who.participant.id]
    return names


async def test_after_a_merge_no_vote_has_moved_and_each_voter_is_asked(client: Any, room: Any) -> None:
    here, one, two = room
    await merge(here, one, two)
    assert await votes_on(one) == {"dana": "agree", "hana": "agree", "ivan": "disagree", "june": "pass"}
    assert await votes_on(two) == {"hana": "agree", "june": "agree"}
    dana = await signed_in(client, "dana")
    assert "1 vote of yours waits" in (await dana.get("/en/c/water/vote")).text
    assert "Not carried yet" in (await dana.get("/en/c/water/me/votes")).text
    page = (await dana.get("/en/c/water/me/carry")).text
    assert "Carry my vote: Agree" in page
    assert "removed:" in page
    hana = await signed_in(client, "hana")
    assert "No vote of yours waits" in (await hana.get("/en/c/water/me/carry")).text
    assert "votes of yours wait" not in (await hana.get("/en/c/water/vote")).text


async def test_carried_it_counts_once_and_dropped_it_does_not(client: Any, room: Any) -> None:
    here, one, two = room
    await merge(here, one, two)
    dana, ivan = await signed_in(client, "dana"), await signed_in(client, "ivan")
    answer = await dana.post(f"/en/c/water/me/carry/{two.number}", {"answer": "carry"})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/c/water/vote")
    assert (await ivan.post(f"/en/c/water/me/carry/{two.number}", {"answer": "drop"})).status_code == 303
    assert await votes_on(two) == {"dana": "agree", "hana": "agree", "june": "agree"}
    assert len(await votes_on(one)) == 4, "the originals keep their votes"
    for browser in (dana, ivan):
        assert "No vote of yours waits" in (await browser.get("/en/c/water/me/carry")).text
        again = await browser.post(f"/en/c/water/me/carry/{two.number}", {"answer": "carry"})
        assert again.status_code == 409


async def test_an_analysis_sees_each_person_once_and_nothing_that_was_not_carried(client: Any, room: Any) -> None:
    here, one, two = room
    await merge(here, one, two)
    before = await read_input(here, await now())
    assert before is not None
    assert before.votes.statement_ids.tolist() == [two.id]
    assert before.votes.signs.tolist() == [1, 1]
    dana = await signed_in(client, "dana")
    await dana.post(f"/en/c/water/me/carry/{two.number}", {"answer": "carry"})
    after = await read_input(here, await now())
    assert after is not None
    assert after.votes.signs.tolist() == [1, 1, 1]
    assert len(set(after.votes.rows.tolist())) == 3


async def test_who_looks_again_and_votes_has_answered(client: Any, room: Any) -> None:
    here, one, two = room
    await merge(here, one, two)
    dana = await signed_in(client, "dana")
    page = (await dana.get("/en/c/water/me/carry")).text
    assert f"/c/water/vote?again={two.number}" in page
    assert two.statement in (await dana.get(f"/en/c/water/vote?again={two.number}")).text
    await dana.post(f"/en/c/water/votes/{two.number}", {"choice": "disagree"})
    assert (await votes_on(two))["dana"] == "disagree"
    assert "No vote of yours waits" in (await dana.get("/en/c/water/me/carry")).text


async def test_all_at_once_asks_first_and_leaves_what_differs(client: Any, room: Any) -> None:
    here, one, two = room
    chidi = await factories.actor("chidi", here)
    third = await factories.propose(chidi, "Each village should have its own clean well.")
    fourth = await factories.propose(chidi, "Wells are mended within a week.")
    fifth = await factories.propose(chidi, "Wells are mended within two weeks.")
    dana = await factories.actor("dana", here)
    await factories.vote(dana, two, "disagree")
    await factories.vote(dana, fourth, "agree")
    for original, carrier in ((one, third), (two, third), (fourth, fifth)):
        await moderation.let_stand_for(proposal=original, into=carrier)
    browser = await signed_in(client, "dana")
    page = (await browser.get("/en/c/water/me/carry")).text
    assert "You voted differently on these" in page
    asked = (await browser.get("/en/c/water/me/carry/all")).text
    assert "Carry all my votes?" in asked
    assert await votes_on(fifth) == {}
    answer = await browser.post("/en/c/water/me/carry/all")
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/me/carry"), "one is left"
    assert await votes_on(fifth) == {"dana": "agree"}
    assert await votes_on(third) == {}
    assert (await browser.post(f"/en/c/water/me/carry/{third.number}", {"answer": "carry"})).status_code == 422


async def test_a_vote_follows_through_two_merges(client: Any, room: Any) -> None:
    here, one, two = room
    third = await factories.propose(
        await factories.actor("chidi", here), "Each village should have its own clean well."
    )
    await moderation.let_stand_for(proposal=one, into=two)
    dana, hana = await signed_in(client, "dana"), await signed_in(client, "hana")
    await dana.post(f"/en/c/water/me/carry/{two.number}", {"answer": "drop"})
    await moderation.let_stand_for(proposal=two, into=third)
    assert "No vote of yours waits" in (await dana.get("/en/c/water/me/carry")).text, "what was dropped stays dropped"
    await hana.post(f"/en/c/water/me/carry/{third.number}", {"answer": "carry"})
    assert await votes_on(third) == {"hana": "agree"}


async def test_a_vote_that_matters_a_lot_still_does(client: Any, room: Any) -> None:
    here, one, two = room
    await execute("update votes set matters = true where proposal = $1", one.id)
    await merge(here, one, two)
    dana = await signed_in(client, "dana")
    await dana.post(f"/en/c/water/me/carry/{two.number}", {"answer": "carry"})
    assert await fetchval("select count(*) from votes where proposal = $1 and matters", two.id) == 1


async def test_after_the_round_nothing_is_carried(client: Any, room: Any) -> None:
    here, one, two = room
    await merge(here, one, two)
    await factories.move_to(here, 1, standing="closed")
    dana = await signed_in(client, "dana")
    assert "Voting is not open" in (await dana.get("/en/c/water/me/carry")).text
    for path in (f"/en/c/water/me/carry/{two.number}", "/en/c/water/me/carry/all"):
        assert (await dana.post(path, {"answer": "carry"} if "all" not in path else {})).status_code == 410
    assert "dana" not in await votes_on(two)


@pytest.mark.parametrize("given", ["", "look", "agree", "carry "])
async def test_an_answer_that_is_none_changes_nothing(client: Any, room: Any, given: str) -> None:
    here, one, two = room
    await merge(here, one, two)
    dana = await signed_in(client, "dana")
    answer = await dana.post(f"/en/c/water/me/carry/{two.number}", {"answer": given})
    assert answer.status_code == (303 if given.strip() == "carry" else 422)
    assert ("dana" in await votes_on(two)) is (given.strip() == "carry")


async def test_by_htmx_the_next_question_comes_with_the_answer(client: Any, room: Any) -> None:
    here, one, two = room
    await merge(here, one, two)
    dana = await signed_in(client, "dana")
    answer = await dana.post(f"/en/c/water/me/carry/{two.number}", {"answer": "carry"}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="carry"')
    assert f"Your vote counts for statement {two.number} now." in answer.text


async def test_two_merges_that_would_close_a_circle_are_refused(client: Any, room: Any) -> None:
    here, one, two = room
    ben = await signed_in(client, "ben")
    path = "/en/c/water/statements/{}/merge"
    assert (await ben.post(path.format(one.number), {"into": str(two.number)})).status_code == 303
    assert (await ben.post(path.format(two.number), {"into": str(one.number)})).status_code == 409
    third = await factories.propose(
        await factories.actor("chidi", here), "Each village should have its own clean well."
    )
    waiting = await moderation.suggest_merge(proposal=two, into=third, by=await factories.actor("ben", here))
    request = await fetchval("select id from merge_requests where proposal = $1", one.id)
    for name in ("chidi", "eve"):
        await moderation.answer_merge(request=waiting, agrees=True, by=await factories.actor(name, here))
    answer = await (await signed_in(client, "chidi")).post(f"/en/c/water/merges/{request}", {"answer": "agree"})
    assert answer.status_code == 409, "the second stands for nothing any more, so that nothing is merged into it"
    assert await fetchval("select status from proposals where id = $1", one.id) == "accepted"


async def test_an_author_suggests_a_merge_for_their_own_statement_only(client: Any, room: Any) -> None:
    _, one, two = room
    chidi, dana = await signed_in(client, "chidi"), await signed_in(client, "dana")
    assert (await dana.get(f"/en/c/water/statements/{one.number}/merge")).status_code == 403
    assert (await dana.post(f"/en/c/water/statements/{one.number}/merge", {"into": str(two.number)})).status_code == 403
    assert two.statement in (await chidi.get(f"/en/c/water/statements/{one.number}/merge")).text
    assert (await chidi.post(f"/en/c/water/statements/{one.number}/merge", {"into": "99"})).status_code == 422
    assert (
        await chidi.post(f"/en/c/water/statements/{one.number}/merge", {"into": str(two.number)})
    ).status_code == 303
    request = await fetchval("select id from merge_requests where author_agrees and other_author_agrees is null")
    eve = await signed_in(client, "eve")
    assert "Say yes or no" in (await eve.get("/en/c/water/me/proposals")).text
    assert (await eve.post(f"/en/c/water/merges/{request}", {"answer": "agree"})).status_code == 303
    assert await fetchval("select status from proposals where id = $1", one.id) == "merged"
