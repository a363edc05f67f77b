"""Is this installation well? One line a check: good, worth a look, or broken."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from app.database import fetch, fetchrow, fetchval, is_demo_database, pending_migrations
from app.emails import smtp_options
from app.environment import SettingsError
from app.settings import PROJECT, Settings, is_loopback

MIN_VERSION = 140_000
MAX_CLOCK_SECONDS = 2.0
MIN_FREE_SHARE = 0.10
# A worker announces itself every ten seconds.
WORKER_SILENT_SECONDS = 60
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


async def refuse_unfit_database(settings: Settings) -> None:
    """Raises SettingsError for a demo's database, pending migrations, and one that may lose what it acknowledged."""
    reasons = []
    if await is_demo_database():
        reasons.append("This database holds the demo, where anybody may sign in as anybody: use another ")
    if pending := await pending_migrations():
        reasons.append(f"{len(pending)} migrations are pending: run `plenary migrate` first.")
    if settings.is_production:
        unsafe = "select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')"
        rows = await fetch(f"{unsafe} and setting = 'off'")
        reasons += [f"The database has {row['name']} off: a crash would lose acknowledged votes." for row in rows]
    if reasons:
        raise SettingsError(*reasons)


class Light(StrEnum):
    """How bad it is."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    light: Light
    text: str

    def as_json(self) -> dict[str, str]:
        """The line as plain values."""
        return {key: str(value) for key, value in asdict(self).items()}


async def examine(settings: Settings) -> list[Finding]:
    """Every check's finding; a check that fails with an error is red, and the others still run."""
    findings: list[Finding] = []
    for check in (_settings, _address, _mail, _disk, _browser, _translations):
        findings.extend(check(settings))
    for name, look in _DATABASE_CHECKS.items():
        try:
            findings.extend([finding async for finding in look()])
        except Exception as error:
            findings.append(Finding(name, Light.RED, f"{type(error).__name__}: {error}"))
            break
    return findings


def _settings(settings: Settings) -> list[Finding]:
    problems = settings.problems()
    if problems:
        return [Finding("settings", Light.RED, text) for text in problems]
    kind = "production" if settings.is_production else "for this machine only"
    found = [Finding("settings", Light.GREEN, f"Complete, {kind}; keys are {_origin_of_keys(settings)}.")]
    if settings.is_production and not settings.staff_needs_factor:
        found.append(Finding("settings", Light.AMBER, "PLENARY_STAFF_SECOND_FACTOR is 0: a password alone governs."))
    return found


def _origin_of_keys(settings: Settings) -> str:
    generated = [file for file in settings.key_files if file.parent == settings.data_dir / "keys"]
    return f"in {settings.data_dir / 'keys'}: back them up" if generated else "given from outside"


def _address(settings: Settings) -> list[Finding]:
    host = urlsplit(settings.base_url).hostname or ""
    if settings.is_secure:
        return [Finding("address", Light.GREEN, settings.base_url)]
    light = Light.AMBER if is_loopback(host) else Light.RED
    return [Finding("address", light, f"{settings.base_url} is not https: only this machine may use it.")]


def _mail(settings: Settings) -> list[Finding]:
    if settings.smtp_url is None:
        return [Finding("mail", Light.AMBER, "No PLENARY_SMTP_URL: messages stay in the outbox, codes reach nobody.")]
    try:
        options = smtp_options(settings.smtp_url)
        with socket.create_connection((options["hostname"], options["port"]), timeout=5):
            return [Finding("mail", Light.GREEN, f"{options['hostname']}:{options['port']} answers.")]
    except (ValueError, OSError) as error:
        return [Finding("mail", Light.RED, f"The mail server cannot be reached: {error}.")]


def _disk(settings: Settings) -> list[Finding]:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.parent
    if not folder.exists():
        return []
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    light = Light.GREEN if share >= MIN_FREE_SHARE else Light.RED
    return [Finding("disk", light, f"{share:.0%} of the disk is free at {folder}.")]


def _browser(settings: Settings) -> list[Finding]:
    found = os.environ.get("CHROMIUM") or next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    fonts = any(Path("/usr/share/fonts").rglob("Noto*Arabic*")) if Path("/usr/share/fonts").exists() else False
    if found is None:
        return [Finding("browser", Light.AMBER, "No Chromium: browser tests are skipped (apt install chromium).")]
    missing = "" if fonts else " Fonts for Arabic and Chinese are missing (apt install fonts-noto-core)."
    return [Finding("browser", Light.GREEN if fonts else Light.AMBER, f"{found}.{missing}")]


def _translations(settings: Settings) -> list[Finding]:
    from app.language import LANGUAGES

    folder = PROJECT / "app" / "translations"
    missing = [code for code in LANGUAGES if code != "en" and not any((folder / code).rglob("*.po"))]
    if missing:
        return [Finding("languages", Light.AMBER, f"Without translations: {', '.join(missing)}.")]
    return [Finding("languages", Light.GREEN, f"{', '.join(LANGUAGES)}.")]


async def _server() -> AsyncIterator[Finding]:
    number = int(await fetchval("select current_setting('server_version_num')"))
    version = await fetchval("select current_setting('server_version')")
    light = Light.GREEN if number >= MIN_VERSION else Light.RED
    yield Finding("database", light, f"PostgreSQL {version} answers.")
    row = await fetchrow(
        "select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages, "
        "current_setting('synchronous_commit') as commits, pg_is_in_recovery() as is_replica"
    )
    assert row is not None
    if row["fsync"] != "on" or row["pages"] != "on" or row["commits"] == "off":
        yield Finding("durability", Light.RED, "A crash may lose votes: fsync or synchronous_commit is off.")
    else:
        yield Finding("durability", Light.GREEN, "What is acknowledged is on disk.")
    if row["is_replica"]:
        yield Finding("database", Light.RED, "This is a read-only replica.")
    if await is_demo_database():
        yield Finding("database", Light.AMBER, "It holds the demo: `plenary serve` refuses it.")


async def _clock() -> AsyncIterator[Finding]:
    asked = datetime.now(UTC)
    theirs: datetime = await fetchval("select clock_timestamp()")
    offset = (theirs - asked).total_seconds()
    light = Light.GREEN if abs(offset) <= MAX_CLOCK_SECONDS else Light.AMBER
    yield Finding("clock", light, f"The database's clock is {offset:+.2f} s from this machine's; the database decides.")


async def _migrations() -> AsyncIterator[Finding]:
    pending = await pending_migrations()
    if pending:
        yield Finding("migrations", Light.RED, f"{len(pending)} pending: run `plenary migrate`.")
        return
    yield Finding("migrations", Light.GREEN, "None pending.")
    rows = await fetch("select status::text, count(*) as n from procrastinate_jobs group by status")
    counts = {row["status"]: row["n"] for row in rows}
    failed = counts.get("failed", 0)
    light = Light.AMBER if failed else Light.GREEN
    yield Finding("jobs", light, f"{counts.get('todo', 0)} waiting, {counts.get('doing', 0)} running, {failed} failed.")
    alive = await fetchval(
        "select count(*) from procrastinate_workers where last_heartbeat > now() - make_interval(secs => $1)",
        float(WORKER_SILENT_SECONDS),
    )
    yield Finding("workers", Light.GREEN if alive else Light.AMBER, f"{alive} at work.")


async def _records() -> AsyncIterator[Finding]:
    """Rows that were changed behind the platform's back."""
    from app.analysis.integrity import examine as compare

    rows = await fetch("select id, slug from consultations order by slug")
    broken = 0
    for row in rows:
        for one in await compare(row["id"]):
            if not one.holds:
                broken += 1
                yield Finding("records", Light.RED, f"{row['slug']}, {one.table}: {one.problem}.")
    if not broken:
        text = f"{len(rows)} consultations: the rows are what was signed, and the governance logs are unbroken."
        yield Finding("records", Light.GREEN, text)


_DATABASE_CHECKS: dict[str, Callable[[], AsyncIterator[Finding]]] = {
    "database": _server,
    "clock": _clock,
    "migrations": _migrations,
    "records": _records,
}
