"""Backups: one file that says what it holds, and a restore that believes nothing it has not checked.

A backup is a tar archive of `manifest.json` and `database.dump` (PostgreSQL's custom format, which `pg_restore` alone
can read too). Rows are counted in the same snapshot that is dumped, so that a restored database can be compared with
them. Keys are not in it: only marks by which the right ones are recognised.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from app.analysis.integrity import examine
from app.database import fetch, fetchval, known_migrations, transaction
from app.postgres_files import wheel_binaries
from app.refusals import Refusal
from app.settings import get_settings

FORMAT = "plenary-backup-1"
MANIFEST, DUMP = "manifest.json", "database.dump"
LARGEST_MANIFEST = 1 << 20
"""Bytes; a manifest is a line for each table and migration."""
CHUNK = 1 << 20
MIGRATIONS_RUN = "select name from migration where app_name = 'plenary' order by name"


class BadBackup(Refusal):
    """The file is not a whole backup, or does not fit this database; the message is a sentence for the operator."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: `n_rows` by table, migrations that had run, marks of keys, digest of the dump."""

    made_at: str
    plenary: str
    postgres: str
    sha256: str
    n_rows: dict[str, int]
    migrations: list[str]
    keys: dict[str, str]

    def as_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **vars(self)}, indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        try:
            value = json.loads(text)
            if value.pop("format") != FORMAT:
                raise BadBackup("This file is of another format than this version of Plenary reads.")
            return cls(**value)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadBackup("The backup's list of contents cannot be read.") from error


async def write(url: str, file: Path) -> Manifest:
    """The database as it is at this moment is in `file`, which is there whole or not at all, for our eyes only."""
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
        dump, draft = Path(folder) / DUMP, Path(folder) / "draft"
        async with transaction() as snapshot:
            await snapshot.execute("set transaction isolation level repeatable read, read only")
            name = await snapshot.fetchval("select pg_export_snapshot()")
            _run(
                "pg_dump",
                url,
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={name}",
                f"--file={dump}",
            )
            manifest = Manifest(
                made_at=(await snapshot.fetchval("select clock_timestamp()")).isoformat(timespec="seconds"),
                plenary=version("plenary"),
                postgres=await snapshot.fetchval("select current_setting('server_version')"),
                sha256=_sha256(dump.open("rb")),
                n_rows=await _n_rows(),
                migrations=[row["name"] for row in await snapshot.fetch(MIGRATIONS_RUN)],
                keys=_marks_of_keys(),
            )
        _pack(draft, manifest, dump)
        try:
            os.link(draft, file)
        except FileExistsError as error:
            raise BadBackup(f"{file} is there already: a backup replaces nothing.") from error
    return manifest


def _marks_of_keys() -> dict[str, str]:
    """A short mark of each key without which seats or signatures of this database mean nothing."""
    settings = get_settings()
    keys = {"PLENARY_LINK_KEY": settings.link_key, "PLENARY_SIGNING_KEY": settings.signing_key}
    return {name: hmac.new(key, b"backup", hashlib.sha256).hexdigest()[:16] for name, key in keys.items()}


async def _n_rows() -> dict[str, int]:
    """The number of rows of each table there is."""
    rows = await fetch("select tablename from pg_tables where schemaname = 'public' order by tablename")
    names = [row["tablename"] for row in rows]
    # The names are the catalogue's own, not a person's words.
    return {name: await fetchval(f'select count(*) from "{name}"') for name in names}  # noqa: S608  the catalogue's


def _pack(draft: Path, manifest: Manifest, dump: Path) -> None:
    listed = draft.with_name(MANIFEST)
    listed.write_bytes(manifest.as_json())
    draft.touch(mode=0o600)
    with draft.open("wb") as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            archive.add(listed, MANIFEST)
            archive.add(dump, DUMP)
        out.flush()
        os.fsync(out.fileno())


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def read(file: Path) -> Manifest:
    """What the backup holds; every byte of it has been read. Raises BadBackup for a cut or changed file."""
    with _opened(file) as (manifest, _):
        return manifest


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Manifest, tarfile.TarFile]]:
    try:
        with tarfile.open(file, mode="r:") as archive:
            listed = archive.getmember(MANIFEST)
            if listed.size > LARGEST_MANIFEST:
                raise BadBackup("The backup's list of contents cannot be read.")
            manifest = Manifest.from_json(_member(archive, MANIFEST).read())
            if _sha256(_member(archive, DUMP)) != manifest.sha256:
                raise BadBackup("The file is damaged: its contents are not what was written.")
            yield manifest, archive
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise BadBackup("The file is cut short or is no backup of Plenary.") from error
    except OSError as error:
        raise BadBackup(f"{file} cannot be read: {type(error).__name__}.") from error


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


async def restore(url: str, file: Path, *, has_other_keys: bool = False) -> Manifest:
    """The empty database holds what the backup holds, every row of it, or is still empty. Raises BadBackup."""
    if await _n_rows():
        raise BadBackup("The database is not empty: restore into a new one, and point DATABASE_URL at it afterwards.")
    with _opened(file) as (manifest, archive), tempfile.TemporaryDirectory(prefix="plenary-restore-") as folder:
        if unknown := sorted(set(manifest.migrations) - set(known_migrations())):
            raise BadBackup(f"The backup is of a later version: {len(unknown)} of its migrations are unknown here.")
        changed = [name for name, mark in _marks_of_keys().items() if manifest.keys.get(name) != mark]
        if changed and not has_other_keys:
            raise BadBackup(
                f"{' and '.join(changed)} are not those of the backup: seats and signatures need the old ones."
            )
        archive.extract(DUMP, folder, filter="data")
        options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
        _run("pg_restore", url, *options, str(Path(folder) / DUMP))
    await _compare(manifest)
    return manifest


async def _compare(manifest: Manifest) -> None:
    found = await _n_rows()
    if other := sorted(dict(found.items() ^ manifest.n_rows.items())):
        raise BadBackup(f"The number of rows differs in {', '.join(other)}: do not use this database.")


async def problems() -> list[str]:
    """What does not hold together in the database that is connected to: changed rows, broken logs."""
    found = []
    for row in await fetch("select id, slug from consultations order by slug"):
        found += [f"{row['slug']}, {one.table}: {one.problem}." for one in await examine(row["id"]) if not one.holds]
    return found


def _run(program: str, url: str, *options: str) -> None:
    """PostgreSQL's own program; the password goes by the environment, since command lines are seen by everybody."""
    parts = urlsplit(url)
    user, is_given, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    address = parts._replace(netloc=f"{name}@{host}" if is_given else host).geturl()
    environment = os.environ | ({"PGPASSWORD": unquote(password)} if password else {})
    command: list[Any] = [wheel_binaries() / "bin" / program, f"--dbname={address}", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise BadBackup(f"{program} failed: {said[0] if said else 'without a word'}")
