"""A site in processes of its own, which can be killed like a machine that loses power to them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).parents[2]
GIVE_UP_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def below(pid: int) -> list[int]:
    """Every process below this one."""
    found, left = [], [pid]
    while left:
        for task in Path(f"/proc/{left.pop()}/task").glob("*/children"):
            with suppress(OSError):
                children = [int(child) for child in task.read_text().split()]
                found += children
                left += children
    return found


class Site:
    """`plenary serve` on a database that stays, or `plenary worker` where `port` is 0."""

    def __init__(self, folder: Path, database_url: str, *, port: int) -> None:
        self.folder, self.port = folder, port
        self.base_url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "PLENARY_DATA_DIR": str(folder),
            "PLENARY_PORT": str(port or 8000),
            "PLENARY_BASE_URL": self.base_url if port else "http://127.0.0.1:8000",
            "PLENARY_WEB_WORKERS": "2",
            "PLENARY_LOG_JSON": "1",
            "OMP_NUM_THREADS": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """It answers that it is ready; how many seconds that took."""
        began = time.monotonic()
        words = ["serve", "--no-worker"] if self.port else ["worker"]
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *words], env=self.environment, cwd=PROJECT, stdout=log, stderr=log
            )
        while self.port and not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - began > GIVE_UP_SECONDS:
                raise RuntimeError(f"the site did not start: {self.tail()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.base_url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def kill(self) -> None:
        """Every process of it is gone at once, with nothing said to any of them."""
        if self.process is not None:
            for pid in (self.process.pid, *below(self.process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def tail(self) -> str:
        return (self.folder / ("serve.log" if self.port else "worker.log")).read_text(errors="replace")[-800:]
