"""A published curation ledger, checked against itself: every decision is replayed, and ends at the slate signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deliberation.snapshot_checks import Finding

Stands = list[list[Any]]


def ledger_checks(snapshot: Mapping[str, Any]) -> Iterator[Finding]:
    """Each check of a ledger's own content, beyond its hash and signature."""
    decisions = snapshot["decisions"]
    slate = {name: _pairs(snapshot["slate"][name]) for name in ("participants", "curated")}
    yield "order", _order_problem(decisions, snapshot["governance"]["sequence"])
    yield "decisions", _replay_problem(decisions, slate["participants"], slate["curated"])
    yield "reasons", _reason_problem(decisions, snapshot["reasons"])
    yield "signers", _signer_problem(decisions, [one["role"] for one in snapshot["signers"]])
    known = {one["number"] for one in snapshot["statements"]}
    named = {one["statement"] for one in decisions if one["statement"] is not None}
    yield "statements", "" if named <= known else f"statement {min(named - known)} is not among those quoted"


def _pairs(listed: Sequence[Mapping[str, Any]]) -> Stands:
    return [[one["statement"], one["choice"]] for one in listed]


def _order_problem(decisions: Sequence[Mapping[str, Any]], head: int) -> str:
    numbers = [one["sequence"] for one in decisions]
    if numbers != sorted(set(numbers)) or (numbers and numbers[-1] > head):
        return "the decisions do not stand in the order of the governance log"
    return "" if numbers and decisions[0]["action"] == "curation.open" else "the first decision is not the opening"


def _replay_problem(decisions: Sequence[Mapping[str, Any]], own: Stands, curated: Stands) -> str:
    """From the participants' slate each decision leads to the slate it says, and the last one to the one signed."""
    stands: Stands = own
    earlier: list[Stands] = [own]
    for one in decisions:
        after = one.get("stands")
        if after is None:
            continue
        if not _is_step(one, stands, after, earlier):
            return f"event {one['sequence']} does not lead to the slate it says"
        stands = after
        earlier.append(after)
    return "" if stands == curated else "the decisions do not lead to the slate that was signed"


def _is_step(one: Mapping[str, Any], before: Stands, after: Stands, earlier: Sequence[Stands]) -> bool:
    verb = one["action"].partition(".")[2]
    stance = [one["statement"], one.get("choice")]
    if verb == "open":
        return after == before
    if verb == "add":
        replaces = one.get("replaces")
        wanted = [*before, stance] if replaces is None else [stance if held == replaces else held for held in before]
        return after == wanted and stance not in before
    if verb == "remove":
        return after == [held for held in before if held != stance] and stance in before
    if verb == "move":
        return sorted(after) == sorted(before) and [h for h in after if h != stance] == [
            h for h in before if h != stance
        ]
    if verb == "undo":
        return after in earlier
    # Where every curator stands aside the participants' slate decides: a declaration may change the slate.
    return after == before or one["action"].startswith("curators.")


def _reason_problem(decisions: Sequence[Mapping[str, Any]], reasons: Sequence[Mapping[str, Any]]) -> str:
    """Every reason that stands was given in a decision, in these words."""
    given = {
        (one["statement"], one.get("choice"), one.get("reason_code"), one.get("sentence"))
        for one in decisions
        if one["action"] == "curation.give_reason"
    }
    for one in reasons:
        if (one["statement"], one["choice"], one["reason_code"], one["sentence"]) not in given:
            return f"no decision gave the reason at statement {one['statement']}"
    return ""


def _signer_problem(decisions: Sequence[Mapping[str, Any]], roles: Sequence[str]) -> str:
    """Two people signed, one of them staff; all but the last signature are among the decisions."""
    if len(roles) < 2 or not set(roles) <= {"convenor", "curator", "participant"} or set(roles) == {"participant"}:
        return "two people sign, one of them a convenor or a curator"
    signed = [one for one in decisions if one["action"] in {"curation.sign", "curation.draw_again"}]
    return "" if signed else "no signature is among the decisions"
