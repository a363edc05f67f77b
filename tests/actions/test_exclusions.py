"""Leaving votes out of the results: two persons, both results stored, and nothing published is changed silently."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from app import access
from app.access import sealed_link
from app.actions import alerts, analyses, consultations, exclusions, summaries
from app.analysis import curation as desk
from app.analysis import exclusions as reading
from app.analysis import landscape as bridge
from app.analysis.exclusion_words import sentence_of
from app.analysis.results import published_basis
from app.database import execute, fetch, fetchrow, fetchval, now
from app.documents.added import Added
from app.refusals import Closed, Conflict, Denied, Invalid, NotFound
from app.tables.alerts import Alert
from app.tables.consultations import Consultation
from deliberation.disclosure import Attribution, Audience
from deliberation.exclusions import Step, named_digest
from deliberation.landscape import Landscape
from deliberation.phases import Role
from deliberation.verification import verify_record
from tests import factories, rooms, simulated, slates
from tests.cast import person

N_VOTERS = 70
WORDS = "Ask them: nobody answers, and the ballots are copies."


async def alert_about(here: Consultation, people: tuple[int, ...], *, kind: str = "near_identical") -> Alert:
    found = Alert(
        consultation=here.id,
        kind=kind,
        subject=str(people[0]),
        level="flag",
        measure=json.dumps({"measure": 0.99, "bound": 1.0, "parameters": {"n": len(people), "least_common": 20}}),
        participants=sorted(people),
        raised_at=await now(),
    )
    await found.save()
    return found


async def with_two_moderators(**more) -> tuple[Consultation, simulated.Filled]:
    """Ben and Hana moderate; simulated people vote in an open round."""
    here = await factories.make_consultation(**more)
    await consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    filled = await simulated.fill(here, n_participants=N_VOTERS, n_statements=24, votes_per_person=20)
    return here, filled


async def close(here: Consultation) -> None:
    """The round has closed, and all votes were cast before."""
    await factories.move_to(here, 1, standing="closed")
    await execute("update votes set cast_at = cast_at - interval '1 day' where consultation = $1", here.id)


async def proposed(here: Consultation, people: tuple[int, ...], by: str = "ben"):
    alert = await alert_about(here, people)
    ben = await factories.actor(by, here)
    return await exclusions.propose(alert=alert, reason_code="one_person", words=WORDS, by=ben)


async def take(here: Consultation, found, step: Step, name: str) -> None:
    await exclusions.take(exclusion=found.id, step=step, words=WORDS, by=await factories.actor(name, here))


async def standing(found) -> str:
    return str(await fetchval("select standing from exclusions where id = $1", found.id))


async def who_is_excluded() -> set[int]:
    return {row["id"] for row in await fetch("select id from participants where is_excluded")}


async def test_two_persons_leave_votes_out_and_both_are_on_record(database):
    here, filled = await with_two_moderators()
    people = filled.participants[:5]
    found = await proposed(here, people)
    assert await who_is_excluded() == set(), "one person alone leaves nothing out"
    with pytest.raises(Denied, match="You proposed this yourself"):
        await take(here, found, Step.CONFIRM, "ben")
    await take(here, found, Step.CONFIRM, "hana")
    assert await who_is_excluded() == set(people)
    assert await fetchval("select count(*) from votes where participant = any($1::bigint[])", list(people)) > 20
    events = await fetch("select actor, action, payload from audit_events where action like 'exclusions.%' order by 2")
    assert [event["action"] for event in events] == ["exclusions.confirm", "exclusions.propose"]
    assert len({event["actor"] for event in events}) == 2
    assert json.loads(events[0]["payload"])["roles"] == ["moderator", "moderator"]
    assert not any(str(one) in event["payload"] for one in people for event in events)
    assert await fetchval("select decision from alerts") == "exclude"
    assert await fetchval("select count(*) from messages where kind = 'exclusion_proposed'") == 1
    assert await fetchval("select \"to\" from messages where kind = 'exclusion_proposed'") == "hana@example.org"


async def test_a_convenor_is_the_second_person_only_where_there_is_one_moderator(database):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:4])
    with pytest.raises(Denied, match="two moderators or more"):
        await take(here, found, Step.CONFIRM, "amara")
    hana = await person("hana")
    await execute("delete from memberships where account = $1", hana.id)
    await take(here, found, Step.CONFIRM, "amara")
    assert await standing(found) == "confirmed"
    assert json.loads(await fetchval("select payload from audit_events where action = 'exclusions.confirm'"))[
        "roles"
    ] == ["moderator", "convenor"]


async def test_only_a_moderator_proposes_and_only_about_the_votes_of_certain_people(database):
    here, filled = await with_two_moderators()
    with pytest.raises(Denied, match="Only moderators propose"):
        await proposed(here, filled.participants[:4], by="amara")
    with pytest.raises(Denied):
        await proposed(here, filled.participants[4:8], by="fatima")
    ben = await factories.actor("ben", here)
    other = await alert_about(here, filled.participants[8:12], kind="one_author")
    with pytest.raises(Conflict, match="not about the votes"):
        await exclusions.propose(alert=other, reason_code="script", words=WORDS, by=ben)
    alert = await alert_about(here, filled.participants[12:16])
    with pytest.raises(Invalid, match="reasons offered"):
        await exclusions.propose(alert=alert, reason_code="dislike", words=WORDS, by=ben)
    with pytest.raises(Invalid, match="say why"):
        await exclusions.propose(alert=alert, reason_code="script", words=" ", by=ben)


async def test_whoever_is_concerned_has_no_part_in_it(database):
    here, filled = await with_two_moderators()
    hana = await person("hana")
    link = sealed_link(here.id, hana.id, filled.participants[0])
    await link.save()
    await execute(
        "insert into memberships (id, consultation, account, role) values (gen_random_uuid(), $1, $2, 'participant')",
        here.id,
        hana.id,
    )
    with pytest.raises(Denied, match="among those concerned"):
        await proposed(here, filled.participants[:3], by="hana")
    await execute("delete from alerts")
    found = await proposed(here, filled.participants[:3])
    for step in (Step.CONFIRM, Step.REFUSE):
        with pytest.raises(Denied, match="among those concerned"):
            await take(here, found, step, "hana")
    assert await standing(found) == "proposed"


async def test_what_is_refused_counts_and_a_second_answer_is_told_so(database):
    here, filled = await with_two_moderators()
    alert = await alert_about(here, filled.participants[:4])
    ben = await factories.actor("ben", here)
    found = await exclusions.propose(alert=alert, reason_code="script", words=WORDS, by=ben)
    with pytest.raises(Conflict, match="has been proposed already"):
        await exclusions.propose(alert=alert, reason_code="script", words=WORDS, by=await factories.actor("hana", here))
    await take(here, found, Step.REFUSE, "hana")
    assert await who_is_excluded() == set()
    with pytest.raises(Conflict, match="refused this already"):
        await take(here, found, Step.CONFIRM, "hana")
    again = await exclusions.propose(alert=alert, reason_code="script", words=WORDS, by=ben)
    assert again.id != found.id, "what was refused can be proposed anew"
    await take(here, again, Step.REFUSE, "ben")
    assert await standing(again) == "refused", "who proposed takes it back"


async def test_votes_are_taken_in_again_by_two(database):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:5])
    other = await proposed(here, filled.participants[3:8])
    for one in (found, other):
        await take(here, one, Step.CONFIRM, "hana")
    with pytest.raises(Conflict, match="confirmed this already"):
        await take(here, found, Step.LIFT, "ben")
    await take(here, found, Step.PROPOSE_LIFTING, "amara")
    assert await standing(found) == "lifting"
    with pytest.raises(Denied):
        await take(here, found, Step.LIFT, "amara")
    await take(here, found, Step.KEEP, "ben")
    assert await standing(found) == "confirmed"
    await take(here, found, Step.PROPOSE_LIFTING, "hana")
    await take(here, found, Step.LIFT, "ben")
    assert await who_is_excluded() == set(filled.participants[3:8]), "who is in another exclusion stays left out"
    assert await fetchval("select decision from alerts where id = $1", found.alert) == "count_as_is"
    assert (
        json.loads(await fetchval("select measure from alerts where id = $1", found.alert))["earlier"][0]["decision"]
        == "exclude"
    )


async def frozen(here: Consultation):
    await simulated.freeze_first_round(here)
    return await fetchrow(
        "select * from analyses where consultation = $1 and kind = 'frozen' and evidence = 'full' "
        "order by created_at desc limit 1",
        here.id,
    )


@pytest.mark.slow
async def test_a_frozen_analysis_holds_both_results_and_names_the_exclusion(database):
    here, filled = await with_two_moderators()
    people = filled.participants[:5]
    found = await proposed(here, people)
    await take(here, found, Step.CONFIRM, "hana")
    await close(here)
    row = await frozen(here)
    assert row["excluded"] == str(found.id)
    counted, whole = Landscape.from_json(json.loads(row["landscape"])), json.loads(row["whole"])
    everybody = Landscape.from_json(whole["landscape"])
    assert (counted.n_participants, everybody.n_participants) == (N_VOTERS - 5, N_VOTERS)
    assert counted.n_votes < everybody.n_votes
    assert {"slate", "observed", "estimated"} <= set(whole["slate"]) & set(json.loads(row["slate"]))
    given = await bridge.read_input(here, row["votes_until"])
    assert given is not None
    assert given.excluded == (str(found.id),)
    assert not np.isin(given.votes.participant_ids, people).any()
    plain = bridge.compute(
        bridge.Input(given.votes, given.constituencies, None, given.until), seed=7, evidence="quick", previous=None
    )
    assert counted.input_digest == named_digest(plain.input_digest, [str(found.id)]) != plain.input_digest
    told = json.loads(await fetchval("select payload from audit_events where action = 'analyses.record' limit 1"))
    assert told["excluded"] == [str(found.id)]
    basis = await published_basis(here.id)
    assert basis is not None
    for one in counted.statements:
        assert sum(basis.statements[str(one.statement_id)].total) == one.counts.votes
    ben = await factories.actor("ben", here)
    released = await reading.compared(ben, found)
    assert released is not None
    assert released.is_shown
    assert released.n_groups == (len(everybody.groups.letters), len(counted.groups.letters))
    said = await sentence_of(ben, row["id"])
    assert "25 votes of 5 to 9 participants" in said
    assert "two moderators" in said
    outside = await sentence_of(await factories.actor(None, here), row["id"])
    assert outside.startswith("The votes of a few participants are left out"), "too few for the public"


async def test_under_the_chatham_house_rule_a_released_result_is_not_followed_by_another(database):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:9])
    await close(here)
    before = await frozen(here)
    with pytest.raises(Closed, match="Results have been released"):
        await take(here, found, Step.CONFIRM, "hana")
    with pytest.raises(Closed, match="Results have been released"):
        await proposed(here, filled.participants[20:30])
    assert await standing(found) == "proposed"
    await take(here, found, Step.REFUSE, "hana")
    assert (await frozen(here))["id"] == before["id"]


@pytest.mark.slow
async def test_what_was_released_without_votes_is_not_followed_by_a_result_with_them(database):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:9])
    await take(here, found, Step.CONFIRM, "hana")
    await close(here)
    await frozen(here)
    await take(here, found, Step.PROPOSE_LIFTING, "ben")
    with pytest.raises(Closed, match="Results have been released"):
        await take(here, found, Step.LIFT, "hana")
    assert await standing(found) == "lifting"


@pytest.mark.slow
async def test_in_open_mode_a_correction_is_a_new_version_and_released_rows_stay(database):
    here, filled = await with_two_moderators(attribution=Attribution.OPEN)
    await close(here)
    before = await frozen(here)
    rows = (await published_basis(here.id)).records()
    few = await alert_about(here, filled.participants[30:34])
    with pytest.raises(Closed, match="Results have been released"):
        await exclusions.propose(alert=few, reason_code="script", words=WORDS, by=await factories.actor("ben", here))
    found = await proposed(here, filled.participants[:6])
    await take(here, found, Step.CONFIRM, "hana")
    assert await fetchval("select is_correction from exclusions where id = $1", found.id)
    item = (await access.system_actor(here.id)).rounds[0]
    assert await desk.evidence_on(item) == (None, False), "curators wait for the new version"
    after = await frozen(here)
    assert after["id"] != before["id"]
    assert (after["n_participants"], before["n_participants"]) == (N_VOTERS - 6, N_VOTERS)
    kept = await fetchrow("select kind, landscape from analyses where id = $1", before["id"])
    assert (kept["kind"], kept["landscape"]) == ("past", before["landscape"]), "the first version stays on record"
    assert (await published_basis(here.id)).records() == rows, "no row tells the difference"
    told = await reading.told_of(after["excluded"], await factories.actor("ben", here), Audience.INSIDE)
    assert told is not None
    assert told.rows_kept
    assert told.told.n_people == 6


@pytest.mark.slow
async def test_what_a_slate_rests_on_stays_as_it_is(database):
    here = await slates.curating()
    await consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    people = tuple(row["id"] for row in await fetch("select id from participants order by id limit 8"))
    found = await proposed(here, people)
    await slates.reasoned(here)
    with pytest.raises(Closed, match="A slate or a summary rests on this result"):
        await take(here, found, Step.CONFIRM, "hana")
    with pytest.raises(Closed, match="A slate or a summary rests on this result"):
        await proposed(here, tuple(row["id"] for row in await fetch("select id from participants offset 20 limit 8")))
    assert await who_is_excluded() == set()


async def test_an_analysis_made_before_votes_were_left_out_is_not_recorded_after(database):
    here, filled = await with_two_moderators()
    by = await access.system_actor(here.id)
    given = await bridge.read_input(here, by.now)
    assert given is not None
    landscape = bridge.compute(given, seed=7, evidence="quick", previous=None)
    found = await proposed(here, filled.participants[:5])
    await take(here, found, Step.CONFIRM, "hana")
    with pytest.raises(Conflict, match="left out"):
        await analyses.record(
            landscape=landscape,
            kind="live",
            round_id=None,
            votes_until=given.until,
            previous=None,
            n_participants=N_VOTERS,
            excluded=given.excluded,
            by=by,
        )


async def test_the_alert_names_whose_votes_it_is_about_to_nobody_but_the_table(database):
    here, filled = await with_two_moderators()
    people = filled.participants[:4]
    figures = {"agenda": {"near_identical": [{"subject": str(people[0]), "people": list(people)}]}}
    assert await reading.concerned(here.id, "near_identical", str(people[0]), figures) == people
    assert await reading.concerned(here.id, "one_author", str(people[0]), figures) == ()
    await execute(
        "update votes set cast_at = (select min(cast_at) + interval '62 minutes' from votes "
        "where not participant = any($1::bigint[])) where participant = any($1::bigint[])",
        list(people),
    )
    start = await fetchval(
        "select (extract(epoch from max(cast_at) - (select date_trunc('minute', min(cast_at)) from votes)) / 60)::int "
        "- 1 from votes where participant = any($1::bigint[])",
        list(people),
    )
    found = await reading.concerned(here.id, "burst", f"2026-01-01:{start}", {})
    assert set(people) <= set(found)
    assert len(found) < N_VOTERS
    assert await alerts.check(by=await access.system_actor(here.id)) is not None


async def test_an_exclusion_of_another_consultation_is_not_there(database):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:4])
    forest = await factories.make_consultation(slug="forest")
    with pytest.raises(NotFound):
        await exclusions.take(
            exclusion=found.id, step=Step.REFUSE, words=WORDS, by=await factories.actor("ben", forest)
        )


async def test_of_two_answers_at_once_one_counts(committing):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:4])
    await consultations.appoint(email="ivo@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    answers = await asyncio.gather(
        take(here, found, Step.CONFIRM, "hana"), take(here, found, Step.REFUSE, "ivo"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in answers) == ["Conflict", "NoneType"]
    assert bool(await who_is_excluded()) is (await standing(found) == "confirmed")


@pytest.mark.slow
async def test_a_summary_tells_in_its_annex_that_votes_are_left_out_and_passes_every_check(database):
    here, filled = await with_two_moderators()
    found = await proposed(here, filled.participants[:9])
    await take(here, found, Step.CONFIRM, "hana")
    await execute("update consultations set promise = 'We answer every statement by 1 March.' where id = $1", here.id)
    await close(here)
    await frozen(here)
    added = Added(language="en", balance_reason="The room is as it is.")
    await summaries.write(added=added, version=0, by=await factories.actor("amara", here))
    await rooms.shown(here)
    for name in ("amara", "gus"):
        await summaries.sign(by=await factories.actor(name, here))
    record = json.loads(await fetchval("select snapshot from summaries where status = 'published'"))
    assert [check.name for check in verify_record(record) if not check.holds] == []
    facts = {fact["id"]: fact["value"] for fact in record["snapshot"]["document"]["facts"]}
    assert facts["left_out"]["by"] == "two moderators"
    assert facts["left_out"]["people"] == {"withheld": True}, "nine are too few for the public"
    assert facts["analysis"]["input_digest"] == await fetchval(
        "select input_digest from analyses where evidence = 'full' and excluded <> ''"
    )
    assert not any(str(one) in json.dumps(record) for one in filled.participants[:9])
