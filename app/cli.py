"""The command `plenary`: every task that a person runs.

Exit codes: 0 done, 1 it failed or was refused, 2 the command line is wrong, 78 the settings are unsafe or incomplete.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app import database
from app.embedded import EmbeddedError, embedded_server
from app.refusals import Refusal
from app.settings import EXIT_UNSAFE, Settings, SettingsError, get_settings
from deliberation.errors import DeliberationError

Result = TypeVar("Result")
# People read what happens on standard error, so that standard output carries only the result.
people = Console(stderr=True, highlight=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
LIGHTS = {"green": "[green]●[/]", "amber": "[yellow]●[/]", "red": "[red]●[/]"}


class Cli(click.Group):
    """A refusal is a sentence and an exit code, never a traceback."""

    def invoke(self, context: click.Context) -> Any:
        from app.supervisor import CannotServe, Stop

        try:
            return super().invoke(context)
        except SettingsError as error:
            for reason in error.reasons:
                people.print(f"[red]Refused:[/] {reason}", soft_wrap=True)
            sys.exit(EXIT_UNSAFE)
        except (EmbeddedError, CannotServe, Refusal, DeliberationError, database.NoDatabase) as error:
            people.print("[red]Refused:[/]", str(error) or type(error).__name__, markup=True, soft_wrap=True)
            sys.exit(1)
        except (Stop, KeyboardInterrupt):
            people.print("Stopped.")
            sys.exit(130)


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="plenary")
def main() -> None:
    """Plenary: structured deliberation, from proposals to a summary anybody can check.

    Without DATABASE_URL, Plenary starts a PostgreSQL of its own in ./.data (or PLENARY_DATA_DIR).
    """
    from app.logs import configure_logs

    configure_logs()


@contextlib.contextmanager
def the_database(*, is_exclusive: bool = False) -> Iterator[str]:
    """The configured database, or the embedded one for as long as the block runs; children find it too."""
    settings = get_settings()
    with contextlib.ExitStack() as stack:
        url = settings.database_url
        if url is None:
            url = stack.enter_context(embedded_server(settings.data_dir, is_exclusive=is_exclusive))
        database.connect_to(url)
        yield url


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of the work, done with a small pool of connections."""

    async def with_pool() -> Result:
        await database.open_pool(min_size=1, max_size=4, is_patient=True)
        try:
            return await work
        finally:
            await database.close_pool()

    return asyncio.run(with_pool())


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on standard error; on something else than a terminal, nothing that fills a log."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=people, transient=True, disable=not people.is_terminal) as bar:
        yield bar


class Steps:
    """What is being done and what share of it is behind: a bar for a person, a line a step for a log."""

    def __init__(self, bar: Progress) -> None:
        self.bar, self.task, self.last = bar, bar.add_task("", total=1.0), ""

    def __call__(self, text: str, share: float | None = None) -> None:
        self.bar.update(self.task, description=text, completed=share)
        if not people.is_terminal and text != self.last:
            people.print(text)
        self.last = text


def show_json(value: object) -> None:
    """The value on standard output, for other programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of PLENARY_PORT, or 8000.")
def demo(port: int | None) -> None:
    """Show Plenary with invented consultations, on this machine alone.

    Anybody who reaches it may sign in as anybody: it listens on 127.0.0.1 only, and `serve` refuses its database.
    """
    port = port or get_settings().port
    os.environ |= {"PLENARY_DEMO": "1", "PLENARY_HOST": "127.0.0.1", "PLENARY_PORT": str(port)}
    os.environ["PLENARY_BASE_URL"] = f"http://127.0.0.1:{port}"
    os.environ.pop("PLENARY_PRODUCTION", None)
    get_settings.cache_clear()
    from app.demo import seed

    async def prepare(steps: Steps) -> None:
        steps("Setting up the tables", 0.0)
        await database.migrate()
        if not await database.is_demo_database():
            if await database.fetchval("select exists (select from accounts)"):
                raise SettingsError("This database holds real accounts: the demo needs one of its own.")
            await database.mark_as_demo()
        await seed(steps)

    _serve(prepare, _print_sign_ins)


def _print_sign_ins(settings: Settings) -> None:
    from app.demo import DEMO_ACCOUNTS

    people.print(f"\n[bold]Plenary runs on {settings.base_url}[/]  (Ctrl-C stops it)\n")
    table = Table(show_header=False, box=None, padding=(0, 2))
    for role in DEMO_ACCOUNTS:
        table.add_row(f"Sign in as {role}", f"{settings.base_url}/en/demo/sign-in/{role}")
    people.print(table)


@main.command()
@click.option("--migrate/--no-migrate", default=None, help="Migrate first; by default only outside production.")
def serve(migrate: bool | None) -> None:
    """Serve web pages, with a worker beside them.

    In production (PLENARY_BASE_URL is not this machine, or PLENARY_PRODUCTION=1) an unsafe setting or a pending
    migration refuses the start.
    """
    settings = get_settings()
    settings.refuse_unsafe()
    from app.doctor import refuse_unfit_database

    may_migrate = (not settings.is_production or settings.database_url is None) if migrate is None else migrate

    async def prepare(steps: Steps) -> None:
        if may_migrate:
            steps("Setting up the tables", 0.0)
            await database.migrate()
        await refuse_unfit_database(settings)

    _serve(prepare, lambda settings: people.print(f"Plenary serves {settings.base_url}"))


def _serve(prepare: Any, announce: Any) -> None:
    from app import supervisor

    settings = get_settings()
    with supervisor.only_instance(settings.data_dir), supervisor.stop_on_signals():
        supervisor.check_port_is_free(settings.host, settings.port)
        with progress_bar() as bar:
            steps = Steps(bar)
            steps("Starting the database", 0.0)
            with contextlib.ExitStack() as stack:
                url = stack.enter_context(the_database(is_exclusive=True))
                run(prepare(steps))
                keep = stack.pop_all()
        with keep:
            environment = os.environ | {"DATABASE_URL": url}
            code = supervisor.run(settings, environment, when_ready=lambda: announce(settings))
    sys.exit(code)


@main.command()
def worker() -> None:
    """Run background jobs: analyses, mails, deadlines. Start as many as you like, on as many machines."""
    settings = get_settings()
    settings.refuse_unsafe()
    with the_database() as url:
        asyncio.run(_work(url))


async def _work(url: str) -> None:
    from app.jobs import import_all
    from app.queue import run_worker

    import_all()
    await database.open_pool(is_patient=True)
    try:
        await run_worker(url)
    finally:
        await database.close_pool()


@main.command()
@click.option("--check", is_flag=True, help="Only say what is pending; exit code 1 if anything is.")
@click.option("--new", "description", metavar="TEXT", help="For developers: write a migration for changed tables.")
def migrate(check: bool, description: str | None) -> None:
    """Bring the database's tables up to date. Safe to run at any time, also by several at once."""
    if description is not None:
        _new_migration(description)
        return
    with the_database():
        names = run(database.pending_migrations() if check else database.migrate())
    for name in names:
        click.echo(f"{'pending' if check else 'ran'}: {name}")
    if not names:
        people.print("Nothing to do.")
    elif check:
        sys.exit(1)


def _new_migration(description: str) -> None:
    from piccolo.apps.migrations.commands.new import new

    database.MIGRATIONS.mkdir(exist_ok=True)
    asyncio.run(new("plenary", auto=True, desc=description))


@main.command("import-polis")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--title", help="The consultation's title; by default the one in the export.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def import_polis(folder: Path, title: str | None, as_json: bool) -> None:
    """Import a Polis export: votes, statements and participants of one conversation, or nothing of it."""
    from app.actions import imports

    with the_database(), progress_bar() as bar:
        steps = Steps(bar)
        steps(f"Reading {folder}")
        result = run(_migrated(imports.import_polis(folder=folder, title=title, by="command line")))
    _report(result, as_json=as_json)


@main.command()
@click.argument("consultation", metavar="CONSULTATION")
@click.argument("folder", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def export(consultation: str, folder: Path, as_json: bool) -> None:
    """Write the CONSULTATION (its slug) as a Polis export into FOLDER.

    Only imported consultations carry votes line by line; of others the export says why it refuses.
    """
    from app.actions import exports

    with the_database(), progress_bar() as bar:
        Steps(bar)(f"Writing {folder}")
        result = run(_migrated(exports.export_polis(slug=consultation, folder=folder, by="command line")))
    _report(result, as_json=as_json)


@main.command()
@click.argument("consultation", metavar="CONSULTATION")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def analyse(consultation: str, as_json: bool) -> None:
    """Analyse the CONSULTATION (its slug) now, in this process, and store the result."""
    from app.jobs import analyse as analyse_job

    with the_database(), progress_bar() as bar:
        Steps(bar)(f"Analysing {consultation}")
        result = run(_migrated(analyse_job.analyse_now(slug=consultation)))
    _report(result, as_json=as_json)


async def _migrated(work: Coroutine[Any, Any, Result]) -> Result:
    """The work's result, unless the tables are not those of this code."""
    if get_settings().database_url is None:
        await database.migrate()
    elif await database.pending_migrations():
        work.close()
        raise SettingsError("The database's tables are not those of this version: run `plenary migrate` first.")
    return await work


def _report(result: Any, *, as_json: bool) -> None:
    if as_json:
        show_json(result.as_json() if hasattr(result, "as_json") else result)
    else:
        for line in result.lines() if hasattr(result, "lines") else [str(result)]:
            click.echo(line)


@main.group()
def user() -> None:
    """Accounts that govern the installation."""


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="How the account is named to other staff.")
@click.option("--administrator", is_flag=True, help="May do everything that concerns the whole installation.")
@click.option("--convenor", is_flag=True, help="May create consultations.")
def user_add(email: str, name: str, administrator: bool, convenor: bool) -> None:
    """Create an account and print its first password, once."""
    from app.actions import staff

    with the_database():
        password = run(
            _migrated(staff.add(email=email, name=name, is_administrator=administrator, may_convene=convenor))
        )
    _print_password(email, password)


@user.command("grant")
@click.argument("email")
@click.option("--administrator/--no-administrator", default=False)
@click.option("--convenor/--no-convenor", default=False)
def user_grant(email: str, administrator: bool, convenor: bool) -> None:
    """Give an account exactly these rights, and end its sessions."""
    from app.actions import staff

    with the_database():
        run(_migrated(staff.grant(email=email, is_administrator=administrator, may_convene=convenor)))
    people.print("Done.")


@user.command("password")
@click.argument("email")
def user_password(email: str) -> None:
    """Give an account a new password, print it once, and end its sessions."""
    from app.actions import staff

    with the_database():
        password = run(_migrated(staff.reset_password(email=email)))
    _print_password(email, password)


@user.command("disable")
@click.argument("email")
def user_disable(email: str) -> None:
    """Let nobody sign in to an account any more; what it did stays."""
    from app.actions import staff

    with the_database():
        run(_migrated(staff.disable(email=email)))
    people.print("Done.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
def user_list(as_json: bool) -> None:
    """List the accounts that administer or may convene."""
    from dataclasses import asdict

    from app.actions import staff

    with the_database():
        accounts = run(_migrated(staff.all_staff()))
    if as_json:
        show_json([asdict(account) for account in accounts])
        return
    table = Table("address", "name", "administrator", "convenor", "state", box=None)
    for account in accounts:
        rights = ["yes" if right else "" for right in (account.is_administrator, account.may_convene)]
        table.add_row(account.email, account.name, *rights, "disabled" if account.is_disabled else "")
    Console(highlight=False).print(table)


def _print_password(email: str, password: str) -> None:
    people.print(f"Sign in at {get_settings().base_url}/sign-in/password as {email} with this password:")
    click.echo(password)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Say what is well and what is not: settings, database, mail, clock, browser, languages."""
    from app.doctor import Light, examine

    settings = get_settings()
    with the_database():
        findings = run(examine(settings))
    if as_json:
        show_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            people.print(f"{LIGHTS[finding.light]} {finding.check:<11}", finding.text, soft_wrap=True)
    sys.exit(1 if any(finding.light is Light.RED for finding in findings) else 0)


if __name__ == "__main__":
    main()
