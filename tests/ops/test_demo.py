"""`plenary demo`, as a person runs it: from nothing to four sign-ins, and away without a trace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ops.test_supervisor import Site, all_gone, free_port, wait_until

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="plenary-demo-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def start(data_dir: Path, port: int) -> tuple[Site, str, float]:
    """The demo, what it printed until it was ready, and how long that took."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLENARY_")}
    environment |= {"PLENARY_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-W", "error", "-m", "app.cli", "demo", "--port", str(port)]
    began_at = time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    printed = ""
    for line in process.stderr:
        printed += line
        if "/en/demo\n" in line:
            return Site(process, port), printed, time.monotonic() - began_at
    raise AssertionError(printed)


def plenary(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PLENARY_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "app.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_demo_starts_twice_and_leaves_nothing_behind(data_dir: Path) -> None:
    port = free_port()
    site, printed, _ = start(data_dir, port)
    try:
        links = re.findall(rf"http://127\.0\.0\.1:{port}/en/demo/sign-in/\w+", printed)
        assert [link.rpartition("/")[2] for link in links] == ["stakeholder", "convenor", "moderator", "auditor"]
        for link in links:
            with urllib.request.urlopen(link, timeout=20) as page:
                assert page.status == 200
        listed = plenary(data_dir, "user", "list", "--json")
        assert "convenor@example.org" in listed.stdout, listed.stderr
        refused = plenary(data_dir, "demo", "--port", str(free_port()))
        assert (refused.returncode, "already runs" in refused.stderr) == (1, True)
        children = site.children()
        assert any("postgres" in command for command in children.values())
        site.process.kill()
        site.process.communicate()
        wait_until(f"still there: {children}", lambda: all_gone(children), seconds=30)
        site, printed, seconds = start(data_dir, port)
        assert "Setting the scene" not in printed
        # On a machine that is busy with other things, everything takes its share longer.
        assert seconds < 15 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        children = site.children()
        site.process.send_signal(signal.SIGINT)
        site.process.communicate(timeout=30)
        assert site.process.returncode == 0
        assert all_gone(children)
    finally:
        for pid in (*site.children(), site.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        site.process.communicate()
    refused = plenary(data_dir, "serve")
    assert refused.returncode == 78
    assert "holds the demo" in refused.stderr
