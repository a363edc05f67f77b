"""Connections, transactions and migrations."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from app import database as db
from app.database import DB, execute, fetch, fetchrow, fetchval, transaction

pytestmark = pytest.mark.slow  # processes and servers of their own are started


@pytest.fixture
async def notes(database: None) -> None:
    await execute("create table notes (text text primary key)")


async def texts() -> list[str]:
    return [row["text"] for row in await fetch("select text from notes order by text")]


async def test_statements_inside_a_transaction_run_on_its_connection(notes: None) -> None:
    outer = DB.current_transaction.get()
    assert outer is not None
    pid = await fetchval("select pg_backend_pid()")
    assert pid == outer.connection.get_server_pid()
    async with transaction() as inner:
        assert await inner.fetchval("select pg_backend_pid()") == pid


async def test_a_failed_inner_transaction_takes_back_its_own_writes_only(notes: None) -> None:
    await execute("insert into notes values ('before')")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction():
            await execute("insert into notes values ('inside')")
            await execute("insert into notes values ('before')")
    await execute("insert into notes values ('after')")
    assert await texts() == ["after", "before"]


async def test_nothing_of_a_test_stays_in_the_database(shared_pool: str) -> None:
    assert await fetchval("select to_regclass('notes')") is None


async def test_a_transaction_whose_commit_fails_gives_its_connection_back(shared_pool: str) -> None:
    pool = DB.pool
    assert pool is not None
    for _ in range(db.MAX_CONNECTIONS + 2):
        with pytest.raises(asyncpg.UniqueViolationError):
            async with transaction():
                await execute(
                    "create temporary table once (n int, unique (n) deferrable initially deferred) on commit drop"
                )
                await execute("insert into once values (1), (1)")
    assert not db.is_in_transaction()
    assert await asyncio.wait_for(fetchval("select 1"), 5) == 1


async def test_a_connection_returns_to_the_pool_without_an_open_transaction(shared_pool: str) -> None:
    assert DB.pool is not None
    async with DB.pool.acquire() as connection:
        await connection.execute("begin")
        await connection.execute("create table abandoned (n int)")
    assert await fetchval("select to_regclass('abandoned')") is None


async def test_the_database_clock_is_in_utc_and_goes_on_inside_a_transaction(database: None) -> None:
    first, second = await db.now(), await db.now()
    assert first < second
    assert first.utcoffset() == timedelta(0)


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(database: None) -> None:
    await execute("set local statement_timeout = '50ms'")
    with pytest.raises(asyncpg.QueryCanceledError):
        await execute("select pg_sleep(5)")


@pytest_asyncio.fixture
async def hurried(fresh_database: str) -> AsyncIterator[None]:
    """The pool of a web process, on a database of its own."""
    before, address = DB.pool, DB.config.get("dsn")
    DB.pool = None
    db.connect_to(fresh_database)
    await db.open_pool(min_size=1, max_size=2)
    yield
    await db.close_pool()
    DB.pool = before
    if address is not None:
        db.connect_to(address)


async def test_a_web_process_waits_less_than_five_seconds_for_the_database(hurried: None) -> None:
    shown = [await fetchval(f"show {name}") for name in ("statement_timeout", "lock_timeout")]
    assert (shown, await fetchval("show idle_in_transaction_session_timeout")) == (["3500ms", "3s"], "8s")
    assert db.COMMAND_SECONDS < 5


async def test_a_connection_that_does_not_answer_is_given_up_with_its_transaction(
    hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DB.pool is not None
    async with DB.pool.acquire() as other:
        before = other.get_server_pid()
    with pytest.raises((TimeoutError, asyncpg.InterfaceError)):
        async with db.transaction() as connection:
            await connection.execute("create table half (n int)")
            await connection.fetchval("select pg_sleep(3)", timeout=0.1)
    assert await fetchval("select to_regclass('half')") is None
    async with DB.pool.acquire() as one, DB.pool.acquire() as two:
        assert before not in {one.get_server_pid(), two.get_server_pid()}


async def test_many_slow_statements_of_one_request_wait_no_longer_than_one(hurried: None) -> None:
    began = time.monotonic()
    with db.waiting_at_most(0.5), pytest.raises(TimeoutError):
        for _ in range(20):
            await fetchval("select pg_sleep(0.1)")
    assert 0.4 < time.monotonic() - began < 3
    assert await fetchval("select 1") == 1


async def test_nobody_waits_long_for_a_connection_when_all_are_taken(
    hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "COMMAND_SECONDS", 0.1)
    assert DB.pool is not None
    async with DB.pool.acquire(), DB.pool.acquire():
        with pytest.raises(TimeoutError):
            await fetchval("select 1")
    assert await fetchval("select 1") == 1


async def test_a_migrated_database_has_nothing_pending(database: None) -> None:
    assert await db.pending_migrations() == ()
    assert await db.migrate() == ()
    row = await fetchrow("select count(*) as n from migration where app_name = 'plenary'")
    assert row is not None
    assert row["n"] == len(db.known_migrations())


async def test_of_processes_that_migrate_at_once_each_succeeds(
    server_url: Callable[[str], str], shared_pool: str
) -> None:
    await execute("create database raced")
    program = "import asyncio; from app.database import migrate; print(len(asyncio.run(migrate())))"
    environment = os.environ | {"DATABASE_URL": server_url("raced")}
    started = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ran = sorted(int(process.communicate(timeout=60)[0]) for process in started)
    assert [process.returncode for process in started] == [0, 0, 0]
    assert ran == [0, 0, len(db.known_migrations()) + 2]  # the queue and the triggers


def test_importing_the_database_connects_to_nothing() -> None:
    program = "import app.database, app.queue, sys; assert not {'procrastinate', 'black'} & set(sys.modules)"
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    subprocess.run([sys.executable, "-W", "error", "-c", program], env=environment, check=True)


def test_without_an_address_the_reason_is_a_sentence() -> None:
    program = "import asyncio; from app.database import now; asyncio.run(now())"
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert "No database: set DATABASE_URL" in run.stderr
