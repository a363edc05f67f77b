"""The daily job that asks for pulses: it finds the consultations by itself, and a second run asks nobody again."""

from __future__ import annotations

from datetime import timedelta

from app.database import execute, fetchval, now
from app.jobs.remind_pulses import remind_pulses
from app.queue import jobs_app
from app.tables.commitments import Commitment
from deliberation.phases import Phase
from tests.factories import coalition_of, make_consultation


async def test_each_partner_of_a_due_pulse_is_asked_once_however_often_the_job_runs(database: None) -> None:
    here = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT))
    coalition = await coalition_of(("chidi", "dana", "hana"), here)
    made_at = await now() - timedelta(days=82)
    await Commitment(
        coalition=coalition.id,
        number=1,
        title="Wells that last",
        status="made",
        created_at=made_at,
        made_at=made_at,
        status_at=made_at,
    ).save()
    for _ in range(2):
        await remind_pulses(0)
        assert await fetchval("select count(*) from messages where kind = 'pulse_due'") == 3
    assert await fetchval("select count(*) from audit_events where action = 'pulses.remind'") == 1
    await execute("update commitments set made_at = made_at - interval '91 days'")
    await remind_pulses(0)
    assert await fetchval("select count(*) from messages where kind = 'pulse_due'") == 6, "the next period is another"


def test_the_job_runs_by_itself_each_morning() -> None:
    crons = {one.task.name: one.cron for one in jobs_app().periodic_registry.periodic_tasks.values()}
    assert crons["remind_pulses"] == "0 7 * * *"
