"""The bill of materials is complete, and no gate is green that did not look."""

from __future__ import annotations

import json
import re
import socket
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import supply_chain
from tests.inventory import python_files
from tests.supply_chain import CLEAN, DID_NOT_LOOK, FOUND, audit, pins

pytestmark = pytest.mark.slow  # each starts programs of their own


def advisory(name: str = "markupsafe", *, days: int = 3, **span: str) -> dict[str, Any]:
    events = [{"introduced": span.get("introduced", "0")}] + ([{"fixed": span["fixed"]}] if "fixed" in span else [])
    return {
        "id": "PYSEC-0000-1",
        "summary": "A planted weakness.",
        "details": "It is invented.",
        "modified": (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "published": "2024-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"name": name, "ecosystem": "PyPI", "purl": f"pkg:pypi/{name}"},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
    }


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "few.lock"
    file.write_text("markupsafe==3.0.3 \\\n    --hash=sha256:00\nclick==8.3.0 \\\n    --hash=sha256:00\n")
    return file


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    (tmp_path / "osv").mkdir()
    return tmp_path / "osv"


def put(folder: Path, *advisories: dict[str, Any]) -> None:
    for number, one in enumerate(advisories):
        (folder / f"{number}.json").write_text(json.dumps(one))


def test_without_a_known_weakness_it_is_green(lock: Path, snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(snapshot, advisory(fixed="3.0.3"), advisory("another"))
    assert audit([lock], snapshot=snapshot) == CLEAN
    assert "2 packages were looked up, 0 known weaknesses" in capsys.readouterr().out


def test_a_planted_weak_pin_is_red(lock: Path, snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(snapshot, advisory(fixed="3.1.0"))
    packed = snapshot.parent / "all.zip"
    with zipfile.ZipFile(packed, "w") as target:
        target.write(snapshot / "0.json", "PYSEC-0000-1.json")
    for given in (snapshot, packed):
        assert audit([lock], snapshot=given) == FOUND
        assert "WEAK: markupsafe 3.0.3: PYSEC-0000-1, fixed in 3.1.0" in capsys.readouterr().out


def test_an_old_snapshot_is_no_answer(lock: Path, snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(snapshot, advisory(days=31), advisory("another", days=400))
    assert audit([lock], snapshot=snapshot) == DID_NOT_LOOK
    assert "over 30 days ago" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "{", '{"id": "x"}'])
def test_an_empty_or_broken_snapshot_is_no_answer(lock: Path, snapshot: Path, content: str | None) -> None:
    if content is not None:
        (snapshot / "0.json").write_text(content)
    assert audit([lock], snapshot=snapshot) == DID_NOT_LOOK


def test_a_service_that_cannot_be_reached_is_no_answer(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/v1/query"
    assert audit([lock], osv_url=url) == DID_NOT_LOOK
    assert "NOT AUDITED" in capsys.readouterr().out


def test_the_address_of_a_service_is_asked_and_believed(lock: Path) -> None:
    for span, outcome in (({}, FOUND), ({"fixed": "1.0"}, CLEAN)):
        with supply_chain._served({"click": [advisory("click", **span)]}) as url:
            assert supply_chain.main(["audit", "--osv-url", url, "--lock", str(lock)]) == outcome


@pytest.mark.parametrize(
    ("version", "is_weak"), [("0.9", False), ("1.0", True), ("1.5rc1", True), ("2.0", False), ("3.1", True)]
)
def test_ranges_of_versions_are_read_in_their_order(version: str, is_weak: bool) -> None:
    events = [{"introduced": "1.0"}, {"fixed": "2.0"}, {"introduced": "3.0"}]
    assert supply_chain._is_in({"events": events}, version) is is_weak


def test_every_locked_package_is_in_the_bill_of_materials(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    assert supply_chain.sbom(file) == 0
    bill = json.loads(file.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    told = {one["name"].lower().replace("_", "-").replace(".", "-"): one["version"] for one in bill["components"]}
    assert told == pins([supply_chain.LOCKS[0]])
    assert len(told) > 60


def test_every_pin_of_the_lock_files_has_its_hash() -> None:
    for lock in supply_chain.LOCKS:
        for part in lock.read_text().replace("\\\n", " ").splitlines():
            if "==" in part and not part.lstrip().startswith("#"):
                assert "--hash=sha256:" in part, f"{lock.name}: {part}"


def test_a_finding_without_its_reason_is_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weak.py").write_text("import subprocess\n\n\ndef go(word):\n    return eval(word)\n")
    assert supply_chain.bandit(tmp_path) == FOUND
    assert "B307" in capsys.readouterr().out
    (tmp_path / "weak.py").write_text("def go(word):\n    return eval(word)  # noqa: S307  the word is ours\n")
    assert supply_chain.bandit(tmp_path) == CLEAN
    (tmp_path / "weak.py").write_text("def go(word):\n    return eval(word)  # noqa: S307\n")
    assert supply_chain.bandit(tmp_path) == FOUND


def test_every_exception_to_a_security_rule_says_why() -> None:
    for file in python_files("app", "deliberation"):
        for line in file.read_text().splitlines():
            for reason in re.findall(r"# noqa: S\d+[ ,S\d]*(.*)", line):
                assert re.search(r"\w{3}", reason), f"{file}: {line.strip()}"
