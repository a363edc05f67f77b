"""What all commands share: a database for as long as they need it, progress, and refusals as sentences."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn, TypeVar

import asyncpg
import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from app import database
from app.embedded import EmbeddedError, embedded_server
from app.environment import SettingsError
from app.logs import configure_logs
from app.refusals import Refusal
from app.settings import EXIT_UNSAFE, get_settings
from app.supervisor import CannotServe, Stop
from deliberation.__main__ import sentence_of
from deliberation.errors import DeliberationError

Result = TypeVar("Result")
# People read what happens on standard error, so that standard output carries only the result.
people = Console(stderr=True, highlight=False)


class Cli(click.Group):
    """A refusal is a sentence and an exit code, never a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except SettingsError as error:
            refuse(*error.reasons, code=EXIT_UNSAFE)
        except DeliberationError as error:
            refuse(sentence_of(error))
        except (EmbeddedError, CannotServe, Refusal, database.NoDatabase) as error:
            refuse(str(error))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # Its message may hold the address, and with it a password.
            refuse(f"The database cannot be reached or used ({type(error).__name__}).")
        except (Stop, KeyboardInterrupt):
            people.print("Stopped.")
            sys.exit(130)


def refuse(*reasons: str, code: int = 1) -> NoReturn:
    """The command ends with its reasons; file names and texts in them are shown as they are."""
    for reason in reasons:
        people.print(Text.assemble(("Refused: ", "red"), reason), soft_wrap=True)
    sys.exit(code)


@contextlib.contextmanager
def the_database(*, is_exclusive: bool = False) -> Iterator[str]:
    """The configured database, or the embedded one for as long as the block runs; children find it too."""
    settings = get_settings()
    configure_logs()
    with contextlib.ExitStack() as stack:
        url = settings.database_url
        if url is None:
            url = stack.enter_context(embedded_server(settings.data_dir, is_exclusive=is_exclusive))
        database.connect_to(url)
        yield url


def run(work: Callable[[], Coroutine[Any, Any, Result]], *, needs_tables: bool = True) -> Result:
    """The result of the work, done with a small pool of connections on tables that are those of this code."""

    async def with_pool() -> Result:
        await database.open_pool(min_size=1, max_size=4, is_patient=True)
        try:
            if needs_tables:
                await _check_tables()
            return await work()
        finally:
            await database.close_pool()

    return asyncio.run(with_pool())


async def _check_tables() -> None:
    if get_settings().database_url is None:
        await database.migrate()
    elif await database.pending_migrations():
        raise SettingsError("The database's tables are not those of this version: run `plenary migrate` first.")


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
