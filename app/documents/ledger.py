"""The curation ledger as it is signed when a slate is published, and as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from app.access import Actor
from app.analysis import ledger
from app.analysis.curation import Draft, Frozen
from app.analysis.governance import head_of
from app.documents.snapshot import Head, consultation_part
from app.settings import get_settings
from app.tables.rounds import Round
from deliberation.disclosure import release_day
from deliberation.snapshots import key_id_of, public_key_of, sign

COLUMNS = ("round", "sequence", "day", "by", "action", "statement", "choice", "replaces", "reason_code", "sentence")


async def seal(
    by: Actor, item: Round, frozen: Frozen, draft: Draft, report: Mapping[str, Any], *, refused: ledger.Swap | None
) -> dict[str, Any]:
    """The signed record of a slate that is about to be published: both slates and every decision between them.

    The signature that publishes it is not among the decisions: its event holds this record's hash.
    """
    told = await ledger.ledger_now(item.number, by.consultation.id)
    pairs = await ledger.both_slates(frozen, draft, by.consultation.id)
    reasons = await ledger.reasons_of(draft.id)
    spoken = {one for pair in pairs.values() for one, _ in pair} | _numbers_in(told.decisions)
    head = await _head(by)
    seed = get_settings().signing_key
    snapshot = {
        "kind": "curation_ledger",
        "round": item.number,
        "consultation": consultation_part(by.consultation, by.rounds),
        "analysis": str(frozen.id),
        "slate": slate_part(pairs, reasons),
        "reasons": reasons,
        "row": ledger.row_of(draft, report),
        "decisions": list(told.decisions),
        "interests": told.interests,
        "swaps": told.swaps | {"refused": [] if refused is None else [refused]},
        "statements": await ledger.statements_of(by.consultation.id, spoken),
        "signers": [{"role": one.role} for one in draft.signatures],
        "published_on": release_day(by.now).day.isoformat(),
        "governance": {"sequence": head.sequence, "hash": head.hash},
        "software": f"plenary {version('plenary')}",
        "key_id": key_id_of(public_key_of(seed)),
    }
    return sign(snapshot, seed)


async def _head(by: Actor) -> Head:
    return Head(*await head_of(str(by.consultation.id)))


def _numbers_in(decisions: Sequence[Mapping[str, Any]]) -> set[int]:
    found = {one["statement"] for one in decisions if one["statement"] is not None}
    return found | {one["replaces"][0] for one in decisions if one.get("replaces")}


def slate_part(pairs: Mapping[str, Sequence[ledger.Pair]], reasons: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Both slates with a line for each stance, as a published summary has them."""
    own, curated = [tuple(one) for one in pairs["participants"]], [tuple(one) for one in pairs["curated"]]
    given = {(one["statement"], one["choice"]): one for one in reasons}

    def line(stance: tuple[Any, ...], change: str) -> dict[str, Any]:
        reason = given.get(stance, {}) if change != "kept" else {}
        told = {name: reason.get(name, "") for name in ("reason_code", "sentence")}
        return {"statement": stance[0], "choice": stance[1], "change": change, **told}

    lines = [line(one, "kept" if one in own else "added") for one in curated]
    lines += [line(one, "dropped") for one in own if one not in curated]
    listed = {name: [{"statement": n, "choice": choice} for n, choice in stances] for name, stances in pairs.items()}
    return {**listed, "ledger": lines}


def as_csv(ledgers: Sequence[ledger.RoundLedger]) -> str:
    """One row for each decision; a cell cannot become a formula of a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in ledgers:
        for decision in one.decisions:
            row = {"round": one.number, **decision}
            row["replaces"] = " ".join(str(part) for part in decision.get("replaces") or ())
            writer.writerow([cell(row.get(name)) for name in COLUMNS])
    return text.getvalue()


FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
"""What spreadsheets may begin a formula with; some read the full-width signs of East Asian keyboards alike."""


def cell(value: Any) -> str:
    """The value as a cell of a table that cannot become a formula of a spreadsheet."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in FORMULA else text
