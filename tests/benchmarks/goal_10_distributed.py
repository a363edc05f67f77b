"""Goal 10: distributed. What one process finds, eight blocks of participants on one and on two dask workers find too,
of any number of votes. At 50 million two workers need at most 0.8 of its time, and one at most 1.3: SCALE=1M. Time is
the wall's, and what a cluster adds counts: the votes travel to the workers for each step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import dask
import numpy as np
from distributed import Client, LocalCluster

from app.cluster import spread
from deliberation import blocks
from deliberation.blocks import Workers, in_turn
from deliberation.landscape import Landscape, map_landscape
from deliberation.votes import VoteMatrix
from tests.benchmarks import measuring
from tests.benchmarks.conversations import simulated
from tests.benchmarks.measuring import Row
from tests.benchmarks.peers import Differs

T = TypeVar("T")

N_BLOCKS = 8
PAIRS = 3
MOST_TIME = {1: 1.3, 2: 0.8}
"""By workers: their time as a share of one process's, at 50 million votes."""
LIKE_OPERATORS = {"MALLOC_TRIM_THRESHOLD_": "134217728"}
"""What the docs tell operators to start workers with."""


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    is_large = scale == "1M"
    log = simulated(1_000_000 if is_large else 100_000, 1_000, 50, seed=1)
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    name = log.name
    del log
    here = landscape(votes, in_turn)
    for n_workers in MOST_TIME:
        with cluster(n_workers) as workers:
            yield _row(name, votes, here, workers, n_workers, is_large=is_large)


@contextmanager
def cluster(n_workers: int) -> Iterator[Workers]:
    """Workers of one thread each, in processes of their own."""
    environment = dask.config.get("distributed.nanny.pre-spawn-environ") | LIKE_OPERATORS
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": environment}),
        LocalCluster(n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None) as local,
        Client(local.scheduler_address, set_as_default=False) as client,
    ):
        yield partial(spread, client)


def landscape(votes: VoteMatrix, workers: Workers, waited: list[float] | None = None) -> Landscape:
    """The default method's first view. `waited` gets the seconds that the work on blocks took."""

    def timed(work: Callable[..., T], blocks: Sequence[tuple[Any, ...]]) -> list[T]:
        began = time.perf_counter()
        found = workers(work, blocks)
        if waited is not None:
            waited.append(time.perf_counter() - began)
        return found

    return map_landscape(votes, seed=1, evidence="quick", workers=timed)


def _row(name: str, votes: VoteMatrix, here: Landscape, workers: Workers, n_workers: int, *, is_large: bool) -> Row:
    waited: tuple[list[float], list[float]] = ([], [])

    def there() -> Landscape:
        with _cut(votes):
            return landscape(votes, workers, waited[0])

    off = difference(there(), here)
    waited[0].clear()
    times = measuring.in_turn(there, lambda: landscape(votes, in_turn, waited[1]), pairs=PAIRS, clock=time.perf_counter)
    most = MOST_TIME[n_workers]
    figures = {
        "blocks": N_BLOCKS,
        "places differ by at most": off,
        "share of one process's time": 1 / times.ratio,
        "wanted at 50 million votes": most,
        "counting and placing alone": f"{sum(waited[0]) / PAIRS:.2f} s, in one process {sum(waited[1]) / PAIRS:.2f} s",
    }
    return Row(
        goal=10,
        name=f"{name}, {n_workers} worker{'s' if n_workers > 1 else ''}",
        peer="one process",
        plenary_s=times.plenary,
        peer_s=times.peer,
        ratio_time=times.ratio,
        aim=1 / most if is_large else None,
        figures=figures,
    )


@contextmanager
def _cut(votes: VoteMatrix) -> Iterator[None]:
    before, blocks.BLOCK = blocks.BLOCK, -(-votes.n_votes // N_BLOCKS)
    try:
        yield
    finally:
        blocks.BLOCK = before


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
