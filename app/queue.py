"""The job queue: jobs are rows, written in the transaction of the change that asks for them.

Tasks live in `app.jobs` and register on `jobs`, a procrastinate App; everybody else enqueues by name:

    @queue.jobs.task(name="analyse")
    async def analyse(*, consultation_id: str) -> None: ...

    await queue.enqueue("analyse", queueing_lock=f"analyse:{consultation_id}", consultation_id=consultation_id)
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from app.database import connection

if TYPE_CHECKING:
    from procrastinate import App

    jobs: App

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


def __getattr__(name: str) -> App:
    # procrastinate and its driver take half a second to import; pages only enqueue, which needs neither.
    if name == "jobs":
        return _jobs()
    raise AttributeError(name)


@cache
def _jobs() -> App:
    from procrastinate import App, PsycopgConnector

    # The connector opens when a worker starts, with that worker's address.
    return App(connector=PsycopgConnector())
