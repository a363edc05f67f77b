"""Published snapshots by example: one canonical form (RFC 8785, a subset), one signature (RFC 8032), checks by name."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deliberation import __main__ as command_line
from deliberation.disclosure_rules import DisclosureSettings
from deliberation.errors import BadValue
from deliberation.quantifiers import QuantifierSettings, Word
from deliberation.snapshot_checks import WORDS
from deliberation.snapshots import (
    DOMAIN,
    GENESIS,
    canonical,
    chain_problem,
    digest,
    event_hash,
    key_id_of,
    public_key_of,
    rules_of,
    sign,
)
from deliberation.verification import verify_record

SEED = bytes(range(32))
OTHER_SEED = bytes(range(32, 64))


def sentence(message: str, facts: list[str], says: str = "plain", **places: Any) -> dict[str, Any]:
    return {"message": message, "places": places, "facts": facts, "says": says}


def shares(agree: str, disagree: str, neither: str, voters: int) -> dict[str, Any]:
    def told(share: str) -> dict[str, str]:
        bound = "at_most" if float(share) <= 0.1 else "at_least" if float(share) >= 0.9 else "about"
        return {"share": share, "bound": bound}

    return {"agree": told(agree), "disagree": told(disagree), "pass": told(neither), "voters": {"people": voters}}


WELLS = shares("0.85", "0.1", "0.1", 60) | {"word": "general_agreement", "dissent": None}
DAMS = shares("0.5", "0.4", "0.1", 58) | {"word": "many", "dissent": "cautioned"}


def statement(number: int, text: str, votes: dict[str, Any]) -> dict[str, Any]:
    rows = {"by_group": {}, "by_constituency": {"ngos": copy.deepcopy(votes)}}
    return {"number": number, "text": text, "language": "en", "votes": copy.deepcopy(votes), **rows}


def a_document() -> dict[str, Any]:
    """Two statements of sixty voters, one of them disputed, and both slates."""
    wells = {"statement": 1, "text": "Villages own their wells.", "language": "en"}
    dams = {"statement": 2, "text": "No new dams.", "language": "en"}
    facts = [
        {"id": "rule", "kind": "rule", "value": {"mode": "chatham_house", "is_small_room": False}, "statements": []},
        {"id": "analysis", "kind": "analysis", "value": {"digest": "d" * 64}, "statements": []},
        {
            "id": "s1",
            "kind": "support",
            "value": copy.deepcopy(WELLS),
            "statements": [1],
        },
        {
            "id": "s2",
            "kind": "support",
            "value": copy.deepcopy(DAMS),
            "statements": [2],
        },
        {
            "id": "people.constituency",
            "kind": "breakdown",
            "value": {
                "rows": [["ngos", {"band": [30, 49]}, "0.6"], ["women", {"band": [20, 29]}, "0.4"]],
                "is_rounded": True,
            },
            "statements": [],
        },
        {"id": "slate.participants", "kind": "slate", "value": {"stances": [[1, "agree"]]}, "statements": []},
        {"id": "slate.curated", "kind": "slate", "value": {"stances": [[2, "disagree"]]}, "statements": []},
        {"id": "slate.ledger", "kind": "ledger", "value": {"kept": 0, "added": 1, "dropped": 1}, "statements": []},
        {"id": "slate.overlap", "kind": "overlap", "value": {"share": "0", "bound": "exact"}, "statements": []},
    ]
    passages = [
        {
            "about": 1,
            "sentences": [sentence("Participants generally agreed: %(statement)s", ["s1"], "support", statement=wells)],
        },
        {
            "about": 2,
            "sentences": [
                sentence("Many participants agreed: %(statement)s", ["s2"], "support", statement=dams),
                sentence("However, some cautioned against it.", ["s2"], "dissent"),
                sentence("%(share)s agree.", ["s2"], share={"share": "0.5", "bound": "about"}),
            ],
        },
    ]
    table = {
        "caption": "All statements",
        "head": ["Statement", "Agree"],
        "rows": [[wells, {"share": "0.85"}]],
        "facts": [],
    }
    return {
        "facts": facts,
        "sections": [{"code": "common_ground", "title": "Common ground", "passages": passages, "tables": [table]}],
    }


def a_snapshot(**more: Any) -> dict[str, Any]:
    settings = rules_of((DisclosureSettings(), QuantifierSettings()))
    return {
        "kind": "summary",
        "number": 1,
        "consultation": {"slug": "water", "title": "Clean water", "attribution": "chatham_house"},
        "analysis": {"digest": "d" * 64},
        "document": a_document(),
        "statements": [statement(1, "Villages own their wells.", WELLS), statement(2, "No new dams.", DAMS)],
        "slate": {
            "common_ground": [],
            "participants": [{"statement": 1, "choice": "agree"}],
            "curated": [{"statement": 2, "choice": "disagree"}],
            "ledger": [
                line(2, "disagree", "added", "balance", "Those upstream were not heard."),
                line(1, "agree", "dropped", "duplicate", "Common ground says it."),
            ],
        },
        "balance": {
            "tests": [{"code": "dissent", "passed": True}, {"code": "space", "passed": False}],
            "reason": "Few spoke.",
        },
        "rules": {"settings": settings, "hash": digest(settings)},
        "signers": [{"role": "convenor"}, {"role": "curator"}],
        "governance": {"sequence": 12, "hash": "a" * 64},
        "previous": None,
        "key_id": key_id_of(public_key_of(SEED)),
        **more,
    }


def line(number: int, choice: str, change: str, code: str, text: str) -> dict[str, Any]:
    return {"statement": number, "choice": choice, "change": change, "reason_code": code, "sentence": text}


def failing(record: dict[str, Any], **known: Any) -> list[str]:
    return [check.name for check in verify_record(record, **known) if not check.holds]


# -------- one form


def test_a_record_has_one_form_whatever_the_order_of_its_fields() -> None:
    assert canonical({"b": [1, True, None], "a": "ü"}) == '{"a":"ü","b":[1,true,null]}'.encode()
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [0.5, float("nan"), 2**53, "\ud800", {"ü": 1}, {1: 2}, b"x", {"a": [0.1]}])
def test_what_two_machines_might_write_differently_is_refused(value: Any) -> None:
    with pytest.raises(BadValue):
        canonical(value)


def test_a_digest_is_of_our_prefix_and_the_form() -> None:
    assert digest({"a": 1}) == hashlib.sha256(b'plenary snapshot 1\n{"a":1}').hexdigest()


def test_rules_hold_fractions_as_decimal_strings() -> None:
    assert rules_of([DisclosureSettings()])["DisclosureSettings"]["cap"] == "0.1"
    assert rules_of([QuantifierSettings()])["QuantifierSettings"]["several_from"] == "0.25"


# -------- a signed snapshot


def test_a_signed_snapshot_passes_every_check() -> None:
    record = sign(a_snapshot(), SEED)
    checks = verify_record(record, key=public_key_of(SEED))
    assert [check for check in checks if not check.holds] == []
    assert len(checks) >= 18


def test_a_signature_by_another_key_is_recognised_by_whoever_holds_ours() -> None:
    forged = sign(a_snapshot(key_id=key_id_of(public_key_of(OTHER_SEED))), OTHER_SEED)
    assert failing(forged) == []
    assert failing(forged, key=public_key_of(SEED)) == ["given_key"]


def test_a_signature_counts_only_under_our_prefix() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    record = sign(a_snapshot(), SEED)
    bare = Ed25519PrivateKey.from_private_bytes(SEED).sign(bytes.fromhex(record["hash"]))
    assert failing(record | {"signature": record["signature"] | {"value": bare.hex()}}) == ["signature"]
    assert DOMAIN


def changes_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every leaf with another value, and every list without its last entry."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from changes_of(item, (*path, name))
    elif isinstance(value, list):
        if value:
            yield path, value[:-1]
        for place, item in enumerate(value):
            yield from changes_of(item, (*path, place))
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int):
        yield path, value + 1
    elif value is None:
        yield path, 0
    else:
        yield path, f"{value}x"


def put(record: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def test_whatever_single_thing_is_changed_a_check_fails() -> None:
    record = sign(a_snapshot(), SEED)
    found = list(changes_of(record))
    assert len(found) > 150
    unnoticed = []
    for path, value in found:
        changed = put(record, path, value)
        if path == ("kind",):
            with pytest.raises(BadValue):
                verify_record(changed)
        elif not failing(changed):
            unnoticed.append(path)
    assert unnoticed == []


def test_a_changed_snapshot_with_a_new_hash_still_lacks_our_signature() -> None:
    record = sign(a_snapshot(), SEED)
    for path, value in changes_of(record["snapshot"]):
        changed = put(record, ("snapshot", *path), value)
        changed["hash"] = digest(changed["snapshot"])
        assert "signature" in failing(changed), path


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a dissent left out": ("dissent", lambda s: s["document"]["sections"][0]["passages"][1]["sentences"].pop(1)),
    "a stronger word": (
        "ladder",
        lambda s: s["document"]["sections"][0]["passages"][1]["sentences"][0].update(
            message="Participants generally agreed: %(statement)s"
        ),
    ),
    "a word of its own": (
        "ladder",
        lambda s: s["document"]["sections"][0]["passages"][1]["sentences"][0].update(message="All want: %(statement)s"),
    ),
    "a claim called plain": (
        "ladder",
        lambda s: s["document"]["sections"][0]["passages"][0]["sentences"][0].update(says="plain"),
    ),
    "a sentence without a fact": (
        "sentences",
        lambda s: s["document"]["sections"][0]["passages"][1]["sentences"][2].update(facts=[]),
    ),
    "a sentence with an unknown fact": (
        "sentences",
        lambda s: s["document"]["sections"][0]["passages"][1]["sentences"][2].update(facts=["s9"]),
    ),
    "a place too many": (
        "sentences",
        lambda s: s["document"]["sections"][0]["passages"][1]["sentences"][1].update(places={"n": {"number": 1}}),
    ),
    "a shorter row": ("sentences", lambda s: s["document"]["sections"][0]["tables"][0]["rows"][0].pop()),
    "a statement in other words": (
        "quotes",
        lambda s: s["document"]["sections"][0]["passages"][0]["sentences"][0]["places"]["statement"].update(
            text="No wells."
        ),
    ),
    "shares that do not add up": (
        "arithmetic",
        lambda s: s["document"]["facts"][3]["value"]["agree"].update(share="0.15"),
    ),
    "a breakdown that does not add up": (
        "arithmetic",
        lambda s: s["document"]["facts"][4]["value"]["rows"].pop(),
    ),
    "a sum of the ledger": ("arithmetic", lambda s: s["document"]["facts"][7]["value"].update(kept=1)),
    "a flattering overlap": ("arithmetic", lambda s: s["document"]["facts"][8]["value"].update(share="1")),
    "a fact about another slate": (
        "arithmetic",
        lambda s: s["document"]["facts"][5]["value"].update(stances=[[2, "agree"]]),
    ),
    "a row of a statement that differs from its fact": (
        "figures",
        lambda s: s["statements"][0]["votes"]["agree"].update(share="0.8", bound="about"),
    ),
    "a row of a constituency that does not add up": (
        "rows",
        lambda s: s["statements"][1]["by_constituency"]["ngos"]["agree"].update(share="0.9", bound="at_least"),
    ),
    "a row of a constituency that is not rounded": (
        "rows",
        lambda s: s["statements"][1]["by_constituency"]["ngos"]["agree"].update(share="0.51"),
    ),
    "a share that is not rounded": (
        "disclosure",
        lambda s: s["document"]["facts"][3]["value"]["agree"].update(share="0.48"),
    ),
    "a share that is not capped": (
        "disclosure",
        lambda s: s["document"]["facts"][2]["value"]["agree"].update(share="1"),
    ),
    "a small number of people": (
        "disclosure",
        lambda s: s["document"]["facts"][2]["value"]["voters"].update(people=12),
    ),
    "a band below ten": (
        "disclosure",
        lambda s: s["document"]["facts"][4]["value"]["rows"][1][1].update(band=[5, 9]),
    ),
    "figures in a small room": (
        "disclosure",
        lambda s: s["document"]["facts"][0]["value"].update(is_small_room=True),
    ),
    "a fact twice": ("facts", lambda s: s["document"]["facts"].append(s["document"]["facts"][2])),
    "a fact on no statement": ("facts", lambda s: s["document"]["facts"][2].update(statements=[9])),
    "another analysis": ("analysis", lambda s: s["analysis"].update(digest="e" * 64)),
    "a difference without a reason": ("slate", lambda s: s["slate"]["ledger"][0].update(reason_code="")),
    "a difference without a sentence": ("slate", lambda s: s["slate"]["ledger"][1].update(sentence=" ")),
    "a reason nobody knows": ("slate", lambda s: s["slate"]["ledger"][1].update(reason_code="because")),
    "a difference that is hidden": ("slate", lambda s: s["slate"]["ledger"].pop()),
    "a stance added in silence": (
        "slate",
        lambda s: s["slate"]["curated"].append({"statement": 1, "choice": "disagree"}),
    ),
    "a stance twice": ("slate", lambda s: s["slate"]["curated"].append(s["slate"]["curated"][0])),
    "a dropped stance called kept": ("slate", lambda s: s["slate"]["ledger"][1].update(change="kept")),
    "a changed threshold": ("rules", lambda s: s["rules"]["settings"]["DisclosureSettings"].update(fewest_public=3)),
    "a failed test without its reason": ("balance", lambda s: s["balance"].update(reason=" ")),
    "a test that is gone": ("balance", lambda s: s["balance"].update(tests=[])),
    "one signer": ("signers", lambda s: s["signers"].pop()),
    "no convenor among the signers": ("signers", lambda s: s["signers"][0].update(role="curator")),
    "no head of the log": ("chain", lambda s: s["governance"].update(hash=GENESIS)),
    "a second summary without a first": ("chain", lambda s: s.update(number=2)),
    "a first summary with one before": ("chain", lambda s: s.update(previous={"number": 0, "hash": "b" * 64})),
    "another key's name": ("key", lambda s: s.update(key_id="0" * 16)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_even_the_holder_of_the_key_cannot_publish(what: str) -> None:
    name, change = CHANGES[what]
    snapshot = copy.deepcopy(a_snapshot())
    change(snapshot)
    assert name in failing(sign(snapshot, SEED))


def log_with(record: dict[str, Any], *, is_full: bool = True) -> dict[str, Any]:
    """Twelve events, of which the snapshot knows the last, and the one that publishes it."""
    events: list[dict[str, Any]] = []
    for sequence in range(1, record["snapshot"]["governance"]["sequence"] + 2):
        before = events[-1]["hash"] if events else GENESIS
        payload = {"hash": record["hash"]} if sequence == 13 else {"n": sequence}
        told = {"chain": "c", "actor": "convenor", "action": "curation.sign", "subject": "1"}
        body = {**told, "sequence": sequence, "happened_at": "2027-05-28T10:00:00+00:00", "payload": payload}
        found = event_hash("c", sequence, body["happened_at"], "convenor", "curation.sign", "1", payload, before)
        events.append(body | {"previous_hash": before, "hash": found})
    if not is_full:
        events = [{n: v for n, v in event.items() if n not in ("payload", "chain", "happened_at")} for event in events]
    head = {"sequence": events[-1]["sequence"], "hash": events[-1]["hash"]}
    return {"kind": "audit", "format": "plenary-snapshot-1", "events": events, "head": head}


def in_its_log() -> tuple[dict[str, Any], dict[str, Any]]:
    """A snapshot that names the twelfth event of a log, whose thirteenth publishes it."""
    empty = sign(a_snapshot(), SEED)
    head = log_with(empty)["events"][11]
    record = sign(a_snapshot(governance={"sequence": 12, "hash": head["hash"]}), SEED)
    return record, log_with(record)


def test_a_snapshot_stands_in_the_log_the_reader_holds() -> None:
    record, log = in_its_log()
    assert failing(record, log=log) == []
    assert failing(record, log=log_with(record, is_full=False)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda log: log["events"].pop(), "head"),
        (lambda log: log["events"].pop(3), "chain"),
        (lambda log: log.update(events=log["events"][:5], head=log["events"][4]), "does not hold the event"),
        (lambda log: log["events"][4].update(actor="curator"), "chain"),
    ],
)
def test_a_snapshot_that_its_log_does_not_know_is_found(change: Callable[[dict[str, Any]], object], says: str) -> None:
    record, log = in_its_log()
    change(log)
    (found,) = [check for check in verify_record(record, log=log) if not check.holds]
    assert found.name == "given_log"
    assert says in found.detail


def test_a_log_in_which_nobody_publishes_the_snapshot_is_not_its_log() -> None:
    record, log = in_its_log()
    other = sign(record["snapshot"] | {"number": 1, "software": "another"}, SEED)
    (found,) = [check for check in verify_record(other, log=log) if not check.holds]
    assert found.detail == "no later event publishes this snapshot"


def test_a_later_summary_follows_the_one_before() -> None:
    first = sign(a_snapshot(), SEED)
    head = {"sequence": 20, "hash": "c" * 64}
    second = sign(a_snapshot(number=2, previous={"number": 1, "hash": first["hash"]}, governance=head), SEED)
    assert failing(second, previous=first) == []
    other = sign(a_snapshot(consultation={"slug": "soil", "title": "Soil"}), SEED)
    assert failing(second, previous=other) == ["given_previous"]
    shorter = {"sequence": 3, "hash": "c" * 64}
    forked = sign(a_snapshot(number=2, previous={"number": 1, "hash": first["hash"]}, governance=shorter), SEED)
    assert failing(forked, previous=first) == ["given_previous"]


def test_every_word_of_the_ladder_has_its_sentence() -> None:
    assert sorted(word for words in WORDS.values() for word in words) == sorted(Word)


def test_a_published_slate_is_checked_against_its_ledger() -> None:
    body = {name: value for name, value in a_snapshot().items() if name not in {"document", "balance"}}
    body["kind"] = "curated_slate"
    assert failing(sign(body, SEED)) == []
    body["slate"] = {**body["slate"], "ledger": []}
    assert failing(sign(body, SEED)) == ["slate"]


# -------- the governance log


def a_log(n: int = 4) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    before = GENESIS
    for sequence in range(1, n + 1):
        at = f"2026-11-22T10:0{sequence}:00+00:00"
        body = ("water", sequence, at, "convenor:1", "rounds.extend", "1", {"reason": "ü"}, before)
        before = event_hash(*body)
        names = ("chain", "sequence", "happened_at", "actor", "action", "subject", "payload", "previous_hash")
        events.append(dict(zip(names, body, strict=True)) | {"hash": before})
    return events


def test_an_unbroken_log_has_no_problem() -> None:
    assert chain_problem(a_log()) == ""
    assert chain_problem([]) == ""


def test_each_changed_dropped_or_exchanged_event_breaks_the_log() -> None:
    for path, value in changes_of(a_log()):
        if path == ():
            continue  # a log that is shorter is still a chain: the head tells
        changed = put({"log": a_log()}, ("log", *path), value)["log"]
        assert chain_problem(changed), path
    for place in range(3):
        log = a_log()
        del log[place]
        assert chain_problem(log)
        log = a_log()
        log[place], log[place + 1] = log[place + 1], log[place]
        assert chain_problem(log)


def test_a_log_ends_at_its_head() -> None:
    events = a_log()
    head = {"sequence": 4, "hash": events[-1]["hash"]}
    record = {"kind": "audit", "format": "plenary-snapshot-1", "events": events, "head": head}
    assert failing(record) == []
    assert failing(record | {"events": events[:-1]}) == ["head"]


def test_the_platform_and_the_verifier_hash_an_event_alike() -> None:
    from datetime import datetime

    from app.actions import record

    at = "2026-11-22T10:01:00+00:00"
    body = ("convenor:1", "rounds.extend", "1", {"reason": "ü", "n": 2}, GENESIS)
    assert record.event_hash("water", 1, datetime.fromisoformat(at), *body) == event_hash("water", 1, at, *body)


# -------- the command line


def test_verify_names_the_check_that_failed(tmp_path: Any, capsys: Any) -> None:
    record = sign(a_snapshot(), SEED)
    file = tmp_path / "summary.json"
    file.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    assert command_line.main(["verify", str(file), "--key", public_key_of(SEED)]) == 0
    assert "ok      signature" in capsys.readouterr().out
    record["snapshot"]["consultation"]["title"] = "Dirty water"
    file.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    assert command_line.main(["verify", str(file)]) == 1
    assert "FAILED  hash" in capsys.readouterr().out
