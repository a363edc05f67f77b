"""Every older release's demo database migrates to this one, and no row is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.upgrades.dumps import counts_file, dumps, restore

ROOT = Path(__file__).parents[2]


def test_there_is_a_dump_of_every_release_so_far() -> None:
    assert dumps(), "make one: python -m tests.upgrades.dumps VERSION"
    assert all(counts_file(dump).exists() for dump in dumps())


@pytest.mark.parametrize("dump", dumps(), ids=lambda dump: dump.name)
@pytest.mark.slow
def test_a_dump_migrates_to_head_and_loses_no_row(dump: Path, server_url: Callable[[str], str]) -> None:
    name = f"upgrade_{dump.name.removesuffix('.sql.gz').replace('.', '_')}"
    server: Any = server_url.__self__  # type: ignore[attr-defined]  # the fixture yields a bound method
    restore(server, dump, name)
    command = [sys.executable, "-m", "tests.upgrades.dumps", "migrate", server_url(name)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    assert answer["pending"] == []
    before = json.loads(counts_file(dump).read_text())
    assert {table: answer["counts"].get(table) for table in before} == before
