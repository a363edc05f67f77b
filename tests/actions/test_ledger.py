"""The curation ledger, and rows that are changed behind the platform's back: found in every table that matters."""

from __future__ import annotations

import copy
import json

import pytest

from app.actions import curation, curators, summaries
from app.actions.objections import answer, make
from app.analysis import curation as reading
from app.analysis import integrity, ledger
from app.analysis.scoring import RECUSED, Conflict
from app.database import execute, fetchval
from app.doctor import Light, _records
from app.documents.ledger import as_csv
from app.documents.objected import keys_of
from app.tables.proposals import Proposal
from deliberation.snapshots import digest, sign
from deliberation.verification import verify_record
from tests import factories, rooms
from tests.slates import proposal_of

pytestmark = pytest.mark.slow  # a consultation is led through its rounds


async def history():
    """A small room whose slate was curated, signed and published, and whose summary was, by the real actions."""
    here = await rooms.small_room()
    await factories.move_to(here, 2)
    amara, gus = await factories.actor("amara", here), await factories.actor("gus", here)
    other = await Proposal.objects().where((Proposal.consultation == here.id) & (Proposal.number == 9)).first()
    await curators.declare(interests={other.id: Conflict(RECUSED, "own")}, by=gus)
    await curators.declare(interests={}, by=amara)
    slate = await curation.open_desk(by=amara)
    first, last = slate.stances[0], slate.stances[-1]
    await curation.move(proposal=await proposal_of(first), stance=first, place=1, version=1, by=amara)
    await curation.remove(proposal=await proposal_of(last), stance=last, version=2, by=amara)
    await curation.undo(version=3, by=amara)
    await curation.remove(proposal=await proposal_of(last), stance=last, version=4, by=amara)
    words = {"reason_code": "duplicate", "sentence": "Statement 1 says the same."}
    await curation.give_reason(proposal=await proposal_of(last), stance=last, version=5, by=amara, **words)
    await curation.sign(version=6, by=amara)
    assert await curation.sign(version=6, by=gus)
    await factories.move_to(here, 3, standing="closed")
    amara = await factories.actor("amara", here)
    await summaries.show(minutes=15, by=amara)
    passage = next(iter(keys_of((await summaries.draft_of(amara)).document)))
    await make(passage=passage, reason="No.", by=await factories.actor("chidi", here))
    await rooms.time_is_over(here)
    one = (await summaries.draft_of(amara)).objections.all[0]
    await answer(objection=one.id, answer="kept", said="The votes say so.", by=amara)
    await summaries.sign(by=amara)
    await summaries.sign(by=await factories.actor("gus", here))
    return here


async def problems(here):
    return {one.table: one.problem for one in await integrity.examine(here.id) if not one.holds}


async def told(here, name=None):
    return (await ledger.ledgers_of(await factories.actor(name, here)))[0]


async def test_every_decision_stands_in_the_ledger_with_its_reason(database):
    here = await history()
    one = await told(here)
    verbs = [decision["action"].partition(".")[2] for decision in one.decisions]
    assert verbs == ["open", "move", "remove", "undo", "remove", "give_reason", "sign", "sign"]
    assert one.decisions[5]["sentence"] == "Statement 1 says the same."
    assert one.interests == {"curators": 2, "recused": 1, "declared": 0, "scores": 0}
    assert {decision["by"] for decision in one.decisions} == {"convenor", "curator"}


async def test_the_signed_ledger_verifies_offline_by_replaying_every_decision(database):
    here = await history()
    record = json.loads(json.dumps((await told(here)).record))
    assert [check for check in verify_record(record) if not check.holds] == []
    assert {"decisions", "reasons", "signers", "slate", "signature"} <= {check.name for check in verify_record(record)}
    text = json.dumps(record)
    for canary in ("convenor:", "curator:", "T0", "example.org", "account"):
        assert canary not in text


SEED = b"0" * 32


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda s: s["slate"]["curated"].reverse(), "decisions"),
        (lambda s: s["decisions"].pop(1), "decisions"),
        (lambda s: s["decisions"].reverse(), "order"),
        (lambda s: s["decisions"][2]["stands"].pop(), "decisions"),
        (lambda s: s["decisions"][5].update(sentence="Another."), "reasons"),
        (lambda s: s["slate"]["ledger"].pop(), "slate"),
        (lambda s: s["signers"].pop(), "signers"),
        (lambda s: s["statements"].clear(), "statements"),
    ],
)
async def test_a_ledger_that_was_changed_and_signed_anew_says_what_is_wrong(database, change, check):
    snapshot = copy.deepcopy((await told(await history())).record["snapshot"])
    change(snapshot)
    record = sign(snapshot, SEED)
    assert digest(snapshot) == record["hash"]
    assert check in [one.name for one in verify_record(record) if not one.holds]


async def test_an_intact_record_has_no_finding(database):
    here = await history()
    assert await problems(here) == {}
    assert {one.table for one in await integrity.examine(here.id)} == set(integrity.CHECKS)
    assert [one.light async for one in _records()] == [Light.GREEN]


IN_DATABASE = {
    "audit_events": [
        "update audit_events set payload = '{}' where action = 'curation.give_reason'",
        "update audit_events set actor = 'curator:00000000' where action = 'curation.remove'",
        "delete from audit_events where action = 'curation.undo'",
        "update audit_events set happened_at = happened_at + interval '1 day' where action = 'curation.open'",
    ],
    "curated_slates": [
        "update curated_slates set n_places = 9",
        "update curated_slates set version = 7",
        "update curated_slates set status = 'draft'",
        "update curated_slates set report = jsonb_set(report, '{n_places}', '9')",
        "update curated_slates set snapshot = replace(snapshot, 'says the same', 'says more')",
        "update curated_slates set snapshot = ''",
        "delete from curated_slates",
    ],
    "slate_items": [
        "update slate_items set choice = 'disagree' where position = 1",
        "update slate_items set position = 1000 - position",
        "delete from slate_items where position = 2",
        "insert into slate_items (id, slate, proposal, choice, position) select gen_random_uuid(), i.slate, p.id, "
        "'disagree', 99 from slate_items i, proposals p where p.number = 16 and i.position = 1",
    ],
    "slate_reasons": [
        "update slate_reasons set sentence = 'It was never said.'",
        "update slate_reasons set reason_code = 'balance'",
        "delete from slate_reasons",
    ],
    "slate_signatures": [
        "update slate_signatures set role = 'curator'",
        "delete from slate_signatures where role = 'convenor'",
        "update slate_signatures set account = (select id from accounts where email = 'ben@example.org') "
        "where role = 'curator'",
    ],
    "summaries": [
        "update summaries set snapshot = replace(snapshot, 'wells', 'pumps')",
        "update summaries set signature = repeat('0', 128)",
        "update summaries set status = 'draft'",
        "update summaries set is_corrected = true",
        "update summaries set words = jsonb_set(words, '{introduction}', '\"Never said.\"')",
        "update summaries set document = jsonb_set(document, '{body,document,facts}', '[]')",
        "update summaries set number = 2",
        "delete from summaries",
    ],
    "summary_signatures": [
        "delete from summary_signatures where account = (select id from accounts where email = 'gus@example.org')",
        "update summary_signatures set account = (select id from accounts where email = 'ben@example.org') "
        "where account = (select id from accounts where email = 'gus@example.org')",
    ],
    "objections": [
        "update objections set said = 'Something else.'",
        "update objections set answer = 'noted'",
        "delete from objections",
    ],
    "publications": [
        "update publications set row = jsonb_set(row, '{n_participants}', '99') where key = 'votes'",
        "delete from publications where key = 'votes'",
    ],
}


@pytest.mark.slow
async def test_a_row_changed_directly_in_the_database_is_found_in_every_table(database):
    here = await history()
    await execute("alter table audit_events disable trigger user")
    missed = []
    for table, changes in IN_DATABASE.items():
        for sql in changes:
            found = await _tried(here, sql)
            if table not in found:
                missed.append((table, sql, found))
    assert missed == []
    assert await problems(here) == {}


async def _tried(here, sql):
    """What is found after this statement, which is then taken back."""
    from app.database import transaction

    class TakeBack(Exception):
        pass

    found = {}
    try:
        async with transaction():
            await execute(sql)
            found = await problems(here)
            lights = [one.light async for one in _records()]
            assert Light.GREEN not in lights, sql
            raise TakeBack
    except TakeBack:
        return found


async def test_the_ledger_is_a_table_no_cell_of_which_is_a_formula(database):
    here = await rooms.small_room()
    await factories.move_to(here, 2)
    amara = await factories.actor("amara", here)
    await curators.declare(interests={}, by=amara)
    slate = await curation.open_desk(by=amara)
    stance = slate.stances[-1]
    proposal = await proposal_of(stance)
    await curation.remove(proposal=proposal, stance=stance, version=1, by=amara)
    words = {"reason_code": "balance", "sentence": "=cmd()"}
    await curation.give_reason(proposal=proposal, stance=stance, version=2, by=amara, **words)
    lines = as_csv(await ledger.ledgers_of(amara)).splitlines()
    assert lines[0].startswith("round,sequence,day,by,action,statement")
    assert lines[-1].endswith(",balance,'=cmd()")


async def test_the_public_reads_no_decision_before_the_slate_is_published_or_the_round_over(database):
    here = await rooms.small_room()
    await factories.move_to(here, 2)
    amara = await factories.actor("amara", here)
    await curators.declare(interests={}, by=amara)
    await curation.open_desk(by=amara)
    assert await ledger.ledgers_of(await factories.actor("chidi", here)) == ()
    assert len(await ledger.ledgers_of(amara)) == 1
    await factories.move_to(here, 2, standing="closed")
    assert len(await ledger.ledgers_of(await factories.actor("chidi", here))) == 1
    assert await fetchval("select count(*) from curated_slates where status = 'published'") == 0
    assert await reading.draft_of_round((await factories.actor("amara", here)).rounds[1]) is not None
