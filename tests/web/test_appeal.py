"""Appeals: an author asks the convenor once; the convenor upholds or overturns, and everybody can count it."""

from __future__ import annotations

import pytest

from app.actions import amendments, appeals, consultations, moderation
from app.analysis.power_rows import read_rows
from app.database import execute, fetchval
from app.refusals import Denied, NotFound
from app.tables.audit import AuditEvent
from app.tables.moderation import Appeal
from app.tables.outbox import Message
from app.tables.proposals import Proposal
from deliberation.phases import Role
from deliberation.power import Status
from tests import factories
from tests.cast import signed_in

WHY = "It names an office, not a person."
SENTENCE = "An office is no person: the rule does not apply."


@pytest.fixture
async def declined(client):
    """Ben declined a statement of Chidi's."""
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    made = await factories.propose(chidi, "The water office should publish its tariffs.", accepted=False)
    ben = await factories.actor("ben", here)
    await moderation.decline(proposal=made, reason_code="personal_data", reason="It accuses somebody.", by=ben)
    return here, made


async def appeal_of(proposal: Proposal) -> Appeal:
    found = await Appeal.objects().where(Appeal.proposal == proposal.id).first()
    assert found is not None
    return found


async def status_of(proposal: Proposal) -> str:
    found = await Proposal.objects().where(Proposal.id == proposal.id).first()
    assert found is not None
    return found.status


async def appealed(client, proposal: Proposal) -> Appeal:
    chidi = await signed_in(client, "chidi")
    path = f"/en/c/water/statements/{proposal.number}/appeal"
    assert (await chidi.post(path, {"reason": WHY, "_key": "p"})).status_code == 303
    return await appeal_of(proposal)


async def test_an_author_reads_why_and_appeals_once(client, declined):
    _, made = declined
    chidi = await signed_in(client, "chidi")
    mine = (await chidi.get("/en/c/water/me/proposals")).text
    assert "It names or identifies a person" in mine
    assert "Appeal to the convenor" in mine
    path = f"/en/c/water/statements/{made.number}/appeal"
    page = (await chidi.get(path)).text
    assert "It accuses somebody." in page
    assert (await chidi.post(path, {"reason": " "})).status_code == 422
    await appealed(client, made)
    assert (await chidi.post(path, {"reason": WHY, "_key": "p"})).status_code == 303, "a second copy changes nothing"
    again = await chidi.post(path, {"reason": "Once more.", "_key": "q"})
    assert again.status_code == 409
    assert "appealed against this decision already" in again.text
    assert "The convenor has it" in (await chidi.get(path)).text
    assert await Appeal.count() == 1


async def test_the_convenor_is_told_and_finds_the_appeal_with_both_reasons(client, declined):
    _, made = declined
    await appealed(client, made)
    message = await Message.objects().where(Message.kind == "appeal_made").first()
    assert message.to == "amara@example.org"
    assert made.statement not in message.text
    amara = await signed_in(client, "amara")
    assert f"Appeal for statement {made.number}: decide on it" in (await amara.get("/en/c/water/convene")).text
    page = (await amara.get("/en/c/water/appeals")).text
    for text in (made.statement, WHY, "It accuses somebody.", "It names or identifies a person"):
        assert text in page
    for name in ("chidi@example.org", "ben@example.org"):
        assert name not in page


async def test_an_overturned_decision_opens_the_statement_and_its_author_knows(client, declined):
    here, made = declined
    appeal = await appealed(client, made)
    amara = await signed_in(client, "amara")
    path = f"/en/c/water/appeals/{appeal.id}"
    for typed in ({}, {"decision": "overturned", "answer": " "}, {"decision": "maybe", "answer": "x"}):
        refused = await amara.post(path, typed)
        assert refused.status_code == 422
    assert await status_of(made) == "declined"
    assert (await amara.post(path, {"decision": "overturned", "answer": SENTENCE, "_key": "o"})).status_code == 303
    assert await status_of(made) == "accepted"
    message = await Message.objects().where(Message.kind == "appeal_decided").first()
    assert message.to == "chidi@example.org"
    assert SENTENCE in message.text
    assert "open for votes" in message.subject
    late = await amara.post(path, {"decision": "upheld", "answer": "No.", "_key": "u"})
    assert late.status_code == 409
    chidi = await signed_in(client, "chidi")
    page = (await chidi.get("/en/c/water/me/proposals")).text
    assert "The convenor overturned the decision" in page
    assert SENTENCE in page
    assert "A moderator accepted it" not in page
    public = (await client.get(f"/en/c/water/statements/{made.number}/lineage", headers={"cookie": ""})).text
    assert "The convenor overturned the decision" in public
    assert SENTENCE not in public
    read = await read_rows(here.id)
    assert read.participation.statuses == [Status.SHOWN], "what was overturned is no refusal"


async def test_an_upheld_decision_stands_and_its_author_reads_why(client, declined):
    here, made = declined
    appeal = await appealed(client, made)
    amara = await factories.actor("amara", here)
    await appeals.decide(appeal=appeal, overturns=False, answer="It accuses the head of it.", by=amara)
    assert await status_of(made) == "declined"
    message = await Message.objects().where(Message.kind == "appeal_decided").first()
    assert "It accuses the head of it." in message.text
    chidi = await signed_in(client, "chidi")
    page = (await chidi.get(f"/en/c/water/statements/{made.number}/appeal")).text
    assert "The decision stands" in page
    assert "It accuses the head of it." in page


async def test_the_public_record_counts_appeals_and_quotes_none(client, declined):
    here, made = declined
    amara = await factories.actor("amara", here)
    await appeals.decide(appeal=await appealed(client, made), overturns=True, answer=SENTENCE, by=amara)
    public = (await client.get("/en/c/water/record", headers={"cookie": ""})).text
    assert "1 appeal to the convenor; decided so far: 0 upheld, 1 overturned." in public
    assert "The decision is overturned" in public
    assert WHY not in public
    assert SENTENCE not in public
    rows = await AuditEvent.select(AuditEvent.action, AuditEvent.payload).where(AuditEvent.chain == str(here.id))
    written = " ".join(row["payload"] for row in rows if row["action"].startswith("appeals."))
    assert WHY not in written
    assert [row["action"] for row in rows if row["action"].startswith("appeals.")] == ["appeals.make", "appeals.decide"]


async def test_whoever_declined_it_does_not_decide_the_appeal(client, declined):
    """Ben moderated, and is a convenor now."""
    here, made = declined
    appeal = await appealed(client, made)
    await execute("delete from memberships where consultation = $1 and role = 'moderator'", here.id)
    amara = await factories.actor("amara", here)
    await consultations.appoint(email="ben@example.org", role=Role.CONVENOR, by=amara)
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/appeals/{appeal.id}", {"decision": "upheld", "answer": "I was right."})
    assert answer.status_code == 422
    assert "You made this decision yourself" in answer.text
    assert "I was right." in answer.text
    with pytest.raises(Denied):
        await appeals.decide(appeal=appeal, overturns=False, answer="x", by=await factories.actor("ben", here))
    assert (await appeal_of(made)).outcome == ""
    await appeals.decide(appeal=appeal, overturns=False, answer="It was right.", by=amara)


async def test_a_statement_that_was_taken_down_after_reports_can_be_appealed_for(client):
    from app.actions import proposals

    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    made = await factories.propose(chidi, "Publish the tariffs.")
    await factories.vote(dana, made, "agree")
    await proposals.flag(proposal=made, reason_code="abuse", by=dana)
    ben = await factories.actor("ben", here)
    await moderation.settle_flags(proposal=made, keeps=False, reason_code="abuse", reason="It hurts.", by=ben)
    appeal = await appeals.make(proposal=made, reason=WHY, by=chidi)
    await appeals.decide(appeal=appeal, overturns=True, answer=SENTENCE, by=await factories.actor("amara", here))
    assert await status_of(made) == "accepted"
    assert await fetchval("select count(*) from votes where proposal = $1", made.id) == 1


async def test_an_overturned_wording_stands_for_the_statement_that_it_rewords(client):
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    original = await factories.propose(chidi, "Publish the tariffs.")
    await amendments.propose(proposal=original, statement="Publish the tariffs of the water office.", by=chidi)
    words = await Proposal.objects().where(Proposal.status == "waiting").first()
    ben = await factories.actor("ben", here)
    await moderation.decline(proposal=words, reason_code="unclear", reason="Which office?", by=ben)
    appeal = await appeals.make(proposal=words, reason=WHY, by=chidi)
    await appeals.decide(appeal=appeal, overturns=True, answer=SENTENCE, by=await factories.actor("amara", here))
    assert await status_of(original) == "merged"


async def test_only_its_author_appeals_and_only_for_what_was_declined(client, declined):
    here, made = declined
    dana = await factories.join("dana", here)
    other = await factories.propose(dana, "Publish all prices.")
    browser = await signed_in(client, "dana")
    assert (await browser.post(f"/en/c/water/statements/{made.number}/appeal", {"reason": WHY})).status_code == 404
    with pytest.raises(Denied):
        await appeals.make(proposal=made, reason=WHY, by=dana)
    refused = await browser.post(f"/en/c/water/statements/{other.number}/appeal", {"reason": WHY})
    assert refused.status_code == 409
    assert await Appeal.count() == 0


async def test_an_appeal_can_still_be_made_when_the_round_is_over(client, declined):
    here, made = declined
    await factories.move_to(here, 2)
    appeal = await appealed(client, made)
    amara = await signed_in(client, "amara")
    answer = await amara.post(f"/en/c/water/appeals/{appeal.id}", {"decision": "overturned", "answer": SENTENCE})
    assert answer.status_code == 303
    assert await status_of(made) == "accepted"


async def test_only_convenors_of_this_consultation_see_and_decide_appeals(client, declined):
    _, made = declined
    appeal = await appealed(client, made)
    typed = {"decision": "overturned", "answer": SENTENCE}
    for name in ("chidi", "ben", "gus", "fatima", "eve"):
        browser = await signed_in(client, name)
        assert (await browser.get("/en/c/water/appeals")).status_code == 403
        assert (await browser.post(f"/en/c/water/appeals/{appeal.id}", typed)).status_code == 403
    other = await factories.make_consultation(slug="forest")
    amara = await signed_in(client, "amara")
    assert "No appeals" in (await amara.get("/en/c/forest/appeals")).text
    assert (await amara.post(f"/en/c/forest/appeals/{appeal.id}", typed)).status_code == 404
    with pytest.raises(NotFound):
        await appeals.decide(appeal=appeal, overturns=True, answer=SENTENCE, by=await factories.actor("amara", other))
    assert await status_of(made) == "declined"
