"""Measuring side by side: two ways in turn, in one process on one thread, and the memory each takes over its input."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

MB = 1024.0


@dataclass(frozen=True)
class Row:
    """One line of the table: Plenary beside a peer or a yardstick.

    ratio_time, ratio_memory : peer by Plenary, so that more is better; below one for a yardstick that does less work
    aim : the least ratio of times that is asked for, None where the row is for information
    figures : what else was found, such as an error against an exact answer; holds : whether they are as they should be
    """

    goal: int | str
    name: str
    peer: str
    plenary_s: float | None
    peer_s: float | None
    ratio_time: float | None
    plenary_mb: float | None = None
    peer_mb: float | None = None
    ratio_memory: float | None = None
    aim: float | None = None
    aim_memory: float | None = None
    figures: dict[str, Any] | None = None
    holds: bool = True

    @property
    def is_met(self) -> bool:
        wanted = ((self.aim, self.ratio_time), (self.aim_memory, self.ratio_memory))
        return self.holds and all(aim is None or (found is not None and found >= aim) for aim, found in wanted)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_met": self.is_met}


@dataclass(frozen=True)
class Times:
    """Median seconds of each side, and the median of the ratios pair by pair."""

    plenary: float
    peer: float
    ratio: float


def in_turn(
    plenary: Callable[[], Any],
    peer: Callable[[], Any],
    *,
    pairs: int,
    each: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> Times:
    """Times of both, A B A B; `each` repeats of Plenary's side make one of its times, for sides of few milliseconds.

    The clock counts this process's processor seconds, which on one thread are those of the wall but for waiting while
    others use the processor. Where another process does part of the work, take `time.perf_counter`.
    """
    ours, theirs = [], []
    for _ in range(pairs):
        gc.collect()
        began = clock()
        for _ in range(each):
            plenary()
        ours.append((clock() - began) / each)
        began = clock()
        peer()
        theirs.append(clock() - began)
    return Times(median(ours), median(theirs), median(b / a for a, b in zip(ours, theirs, strict=True)))


def peak_mb(work: Callable[[], Any], *, most_seconds: float = 900.0) -> float | None:
    """Most memory over what was there before, measured in a child process; None where the system does not tell, or
    where the child, a copy of one thread of this process, has not answered after `most_seconds`."""
    if not sys.platform.startswith("linux"):
        return None
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_measured, args=(work, there))
    child.start()
    there.close()
    try:
        return float(here.recv()) if here.poll(most_seconds) else None
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()
        here.close()


def share(some: float | None, whole: float | None) -> float | None:
    """One by the other, None where either is not known or there is nothing to divide by."""
    return None if some is None or not whole else some / whole


def _measured(work: Callable[[], Any], there: Connection) -> None:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not hide what is taken now
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    work()
    there.send((_status("VmHWM") - before) / MB)


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(field))
