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

    def __init__(
        self, folder: Path, database_url: str, *, port: int, base_url: str = "", skew: float = 0.0, n_web: int = 2
    ) -> None:
        self.folder, self.port = folder, port
        folder.mkdir(exist_ok=True)
        self.base_url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "PLENARY_DATA_DIR": str(folder),
            "PLENARY_PORT": str(port or 8000),
            "PLENARY_BASE_URL": base_url or (self.base_url if port else "http://127.0.0.1:8000"),
            "PLENARY_WEB_WORKERS": str(n_web),
            "PLENARY_LOG_JSON": "1",
            "OMP_NUM_THREADS": "1",
            # As installed, and as `make` runs it: not compiled anew by each process.
            "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", str(PROJECT / ".venv" / "bytecode")),
        }
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if skew:
            self.environment["RELIABILITY_SKEW_SECONDS"] = str(skew)
            self.environment["PYTHONPATH"] = f"{Path(__file__).parent / 'skew'}:{os.environ.get('PYTHONPATH', '')}"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """It has been asked to start."""
        words = ["serve", "--no-worker"] if self.port else ["worker"]
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *words], env=self.environment, cwd=PROJECT, stdout=log, stderr=log
            )

    def start(self) -> float:
        """It answers that it is ready; how many seconds that took."""
        began = time.monotonic()
        self.launch()
        self.wait()
        return time.monotonic() - began

    def wait(self) -> None:
        """It answers that it is ready."""
        began = time.monotonic()
        assert self.process is not None
        while self.port and not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - began > GIVE_UP_SECONDS:
                raise RuntimeError(f"the site did not start: {self.tail()}")
            time.sleep(0.02)

    def is_ready(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.base_url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def stop(self) -> float:
        """It has ended as it does when it is asked to; how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)
        self.process = None
        return time.monotonic() - began

    def kill(self) -> None:
        """Every process of it is gone at once, with nothing said to any of them."""
        if self.process is not None:
            for pid in (self.process.pid, *below(self.process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def tail(self) -> str:
        return (self.folder / ("serve.log" if self.port else "worker.log")).read_text(errors="replace")[-2500:]
