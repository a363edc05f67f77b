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
from app.tables.participants import Participant
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
    starters: tuple[int, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Per statement the votes within a stratum, all votes and agrees; and how many people take part."""

    by_statement: dict[int, tuple[int, int, int]]
    n_participants: int


_counts: OrderedDict[tuple[UUID, str], tuple[float, Counts]] = OrderedDict()

DECK = """
select p.id, p.is_starter, (v.id is not null) as is_voted, (s.id is not null) as is_shown,
       coalesce(s.is_set_aside, false) as is_aside
from proposals p
left join votes v on v.proposal = p.id and v.participant = $2
left join showings s on s.proposal = p.id and s.participant = $2
where p.consultation = $1 and p.status = 'accepted' and p.author is distinct from $2
order by p.id
"""
COUNTS = """
select v.proposal, count(*) filter (where q.constituency = $2) as n_stratum, count(*) as n,
       count(*) filter (where v.choice = 'agree') as n_agree
from votes v join participants q on q.id = v.participant
where v.consultation = $1 group by v.proposal
"""
DECISIVE = """
select slate -> 'decisive' from analyses where consultation = $1 and slate ? 'decisive'
order by created_at desc limit 1
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
        starters=tuple(row["id"] for row in waiting if row["is_starter"]),
    )


async def choose_next(actor: Actor, deck: Deck, *, seed: int) -> routing.Showing | None:
    """The statement to show next, with the reason and its probability; None when all have been seen."""
    assert actor.participant is not None
    if not deck.unseen:
        return None
    counts = await _counts_of(actor.consultation.id, actor.participant.constituency)
    figures = np.array([counts.by_statement.get(item, (0, 0, 0)) for item in deck.unseen], dtype=np.int64).reshape(
        -1, 3
    )
    return routing.choose_statement(
        np.array(deck.unseen, dtype=np.int64),
        exposures=figures[:, 0],
        votes=figures[:, 1],
        uncertainties=routing.uncertainty(figures[:, 2], figures[:, 1]),
        decisive=await _decisive(actor.consultation.id),
        starters=deck.starters,
        n_participants=counts.n_participants,
        seed=seed,
    )


async def _counts_of(consultation: UUID, constituency: str) -> Counts:
    key = (consultation, constituency)
    found = _counts.get(key)
    if found is not None and time.monotonic() - found[0] < COUNTS_SECONDS:
        return found[1]
    rows = await fetch(COUNTS, consultation, constituency)
    n = await Participant.n_in(consultation)
    counts = Counts({row["proposal"]: (row["n_stratum"], row["n"], row["n_agree"]) for row in rows}, n)
    _counts[key] = (time.monotonic(), counts)
    _counts.move_to_end(key)
    while len(_counts) > MAX_CACHED:
        _counts.popitem(last=False)
    return counts


async def _decisive(consultation: UUID) -> list[int]:
    """Statements on the participants' slate of the latest analysis, and those that press hardest to be on it."""
    found = await fetchval(DECISIVE, consultation)
    return [int(item) for item in json.loads(found)] if found else []
