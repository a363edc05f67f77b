"""GET /readyz: each thing a server needs is looked at, and its fault turns visitors away within a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest

from app import readiness
from app.database import execute
from app.settings import get_settings


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing that an earlier test was told is kept, nor what this one is."""
    monkeypatch.setattr(readiness, "_told", None)
    monkeypatch.setattr(readiness, "SECONDS_KEPT", -1.0)
    yield


async def test_a_server_that_has_everything_is_ready_and_says_nothing_more(client: Any) -> None:
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready")
    assert "PostgreSQL" not in answer.text


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def full_disk(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(readiness, "get_settings", lambda: replace(get_settings(), is_production=True))
    patch.setattr(readiness.shutil, "disk_usage", lambda _: Usage(1_000, 905, 95))


def key_is_gone(patch: pytest.MonkeyPatch) -> None:
    gone = (Path("/nowhere/signing_key"),)
    patch.setattr(readiness, "get_settings", lambda: replace(get_settings(), key_files=gone))


def other_clock(patch: pytest.MonkeyPatch) -> None:
    now = readiness.now
    patch.setattr(readiness, "now", lambda: now() + timedelta(seconds=3))


def away(error: Exception) -> Callable[[pytest.MonkeyPatch], None]:
    async def fails(*_: Any) -> None:
        raise error

    return lambda patch: patch.setattr(readiness, "fetchval", fails)


FAULTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "a disk that is nearly full": ("disk", full_disk),
    "a key that was taken away": ("signing key", key_is_gone),
    "a clock three seconds ahead": ("clock", other_clock),
    "a database that is away": ("database, clock", away(OSError("gone"))),
    "a database that only reads": ("database, clock", away(asyncpg.ReadOnlySQLTransactionError("read only"))),
    "a database without room": ("database, clock", away(asyncpg.DiskFullError("no space left"))),
}


@pytest.mark.parametrize("what", FAULTS)
async def test_each_fault_turns_it_and_its_end_turns_it_back(
    client: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    name, fault = FAULTS[what]
    assert (await client.get("/readyz")).status_code == 200
    with monkeypatch.context() as patch:
        fault(patch)
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, f"not ready: {name}")
    assert (await client.get("/readyz")).status_code == 200


async def test_a_pending_migration_turns_it(client: Any) -> None:
    await execute("delete from migration where name = (select max(name) from migration where app_name = 'plenary')")
    assert (await client.get("/readyz")).text == "not ready: migrations"


async def test_a_key_that_others_may_read_turns_it_in_production(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "signing_key"
    file.write_text("00")
    file.chmod(0o644)
    kept = replace(get_settings(), key_files=(file,), is_production=True)
    monkeypatch.setattr(readiness, "get_settings", lambda: kept)
    assert (await client.get("/readyz")).text == "not ready: signing key"
    file.chmod(0o400)
    assert (await client.get("/readyz")).status_code == 200


async def test_a_crowd_that_asks_costs_one_look_a_second(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "SECONDS_KEPT", 1.0)
    looked = 0
    fetchval = readiness.fetchval

    async def counted(sql: str, *values: Any) -> Any:
        nonlocal looked
        looked += sql == readiness.PROBE
        return await fetchval(sql, *values)

    monkeypatch.setattr(readiness, "fetchval", counted)
    for _ in range(20):
        assert (await client.get("/readyz")).status_code == 200
    assert looked <= 2
