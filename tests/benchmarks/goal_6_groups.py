"""Goal 6: the number of groups. Silhouettes of binned positions choose what exact ones choose, within 0.02, and at full
size in less than three passes over the votes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deliberation.polis_groups import lloyd, silhouettes, smallest_distinct
from tests.benchmarks import peers
from tests.benchmarks.conversations import Log, folders, real, simulated
from tests.benchmarks.goal_3_limit import one_pass
from tests.benchmarks.measuring import Row, in_turn
from tests.benchmarks.peers import Differs

NUMBERS = (2, 3, 4, 5)
MOST_ERROR = 0.02


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    logs = [real(folder) for folder in folders(data)]
    for log in (*logs, simulated(4_000, 100, 40, seed=2)):
        yield _against_exact(log)
    n = 1_000_000 if scale == "1M" else 100_000
    log = simulated(n, 1_000, 50, seed=1)
    points, labelings = _labelings(log)
    times = in_turn(lambda: silhouettes(points, labelings), lambda: one_pass(log), pairs=3)
    aim = 1 / 3 if scale == "1M" else None  # the bins cost the same at any size
    yield Row(
        6, f"{len(points):,} positions", "one pass over the votes", times.plenary, times.peer, times.ratio, aim=aim
    )


def _labelings(log: Log) -> tuple[np.ndarray, list[np.ndarray]]:
    result = peers.ours(log)
    points = result.positions[result.in_conversation]
    start = smallest_distinct(points, max(NUMBERS))
    return points, [lloyd(points, start[:k], max_steps=300, tolerance=1e-4)[0] for k in NUMBERS]


def _against_exact(log: Log) -> Row:
    points, labelings = _labelings(log)
    exact = np.array(silhouettes(points, labelings, pairwise_limit=len(points)))
    binned = np.array(silhouettes(points, labelings, pairwise_limit=0))
    error = float(np.abs(exact - binned).max())
    if exact.argmax() != binned.argmax() or error > MOST_ERROR:
        raise Differs(f"{log.name}: silhouettes {exact.tolist()} and {binned.tolist()}")
    times = in_turn(
        lambda: silhouettes(points, labelings, pairwise_limit=0),
        lambda: silhouettes(points, labelings, pairwise_limit=len(points)),
        pairs=5,
    )
    figures = {"groups": NUMBERS[int(exact.argmax())], "error": error}
    return Row(6, log.name, "exact silhouette", times.plenary, times.peer, times.ratio, figures=figures)
