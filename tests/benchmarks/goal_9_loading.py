"""Goal 9: votes out of PostgreSQL at least 3.5 times as fast as psycopg's fetchall, in a third of the memory. Half a
million votes; 5 million with SCALE=1M. Read as they stand, and from the packed copy that is kept of many votes. Time is
the wall's, since the server does most of the work."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import psycopg

from app.access import Actor
from app.actions.votes import pack
from app.analysis.loading import HELD, read_held
from app.database import close_pool, connect_to, execute, migrate, open_pool
from app.embedded import EmbeddedServer
from deliberation.votes import VoteMatrix
from tests.benchmarks.conversations import Log, simulated
from tests.benchmarks.measuring import Row, in_turn, peak_mb, share
from tests.benchmarks.peers import Differs

AIM, AIM_MEMORY = 3.5, 3.0
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
ONE_BY_ONE = f"""
select v.participant, v.proposal, case v.choice when 'agree' then 1 when 'disagree' then -1 else 0 end as sign
from ({HELD}) v join proposals p on p.id = v.proposal join participants q on q.id = v.participant
where p.status = 'accepted' and not q.is_excluded
"""
PEER_SQL = ONE_BY_ONE.replace("$1", "%(id)s").replace("$2", "%(until)s")
TYPES = {"uuid": "gen_random_uuid()", "jsonb": "'{}'::jsonb", "date": "current_date", "boolean": "false", "bytea": "''"}


def rows(data: Path | None, scale: str) -> Iterator[Row]:
    log = simulated(100_000 if scale == "1M" else 10_000, 1_000, 50, seed=1)
    with tempfile.TemporaryDirectory(prefix="plenary-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the server's own user must reach its data
        server = EmbeddedServer(Path(folder), is_durable=False)
        url = server.start()
        try:
            ids = asyncio.run(_filled(url, log))
            yield _row(url, f"{log.n_votes:,} votes from PostgreSQL", ids)
            asyncio.run(_pack(url, ids[0]))
            yield _row(url, "the same, one changed since packed", ids)
        finally:
            server.stop()


def _row(url: str, name: str, ids: tuple[UUID, np.ndarray, np.ndarray]) -> Row:
    def ours() -> VoteMatrix:
        return asyncio.run(_read(url, *ids))

    def theirs() -> VoteMatrix:
        with psycopg.connect(url) as open_connection:
            found = open_connection.execute(PEER_SQL, {"id": ids[0], "until": UNTIL}, binary=True).fetchall()
        people, items, signs = np.array(found, np.int64).T
        return VoteMatrix.from_votes(people, items, signs, participant_ids=ids[1], statement_ids=ids[2])

    if ours().digest() != theirs().digest():
        raise Differs("other votes were read")
    times = in_turn(ours, theirs, pairs=5, clock=time.perf_counter)
    own, other = peak_mb(ours), peak_mb(theirs)
    return Row(
        goal=9,
        name=name,
        peer="psycopg fetchall",
        plenary_s=times.plenary,
        peer_s=times.peer,
        ratio_time=times.ratio,
        plenary_mb=own,
        peer_mb=other,
        ratio_memory=share(other, own),
        aim=AIM,
        aim_memory=AIM_MEMORY,
    )


async def _read(url: str, consultation: UUID, people: np.ndarray, items: np.ndarray) -> VoteMatrix:
    connect_to(url)
    return (await read_held(consultation, UNTIL)).matrix(participant_ids=people, statement_ids=items)


async def _filled(url: str, log: Log) -> tuple[UUID, np.ndarray, np.ndarray]:
    """The real tables with the votes in them. Nothing else is needed, so foreign keys are not followed."""
    connect_to(url)
    await open_pool(is_patient=True)
    await migrate()
    await close_pool()
    here = uuid4()
    return here, *await fill(url, log, here, cast_at=datetime(2026, 1, 1, tzinfo=UTC))


async def fill(url: str, log: Log, here: UUID, *, cast_at: datetime) -> tuple[np.ndarray, np.ndarray]:
    """Ids of participants and proposals of this consultation, who cast these votes."""
    votes = VoteMatrix.from_votes(log.participants, log.statements, log.signs, last_wins=True)
    rng = np.random.default_rng(3)
    people = np.unique(rng.integers(1, 2**62, votes.n_participants))
    items = np.arange(1, votes.n_statements + 1)
    owner = await asyncpg.connect(url)
    try:
        await owner.execute("set session_replication_role = replica")
        await _insert(owner, "participants", "id", "one", here, people.tolist())
        statement = "one, one, 'accepted', 'Statement ' || one"
        await _insert(owner, "proposals", "id, number, status, statement", statement, here, items.tolist())
        words = np.array(["disagree", "pass", "agree"])[votes.signs + 1]
        arrival = rng.permutation(votes.n_votes)
        given = (people[votes.rows], items[votes.columns], words)
        columns = zip(*(column[arrival].tolist() for column in given), strict=True)
        await owner.copy_records_to_table(
            "votes",
            records=((uuid4(), here, person, item, word, False, "en", cast_at) for person, item, word in columns),
            columns=["id", "consultation", "participant", "proposal", "choice", "matters", "language", "cast_at"],
        )
        await owner.execute(
            "insert into packed_votes (participant, consultation) select id, consultation from participants "
            "on conflict do nothing"
        )
        await owner.execute("vacuum analyze votes")
    finally:
        await owner.close()
    return people, items


async def _pack(url: str, consultation: UUID) -> None:
    connect_to(url)
    by = SimpleNamespace(consultation=SimpleNamespace(id=consultation))
    await pack(by=cast("Actor", by))
    await execute("update votes set matters = true where id = (select id from votes limit 1)")


async def _insert(
    owner: asyncpg.Connection[asyncpg.Record], table: str, columns: str, values: str, here: UUID, ids: list[int]
) -> None:
    """Rows of which only some columns matter: the others hold the emptiest value of their type."""
    given = {name.strip() for name in columns.split(",")} | {"consultation"}
    others = await owner.fetch(
        "select column_name as name, data_type as type from information_schema.columns "
        "where table_name = $1 and is_nullable = 'NO' and column_default is null",
        table,
    )
    filled = {row["name"]: _emptiest(row["type"]) for row in others if row["name"] not in given}
    names = ", ".join(["consultation", columns, *filled])
    chosen = ", ".join(["$1::uuid", values, *filled.values()])
    await owner.execute(f"insert into {table} ({names}) select {chosen} from unnest($2::bigint[]) one", here, ids)


def _emptiest(kind: str) -> str:
    if "timestamp" in kind:
        return "now()"
    if kind in TYPES:
        return TYPES[kind]
    return "0" if any(word in kind for word in ("int", "numeric", "double", "real")) else "''"
