"""The curation ledger: every decision on a curated slate, in its order, with its reason, as anybody may read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis import curation
from app.analysis.curation import Draft, Frozen
from app.analysis.integrity import events_of, row_digest
from app.database import fetch
from deliberation.disclosure import Attribution, release_day
from deliberation.disclosure_rules import DisclosureSettings
from deliberation.holdings import Stance
from deliberation.phases import Phase, Role

STAFF = frozenset({Role.CONVENOR, Role.CURATOR, Role.MODERATOR, Role.AUDITOR})
TOLD = ("choice", "replaces", "from", "to", "up", "reason_code", "sentence", "undone", "role", "restored", "stands")
"""What the ledger tells of a decision; other things in an event are for those who read the governance log in full."""
DECIDES = frozenset(
    f"curation.{verb}" for verb in ("open", "add", "remove", "move", "give_reason", "undo", "draw_again", "sign")
)
DECLARES = "curators.declare"
RESTORES = frozenset({DECLARES, "curators.remove", "curators.limit"})
"""Where every curator stands aside, the participants' slate decides: each of these may bring it about."""
SCORES = "curators.score"
Pair = list[Any]
"""Number and choice of a stance."""
Swap = dict[str, Pair]
"""`out` and `into`: the stance that goes and the one that comes."""


@dataclass(frozen=True)
class RoundLedger:
    """The decisions of one curate round, and of its curators what may be told in numbers.

    decisions : plain values, each with `sequence` (of the governance log), `day`, `by` (a role), `action`, `statement`
    interests : how many curators declared their interests, and how many times one stood aside or said so
    swap : what was done with swaps that were offered: `taken` and `refused`, as pairs of stances
    record : the signed snapshot, once the slate is published
    """

    number: int
    decisions: tuple[dict[str, Any], ...]
    interests: dict[str, int]
    swaps: dict[str, list[Swap]]
    record: dict[str, Any] | None
    is_published: bool


async def standing(slate: UUID) -> list[Pair]:
    """The stances of a slate as it stands, in their order, as people quote them."""
    rows = await fetch(
        "select p.number, i.choice from slate_items i join proposals p on p.id = i.proposal "
        "where i.slate = $1 order by i.position, i.id",
        slate,
    )
    return [[row["number"], row["choice"]] for row in rows]


async def offered_swap(frozen: Frozen, draft: Draft, actor: Actor) -> Swap | None:
    """The swap that curators are offered for this draft; none in a small room, where it would tell of a few people."""
    small = DisclosureSettings().small_room_below
    if actor.consultation.attribution == Attribution.CHATHAM_HOUSE and frozen.holdings.n_participants < small:
        return None
    measured = (await curation.review(frozen, draft.stances)).measured
    if measured.repair is None or not any(flag.code != "certificate" for flag in measured.flags):
        return None
    numbers = await _numbers(actor.consultation.id)
    return {name: _pair(one, numbers) for name, one in (("out", measured.repair.remove), ("into", measured.repair.add))}


async def _numbers(consultation: UUID) -> dict[int, int]:
    rows = await fetch("select id, number from proposals where consultation = $1", consultation)
    return {row["id"]: row["number"] for row in rows}


def _pair(stance: Stance, numbers: Mapping[int, int]) -> Pair:
    return [numbers[stance.statement_id], stance.choice.value]


async def ledgers_of(actor: Actor) -> tuple[RoundLedger, ...]:
    """The ledger of each curate round, the latest first: for the public once it is published or over."""
    rows = {
        row["number"]: row
        for row in await fetch(
            "select r.number, s.id, s.status, s.snapshot from curated_slates s join rounds r on r.id = s.round "
            "where s.consultation = $1",
            actor.consultation.id,
        )
    }
    over = {item.number for item in actor.rounds if item.phase == Phase.CURATE and item.closes_at <= actor.now}
    told = {n for n, row in rows.items() if row["status"] == "published" or n in over or actor.roles & STAFF}
    numbers = await _numbers(actor.consultation.id)
    found = []
    for number, events in _by_round(await events_of(actor.consultation.id)):
        if number in told:
            row = rows[number]
            record = json.loads(row["snapshot"]) if row["snapshot"] else None
            found.append(_ledger(number, events, numbers, record, is_published=row["status"] == "published"))
    return tuple(reversed(found))


async def ledger_now(number: int, consultation: UUID) -> RoundLedger:
    """The ledger of a round as its events stand, whoever asks: what is signed when the slate is published."""
    numbers = await _numbers(consultation)
    events = dict(_by_round(await events_of(consultation))).get(number, [])
    return _ledger(number, events, numbers, None, is_published=False)


def _by_round(events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    """Events of each curated slate: all from the end of the one before to its own publication."""
    waiting: list[Mapping[str, Any]] = []
    number: int | None = None
    for event in events:
        if event["action"] not in DECIDES | RESTORES | {SCORES}:
            continue
        if event["action"] == "curation.open" and event["payload"].get("begun"):
            if number is not None:
                yield number, waiting
                waiting = []
            number = int(event["subject"])
        waiting.append(event)
        if event["action"] == "curation.sign" and event["payload"].get("published") and number is not None:
            yield number, waiting
            waiting, number = [], None
    if number is not None:
        yield number, waiting


def _ledger(
    number: int,
    events: Sequence[Mapping[str, Any]],
    numbers: Mapping[int, int],
    record: dict[str, Any] | None,
    *,
    is_published: bool,
) -> RoundLedger:
    decisions = [_decision(event, numbers) for event in events if _is_told(event)]
    last = {event["actor"]: event["payload"] for event in events if event["action"] == DECLARES}
    interests = {
        "curators": len(last),
        "recused": sum(one.get("recused", 0) for one in last.values()),
        "declared": sum(one.get("declared", 0) for one in last.values()),
        "scores": sum(event["action"] == SCORES for event in events),
    }
    swaps = {
        "taken": [event["payload"]["offered"] for event in events if _offered(event, "curation.add")],
        "refused": [event["payload"]["offered"] for event in events if _offered(event, "curation.sign")][-1:],
    }
    return RoundLedger(number, tuple(decisions), interests, swaps, record, is_published)


def _offered(event: Mapping[str, Any], action: str) -> bool:
    return event["action"] == action and bool(event["payload"].get("offered"))


def _is_told(event: Mapping[str, Any]) -> bool:
    """Decisions; of declarations only that the participants' slate decided where every curator stood aside."""
    if event["action"] in RESTORES:
        return bool(event["payload"].get("restored"))
    return event["action"] in DECIDES and (event["action"] != "curation.open" or bool(event["payload"].get("begun")))


def _decision(event: Mapping[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    payload = {name: event["payload"][name] for name in TOLD if event["payload"].get(name) is not None}
    if isinstance(payload.get("replaces"), dict):
        payload["replaces"] = _pair(Stance.from_json(payload["replaces"]), numbers)
    is_statement = event["subject"].isdigit() and event["action"] != "curation.open"
    return {
        "sequence": event["sequence"],
        "day": release_day(datetime.fromisoformat(event["happened_at"])).day.isoformat(),
        "by": "" if event["action"] in RESTORES else event["actor"].partition(":")[0],
        "action": event["action"],
        "statement": int(event["subject"]) if is_statement else None,
        **payload,
    }


async def statements_of(consultation: UUID, numbers: set[int]) -> list[dict[str, Any]]:
    """The statements a ledger speaks of, in their words."""
    rows = await fetch(
        "select number, statement as text, language from proposals where consultation = $1 and number = any($2::int[]) "
        "order by number",
        consultation,
        sorted(numbers),
    )
    return [dict(row) for row in rows]


async def reasons_of(slate: UUID) -> list[dict[str, Any]]:
    """Every reason that stands beside a slate, those for moves included."""
    rows = await fetch(
        "select p.number as statement, x.choice, x.reason_code, x.sentence from slate_reasons x "
        "join proposals p on p.id = x.proposal where x.slate = $1 order by 1, 2",
        slate,
    )
    return [dict(row) for row in rows]


def row_of(draft: Draft, report: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a published slate as it will stand, for the snapshot that is signed."""
    return {"version": draft.version, "n_places": draft.n_places, "report": row_digest(json.loads(json.dumps(report)))}


async def both_slates(frozen: Frozen, draft: Draft, consultation: UUID) -> dict[str, list[Pair]]:
    """Common ground, participants' slate and curated slate, as people quote them."""
    numbers = await _numbers(consultation)
    return {
        "common_ground": [_pair(one, numbers) for one in frozen.slate.common_ground],
        "participants": [_pair(one, numbers) for one in frozen.stances],
        "curated": [_pair(one, numbers) for one in draft.stances],
    }
