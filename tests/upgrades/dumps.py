"""Dumps of the demo's database, one for each release: `python -m tests.upgrades.dumps VERSION` makes the newest.

A dump is plain SQL, gzipped, beside a JSON file with the number of rows of each table. Every later release must migrate
every older dump to its own tables without losing a row.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
# The queue's own rows come and go; the migrations that ran are what a later release adds to.
NOT_COUNTED = ("procrastinate_", "migration")


def dumps() -> list[Path]:
    """All dumps, the oldest first."""
    return sorted(FOLDER.glob("*.sql.gz"))


def counts_file(dump: Path) -> Path:
    return dump.with_name(dump.name.replace(".sql.gz", ".json"))


async def row_counts() -> dict[str, int]:
    """The number of rows of each of our tables in the database that is connected to."""
    from app.database import fetch, fetchval

    rows = await fetch("select tablename from pg_tables where schemaname = 'public' order by tablename")
    names = [row["tablename"] for row in rows if not row["tablename"].startswith(NOT_COUNTED)]
    return {name: await fetchval(f'select count(*) from "{name}"') for name in names}


def restore(server: Any, dump: Path, database: str) -> None:
    """The dump is in an empty database of the running server."""
    _psql(server, "postgres", f'create database "{database}"')
    command = [server.bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.url(database)]
    subprocess.run(command, input=gzip.decompress(dump.read_bytes()), check=True, capture_output=True)


def _psql(server: Any, database: str, sql: str) -> None:
    subprocess.run([server.bin / "psql", "-q", "-d", server.url(database), "-c", sql], check=True, capture_output=True)


def make(version: str) -> Path:
    """A dump of a freshly seeded demo whose analyses are complete."""
    with tempfile.TemporaryDirectory(prefix="plenary-dump-") as folder:
        Path(folder).chmod(0o711)
        os.environ |= {"PLENARY_DATA_DIR": folder, "PLENARY_DEMO": "1"}
        from app.embedded import EmbeddedServer

        server = EmbeddedServer(Path(folder), is_durable=False)
        server.start()
        try:
            counts = asyncio.run(_seed(server.url("plenary")))
            command = [server.bin / "pg_dump", "--no-owner", "--no-privileges", "-d", server.url("plenary")]
            sql = subprocess.run(command, check=True, capture_output=True).stdout
        finally:
            server.stop()
    dump = FOLDER / f"{version}.sql.gz"
    dump.write_bytes(gzip.compress(sql, 9, mtime=0))
    counts_file(dump).write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n")
    return dump


async def _seed(url: str) -> dict[str, int]:
    from app import demo
    from app.database import close_pool, connect_to, fetch, migrate, open_pool
    from app.jobs.analyse import freeze
    from app.jobs.check_power import check_power

    connect_to(url)
    await open_pool(is_patient=True)
    await migrate()
    await demo.seed(lambda _what, _share: None)
    for row in await fetch("select id from rounds where phase = 'propose' and closes_at < clock_timestamp()"):
        await freeze(round_id=str(row["id"]))
    for row in await fetch("select id from consultations"):
        await check_power(consultation_id=str(row["id"]))
    counts = await row_counts()
    await close_pool()
    return counts


async def _migrated(url: str) -> dict[str, Any]:
    from app.database import close_pool, connect_to, migrate, open_pool, pending_migrations

    connect_to(url)
    await open_pool(min_size=1, max_size=2, is_patient=True)
    await migrate()
    found = {"pending": list(await pending_migrations()), "counts": await row_counts()}
    await close_pool()
    return found


if __name__ == "__main__":
    # A process of its own: the pool of the tests stays where it is.
    if sys.argv[1] == "migrate":
        print(json.dumps(asyncio.run(_migrated(sys.argv[2]))))
    else:
        print(make(sys.argv[1]))
