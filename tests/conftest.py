"""One PostgreSQL for the whole run, one migrated template, and each test in a transaction that is rolled back.

`database` gives a test that transaction; `client` also gives it the application, whose handlers run in the same task
and so join the transaction. A test that needs commits of its own, or other processes, takes `committing`.
"""

from __future__ import annotations

import atexit
import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

BASE_URL = "https://127.0.0.1:8000"
JOURNEYS = "tests/journeys/"
# One folder for each test process, also where this file is imported a second time, as `tests.conftest`.
_FOLDER = Path(tempfile.gettempdir()) / f"plenary-tests-{os.getpid()}"
_FOLDER.mkdir(exist_ok=True)
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
# PostgreSQL's own user must be able to reach its data below.
_FOLDER.chmod(0o711)
for _name in [name for name in os.environ if name == "DATABASE_URL" or name.startswith("PLENARY_")]:
    if _name not in {"PLENARY_REAL_DATA", "PLENARY_SCREENSHOTS"}:
        del os.environ[_name]
# https, so that `__Host-` cookies travel as they do in production; loopback, so that it is not one.
os.environ |= {"PLENARY_DATA_DIR": str(_FOLDER), "PLENARY_BASE_URL": BASE_URL, "PLENARY_LOG_JSON": "1"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file is one process's work, and so are the journeys together: they share one demo, which takes long to seed."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return JOURNEYS if scope.startswith(JOURNEYS) else scope

    return Scheduling(config, log)


def pytest_collection_finish() -> None:
    _stays()


def _stays() -> None:
    """What is loaded by now stays to the end: looking through it for garbage again and again takes a twentieth."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], str]]:
    """The address of any database of the test run's own server, by name."""
    from app.embedded import EmbeddedServer

    server = EmbeddedServer(_FOLDER, is_durable=False)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session")
async def template_database(server_url: Callable[[str], str]) -> str:
    """The name of a migrated, empty database that others are copied from."""
    from app.database import close_pool, connect_to, migrate

    connect_to(server_url("plenary"))
    await migrate()
    await close_pool()
    return "plenary"


@pytest_asyncio.fixture(scope="session")
async def make_database(server_url: Callable[[str], str], template_database: str) -> AsyncIterator[Callable[[], Any]]:
    """Makes a new database like the template in some 50 ms, and returns its address."""
    admin = await asyncpg.connect(server_url("postgres"))

    async def make() -> str:
        name = f"test_{secrets.token_hex(6)}"
        await admin.execute(f"create database {name} template {template_database}")
        return server_url(name)

    yield make
    await admin.close()


@pytest_asyncio.fixture(scope="session")
async def shared_pool(make_database: Callable[[], Any]) -> AsyncIterator[str]:
    """The pool that every test in a transaction shares."""
    from app import database

    url: str = await make_database()
    database.connect_to(url)
    await database.open_pool(is_patient=True)
    yield url
    await database.close_pool()


@pytest_asyncio.fixture
async def database(shared_pool: str) -> AsyncIterator[None]:
    """An empty, migrated database, in a transaction that is rolled back at the end of the test."""
    from app.database import DB

    async with DB.transaction() as outer:
        yield
        await outer.rollback()


@pytest_asyncio.fixture
async def fresh_database(make_database: Callable[[], Any]) -> str:
    """The address of a database of the test's own, for real commits and for other processes."""
    url: str = await make_database()
    return url


@pytest_asyncio.fixture
async def committing(fresh_database: str) -> AsyncIterator[str]:
    """Like `database`, but what the test does is committed, where other processes see it; gives the address."""
    from app import database

    before, address = database.DB.pool, database.DB.config.get("dsn")
    database.DB.pool = None
    database.connect_to(fresh_database)
    await database.open_pool(is_patient=True)
    yield fresh_database
    await database.close_pool()
    database.DB.pool = before
    if address is not None:
        database.connect_to(address)


@pytest.fixture(scope="session")
def application() -> Any:
    """The ASGI application, without its start-up: the pool is `shared_pool`."""
    from app.main import create_app

    made = create_app()
    _stays()
    return made


@pytest_asyncio.fixture
async def client(database: None, application: Any) -> AsyncIterator[Any]:
    """A browser without JavaScript: keeps cookies, follows no redirect, and runs handlers in the test's transaction."""
    import httpx

    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers={"origin": BASE_URL}) as browser:
        yield browser
