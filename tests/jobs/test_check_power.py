"""The job `check_power`: one look at the balance keeps its figures and raises what is out of bounds, once."""

from __future__ import annotations

import json

import pytest

from app.actions import alerts
from app.actions.moderation import ask_for_check
from app.analysis.power_rows import read_rows, stored_figures
from app.database import execute, fetch, fetchval
from app.jobs import check_power as job
from app.jobs.apart import apart
from app.jobs.check_power import check_power
from app.tables.alerts import Alert
from app.tables.audit import AuditEvent
from app.tables.outbox import Message
from deliberation.bursts import bursts, windows_of
from tests import crowd, factories


@pytest.fixture
async def here(database):
    return await factories.make_consultation()


async def run(here) -> list[Alert]:
    await check_power(consultation_id=str(here.id))
    return await Alert.objects().where(Alert.consultation == here.id).order_by(Alert.kind, Alert.subject)


async def test_an_organisation_on_many_proposals_is_flagged_and_moderators_are_told(here):
    made = await crowd.gather(here, n_forum=24)
    found = [alert for alert in await run(here) if alert.kind == "one_organisation"]
    assert [(alert.subject, alert.level) for alert in found] == [(str(made.forum), "flag")]
    measure = json.loads(found[0].measure)
    on = await fetchval(
        """
        select count(*) from proposals p where p.consultation = $1 and (
          exists(select from participants q where q.id = p.author and q.organisation = $2)
          or exists(select from cosponsors c where c.proposal = p.id and c.organisation = $2))
        """,
        here.id,
        made.forum,
    )
    assert measure["measure"] == pytest.approx(on / 40)
    assert measure["bound"] == pytest.approx(2 / 11), "twice an equal share of the eleven organisations"
    told = await Message.objects().where(Message.kind == "alert_raised")
    assert {message.to for message in told} == {"ben@example.org"}
    assert all(crowd.FORUM not in message.text and "%" not in message.text for message in told)


async def test_a_note_that_becomes_a_flag_asks_anew_and_moderators_are_told(here):
    made = await crowd.gather(here)
    (note,) = [alert for alert in await run(here) if alert.kind == "one_organisation"]
    assert note.level == "note", "fourteen of forty among eleven organisations may still be chance"
    kind = "alert_raised"
    n_told = await Message.count().where(Message.kind == kind)
    ben = await factories.actor("ben", here)
    await alerts.decide(alert=note, decision="watch", reason="Let us see.", by=ben)
    await execute(
        "update participants set organisation = $2 where consultation = $1 and id = any($3::bigint[])",
        here.id,
        made.forum,
        list(made.participants[6:20]),
    )
    (flag,) = [alert for alert in await run(here) if alert.kind == "one_organisation"]
    assert (flag.id, flag.level, flag.decision) == (note.id, "flag", "")
    assert json.loads(flag.measure)["earlier"][0]["reason"] == "Let us see."
    told = await Message.objects().where(Message.kind == kind).order_by(Message.created_at)
    assert len(told) > n_told
    assert {message.to for message in told} == {"ben@example.org"}


async def test_the_server_counts_the_votes_as_one_by_one(here):
    made = await crowd.gather(here, n_burst=9)
    rows = await fetch("select cast_at, participant from votes where consultation = $1 order by cast_at", here.id)
    read = await read_rows(here.id)
    first = rows[0]["cast_at"].replace(second=0, microsecond=0)
    minutes = [int((row["cast_at"] - first).total_seconds() // 60) for row in rows]
    whole = windows_of(minutes, [row["participant"] for row in rows])
    assert [burst for _, burst in read.bursts] == list(bursts(whole))
    assert read.rushed <= set(made.participants[:9])
    by_day = {}
    for row in rows:
        by_day.setdefault(row["cast_at"].date(), []).append(row["participant"])
    assert {day: (n, people) for day, n, people in read.days if n} == {
        day: (len(votes), len(set(votes))) for day, votes in by_day.items()
    }


async def test_running_it_twice_is_as_running_it_once(here):
    await crowd.gather(here, n_burst=6)
    first = [(alert.id, alert.raised_at) for alert in await run(here)]
    n_messages, n_events = await Message.count(), await AuditEvent.count()
    second = [(alert.id, alert.raised_at) for alert in await run(here)]
    assert first
    assert first == second
    assert (await Message.count(), await AuditEvent.count()) == (n_messages, n_events)


async def test_thin_and_thick_constituencies_are_found_against_their_targets(here):
    await crowd.gather(here, constituencies=("ngos",) * 100 + ("women",) * 45 + ("business",) * 5)
    found = {(alert.kind, alert.subject) for alert in await run(here)}
    assert ("under_represented", "constituency:business:participants") in found
    assert ("over_represented", "constituency:ngos:participants") in found
    assert not any("women:participants" in subject for _, subject in found)


async def test_a_burst_of_votes_is_flagged_with_its_day(here):
    made = await crowd.gather(here, n_burst=9)
    found = [alert for alert in await run(here) if alert.kind == "burst"]
    assert found
    day = made.started_at.date().toordinal() + 2
    assert all(
        alert.subject.split(":")[0] == type(made.started_at.date()).fromordinal(day).isoformat() for alert in found
    )
    assert json.loads(found[0].measure)["parameters"]["n_people"] >= 3


async def test_no_burst_is_found_where_everybody_votes_at_their_own_hour(here):
    await crowd.gather(here)
    assert [alert for alert in await run(here) if alert.kind == "burst"] == []


async def test_a_language_whose_statements_are_declined_more_often_is_flagged(here):
    await crowd.gather(here, n_proposals=60, n_forum=3, declined_arabic=True)
    assert ("uneven_moderation", "language:ar") in {(alert.kind, alert.subject) for alert in await run(here)}


async def test_below_15_people_nothing_is_flagged(here):
    await crowd.gather(here, constituencies=("ngos",) * 14)
    assert await run(here) == []


async def test_without_anybody_there_are_figures_and_no_alert(here):
    assert await run(here) == []
    assert (await stored_figures(here.id))["n_participants"] == 0


async def test_an_alert_clears_after_two_checks_below_half_its_bound(here):
    made = await crowd.gather(here)
    await run(here)
    assert await fetchval("select cleared_at from alerts where kind = 'one_organisation'") is None
    await execute(
        "update participants set organisation = null where consultation = $1 and organisation = $2", here.id, made.forum
    )
    await execute("delete from cosponsors")
    await execute("update participants set organisation = null where consultation = $1", here.id)
    await run(here)
    assert await fetchval("select cleared_at from alerts where kind = 'one_organisation'") is None
    await run(here)
    assert await fetchval("select cleared_at from alerts where kind = 'one_organisation'") is not None
    events = await AuditEvent.select(AuditEvent.action).where(AuditEvent.action == "alerts.clear")
    assert events


async def test_what_is_published_of_a_table_waits_until_enough_people_moved(here):
    made = await crowd.gather(here)
    await run(here)
    before = (await stored_figures(here.id))["tables"]["constituency/participants"]
    await execute("update participants set constituency = 'women' where id = $1", made.participants[0])
    await run(here)
    assert (await stored_figures(here.id))["tables"]["constituency/participants"] == before
    await execute(
        "update participants set constituency = 'women' where id = any($1::bigint[])", list(made.participants[:10])
    )
    await run(here)
    assert (await stored_figures(here.id))["tables"]["constituency/participants"] != before


@pytest.mark.slow
async def test_a_look_at_many_people_is_worked_out_in_a_process_of_its_own(here, monkeypatch):
    asked = []

    async def noted(work, /, *given, **settings):
        asked.append(work.__name__)
        return await apart(work, *given, **settings)

    await crowd.gather(here, n_forum=24)
    await run(here)
    here_made = await stored_figures(here.id)
    # What was measured before is not measured again: without it, all of it travels to the other process.
    await execute("delete from publications where key = 'power' or audience = 'inside'")
    monkeypatch.setattr(job, "apart", noted)
    monkeypatch.setattr(job, "MANY", 1)
    await run(here)
    assert asked == ["_worked_out"]
    assert set(await stored_figures(here.id)) == set(here_made)
    assert "source" in (await stored_figures(here.id))["agenda"]


async def test_looks_at_one_consultation_come_one_after_the_other_and_after_what_readers_wait_for(here):
    await ask_for_check(here.id)
    (row,) = await fetch("select lock, priority from procrastinate_jobs where task_name = 'check_power'")
    assert (row["lock"], row["priority"]) == (f"power:{here.id}", -1)
