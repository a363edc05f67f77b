"""The votes of a consultation out of PostgreSQL: packed by the server, read as bytes in a few dozen rows.

A row a vote would make a Python object of every vote (1 to 2 microseconds and 200 bytes each). The server packs each
vote into twelve bytes instead, the participant's id and the vote itself, and joins those of many participants; numpy
has them in order sooner than the server could group them.

Of a large consultation it keeps each participant's votes beside them, four bytes each (`app/tables/votes.py`), until a
vote of that participant is written. So the same votes are read again only for those who voted since; everybody else's
copy is read as it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.database import execute, fetch, is_in_transaction, transaction
from app.tables.votes import CODE_BITS, PACKED_VOTE, code_of
from deliberation.errors import DuplicateVote
from deliberation.packed import sorted_votes
from deliberation.votes import SIGN, VoteMatrix

MASK = (1 << CODE_BITS) - 1
SIGN_OF_CODE = np.zeros(MASK + 1, np.int8)
for _choice, _sign in SIGN.items():
    SIGN_OF_CODE[code_of(_choice)] = _sign
HELD = """
  select participant, proposal, choice from votes where consultation = $1 and cast_at < $2
  union all
  select participant, proposal, choice from earlier_votes where consultation = $1 and cast_at < $2 and ended_at >= $2
"""
"""Votes that held at a moment."""
# Ids of participants are random: those that share their first bits are a hundredth of all, and have one row of bytes,
# which may hold a gigabyte. A row for each participant takes the server three times as long.
EVERYBODY = f"""
select string_agg(int8send(participant) || {PACKED_VOTE}) as votes
from ({HELD}) v group by participant >> 56 order by participant >> 56
"""  # noqa: S608  constants
OWNED_VOTE = np.dtype([("participant", ">i8"), ("vote", ">i4")])
SOME = f"""
select participant, string_agg({PACKED_VOTE} order by proposal) as votes
from ({HELD}) v where participant = any($3::bigint[]) group by participant
"""  # noqa: S608  constants
# Who changed a vote of an earlier round since the moment, or cast one since, had other votes then.
COPIES = """
select participant, case when (latest_at is null or latest_at < $2) and participant not in (
  select participant from earlier_votes where consultation = $1 and cast_at < $2 and ended_at >= $2
) then votes end as votes
from packed_votes where consultation = $1
"""
# The server would write what it groups to files otherwise: it plans 8 kB for each participant.
ROOM = "set local work_mem = '512MB'"
FEW = 0.25
"""Largest share of participants whose votes are looked up one by one: that takes as long as reading everybody's."""


@dataclass(frozen=True, eq=False)
class Held:
    """The votes that held at a moment.

    people : (n,) ids of who had any, increasing; n_votes : (n,) how many
    packed : int32, the votes of one after the other, each the id of a statement with the choice in its lowest bits
    """

    people: NDArray[np.int64]
    n_votes: NDArray[np.int64]
    packed: NDArray[np.int32]

    def matrix(self, *, participant_ids: NDArray[np.int64], statement_ids: NDArray[np.int64]) -> VoteMatrix:
        """The votes by these participants on these statements (both sorted, each once)."""
        # Ids of people are random: finding their places vote by vote would take longer than all the rest.
        person = np.repeat(_places(participant_ids, self.people), self.n_votes)
        statement, signs = self.packed >> CODE_BITS, SIGN_OF_CODE[self.packed & MASK]
        column = np.full(int(max(statement.max(initial=0), statement_ids.max(initial=0))) + 1, -1, np.int32)
        column[statement_ids] = np.arange(statement_ids.size)
        columns = column[statement]
        counted = (person >= 0) & (columns >= 0)
        if not counted.all():
            person, columns, signs = person[counted], columns[counted], signs[counted]
        votes = sorted_votes(person, columns, signs, n_rows=participant_ids.size, n_columns=statement_ids.size)
        if votes.repeated is not None:
            row, place = votes.repeated
            raise DuplicateVote(participant=int(participant_ids[row]), statement=int(statement_ids[place]))
        return VoteMatrix(participant_ids, statement_ids, votes.rows, votes.columns, votes.signs)


@asynccontextmanager
async def one_moment() -> AsyncIterator[None]:
    """Everything read inside is of one moment, whoever commits meanwhile; inside another transaction, of that one."""
    is_nested = is_in_transaction()
    async with transaction():
        if not is_nested:
            await execute("set transaction isolation level repeatable read")
        yield


async def read_held(consultation: UUID, until: datetime) -> Held:
    """The votes that held at `until`, of everybody and on every statement."""
    async with one_moment():
        await execute(ROOM)
        copies = await fetch(COPIES, consultation, until)
        current = [row for row in copies if row["votes"] is not None]
        stale = [row["participant"] for row in copies if row["votes"] is None]
        if len(stale) >= FEW * len(copies):
            return _ordered(await fetch(EVERYBODY, consultation, until))
        return _joined([*current, *(await fetch(SOME, consultation, until, stale) if stale else ())])


def _ordered(rows: Sequence[Any]) -> Held:
    """Votes of everybody, from rows of bytes in the order of participants but for those within a row."""
    parts = [_by_participant(np.frombuffer(row["votes"], OWNED_VOTE)) for row in rows]
    empty = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32)
    people, n_votes, packed = (np.concatenate(some) for some in zip(empty, *parts, strict=True))
    return Held(people, n_votes, packed)


def _by_participant(
    owned: NDArray[np.void],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Ids of participants, how many votes each has, and the votes: sorted by participant, then by statement."""
    ids = owned["participant"].astype(np.int64)
    order = np.argsort(ids)
    ids = ids[order]
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    n_votes = np.diff(starts, append=ids.size)
    keys = np.repeat(np.arange(starts.size) << 32, n_votes)
    keys |= owned["vote"].astype(np.int64)[order]
    keys.sort()
    return ids[starts], n_votes, keys.astype(np.int32)


def _joined(rows: Sequence[Any]) -> Held:
    people = np.array([row["participant"] for row in rows], np.int64)
    n_votes = np.array([len(row["votes"]) for row in rows], np.int64) // 4
    order = np.argsort(people)
    order = order[n_votes[order] > 0]
    packed = np.frombuffer(b"".join([rows[row]["votes"] for row in order.tolist()]), ">i4")
    return Held(people[order], n_votes[order], packed.astype(np.int32))


def _places(known: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int32]:
    """Where each id stands among the known ones, -1 where it does not."""
    if not known.size:
        return np.full(ids.size, -1, np.int32)
    place = np.minimum(np.searchsorted(known, ids), known.size - 1)
    return np.where(known[place] == ids, place, -1).astype(np.int32)
