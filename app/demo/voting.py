"""The demo's votes: who came by when, what they chose, and a few whose votes are nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from app.demo.calendar import DAY, Exposures, burst
from app.demo.content import DemoProposal
from app.demo.rows import VoteRow
from app.demo.voices import choices
from deliberation.votes import Choice

MATTERS_SHARE = 0.16
"""Of the votes in agreement, the share marked as mattering a lot."""
N_RING, N_RING_VOTES, N_RUSHED = 7, 34, 24
"""Seven people with 34 nearly identical votes each, the last 24 of each within the same six minutes."""
RING_DAY = 19
NEARLY = 0.97


@dataclass(frozen=True, eq=False)
class Cast:
    """Votes as they were cast: equally long arrays; `signs` as in the core.

    table : int8 array of shape (n_people, n_proposals), what everybody would have said to everything
    """

    exposures: Exposures
    signs: NDArray[np.int8]
    table: NDArray[np.int8]


def cast(proposals: Sequence[DemoProposal], positions: NDArray[np.float64], exposures: Exposures, *, seed: int) -> Cast:
    """What each person chose on each statement they came by."""
    table = choices(proposals, positions, seed=seed)
    return Cast(exposures, table[exposures.participants, exposures.statements], table)


def add_ring(
    votes: Cast,
    ring: Sequence[int],
    available: NDArray[np.float64],
    *,
    day: int = RING_DAY,
    n_votes: int = N_RING_VOTES,
    n_rushed: int = N_RUSHED,
    seed: int,
) -> Cast:
    """The same votes, but those in the ring have cast nearly the same ones, on one day, and no others."""
    chance = np.random.default_rng(seed)
    start = day * DAY + 5 * 3600.0
    statements = chance.permutation(np.flatnonzero(available < start - 10 * 3600.0))[:n_votes]
    rushed = burst(len(ring), statements, start=start, n_rushed=min(n_rushed, statements.size), seed=seed)
    signs = votes.table[ring[0]][rushed.statements].copy()
    signs[chance.random(signs.size) > NEARLY] *= -1
    kept = ~np.isin(votes.exposures.participants, list(ring))
    seconds = np.concatenate([votes.exposures.seconds[kept], rushed.seconds])
    order = np.argsort(seconds, kind="stable")
    people = np.concatenate([votes.exposures.participants[kept], np.asarray(ring, np.int64)[rushed.participants]])
    items = np.concatenate([votes.exposures.statements[kept], rushed.statements])
    all_signs = np.concatenate([votes.signs[kept], signs])
    return Cast(Exposures(people[order], items[order], seconds[order]), all_signs[order], votes.table)


def few_of(votes: Cast, person: int, n: int) -> Cast:
    """The same votes, but of this person's only the first `n`: the rest are still unseen."""
    own = np.cumsum(votes.exposures.participants == person)
    return _kept(votes, (votes.exposures.participants != person) | (own <= n))


def without_own(votes: Cast, authors: Sequence[int | None]) -> Cast:
    """The same votes, but nobody's on what they wrote themselves: the vote card does not show it to them."""
    author = np.array([-1 if item is None else item for item in authors])
    return _kept(votes, author[votes.exposures.statements] != votes.exposures.participants)


def _kept(votes: Cast, kept: NDArray[np.bool_]) -> Cast:
    seen = votes.exposures
    exposures = Exposures(seen.participants[kept], seen.statements[kept], seen.seconds[kept])
    return Cast(exposures, votes.signs[kept], votes.table)


def vote_rows(
    votes: Cast,
    proposals: Sequence[DemoProposal],
    proposal_ids: Sequence[int],
    participant_ids: Sequence[int],
    *,
    opens_at: datetime,
    seed: int,
) -> list[VoteRow]:
    """The rows to store, in an order that does not tell who came first."""
    chance = np.random.default_rng(seed)
    words = {1: Choice.AGREE.value, -1: Choice.DISAGREE.value, 0: Choice.PASS.value}
    rows = []
    for person, item, seconds, sign in zip(
        votes.exposures.participants, votes.exposures.statements, votes.exposures.seconds, votes.signs, strict=True
    ):
        rows.append(
            VoteRow(
                participant=participant_ids[person],
                proposal=proposal_ids[item],
                choice=words[int(sign)],
                matters=bool(sign == 1 and chance.random() < MATTERS_SHARE),
                language=proposals[item].language,
                cast_at=opens_at + timedelta(seconds=float(seconds)),
            )
        )
    return sorted(rows, key=lambda row: (row.participant, row.proposal))


def first_seen(exposures: Exposures, n_participants: int) -> NDArray[np.float64]:
    """Seconds since the opening of each person's first vote; infinite for who has none."""
    first = np.full(n_participants, np.inf)
    np.minimum.at(first, exposures.participants, exposures.seconds)
    return first
