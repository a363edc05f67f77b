"""The votes of a consultation out of PostgreSQL: packed by the server, one row a participant, read as bytes.

A row a vote would make a Python object of every vote (1 to 2 microseconds and 200 bytes each). The server packs each
vote into eight bytes instead and joins those of a participant, so that Python meets participants, and numpy the votes.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.database import fetch
from deliberation.packed import places_among
from deliberation.votes import VoteMatrix

SIGN_BITS = 2
COUNTED = """
from (
  select participant, proposal, choice from votes where consultation = $1 and cast_at < $2
  union all
  select participant, proposal, choice from earlier_votes where consultation = $1 and cast_at < $2 and ended_at >= $2
) v join proposals p on p.id = v.proposal join participants q on q.id = v.participant
where p.status = 'accepted' and not q.is_excluded
"""
"""Votes that held at a moment, on accepted statements, by people who are not excluded."""
PACKED = f"""
select v.participant, string_agg(int8send((v.proposal::bigint << {SIGN_BITS})
    | case v.choice when 'agree' then 2 when 'disagree' then 0 else 1 end), ''::bytea) as votes
{COUNTED}
group by v.participant
"""


async def read_votes(
    consultation: UUID, until: datetime, *, participant_ids: NDArray[np.int64], statement_ids: NDArray[np.int64]
) -> VoteMatrix:
    """The votes that held at `until`, among these participants and statements (sorted, each once).

    Raises `deliberation.errors.BadValue` for a vote by anybody, or on anything, that is not listed.
    """
    rows = await fetch(PACKED, consultation, until)
    people = np.array([row["participant"] for row in rows], np.int64)
    n_votes = np.array([len(row["votes"]) for row in rows], np.int64) // 8
    packed = np.frombuffer(b"".join(row["votes"] for row in rows), ">i8").astype(np.int64)
    order = np.argsort(people)
    place_of, unknown = places_among(participant_ids, people[order])
    places = np.empty(people.size, np.int64)
    # Where somebody is unlisted the ids themselves are handed on, for the refusal to name them.
    places[order] = place_of if unknown is None else people[order]
    listed = np.arange(participant_ids.size) if unknown is None else participant_ids
    signs = ((packed & 3) - 1).astype(np.int8)
    # Ids are random, so that finding their places vote by vote would take longer than all the rest.
    found = VoteMatrix.from_votes(
        np.repeat(places, n_votes), packed >> SIGN_BITS, signs, participant_ids=listed, statement_ids=statement_ids
    )
    return VoteMatrix(participant_ids, found.statement_ids, found.rows, found.columns, found.signs)
