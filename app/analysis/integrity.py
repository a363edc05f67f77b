"""Whether what stands in the tables is what was signed: rows changed behind the platform's back are found and named.

Two independent traces are compared. The governance log is a chain of hashes, and holds the hash of each snapshot; each
snapshot is signed, and holds the rows as they were. Times of rows are not compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import short_code
from app.database import fetch
from app.refusals import N_
from deliberation.errors import DeliberationError
from deliberation.snapshots import chain_problem, check_snapshot

CHECKS = {
    "audit_events": N_("The governance log is one unbroken chain, and each event is as it was recorded"),
    "curated_slates": N_("Each published slate is the one that was signed"),
    "slate_items": N_("Its items stand as they were signed, in their order"),
    "slate_reasons": N_("Its reasons stand as they were signed"),
    "slate_signatures": N_("Its signatures are those in the governance log"),
    "summaries": N_("Each published summary is the one that was signed"),
    "summary_signatures": N_("The summaries' signatures are those in the governance log"),
    "objections": N_("The answers to objections are those that were signed"),
    "publications": N_("The released figures are those the governance log knows"),
}
EVENTS = """
select chain, sequence, happened_at, actor, action, subject, payload, previous_hash, hash
from audit_events where chain = $1 order by sequence
"""


@dataclass(frozen=True)
class Finding:
    """One check of one table. `problem` says in English where it fails, as `verify` does; empty if it holds."""

    table: str
    problem: str

    @property
    def holds(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class Event:
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any]


def row_digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever order its keys were stored in."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


async def events_of(consultation: UUID) -> list[dict[str, Any]]:
    """The governance log in full, as its hashes were made."""
    rows = await fetch(EVENTS, str(consultation))
    return [
        {
            **{
                name: row[name] for name in ("chain", "sequence", "actor", "action", "subject", "previous_hash", "hash")
            },
            "happened_at": row["happened_at"].isoformat(),
            "payload": json.loads(row["payload"]),
        }
        for row in rows
    ]


async def examine(consultation: UUID) -> tuple[Finding, ...]:
    """Every check of this consultation's record, in one order; the first problem of each table is told."""
    rows = await events_of(consultation)
    events = [Event(row["actor"], row["action"], row["subject"], row["payload"]) for row in rows]
    found = dict.fromkeys(CHECKS, "")
    found["audit_events"] = chain_problem(rows)
    for look in (_slates, _summaries, _publications):
        async for table, problem in look(consultation, events):
            found[table] = found[table] or problem
    return tuple(Finding(table, problem) for table, problem in found.items())


def _snapshot_problem(record: Any, wanted: str) -> str:
    """Whether a stored record is sound by itself, and the one whose hash the log holds."""
    if not isinstance(record, dict):
        return "it has no signed snapshot"
    try:
        failed = next(((name, problem) for name, problem in check_snapshot(record) if problem), None)
    except (DeliberationError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        failed = ("form", type(error).__name__)
    if failed is not None:
        return f"its snapshot fails the check {failed[0]}: {failed[1]}"
    return "" if record["hash"] == wanted else "its snapshot is not the one whose hash the governance log holds"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


# -------- slates


SLATES = """
select s.id, r.number as round, s.status, s.version, s.n_places, s.report, s.snapshot, s.analysis
from curated_slates s join rounds r on r.id = s.round where s.consultation = $1 order by r.number
"""
ITEMS = """
select p.number as statement, i.choice from slate_items i join proposals p on p.id = i.proposal
where i.slate = $1 order by i.position, i.id
"""
REASONS = """
select p.number as statement, x.choice, x.reason_code, x.sentence from slate_reasons x
join proposals p on p.id = x.proposal where x.slate = $1
"""


async def _slates(consultation: UUID, events: list[Event]) -> AsyncIterator[tuple[str, str]]:
    published = {
        event.payload["round"]: event
        for event in events
        if event.action == "curation.sign" and event.payload.get("published") and "hash" in event.payload
    }
    rows = {row["round"]: row for row in await fetch(SLATES, consultation)}
    for number in sorted(set(published) - {n for n, row in rows.items() if row["status"] == "published"}):
        yield "curated_slates", f"round {number}: the log knows a published slate, and there is none"
    for number, row in rows.items():
        if row["status"] == "published" and row["snapshot"] and number not in published:
            yield "curated_slates", f"round {number}: a published slate of which the log knows nothing"
        if row["status"] == "published" and number in published:
            async for table, problem in _slate(row, published[number], _of_round(events, number, published[number])):
                if problem:
                    yield table, f"round {number}: {problem}"


async def _slate(row: Any, signed: Event, events: list[Event]) -> AsyncIterator[tuple[str, str]]:
    record = _parsed(row["snapshot"])
    problem = _snapshot_problem(record, signed.payload["hash"])
    if problem:
        yield "curated_slates", problem
        return
    body = record["snapshot"]
    told = {"version": row["version"], "n_places": row["n_places"], "report": row_digest(json.loads(row["report"]))}
    other = next((name for name, value in told.items() if body["row"][name] != value), "")
    yield "curated_slates", f"{other} is not as it was signed" if other else ""
    items = [dict(one) for one in await fetch(ITEMS, row["id"])]
    yield "slate_items", "" if items == body["slate"]["curated"] else _first(items, body["slate"]["curated"])
    reasons = [dict(one) for one in await fetch(REASONS, row["id"])]
    kept = [one for one in body["reasons"] if one not in reasons] + [
        one for one in reasons if one not in body["reasons"]
    ]
    yield "slate_reasons", f"statement {kept[0]['statement']} has another reason than the one signed" if kept else ""
    rows = await fetch(
        "select account, role from slate_signatures where slate = $1 and version = $2", row["id"], row["version"]
    )
    yield "slate_signatures", _signature_problem(rows, _signed(events, SIGNS_SLATE, row["version"]))


def _of_round(events: list[Event], number: int, published: Event) -> list[Event]:
    """The events of one curated slate, from its beginning to its publication."""
    end = events.index(published) + 1
    begun = [place for place, one in enumerate(events[:end]) if _begins(one, number)]
    return events[begun[-1] if begun else 0 : end]


def _begins(event: Event, number: int) -> bool:
    return event.action == "curation.open" and event.subject == str(number) and bool(event.payload.get("begun"))


def _first(found: list[Any], signed: list[Any]) -> str:
    for place, (one, other) in enumerate(zip(found, signed, strict=False), 1):
        if one != other:
            return f"item {place} is statement {one['statement']}, and statement {other['statement']} was signed"
    return f"{len(found)} items, and {len(signed)} were signed"


SIGNS_SLATE = frozenset({"curation.sign", "curation.draw_again"})
"""To have another participant drawn is to sign anew, as a further version."""
SIGNS_SUMMARY = frozenset({"summaries.sign"})


def _signed(events: list[Event], actions: frozenset[str], version: int) -> list[Event]:
    """The signatures of one version that the log holds, those with which it was signed in the end."""
    return [one for one in events if one.action in actions and one.payload.get("version") == version]


def _signature_problem(rows: list[Any], events: list[Event]) -> str:
    """Each signature has its event and each event its signature; staff by their code, participants by role alone."""
    found = sorted(
        row["role"] if row["role"] == "participant" else f"{row['role']}:{short_code(row['account'])}" for row in rows
    )
    known = sorted(_signer(event) for event in events)
    return "" if found == known else f"signed by {', '.join(found) or 'nobody'}; the log says {', '.join(known)}"


def _signer(event: Event) -> str:
    role = event.payload.get("role") or event.actor.partition(":")[0]
    return role if role == "participant" else f"{role}:{event.actor.partition(':')[2]}"


# -------- summaries


SUMMARIES = """
select id, number, status, version, words, document, snapshot, signature, key_id, is_corrected, minutes_shown
from summaries where consultation = $1 order by number
"""


async def _summaries(consultation: UUID, events: list[Event]) -> AsyncIterator[tuple[str, str]]:
    signed = {event.subject: event for event in events if event.action == "summaries.sign" and "hash" in event.payload}
    rows = {str(row["number"]): row for row in await fetch(SUMMARIES, consultation)}
    for number in sorted(set(signed) - {n for n, row in rows.items() if row["status"] == "published"}):
        yield "summaries", f"summary {number}: the log knows it as published, and it is not there"
    last = max((int(number) for number in signed), default=0)
    for number, row in rows.items():
        if row["status"] != "published":
            continue
        if number not in signed:
            yield "summaries", f"summary {number}: published, and the log knows nothing of it"
            continue
        async for table, problem in _summary(row, signed[number], events, is_last=int(number) == last):
            if problem:
                yield table, f"summary {number}: {problem}"


async def _summary(row: Any, signed: Event, events: list[Event], *, is_last: bool) -> AsyncIterator[tuple[str, str]]:
    record = _parsed(row["snapshot"])
    problem = _snapshot_problem(record, signed.payload["hash"])
    if problem:
        yield "summaries", problem
        return
    body, held = record["snapshot"], json.loads(row["document"])
    signature = record["signature"]
    equal = {
        "words": _plain(row["words"]) == _plain(body["added"]),
        "document": "body" not in held or held["body"]["document"] == body["document"],
        "signature": (row["signature"], row["key_id"]) == (signature["value"], signature["key_id"]),
        "is_corrected": row["is_corrected"] != is_last,
    }
    other = next((name for name, holds in equal.items() if not holds), "")
    yield "summaries", f"{other} is not as it was signed" if other else ""
    rows = await fetch(
        "select s.account, '' as role from summary_signatures s where s.summary = $1 and s.version = $2",
        row["id"],
        row["version"],
    )
    yield (
        "summary_signatures",
        _accounts_problem(
            rows, [one for one in _signed(events, SIGNS_SUMMARY, row["version"]) if one.subject == str(row["number"])]
        ),
    )
    told = {(one["passage"], one["answer"], one["text"]) for one in body.get("objections", {}).get("answers", ())}
    answers = await fetch("select distinct passage, answer, said from objections where summary = $1", row["id"])
    found = {(one["passage"], one["answer"], one["said"]) for one in answers}
    is_told = found == told if "objections" in body else True
    yield "objections", "" if is_told else "an answer is not the one that was signed"


def _plain(value: Any) -> Any:
    """What a person added, without fields that a later version of the program has brought and that are empty."""
    value = json.loads(value) if isinstance(value, str) else value
    return {name: item for name, item in value.items() if item}


def _accounts_problem(rows: list[Any], events: list[Event]) -> str:
    """As many signatures as the log says; those of staff by the codes it names them with."""
    codes = {short_code(row["account"]) for row in rows}
    known = {event.actor.partition(":")[2] for event in events if ":" in event.actor}
    return "" if len(rows) == len(events) and known <= codes else "the log names other signatures"


# -------- released figures


async def _publications(consultation: UUID, events: list[Event]) -> AsyncIterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for event in events:
        known |= event.payload.get("published") or {} if isinstance(event.payload.get("published"), dict) else {}
    rows = await fetch(
        "select key, row from publications where consultation = $1 and audience <> 'inside'", consultation
    )
    stored = {row["key"]: row_digest(json.loads(row["row"])) for row in rows}
    for key, digest in known.items():
        if key not in stored:
            yield "publications", f"{key} is gone"
        elif stored[key] != digest:
            yield "publications", f"{key} is not what was released"
