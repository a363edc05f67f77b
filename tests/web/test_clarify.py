"""Unclear wording: returned to its author with a question, answered, and back at its place in the queue."""

from __future__ import annotations

import pytest

from app.actions import amendments, clarifications, moderation, proposals
from app.analysis.power_rows import STATUSES, read_rows
from app.controllers.proposals import STATUS_NAMES
from app.database import execute, fetchval
from app.refusals import Closed, Conflict, Denied, Invalid, NotFound
from app.tables.audit import AuditEvent
from app.tables.outbox import Message
from app.tables.proposals import Proposal
from deliberation.power import Status
from tests import factories
from tests.cast import signed_in

UNCLEAR = "They should do it soon."
CLEAR = "Districts should repair broken pumps within a week."
ASKED = {"kind": "who", "question": "Who should do what?", "_key": "r"}


@pytest.fixture
async def asked(client):
    """A statement of Chidi's that Ben returned with a question; one of Dana's was submitted after it."""
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    made = await factories.propose(chidi, UNCLEAR, accepted=False)
    await factories.propose(dana, "Train one pump mechanic in every village.", accepted=False)
    answer = await (await signed_in(client, "ben")).post(f"/en/c/water/moderate/{made.number}/return", ASKED)
    assert answer.status_code == 303
    return here, made


async def fresh(proposal: Proposal) -> Proposal:
    found = await Proposal.objects().where(Proposal.id == proposal.id).first()
    assert found is not None
    return found


async def test_a_returned_statement_is_with_its_author_and_nobody_decides_on_it(client, asked):
    _, made = asked
    assert (await fresh(made)).status == "returned"
    ben = await signed_in(client, "ben")
    page = (await ben.get("/en/c/water/moderate")).text
    assert f'id="w{made.number}"' not in page
    assert "With their authors" in page
    assert "Who should do what?" in page
    late = await ben.post(f"/en/c/water/moderate/{made.number}/accept", {"_key": "a"})
    assert late.status_code == 409
    assert "returned to its author" in late.text
    # A second moderator's question comes too late, too.
    assert (await ben.post(f"/en/c/water/moderate/{made.number}/return", ASKED | {"_key": "r2"})).status_code == 409


async def test_its_author_reads_the_question_by_mail_and_under_my_proposals(client, asked):
    _, made = asked
    message = await Message.objects().where(Message.kind == "clarification_asked").first()
    assert message.to == "chidi@example.org"
    assert "Who should do what?" in message.text
    assert "It does not say who should act" in message.text
    assert f"/statements/{made.number}/clarify" in message.text
    assert UNCLEAR not in message.text, "a message quotes no statement"
    page = (await (await signed_in(client, "chidi")).get("/en/c/water/me/proposals")).text
    assert "Returned to its author with a question" in page
    assert f"A moderator asks what statement {made.number} means" in page


async def test_the_answer_brings_it_back_to_its_place_in_the_queue(client, asked):
    here, made = asked
    before = await fresh(made)
    chidi = await signed_in(client, "chidi")
    path = f"/en/c/water/statements/{made.number}/clarify"
    assert UNCLEAR in (await chidi.get(path)).text
    sent = {"statement": CLEAR, "details": "As in **our** district.", "answer": "The districts.", "_key": "c"}
    answer = await chidi.post(path, sent)
    assert answer.status_code == 303
    after = await fresh(made)
    assert (after.status, after.statement, after.number) == ("waiting", CLEAR, before.number)
    assert after.waiting_since == before.waiting_since
    assert "<strong>our</strong>" in after.details_html
    assert bytes(after.vector) != bytes(before.vector)
    page = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    assert page.index(CLEAR) < page.index("Train one pump mechanic"), "it is the older one still"
    assert "The districts." in page
    assert "What the author changed" in page
    # The same form again changes nothing, a new one comes too late.
    assert (await chidi.post(path, sent)).status_code == 303
    assert (await chidi.post(path, sent | {"_key": "d"})).status_code == 409
    assert await fetchval("select count(*) from clarifications where answered_at is not null") == 1
    assert [row["action"] for row in await _events(here)] == ["clarifications.ask", "clarifications.answer"]


async def _events(here):
    return [
        row
        for row in await AuditEvent.select(AuditEvent.action, AuditEvent.payload)
        .where(AuditEvent.chain == str(here.id))
        .order_by(AuditEvent.sequence)
        if row["action"].startswith("clarifications.")
    ]


async def test_the_same_words_need_an_answer(client, asked):
    _, made = asked
    chidi = await signed_in(client, "chidi")
    path = f"/en/c/water/statements/{made.number}/clarify"
    refused = await chidi.post(path, {"statement": f" {UNCLEAR} ", "details": "", "answer": ""})
    assert refused.status_code == 422
    assert "Please change the words, or answer the question." in refused.text
    said = "Here everybody knows that they are the districts."
    assert (await chidi.post(path, {"statement": UNCLEAR, "answer": said})).status_code == 303
    page = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    assert said in page
    assert "What the author changed" not in page


@pytest.mark.parametrize(
    "typed", [{}, {"kind": "who", "question": " "}, {"kind": "made_up", "question": "What?"}, {"question": "What?"}]
)
async def test_a_question_needs_a_kind_from_the_list_and_words(client, typed):
    here = await factories.make_consultation()
    made = await factories.propose(await factories.join("chidi", here), UNCLEAR, accepted=False)
    answer = await (await signed_in(client, "ben")).post(f"/en/c/water/moderate/{made.number}/return", typed)
    assert answer.status_code == 422
    assert (await fresh(made)).status == "waiting"
    assert typed.get("question", "").strip() in answer.text


async def test_nobody_but_its_author_sees_or_answers_the_question(client, asked):
    _, made = asked
    path = f"/en/c/water/statements/{made.number}/clarify"
    for name in ("dana", "eve", "ben", "amara", "gus"):
        browser = await signed_in(client, name)
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, {"statement": CLEAR})).status_code in {403, 404}
    assert (await fresh(made)).status == "returned"


async def test_when_the_round_closes_first_the_words_are_kept_and_not_admitted(client, asked):
    here, made = asked
    await factories.move_to(here, 1, standing="closed")
    chidi = await signed_in(client, "chidi")
    path = f"/en/c/water/statements/{made.number}/clarify"
    sentence = "Your words are kept; the statement was not put to the vote."
    assert sentence in (await chidi.get("/en/c/water/me/proposals")).text
    assert sentence in (await chidi.get(path)).text
    late = await chidi.post(path, {"statement": CLEAR})
    assert late.status_code == 410
    assert CLEAR in late.text, "what was typed is handed back"
    found = await fresh(made)
    assert (found.status, found.statement) == ("returned", UNCLEAR)


async def test_after_the_round_nothing_is_returned_any_more(client):
    here = await factories.make_consultation()
    made = await factories.propose(await factories.join("chidi", here), UNCLEAR, accepted=False)
    await factories.move_to(here, 1, standing="closed")
    answer = await (await signed_in(client, "ben")).post(f"/en/c/water/moderate/{made.number}/return", ASKED)
    assert answer.status_code == 422
    assert "its author could not answer" in answer.text


async def test_its_author_may_withdraw_it_instead(client, asked):
    _, made = asked
    chidi = await signed_in(client, "chidi")
    assert (await chidi.post(f"/en/c/water/statements/{made.number}/withdraw", {"_key": "w"})).status_code == 303
    assert (await fresh(made)).status == "withdrawn"
    assert "With their authors" not in (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text


async def test_a_moderator_does_not_return_what_they_wrote_or_co_sponsor(client):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here, organisation="Wells Union")
    await factories.join("eve", here, organisation="Wells Union")
    made = await factories.propose(chidi, UNCLEAR, accepted=False, on_behalf=True)
    from app.actions import consultations
    from deliberation.phases import Role

    await consultations.appoint(email="eve@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    eve = await signed_in(client, "eve")
    page = (await eve.get("/en/c/water/moderate")).text
    assert "You or your organisation stand behind this statement" in page
    for verb, data in (("return", ASKED), ("accept", {"_key": "a"}), ("join", {"into": "1"})):
        assert (await eve.post(f"/en/c/water/moderate/{made.number}/{verb}", data)).status_code == 403
    assert (await fresh(made)).status == "waiting"


async def test_a_noted_point_is_answered_by_the_convenor(client):
    here = await factories.make_consultation()
    amara = await factories.actor("amara", here)
    made = await proposals.note_point(statement=UNCLEAR, language="en", by=amara)
    ben = await factories.actor("ben", here)
    await clarifications.ask(proposal=made, kind="what", question="What is it?", by=ben)
    message = await Message.objects().where(Message.kind == "clarification_asked").first()
    assert message.to == "amara@example.org"
    browser = await signed_in(client, "amara")
    assert "A moderator asks what statement" in (await browser.get("/en/c/water/convene")).text
    answer = await browser.post(f"/en/c/water/statements/{made.number}/clarify", {"statement": CLEAR})
    assert answer.headers["location"] == "/en/c/water/convene"
    assert (await fresh(made)).status == "waiting"


async def test_a_suggested_merge_ends_when_the_words_are_asked_about(client):
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    other = await factories.propose(dana, "Repair pumps.")
    made = await factories.propose(chidi, UNCLEAR, accepted=False)
    ben = await factories.actor("ben", here)
    request = await moderation.suggest_merge(proposal=made, into=other, by=ben)
    await clarifications.ask(proposal=made, kind="who", question="Who?", by=ben)
    with pytest.raises(Conflict):
        await moderation.answer_merge(request=request, agrees=True, by=chidi)


async def test_other_words_that_are_unclear_stand_for_the_statement_once_they_are_answered_and_read(client):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    original = await factories.propose(chidi, "Repair pumps.")
    await amendments.propose(proposal=original, statement="Repair them.", by=chidi)
    words = await Proposal.objects().where(Proposal.statement == "Repair them.").first()
    ben = await factories.actor("ben", here)
    await clarifications.ask(proposal=words, kind="what", question="What?", by=ben)
    await clarifications.answer(proposal=words, statement="Repair hand pumps.", by=chidi)
    await moderation.accept(proposal=words, by=ben)
    found = await fresh(original)
    assert (found.status, found.merged_into) == ("merged", words.id)


async def test_the_record_counts_what_was_returned_and_quotes_no_question_in_public(client, asked):
    _, made = asked
    public = (await client.get("/en/c/water/record", headers={"cookie": ""})).text
    assert f"The author of statement {made.number} was asked what it means" in public
    assert "It does not say who should act" in public
    assert "1 author was asked what a statement means." in public
    assert "It can be read in two ways" in public, "all reasons are published"
    assert "Who should do what?" not in public
    assert UNCLEAR not in public


async def test_every_status_has_its_name_and_its_place_in_the_power_balance(client, asked):
    here, _ = asked
    assert set(STATUSES) | {"withdrawn"} == set(STATUS_NAMES)
    assert set(moderation.ALREADY) == set(STATUS_NAMES)
    read = await read_rows(here.id)
    assert Status.WAITING in read.participation.statuses
    assert Status.DECLINED not in read.participation.statuses, "a question is no refusal"


async def test_the_time_with_the_author_does_not_count_as_the_moderators_time(client, asked):
    here, made = asked
    chidi, ben = await factories.actor("chidi", here), await factories.actor("ben", here)
    await execute("update proposals set waiting_since = waiting_since - interval '10 hours' where id = $1", made.id)
    await execute("update clarifications set asked_at = asked_at - interval '9 hours' where proposal = $1", made.id)
    await clarifications.answer(proposal=made, statement=CLEAR, by=chidi)
    await moderation.accept(proposal=await fresh(made), by=ben)
    hours = [one for one in (await read_rows(here.id)).hours if one is not None]
    assert hours == [pytest.approx(1.0, abs=0.05)]


async def test_the_actions_refuse_what_the_pages_do_not_offer(client, asked):
    here, made = asked
    dana, ben = await factories.actor("dana", here), await factories.actor("ben", here)
    chidi = await factories.actor("chidi", here)
    with pytest.raises(NotFound):
        await clarifications.answer(proposal=made, statement=CLEAR, by=dana)
    with pytest.raises(Denied):
        await clarifications.ask(proposal=made, kind="who", question="Who?", by=chidi)
    with pytest.raises(Invalid):
        await clarifications.ask(proposal=made, kind="nonsense", question="Who?", by=ben)
    await factories.move_to(here, 2)
    with pytest.raises(Closed):
        await clarifications.answer(proposal=made, statement=CLEAR, by=chidi)


async def test_a_published_statement_that_is_reported_as_unclear_stays_and_its_author_is_asked_for_other_words(client):
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    made = await factories.propose(chidi, UNCLEAR)
    await factories.vote(dana, made, "agree")
    await proposals.flag(proposal=made, reason_code="unclear", note="Who are they?", by=dana)
    ben = await signed_in(client, "ben")
    page = (await ben.get("/en/c/water/moderate")).text
    assert "Reported statements" in page
    assert "The statement is unclear" in page
    path = f"/en/c/water/moderate/{made.number}/return"
    refused = await ben.post(path, {"kind": "who", "question": ""})
    assert refused.status_code == 422
    assert f'id="return-question-{made.number}"' in refused.text
    assert (await ben.post(path, ASKED)).status_code == 303
    assert (await fresh(made)).status == "accepted"
    assert "Reported statements" not in (await ben.get("/en/c/water/moderate")).text
    assert (await ben.post(path, ASKED | {"_key": "r2"})).status_code == 409, "its reports are settled"
    message = await Message.objects().where(Message.kind == "clarification_asked").first()
    assert "It stays open for votes" in message.text
    assert "not put to the vote" not in message.text
    chidi = await signed_in(client, "chidi")
    page = (await chidi.get(f"/en/c/water/statements/{made.number}/clarify")).text
    assert f"/statements/{made.number}/amend" in page
    assert "Send it back" not in page
    late = await chidi.post(f"/en/c/water/statements/{made.number}/clarify", {"statement": CLEAR})
    assert late.status_code == 409
    assert (await fresh(made)).statement == UNCLEAR, "a number that was voted on means the same words"


async def test_the_lineage_tells_it_to_the_author_and_to_nobody_else(client, asked):
    here, made = asked
    chidi = await factories.actor("chidi", here)
    await clarifications.answer(proposal=made, statement=CLEAR, by=chidi)
    await moderation.accept(proposal=await fresh(made), by=await factories.actor("ben", here))
    path = f"/en/c/water/statements/{made.number}/lineage"
    assert "Who should do what?" in (await (await signed_in(client, "chidi")).get(path)).text
    page = (await (await signed_in(client, "dana")).get(path)).text
    assert "Who should do what?" not in page
    assert UNCLEAR not in page
