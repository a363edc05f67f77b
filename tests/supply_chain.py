"""What Plenary is made of, and whether anything in it is known to be weak.

    python -m tests.supply_chain sbom [FILE]                      CycloneDX JSON of every locked package, offline
    python -m tests.supply_chain audit [--osv-url URL | --snapshot ZIP-OR-FOLDER] [--lock FILE]
    python -m tests.supply_chain bandit                           findings that nobody has explained

`audit` is green only when it looked: a service out of reach, an answer without some package, and advisories that are
all older than 30 days are failures. Ends with 0 (clean), 1 (something was found), 2 (it could not look).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

PROJECT = Path(__file__).parents[1]
NAMES = ("requirements.lock", "requirements-dev.lock", "requirements-dask.lock", "requirements-oracle.lock")
LOCKS = tuple(PROJECT / name for name in NAMES)
OSV = "https://api.osv.dev/v1/query"
OLDEST = timedelta(days=30)
CLEAN, FOUND, DID_NOT_LOOK = 0, 1, 2
JUDGED_BY_USE = "B403,B404,B405"
"""Imports alone: what is done with them is judged where it is done."""
HOUSE_RULES = ("B101", "B311", "B603", "B607")
"""Ruff's S101, S311, S603 and S607, which pyproject.toml leaves out with its reasons."""


class DidNotLook(Exception):
    """Nothing was learned about the packages; the message says why."""


def pins(locks: Iterable[Path] = LOCKS) -> dict[str, str]:
    """Name and version of every package that the lock files name."""
    found = {}
    for lock in locks:
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", lock.read_text("utf-8"), re.MULTILINE):
            found[str(canonicalize_name(name))] = version
    return found


# -------- bill of materials


def sbom(file: Path | None, lock: Path = LOCKS[0]) -> int:
    """CycloneDX JSON with every package of the lock file, the same for the same lock file; nothing is asked online."""
    target = "-" if file is None else str(file)
    command = ["cyclonedx_py", "requirements", str(lock), "--output-reproducible", "--of", "JSON", "-o", target]
    return subprocess.run([sys.executable, "-m", *command], check=False).returncode


# -------- known weaknesses


def audit(locks: Iterable[Path], *, osv_url: str = OSV, snapshot: Path | None = None) -> int:
    """Every locked package has been looked up; what is known to be weak is printed."""
    wanted = pins(locks)
    try:
        if snapshot is None:
            answer = _looked_up(wanted, osv_url)
        else:
            with _served(_advisories(snapshot)) as url:
                answer = _looked_up(wanted, url)
    except DidNotLook as reason:
        print(f"NOT AUDITED: {reason}")
        return DID_NOT_LOOK
    weak = [(one["name"], one["version"], found) for one in answer for found in one["vulns"]]
    for name, version, found in weak:
        print(f"WEAK: {name} {version}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no release'}")
    print(f"{len(wanted)} packages were looked up, {len(weak)} known weaknesses found.")
    return FOUND if weak else CLEAN


def _looked_up(wanted: Mapping[str, str], url: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "pins.txt"
        asked.write_text("".join(f"{name}=={version}\n" for name, version in wanted.items()), encoding="utf-8")
        command = ["pip_audit", "-S", "-r", str(asked), "--no-deps", "--disable-pip", "-s", "osv", "--osv-url", url]
        more = ["-f", "json", "--progress-spinner", "off", "--cache-dir", folder]
        done = subprocess.run([sys.executable, "-m", *command, *more], capture_output=True, text=True, check=False)
    try:
        answer: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise DidNotLook(f"{url} told nothing: {last}") from None
    told = {str(canonicalize_name(one["name"])) for one in answer if "vulns" in one}
    if missing := sorted(set(wanted) - told):
        raise DidNotLook(f"nothing was told of {', '.join(missing[:5])}")
    return answer


def _advisories(snapshot: Path) -> dict[str, list[dict[str, Any]]]:
    """The snapshot's advisories by package. Raises DidNotLook for one that is empty, broken or older than 30 days."""
    found: dict[str, list[dict[str, Any]]] = {}
    newest = ""
    try:
        for text in _files(snapshot):
            one = json.loads(text)
            newest = max(newest, one["modified"])
            for affected in one.get("affected", ()):
                package = affected["package"]
                if package["ecosystem"] == "PyPI" and not one.get("withdrawn"):
                    found.setdefault(str(canonicalize_name(package["name"])), []).append(one)
        dated = datetime.fromisoformat(newest)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DidNotLook(f"{snapshot} is no snapshot of OSV: {type(error).__name__}") from error
    if datetime.now(UTC) - dated > OLDEST:
        raise DidNotLook(f"the newest advisory of the snapshot is of {dated:%Y-%m-%d}, over {OLDEST.days} days ago")
    return found


def _files(snapshot: Path) -> Iterator[str]:
    if snapshot.is_dir():
        yield from (file.read_text("utf-8") for file in sorted(snapshot.glob("*.json")))
    else:
        with zipfile.ZipFile(snapshot) as packed:
            yield from (packed.read(name).decode() for name in packed.namelist() if name.endswith(".json"))


@contextmanager
def _served(advisories: Mapping[str, list[dict[str, Any]]]) -> Iterator[str]:
    """The advisories behind OSV's query interface, on the loopback address alone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Osv, advisories))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


class _Osv(BaseHTTPRequestHandler):
    def __init__(self, advisories: Mapping[str, list[dict[str, Any]]], *rest: Any) -> None:
        self.advisories = advisories
        super().__init__(*rest)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name, version = str(canonicalize_name(asked["package"]["name"])), asked["version"]
        known = [one for one in self.advisories.get(name, ()) if _affects(one, name, version)]
        body = json.dumps({"vulns": known} if known else {}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """It says nothing."""


def _affects(advisory: Mapping[str, Any], name: str, version: str) -> bool:
    for affected in advisory["affected"]:
        if canonicalize_name(affected["package"]["name"]) != name:
            continue
        if version in affected.get("versions", ()):
            return True
        if any(_is_in(one, version) for one in affected.get("ranges", ()) if one["type"] == "ECOSYSTEM"):
            return True
    return False


def _is_in(span: Mapping[str, Any], version: str) -> bool:
    """Events of a range stand in order: introduced, fixed, introduced again ..."""
    is_weak = False
    try:
        for event in span["events"]:
            if "introduced" in event and Version(version) >= Version(event["introduced"]):
                is_weak = True
            if "fixed" in event and Version(version) >= Version(event["fixed"]):
                is_weak = False
            if "last_affected" in event and Version(version) > Version(event["last_affected"]):
                is_weak = False
    except InvalidVersion:
        # Better a question too many than a weakness too few.
        return True
    return is_weak


# -------- static findings


def bandit(*folders: Path) -> int:
    """Every finding stands on a line whose `noqa` names the same rule with its reason, or is a rule of HOUSE_RULES."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", *map(str, folders), "-f", "json", "--skip", JUDGED_BY_USE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    unexplained = [one for one in report["results"] if not _is_explained(one)]
    for one in unexplained:
        print(f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}")
    for error in report["errors"]:
        print(f"NOT READ: {error['filename']}: {error['reason']}")
    return FOUND if unexplained or report["errors"] else CLEAN


def _is_explained(finding: Mapping[str, Any]) -> bool:
    rule = finding["test_id"].replace("B", "S")
    lines = Path(finding["filename"]).read_text("utf-8").splitlines()
    there = "\n".join(lines[min(finding["line_range"]) - 1 : max(finding["line_range"])])
    return finding["test_id"] in HOUSE_RULES or re.search(rf"# noqa: [\w, ]*{rule}\b.*\w{{3}}", there) is not None


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.supply_chain")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("sbom").add_argument("file", nargs="?", type=Path)
    asked = commands.add_parser("audit")
    source = asked.add_mutually_exclusive_group()
    source.add_argument("--osv-url", default=OSV)
    source.add_argument("--snapshot", type=Path)
    asked.add_argument("--lock", type=Path, action="append")
    commands.add_parser("bandit").add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args(words)
    if given.command == "sbom":
        return sbom(given.file)
    if given.command == "bandit":
        return bandit(*(given.folders or (PROJECT / "app", PROJECT / "deliberation")))
    return audit(given.lock or LOCKS, osv_url=given.osv_url, snapshot=given.snapshot)


if __name__ == "__main__":
    sys.exit(main())
