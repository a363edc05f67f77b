"""Two verifiers, one of them written from docs/snapshots.md alone: what is honest passes both, what is not neither."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.settings import get_settings
from deliberation.errors import BadValue
from deliberation.snapshots import digest, sign
from deliberation.verification import verify_record
from tests import honest, second_verifier

PROJECT = Path(__file__).parents[2]
ANOTHER_KEY = bytes(range(32, 64))
Json = Any


@cache
def published(seed: int) -> honest.Published:
    return honest.consultation(seed)


def both(record: Json, **known: Json) -> tuple[set[str], set[str]]:
    """The checks that fail by the first verifier, and by the second."""
    try:
        first = {check.name for check in verify_record(record, **known) if not check.holds}
    except BadValue:
        first = {"kind"}
    return first, set(second_verifier.faults(record, **known))


# -------- what is honest


@pytest.mark.slow
def test_two_hundred_honest_consultations_pass_both_verifiers_in_public_and_audit_mode() -> None:
    for seed in range(200):
        one = honest.consultation(seed)
        for record in one.records:
            is_log = record["kind"] == "audit"
            assert both(record, **({} if is_log else {"key": one.key})) == (set(), set()), (seed, record["kind"])
        for log in (one.log, one.public_log):
            assert both(one.ledger, log=log) == both(one.summaries[-1], log=log) == (set(), set()), seed
        for before, after in zip(one.summaries, one.summaries[1:], strict=False):
            assert both(after, previous=before) == (set(), set()), seed


# -------- what is not: changes by somebody without the key


def changes_of(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...], Json]]:
    """Each place of a record with one thing done to it: flipped, dropped, doubled, reordered, truncated, added."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield "drop", path, {key: one for key, one in value.items() if key != name}
            yield from changes_of(item, (*path, name))
        yield "add", path, value | {"extra": 1}
    elif isinstance(value, list):
        if value:
            yield "truncate", path, value[:-1]
            yield "double", path, [value[0], *value]
        if len(value) > 1 and value != value[::-1]:
            yield "reorder", path, value[::-1]
        for place, item in enumerate(value):
            yield from changes_of(item, (*path, place))
    elif isinstance(value, bool):
        yield "flip", path, not value
    elif isinstance(value, int):
        yield "flip", path, value + 1
        yield "flip", path, float(value)
    elif isinstance(value, str):
        yield "flip", path, f"{value}x"
        yield "truncate", path, value[:-1] if value else "x"
    else:
        yield "flip", path, 0


def put(record: Json, path: tuple[Any, ...], value: Json) -> Json:
    if not path:
        return value
    changed = copy.deepcopy(record)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


RIGHT = {
    "format": {"format"},
    "hash": {"hash", "signature"},
    "signature": {"signature", "key", "fields"},
    "kind": {"kind"},
}


def right_checks(path: tuple[Any, ...]) -> set[str]:
    """Which check must notice that something was changed there."""
    if not path:
        return {"fields", "form", "kind"}
    return {"hash"} if path[0] == "snapshot" else RIGHT[path[0]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_to_a_signed_record_without_the_key_both_name_the_right_check(seed: int) -> None:
    chance, one, n = random.Random(seed), published(seed), 0
    for record in (one.summaries[-1], one.slate, one.ledger):
        found = list(changes_of(record))
        for kind, path, value in chance.sample(found, min(len(found), 170)):
            first, second = both(put(record, path, value))
            due = right_checks(path) | {"form"}
            assert first & due, (kind, path, first)
            assert second & due, (kind, path, second)
            n += 1
    assert n >= 400


LINKS = frozenset({"sequence", "previous_hash", "hash"})


@pytest.mark.slow
@pytest.mark.parametrize("is_full", [True, False], ids=["audit", "public"])
def test_whatever_is_done_to_a_governance_log_both_name_the_right_check(is_full: bool) -> None:
    one, n = published(4), 0
    log = one.log if is_full else one.public_log
    for kind, path, value in changes_of(log):
        # Everybody reads links alone: what an event says is checked by those who read it in full.
        is_link = len(path) < 3 or path[2] in LINKS
        if path[:1] in ((), ("kind",), ("consultation",)) or kind == "add" or path[2:3] == ("day",):
            continue
        if not (is_full or is_link) or (len(path) == 2 and isinstance(path[1], int) and not is_full):
            continue
        # An event without its payload is one that is told as everybody reads it.
        if kind == "drop" and len(path) == 2 and "payload" not in value:
            continue
        first, second = both(put(log, path, value))
        due = {"format"} if path == ("format",) else {"chain", "head", "form"}
        assert first & due, (kind, path, first)
        assert second & due, (kind, path, second)
        n += 1
    assert n > 60


# -------- changes by somebody who has a key


@pytest.mark.parametrize("seed", range(4))
def test_a_record_signed_anew_with_another_key_is_known_by_the_key_the_reader_holds(seed: int) -> None:
    one = published(seed)
    for record in (*one.summaries, one.slate, one.ledger):
        from deliberation.snapshots import key_id_of, public_key_of

        body = record["snapshot"] | {"key_id": key_id_of(public_key_of(ANOTHER_KEY))}
        assert both(sign(body, ANOTHER_KEY), key=one.key) == ({"given_key"}, {"given_key"})


def test_a_fork_is_seen_by_whoever_holds_the_summary_or_the_log_before() -> None:
    one = next(published(seed) for seed in range(50) if len(published(seed).summaries) > 1)
    first, second = one.summaries[:2]
    forked = signed(first, lambda body: body.update(published_on="2027-06-01"))
    assert both(second, previous=forked) == ({"given_previous"}, {"given_previous"})
    other = next(published(seed) for seed in range(50) if published(seed).key and published(seed) is not one)
    assert both(second, log=other.log) == ({"given_log"}, {"given_log"})
    assert both(forked, log=one.log) == ({"given_log"}, {"given_log"})


def signed(record: Json, change: Callable[[Json], object]) -> Json:
    """The record with a change to what it says, signed by the platform's own key."""
    body = copy.deepcopy(record["snapshot"])
    change(body)
    return sign(body, get_settings().signing_key)


def margins(body: Json) -> Iterator[tuple[str, Callable[[Json], object]]]:
    """Every share and number of people of the votes, one step off: in the fact, in the row, or in the sentence."""

    def moved(place: Json) -> Json:
        if "share" in place:
            return place | {"share": f"{float(place['share']) + (0.01 if float(place['share']) < 0.5 else -0.01):.6f}"}
        return place | ({"people": place["people"] + 1} if "people" in place else {"band": [place["band"][0] + 1, 99]})

    def at(path: tuple[Any, ...]) -> Callable[[Json], object]:
        def change(changed: Json) -> None:
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = moved(inner[path[-1]])

        return change

    told = {fact["id"] for fact in body["document"]["facts"]}
    for path, place in places_of(body, ()):
        is_vote = path[:2] == ("document", "facts") and kind_of(body, path) == "support"
        is_vote = is_vote or (path[0] == "statements" and "votes" in path and f"s{path[1] + 1}" in told)
        is_told = path[:2] == ("document", "sections") and path[-2] == "places"
        if {"share", "people", "band"} & place.keys() and (is_vote or is_told):
            yield ".".join(map(str, path)), at(path)


def kind_of(body: Json, path: tuple[Any, ...]) -> str:
    return str(body["document"]["facts"][path[2]]["kind"]).partition("_")[0]


def places_of(value: Json, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Json]]:
    if isinstance(value, dict):
        if path:
            yield path, value
        for name, item in value.items():
            yield from places_of(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from places_of(item, (*path, place))


@pytest.mark.slow
def test_a_margin_one_step_off_is_found_though_the_platform_signed_it() -> None:
    chance, n = random.Random(0), 0
    for seed in range(12):
        record = published(seed).summaries[0]
        found = list(margins(record["snapshot"]))
        for path, change in chance.sample(found, min(len(found), 25)):
            first, second = both(signed(record, change))
            due = {"figures", "rows", "arithmetic", "disclosure"}
            assert first & due, (seed, path, first)
            assert second & due, (seed, path, second)
            n += 1
    assert n > 150


WHOLE = {"share": "1", "bound": "exact"}
UNTRUE: dict[str, tuple[set[str], Callable[[Json], object]]] = {
    "the hash of older rules": ({"rules"}, lambda s: s["rules"].update(hash=digest({"older": 1}))),
    "a threshold beside its hash": ({"rules"}, lambda s: s["rules"]["settings"]["DisclosureSettings"].update(cap="0")),
    "a number out of turn": ({"chain"}, lambda s: s.update(number=s["number"] + 1)),
    "no governance log": ({"chain"}, lambda s: s["governance"].update(hash="0" * 64)),
    "one signer": ({"signers"}, lambda s: s["signers"].pop()),
    "a difference that is hidden": ({"slate"}, lambda s: s["slate"]["ledger"].pop()),
    "another analysis": ({"analysis"}, lambda s: s["analysis"].update(seed=2)),
    "a failed test without a reason": (
        {"balance"},
        lambda s: (s["balance"]["tests"][0].update(passed=False), s["balance"].update(reason="")),
    ),
    "three shares of 1": (
        {"rows"},
        lambda s: s["statements"][0].update(votes=dict.fromkeys(("agree", "disagree", "pass"), WHOLE)),
    ),
    "a statement in other words": ({"quotes"}, lambda s: [one.update(text="No.") for one in s["statements"]]),
    "a fact that nobody knows": (
        {"sentences"},
        lambda s: s["document"]["sections"][0]["passages"][0]["sentences"][0].update(facts=["nobody.knows"]),
    ),
    "a claim of its own": (
        {"ladder"},
        lambda s: s["document"]["sections"][0]["passages"][0]["sentences"][0].update(says="support"),
    ),
    "objections out of nowhere": ({"objections", "form"}, lambda s: s.update(objections={"minutes": 5, "answers": []})),
}


@pytest.mark.parametrize("what", UNTRUE)
def test_what_does_not_fit_together_is_found_though_the_platform_signed_it(what: str) -> None:
    due, change = UNTRUE[what]
    for seed in range(3):
        first, second = both(signed(published(seed).summaries[0], change))
        assert first & due, (seed, first)
        assert second & due, (seed, second)


# -------- files and the command


def run(*words: str, without_network: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deliberation", "verify", *words]
    if without_network:
        command = ["unshare", "--net", "--map-root-user", *command]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    one = published(1)
    found = {"summary": one.summaries[0], "ledger": one.ledger, "log": one.log}
    for name, record in found.items():
        (tmp_path / name).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    return {name: str(tmp_path / name) for name in found}


@pytest.mark.slow
def test_the_command_needs_no_network(files: dict[str, str]) -> None:
    can = subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False)
    if can.returncode:
        pytest.skip("this machine makes no namespace without a network")
    done = run(files["ledger"], "--key", published(1).key, "--log", files["log"], without_network=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok      given_log" in done.stdout


@pytest.mark.slow
def test_the_command_names_what_fails_and_refuses_a_file_that_was_cut(files: dict[str, str], tmp_path: Path) -> None:
    text = Path(files["summary"]).read_text(encoding="utf-8")
    (tmp_path / "changed").write_text(text.replace("Statement 1 says so", "Statement 1 says no"), encoding="utf-8")
    done = run(str(tmp_path / "changed"))
    assert done.returncode == 1
    assert "FAILED  hash" in done.stdout
    (tmp_path / "cut").write_text(text[: len(text) * 9 // 10], encoding="utf-8")
    assert run(str(tmp_path / "cut")).returncode == 2


def test_no_cut_of_a_file_is_taken_for_a_record(files: dict[str, str]) -> None:
    text = Path(files["ledger"]).read_text(encoding="utf-8")
    for end in range(0, len(text), max(1, len(text) // 100)):
        with pytest.raises(json.JSONDecodeError):
            json.loads(text[:end])


def test_the_second_verifier_imports_nothing_of_plenary() -> None:
    text = Path(second_verifier.__file__).read_text(encoding="utf-8")
    imported = [line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))]
    assert set(imported) <= {"__future__", "cryptography", *sys.stdlib_module_names}
    program = f"import sys; sys.path[:0] = [{str(PROJECT / 'tests')!r}]; import second_verifier; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert not {"app", "deliberation"} & set(done.stdout.split())
