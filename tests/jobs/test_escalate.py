"""What waits for longer than was promised: moderators hear of it once, convenors once at twice of it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from app.actions import clarifications, consultations, escalations, moderation
from app.database import execute, fetch, fetchval, now
from app.tables.audit import AuditEvent
from app.tables.outbox import Message
from app.tables.proposals import Proposal
from deliberation.phases import Role
from tests import factories
from tests.cast import signed_in


async def told() -> dict[str, int]:
    rows = await Message.select(Message.to).where(Message.kind == "queue_late")
    return dict(Counter(row["to"] for row in rows))


async def waiting_in(here, text: str = "Meter every tap.") -> Proposal:
    return await factories.propose(await factories.actor("chidi", here), text, accepted=False)


async def a_queue(*, hours: int = 24):
    """A consultation with two moderators, and a statement of Chidi's that waits."""
    here = await factories.make_consultation()
    await execute("update consultations set decide_within_hours = $2 where id = $1", here.id, hours)
    await consultations.appoint(email="hana@example.org", role=Role.MODERATOR, by=await factories.actor("amara", here))
    await factories.join("chidi", here)
    return here, await waiting_in(here)


async def test_before_the_promised_time_nobody_is_told(database):
    await a_queue()
    assert await escalations.escalate(at=await now() + timedelta(hours=23.9)) == 0
    assert await told() == {}


async def test_above_it_each_moderator_is_told_once(database):
    here, made = await a_queue()
    late = await now() + timedelta(hours=24.1)
    assert await escalations.escalate(at=late) == 2
    assert await told() == {"ben@example.org": 1, "hana@example.org": 1}
    for n in range(3):
        assert await escalations.escalate(at=late + timedelta(minutes=10 * n)) == 0
    assert await told() == {"ben@example.org": 1, "hana@example.org": 1}
    message = await Message.objects().where(Message.kind == "queue_late").first()
    assert "1 statement has waited for more than 24 hours" in message.subject
    assert made.statement not in message.text
    rows = await AuditEvent.select(AuditEvent.actor).where(
        (AuditEvent.chain == str(here.id)) & (AuditEvent.action == "escalations.tell")
    )
    assert [row["actor"] for row in rows] == ["system"]


async def test_above_twice_of_it_the_convenor_is_told_once(database):
    await a_queue()
    start = await now()
    await escalations.escalate(at=start + timedelta(hours=25))
    assert await escalations.escalate(at=start + timedelta(hours=47.9)) == 0
    assert await escalations.escalate(at=start + timedelta(hours=48.1)) == 1
    assert await escalations.escalate(at=start + timedelta(hours=90)) == 0
    assert await told() == {"ben@example.org": 1, "hana@example.org": 1, "amara@example.org": 1}


async def test_a_worker_that_was_away_tells_both_levels_at_once(database):
    await a_queue(hours=2)
    assert await escalations.escalate(at=await now() + timedelta(hours=5)) == 3
    assert await escalations.escalate(at=await now() + timedelta(hours=6)) == 0


async def test_a_second_late_statement_is_told_by_itself(database):
    here, _ = await a_queue()
    await escalations.escalate(at=await now() + timedelta(hours=25))
    second = await waiting_in(here, "Train mechanics.")
    await execute("update proposals set waiting_since = waiting_since + interval '6 hours' where id = $1", second.id)
    assert await escalations.escalate(at=await now() + timedelta(hours=29)) == 0
    assert await escalations.escalate(at=await now() + timedelta(hours=31)) == 2
    rows = await fetch("select proposal, level, count(*) as n from escalations group by 1, 2")
    assert [row["n"] for row in rows] == [1, 1]


async def test_what_was_decided_or_is_with_its_author_or_waits_for_a_merge_is_not_late(database):
    here, first = await a_queue()
    ben = await factories.actor("ben", here)
    open_one = await factories.propose(await factories.actor("chidi", here), "Repair pumps.")
    returned, merging = await waiting_in(here, "They should do it."), await waiting_in(here, "Repair all the pumps.")
    await moderation.accept(proposal=first, by=ben)
    await clarifications.ask(proposal=returned, kind="who", question="Who?", by=ben)
    await moderation.suggest_merge(proposal=merging, into=open_one, by=ben)
    assert await escalations.escalate(at=await now() + timedelta(hours=99)) == 0


async def test_the_time_with_its_author_does_not_count(database):
    here, made = await a_queue()
    ben, chidi = await factories.actor("ben", here), await factories.actor("chidi", here)
    await clarifications.ask(proposal=made, kind="what", question="What?", by=ben)
    await execute("update clarifications set asked_at = asked_at - interval '20 hours'")
    await clarifications.answer(proposal=made, statement="Meter every public tap.", by=chidi)
    await execute("update proposals set waiting_since = waiting_since - interval '30 hours' where id = $1", made.id)
    assert await escalations.escalate(at=await now() + timedelta(hours=13.9)) == 0
    assert await escalations.escalate(at=await now() + timedelta(hours=14.1)) == 2


async def test_a_consultation_that_is_over_has_no_late_queue(database):
    here, _ = await a_queue()
    await factories.set_lifecycle(here, "published")
    assert await escalations.escalate(at=await now() + timedelta(days=9)) == 0


async def test_the_queue_says_its_age_and_what_is_above_the_promise(client):
    _, made = await a_queue()
    ben = await signed_in(client, "ben")
    page = (await ben.get("/en/c/water/moderate")).text
    assert "Authors are promised a decision within 24 hours; none is above it." in " ".join(page.split())
    assert "(today)" in page
    await execute("update proposals set waiting_since = waiting_since - interval '3 days' where id = $1", made.id)
    page = (await ben.get("/en/c/water/moderate")).text
    assert "(3 days)" in page
    assert "1 statement is above it." in page
    assert "is told when enough people have written" in page, "of nobody's decisions there is no median"


async def test_the_median_time_to_a_decision_is_told_by_language_where_enough_have_written(client):
    from app.actions import proposals
    from deliberation.disclosure import Attribution

    here = await factories.make_consultation(attribution=Attribution.OPEN)
    ben = await factories.actor("ben", here)
    for place in range(9):
        writer = await factories.join(f"writer{place}", here)
        made = await proposals.submit(
            statement=f"Plan {place} pays for wells.", language="en" if place < 6 else "fr", by=writer
        )
        await moderation.accept(proposal=made, by=ben)
        await execute(
            "update proposals set waiting_since = decided_at - make_interval(hours => $2) where id = $1",
            made.id,
            place + 1 if place < 6 else 60,
        )
    page = " ".join((await (await signed_in(client, "ben")).get("/en/c/water/moderate")).text.split())
    assert "Half of the decisions took less than 5 hours" in page
    assert "English: 4 hours" in page
    assert "Français:" not in page, "three people are too few"


async def test_workers_ask_for_it_once_for_each_ten_minutes(committing: str) -> None:
    """Two deferrers, as in two workers, at the same minute: the queue's own tables let one of them."""
    from procrastinate import PsycopgConnector
    from procrastinate.periodic import PeriodicDeferrer

    from app.jobs import escalate  # noqa: F401  registers the task
    from app.queue import jobs_app

    with jobs_app().replace_connector(PsycopgConnector(conninfo=committing)) as app:
        async with app.open_async():
            registry = app.periodic_registry
            assert "escalate" in {name for name, _ in registry.periodic_tasks}
            for _ in range(2):
                deferrer = PeriodicDeferrer(registry=registry)
                await deferrer.defer_jobs(deferrer.get_previous_tasks(at=1_800_000_000.0))
            assert await fetchval("select count(*) from procrastinate_jobs where task_name = 'escalate'") == 1
            await execute("delete from procrastinate_jobs")
