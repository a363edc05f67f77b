"""Honest consultations by chance, without a database: votes are drawn, and the platform's own functions do the rest.

Votes pass the disclosure gate, the documents are written and tested for balance by the code that writes the real ones,
slates are curated step by step, and everything is signed and chained to a governance log.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.analysis.summary_material import LedgerLine, Material, Moderation, People, Slates, Statement
from app.documents import balance, snapshot, summary
from app.documents.added import Added
from app.documents.ledger import slate_part
from app.language import use_locale
from app.tables.consultations import Consultation
from app.tables.rounds import Round
from deliberation.curation import ReasonCode
from deliberation.disclosure import (
    Attribution,
    Audience,
    Row,
    release,
    release_breakdown,
    release_count,
)
from deliberation.snapshots import GENESIS, event_hash, key_id_of, public_key_of, sign

AUDIENCE = Audience.PUBLIC
NOON = datetime(2027, 5, 28, 12, tzinfo=UTC)
KINDS = ("ngos", "women", "farmers")
REASON = "It was weighed in the open."
Stance = tuple[int, str]


@dataclass(frozen=True)
class Published:
    """What a consultation has published: records in their order, its log in full and as everybody reads it, its key."""

    summaries: tuple[dict[str, Any], ...]
    slate: dict[str, Any]
    ledger: dict[str, Any]
    log: dict[str, Any]
    public_log: dict[str, Any]
    key: str

    @property
    def records(self) -> tuple[dict[str, Any], ...]:
        return (*self.summaries, self.slate, self.ledger, self.log, self.public_log)


class Log:
    """A governance log that grows."""

    def __init__(self, chain: str) -> None:
        self.chain, self.events = chain, list[dict[str, Any]]()

    @property
    def head(self) -> snapshot.Head:
        last = self.events[-1]
        return snapshot.Head(last["sequence"], last["hash"])

    def add(self, actor: str, action: str, subject: str = "", **payload: Any) -> int:
        before = self.events[-1]["hash"] if self.events else GENESIS
        sequence = len(self.events) + 1
        moment = (NOON + timedelta(minutes=sequence)).isoformat()
        told = {"chain": self.chain, "actor": actor, "action": action, "subject": subject, "happened_at": moment}
        found = event_hash(self.chain, sequence, moment, actor, action, subject, payload, before)
        self.events.append({**told, "sequence": sequence, "payload": payload, "previous_hash": before, "hash": found})
        return sequence

    def record(self, *, is_full: bool) -> dict[str, Any]:
        names = ("sequence", "actor", "action", "subject", "previous_hash", "hash")
        events = [
            dict(event) if is_full else {name: event[name] for name in names} | {"day": event["happened_at"][:10]}
            for event in self.events
        ]
        head = {"sequence": self.head.sequence, "hash": self.head.hash}
        return {"kind": "audit", "format": "plenary-snapshot-1", "consultation": "c", "events": events, "head": head}


def consultation(seed: int, *, n_people: int | None = None, n_statements: int | None = None) -> Published:
    """One consultation with its slate, ledger, and one to three summaries; the same for the same seed."""
    chance = random.Random(seed)
    mode = chance.choice(list(Attribution))
    n_people = n_people or chance.choice((8, 14, 25, 40, 70, 120))
    held = Consultation(
        slug=f"c{seed}", title="Clean water", question="What would bring it?", attribution=mode.value, venue="Nairobi"
    )
    rounds = [
        Round(
            consultation=held.id,
            number=1,
            phase="propose",
            opens_at=NOON - timedelta(days=3),
            closes_at=NOON - timedelta(days=2),
        ),
        Round(
            consultation=held.id,
            number=2,
            phase="curate",
            opens_at=NOON - timedelta(days=2),
            closes_at=NOON - timedelta(days=1),
        ),
    ]
    material = _material(chance, mode, rounds[0], n_people, n_statements or chance.randint(3, 8))
    log = Log(f"chain-{seed}")
    for number in range(chance.randint(1, 5)):
        log.add("convenor:00000000", "consultations.configure", str(number))
    decisions, curated, reasons = _curated(chance, log, list(material.slates.participants), list(material.statements))
    ledger = _sealed(log, held, rounds, material, decisions, curated, reasons)
    log.add("curator:00000001", "curation.sign", "2", version=9, published=True, hash=ledger["hash"])
    slates = replace(
        material.slates, curated=tuple(curated), ledger=_lines(material.slates.participants, reasons, curated)
    )
    material = replace(material, slates=slates)
    slate = snapshot.curated_slate(material, held, rounds, signers=("convenor", "curator"), head=log.head)
    summaries: list[dict[str, Any]] = []
    for number in range(1, chance.randint(1, 3) + 1):
        summaries.append(_summary(material, held, rounds, number, log, summaries[-1] if summaries else None))
        log.add("convenor:00000000", "summaries.sign", str(number), hash=summaries[-1]["hash"])
    key = summaries[0]["signature"]["public_key"]
    return Published(tuple(summaries), slate, ledger, log.record(is_full=True), log.record(is_full=False), key)


def _material(chance: random.Random, mode: Attribution, closed: Round, n_people: int, n_statements: int) -> Material:
    people = [(chance.choice(KINDS), chance.choice("AB")) for _ in range(n_people)]
    rows: list[Row] = []
    for id in range(1, n_statements + 1):
        likes = {group: chance.random() for group in "AB"}
        votes = [
            (kind, group, "agree" if chance.random() < likes[group] else chance.choice(("disagree", "pass")))
            for kind, group in people
            if chance.random() < 0.8
        ]
        rows += _rows(str(id), votes)
    released = release(rows, None, mode, audience=AUDIENCE, n_participants=n_people)
    shown = {row.key: row for row in released if row.is_shown}
    statements = {
        id: Statement(
            id,
            id,
            f"Statement {id} says so.",
            "en",
            "",
            shown.get((str(id),)),
            {key[2]: row for key, row in shown.items() if key[:2] == (str(id), "group")},
            {key[2]: row for key, row in shown.items() if key[:2] == (str(id), "constituency")},
        )
        for id in range(1, n_statements + 1)
    }
    own = tuple(
        (id, chance.choice(("agree", "disagree"))) for id in range(1, n_statements + 1) if chance.random() < 0.6
    )
    return Material(
        mode=mode,
        is_small_room=mode is Attribution.CHATHAM_HOUSE and n_people < 30,
        analysis_id=UUID(int=1),
        analysis={"method": "default", "method_version": "1", "seed": 1, "input_digest": "e" * 64, "digest": "d" * 64}
        | {"evidence": "full", "votes_until": "2027-05-26"},
        closed=closed,
        coming=(),
        n_voters=n_people,
        people=_people(mode, people, len(rows)),
        statements=statements,
        groups_status="none",
        is_spectrum=False,
        groups=(),
        common_ground=tuple(id for id in statements if chance.random() < 0.4),
        common_rejection=(),
        divides=(),
        n_seen_by_too_few=0,
        slates=Slates((), own or ((1, "agree"),), None, (), True, None, None, ("convenor", "curator")),
        answers=None,
        coalitions=(),
        moderation=Moderation(n_statements, 1, 0, (("advertising", 1),)),
        alerts=(),
        indicators=(),
        left_out=None,
    )


def _rows(statement: str, votes: list[tuple[str, str, str]]) -> list[Row]:
    def row(key: tuple[str, ...], chosen: list[str]) -> Row:
        counted = Counter(chosen)
        return Row(key, counted["agree"], counted["disagree"], counted["pass"])

    found = [row((statement,), [choice for _, _, choice in votes])]
    for attribute, place, codes in (("constituency", 0, KINDS), ("group", 1, ("A", "B"))):
        found += [row((statement, attribute, code), [v[2] for v in votes if v[place] == code]) for code in codes]
    return found


def _people(mode: Attribution, people: list[tuple[str, str]], n_votes: int) -> People:
    n = len(people)
    counts = dict(Counter(kind for kind, _ in people))
    table = release_breakdown(counts, mode, audience=AUDIENCE, n_participants=n)
    count = release_count(n, mode, audience=AUDIENCE)
    tables = {"constituency": table} if len(counts) > 1 else {}
    return People(0, count, count, release_count(n // 2, mode, audience=AUDIENCE), tables, (), 9, 8, n_votes)


# -------- curation


def _curated(
    chance: random.Random, log: Log, own: list[Stance], known: list[int]
) -> tuple[list[dict[str, Any]], list[Stance], dict[Stance, str]]:
    """A walk of random decisions from the participants' slate; every difference then gets its reason."""
    stands, earlier = list(own), [list(own)]
    decisions = [_decision(log, "open", None, list(stands))]
    for _ in range(chance.randint(0, 7)):
        verb = chance.choice(("add", "remove", "move", "undo"))
        new = (chance.choice(known), chance.choice(("agree", "disagree")))
        gone = chance.choice(stands) if stands and chance.random() < 0.3 else None
        if verb == "add" and new not in stands:
            stands = [*stands, new] if gone is None else [new if one == gone else one for one in stands]
            decisions.append(_decision(log, verb, new, stands, replaces=gone))
        elif verb == "remove" and len(stands) > 1:
            out = chance.choice(stands)
            stands = [one for one in stands if one != out]
            decisions.append(_decision(log, verb, out, stands))
        elif verb == "move" and len(stands) > 1:
            moved = chance.choice(stands)
            rest = [one for one in stands if one != moved]
            rest.insert(chance.randrange(len(stands)), moved)
            stands = rest
            decisions.append(_decision(log, verb, moved, stands))
        elif verb == "undo":
            stands = list(chance.choice(earlier))
            decisions.append(_decision(log, verb, None, stands))
        earlier.append(list(stands))
    reasons = {one: chance.choice(list(ReasonCode)).value for one in sorted(set(stands) ^ set(own))}
    for stance, code in reasons.items():
        decisions.append(_decision(log, "give_reason", stance, None, reason_code=code, sentence=REASON))
    decisions.append(_decision(log, "sign", None, None, role="convenor"))
    return decisions, stands, reasons


def _decision(log: Log, verb: str, stance: Stance | None, stands: list[Stance] | None, **told: Any) -> dict[str, Any]:
    number, choice = stance if stance else (None, None)
    more = {"choice": choice, "stands": None if stands is None else [list(one) for one in stands], **told}
    more = {
        name: list(value) if isinstance(value, tuple) else value for name, value in more.items() if value is not None
    }
    sequence = log.add("convenor:00000000", f"curation.{verb}", "" if number is None else str(number), **more)
    return {"sequence": sequence, "day": "2027-05-28", "by": "convenor", "action": f"curation.{verb}"} | {
        "statement": number,
        **more,
    }


def _lines(own: tuple[Stance, ...], reasons: dict[Stance, str], curated: list[Stance]) -> tuple[LedgerLine, ...]:
    lines = [
        LedgerLine(*one, "kept") if one in own else LedgerLine(*one, "added", reasons[one], REASON) for one in curated
    ]
    return tuple(lines + [LedgerLine(*one, "dropped", reasons[one], REASON) for one in own if one not in curated])


def _sealed(
    log: Log,
    held: Consultation,
    rounds: list[Round],
    material: Material,
    decisions: list[dict[str, Any]],
    curated: list[Stance],
    reasons: dict[Stance, str],
) -> dict[str, Any]:
    pairs = {
        "participants": [list(one) for one in material.slates.participants],
        "curated": [list(one) for one in curated],
    }
    given = [
        {"statement": number, "choice": choice, "reason_code": code, "sentence": REASON}
        for (number, choice), code in reasons.items()
    ]
    seed = snapshot.get_settings().signing_key
    quoted = sorted({n for listed in pairs.values() for n, _ in listed} | {d["statement"] for d in decisions} - {None})
    body = {
        "kind": "curation_ledger",
        "round": 2,
        "consultation": snapshot.consultation_part(held, rounds),
        "slate": slate_part(pairs, given) | {"common_ground": []},
        "reasons": given,
        "decisions": decisions,
        "interests": {"curators": 2, "recused": 0, "declared": 0, "scores": 0},
        "swaps": {"taken": [], "refused": []},
        "statements": [{"number": n, "text": f"Statement {n} says so.", "language": "en"} for n in quoted],
        "signers": [{"role": "convenor"}, {"role": "curator"}],
        "published_on": "2027-05-28",
        "governance": {"sequence": log.head.sequence, "hash": log.head.hash},
        "key_id": key_id_of(public_key_of(seed)),
    }
    return sign(body, seed)


def _summary(
    material: Material, held: Consultation, rounds: list[Round], number: int, log: Log, before: dict[str, Any] | None
) -> dict[str, Any]:
    added = Added(balance_reason="Few people spoke, and this is what they said.")
    document = summary.build(material, held, added, number=number, previous_number=number - 1 or None)
    with use_locale("en"):
        tests = balance.check(document, material, added)
    body = snapshot.unsigned(
        material=material, document=document, added=added, tests=tests, consultation=held, rounds=rounds, number=number
    )
    previous = None if before is None else {"number": before["snapshot"]["number"], "hash": before["hash"]}
    return snapshot.published(body, day="2027-05-28", signers=("convenor", "curator"), head=log.head, previous=previous)
