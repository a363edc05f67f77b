"""The command `plenary`: every task that a person runs.

Exit codes: 0 done, 1 it failed or was refused, 2 the command line is wrong, 78 the settings are unsafe or incomplete.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from app import database, supervisor
from app.environment import SettingsError
from app.refusals import Conflict, NotFound
from app.settings import Settings, get_settings
from app.terminal import Cli, Steps, people, progress_bar, refuse, run, show_json, the_database

FOLDER = click.Path(path_type=Path, file_okay=False)
SIGN_INS = ("stakeholder", "convenor", "moderator", "auditor")
LIGHTS = {"green": "[green]●[/]", "amber": "[yellow]●[/]", "red": "[red]●[/]"}


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="plenary")
def main() -> None:
    """Plenary: structured deliberation, from proposals to a summary anybody can check.

    Without DATABASE_URL, Plenary starts a PostgreSQL of its own in ./.data (or PLENARY_DATA_DIR).
    """


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of PLENARY_PORT, or 8000.")
def demo(port: int | None) -> None:
    """Show Plenary with invented consultations, on this machine alone.

    Anybody who reaches it may sign in as anybody: it listens on 127.0.0.1 only, and `serve` refuses its database.
    """
    port = port or get_settings().port
    os.environ |= {"PLENARY_DEMO": "1", "PLENARY_HOST": "127.0.0.1", "PLENARY_PORT": str(port)}
    os.environ["PLENARY_BASE_URL"] = f"http://127.0.0.1:{port}"
    # One person looks at it, and each further process takes seconds to start.
    os.environ.setdefault("PLENARY_WEB_WORKERS", "1")
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
    people.print(f"\n[bold]Plenary runs on {settings.base_url}[/]  (Ctrl-C stops it)\n")
    table = Table(show_header=False, box=None, padding=(0, 2))
    for role in SIGN_INS:
        table.add_row(f"Sign in as {role}", f"{settings.base_url}/en/demo/sign-in/{role}")
    people.print(table)
    people.print(f"\n  Everybody, and the mail they get: {settings.base_url}/en/demo", soft_wrap=True)


@main.command()
@click.option("--migrate/--no-migrate", default=None, help="Migrate first; by default only outside production.")
@click.option("--worker/--no-worker", "has_worker", default=True, help="Run a background worker beside the pages.")
def serve(migrate: bool | None, has_worker: bool) -> None:
    """Serve web pages, and a worker beside them.

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

    _serve(prepare, lambda settings: people.print(f"Plenary serves {settings.base_url}"), has_worker=has_worker)


def _serve(
    prepare: Callable[[Steps], Coroutine[Any, Any, None]],
    announce: Callable[[Settings], None],
    *,
    has_worker: bool = True,
) -> None:
    settings = get_settings()
    with supervisor.only_instance(settings.data_dir), supervisor.stop_on_signals() as stop:
        supervisor.check_port_is_free(settings.host, settings.port)
        with progress_bar() as bar:
            steps = Steps(bar)
            steps("Starting the database", 0.0)
            with contextlib.ExitStack() as stack:
                url = stack.enter_context(the_database(is_exclusive=True))
                run(lambda: prepare(steps), needs_tables=False)
                keep = stack.pop_all()
        with keep:
            environment = os.environ | {"DATABASE_URL": url}
            code = supervisor.run(
                settings, environment, stop=stop, when_ready=lambda: announce(settings), has_worker=has_worker
            )
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
    await run_worker(url)
    await database.close_pool()
    # The interpreter would wait for an analysis in its own thread, whose job has been handed back already.
    os._exit(0)


async def workers_at_work() -> int:
    """Workers that told the queue within a minute that they live."""
    from app.metrics import WORKERS

    n: int = await database.fetchval(WORKERS)
    return n


@main.command()
@click.option("--worker", "asks_worker", is_flag=True, help="Whether any background worker was heard of in a minute.")
def health(asks_worker: bool) -> None:
    """Say whether the server of this machine is ready; for health checks of containers."""
    if asks_worker:
        with the_database():
            n = run(workers_at_work, needs_tables=False)
        click.echo(f"{n} at work")
        sys.exit(0 if n else 1)
    status = supervisor.status_of(get_settings(), "/readyz")
    click.echo("ready" if status == 200 else f"not ready ({status or 'no answer'})")
    sys.exit(0 if status == 200 else 1)


@main.command()
@click.option("--check", is_flag=True, help="Only say what is pending; exit code 1 if anything is.")
@click.option("--new", "description", metavar="TEXT", help="For developers: write a migration for changed tables.")
def migrate(check: bool, description: str | None) -> None:
    """Bring the database's tables up to date. Safe to run at any time, also by several at once."""
    if description is not None:
        _new_migration(description)
        return
    with the_database():
        names = run(database.pending_migrations if check else database.migrate, needs_tables=False)
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
@click.option("--title", default="", help="The consultation's title; by default the topic in the export.")
@click.option("--agree", type=click.Choice(["plus", "minus"]), help="The sign of agree, where it cannot be told.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def import_polis(folder: Path, title: str, agree: str | None, as_json: bool) -> None:
    """Import a Polis export: votes, statements and participants of one conversation, or nothing of it."""
    from app.actions import imports

    sign = {"plus": 1, "minus": -1, None: None}[agree]
    with the_database(), progress_bar() as bar:
        steps = Steps(bar)
        steps(f"Reading {folder}")
        result = run(lambda: imports.import_polis(folder=folder, title=title, sign_of_agree=sign, by="command line"))
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
        result = run(lambda: exports.export_polis(slug=consultation, folder=folder, by="command line"))
    _report(result, as_json=as_json)


@main.command()
@click.argument("consultation", metavar="CONSULTATION")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def analyse(consultation: str, as_json: bool) -> None:
    """Analyse the CONSULTATION (its slug) now, in this process, and store the result."""
    with the_database(), progress_bar() as bar:
        Steps(bar)(f"Analysing {consultation}")
        found = run(lambda: _analyse(consultation))
    if as_json:
        show_json(found)
    else:
        click.echo("{n_votes} votes by {n_participants} participants on {n_statements} statements".format(**found))
        click.echo("analysis {id}, digest {digest}".format(**found))


async def _analyse(slug: str) -> dict[str, Any]:
    from app.jobs.analyse import analyse_now

    consultation = await database.fetchval("select id from consultations where slug = $1", slug)
    if consultation is None:
        raise NotFound("There is no consultation %(slug)s.", slug=slug)
    await analyse_now(consultation)
    row = await database.fetchrow(
        "select id, kind, evidence, n_votes, n_participants, n_statements, seed, digest from analyses "
        "where consultation = $1 order by created_at desc limit 1",
        consultation,
    )
    if row is None:
        raise Conflict("There are too few votes for an analysis.")
    return dict(row)


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
        password = run(lambda: staff.add(email=email, name=name, is_administrator=administrator, may_convene=convenor))
    _print_password(email, password)


@user.command("grant")
@click.argument("email")
@click.option("--administrator/--no-administrator", default=False)
@click.option("--convenor/--no-convenor", default=False)
def user_grant(email: str, administrator: bool, convenor: bool) -> None:
    """Give an account exactly these rights, and end its sessions."""
    from app.actions import staff

    with the_database():
        run(lambda: staff.grant(email=email, is_administrator=administrator, may_convene=convenor))
    people.print("Done.")


@user.command("password")
@click.argument("email")
def user_password(email: str) -> None:
    """Give an account a new password, print it once, and end its sessions."""
    from app.actions import staff

    with the_database():
        password = run(lambda: staff.reset_password(email=email))
    _print_password(email, password)


@user.command("factor")
@click.argument("email")
@click.option("--off", is_flag=True, required=True, help="Switch the second factor off, and end the sessions.")
def user_factor(email: str, off: bool) -> None:
    """Let an account in again whose second factor is lost; make sure that it is its owner who asks."""
    from app.actions import staff

    with the_database():
        run(lambda: staff.remove_factor(email=email))
    people.print("Done. The next sign-in is without a second factor.")


@user.command("disable")
@click.argument("email")
def user_disable(email: str) -> None:
    """Let nobody sign in to an account any more; what it did stays."""
    from app.actions import staff

    with the_database():
        run(lambda: staff.disable(email=email))
    people.print("Done.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
def user_list(as_json: bool) -> None:
    """List the accounts that administer or may convene."""
    from dataclasses import asdict

    from app.actions import staff

    with the_database():
        accounts = run(lambda: staff.all_staff())
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
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write the whole database to a new FILE, for your eyes only. The keys are not in it: keep them apart."""
    from app import backups

    with the_database() as url:
        manifest = run(lambda: backups.write(url, file), needs_tables=False)
    people.print(f"{file}: {sum(manifest.n_rows.values())} rows of {len(manifest.n_rows)} tables.", soft_wrap=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="Only read the file and say whether it is whole.")
@click.option("--other-keys", is_flag=True, help="Go on without the keys of the backup: nobody finds their seat again.")
def restore(file: Path, check: bool, other_keys: bool) -> None:
    """Bring a backup back into an empty database, and check that it is what was saved and still holds together."""
    from app import backups

    if check:
        manifest = backups.read(file)
    else:
        with the_database() as url:
            manifest = run(lambda: backups.restore(url, file, has_other_keys=other_keys), needs_tables=False)
            problems = run(backups.problems)
        if problems:
            refuse(*problems)
    whole = "is whole" if check else "is restored: every row is there, and what was signed is unchanged"
    people.print(f"The backup of {manifest.made_at} (Plenary {manifest.plenary}) {whole}.", soft_wrap=True)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Say what is well and what is not: settings, database, mail, clock, browser, languages."""
    from app.doctor import Light, examine

    settings = get_settings()
    with the_database():
        # Without a pool, so that a database that is away is one finding among others.
        findings = asyncio.run(examine(settings))
    if as_json:
        show_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            people.print(f"{LIGHTS[finding.light]} {finding.check:<11}", finding.text, soft_wrap=True)
    sys.exit(1 if any(finding.light is Light.RED for finding in findings) else 0)


if __name__ == "__main__":
    main(prog_name="plenary")
