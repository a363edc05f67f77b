"""Objecting to a draft summary unseen, answering each objection, and what is published of it."""

from __future__ import annotations

import json

import pytest

from app.actions import objections, summaries
from app.actions.objections import answer, make
from app.database import execute, fetch, fetchval
from app.documents import markdown, wording
from app.documents.model import Document
from app.documents.objected import keys_of
from app.refusals import Closed, Conflict, Denied, Invalid, NotFound
from deliberation.verification import verify_record
from tests import factories, rooms


async def open_to_objections(here):
    amara = await factories.actor("amara", here)
    await summaries.show(minutes=15, by=amara)
    return amara


async def a_passage(by, code="common_ground"):
    draft = await summaries.draft_of(by)
    return next(key for key, (section, _) in keys_of(draft.document).items() if section.code == code)


async def publish(here):
    await summaries.sign(by=await factories.actor("amara", here))
    row = await summaries.sign(by=await factories.actor("gus", here))
    return json.loads(row.snapshot)


async def objected(here, reason="It was said of pumps only.", code="common_ground"):
    """Chidi has objected to a passage, and the time is over: the convenor, the objection, the passage."""
    amara = await open_to_objections(here)
    passage = await a_passage(amara, code)
    await make(passage=passage, reason=reason, by=await factories.actor("chidi", here))
    await rooms.time_is_over(here)
    return amara, (await summaries.draft_of(amara)).objections.all[0], passage


# -------- showing


async def test_nothing_is_signed_that_participants_could_not_read(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    with pytest.raises(Invalid, match="show it to them first"):
        await summaries.sign(by=amara)
    await summaries.show(minutes=15, by=amara)
    with pytest.raises(Invalid, match="until the time you have set is over"):
        await summaries.sign(by=amara)
    await rooms.time_is_over(here)
    await summaries.sign(by=amara)


async def test_where_nobody_takes_part_nobody_is_asked(database):
    here = await rooms.small_room()
    await execute("delete from memberships where consultation = $1 and role = 'participant'", here.id)
    record = await publish(here)
    assert "objections" not in record["snapshot"]
    assert [check.name for check in verify_record(record) if not check.holds] == []


async def test_a_text_that_could_not_be_signed_is_not_shown(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    await summaries.write(added=summaries.Added(introduction="No citation."), version=0, by=amara)
    with pytest.raises(Invalid, match="citation"):
        await summaries.show(minutes=15, by=amara)


async def test_the_text_stays_as_it_is_while_it_is_read(database):
    here = await rooms.small_room()
    amara = await open_to_objections(here)
    with pytest.raises(Denied):
        await summaries.write(added=summaries.Added(), version=0, by=amara)
    with pytest.raises(Conflict):
        await summaries.show(minutes=15, by=amara)


async def test_what_is_signed_is_what_was_shown_whatever_happens_to_the_rows(database):
    here = await rooms.small_room()
    amara = await open_to_objections(here)
    shown = (await summaries.draft_of(amara)).document
    await execute("update proposals set status = 'declined' where consultation = $1 and number = 3", here.id)
    await rooms.time_is_over(here)
    document = Document.from_json((await publish(here))["snapshot"]["document"])
    assert [one for one in document.sections if one.code != "annex_objections"] == [
        one for one in shown.sections if one.code != "annex_objections"
    ]


async def test_a_meeting_has_a_quarter_of_an_hour_and_others_two_days(database):
    here = await rooms.small_room()
    amara = await factories.actor("amara", here)
    assert summaries.default_length(amara) == 15
    await execute("delete from rounds where consultation = $1 and number = 3", here.id)
    assert summaries.default_length(await factories.actor("amara", here)) == 2880
    with pytest.raises(Invalid):
        await summaries.show(minutes=1, by=amara)


async def test_participants_hear_that_a_draft_is_open(database):
    here = await rooms.small_room()
    await open_to_objections(here)
    told = await fetch('select "to" from messages where kind = $1', "summary_shown")
    assert sorted(row["to"] for row in told) == ["chidi@example.org", "dana@example.org"]


# -------- objecting


async def test_an_objection_has_no_name_no_time_and_no_event(database):
    here = await rooms.small_room()
    before = await fetchval("select count(*) from audit_events where chain = $1", str(here.id))
    await objected(here)
    events = await fetch("select action from audit_events where chain = $1 and sequence > $2", str(here.id), before)
    assert [row["action"] for row in events] == ["summaries.show"]
    columns = await fetch(
        "select column_name, data_type from information_schema.columns where table_name = 'objections'"
    )
    assert not [row["column_name"] for row in columns if "time" in row["data_type"] or "account" in row["column_name"]]


async def test_a_second_objection_to_a_passage_replaces_the_first(database):
    here = await rooms.small_room()
    amara = await open_to_objections(here)
    passage, chidi = await a_passage(amara), await factories.actor("chidi", here)
    for reason in ("First.", "Second."):
        await make(passage=passage, reason=reason, by=chidi)
    assert [one.reason for one in (await summaries.draft_of(amara)).objections.all] == ["Second."]


@pytest.mark.parametrize("name", ["amara", "ben", "gus", "fatima", "eve"])
async def test_only_participants_object(database, name):
    here = await rooms.small_room()
    amara = await open_to_objections(here)
    with pytest.raises(Denied):
        await make(passage=await a_passage(amara), reason="No.", by=await factories.actor(name, here))


async def test_an_objection_comes_in_time_or_not_at_all(database):
    here = await rooms.small_room()
    chidi = await factories.actor("chidi", here)
    with pytest.raises(Closed):
        await make(passage="x", reason="No.", by=chidi)
    amara = await open_to_objections(here)
    passage = await a_passage(amara)
    with pytest.raises(NotFound):
        await make(passage="common_ground.000000000000", reason="No.", by=chidi)
    with pytest.raises(Invalid):
        await make(passage=passage, reason="  ", by=chidi)
    await rooms.time_is_over(here)
    with pytest.raises(Closed, match="over"):
        await make(passage=passage, reason="No.", by=chidi)
    assert await fetchval("select count(*) from objections") == 0


# -------- answering


async def test_an_objection_without_an_answer_keeps_the_summary_from_being_signed(database):
    here = await rooms.small_room()
    amara, one, _ = await objected(here)
    with pytest.raises(Invalid, match="An objection has no answer yet"):
        await summaries.sign(by=amara)
    await answer(objection=one.id, answer="kept", said="The votes say so.", by=amara)
    record = await publish(here)
    assert [check for check in verify_record(record) if not check.holds] == []
    assert "stayed as it was: The votes say so." in markdown.render(record)


async def test_a_note_of_dissent_stands_in_the_passage(database):
    here = await rooms.small_room()
    amara, one, passage = await objected(here)
    await answer(objection=one.id, answer="noted", said="Some saw this for pumps only.", by=amara)
    document = (await summaries.draft_of(amara)).document
    noted = [p for _, p in document.passages() if "before publication shares it" in wording.text(p.sentences[-1])]
    assert len(noted) == 1
    assert "Some saw this for pumps only." in wording.text(noted[0].sentences[-1])
    record = await publish(here)
    assert [check for check in verify_record(record) if not check.holds] == []
    assert record["snapshot"]["objections"]["answers"] == [
        {"passage": passage, "answer": "noted", "text": "Some saw this for pumps only."}
    ]


async def test_a_verifier_misses_a_note_that_was_taken_out(database):
    here = await rooms.small_room()
    amara, one, _ = await objected(here)
    await answer(objection=one.id, answer="noted", said="Some saw this for pumps only.", by=amara)
    record = await publish(here)
    for section in record["snapshot"]["document"]["sections"]:
        for passage in section["passages"]:
            passage["sentences"] = [s for s in passage["sentences"] if "shares it" not in s["message"]]
    assert "objections" in [check.name for check in verify_record(record) if not check.holds]


async def test_that_a_passage_was_changed_is_said_only_when_it_was(database):
    here = await rooms.small_room()
    amara, one, passage = await objected(here)
    with pytest.raises(Invalid, match="stands as it was"):
        await answer(objection=one.id, answer="changed", said="Reworded.", by=amara)
    key = next(p.key for k, (_, p) in keys_of((await summaries.draft_of(amara)).document).items() if k == passage)
    await summaries.reword(key=key, text="", left_out="It repeats another statement.", version=0, by=amara)
    with pytest.raises(Invalid, match="does not stand"):
        await answer(objection=one.id, answer="noted", said="Some differ.", by=amara)
    await answer(objection=one.id, answer="changed", said="It is left out.", by=amara)
    with pytest.raises(Invalid, match="show it to them first"):
        await summaries.sign(by=amara)
    await rooms.shown(here)
    text = markdown.render(await publish(here))
    assert "was changed: It is left out." in text
    assert "It repeats another statement." in text


async def test_a_promise_that_a_later_edit_takes_away_is_due_again(database):
    here = await rooms.small_room()
    amara, one, passage = await objected(here)
    await answer(objection=one.id, answer="noted", said="Some differ.", by=amara)
    key = next(
        p.key
        for k, (_, p) in keys_of(
            Document.from_json(summaries.plain((await summaries.draft_of(amara)).row.document)["body"]["document"])
        ).items()
        if k == passage
    )
    await summaries.reword(key=key, text="", left_out="Not needed.", version=0, by=amara)
    draft = await summaries.draft_of(amara)
    assert [due.id for due in draft.due] == [one.id]


async def test_the_convenor_answers_after_the_time_and_before_the_signature(database):
    here = await rooms.small_room()
    amara = await open_to_objections(here)
    passage = await a_passage(amara)
    await make(passage=passage, reason="No.", by=await factories.actor("chidi", here))
    one = (await summaries.draft_of(amara)).objections.all[0]
    with pytest.raises(Denied):
        await answer(objection=one.id, answer="kept", said="Yes.", by=amara)
    await rooms.time_is_over(here)
    with pytest.raises(Denied):
        await answer(objection=one.id, answer="kept", said="Yes.", by=await factories.actor("chidi", here))
    for wrong in ({"answer": "maybe", "said": "Yes."}, {"answer": "kept", "said": " "}):
        with pytest.raises(Invalid):
            await answer(objection=one.id, by=amara, **wrong)
    await answer(objection=one.id, answer="kept", said="Yes.", by=amara)
    await summaries.sign(by=amara)
    with pytest.raises(Conflict):
        await answer(objection=one.id, answer="kept", said="No.", by=amara)


async def test_how_many_objected_passes_the_gate_and_their_words_stay_inside(database):
    here = await rooms.small_room()
    amara, one, _ = await objected(here, reason="CANARY words of mine.")
    await answer(objection=one.id, answer="kept", said="The votes say so.", by=amara)
    record = await publish(here)
    assert "CANARY" not in json.dumps(record)
    fact = Document.from_json(record["snapshot"]["document"]).fact("objections")
    assert fact.value["n"] == {"withheld": True}
    assert objections.ANSWERS.keys() == {"changed", "noted", "kept"}
