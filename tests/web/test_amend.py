"""/c/{slug}/statements/{n}/amend and /c/{slug}/amendments/{id}: other words, accepted by who speaks for a statement."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions import moderation, proposals
from app.database import execute, fetchval
from app.tables.amendments import Amendment
from app.tables.outbox import Message
from app.tables.proposals import Proposal
from tests import factories
from tests.cast import signed_in

OLD = "Every village should have a well."
NEW = "Every village should have a well, run by those who use it."


@pytest.fixture
async def room(client: Any) -> Any:
    """Chidi's statement, open for votes, and Dana who would say it otherwise."""
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    await factories.join("dana", here)
    return here, await factories.propose(chidi, OLD)


async def propose(client: Any, name: str = "dana", *, number: int = 1, words: str = NEW) -> Any:
    browser = await signed_in(client, name)
    path = f"/en/c/water/statements/{number}/amend"
    return await browser.post(path, {"statement": words, "reason": "Wells without owners break."})


async def amendment() -> Amendment:
    found = await Amendment.objects().order_by(Amendment.created_at, ascending=False).first()
    assert found is not None
    return found


async def answer(client: Any, name: str, **fields: str) -> Any:
    return await (await signed_in(client, name)).post(f"/en/c/water/amendments/{(await amendment()).id}", fields)


async def statement(number: int) -> Proposal:
    found = await Proposal.objects().where(Proposal.number == number).first()
    assert found is not None
    return found


async def test_the_author_is_asked_and_sees_what_changes_in_words_and_signs(client: Any, room: Any) -> None:
    assert (await propose(client)).status_code == 303
    told = await Message.objects().where(Message.kind == "amendment_proposed").first()
    assert told is not None
    assert told.to == "chidi@example.org"
    assert NEW not in told.text
    chidi = await signed_in(client, "chidi")
    mine = (await chidi.get("/en/c/water/me/proposals")).text
    assert "Other words for statement 1: accept, decline or leave them" in mine
    page = (await chidi.get(f"/en/c/water/amendments/{(await amendment()).id}")).text
    assert "<ins>" in page
    assert "added:" in page
    assert "Wells without owners break." in page
    assert "Accept these words" in page


async def test_words_can_be_compared_before_they_are_proposed(client: Any, room: Any) -> None:
    dana = await signed_in(client, "dana")
    path = "/en/c/water/statements/1/amend"
    assert OLD in (await dana.get(path)).text
    page = await dana.post(path, {"statement": NEW, "reason": "", "look": "1"})
    assert page.status_code == 200
    assert "What your words change" in page.text
    assert await Amendment.count() == 0


async def test_accepted_words_become_a_statement_once_a_moderator_has_read_them(client: Any, room: Any) -> None:
    here, old = room
    await propose(client)
    assert (await answer(client, "chidi", answer="accept")).status_code == 303
    assert (await statement(1)).status == "accepted"
    new = await statement(2)
    assert (new.statement, new.status, new.author) == (NEW, "waiting", old.author)
    queue = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    assert "The author of statement 1 accepted these words." in queue
    assert (
        "wait for a moderator" in (await (await signed_in(client, "eve")).get("/en/c/water/statements/1/lineage")).text
    )
    await moderation.accept(proposal=new, by=await factories.actor("ben", here))
    old = await statement(1)
    assert (old.status, old.merged_into, old.statement) == ("merged", new.id, OLD)
    page = (await (await signed_in(client, "dana")).get("/en/c/water/statements/1")).text
    assert "Statement 2 stands for it now" in page


async def test_what_a_moderator_declines_leaves_the_statement_as_it_was(client: Any, room: Any) -> None:
    here, _ = room
    await propose(client)
    await answer(client, "chidi", answer="accept")
    await moderation.decline(
        proposal=await statement(2), reason_code="unclear", reason="Who runs it?", by=await factories.actor("ben", here)
    )
    assert (await statement(1)).status == "accepted"
    assert (await propose(client, words=NEW + " Really.")).status_code == 303


async def test_it_is_declined_with_a_reason_and_can_become_a_proposal_of_its_writer(client: Any, room: Any) -> None:
    here, _ = room
    await propose(client)
    assert (await answer(client, "chidi", answer="decline")).status_code == 422
    assert (await answer(client, "chidi", answer="decline", why="Villages differ.")).status_code == 303
    told = await Message.objects().where(Message.kind == "amendment_answered").first()
    assert told is not None
    assert told.to == "dana@example.org"
    assert "Villages differ." in told.text
    assert (await answer(client, "dana", answer="own")).status_code == 303
    own = await statement(2)
    assert (own.status, own.statement) == ("waiting", NEW)
    assert own.author == (await amendment()).participant
    await moderation.accept(proposal=own, by=await factories.actor("ben", here))
    assert (await statement(1)).status == "accepted", "its own proposal stands beside the other, not for it"
    eve = await signed_in(client, "eve")
    assert "became statement 2" in (await eve.get("/en/c/water/statements/1/lineage")).text
    assert "Began as other words for statement 1" in (await eve.get("/en/c/water/statements/2/lineage")).text


async def test_words_that_are_left_unanswered_can_become_a_proposal_of_their_own(client: Any, room: Any) -> None:
    await propose(client)
    assert (await answer(client, "dana", answer="own")).status_code == 303
    assert (await statement(2)).status == "waiting"
    assert (await answer(client, "chidi", answer="accept")).status_code == 409


async def test_who_proposed_words_can_take_them_back(client: Any, room: Any) -> None:
    await propose(client)
    assert (await propose(client, words=NEW + " Soon.")).status_code == 409
    assert (await answer(client, "dana", answer="withdraw")).status_code == 303
    assert (await answer(client, "chidi", answer="accept")).status_code == 409
    assert (await propose(client, words=NEW + " Soon.")).status_code == 303


async def test_an_author_rewords_their_own_statement_and_a_moderator_reads_it(client: Any, room: Any) -> None:
    here, _ = room
    assert (await propose(client, "chidi")).status_code == 303
    assert (await amendment()).status == "accepted"
    await moderation.accept(proposal=await statement(2), by=await factories.actor("ben", here))
    assert (await statement(1)).status == "merged"


async def test_for_a_statement_without_an_author_the_convenor_decides_at_once(client: Any) -> None:
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="scheduled")
    await proposals.write_starter(statement=OLD, language="en", by=await factories.actor("amara", here))
    await factories.move_to(here, 1)
    await factories.join("dana", here)
    await propose(client)
    assert "You are asked" in (await (await signed_in(client, "amara")).get("/en/c/water/convene")).text
    assert (await answer(client, "amara", answer="accept")).status_code == 303
    new = await statement(2)
    assert (new.status, new.author, new.is_starter) == ("accepted", None, True)
    assert (await statement(1)).merged_into == new.id


async def test_nobody_else_sees_or_answers_it(client: Any, room: Any) -> None:
    here = await factories.make_consultation(slug="air")
    await factories.join("eve", here)
    await propose(client)
    path = f"/c/water/amendments/{(await amendment()).id}"
    for name in ("ben", "amara", "eve"):
        assert (await (await signed_in(client, name)).get(f"/en{path}")).status_code == 404
    eve = await signed_in(client, "eve")
    assert (await eve.post(f"/en{path.replace('water', 'air')}", {"answer": "accept"})).status_code == 404
    assert (await answer(client, "dana", answer="accept")).status_code == 404
    assert (await answer(client, "dana", answer="decline", why="Because.")).status_code == 404
    assert (await answer(client, "chidi", answer="own")).status_code == 404
    assert (await answer(client, "amara", answer="accept")).status_code == 404
    assert (await amendment()).status == "waiting"


async def test_after_the_round_it_is_refused_with_a_sentence_and_the_words_are_handed_back(
    client: Any, room: Any
) -> None:
    here, _ = room
    await propose(client)
    await factories.move_to(here, 1, standing="closed")
    late = await answer(client, "chidi", answer="accept")
    assert late.status_code == 410
    assert "only while a propose round is open" in late.text
    again = await propose(client, words="Every single village should have a well.")
    assert again.status_code == 410
    assert "Every single village should have a well." in again.text


@pytest.mark.parametrize(("words", "reason"), [(OLD, "x"), ("  Every  village should have a well.", "x"), (NEW, "")])
async def test_words_that_change_nothing_or_come_without_a_reason_are_explained(
    client: Any, room: Any, words: str, reason: str
) -> None:
    dana = await signed_in(client, "dana")
    page = await dana.post("/en/c/water/statements/1/amend", {"statement": words, "reason": reason})
    assert page.status_code == 422
    assert "Please change one thing" in page.text
    assert await Amendment.count() == 0


async def test_what_is_not_open_for_votes_is_not_reworded(client: Any, room: Any) -> None:
    await propose(client)
    await execute("update proposals set status = 'withdrawn' where number = 1")
    assert (await answer(client, "chidi", answer="accept")).status_code == 409
    assert await fetchval("select count(*) from proposals") == 1


async def test_the_same_form_sent_twice_makes_one_amendment(client: Any, room: Any) -> None:
    dana = await signed_in(client, "dana")
    form = {"statement": NEW, "reason": "Wells break.", "_key": "once"}
    for _ in range(2):
        assert (await dana.post("/en/c/water/statements/1/amend", form)).status_code == 303
    assert await Amendment.count() == 1
