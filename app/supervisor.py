"""`serve` and `demo`: one process that starts database, worker and web in order, watches them, and stops them in order.

The order is: lock, port, database, migrations, web, worker; back again: web, worker, database. Children die with this
process, even when it is killed: nothing goes on serving that nobody can stop.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType

from app.embedded import ends_with_us
from app.settings import PROJECT, Settings

# What was begun is answered within this; then granian cuts what is open, for live pages never end by themselves.
# Whoever stops a demo waits for less.
WEB_STOP_SECONDS, DEMO_STOP_SECONDS = 10, 5
# A worker finishes the job in hand; an analysis of a large consultation takes the longest.
WORKER_STOP_SECONDS = 20
# A child that keeps ending is started less and less often, until it has lived for the longest of these.
FIRST_RESTART_SECONDS, LONGEST_RESTART_SECONDS = 1.0, 60.0
FIRST_PAGE_SECONDS = 30.0
# Requests beyond it wait in the kernel's queue; its default of 1,024 is used up by as many open live streams.
BACKPRESSURE = 10_000
FACTORY = "app.main:create_app"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class CannotServe(Exception):
    """The start is refused; the message is a sentence for the person at the terminal."""


class Stop(Exception):
    """Somebody asked this process to end."""


@contextlib.contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """No other `serve` or `demo` runs on the data folder meanwhile; raises CannotServe."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotServe(f"Plenary already runs on {data_dir}: stop it first, or set PLENARY_DATA_DIR.") from error
        yield


def check_port_is_free(host: str, port: int) -> None:
    """Nobody listens there; raises CannotServe. The web server itself would share the port and split the visitors."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server itself does: connections of an earlier run that linger in TIME_WAIT are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotServe(f"{host}:{port} cannot be used ({reason}): set PLENARY_PORT to another.") from error


class StopRequest:
    """Whether somebody asked this process to end: then `check` raises Stop, and while it `interrupts`, a signal does.

    An exception that a signal raises can be lost, where the interpreter happens to run a finalizer or a fork hook: so
    long work is interrupted, but loops ask.
    """

    def __init__(self) -> None:
        self.signal = ""
        self.interrupts = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number).name
        if self.interrupts:
            self.interrupts = False
            raise Stop(self.signal)

    def check(self) -> None:
        """Raises Stop once it has been asked for."""
        if self.signal:
            raise Stop(self.signal)


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """SIGTERM, SIGINT and SIGHUP end the block by Stop."""
    request = StopRequest()
    before = {sign: signal.signal(sign, request) for sign in STOP_SIGNALS}
    try:
        yield request
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def run(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    stop: StopRequest,
    when_ready: Callable[[], None],
    has_worker: bool = True,
    factory: str = FACTORY,
) -> int:
    """Serves until a signal comes (0) or the web server ends by itself (1)."""
    figures = empty_folder(settings.data_dir / "metrics")
    environment = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(figures)}
    worker = Child("worker", [sys.executable, "-m", "app.cli", "worker"], environment, WORKER_STOP_SECONDS)
    web = Child("web", web_command(settings, factory), environment, web_stop_seconds(settings) + 5)
    stop.interrupts = False
    try:
        stop.check()
        web.start()
        wait_for_first_page(settings, web, stop)
        when_ready()
        # Only now, for its imports take seconds of processor time that the first page needs.
        if has_worker:
            worker.start()
        while web.is_running:
            stop.check()
            if has_worker:
                worker.revive()
            time.sleep(0.2)
        return 1
    except Stop:
        return 0
    finally:
        web.stop()
        worker.stop()


def empty_folder(folder: Path) -> Path:
    """The folder is there with nothing in it: what processes of an earlier start counted is not counted again."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    return folder


def web_stop_seconds(settings: Settings) -> int:
    """How long requests that have begun may take when the server is asked to stop."""
    return DEMO_STOP_SECONDS if settings.is_demo else WEB_STOP_SECONDS


def web_command(settings: Settings, factory: str = FACTORY) -> list[str]:
    """The web server's command line."""
    options = {
        "--interface": "asgi",
        "--host": settings.host,
        "--port": settings.port,
        "--workers": settings.n_web_workers,
        "--backlog": 4096,
        "--backpressure": BACKPRESSURE,
        "--workers-kill-timeout": web_stop_seconds(settings),
        "--log-level": "warning",
    }
    flags = ["--factory", "--no-ws", "--respawn-failed-workers", factory]
    return [sys.executable, "-m", "granian", *(str(part) for pair in options.items() for part in pair), *flags]


def wait_for_first_page(settings: Settings, web: Child, stop: StopRequest) -> None:
    """A page has been answered; raises CannotServe if the web server ends or stays silent."""
    give_up_at = time.monotonic() + FIRST_PAGE_SECONDS
    while time.monotonic() < give_up_at:
        stop.check()
        if not web.is_running:
            raise CannotServe("The web server ended before it answered; its reason stands above.")
        if status_of(settings, "/healthz") is not None:
            return
        time.sleep(0.05)
    raise CannotServe(f"The web server did not answer within {FIRST_PAGE_SECONDS:.0f} s.")


def status_of(settings: Settings, path: str) -> int | None:
    """The status with which this machine's server answers, or None where nobody answers."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  asked at home, where it listens everywhere
    address = f"http://{everywhere.get(settings.host, settings.host)}:{settings.port}{path}"
    request = urllib.request.Request(address, headers={"Host": settings.allowed_hosts[0]})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  our own address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


class Child:
    """A process with a group of its own, that ends with us."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], stop_seconds: float) -> None:
        self.name, self.command, self.environment, self.stop_seconds = name, command, environment, stop_seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.patience = FIRST_RESTART_SECONDS

    @property
    def is_running(self) -> bool:
        """It has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """It runs; whatever an earlier run left behind does not."""
        self._kill_group()
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            preexec_fn=ends_with_us(signal.SIGTERM),
        )

    def revive(self) -> None:
        """It runs, or will be started again before long."""
        if self.is_running:
            return
        lived = time.monotonic() - self.started_at
        if lived > LONGEST_RESTART_SECONDS:
            self.patience = FIRST_RESTART_SECONDS
        if lived > self.patience:
            self.patience = min(self.patience * 2, LONGEST_RESTART_SECONDS)
            self.start()

    def stop(self) -> None:
        """It has ended, by itself if it could within its time, and so have its own children."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.stop_seconds)
        self._kill_group()

    def _kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
