"""Long work in a process of its own, at low priority: nothing else that the worker does waits for it.

Jobs beside each other in a worker share one interpreter, whose threads take turns: while one looks for groups for
minutes, the refresh of a map that takes two seconds alone takes twenty. This module is what that process runs.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any, ParamSpec, TypeVar

from app.settings import PROJECT

P = ParamSpec("P")
T = TypeVar("T")

NICENESS = 10
"""Whatever people wait for comes first; on an idle machine it takes nothing away."""
LOOK_SECONDS = 1.0


class ProcessLost(Exception):
    """The process ended without an answer: killed from outside, as where memory runs out."""


async def apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work(*args, **kwargs)` returns or raises, done by another process; a cancelled one ends at once.

    work : a function of a module, not of a script; it and all it is given and returns can be pickled
    Raises what `work` raises, and ProcessLost.
    """
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as answered:
        await asyncio.to_thread(_write, (work, args, kwargs), asked)
        # A session of its own: a stop of the worker is the worker's to answer, and its job is handed back whole.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.jobs.apart", str(os.getpid())),
            stdin=asked,
            stdout=answered,
            cwd=PROJECT,
            start_new_session=True,
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code != 0:
            raise ProcessLost(f"{work.__module__}.{work.__qualname__} ended with {code}")
        answered.seek(0)
        found, error = await asyncio.to_thread(pickle.load, answered)
    if error is not None:
        raise error
    result: T = found
    return result


def _write(content: Any, file: IO[bytes]) -> None:
    pickle.dump(content, file, pickle.HIGHEST_PROTOCOL)
    file.flush()
    file.seek(0)


def main(parent: int) -> None:
    """Answers the question on standard input, and lives no longer than whoever asked it."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    os.nice(NICENESS)
    # Whatever else is printed goes where errors go.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answer:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work, args, kwargs = pickle.load(sys.stdin.buffer)  # noqa: S301  our own worker wrote it
        try:
            outcome: tuple[Any, Exception | None] = work(*args, **kwargs), None
        except Exception as error:
            # The frames stay here, so their names travel as words.
            error.add_note(traceback.format_exc())
            outcome = None, error
        pickle.dump(outcome, answer, pickle.HIGHEST_PROTOCOL)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
