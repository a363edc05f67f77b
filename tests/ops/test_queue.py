"""Jobs are rows of the transaction that asks for them, and a worker runs each of them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from procrastinate import PsycopgConnector

from app import database as db
from app.database import execute, fetch, fetchval, transaction
from app.queue import enqueue, jobs_app, sweep

pytestmark = pytest.mark.slow  # processes and servers of their own are started

# Jobs of these tests write what they were given into a file, so that the test sees what ran in another process.
WORKER = """
import asyncio, sys
from pathlib import Path
from app import database, queue

@queue.jobs.task(name="note")
async def note(*, text: str, seconds: float = 0.0) -> None:
    with Path(sys.argv[1]).open("a") as file:
        file.write(f"begin {text}\\n")
    await asyncio.sleep(seconds)
    with Path(sys.argv[1]).open("a") as file:
        file.write(f"end {text}\\n")

async def main() -> None:
    queue.SHUTDOWN_SECONDS = float(sys.argv[3])
    await database.open_pool()
    await queue.run_worker(sys.argv[2])
    await database.close_pool()

asyncio.run(main())
"""


async def waiting() -> list[asyncpg.Record]:
    return await fetch("select * from procrastinate_jobs where status = 'todo' order by id")


async def test_a_job_waits_with_its_arguments(database: None) -> None:
    job = await enqueue("analyse", consultation="c1", priority=3)
    (row,) = await waiting()
    assert row["id"] == job
    assert row["task_name"] == "analyse"
    assert json.loads(row["args"]) == {"consultation": "c1"}
    assert row["priority"] == 3


async def test_a_job_of_a_rolled_back_transaction_never_existed(database: None) -> None:
    with pytest.raises(LookupError):
        async with transaction():
            await enqueue("analyse")
            raise LookupError
    assert await waiting() == []


async def test_of_jobs_with_one_queueing_lock_one_waits(database: None) -> None:
    first = await enqueue("analyse", queueing_lock="analyse:1", n=1)
    async with transaction():
        assert await enqueue("analyse", queueing_lock="analyse:1", n=2) == first
    other = await enqueue("analyse", queueing_lock="analyse:2")
    assert other != first
    assert [row["id"] for row in await waiting()] == [first, other]


async def test_a_job_may_wait_again_while_one_of_its_lock_runs(database: None) -> None:
    first = await enqueue("analyse", queueing_lock="analyse:1")
    await execute("update procrastinate_jobs set status = 'doing' where id = $1", first)
    assert await enqueue("analyse", queueing_lock="analyse:1") != first


async def test_a_later_time_is_kept(database: None) -> None:
    moment = await db.now() + timedelta(hours=1)
    await enqueue("freeze", schedule_at=moment)
    (row,) = await waiting()
    assert row["scheduled_at"] == moment


async def test_a_waiting_job_does_not_start_before_the_transaction_that_relies_on_it_ends(committing: str) -> None:
    take = "select id from procrastinate_jobs where status = 'todo' order by id limit 1 for update skip locked"
    worker = await asyncpg.connect(committing)
    job = await enqueue("analyse", queueing_lock="analyse:1")
    async with transaction():
        assert await enqueue("analyse", queueing_lock="analyse:1") == job
        assert await worker.fetchval(take) is None
    assert await worker.fetchval(take) == job
    await worker.close()


async def test_many_who_ask_at_once_get_one_job(committing: str) -> None:
    found = await asyncio.gather(*(enqueue("analyse", queueing_lock="analyse:1") for _ in range(40)))
    assert len(set(found)) == 1
    assert len(await waiting()) == 1


async def test_jobs_of_a_worker_that_died_wait_again_but_never_twice(committing: str) -> None:
    lost = await enqueue("analyse", queueing_lock="analyse:1")
    replaced = await enqueue("analyse", queueing_lock="analyse:2")
    await execute("update procrastinate_jobs set status = 'doing'")
    newer = await enqueue("analyse", queueing_lock="analyse:2")
    app = jobs_app()
    with app.replace_connector(PsycopgConnector(conninfo=committing, min_size=1, max_size=2)):
        async with app.open_async():
            assert await sweep(app) == 2
            assert await sweep(app) == 0
    assert [row["id"] for row in await waiting()] == [lost, newer]
    assert await fetchval("select count(*) from procrastinate_jobs where id = $1", replaced) == 0


def start_worker(tmp_path: Path, url: str, grace: float = 15.0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WORKER, str(tmp_path / "notes"), url, str(grace)]
    return subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})


async def notes(tmp_path: Path, n: int, seconds: float = 20.0) -> list[str]:
    file = tmp_path / "notes"
    for _ in range(int(seconds / 0.05)):
        lines = file.read_text().splitlines() if file.exists() else []
        if len(lines) >= n:
            return lines
        await asyncio.sleep(0.05)
    raise AssertionError(f"only {lines}")


async def test_a_worker_runs_jobs_as_soon_as_they_are_committed(committing: str, tmp_path: Path) -> None:
    worker = start_worker(tmp_path, committing)
    async with transaction():
        await enqueue("note", text="a")
        await enqueue("note", text="b")
    assert sorted(await notes(tmp_path, 4)) == ["begin a", "begin b", "end a", "end b"]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0


async def test_a_worker_that_is_asked_to_stop_finishes_its_job_first(committing: str, tmp_path: Path) -> None:
    worker = start_worker(tmp_path, committing)
    await enqueue("note", text="a", seconds=1.5)
    await notes(tmp_path, 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert (tmp_path / "notes").read_text().splitlines() == ["begin a", "end a"]
    assert await fetchval("select status::text from procrastinate_jobs") == "succeeded"


async def test_a_job_that_outlasts_the_grace_period_waits_again(committing: str, tmp_path: Path) -> None:
    worker = start_worker(tmp_path, committing, grace=0.2)
    await enqueue("note", text="a", seconds=60)
    await notes(tmp_path, 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert [json.loads(row["args"])["text"] for row in await waiting()] == ["a"]


async def test_the_job_of_a_killed_worker_runs_again_after_the_sweep(committing: str, tmp_path: Path) -> None:
    worker = start_worker(tmp_path, committing)
    await enqueue("note", text="a", seconds=0.5)
    await notes(tmp_path, 1)
    worker.kill()
    worker.wait()
    # As if a minute had passed.
    await execute("update procrastinate_workers set last_heartbeat = now() - interval '5 minutes'")
    second = start_worker(tmp_path, committing)
    assert await notes(tmp_path, 3) == ["begin a", "begin a", "end a"]
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0


async def test_a_silent_worker_that_holds_its_lock_keeps_its_job_and_a_killed_one_loses_it_soon(
    committing: str, tmp_path: Path
) -> None:
    worker = start_worker(tmp_path, committing)
    await enqueue("note", text="a", seconds=30.0)
    await notes(tmp_path, 1)
    silence = "update procrastinate_workers set last_heartbeat = now() - interval '30 seconds'"
    app = jobs_app()
    with app.replace_connector(PsycopgConnector(conninfo=committing, min_size=1, max_size=2)):
        async with app.open_async():
            worker.send_signal(signal.SIGSTOP)
            await execute(silence)
            assert await sweep(app) == 0
            worker.kill()
            worker.wait()
            for _ in range(100):
                if await sweep(app) == 1:
                    break
                await asyncio.sleep(0.05)
            else:
                raise AssertionError("the dead worker's job was not found")
    assert [json.loads(row["args"])["text"] for row in await waiting()] == ["a"]


async def test_jobs_of_one_lock_run_one_after_another(committing: str, tmp_path: Path) -> None:
    await enqueue("note", lock="one", text="a", seconds=0.3)
    await enqueue("note", lock="one", text="b", seconds=0.1)
    worker = start_worker(tmp_path, committing)
    assert await notes(tmp_path, 4) == ["begin a", "end a", "begin b", "end b"]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
