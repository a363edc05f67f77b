"""The short forms of `make reliability`: what was acknowledged survives, and what is wrong is said within its time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability import TESTS

pytestmark = pytest.mark.slow  # processes and servers of its own are started and killed
PROJECT = Path(__file__).parents[2]
LONG_ALONE = {"worker", "load"}
"""Whether the job of a killed worker is taken again is in tests/ops/test_queue.py; load is no fault."""
NEVER = ("n_missing", "n_doubled", "n_unknown", "n_edits_lost", "n_typed_lost", "n_between", "n_broken_chains")
NEVER_AT_A_CLOSE = ("n_refused_but_stored", "n_after_close", "n_frozen_too_many_or_few", "n_votes_not_in_the_result")
OWN_CLOCK = re.compile(r"datetime\.now\(|\.utcnow\(|\btime\.time(_ns)?\(|date\.today\(")


@pytest.mark.parametrize("name", [name for name in TESTS if name not in LONG_ALONE])
def test_what_was_acknowledged_survives(name: str) -> None:
    command = [sys.executable, "-m", "tests.reliability", "--short", "--only", name]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=400, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, f"{rows}\n{done.stderr[-2000:]}"
    (row,) = rows
    if row["is_met"] is None:
        pytest.skip(row["skipped"])
    assert row["is_met"]
    assert not any(row.get(figure, 0) for figure in (*NEVER, *NEVER_AT_A_CLOSE)), row


def test_nothing_is_decided_by_the_clock_of_a_server() -> None:
    found = [
        f"{file.relative_to(PROJECT)}:{n}"
        for file in sorted((PROJECT / "app").rglob("*.py"))
        for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        # They compare that clock with the database's.
        if OWN_CLOCK.search(line) and file.name not in {"doctor.py", "readiness.py"}
    ]
    assert found == []
