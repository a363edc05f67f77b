"""The default method beside red-dwarf: a first view of a real conversation within 5 seconds, and of 30,000 people in
a third of red-dwarf's time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deliberation.landscape import Landscape, map_landscape
from deliberation.votes import VoteMatrix
from tests.benchmarks import peers
from tests.benchmarks.conversations import Log, folders, real, simulated
from tests.benchmarks.measuring import Row, in_turn

MOST_SECONDS = 5.0
AIM = 3.0


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    for folder in folders(data):
        yield _row(real(folder), pairs=3, aim=None)
    yield _row(simulated(30_000, 1_000, 50, seed=1), pairs=1, aim=AIM)


def _row(log: Log, *, pairs: int, aim: float | None) -> Row:
    votes = log.for_peer()
    times = in_turn(lambda: first_view(log), lambda: peers.theirs(votes, log.out), pairs=pairs)
    figures = None if aim else {"within_5_s": times.plenary < MOST_SECONDS}
    return Row(0, log.name, "red-dwarf 0.4.0", times.plenary, times.peer, times.ratio, aim=aim, figures=figures)


def first_view(log: Log) -> Landscape:
    """The default landscape with quick evidence, from three columns of votes."""
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    kept = [statement not in set(log.out) for statement in votes.statement_ids.tolist()]
    return map_landscape(votes.select(statements=kept), seed=1, evidence="quick")
