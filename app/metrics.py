"""Figures for a monitoring system: how often, how fast, how much is waiting. No names, no addresses, no choices.

Each web process counts for itself in a file of `PROMETHEUS_MULTIPROC_DIR`, which the supervisor names and empties when
it starts; whichever process is asked adds up the files of all. What is in the database is counted there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from litestar.types import Scope
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from app.database import DB, fetch, fetchval
from app.logs import METHODS

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_own = CollectorRegistry()
_requests = Counter("plenary_requests", "Requests answered", ("method", "route", "status"), registry=_own)
_seconds = Histogram("plenary_request_seconds", "Time to answer", ("route",), buckets=BUCKETS, registry=_own)
_pool = Gauge("plenary_pool_connections", "Pooled connections", ("state",), registry=_own, multiprocess_mode="livesum")

# Counting the votes themselves would read the whole table; the planner's own figure is kept by the database.
ROWS = "select greatest(reltuples, 0)::bigint from pg_class where oid = 'votes'::regclass"
STORED = "select coalesce(n_tup_ins - n_tup_del, 0) from pg_stat_user_tables where relid = 'votes'::regclass"
JOBS = "select status::text as status, count(*) as n from procrastinate_jobs group by status"
STATES = ("todo", "doing", "failed")
WAITING = """
select coalesce(extract(epoch from clock_timestamp() - min(e.at)), 0) from procrastinate_jobs j
join procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
where j.status = 'todo' and (j.scheduled_at is null or j.scheduled_at <= clock_timestamp())
"""
WORKERS = """
select count(*) from procrastinate_workers where last_heartbeat > clock_timestamp() - interval '60 seconds'
"""


def observe(scope: Scope, *, status: int, seconds: float) -> None:
    """One more request is counted, under its route's template: its path names consultations and people."""
    method, route = str(scope.get("method", "")), str(scope.get("path_template") or "unmatched")
    _requests.labels(method if method in METHODS else "other", route, str(status)).inc()
    if not route.startswith("/live"):
        _seconds.labels(route).observe(seconds)
    if DB.pool is not None:
        _pool.labels("open").set(DB.pool.get_size())
        _pool.labels("idle").set(DB.pool.get_idle_size())


async def text() -> bytes:
    """All figures of this installation in Prometheus' own format, whichever web process is asked."""
    registry = CollectorRegistry()
    if FOLDER in os.environ:
        _bury()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Given(list(_own.collect())))
    registry.register(_Given(await _stored()))
    return generate_latest(registry)


class _Given(Collector):
    """Figures that are known already."""

    def __init__(self, figures: list[Metric]) -> None:
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from self.figures


async def _stored() -> list[Metric]:
    jobs = {row["status"]: row["n"] for row in await fetch(JOBS)}
    waiting = GaugeMetricFamily("plenary_jobs", "Jobs in the queue", labels=["status"])
    for state in STATES:
        waiting.add_metric([state], jobs.get(state, 0))
    n_votes = max(await fetchval(ROWS), await fetchval(STORED) or 0)
    return [
        waiting,
        GaugeMetricFamily("plenary_jobs_oldest_seconds", "Age of the oldest job due", await fetchval(WAITING)),
        GaugeMetricFamily("plenary_workers", "Workers heard of within a minute", await fetchval(WORKERS)),
        GaugeMetricFamily("plenary_votes", "Votes stored, about", n_votes),
    ]


def _bury() -> None:
    """What a process that has ended held at that moment is not held any more; what it counted stays counted."""
    for file in Path(os.environ[FOLDER]).glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            mark_process_dead(int(pid))  # type: ignore[no-untyped-call]
