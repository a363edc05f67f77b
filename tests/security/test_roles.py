"""docs/roles.sql: a role that serves a whole consultation and can neither alter a table nor change the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from app import database
from app.database import execute, fetchval
from app.jobs.analyse import analyse
from deliberation.phases import Phase
from tests import factories
from tests.cast import signed_in
from tests.inventory import PROJECT

pytestmark = pytest.mark.slow  # a database of its own

ROLE = "plenary_serving"
ROLES = (PROJECT / "docs" / "roles.sql").read_text(encoding="utf-8")


@pytest_asyncio.fixture
async def as_role(fresh_database: str) -> AsyncIterator[str]:
    """The pool of this process is one of the role's connections, to a database of the test's own."""
    owner = await asyncpg.connect(fresh_database)
    await owner.execute(f"drop role if exists {ROLE}")
    await owner.execute(ROLES)
    before, address = database.DB.pool, database.DB.config.get("dsn")
    database.DB.pool = None
    database.connect_to(fresh_database)
    # The server of the tests lets in its own user alone; from the first statement on, rights are the role's.
    database.DB.config["server_settings"] = database.SERVER_SETTINGS | {"role": ROLE}
    await database.open_pool(is_patient=True)
    yield fresh_database
    await database.close_pool()
    del database.DB.config["server_settings"]
    database.DB.pool = before
    if address is not None:
        database.connect_to(address)
    await owner.execute(f"drop owned by {ROLE}")
    await owner.execute(f"drop role {ROLE}")
    await owner.close()


async def test_a_consultation_is_served_from_its_beginning_to_its_analysis(as_role: str, application: Any) -> None:
    import httpx

    from tests.conftest import BASE_URL

    assert await fetchval("select current_user") == ROLE
    here = await factories.make_consultation(phases=(Phase.PROPOSE, Phase.CURATE))
    who = await factories.join("chidi", here)
    written = await factories.propose(who, "Build wells with the villages that use them.")
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers={"origin": BASE_URL}) as client:
        chidi = await signed_in(client, "chidi")
        voted = await chidi.post(f"/en/c/water/votes/{written.number}", {"choice": "agree"})
        assert voted.status_code in {200, 303}
        for path in ("/en/", "/en/c/water", "/en/c/water/vote", "/en/c/water/audit", "/en/me", "/readyz", "/metrics"):
            assert (await chidi.get(path)).status_code in {200, 303}, path
    assert await fetchval("select count(*) from votes") == 1
    await analyse(consultation_id=str(here.id))
    assert await fetchval("select count(*) from procrastinate_jobs") > 0
    assert await database.pending_migrations() == ()


DENIED = {
    "alter a table": "alter table votes add column x int",
    "drop a table": "drop table votes",
    "make a table": "create table mine (x int)",
    "empty a table": "truncate votes",
    "put a trigger aside": "alter table audit_events disable trigger user",
    "change what was decided": "update audit_events set action = 'x'",
    "take away what was decided": "delete from audit_events",
    "empty what was decided": "truncate audit_events",
    "replace a function": "create or replace function unpack_votes() returns trigger language plpgsql as 'begin end'",
    "say a migration ran": "insert into migration (name, app_name) values ('x', 'plenary')",
    "make a role": "create role another superuser",
    "read a file of the server": "select pg_read_file('/etc/passwd')",
    "run a program": "copy votes to program 'true'",
}


@pytest.mark.parametrize("what", DENIED)
async def test_the_database_itself_refuses_to(as_role: str, what: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await execute(DENIED[what])


async def test_tables_of_later_migrations_are_served_too(as_role: str) -> None:
    owner = await asyncpg.connect(as_role)
    await owner.execute("create table later (id serial primary key, x int)")
    await owner.close()
    assert await fetchval("insert into later (x) values (1) returning id") == 1


@pytest.mark.parametrize(
    "sql", ["update audit_events set action = 'x'", "delete from audit_events", "truncate audit_events"]
)
async def test_what_was_decided_stays_also_for_the_tables_owner(committing: str, sql: str) -> None:
    await factories.make_consultation()
    n = await fetchval("select count(*) from audit_events")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
        await execute(sql)
    assert await fetchval("select count(*) from audit_events") == n > 0
