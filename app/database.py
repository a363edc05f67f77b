"""The one PostgreSQL of this installation: engine, pool, transactions, migrations.

piccolo finds `DB` and `APP_REGISTRY` here (`PICCOLO_CONF=app.database`). Nothing connects at import.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from app.settings import PROJECT, get_settings

MIGRATIONS = PROJECT / "migrations"
TRIGGERS = PROJECT / "app" / "tables" / "triggers.sql"
# Any constant will do, as long as nothing else in the database locks the same one.
MIGRATION_LOCK = 724_001
DEMO_COMMENT = "Plenary demo: anybody may sign in as anybody"
MIN_CONNECTIONS, MAX_CONNECTIONS = 2, 10
# Whoever waits for a page reads after this long that the database is away; a connection without an answer is given up.
COMMAND_SECONDS = 4.0
# All statements of one request together: where each answers late, though in time, the reader is told after this.
REQUEST_SECONDS = 8.0
# Shorter than the driver's own patience, so that the server ends a statement before the client gives up on it; and a
# transaction whose client was cut off holds its locks no longer than a reader would wait twice.
HURRIED = {"statement_timeout": "3500ms", "lock_timeout": "3s", "idle_in_transaction_session_timeout": "8s"}
PATIENT = {"statement_timeout": "0", "lock_timeout": "60s", "idle_in_transaction_session_timeout": "0"}
SERVER_SETTINGS = {"application_name": "plenary", "timezone": "UTC"}


class NoDatabase(Exception):
    """No address of a database is known to this process."""


class SafeTransaction(PostgresTransaction):
    """piccolo's transaction, which also gives its connection back when BEGIN, COMMIT or ROLLBACK fails."""

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction()
            await self.begin()
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if self._parent is not None:
            return exception is None
        try:
            if exception is None and not self._committed and not self._rolled_back:
                await self.commit()
            elif exception is not None and not self._rolled_back:
                await self.rollback()
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return exception is None

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()


_left: ContextVar[list[float] | None] = ContextVar("seconds left for the database", default=None)


@contextlib.contextmanager
def waiting_at_most(seconds: float = REQUEST_SECONDS) -> Iterator[None]:
    """The statements inside wait for the database no longer than this in all; then they raise TimeoutError."""
    before = _left.set([seconds])
    try:
        yield
    finally:
        _left.reset(before)


@contextlib.asynccontextmanager
async def _counted() -> AsyncIterator[float | None]:
    """Yields how long this may still take, and takes off how long it took."""
    left = _left.get()
    began = time.monotonic()
    try:
        yield None if left is None else max(left[0], 0.0)
    finally:
        if left is not None:
            left[0] -= time.monotonic() - began


class Guarded(asyncpg.Connection):  # type: ignore[misc]  # untyped there
    """A connection that is closed when it did not answer in time: else its end would wait for an answer as well.

    The pool's other connections may hang in the same way, and are made anew when they are next asked for.
    """

    async def execute(self, *given: Any, **more: Any) -> str:
        async with self._in_time():
            status: str = await super().execute(*given, **more)
            return status

    async def _execute(self, *given: Any, **more: Any) -> Any:
        async with self._in_time():
            return await super()._execute(*given, **more)

    async def _executemany(self, *given: Any, **more: Any) -> Any:
        async with self._in_time():
            return await super()._executemany(*given, **more)

    @contextlib.asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            # The driver's own timer does not take a busy processor here for a silent database: else it is enough.
            async with _counted() as left, asyncio.timeout(None if left is None or left > COMMAND_SECONDS else left):
                yield
        except TimeoutError:
            self.terminate()
            if isinstance(DB.pool, BoundedPool):
                DB.pool.distrust()
            raise


class BoundedPool(asyncpg.Pool):  # type: ignore[misc]  # untyped there
    """A pool for which nobody waits longer than for a statement, when all of its connections are taken."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=COMMAND_SECONDS if timeout is None else timeout)

    async def _acquire(self, timeout: float | None) -> Any:
        async with _counted() as left:
            return await super()._acquire(timeout if left is None or timeout is None else min(timeout, left))

    def distrust(self) -> None:
        """Every connection is made anew before it is used again."""
        self._generation += 1


class PlenaryEngine(PostgresEngine):
    """piccolo's engine, without its connection at import; `connect_to` says where the database is."""

    async def check_version(self) -> None:
        """`plenary doctor` checks the version, once there is a server to ask."""

    async def prep_database(self) -> None:
        """No extension is used."""

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        return SafeTransaction(engine=self, allow_nested=allow_nested)

    async def get_new_connection(self) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(**self.address())

    async def start_connection_pool(self, **settings: Any) -> None:
        unlimited = {"max_queries": 50_000, "max_inactive_connection_lifetime": 300.0}
        made = {"setup": None, "init": None, "connect": None, "loop": None, "record_class": asyncpg.Record}
        self.pool = await BoundedPool(**(unlimited | made | {"connection_class": Guarded} | self.address() | settings))

    def address(self) -> dict[str, Any]:
        """How to connect; raises NoDatabase."""
        if "dsn" not in self.config:
            url = get_settings().database_url
            if url is None:
                raise NoDatabase("No database: set DATABASE_URL, or start through `plenary`, which brings its own.")
            self.config["dsn"] = url
        return {"server_settings": SERVER_SETTINGS | PATIENT, **self.config}


DB = PlenaryEngine(config={}, extensions=())


def __getattr__(name: str) -> Any:
    # piccolo's registry imports every table, and tables import this module: it is built when first asked for.
    if name == "APP_REGISTRY":
        from piccolo.conf.apps import AppRegistry

        return AppRegistry(apps=["app.piccolo_app"])
    raise AttributeError(name)


def connect_to(url: str) -> None:
    """New connections of this process go to the given database."""
    DB.config["dsn"] = url


async def open_pool(
    *, min_size: int = MIN_CONNECTIONS, max_size: int = MAX_CONNECTIONS, is_patient: bool = False
) -> None:
    """This process has its pool of connections; opening it again changes nothing.

    `is_patient` is for commands and workers, whose statements and transactions may take as long as they need.
    """
    if DB.pool is None:
        limits: dict[str, Any] = {}
        if not is_patient:
            limits = {"command_timeout": COMMAND_SECONDS, "timeout": COMMAND_SECONDS}
            limits["server_settings"] = SERVER_SETTINGS | HURRIED
        await DB.start_connection_pool(min_size=min_size, max_size=max_size, reset=_keep, **limits)


async def _keep(connection: object) -> None:
    """A returned connection keeps its session: the usual reset costs a round trip a statement.

    asyncpg still rolls an open transaction back. So a pooled connection never gets a session SET, LISTEN or lock.
    """


async def close_pool() -> None:
    """This process holds no pooled connection."""
    if DB.pool is not None:
        await DB.close_connection_pool()


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Everything inside is committed together, or not at all; inside another one, a savepoint of it.

    Queries inside run one after another on one connection: never `asyncio.gather` them.
    """
    outer = DB.current_transaction.get()
    if outer is not None:
        async with outer.connection.transaction():
            yield outer.connection
    else:
        async with DB.transaction() as own:
            yield own.connection


def is_in_transaction() -> bool:
    """The current task has an open transaction."""
    return DB.transaction_exists()


@contextlib.asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """The connection of the open transaction, else one of the pool's, else a new one."""
    current = DB.current_transaction.get()
    if current is not None:
        yield current.connection
    elif DB.pool is not None:
        async with DB.pool.acquire() as pooled:
            yield pooled
    else:
        fresh = await DB.get_new_connection()
        try:
            yield fresh
        finally:
            await fresh.close()


async def fetch(sql: str, *values: Any) -> list[asyncpg.Record]:
    """All rows of the statement, run inside the open transaction if there is one."""
    async with connection() as open_connection:
        rows: list[asyncpg.Record] = await open_connection.fetch(sql, *values)
        return rows


async def fetchrow(sql: str, *values: Any) -> asyncpg.Record | None:
    """The first row of the statement, or None."""
    async with connection() as open_connection:
        return await open_connection.fetchrow(sql, *values)


async def fetchval(sql: str, *values: Any) -> Any:
    """The first column of the first row, or None."""
    async with connection() as open_connection:
        return await open_connection.fetchval(sql, *values)


async def execute(sql: str, *values: Any) -> str:
    """The status of the statement, such as `UPDATE 3`."""
    async with connection() as open_connection:
        status: str = await open_connection.execute(sql, *values)
        return status


async def executemany(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """The statement has run once for each row, in one transaction."""
    async with connection() as open_connection:
        await open_connection.executemany(sql, rows)


async def now() -> datetime:
    """The database's clock, in UTC: the only clock that decides anything."""
    moment: datetime = await fetchval("select clock_timestamp()")
    return moment


async def migrate() -> tuple[str, ...]:
    """Tables and job queue are as this code expects them; returns the migrations that ran.

    All of it is one transaction under a lock: of several processes starting at once, one migrates and the others wait.
    """
    async with transaction() as open_connection:
        await open_connection.execute("set local statement_timeout = 0")
        await open_connection.execute("set local lock_timeout = '60s'")
        await open_connection.execute("select pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        names = await pending_migrations()
        if "procrastinate" in names:
            from procrastinate.schema import SchemaManager

            await open_connection.execute(SchemaManager.get_schema())
        if set(names) - {"procrastinate", "triggers"}:
            await _run_forwards()
        if "triggers" in names:
            sql = TRIGGERS.read_text(encoding="utf-8")
            await open_connection.execute(sql)
            await open_connection.execute(f"comment on function unpack_votes() is '{_version(sql)}'")
    return names


def _version(sql: str) -> str:
    return f"triggers {hashlib.sha256(sql.encode()).hexdigest()[:16]}"


async def _run_forwards() -> None:
    from piccolo.apps.migrations.commands.forwards import run_forwards

    # piccolo prints its progress and returns failures; the caller wants neither in its output.
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        result = await run_forwards("plenary")
    if not result.success:
        raise RuntimeError(f"Migrations failed: {result.message}\n{printed.getvalue()}")


async def is_demo_database() -> bool:
    """The database was filled by `plenary demo`; with it come sign-ins that everybody knows."""
    sql = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    return bool(await fetchval(sql) == DEMO_COMMENT)


async def mark_as_demo() -> None:
    """The database says of itself that it is a demo."""
    name = await fetchval("select quote_ident(current_database())")
    await execute(f"comment on database {name} is '{DEMO_COMMENT}'")


async def pending_migrations() -> tuple[str, ...]:
    """Names of what `migrate` would run, in order; `procrastinate` stands for the job queue's own tables, `triggers`
    for what the tables keep true by themselves."""
    queue: tuple[str, ...] = () if await _exists("procrastinate_jobs") else ("procrastinate",)
    rows = await fetch("select name from migration where app_name = 'plenary'") if await _exists("migration") else []
    done = {row["name"] for row in rows}
    installed = await fetchval("select obj_description(to_regproc('unpack_votes'), 'pg_proc')")
    is_current = installed == _version(TRIGGERS.read_text(encoding="utf-8"))
    triggers = () if is_current else ("triggers",)
    return (*queue, *(name for name in known_migrations() if name not in done), *triggers)


def known_migrations() -> tuple[str, ...]:
    """Identifiers of the migrations that come with this code, oldest first."""
    return tuple(sorted(_migration_id(file) for file in MIGRATIONS.glob("plenary_*.py")))


def _migration_id(file: Path) -> str:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("ID = "):
            return line.removeprefix("ID = ").strip("\"' ")
    raise RuntimeError(f"{file.name} has no ID")


async def _exists(table: str) -> bool:
    return await fetchval("select to_regclass($1)", table) is not None
