"""Goal 8: stable names. A conversation is replayed in the order of its votes and analysed after every fiftieth of them:
how many people read another letter than before, where each analysis is cold and where it knows the one before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import process_time

import numpy as np

from deliberation.groups import OpinionGroups
from deliberation.polis import PolisHistory, polis_landscape
from deliberation.polis_landscape import groups_of
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import Log, folders, real
from tests.benchmarks.measuring import Row

N_REFRESHES = 50
FIRST = 10
"""The first analyses are left out: hardly anybody has the votes to be in a group."""
SMALL_ROOM = 30
"""Participants below which there are no groups to be named."""
WORTH_KEEPING, AIM = 0.05, 3.0
"""Where a cold analysis renames more than this share, one with memory renames at most a third of it."""


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    for folder in folders(data):
        log = real(folder)
        if np.unique(log.participants).size >= SMALL_ROOM:
            yield _row(log)


def _row(log: Log) -> Row:
    before: OpinionGroups | None = None
    cold_before: OpinionGroups | None = None
    cold, kept, seconds = [], [], []
    for step in range(FIRST, N_REFRESHES + 1):
        n = log.n_votes * step // N_REFRESHES
        votes = VoteMatrix.from_votes(log.participants[:n], log.statements[:n], log.signs[:n], last_wins=True)
        votes = votes.select(statements=~np.isin(votes.statement_ids, log.out))
        began = process_time()
        result = polis_landscape(votes, history=_history(before))
        seconds.append(process_time() - began)
        now, cold_now = groups_of(result, before), groups_of(polis_landscape(votes), None)
        if before is not None and cold_before is not None:
            kept.append(renamed(before, now))
            cold.append(renamed(cold_before, cold_now))
        before, cold_before = now, cold_now
    share, cold_share = float(np.mean(kept)), float(np.mean(cold))
    figures = {"renamed per refresh, cold": f"{cold_share:.1%}", "knowing the last": f"{share:.1%}"}
    ratio = cold_share / share if share else None
    holds = cold_share <= WORTH_KEEPING or share <= cold_share / AIM
    return Row(8, log.name, "cold analyses", float(np.median(seconds)), None, ratio, figures=figures, holds=holds)


def _history(before: OpinionGroups | None) -> PolisHistory:
    if before is None:
        return PolisHistory()
    members = [before.participant_ids[before.labels == index] for index in range(len(before.letters))]
    return PolisHistory(groups=tuple(tuple(ids.tolist()) for ids in members))


def renamed(before: OpinionGroups, now: OpinionGroups) -> float:
    """Share of the participants who are in a group in both and read another letter."""
    _, old, new = np.intersect1d(before.participant_ids, now.participant_ids, return_indices=True)
    in_both = (before.labels[old] >= 0) & (now.labels[new] >= 0)
    if not in_both.any():
        return 0.0
    names = [np.array([*groups.letters, ""]) for groups in (before, now)]
    return float((names[0][before.labels[old]] != names[1][now.labels[new]])[in_both].mean())
