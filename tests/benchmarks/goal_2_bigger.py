"""Goal 2: bigger consultations. 40 times as fast as red-dwarf at 10,000 people and 120 times at 30,000, in a fifteenth
of the memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import peers
from tests.benchmarks.conversations import Log, simulated
from tests.benchmarks.measuring import Row, in_turn, peak_mb, share

SIZES = ((10_000, 300, 40.0), (30_000, 1_000, 120.0))
AIM_MEMORY = 15.0


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    for n_participants, n_statements, aim in SIZES:
        yield _row(simulated(n_participants, n_statements, 50, seed=1), aim)


def _row(log: Log, aim: float) -> Row:
    votes = log.for_peer()
    mine = peers.ours(log)
    answers: list[Any] = []
    times = in_turn(lambda: peers.ours(log), lambda: answers.append(peers.theirs(votes)), pairs=3, each=3)
    found = peers.agreement(mine, answers[0])
    found.require(adjusted_rand=0.99, table=None)
    answers.clear()
    own, other = peak_mb(lambda: peers.ours(log)), peak_mb(lambda: peers.theirs(votes))
    return Row(
        goal=2,
        name=log.name,
        peer="red-dwarf 0.4.0",
        plenary_s=times.plenary,
        peer_s=times.peer,
        ratio_time=times.ratio,
        plenary_mb=own,
        peer_mb=other,
        ratio_memory=share(other, own),
        aim=aim,
        aim_memory=AIM_MEMORY,
        figures={"groups": found.n_groups[0], "adjusted_rand": found.adjusted_rand, "axes": found.axes},
    )
