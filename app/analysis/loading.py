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
from deliberation.votes import SIGN, VoteMatrix

WORD_BITS = 7
SIGN_OF_LETTER = np.zeros(1 << WORD_BITS, np.int8)
for _choice, _sign in SIGN.items():
    SIGN_OF_LETTER[ord(_choice.value[0])] = _sign
HELD = """
  select participant, proposal, choice from votes where consultation = $1 and cast_at < $2
  union all
  select participant, proposal, choice from earlier_votes where consultation = $1 and cast_at < $2 and ended_at >= $2
"""
"""Votes that held at a moment."""
# The first letter of a choice tells which it is, and costs the server less than comparing words.
PACKED = f"""
select participant, string_agg(int8send((proposal::bigint << {WORD_BITS}) | ascii(choice)), ''::bytea) as votes
from ({HELD}) v group by participant
"""  # noqa: S608  # the parts are constants of this module


async def read_votes(
    consultation: UUID, until: datetime, *, participant_ids: NDArray[np.int64], statement_ids: NDArray[np.int64]
) -> VoteMatrix:
    """The votes that held at `until`, by these participants on these statements (sorted, each once)."""
    rows = await fetch(PACKED, consultation, until)
    people = np.array([row["participant"] for row in rows], np.int64)
    n_votes = np.array([len(row["votes"]) for row in rows], np.int64) // 8
    packed = np.frombuffer(b"".join(row["votes"] for row in rows), ">i8").astype(np.int64)
    # Ids of people are random: finding their places vote by vote would take longer than all the rest.
    person, statement = np.repeat(_places(participant_ids, people), n_votes), packed >> WORD_BITS
    listed = np.zeros(int(max(statement.max(initial=0), statement_ids.max(initial=0))) + 1, bool)
    listed[statement_ids] = True
    counted = (person >= 0) & listed[statement]
    if not counted.all():
        person, statement, packed = person[counted], statement[counted], packed[counted]
    found = VoteMatrix.from_votes(
        person,
        statement,
        SIGN_OF_LETTER[packed & ((1 << WORD_BITS) - 1)],
        participant_ids=np.arange(participant_ids.size),
        statement_ids=statement_ids,
    )
    return VoteMatrix(participant_ids, found.statement_ids, found.rows, found.columns, found.signs)


def _places(known: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each id stands among the known ones, -1 where it does not."""
    if not known.size:
        return np.full(ids.size, -1)
    place = np.minimum(np.searchsorted(known, ids), known.size - 1)
    return np.where(known[place] == ids, place, -1)
