"""POST /c/{slug}/moderate/ticked: several statements decided on at once, each by itself and each in the record."""

from __future__ import annotations

import pytest

from app.actions import consultations, moderation, participants, proposals
from app.database import fetch
from app.tables.outbox import Message
from deliberation.phases import Role
from tests import factories
from tests.cast import signed_in

PATH = "/en/c/water/moderate/ticked"
WHY = {"reason_code": "off_topic", "reason": "Please write about water."}
TEXTS = ("Build wells with the villages.", "Train one pump mechanic in every village.", "Publish what each tap costs.")


@pytest.fixture
async def waiting(client):
    """Three statements that wait."""
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    return [await factories.propose(chidi, text, accepted=False) for text in TEXTS]


async def statuses() -> list[str]:
    return [row["status"] for row in await fetch("select status from proposals order by number")]


async def events() -> list[tuple[str, str]]:
    rows = await fetch(
        "select action, subject from audit_events where action in ('moderation.accept', 'moderation.decline') "
        "order by sequence"
    )
    return [tuple(row) for row in rows]


async def test_ticked_statements_are_accepted_each_with_its_own_entry_in_the_record(client, waiting):
    one, two, _ = (proposal.number for proposal in waiting)
    ben = await signed_in(client, "ben")
    answer = await ben.post(PATH, {"decision": "accept", "numbers": [str(one), str(two)], "_key": "k"})
    assert answer.status_code == 200
    assert "Decided: 2 of 2." in answer.text
    assert await statuses() == ["accepted", "accepted", "waiting"]
    assert await events() == [("moderation.accept", str(one)), ("moderation.accept", str(two))]


async def test_one_reason_declines_all_that_are_ticked_and_each_author_reads_it(client, waiting):
    numbers = [str(proposal.number) for proposal in waiting]
    ben = await signed_in(client, "ben")
    await ben.post(PATH, {"decision": "decline", "numbers": numbers, "_key": "k", **WHY})
    rows = await fetch("select status, reason_code, reason from proposals")
    assert [tuple(row) for row in rows] == [("declined", "off_topic", "Please write about water.")] * 3
    assert await events() == [("moderation.decline", number) for number in numbers]
    messages = await Message.objects().where(Message.kind == "proposal_decided")
    assert ["Please write about water." in message.text for message in messages] == [True] * 3


async def test_what_cannot_be_decided_is_said_and_stops_nothing_else(client, waiting):
    first, second, _ = waiting
    await moderation.decline(proposal=first, **WHY, by=await factories.actor("ben", await _here()))
    ben = await signed_in(client, "ben")
    answer = await ben.post(PATH, {"decision": "accept", "numbers": [str(first.number), str(second.number), "999"]})
    assert "Decided: 1 of 3." in answer.text
    assert "has been declined in the meantime" in answer.text
    assert answer.text.count("Not decided") == 2
    assert await statuses() == ["declined", "accepted", "waiting"]


async def test_a_form_sent_twice_decides_once_and_says_the_same(client, waiting):
    numbers = [str(proposal.number) for proposal in waiting]
    ben = await signed_in(client, "ben")
    sent = {"decision": "decline", "numbers": numbers, "_key": "same", **WHY}
    for _ in range(2):
        answer = await ben.post(PATH, sent)
        assert "Decided: 3 of 3." in answer.text
    assert len(await events()) == 3
    assert await Message.count().where(Message.kind == "proposal_decided") == 3


async def test_nobody_decides_on_a_statement_of_their_own_among_others(client, waiting):
    here = await _here()
    await participants.join(
        constituency="ngos", organisation="", region="african", language="en", by=await factories.actor("eve", here)
    )
    await consultations.appoint(email="eve@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    mine = await proposals.submit(
        statement="Meter every tap in town.", language="en", by=await factories.actor("eve", here)
    )
    eve = await signed_in(client, "eve")
    assert f'id="t{mine.number}"' not in (await eve.get("/en/c/water/moderate")).text, "there is nothing to tick"
    answer = await eve.post(PATH, {"decision": "accept", "numbers": [str(waiting[0].number), str(mine.number)]})
    assert "Decided: 1 of 2." in answer.text
    assert "You wrote this statement yourself" in answer.text
    assert await statuses() == ["accepted", "waiting", "waiting", "waiting"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"decision": "accept"}, "Please tick at least one statement."),
        ({"decision": "", "numbers": ["1"]}, "Please choose one of the answers offered."),
        ({"numbers": ["1"]}, "Please choose one of the answers offered."),
        ({"decision": "decline", "numbers": ["1"], "reason": "Off."}, "Please choose one of the reasons."),
        ({"decision": "decline", "numbers": ["1"], "reason_code": "made_up", "reason": "Off."}, "one of the reasons"),
        ({"decision": "decline", "numbers": ["1"], "reason_code": "unclear"}, "Please tell the author why"),
        ({"decision": "accept", "numbers": [str(n) for n in range(1, 28)]}, "Please change"),
        ({"decision": "accept", "numbers": ["x"]}, "Please change"),
        ({"decision": "accept", "numbers": ["0"]}, "Please change"),
        ({"decision": "accept", "numbers": [str(10**30)]}, "Please change"),
    ],
)
async def test_a_form_that_cannot_be_used_decides_nothing_and_keeps_what_was_typed(client, waiting, typed, said):
    answer = await (await signed_in(client, "ben")).post(PATH, typed)
    assert answer.status_code == 422
    assert said in answer.text
    if typed.get("numbers") == ["1"]:
        assert 'value="1" form="bulk" checked' in answer.text
    assert await statuses() == ["waiting"] * 3


async def test_only_moderators_decide(client, waiting):
    for name in ("amara", "chidi", "eve", "fatima", "gus"):
        answer = await (await signed_in(client, name)).post(PATH, {"decision": "accept", "numbers": ["1"]})
        assert answer.status_code == 403
    assert await statuses() == ["waiting"] * 3


async def test_the_filter_stays_after_a_decision(client, waiting):
    ben = await signed_in(client, "ben")
    answer = await ben.post(f"{PATH}?q=village", {"decision": "accept", "numbers": [str(waiting[0].number)]})
    assert TEXTS[1] in answer.text
    assert TEXTS[2] not in answer.text


async def _here():
    from app.tables.consultations import Consultation

    return await Consultation.objects().first()
