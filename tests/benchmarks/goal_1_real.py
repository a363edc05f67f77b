"""Goal 1: real conversations. The whole analysis at least 15 times as fast as red-dwarf, with the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.conversations import Log, folders, real
from tests.benchmarks.measuring import Row, in_turn, peak_mb, share

AIM = 15.0


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    for folder in folders(data):
        yield _row(real(folder))


def _row(log: Log) -> Row:
    votes = log.for_peer()
    found = peers.agreement(peers.ours(log), peers.theirs(votes, log.out))
    found.require(adjusted_rand=1.0, table=1e-12)
    times = in_turn(lambda: peers.ours(log), lambda: peers.theirs(votes, log.out), pairs=7, each=3)
    own, other = peak_mb(lambda: peers.ours(log)), peak_mb(lambda: peers.theirs(votes, log.out))
    return Row(
        goal=1,
        name=log.name,
        peer="red-dwarf 0.4.0",
        plenary_s=times.plenary,
        peer_s=times.peer,
        ratio_time=times.ratio,
        plenary_mb=own,
        peer_mb=other,
        ratio_memory=share(other, own),
        aim=AIM,
        figures={"votes": log.n_votes, "groups": found.n_groups[0], "axes": found.axes, "lists": found.lists},
    )
