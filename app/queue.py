"""The job queue: jobs are rows, written in the transaction of the change that asks for them.

Tasks live in `app.jobs` and register on `jobs`, a procrastinate App; everybody else enqueues by name:

    @queue.jobs.task(name="analyse")
    async def analyse(*, consultation_id: str) -> None: ...

    await queue.enqueue("analyse", queueing_lock=f"analyse:{consultation_id}", consultation_id=consultation_id)
"""

from __future__ import annotations

import asyncio
import json
import os
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import asyncpg

from app.database import connection
from app.logs import log
from app.settings import get_settings

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job

    jobs: App

# Analyses take a processor each; mails and small jobs fit beside one.
CONCURRENCY = 4
# A worker says every few seconds that it lives, and holds a lock by a connection of its own. An analysis may keep its
# interpreter from saying anything for a while, but not the kernel from closing that connection when it is killed: who
# is silent and without the lock is dead. Of a machine that vanished the connection may stay open: silence alone, then.
HEARTBEAT_SECONDS = 4.0
SILENT_SECONDS, STALLED_SECONDS = 10.0, 60.0
SWEEP_SECONDS = 5.0
ALIVE_LOCK = 724_003
# New jobs announce themselves; those that waited for another's lock, or for their time, are found by asking. A refresh
# of the results waits for its time, and a reader for the refresh; asking takes a millisecond.
POLL_SECONDS = 0.25
# Less than what the supervisor grants before it kills; whoever stops a demo waits for nothing.
SHUTDOWN_SECONDS, DEMO_SHUTDOWN_SECONDS = 15.0, 2.0

INSERT = """
insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
values ($1, $2, $3, $4, $5, $6::jsonb, $7)
on conflict (queueing_lock) where status = 'todo' do nothing
returning id
"""

# The share lock keeps a worker from starting the waiting job before our transaction has ended, so that the job
# sees what we wrote. Without it the job might read too early, and our change would wait for the next job.
HOLD = "select id from procrastinate_jobs where queueing_lock = $1 and status = 'todo' for key share"


async def enqueue(
    task_name: str,
    *,
    queueing_lock: str | None = None,
    lock: str | None = None,
    schedule_at: datetime | None = None,
    queue: str = "default",
    priority: int = 0,
    **arguments: Any,
) -> int:
    """A job with this `queueing_lock` waits and will see the open transaction's writes; returns its id.

    Where one waits already, it is the one. Jobs with the same `lock` never run at the same time. `arguments` are ids
    and other JSON values. On a path where many people write at once, call it after the commit: a waiting job's
    row is shared by all of them until each transaction ends.
    """
    text = json.dumps(arguments)
    async with connection() as open_connection:
        while True:
            job = await open_connection.fetchval(
                INSERT, queue, task_name, priority, lock, queueing_lock, text, schedule_at
            )
            if job is None:
                job = await open_connection.fetchval(HOLD, queueing_lock)
            # Neither: a worker took the waiting job between the two statements, so that a new one may wait.
            if job is not None:
                return int(job)


# Workers' numbers are counted up from one; a lock has room for 31 bits of them.
STALLED = """
select job.id, clock_timestamp() as moment
from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
where job.status = 'doing' and (
  worker.id is null or worker.last_heartbeat < now() - make_interval(secs => %(stalled)s)
  or (worker.last_heartbeat < now() - make_interval(secs => %(silent)s) and not exists (
    select from pg_locks held where held.locktype = 'advisory' and held.granted and held.objsubid = 2
      and held.classid = %(alive)s and held.objid = worker.id %% 2147483648
      and held.database = (select oid from pg_database where datname = current_database())
  ))
)
order by job.id
"""


async def run_worker(url: str) -> None:
    """Runs jobs until SIGTERM or SIGINT; the tasks of `app.jobs` must be imported before.

    Jobs in hand have a grace period to finish in; then they wait in the queue again.
    """
    from procrastinate import PsycopgConnector

    grace = DEMO_SHUTDOWN_SECONDS if get_settings().is_demo else SHUTDOWN_SECONDS
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=CONCURRENCY + 2)
    with jobs_app().replace_connector(connector) as app:
        _hand_back_when_stopped(app)
        async with app.open_async():
            beside = [asyncio.create_task(_sweep_forever(app)), asyncio.create_task(_end_with_parent(grace))]
            _hold_lock_when_registered(app, url, beside)
            try:
                await app.run_worker_async(
                    concurrency=CONCURRENCY,
                    fetch_job_polling_interval=POLL_SECONDS,
                    shutdown_graceful_timeout=grace,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    install_signal_handlers=True,
                )
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)


def _hand_back_when_stopped(app: App) -> None:
    """A job that is cut off by a stop waits again, whatever its task says of retries after failures."""
    from procrastinate import BaseRetryStrategy, RetryDecision

    class HandBack(BaseRetryStrategy):
        def __init__(self, own: BaseRetryStrategy | None) -> None:
            self.own = own

        def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
            if isinstance(exception, asyncio.CancelledError):
                return RetryDecision(retry_in={"seconds": 0})
            return self.own.get_retry_decision(exception=exception, job=job) if self.own else None

    for task in app.tasks.values():
        task.retry_strategy = HandBack(task.retry_strategy)


def _hold_lock_when_registered(app: App, url: str, beside: list[asyncio.Task[None]]) -> None:
    """The worker's number is known only once it is registered: from then on it holds its lock, in a task `beside`."""
    register = app.job_manager.register_worker

    async def register_and_hold() -> int:
        worker_id = await register()
        beside.append(asyncio.create_task(_hold_lock(url, worker_id)))
        return worker_id

    setattr(app.job_manager, "register_worker", register_and_hold)  # noqa: B010  the type checker forbids the assignment


async def _hold_lock(url: str, worker_id: int) -> None:
    """The lock is held for as long as this process lives and reaches the database; taken again when it was lost."""
    while True:
        lost = asyncio.Event()
        try:
            own = await asyncpg.connect(url, timeout=HEARTBEAT_SECONDS, server_settings={"application_name": "worker"})
            try:
                own.add_termination_listener(lambda _, lost=lost: lost.set())
                await own.execute("select pg_advisory_lock($1::int, $2::int)", ALIVE_LOCK, worker_id % 2**31)
                await lost.wait()
            finally:
                own.terminate()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log().warning("worker's lock failed", kind=type(error).__name__)
        await asyncio.sleep(1.0)


async def _sweep_forever(app: App) -> None:
    while True:
        try:
            await sweep(app)
        except Exception as error:
            # A worker must not end for it: the next sweep is the retry.
            log().warning("sweep failed", exc_info=error)
        await asyncio.sleep(SWEEP_SECONDS)


async def _end_with_parent(grace: float) -> None:
    """An orphan has a grace period and no more: an analysis in its own thread cannot be interrupted otherwise."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110  nobody else could set an event
        await asyncio.sleep(1.0)
    await asyncio.sleep(grace)
    os._exit(1)


async def sweep(app: App) -> int:
    """Jobs of workers that died wait again, and old finished ones are gone; returns how many were stalled."""
    from procrastinate.exceptions import UniqueViolation
    from procrastinate.jobs import Status

    stalled = await app.connector.execute_query_all_async(
        STALLED, stalled=STALLED_SECONDS, silent=SILENT_SECONDS, alive=ALIVE_LOCK
    )
    for job in stalled:
        try:
            await app.job_manager.retry_job_by_id_async(job["id"], retry_at=job["moment"])
        except UniqueViolation:
            # Another with the same queueing lock waits already: that one does the work.
            await app.job_manager.finish_job_by_id_async(job["id"], status=Status.ABORTED, delete_job=True)
    await app.job_manager.delete_old_jobs(
        nb_hours=24 * get_settings().keep_days["jobs"], include_failed=False, include_aborted=True
    )
    return len(stalled)


def __getattr__(name: str) -> App:
    # procrastinate and its driver take half a second to import; pages only enqueue, which needs neither.
    if name == "jobs":
        return jobs_app()
    raise AttributeError(name)


@cache
def jobs_app() -> App:
    """The App that tasks register on."""
    from procrastinate import App, PsycopgConnector

    # The connector opens when a worker starts, with that worker's address.
    return App(connector=PsycopgConnector())
