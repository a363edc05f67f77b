"""POST /c/{slug}/moderate/{number}/accept and /decline: one decision, told to the author, on record for all."""

from __future__ import annotations

import pytest

from app.actions import moderation, participants, proposals
from app.tables.audit import AuditEvent
from app.tables.outbox import Message
from app.tables.proposals import Proposal
from tests import factories
from tests.cast import signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
async def waiting(client):
    """A statement by Chidi that waits in Amara's consultation, and a second one by Dana."""
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    first = await factories.propose(chidi, "Build wells with the villages that use them.", accepted=False)
    second = await factories.propose(dana, "Train one pump mechanic in every village.", accepted=False)
    return first, second


async def status_of(proposal: Proposal) -> str:
    found = await Proposal.objects().where(Proposal.id == proposal.id).first()
    assert found is not None
    return found.status


async def events(proposal: Proposal) -> list[str]:
    rows = await AuditEvent.select(AuditEvent.action).where(AuditEvent.chain == str(proposal.consultation))
    return [row["action"] for row in rows if row["action"].startswith("moderation.")]


async def test_an_accepted_statement_is_open_for_votes_and_its_author_knows(client, waiting):
    first, _ = waiting
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/moderate/{first.number}/accept", {"_key": "a"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/en/c/water/moderate"
    assert await status_of(first) == "accepted"
    message = await Message.objects().where(Message.kind == "proposal_decided").first()
    assert message.to == "chidi@example.org"
    assert "open for votes" in message.subject
    assert first.statement not in message.text, "a message quotes nobody"


async def test_with_htmx_the_next_statement_comes_in_the_same_answer(client, waiting):
    first, second = waiting
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/moderate/{first.number}/accept", {"_key": "a"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert first.statement not in answer.text
    assert second.statement in answer.text
    assert f"Statement {first.number} is open for votes." in answer.text


async def test_a_declined_statement_keeps_its_reason_and_tells_its_author(client, waiting):
    first, _ = waiting
    ben = await signed_in(client, "ben")
    answer = await ben.post(
        f"/en/c/water/moderate/{first.number}/decline",
        {"reason_code": "several_ideas", "reason": "Please send each idea on its own.", "_key": "d"},
    )
    assert answer.status_code == 303
    found = await Proposal.objects().where(Proposal.id == first.id).first()
    assert (found.status, found.reason_code) == ("declined", "several_ideas")
    message = await Message.objects().where(Message.kind == "proposal_decided").first()
    assert "Please send each idea on its own." in message.text
    assert "It holds more than one idea" in message.text


@pytest.mark.parametrize(
    "typed",
    [
        {"reason_code": "unclear", "reason": ""},
        {"reason_code": "", "reason": "Not clear to me."},
        {"reason_code": "made_up", "reason": "Not clear to me."},
        {"reason_code": "unclear", "reason": "x" * 1001},
        {"reason_code": "unclear", "reason": "a\0b"},
        {"reason_code": "unclear"},
        {},
    ],
)
async def test_declining_needs_a_reason_from_the_list_and_words_and_keeps_what_was_typed(client, waiting, typed):
    first, _ = waiting
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/moderate/{first.number}/decline", typed)
    assert answer.status_code == 422
    assert "Please change" in answer.text
    if typed.get("reason") == "Not clear to me.":
        assert "Not clear to me." in answer.text
    assert await status_of(first) == "waiting"
    assert await events(first) == []


async def test_the_second_of_two_moderators_is_told_what_the_first_decided(client, waiting):
    first, second = waiting
    here = await factories.actor("amara", await _consultation(first))
    from app.actions import consultations
    from deliberation.phases import Role

    await consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=here)
    ben, hana = await signed_in(client, "ben"), await signed_in(client, "hana")
    await ben.post(
        f"/en/c/water/moderate/{first.number}/decline", {"reason_code": "unclear", "reason": "What is meant by wells?"}
    )
    late = await hana.post(f"/en/c/water/moderate/{first.number}/accept")
    assert late.status_code == 409
    assert "has been declined in the meantime" in late.text
    assert "The statement is unclear" in late.text
    assert second.statement in late.text, "the rest of the queue is still there"
    typed = {"reason_code": "unclear", "reason": "I wrote a long answer."}
    late = await hana.post(f"/en/c/water/moderate/{first.number}/decline", typed)
    assert "I wrote a long answer." in late.text
    assert await status_of(first) == "declined"
    assert await events(first) == ["moderation.decline"]


async def _consultation(proposal: Proposal):
    from app.tables.consultations import Consultation

    return await Consultation.objects().where(Consultation.id == proposal.consultation).first()


async def test_a_form_sent_twice_decides_once(client, waiting):
    first, _ = waiting
    ben = await signed_in(client, "ben")
    for _ in range(2):
        answer = await ben.post(f"/en/c/water/moderate/{first.number}/accept", {"_key": "same"})
        assert answer.status_code == 303
    assert await events(first) == ["moderation.accept"]
    assert await Message.count().where(Message.kind == "proposal_decided") == 1


async def test_a_moderator_cannot_decide_on_what_they_wrote_themselves(client):
    here = await factories.make_consultation()
    # Ben takes part as well: who moderates may have something to say, too.
    await participants.join(
        constituency="ngos", organisation="", region="african", language="en", by=await factories.actor("eve", here)
    )
    from app.actions import consultations
    from deliberation.phases import Role

    await consultations.appoint(email="eve@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    eve = await factories.actor("eve", here)
    mine = await proposals.submit(statement="Meter every tap.", language="en", by=eve)
    browser = await signed_in(client, "eve")
    page = (await browser.get("/en/c/water/moderate")).text
    assert "You wrote this statement yourself" in page
    assert f"/moderate/{mine.number}/accept" not in page
    for verb, data in (("accept", {}), ("decline", {"reason_code": "unclear", "reason": "x"})):
        assert (await browser.post(f"/en/c/water/moderate/{mine.number}/{verb}", data)).status_code == 403
    assert await status_of(mine) == "waiting"
    await moderation.accept(proposal=mine, by=await factories.actor("ben", here))
    assert await status_of(mine) == "accepted"


@pytest.mark.parametrize("number", [0, 999, 2**31, 10**30])
async def test_a_number_that_is_not_there_is_not_found(client, waiting, number):
    ben = await signed_in(client, "ben")
    assert (await ben.post(f"/en/c/water/moderate/{number}/accept")).status_code == 404


async def test_only_moderators_decide(client, waiting):
    first, _ = waiting
    for name in ("amara", "chidi", "eve", "fatima", "gus"):
        browser = await signed_in(client, name)
        assert (await browser.post(f"/en/c/water/moderate/{first.number}/accept")).status_code == 403
    assert await status_of(first) == "waiting"


async def test_the_record_shows_texts_to_staff_and_reasons_to_all(client, waiting):
    first, second = waiting
    ben = await signed_in(client, "ben")
    await ben.post(f"/en/c/water/moderate/{second.number}/accept")
    typed = {"reason_code": "unclear", "reason": "What is meant by wells?"}
    await ben.post(f"/en/c/water/moderate/{first.number}/decline", typed)
    staff = (await ben.get("/en/c/water/record")).text
    assert first.statement in staff
    assert "What is meant by wells?" in staff
    assert "2 decisions on statements so far: 1 accepted, 1 declined." in staff
    public = (await client.get("/en/c/water/record", headers={"cookie": ""})).text
    assert f"Statement {first.number} declined" in public
    assert "The statement is unclear" in public
    assert first.statement not in public
    assert "What is meant by wells?" not in public
    assert "moderator:" not in public
