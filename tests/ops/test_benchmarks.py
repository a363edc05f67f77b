"""`make bench`: what was measured is on disk before the next goal begins."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.measuring import Row


def test_a_run_that_is_cut_off_keeps_the_goals_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(data: Path | None, scale: str) -> Iterator[Row]:
        yield Row("a", "first", "a peer", 1.0, 3.0, 3.0, aim=2.0)

    def cut_off(data: Path | None, scale: str) -> Iterator[Row]:
        raise KeyboardInterrupt
        yield

    for name, rows in (("before", measured), ("after", cut_off)):
        module = ModuleType(f"tests.benchmarks.{name}")
        module.__dict__["rows"] = rows
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(bench, "MODULES", {"1": "before", "2": "after"})
    monkeypatch.setattr(bench, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench", "--write"])
    (tmp_path / "latest.json").write_text(json.dumps([Row("b", "older", "", 1.0, 1.0, 1.0).to_json()]))
    for name in bench.ONE_THREAD:
        monkeypatch.setenv(name, "1")
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    written = json.loads((tmp_path / "latest.json").read_text())
    assert [(row["name"], row["is_met"]) for row in written] == [("first", True), ("older", True)]
    assert (tmp_path / "latest.svg").read_text().startswith("<")
