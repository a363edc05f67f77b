"""Published snapshots: one canonical form, a signature that anybody can check, and checks of what a snapshot says.

A snapshot is a record without floats, so that every machine writes the same bytes (a subset of RFC 8785, JSON
Canonicalization Scheme): objects with sorted keys, lists, strings, whole numbers, booleans and null; other numbers are
decimal strings. What is signed is its SHA-256 under a prefix of its own, with Ed25519 (RFC 8032).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from deliberation.errors import BadValue
from deliberation.ledger_checks import ledger_checks
from deliberation.snapshot_checks import Finding, document_checks, rows_problem, stances_of

FORMAT = "plenary-snapshot-1"
DOMAIN = b"plenary snapshot 1\n"
"""What is signed begins with this, so that no signature of ours can be taken for one of something else."""
GENESIS = "0" * 64
LARGEST_INTEGER = 2**53 - 1
ENVELOPE = frozenset({"kind", "format", "snapshot", "hash", "signature"})
SIGNATURE = frozenset({"algorithm", "key_id", "public_key", "value"})
KINDS = ("summary", "curated_slate", "curation_ledger")


def canonical(value: Any) -> bytes:
    """The bytes of a value, the same on every machine. Raises `BadValue` for floats and what JSON cannot say."""
    _check_plain(value, "")
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _check_plain(value: Any, at: str) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            # Other keys would be sorted by UTF-16 units in one program and by code points in another.
            if not isinstance(key, str) or not key.isascii():
                raise BadValue(name=at or "snapshot", value=key, allowed="keys of ASCII characters")
            _check_plain(item, f"{at}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            _check_plain(item, f"{at}[{place}]")
    elif isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BadValue(name=at, value="a lone surrogate", allowed="text")
    elif isinstance(value, bool) or value is None:
        return
    elif not isinstance(value, int) or abs(value) > LARGEST_INTEGER:
        raise BadValue(name=at, value=value, allowed="text, a whole number up to 2^53 - 1, true, false or null")


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical bytes under our prefix."""
    return hashlib.sha256(DOMAIN + canonical(value)).hexdigest()


# -------- keys and signatures


def public_key_of(seed: bytes) -> str:
    """The public key (hex) that belongs to a signing seed of 32 bytes or more, of which the first 32 count."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed[:32]).public_key().public_bytes_raw().hex()


def key_id_of(public_key: str) -> str:
    """A short name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def sign(snapshot: Mapping[str, Any], seed: bytes) -> dict[str, Any]:
    """The record that is published: the snapshot, its hash, and our signature over the hash."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    found = digest(snapshot)
    public_key = public_key_of(seed)
    value = Ed25519PrivateKey.from_private_bytes(seed[:32]).sign(DOMAIN + bytes.fromhex(found)).hex()
    return {
        "kind": snapshot["kind"],
        "format": FORMAT,
        "snapshot": dict(snapshot),
        "hash": found,
        "signature": {
            "algorithm": "ed25519",
            "key_id": key_id_of(public_key),
            "public_key": public_key,
            "value": value,
        },
    }


def _signature_problem(record: Mapping[str, Any]) -> str:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return "the package cryptography is not installed; install the extra [verify]"
    signature = record["signature"]
    if signature["algorithm"] != "ed25519":
        return f"an unknown algorithm: {signature['algorithm']}"
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature["public_key"]))
        key.verify(bytes.fromhex(signature["value"]), DOMAIN + bytes.fromhex(record["hash"]))
    except (InvalidSignature, ValueError):
        return "it does not belong to this hash and key"
    return ""


# -------- rules


def rules_of(settings: Iterable[Any]) -> dict[str, Any]:
    """The thresholds of settings objects as plain values: class, field, value; fractions are decimal strings."""
    return {type(one).__name__: _plain_settings(one) for one in settings}


def _plain_settings(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain_settings(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, Mapping):
        return {str(key): _plain_settings(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, frozenset, set)):
        return [_plain_settings(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return str(value)


# -------- checks


def check_snapshot(record: Mapping[str, Any]) -> Iterator[Finding]:
    """Each check of a published snapshot, in the order in which one rests on another."""
    yield "format", "" if record["format"] == FORMAT else f"{record['format']!r} is unknown"
    snapshot = record["snapshot"]
    yield "kind", "" if record["kind"] == snapshot["kind"] and record["kind"] in KINDS else "two kinds are given"
    extra = sorted(set(record) ^ ENVELOPE | set(record["signature"]) ^ SIGNATURE)
    yield "fields", f"missing or unknown: {', '.join(extra)}" if extra else ""
    yield "hash", "" if digest(snapshot) == record["hash"] else "it is not the hash of this snapshot"
    yield "signature", _signature_problem(record)
    yield "key", _key_problem(record)
    if snapshot["kind"] == "curation_ledger":
        yield "slate", _slate_problem(snapshot["slate"])
        yield from ledger_checks(snapshot)
        return
    yield "chain", _chain_problem(snapshot)
    yield "rules", "" if digest(snapshot["rules"]["settings"]) == snapshot["rules"]["hash"] else "the hash differs"
    yield "slate", _slate_problem(snapshot["slate"])
    if snapshot["kind"] == "summary":
        yield "rows", rows_problem(snapshot, _rule_of(snapshot["document"]))
        yield from document_checks(snapshot)
    else:
        # A small room's rows are words alone, which the rule for other rooms passes as well.
        mode = snapshot["consultation"]["attribution"]
        yield "rows", rows_problem(snapshot, {"mode": mode, "is_small_room": False})


def _rule_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    rule: Mapping[str, Any] = {fact["id"]: fact["value"] for fact in document["facts"]}["rule"]
    return rule


def check_against(
    record: Mapping[str, Any],
    key: str | None,
    previous: Mapping[str, Any] | None,
    log: Mapping[str, Any] | None = None,
) -> Iterator[Finding]:
    """Whether a snapshot is signed with the key, follows the snapshot, and stands in the log the reader holds."""
    if log is not None:
        yield "given_log", _log_problem(record, log)
    if key is not None:
        signature = record["signature"]
        is_same = key.strip().lower() == signature["public_key"]
        yield (
            "given_key",
            "" if is_same else f"it was signed with key {signature['key_id']}, which is not the one given",
        )
    if previous is not None:
        before, head = record["snapshot"]["previous"], record["snapshot"]["governance"]
        follows = before is not None and previous["hash"] == before["hash"] == digest(previous["snapshot"])
        follows = follows and previous["snapshot"]["governance"]["sequence"] <= head["sequence"]
        yield "given_previous", "" if follows else "it does not follow the snapshot given"


def _log_problem(record: Mapping[str, Any], log: Mapping[str, Any]) -> str:
    """The log is whole, holds the head the snapshot names and, told in full, the hash of this very snapshot."""
    broken = next((f"{name}: {problem}" for name, problem in check_audit(log) if problem), "")
    if broken:
        return f"the log itself fails the check {broken}"
    head, events = record["snapshot"]["governance"], log["events"]
    if head["sequence"] > len(events) or events[head["sequence"] - 1]["hash"] != head["hash"]:
        return "the log does not hold the event the snapshot names"
    later = events[head["sequence"] :]
    told = [event["payload"].get("hash") for event in later if "payload" in event]
    # A slate of its own is made from the ledger and hashed nowhere.
    if told and record["kind"] != "curated_slate" and record["hash"] not in told:
        return "no later event publishes this snapshot"
    return ""


def _key_problem(record: Mapping[str, Any]) -> str:
    signature = record["signature"]
    if signature["key_id"] != key_id_of(signature["public_key"]) or record["snapshot"]["key_id"] != signature["key_id"]:
        return "the key's name does not fit the key"
    return ""


def _chain_problem(snapshot: Mapping[str, Any]) -> str:
    head, before = snapshot["governance"], snapshot["previous"]
    if not _is_hash(head["hash"]) or head["sequence"] < 1 or head["hash"] == GENESIS:
        return "the head of the governance log is no hash"
    if snapshot["number"] < 1 or (before is None) != (snapshot["number"] == 1):
        return "the number does not fit the snapshot before"
    if before is not None and (before["number"] != snapshot["number"] - 1 or not _is_hash(before["hash"])):
        return "the snapshot before is not the one with the number before"
    return ""


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _slate_problem(slate: Mapping[str, Any]) -> str:
    """Both lists against the ledger: every difference is there, with a reason, and nothing else is."""
    own, curated = stances_of(slate["participants"]), slate["curated"]
    for name, listed in (("participants' slate", own), ("common ground", stances_of(slate["common_ground"]))):
        if len(set(listed)) != len(listed):
            return f"a stance stands twice in the {name}"
    lines = {(line["statement"], line["choice"]): line for line in slate["ledger"]}
    if len(lines) != len(slate["ledger"]):
        return "a stance stands twice in the ledger"
    if curated is None:
        expected = dict.fromkeys(own, "participants")
    else:
        chosen = stances_of(curated)
        if len(set(chosen)) != len(chosen):
            return "a stance stands twice in the curated slate"
        expected = {one: "kept" if one in own else "added" for one in chosen}
        expected |= {one: "dropped" for one in own if one not in chosen}
    for stance in sorted(set(expected) | set(lines)):
        line = lines.get(stance)
        if line is None or expected.get(stance) != line["change"]:
            return f"the ledger does not fit the slates at statement {stance[0]}"
        needs = line["change"] in {"added", "dropped"}
        if needs != bool(line["reason_code"]) or needs != bool(line["sentence"].strip()):
            return f"statement {stance[0]}: a difference has a reason and a sentence, and nothing else has"
        if needs and line["reason_code"] not in _reason_codes():
            return f"statement {stance[0]}: {line['reason_code']!r} is no reason"
    return ""


def _reason_codes() -> frozenset[str]:
    from deliberation.curation import ReasonCode

    return frozenset(code.value for code in ReasonCode)


# -------- the governance log


def event_hash(
    chain: str, sequence: int, happened_at: str, actor: str, action: str, subject: str, payload: Any, previous: str
) -> str:
    """SHA-256 (hex) of one event of the governance log with the hash before it, as the platform chains them."""
    body = [chain, sequence, happened_at, actor, action, subject, payload, previous]
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain_problem(events: Sequence[Mapping[str, Any]]) -> str:
    """Where a governance log is broken: numbers, links, and, for events told in full, their own hashes."""
    before = GENESIS
    for place, event in enumerate(events, 1):
        if event["sequence"] != place or not isinstance(event["sequence"], int):
            return f"event {place} is missing"
        if event["previous_hash"] != before or not _is_hash(event["hash"]):
            return f"event {place} does not follow the one before"
        if "payload" in event:
            names = ("chain", "sequence", "happened_at", "actor", "action", "subject", "payload", "previous_hash")
            if event_hash(*(event[name] for name in names)) != event["hash"]:
                return f"event {place} is not what was recorded"
        before = event["hash"]
    return ""


def check_audit(record: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether a downloaded governance log is one unbroken chain that ends at its head."""
    yield "format", "" if record["format"] == FORMAT else f"{record['format']!r} is unknown"
    events = record["events"]
    yield "chain", chain_problem(events)
    last = events[-1] if events else {"sequence": 0, "hash": GENESIS}
    head = record["head"]
    is_head = head["sequence"] == len(events) and isinstance(head["sequence"], int) and head["hash"] == last["hash"]
    yield "head", "" if is_head else "the log does not end at its head"
