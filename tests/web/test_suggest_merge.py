"""POST /c/{slug}/moderate/{number}/merge and /c/{slug}/merges/{id}: nothing changes until both authors agree."""

from __future__ import annotations

import pytest

from app.actions import proposals
from app.database import execute
from app.tables.consultations import Consultation
from app.tables.outbox import Message
from app.tables.proposals import MergeRequest, Proposal
from tests import factories
from tests.cast import signed_in


@pytest.fixture
async def pair(client):
    """Dana's waiting statement, and Chidi's accepted one that says nearly the same."""
    here = await factories.make_consultation()
    chidi, dana = await factories.join("chidi", here), await factories.join("dana", here)
    accepted = await factories.propose(chidi, "Every village should have a well.")
    waiting = await factories.propose(dana, "Every village should have one well.", accepted=False)
    return waiting, accepted


async def suggest(client, waiting: Proposal, accepted: Proposal) -> MergeRequest:
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/moderate/{waiting.number}/merge", {"into": str(accepted.number)})
    assert answer.status_code == 303
    found = await MergeRequest.objects().where(MergeRequest.proposal == waiting.id).first()
    assert found is not None
    return found


async def status_of(proposal: Proposal) -> tuple[str, int | None]:
    found = await Proposal.objects().where(Proposal.id == proposal.id).first()
    assert found is not None
    return found.status, found.merged_into


async def test_both_authors_are_asked_and_nothing_changes_yet(client, pair):
    waiting, accepted = pair
    await suggest(client, waiting, accepted)
    assert await status_of(waiting) == ("waiting", None)
    told = await Message.objects().where(Message.kind == "merge_suggested")
    assert {message.to for message in told} == {"chidi@example.org", "dana@example.org"}
    assert all(waiting.statement not in message.text for message in told)
    page = (await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text
    assert "Both authors have been asked" in page


async def test_with_both_consents_one_statement_carries_the_other(client, pair):
    waiting, accepted = pair
    request = await suggest(client, waiting, accepted)
    path = f"/en/c/water/merges/{request.id}"
    dana, chidi = await signed_in(client, "dana"), await signed_in(client, "chidi")
    assert waiting.statement in (await dana.get(path)).text
    assert (await dana.post(path, {"answer": "agree"})).status_code == 303
    assert await status_of(waiting) == ("waiting", None)
    assert "You agreed" in (await dana.get(path)).text
    assert (await chidi.post(path, {"answer": "agree"})).status_code == 303
    assert await status_of(waiting) == ("merged", accepted.id)
    assert await status_of(accepted) == ("accepted", None)


async def test_one_refusal_ends_the_suggestion(client, pair):
    waiting, accepted = pair
    request = await suggest(client, waiting, accepted)
    path = f"/en/c/water/merges/{request.id}"
    dana, chidi = await signed_in(client, "dana"), await signed_in(client, "chidi")
    await dana.post(path, {"answer": "agree"})
    await chidi.post(path, {"answer": "refuse"})
    assert await status_of(waiting) == ("waiting", None)
    assert (await dana.post(path, {"answer": "agree"})).status_code == 409


async def test_for_a_starter_proposal_the_convenor_decides(client):
    here = await factories.make_consultation()
    await factories.move_to(here, 1, standing="scheduled")
    starter = await proposals.write_starter(
        statement="Every village should have a well.", language="en", by=await factories.actor("amara", here)
    )
    await factories.move_to(here, 1)
    dana = await factories.join("dana", here)
    waiting = await factories.propose(dana, "Every village should have one well.", accepted=False)
    request = await suggest(client, waiting, starter)
    told = await Message.objects().where(Message.kind == "merge_suggested")
    assert {message.to for message in told} == {"amara@example.org", "dana@example.org"}
    await (await signed_in(client, "dana")).post(f"/en/c/water/merges/{request.id}", {"answer": "agree"})
    assert await status_of(waiting) == ("waiting", None)
    amara = await signed_in(client, "amara")
    assert waiting.statement in (await amara.get(f"/en/c/water/merges/{request.id}")).text
    await amara.post(f"/en/c/water/merges/{request.id}", {"answer": "agree"})
    assert await status_of(waiting) == ("merged", starter.id)


async def test_a_consent_is_taken_back_before_the_other_agrees_and_not_after(client, pair):
    waiting, accepted = pair
    path = f"/en/c/water/merges/{(await suggest(client, waiting, accepted)).id}"
    dana, chidi = await signed_in(client, "dana"), await signed_in(client, "chidi")
    await dana.post(path, {"answer": "agree"})
    await dana.post(path, {"answer": "withdraw"})
    await chidi.post(path, {"answer": "agree"})
    assert await status_of(waiting) == ("waiting", None)
    await dana.post(path, {"answer": "agree"})
    assert await status_of(waiting) == ("merged", accepted.id)
    assert (await dana.post(path, {"answer": "withdraw"})).status_code == 409
    assert await status_of(waiting) == ("merged", accepted.id)


async def test_after_the_round_a_merge_is_refused_with_a_sentence(client, pair):
    waiting, accepted = pair
    request = await suggest(client, waiting, accepted)
    here = await Consultation.objects().first()
    assert here is not None
    await factories.move_to(here, 1, standing="closed")
    dana = await signed_in(client, "dana")
    assert "Both statements stay" in (await dana.get(f"/en/c/water/merges/{request.id}")).text
    answer = await dana.post(f"/en/c/water/merges/{request.id}", {"answer": "agree"})
    assert answer.status_code == 410
    assert "only while a propose round is open" in answer.text


async def test_nobody_else_sees_or_answers_the_suggestion(client, pair):
    waiting, accepted = pair
    here = await factories.make_consultation(slug="air")
    await factories.join("eve", here)
    request = await suggest(client, waiting, accepted)
    for name in ("ben", "amara", "eve"):
        browser = await signed_in(client, name)
        assert (await browser.get(f"/en/c/water/merges/{request.id}")).status_code in (403, 404)
    eve = await signed_in(client, "eve")
    assert (await eve.post(f"/en/c/air/merges/{request.id}", {"answer": "agree"})).status_code == 404


@pytest.mark.parametrize("into", ["", "x", "0", "-1", "99999", "9" * 30, "1e3"])
async def test_a_number_that_cannot_carry_it_is_explained(client, pair, into):
    waiting, _ = pair
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"/en/c/water/moderate/{waiting.number}/merge", {"into": into})
    assert answer.status_code == 422
    assert "Please change one thing" in answer.text


async def test_a_statement_is_merged_only_into_one_that_is_open_for_votes(client, pair):
    waiting, accepted = pair
    ben = await signed_in(client, "ben")
    path = f"/en/c/water/moderate/{waiting.number}/merge"
    assert (await ben.post(path, {"into": str(waiting.number)})).status_code == 422
    await execute("update proposals set status = 'withdrawn' where id = $1", accepted.id)
    assert (await ben.post(path, {"into": str(accepted.number)})).status_code == 422
    assert await MergeRequest.count() == 0


async def test_the_same_merge_is_suggested_once(client, pair):
    waiting, accepted = pair
    await suggest(client, waiting, accepted)
    ben = await signed_in(client, "ben")
    again = await ben.post(f"/en/c/water/moderate/{waiting.number}/merge", {"into": str(accepted.number)})
    assert again.status_code == 409
