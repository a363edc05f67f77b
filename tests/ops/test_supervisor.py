"""Processes start in order, stop in order, and none is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.settings import get_settings
from app.supervisor import CannotServe, Stop, check_port_is_free, only_instance, stop_on_signals, web_command

pytestmark = pytest.mark.slow  # processes and servers of their own are started

SUPERVISE = """
import os, sys
from dataclasses import replace
from pathlib import Path
from app import supervisor
from app.settings import get_settings

settings = replace(get_settings(), port=int(sys.argv[1]), n_web_workers=2)
def ready():
    print("ready", flush=True)
with supervisor.stop_on_signals() as stop:
    has_worker, factory = sys.argv[2] == "worker", "tests.ops.stub_site:create_app"
    code = supervisor.run(
        settings, os.environ, stop=stop, when_ready=ready, has_worker=has_worker, factory=factory
    )
sys.exit(code)
"""
PROJECT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A supervised site in processes of its own."""

    process: subprocess.Popen[str]
    port: int

    def children(self) -> dict[int, str]:
        """Every process below the supervisor, with its command line."""
        found: dict[int, str] = {}
        below = [self.process.pid]
        while below:
            parent = below.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                for child in map(int, task.read_text().split()):
                    with suppress(OSError):
                        found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
                    below.append(child)
        return found

    def web(self) -> int:
        return next(pid for pid, command in self.children().items() if "-m granian" in command)

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(12) == b"HTTP/1.1 200"
        return False


@pytest.fixture
def sites() -> Iterator[list[Site]]:
    started: list[Site] = []
    yield started
    for site in started:
        for pid in site.children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        site.process.kill()
        site.process.communicate()


def start(sites: list[Site], url: str, *, worker: bool = False) -> Site:
    port = free_port()
    command = [sys.executable, "-c", SUPERVISE, str(port), "worker" if worker else ""]
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    site = Site(process, port)
    sites.append(site)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return site


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 15) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.05)


def all_gone(pids: Iterable[int]) -> bool:
    def is_gone(pid: int) -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return True

    return all(is_gone(pid) for pid in pids)


def test_a_port_that_is_taken_is_refused_by_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"127.0.0.1:{port} cannot be used"):
            check_port_is_free("127.0.0.1", port)


def test_a_second_instance_on_one_data_folder_is_refused(tmp_path: Path) -> None:
    with only_instance(tmp_path), pytest.raises(CannotServe, match="already runs"), only_instance(tmp_path):
        raise AssertionError("two instances")
    with only_instance(tmp_path):
        assert (tmp_path / "serve.lock").exists()


def test_the_web_server_has_room_for_live_streams_and_a_limit_for_stopping() -> None:
    command = " ".join(web_command(get_settings()))
    assert "--backpressure 10000" in command
    assert "--workers-kill-timeout 10" in command
    assert "--no-ws" in command


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_and_ends_well(sites: list[Site], fresh_database: str, sign: signal.Signals) -> None:
    site = start(sites, fresh_database)
    assert site.answers()
    children = site.children()
    site.process.send_signal(sign)
    assert site.process.wait(15) == 0
    assert all_gone(children)
    assert not site.answers()


def test_a_stop_whose_exception_was_lost_is_found_by_the_next_check() -> None:
    with stop_on_signals() as stop:
        with suppress(Stop):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        # A second signal interrupts nothing any more, for things are being stopped.
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Stop, match="SIGINT"):
            stop.check()


def test_it_stops_within_seconds_while_somebody_listens_to_a_stream(sites: list[Site], fresh_database: str) -> None:
    site = start(sites, fresh_database)
    with socket.create_connection(("127.0.0.1", site.port), timeout=5) as listener:
        listener.sendall(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert listener.recv(15).startswith(b"HTTP/1.1 200")
        asked_at = time.monotonic()
        site.process.terminate()
        assert site.process.wait(20) == 0
    assert time.monotonic() - asked_at < 12


def test_nothing_serves_on_when_the_supervisor_is_killed(sites: list[Site], fresh_database: str) -> None:
    site = start(sites, fresh_database, worker=True)
    wait_until("no worker", lambda: any("app.cli worker" in command for command in site.children().values()))
    children = site.children()
    site.process.kill()
    site.process.wait()
    wait_until(f"still there: {children}", lambda: all_gone(children))
    assert not site.answers()


def test_the_end_of_the_web_server_ends_the_site_with_a_failure_and_no_orphan(
    sites: list[Site], fresh_database: str
) -> None:
    site = start(sites, fresh_database)
    children = site.children()
    os.kill(site.web(), signal.SIGKILL)
    assert site.process.wait(15) == 1
    assert all_gone(children)
    assert not site.answers()


def test_a_web_worker_that_dies_is_replaced(sites: list[Site], fresh_database: str) -> None:
    site = start(sites, fresh_database)
    web = site.web()
    workers = set(site.children()) - {web}
    victim = max(workers)
    os.kill(victim, signal.SIGKILL)
    wait_until("no new web worker", lambda: len(set(site.children()) - workers - {web}) >= 1)
    wait_until("no answer", site.answers)
    assert site.web() == web
