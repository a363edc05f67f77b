"""Searches for groups while people vote: the map and groups of the latest one serve until the next one ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from app.analysis.landscape import Input
from app.database import fetchrow, fetchval
from deliberation.landscape import Landscape

GROWTH, AGE = 0.05, timedelta(minutes=10)
"""Votes gained and time gone by after which groups are looked for anew."""
N_KEPT = 2

_read: dict[UUID, Landscape] = {}
"""What this worker has read already: a landscape of 100,000 people takes a second."""


@dataclass(frozen=True, eq=False)
class Search:
    """A landscape with full evidence, on record for the live analyses that keep its groups; never shown itself."""

    id: UUID
    landscape: Landscape
    until: datetime

    def serves(self, given: Input) -> bool:
        """Whether it has a map, and nobody and nothing that this rests on has been left out since."""
        space, votes = self.landscape.space, given.votes
        if space is None or not self.landscape.can_be_kept:
            return False
        resting = ((space.participant_ids, votes.participant_ids), (space.statement_ids, votes.statement_ids))
        return all(bool(np.isin(before, now, assume_unique=True).all()) for before, now in resting)

    def is_old(self, given: Input) -> bool:
        """Whether enough has been voted, or enough time gone by, to look for groups anew."""
        return given.votes.n_votes > (1 + GROWTH) * self.landscape.n_votes or given.until - self.until > AGE


async def latest(consultation: UUID) -> Search | None:
    """The latest search of the consultation, None where there was none."""
    row = await fetchrow(
        "select id, votes_until from analyses where consultation = $1 and kind = 'search' "
        "order by votes_until desc limit 1",
        consultation,
    )
    if row is None:
        return None
    if row["id"] not in _read:
        text = await fetchval("select landscape from analyses where id = $1", row["id"])
        found = await asyncio.to_thread(lambda: Landscape.from_json(json.loads(text)))
        while len(_read) >= N_KEPT:
            del _read[next(iter(_read))]
        _read[row["id"]] = found
    return Search(row["id"], _read[row["id"]], row["votes_until"])
