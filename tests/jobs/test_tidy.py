"""What is older than the table of what is kept allows goes, on the database's clock, once, counted and on record."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from app import access
from app.actions import retention
from app.actions.accounts import open_session
from app.analysis import integrity
from app.analysis.retention import KEPT, days
from app.database import execute, fetch, fetchval
from app.jobs.tidy import tidy
from app.queue import jobs_app
from app.refusals import Conflict
from app.settings import KEEP_DAYS
from tests.cast import person
from tests.factories import actor, join, make_consultation, propose, set_lifecycle, vote

INSERT = {
    "sign_in_codes": "insert into sign_in_codes (id, email, code_hash, browser_hash, created_at, expires_at) "
    "values (gen_random_uuid(), 'a@b.example', '\\x01', '\\x02', $1, $1)",
    "sign_in_requests": "insert into sign_in_requests (id, state_hash, browser_hash, nonce, verifier, next_path, "
    "created_at, expires_at) values (gen_random_uuid(), decode($2, 'hex'), '\\x02', 'n', 'v', '', $1, $1)",
    "rate_windows": "insert into rate_windows (id, key, expires_at) values (gen_random_uuid(), $2, $1)",
    "used_forms": "insert into used_forms (id, key, content_hash, outcome, used_at) "
    "values (gen_random_uuid(), $2, '', '', $1)",
    "messages": 'insert into messages (id, kind, "to", locale, subject, text, status, created_at, sent_at) '
    "values (gen_random_uuid(), 'invitation', 'a@b.example', 'en', 's', 't', 'sent', $1, $1)",
}


async def add(name: str, hours: float) -> None:
    """A row of this kind whose time is up `hours` ago."""
    if name == "sessions":
        token = await open_session((await person("chidi")).id)
        assert token
        newest = "(select id from sessions order by created_at desc limit 1)"
        await execute(
            f"update sessions set expires_at = clock_timestamp() - make_interval(hours => $1) where id = {newest}",
            int(hours),
        )
        return
    sql = INSERT[name].replace("$1", "(clock_timestamp() - make_interval(secs => $1))")
    await execute(sql, hours * 3600, *([uuid4().hex] if "$2" in sql else []))


@pytest.mark.parametrize(
    "name", ["sign_in_codes", "sign_in_requests", "rate_windows", "used_forms", "sessions", "messages"]
)
async def test_what_is_older_than_its_days_goes_and_what_is_younger_stays(database: None, name: str) -> None:
    await add(name, days(name) * 24 + 1)
    await add(name, days(name) * 24 - 1)
    gone = await retention.tidy()
    assert gone[name] == 1
    assert await fetchval(f"select count(*) from {name}") == 1
    assert (await retention.tidy())[name] == 0


async def test_every_table_whose_rows_lapse_is_in_the_table_of_what_is_kept(database: None) -> None:
    rows = await fetch(
        "select table_name from information_schema.columns where table_schema = 'public' "
        "and column_name in ('expires_at', 'used_at') and table_name not like 'procrastinate%'"
    )
    swept = {kept.table for kept in KEPT}
    with_links = {"invitations"}
    with_account = {"recovery_codes"}
    for row in rows:
        name = row["table_name"]
        assert name in swept | with_links | with_account, name


def test_each_line_has_its_days_and_each_number_of_days_its_line() -> None:
    assert {kept.name for kept in KEPT} == set(KEEP_DAYS)
    assert KEEP_DAYS["links"] == 90 and KEEP_DAYS["sessions"] == 30 and KEEP_DAYS["sign_in_codes"] == 1


async def archived(n_days: int) -> Any:
    here = await make_consultation()
    chidi = await join("chidi", here, organisation="Wells Union")
    dana = await join("dana", here)
    proposal = await propose(chidi, "Each village keeps its own wells.")
    await vote(dana, proposal, "agree")
    await set_lifecycle(here, "published")
    await retention.archive(by=await actor("amara", here))
    await execute("update consultations set archived_at = archived_at - make_interval(days => $1)", n_days)
    return here


async def test_the_links_go_ninety_days_after_archiving_with_an_event(database: None) -> None:
    here = await archived(89)
    assert (await retention.tidy())["links"] == 0
    assert await fetchval("select count(*) from participant_links") == 2
    await execute("update consultations set archived_at = archived_at - interval '2 days'")
    before = await fetchval("select count(*) from votes")
    assert (await retention.tidy())["links"] == 2
    assert await fetchval("select count(*) from participant_links") == 0
    assert await fetchval("select count(*) from memberships where role = 'participant'") == 0
    assert (await fetchval("select count(*) from votes"), await fetchval("select count(*) from proposals")) == (
        before,
        1,
    )
    event = await fetch("select actor, payload from audit_events where action = 'participants.destroy_links'")
    assert [(row["actor"], json.loads(row["payload"])) for row in event] == [("system", {"days": 90})]
    assert [one for one in await integrity.examine(here.id) if one.problem] == [], "the chain still holds"
    assert await access.participant_of(here.id, (await person("chidi")).id) is None


async def test_a_second_and_a_parallel_run_destroy_and_report_nothing_more(committing: str) -> None:
    here = await archived(91)
    runs = await asyncio.gather(*(retention.tidy() for _ in range(3)))
    assert sorted(run["links"] for run in runs) == [0, 0, 2]
    assert await fetchval("select count(*) from audit_events where action = 'participants.destroy_links'") == 1
    with pytest.raises(Conflict):
        await retention.destroy_links(by=await access.system_actor(here.id))


async def test_a_consultation_that_goes_on_keeps_its_links(database: None) -> None:
    here = await archived(400)
    await set_lifecycle(here, "published")
    assert (await retention.tidy())["links"] == 0


async def test_what_went_is_counted_in_the_log(database: None, capsys: pytest.CaptureFixture[str]) -> None:
    from app.logs import configure_logs

    configure_logs(is_json=True)
    await archived(91)
    await tidy(0)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"deleted"' in line]
    assert {"kind": "links", "n": 2} in [{name: line[name] for name in ("kind", "n")} for line in lines]


def test_the_job_runs_by_itself_each_hour() -> None:
    crons = {one.task.name: one.cron for one in jobs_app().periodic_registry.periodic_tasks.values()}
    assert crons["tidy"] == "23 * * * *"
