"""The command line: help, exit codes, refusals as sentences, and results that other programs can read."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from click.testing import CliRunner

from app import database as db
from app.cli import main, user
from app.database import execute, fetchrow, fetchval

pytestmark = pytest.mark.slow  # processes and servers of their own are started

Plenary = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def plenary(fresh_database: str, tmp_path: Path) -> Plenary:
    """Runs the command on the test's own database."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = os.environ | {"DATABASE_URL": fresh_database, "PLENARY_DATA_DIR": str(tmp_path)} | environment
        command = [sys.executable, "-W", "error", "-m", "app.cli", *words]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=90, check=False)

    return run


def test_every_command_has_a_help_text() -> None:
    for group in (main, user):
        for name, command in group.commands.items():
            assert command.help, name
            assert len(command.help.splitlines()[0]) > 20, name


@pytest.mark.parametrize("words", [["--help"], ["serve", "-h"], ["user", "add", "--help"], ["--version"]])
def test_help_needs_no_database(words: list[str]) -> None:
    done = CliRunner().invoke(main, words, prog_name="plenary")
    assert done.exit_code == 0
    assert "plenary" in done.output


@pytest.mark.parametrize("words", [["fly"], ["export"], ["import-polis", "/nowhere"], ["demo", "--port", "0"]])
def test_a_wrong_command_line_exits_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


def test_migrate_says_what_ran_and_what_is_pending(server_url: Callable[[str], str], plenary: Plenary) -> None:
    assert plenary("migrate", "--check").returncode == 0
    with psycopg.connect(server_url("postgres"), autocommit=True) as connection:
        connection.execute("create database empty_one")
    url = server_url("empty_one")
    before = plenary("migrate", "--check", DATABASE_URL=url)
    assert (before.returncode, before.stdout.splitlines()[0]) == (1, "pending: procrastinate")
    assert plenary("migrate", DATABASE_URL=url).stdout.splitlines()[0] == "ran: procrastinate"
    assert plenary("migrate", DATABASE_URL=url).stdout == ""
    refused = plenary("user", "list", DATABASE_URL=server_url("postgres"))
    assert refused.returncode == 78
    assert "run `plenary migrate` first" in refused.stderr


async def test_staff_accounts_are_made_listed_changed_and_disabled(committing: str, plenary: Plenary) -> None:
    from app import auth

    url = {"DATABASE_URL": committing}
    made = plenary("user", "add", "Ada+un@Example.org", "--administrator", "--name", "Ada", **url)
    assert made.returncode == 0, made.stderr
    password = made.stdout.strip()
    assert len(password) >= auth.MIN_PASSWORD
    stored = await fetchval("select password_hash from accounts where email = 'ada@example.org'")
    assert await auth.password_matches(stored, password)
    again = plenary("user", "add", "ada@example.org", **url)
    assert again.returncode == 1
    assert "already" in again.stderr
    (listed,) = json.loads(plenary("user", "list", "--json", **url).stdout)
    assert (listed["email"], listed["is_administrator"], listed["may_convene"]) == ("ada@example.org", True, False)
    assert plenary("user", "grant", "ada@example.org", "--convenor", **url).returncode == 0
    assert plenary("user", "factor", "ada@example.org", **url).returncode == 2, "it says what it is to do"
    assert plenary("user", "factor", "ada@example.org", "--off", **url).returncode == 0
    assert plenary("user", "disable", "ada@example.org", **url).returncode == 0
    row = await fetchrow("select is_administrator, may_convene, disabled_at is not null as is_disabled from accounts")
    assert row is not None
    assert dict(row) == {"is_administrator": False, "may_convene": True, "is_disabled": True}
    events = await db.fetch("select action from audit_events where chain = 'site' order by sequence")
    assert [event["action"] for event in events] == [
        "staff.add",
        "staff.grant",
        "staff.remove_factor",
        "staff.disable",
    ]


@pytest.mark.parametrize("email", ["nobody@example.org", "x y@b"])
def test_an_unknown_or_malformed_address_is_a_sentence(email: str, plenary: Plenary) -> None:
    done = plenary("user", "password", email)
    assert done.returncode == 1
    assert "Refused:" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_consultation_is_a_sentence(plenary: Plenary) -> None:
    done = plenary("analyse", "no-such-thing")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no consultation no-such-thing." in done.stderr


def test_a_database_that_is_away_is_a_sentence(plenary: Plenary) -> None:
    done = plenary("user", "list", DATABASE_URL="postgresql://nobody:secret-word@127.0.0.1:1/none")
    assert done.returncode == 1
    assert "Refused: The database cannot be reached" in done.stderr
    assert "secret-word" not in done.stderr


async def test_serve_refuses_the_database_of_a_demo(committing: str, plenary: Plenary) -> None:
    await db.mark_as_demo()
    assert await db.is_demo_database()
    done = plenary("serve", DATABASE_URL=committing, PLENARY_PORT="0")
    assert done.returncode == 78
    assert "This database holds the demo" in done.stderr


async def test_a_demo_refuses_a_database_with_real_accounts(committing: str, plenary: Plenary) -> None:
    await execute(
        "insert into accounts (id, email, name, locale, zone, is_administrator, may_convene, created_at) "
        "values (gen_random_uuid(), 'dana@example.org', '', 'en', 'UTC', false, false, now())"
    )
    done = plenary("demo", DATABASE_URL=committing)
    assert done.returncode == 78
    assert "real accounts" in done.stderr
    assert not await db.is_demo_database()


def test_serve_refuses_an_unsafe_production_before_anything_starts(plenary: Plenary) -> None:
    done = plenary("serve", PLENARY_PRODUCTION="1", PLENARY_BASE_URL="http://plenary.example.org")
    assert done.returncode == 78
    assert "is missing" in done.stderr


async def test_production_refuses_pending_migrations_and_a_database_that_may_lose_votes(
    server_url: Callable[[str], str], plenary: Plenary
) -> None:
    import secrets

    keys = {f"PLENARY_{name}": secrets.token_hex(32) for name in ("SESSION_SECRET", "LINK_KEY", "SIGNING_KEY")}
    production = keys | {"PLENARY_PRODUCTION": "1", "PLENARY_BASE_URL": "https://plenary.example.org"}
    # The server of the tests runs without fsync, as no production may.
    done = plenary("serve", "--no-migrate", DATABASE_URL=server_url("postgres"), PLENARY_PORT="0", **production)
    assert done.returncode == 78
    assert "migrations are pending" in done.stderr
    assert "has fsync off" in done.stderr
    assert not any(key in done.stderr for key in keys.values())


def test_a_taken_port_is_a_sentence(plenary: Plenary) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = plenary("serve", PLENARY_PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot be used" in done.stderr


def test_doctor_gives_each_check_a_light(plenary: Plenary) -> None:
    done = plenary("doctor", "--json")
    findings = json.loads(done.stdout)
    lights = {finding["check"]: finding["light"] for finding in findings}
    assert {"settings", "address", "mail", "database", "durability", "clock", "migrations", "jobs"} <= lights.keys()
    # The server of the tests runs without fsync: that is what doctor is there to see.
    assert lights["durability"] == "red"
    assert lights["migrations"] == lights["clock"] == lights["database"] == "green"
    assert done.returncode == 1
    assert "●" in plenary("doctor").stderr


def test_doctor_reports_a_database_that_is_away(plenary: Plenary) -> None:
    done = plenary("doctor", "--json", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 1
    assert {"check": "database", "light": "red"}.items() <= json.loads(done.stdout)[-1].items()


def test_health_says_when_nobody_answers(plenary: Plenary) -> None:
    done = plenary("health", PLENARY_PORT="1")
    assert (done.returncode, done.stdout) == (1, "not ready (no answer)\n")


async def test_the_mark_of_a_demo_stays_with_its_database_alone(
    committing: str, make_database: Callable[[], Any]
) -> None:
    await db.mark_as_demo()
    other = await asyncpg.connect(await make_database())
    mark = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    assert await other.fetchval(mark) != db.DEMO_COMMENT
    await other.close()
