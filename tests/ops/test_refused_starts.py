"""A production start fails closed: each condition alone ends `plenary serve` with 78, its reason, and no secret."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from app import database
from app.cli import main
from app.doctor import refuse_unfit_database
from app.environment import SettingsError
from app.settings import Settings, get_settings

KEYS = ("PLENARY_SESSION_SECRET", "PLENARY_LINK_KEY", "PLENARY_SIGNING_KEY")
DATABASE_WORD = "hunter2hunter2"
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A complete production environment, whose database is never reached."""
    given = {
        "DATABASE_URL": f"postgresql://plenary:{DATABASE_WORD}@127.0.0.1:1/plenary",
        "PLENARY_DATA_DIR": str(tmp_path),
        "PLENARY_BASE_URL": "https://plenary.example.org",
        "PLENARY_PRODUCTION": "1",
        **{name: secrets.token_hex(32) for name in KEYS},
    }
    for name in [name for name in os.environ if name.startswith("PLENARY_")]:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield given
    get_settings.cache_clear()


def refused(given: dict[str, str], *words: str) -> str:
    """What `plenary serve` says when it refuses; nothing of a key or password is in it."""
    get_settings.cache_clear()
    done = CliRunner().invoke(main, words or ("serve",))
    assert done.exit_code == 78, done.output
    for name in KEYS:
        assert os.environ.get(name, given[name])[:16] not in done.output or len(os.environ[name]) < 16
    assert DATABASE_WORD not in done.output
    return " ".join(done.output.split())


CONDITIONS: dict[str, tuple[dict[str, str], str]] = {
    "no secret": ({"PLENARY_SESSION_SECRET": ""}, "PLENARY_SESSION_SECRET is missing"),
    "no key of links": ({"PLENARY_LINK_KEY": ""}, "PLENARY_LINK_KEY is missing"),
    "no signing key": ({"PLENARY_SIGNING_KEY": ""}, "PLENARY_SIGNING_KEY is missing"),
    "a short secret": ({"PLENARY_SESSION_SECRET": "ab" * 12}, "PLENARY_SESSION_SECRET must be 64"),
    "a placeholder": ({"PLENARY_LINK_KEY": "00" * 32}, "looks like a placeholder"),
    "an address without https": ({"PLENARY_BASE_URL": "http://plenary.example.org"}, "must begin with https://"),
    "any host": ({"PLENARY_ALLOWED_HOSTS": "*"}, "PLENARY_ALLOWED_HOSTS must name the hosts"),
    "no host": ({"PLENARY_ALLOWED_HOSTS": ","}, "PLENARY_ALLOWED_HOSTS must name the hosts"),
    "debugging": ({"LITESTAR_DEBUG": "1"}, "LITESTAR_DEBUG is set"),
    "a debugger": ({"LITESTAR_PDB": "1"}, "LITESTAR_PDB is set"),
    "a demo": ({"PLENARY_DEMO": "1"}, "PLENARY_DEMO is set"),
    "a token for figures that can be guessed": (
        {"PLENARY_METRICS_TOKEN": "letmein"},
        "PLENARY_METRICS_TOKEN must have",
    ),
}


@pytest.mark.parametrize("what", CONDITIONS)
def test_each_condition_alone_refuses_the_start(
    production: dict[str, str], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    changes, reason = CONDITIONS[what]
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    said = refused(production | changes)
    assert reason in said
    assert said.count("Refused:") == 1, said


def test_without_any_of_them_only_the_database_is_missing(production: dict[str, str]) -> None:
    # A process of its own: it opens and closes connections, and the tests' own must stay.
    command = [sys.executable, "-m", "app.cli", "serve"]
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | production, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "The database cannot be reached" in done.stdout + done.stderr
    assert DATABASE_WORD not in done.stdout + done.stderr


def test_the_same_key_twice_refuses_the_start(production: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLENARY_SIGNING_KEY", production["PLENARY_LINK_KEY"])
    assert "must differ from each other" in refused(production)


@pytest.mark.parametrize("mode", [0o444, 0o604, 0o644])
def test_a_signing_key_that_others_may_read_refuses_the_start(
    production: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "signing_key"
    file.write_text(production["PLENARY_SIGNING_KEY"])
    file.chmod(mode)
    monkeypatch.delenv("PLENARY_SIGNING_KEY")
    monkeypatch.setenv("PLENARY_SIGNING_KEY_FILE", str(file))
    assert "can be read by others" in refused(production)


def test_a_signing_key_in_git_refuses_the_start(
    production: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "signing_key"
    file.write_text(production["PLENARY_SIGNING_KEY"])
    file.chmod(0o400)
    for words in (["init", "-q"], ["add", "signing_key"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.delenv("PLENARY_SIGNING_KEY")
    monkeypatch.setenv("PLENARY_SIGNING_KEY_FILE", str(file))
    assert "is in git" in refused(production)


@pytest.mark.parametrize("words", [("worker",), ("serve", "--no-migrate", "--no-worker")])
def test_a_worker_and_a_server_of_pages_are_refused_alike(
    production: dict[str, str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PLENARY_BASE_URL", "http://plenary.example.org")
    assert "must begin with https://" in refused(production, *words)


async def unfit(production: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as found:
        await refuse_unfit_database(Settings.from_environment(production))
    return " ".join(found.value.reasons)


@pytest.mark.parametrize("name", ["synchronous_commit"])
async def test_a_database_that_answers_before_it_has_written_is_unfit(
    committing: str, production: dict[str, str], name: str
) -> None:
    owner = await asyncpg.connect(committing)
    await owner.execute(f"alter database {await owner.fetchval('select current_database()')} set {name} = off")
    await owner.close()
    await database.close_pool()
    await database.open_pool()
    assert f"{name} off" in await unfit(production)


async def test_a_database_without_fsync_is_unfit(database: None, production: dict[str, str]) -> None:
    # The server of the tests runs without it, as no production may.
    assert "fsync off: a crash would lose acknowledged votes" in await unfit(production)


async def test_pending_migrations_and_demo_data_are_unfit(committing: str, production: dict[str, str]) -> None:
    await database.execute("delete from migration where name = (select max(name) from migration)")
    await database.mark_as_demo()
    said = await unfit(production)
    assert "1 migrations are pending: run `plenary migrate` first." in said
    assert "This database holds the demo" in said


def test_routes_of_the_demo_and_its_outbox_do_not_exist_elsewhere() -> None:
    from app.controllers import routes

    paths = {path for handler in routes(is_demo=False) for path in handler.paths}
    assert not [path for path in paths if path.startswith(("/demo", "/outbox"))]
