"""Goal 10: distributed. What one process finds, one and two dask workers find too. At 50 million votes two workers need
at most 0.8 of its time, and one at most 1.3: SCALE=1M. Time is the wall's, and what a cluster adds counts. Measured for
the first view, and for the whole analysis with the evidence for groups."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import dask
import numpy as np
from distributed import Client, LocalCluster

from app.cluster import Cluster
from deliberation.blocks import Workers, in_turn
from deliberation.landscape import Landscape, map_landscape
from deliberation.votes import VoteMatrix
from tests.benchmarks import measuring
from tests.benchmarks.conversations import simulated
from tests.benchmarks.measuring import Row
from tests.benchmarks.peers import Differs

Evidence = Literal["quick", "full"]
PAIRS = {"quick": 3, "full": 1}
NAMES = {"quick": "first view", "full": "whole analysis"}
MOST_TIME = {1: 1.3, 2: 0.8}
"""By workers: their time as a share of one process's, at 50 million votes."""
LIKE_OPERATORS = {"MALLOC_TRIM_THRESHOLD_": "134217728", "MALLOC_MMAP_THRESHOLD_": "134217728"}
"""What the docs tell operators to start workers with."""


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    is_large = scale == "1M"
    log = simulated(1_000_000 if is_large else 100_000, 1_000, 50, seed=1)
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    name = log.name
    del log
    kinds: tuple[Evidence, ...] = ("quick", "full")
    for evidence in kinds:
        for n_workers in MOST_TIME:
            with client(n_workers) as connected:
                yield _row(name, votes, evidence, connected, n_workers, is_large=is_large)


@contextmanager
def client(n_workers: int) -> Iterator[Client]:
    """A client of workers of one thread each, in processes of their own."""
    environment = dask.config.get("distributed.nanny.pre-spawn-environ") | LIKE_OPERATORS
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": environment}),
        LocalCluster(n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None) as local,
        Client(local.scheduler_address, set_as_default=False, direct_to_workers=True) as connected,
    ):
        yield connected


def landscape(votes: VoteMatrix, evidence: Evidence, workers: Workers) -> Landscape:
    # A new matrix each time: what was counted before must not be at hand.
    fresh = VoteMatrix(votes.participant_ids, votes.statement_ids, votes.rows, votes.columns, votes.signs)
    return map_landscape(fresh, seed=1, evidence=evidence, workers=workers, clock=time.perf_counter)


def _row(name: str, votes: VoteMatrix, evidence: Evidence, connected: Client, n_workers: int, *, is_large: bool) -> Row:
    found: dict[str, Landscape] = {}

    def there() -> None:
        with Cluster(connected) as workers:
            found["there"] = landscape(votes, evidence, workers)

    def here() -> None:
        found["here"] = landscape(votes, evidence, in_turn)

    if evidence == "quick":
        there()  # a worker's first task imports what it needs
    times = measuring.in_turn(there, here, pairs=PAIRS[evidence], clock=time.perf_counter)
    most = MOST_TIME[n_workers]
    figures = {
        "places differ by at most": difference(found["there"], found["here"]),
        "share of one process's time": 1 / times.ratio,
        "wanted at 50 million votes": most,
        "seconds by part, there": _parts(found["there"]),
        "seconds by part, here": _parts(found["here"]),
    }
    return Row(
        goal=10,
        name=f"{name}, {NAMES[evidence]}, {n_workers} worker{'s' if n_workers > 1 else ''}",
        peer="one process",
        plenary_s=times.plenary,
        peer_s=times.peer,
        ratio_time=times.ratio,
        aim=1 / most if is_large else None,
        figures=figures,
    )


def _parts(landscape: Landscape) -> str:
    return ", ".join(f"{part} {seconds:.2f}" for part, seconds in landscape.timings.items())


def difference(one: Landscape, other: Landscape) -> float:
    """The largest difference between two places on the map. Raises `Differs` unless all that is discrete is equal."""
    if one.digest != other.digest or one.statements != other.statements:
        raise Differs("a cluster finds another landscape than one process")
    if one.space is None or other.space is None:
        raise Differs("there is no map")
    off = float(np.abs(one.space.positions - other.space.positions).max())
    if not off <= 1e-9:
        raise Differs(f"places on the map differ by {off:.1e}")
    return off
