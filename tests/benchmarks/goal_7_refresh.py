"""Goal 7: a new vote on the map. Among 100,000 people and five million votes the default method's whole first view,
computed anew, takes less than five seconds, and a thousand further votes hardly move anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.conversations import Log, simulated
from tests.benchmarks.default_method import first_view
from tests.benchmarks.goal_3_limit import one_pass
from tests.benchmarks.measuring import Row, in_turn, peak_mb
from tests.benchmarks.peers import Differs

MOST_SECONDS = 5.0
N_NEW = 1_000
MOST_MOVE = 0.1
"""Of the standard deviation of places."""


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    log = simulated(100_000, 1_000, 50, seed=1)
    before = Log(log.name, log.participants[:-N_NEW], log.statements[:-N_NEW], log.signs[:-N_NEW])
    known, now = first_view(before), first_view(log)
    times = in_turn(lambda: first_view(log), lambda: one_pass(log), pairs=3)
    memory = peak_mb(lambda: first_view(log))
    if known.space is None or now.space is None:
        raise Differs("there is no map")
    places = [space.positions[:, :2] for space in (known.space, now.space)]
    _, old, new = np.intersect1d(known.space.participant_ids, now.space.participant_ids, return_indices=True)
    moved = float(np.linalg.norm(places[0][old] - places[1][new], axis=1).mean() / places[0].std())
    figures = {"new votes": N_NEW, "mean move of a participant, by the map's width": moved}
    yield Row(
        7,
        f"{log.name}, default method",
        "one pass over the votes",
        times.plenary,
        times.peer,
        times.ratio,
        memory,
        figures=figures,
        holds=times.plenary < MOST_SECONDS and moved < MOST_MOVE,
    )
