"""GET /c/{slug}/audit and audit.json; GET /method with its examples from tests/spec."""

from __future__ import annotations

import json

from app.database import execute
from app.documents import method as rules
from deliberation.phases import Action
from deliberation.verification import verify_record
from tests import factories, method
from tests.cast import signed_in


async def a_little_history():
    here = await factories.make_consultation()
    chidi = await factories.join("chidi", here)
    await factories.propose(chidi, "Build wells with the villages.")
    return here, chidi


async def test_everybody_reads_that_the_chain_is_intact(client):
    await a_little_history()
    page = (await client.get("/en/c/water/audit")).text
    assert "Chain intact: 8 events." in page
    assert "Statement accepted" in page
    assert "convenor:" not in page


async def test_the_public_log_names_days_and_roles_alone(client):
    _, chidi = await a_little_history()
    record = (await client.get("/en/c/water/audit.json")).json()
    assert [check.name for check in verify_record(record) if not check.holds] == []
    text = json.dumps(record)
    for canary in ("payload", "happened_at", "T0", str(chidi.participant.id), "convenor:", "example.org"):
        assert canary not in text
    assert {event["actor"] for event in record["events"]} <= {"convenor", "moderator", "participant", "visitor"}


async def test_auditors_read_what_the_hashes_were_made_of(client):
    await a_little_history()
    record = (await (await signed_in(client, "fatima")).get("/en/c/water/audit.json")).json()
    assert all("payload" in event for event in record["events"])
    assert [check.name for check in verify_record(record) if not check.holds] == []
    record["events"][2]["payload"]["account"] = "somebody else"
    assert [check.name for check in verify_record(record) if not check.holds] == ["chain"]


async def test_an_event_changed_in_the_database_is_seen(client):
    here, _ = await a_little_history()
    await execute("alter table audit_events disable trigger user")
    await execute(
        "update audit_events set payload = '{\"x\": 1}'::jsonb where chain = $1 and sequence = 3", str(here.id)
    )
    page = (await client.get("/en/c/water/audit")).text
    assert "The chain is broken" in page
    assert "event 3" in page


async def test_the_method_page_shows_the_tables_the_program_reads(client):
    answer = await client.get("/en/method")
    assert answer.status_code == 200
    for action in Action:
        assert action.value.replace("_", " ") in answer.text
    for words in ("Participants generally agreed", "DisclosureSettings", "QuantifierSettings", "small_room_below"):
        assert words in answer.text
    assert (await client.get("/ar/method")).status_code == 200


def test_every_threshold_is_found_with_its_reason():
    found = {one.name: one for one in rules.all_settings()}
    assert {"DisclosureSettings", "SlateSettings", "GroupSettings", "SummarySettings"} <= set(found)
    told = {one.name: one.reason for one in found["DisclosureSettings"].thresholds}
    assert told["cap"] == "A unanimous row would say how each of its voters voted."
    bare = [f"{part.name}.{one.name}" for part in found.values() for one in part.thresholds if not one.reason]
    assert len(bare) < 25


def test_the_examples_of_the_method_page_are_those_of_the_tests():
    assert method.PAGE.read_text(encoding="utf-8") == method.render(), "run: python -m tests.method"
