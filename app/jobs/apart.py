"""Long work in a process of its own, at low priority: nothing else that the worker does waits for it.

Jobs beside each other in a worker share one interpreter, whose threads take turns: while one looks for groups for
minutes, the refresh of a map that takes two seconds alone takes twenty.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# A copy of this process would hold its locks and its connections to the database.
NEW = multiprocessing.get_context("spawn")
NICENESS = 10
"""Whatever people wait for comes first; on an idle machine it takes nothing away."""
LOOK_SECONDS = 1.0


class ProcessLost(Exception):
    """The process ended without an answer: killed from outside, as where memory runs out."""


async def apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work(*args, **kwargs)` returns or raises, done by another process; a cancelled one ends at once.

    work : a function of a module; it, what it is given and what it returns travel between processes
    Raises what `work` raises, and ProcessLost.
    """
    here, there = NEW.Pipe(duplex=False)
    # Daemons do not keep the worker from ending.
    process = NEW.Process(target=_answer, args=(there, os.getpid(), work, args, kwargs), daemon=True)
    started = threading.Event()
    answered = asyncio.create_task(asyncio.to_thread(_asked, process, here, there, started))
    try:
        found, error = await asyncio.shield(answered)
    except EOFError:
        raise ProcessLost(f"{work.__module__}.{work.__qualname__} ended with {process.exitcode}") from None
    except asyncio.CancelledError:
        await asyncio.to_thread(started.wait)
        if process.pid is not None:
            process.kill()
        await asyncio.gather(answered, return_exceptions=True)
        raise
    if error is not None:
        raise error
    result: T = found
    return result


def _asked(process: Any, here: Connection, there: Connection, started: threading.Event) -> tuple[Any, Exception | None]:
    """What the process answers; it has ended then. Raises EOFError where it ends without."""
    with here:
        try:
            with there:
                process.start()
        finally:
            started.set()
        try:
            outcome: tuple[Any, Exception | None] = here.recv()
        finally:
            process.join()
        return outcome


def _answer(there: Connection, parent: int, work: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Does the work in the new process, which lives no longer than whoever asked for it."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # A stop of the worker is the worker's to answer: its job is handed back, and then this process is ended.
    os.setsid()
    os.nice(NICENESS)
    try:
        outcome: tuple[Any, Exception | None] = work(*args, **kwargs), None
    except Exception as error:
        # The frames stay here, so their names travel as words.
        error.add_note(traceback.format_exc())
        outcome = None, error
    there.send(outcome)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
