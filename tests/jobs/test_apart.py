"""Work in a process of its own: its answer and its errors come back, and it ends with whoever asked for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.jobs.apart import NICENESS, ProcessLost, apart
from deliberation.errors import TooFewParticipants


def describe(factor: int, *, plus: int) -> tuple[int, int, int]:
    return factor * 2 + plus, os.getpid(), os.nice(0)


def refuse() -> None:
    raise TooFewParticipants(needed=30, found=4)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(file: str, seconds: float) -> None:
    Path(file).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(seconds)


async def test_the_answer_comes_from_another_process_of_lower_priority() -> None:
    found, process, niceness = await apart(describe, 20, plus=2)
    assert found == 42
    assert process != os.getpid()
    assert niceness == min(19, os.nice(0) + NICENESS)


async def test_what_it_raises_is_raised_here_with_its_parameters_and_where_it_happened() -> None:
    with pytest.raises(TooFewParticipants) as refused:
        await apart(refuse)
    assert refused.value.parameters == {"needed": 30, "found": 4}
    assert "in refuse" in refused.value.__notes__[0]


async def test_a_process_that_is_killed_is_an_error_and_no_answer() -> None:
    with pytest.raises(ProcessLost, match="die ended with -9"):
        await apart(die)


async def test_a_cancelled_one_is_killed_at_once(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    task = asyncio.create_task(apart(sleep, str(file), 60.0))
    process = await _pid_in(file)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _has_ended(process)


async def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    asks = f"import asyncio; from app.jobs.apart import apart; from tests.jobs.test_apart import sleep; \
asyncio.run(apart(sleep, {str(file)!r}, 60.0))"
    parent = subprocess.Popen([sys.executable, "-c", asks], cwd=Path(__file__).parents[2])
    process = await _pid_in(file)
    parent.kill()
    parent.wait()
    for _ in range(100):
        if _has_ended(process):
            return
        await asyncio.sleep(0.1)
    pytest.fail("it outlived its parent by ten seconds")


async def _pid_in(file: Path) -> int:
    for _ in range(600):
        if file.is_file() and file.read_text(encoding="ascii"):
            return int(file.read_text(encoding="ascii"))
        await asyncio.sleep(0.05)
    raise AssertionError("it did not start")


def _has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{process}/stat")
    # Whoever adopted it may not have asked for its end yet.
    return status.is_file() and status.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
