"""Backups: whole or refused, and a restored database is what was saved."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from app import backups
from tests import factories, slates

pytestmark = pytest.mark.slow  # processes and servers of their own are started

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def plenary() -> Run:
    """Runs the command with the keys of the test run, or with others."""

    def run(url: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        given = os.environ | {"DATABASE_URL": url} | more
        command = [sys.executable, "-W", "error", "-m", "app.cli", *words]
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest_asyncio.fixture
async def backup(committing: str, tmp_path: Path) -> Path:
    """A consultation with a proposal and its log."""
    here = await factories.make_consultation()
    await factories.propose(await factories.join("chidi", here), "Build wells with the villages.")
    await backups.write(committing, tmp_path / "saved.tar")
    return tmp_path / "saved.tar"


def empty(server_url: Callable[[str], str], name: str) -> str:
    with psycopg.connect(server_url("postgres"), autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return server_url(name)


def n_tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        (n,) = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() or (0,)
    return int(n)


async def test_a_restored_database_is_the_saved_one_and_its_records_hold(
    committing: str, plenary: Run, server_url: Callable[[str], str], tmp_path: Path
) -> None:
    await slates.published(await slates.curating())
    url, file = empty(server_url, "restored"), tmp_path / "saved.tar"
    done = plenary(committing, "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0, "others could read it"
    done = plenary(url, "restore", str(file))
    assert done.returncode == 0, done.stderr
    query = "select proposal, choice, count(*) from votes group by 1, 2 order by 1, 2"
    with psycopg.connect(committing) as before, psycopg.connect(url) as after:
        saved = before.execute(query).fetchall()
        assert len(saved) > 20
        assert after.execute(query).fetchall() == saved
    assert backups.read(file).n_rows["votes"] == sum(row[2] for row in saved)
    refused = plenary(url, "restore", str(file))
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)

    url, other = empty(server_url, "other_keys"), {"PLENARY_LINK_KEY": secrets.token_hex(32)}
    done = plenary(url, "restore", str(file), **other)
    assert (done.returncode, n_tables(url)) == (1, 0)
    assert "PLENARY_LINK_KEY are not those" in done.stderr
    done = plenary(url, "restore", "--other-keys", str(file), **other)
    assert (done.returncode, n_tables(url) > 30) == (1, True)
    assert "slate_signatures" in done.stderr, "who signed cannot be recognised without the key"


def test_a_file_cut_short_is_refused_loudly_and_nothing_is_restored(
    backup: Path, plenary: Run, server_url: Callable[[str], str]
) -> None:
    with tarfile.open(backup) as archive:
        dump = archive.getmember(backups.DUMP)
    # What follows the dump is zeros, which hold nothing.
    end = dump.offset_data + dump.size
    for share in (0.999, 0.5, 0.1, 0.0):
        os.truncate(backup, int(end * share))
        with pytest.raises(backups.BadBackup, match=r"cut short|damaged"):
            backups.read(backup)
        if share == 0.5:
            url = empty(server_url, "cut")
            done = plenary(url, "restore", str(backup))
            assert done.returncode == 1
            assert "Refused: The file is" in done.stderr, done.stderr
            assert n_tables(url) == 0


def test_a_changed_byte_a_foreign_file_and_a_later_version_are_refused(backup: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.tar"
    shutil.copy(backup, changed)
    with changed.open("r+b") as file:
        file.seek(backup.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    for foreign in (changed, Path(__file__)):
        with pytest.raises(backups.BadBackup):
            backups.read(foreign)


def test_rows_changed_behind_the_platform_are_named_after_a_restore(
    backup: Path, committing: str, plenary: Run, server_url: Callable[[str], str], tmp_path: Path
) -> None:
    with psycopg.connect(committing) as connection:
        connection.execute("alter table audit_events disable trigger user")
        connection.execute("alter table audit_events disable trigger user")
        connection.execute("update audit_events set action = 'slates.other' where sequence = 3")
        connection.execute("alter table audit_events enable trigger user")
    file = tmp_path / "tampered.tar"
    assert plenary(committing, "backup", str(file)).returncode == 0
    done = plenary(empty(server_url, "tampered"), "restore", str(file))
    assert done.returncode == 1
    assert "audit_events" in done.stderr, done.stderr


def test_a_backup_replaces_no_file_and_holds_no_key(backup: Path, committing: str, plenary: Run) -> None:
    before = backup.read_bytes()
    again = plenary(committing, "backup", str(backup))
    assert (again.returncode, backup.read_bytes() == before) == (1, True)
    assert "there already" in again.stderr
    keys = [file.read_text().strip() for file in (Path(os.environ["PLENARY_DATA_DIR"]) / "keys").iterdir()]
    assert len(keys) == 3
    assert not any(key.encode() in before or bytes.fromhex(key) in before for key in keys)
    with tarfile.open(backup) as archive:
        listed = archive.extractfile(backups.MANIFEST)
        assert listed is not None
        assert json.loads(listed.read())["format"] == "plenary-backup-1"
