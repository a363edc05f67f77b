"""Which statement a participant sees next: reads who saw what, asks `deliberation.routing`."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from app.access import Actor
from app.database import fetch, fetchval
from deliberation import routing

# Counts of all votes are read at most this often in each process: a card needs no fresher figures than that.
COUNTS_SECONDS = 5.0
MAX_CACHED = 64


@dataclass(frozen=True)
class Deck:
    """What a participant has before them: statements by id, seen or not, and how far they are."""

    unseen: tuple[int, ...]
    set_aside: tuple[int, ...]
    current: int | None
    n_voted: int
    n_total: int


_counts: OrderedDict[tuple[UUID, str], tuple[float, dict[int, tuple[int, int, int, int]]]] = OrderedDict()

DECK = """
select p.id, (v.id is not null) as is_voted, (s.id is not null) as is_shown, coalesce(s.is_set_aside, false) as is_aside
from proposals p
left join votes v on v.proposal = p.id and v.participant = $2
left join showings s on s.proposal = p.id and s.participant = $2
where p.consultation = $1 and p.status = 'accepted' and p.author is distinct from $2
order by p.id
"""
COUNTS = """
select v.proposal, count(*) filter (where q.constituency = $2) as n_stratum, count(*) as n,
       count(*) filter (where v.choice = 'agree') as n_agree, count(*) filter (where v.choice = 'disagree') as n_disagree
from votes v join participants q on q.id = v.participant
where v.consultation = $1 group by v.proposal
"""
CHALLENGERS = """
select slate -> 'routing' from analyses where consultation = $1 order by created_at desc limit 1
"""


async def deck_of(actor: Actor) -> Deck:
    """Where the participant stands. The current card is the one shown last and not yet answered."""
    assert actor.participant is not None
    rows = await fetch(DECK, actor.consultation.id, actor.participant.id)
    waiting = [row for row in rows if not row["is_voted"]]
    current = [row["id"] for row in waiting if row["is_shown"] and not row["is_aside"]]
    return Deck(
        unseen=tuple(row["id"] for row in waiting if not row["is_shown"]),
        set_aside=tuple(row["id"] for row in waiting if row["is_aside"]),
        current=current[0] if current else None,
        n_voted=len(rows) - len(waiting),
        n_total=len(rows),
    )


async def choose_next(actor: Actor, deck: Deck, *, seed: int) -> routing.Showing | None:
    """The statement to show next, with the reason and its probability; None when all have been seen."""
    assert actor.participant is not None
    if not deck.unseen:
        return None
    counts = await _counts_of(actor.consultation.id, actor.participant.constituency)
    figures = np.array([counts.get(item, (0, 0, 0, 0)) for item in deck.unseen], dtype=np.int64).reshape(-1, 4)
    return routing.choose_statement(
        np.array(deck.unseen, dtype=np.int64),
        n_stratum=figures[:, 0],
        n_votes=figures[:, 1],
        n_agrees=figures[:, 2],
        n_disagrees=figures[:, 3],
        contenders=await _contenders(actor.consultation.id),
        seed=seed,
    )


async def _counts_of(consultation: UUID, constituency: str) -> dict[int, tuple[int, int, int, int]]:
    key = (consultation, constituency)
    found = _counts.get(key)
    if found is not None and time.monotonic() - found[0] < COUNTS_SECONDS:
        return found[1]
    rows = await fetch(COUNTS, consultation, constituency)
    counts = {row["proposal"]: (row["n_stratum"], row["n"], row["n_agree"], row["n_disagree"]) for row in rows}
    _counts[key] = (time.monotonic(), counts)
    _counts.move_to_end(key)
    while len(_counts) > MAX_CACHED:
        _counts.popitem(last=False)
    return counts


async def _contenders(consultation: UUID) -> frozenset[int]:
    """Statements on the participants' slate of the latest analysis, and those that press hardest to be on it."""
    found = await fetchval(CHALLENGERS, consultation)
    if not found:
        return frozenset()
    return frozenset(int(item) for item in json.loads(found))
