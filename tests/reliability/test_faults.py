"""The short form of `make reliability`: what was acknowledged survives killed servers and databases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # processes and servers of its own are started and killed


@pytest.mark.parametrize("name", ["crash", "database"])
def test_what_was_acknowledged_survives(name: str) -> None:
    command = [sys.executable, "-m", "tests.reliability", "--short", "--only", name]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    (row,) = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert row["n_faults"] >= 1
    assert row.get("n_missing", 0) == row.get("n_doubled", 0) == row.get("n_unknown", 0) == 0
