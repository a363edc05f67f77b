"""The governance log of a consultation: what everybody may read of it, and whether its chain is unbroken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.access import Actor
from app.database import fetch, fetchrow
from app.refusals import N_
from deliberation.disclosure import ReleasedDay, release_day
from deliberation.phases import Role
from deliberation.snapshots import FORMAT, GENESIS, chain_problem

SHOWN = 200
FULL = frozenset({Role.CONVENOR, Role.AUDITOR})
"""Who reads the log with its payloads, times and codes of actors; everybody else reads days and roles."""
NAMES = {
    "consultations.create": N_("Consultation created"),
    "consultations.configure": N_("Texts, rounds or targets changed"),
    "consultations.tighten": N_("Attribution rule made stricter"),
    "consultations.launch": N_("Consultation launched"),
    "consultations.appoint": N_("Person appointed"),
    "consultations.remove_role": N_("Role taken away from a person"),
    "consultations.invite": N_("Invitations sent"),
    "consultations.archive": N_("Consultation archived"),
    "participants.agree": N_("A participant agreed to changed words on the use of their contributions"),
    "participants.destroy_links": N_("What led from participants' codes to their accounts destroyed"),
    "reveals.ask": N_("Reveal of an author asked for"),
    "reveals.confirm": N_("An author revealed to two persons"),
    "reveals.refuse": N_("Reveal of an author refused"),
    "rounds.extend": N_("Round extended"),
    "participants.join": N_("Somebody joined"),
    "proposals.submit": N_("Proposal submitted"),
    "proposals.write_starter": N_("Starter proposal written"),
    "proposals.withdraw": N_("Proposal withdrawn"),
    "proposals.cosponsor": N_("Proposal co-sponsored"),
    "proposals.end_cosponsoring": N_("Co-sponsorship ended"),
    "proposals.flag": N_("Statement reported"),
    "moderation.accept": N_("Statement accepted"),
    "moderation.decline": N_("Statement declined"),
    "moderation.settle_flags": N_("Reports settled"),
    "moderation.suggest_merge": N_("Merge suggested"),
    "moderation.answer_merge": N_("Author answered on a merge"),
    "amendments.propose": N_("Other words proposed"),
    "amendments.accept": N_("Other words accepted"),
    "amendments.decline": N_("Other words declined"),
    "amendments.withdraw": N_("Other words taken back"),
    "amendments.make_own": N_("Other words made a proposal of their own"),
    "news.tell": N_("Authors told what became of their proposals"),
    "analyses.record": N_("Analysis recorded"),
    "alerts.raise": N_("Alert raised"),
    "alerts.clear": N_("Alert cleared"),
    "alerts.decide": N_("Alert decided"),
    "exclusions.propose": N_("Leaving votes out proposed"),
    "exclusions.confirm": N_("Votes left out by two persons"),
    "exclusions.refuse": N_("Leaving votes out refused"),
    "exclusions.propose_lifting": N_("Taking votes in again proposed"),
    "exclusions.lift": N_("Votes taken in again by two persons"),
    "exclusions.keep": N_("Taking votes in again refused"),
    "exclusions.contest": N_("Objection to votes being left out"),
    "exclusions.answer": N_("Objection to votes being left out answered"),
    "curation.open": N_("Curation begun"),
    "curation.add": N_("Stance added to the curated slate"),
    "curation.remove": N_("Stance taken off the curated slate"),
    "curation.move": N_("Stance moved on the curated slate"),
    "curation.give_reason": N_("Reason given for a difference"),
    "curation.sign": N_("Curated slate signed"),
    "curation.undo": N_("Last step on the curated slate taken back"),
    "curation.draw_again": N_("Another participant drawn by lot"),
    "coalitions.offer": N_("Somebody offered to work on a proposal"),
    "coalitions.withdraw_offer": N_("An offer to work was withdrawn"),
    "coalitions.draft": N_("Coalition drafted"),
    "coalitions.revise": N_("Coalition draft changed"),
    "coalitions.invite": N_("People invited to a coalition"),
    "coalitions.answer": N_("An invitation to a coalition was answered"),
    "charters.begin": N_("Version of a charter begun"),
    "charters.set_review": N_("Review date of a charter changed"),
    "charters.write": N_("Wording of a clause written"),
    "charters.answer": N_("A partner answered a wording"),
    "charters.sign": N_("A partner signed a charter"),
    "charters.set_openness": N_("A partner said who may read a charter"),
    "charters.propose_renewal": N_("Renewal of a charter put to its partners"),
    "charters.answer_renewal": N_("A partner answered on a renewal"),
    "pulses.save": N_("Draft of a pulse saved"),
    "pulses.send": N_("Pulse sent"),
    "pulses.mark": N_("A partner said how well they work together"),
    "pulses.plan": N_("Structure or time for reports of a coalition changed"),
    "pulses.remind": N_("Partners reminded of a pulse"),
    "pulses.answer_introduction": N_("An introduction of two coalitions was answered"),
    "roster.register": N_("Somebody entered the roster or changed their entry"),
    "roster.withdraw": N_("An entry of the roster withdrawn"),
    "roster.check": N_("An entry of the roster checked"),
    "roster.ask": N_("A coalition asked for a service"),
    "roster.answer": N_("A request for a service was answered"),
    "roster.end": N_("An engagement ended"),
    "commitments.draft": N_("Commitment drafted"),
    "commitments.revise": N_("Commitment draft changed"),
    "commitments.make": N_("Commitment made"),
    "commitments.set_status": N_("Commitment paused, resumed, delivered or withdrawn"),
    "commitments.add_deliverable": N_("Deliverable added to a draft"),
    "commitments.remove_deliverable": N_("Deliverable taken out of a draft"),
    "commitments.settle_deliverable": N_("Deliverable done, dropped or opened again"),
    "commitments.add_resource": N_("Resource added to a commitment"),
    "commitments.remove_resource": N_("Resource taken out of a draft"),
    "backing.pledge": N_("Leader's pledge added"),
    "backing.answer_pledge": N_("Leader's pledge renewed, kept, changed or withdrawn"),
    "backing.add_evidence": N_("Evidence card added"),
    "backing.check_evidence": N_("Evidence card checked"),
    "backing.remove_evidence": N_("Evidence card taken back"),
    "backing.add_barrier": N_("Barrier added"),
    "backing.follow_barrier": N_("Barrier asked about, answered or lifted"),
    "participants.change_details": N_("A participant changed their details"),
    "exports.export_polis": N_("Votes exported"),
    "summaries.write": N_("Summary draft changed"),
    "summaries.show": N_("Summary shown to participants for objections"),
    "objections.answer": N_("Objection to the summary answered"),
    "summaries.sign": N_("Summary signed"),
    "summaries.announce": N_("Participants told of the summary"),
}
ROLES = {
    "convenor": N_("Convenor"),
    "moderator": N_("Moderator"),
    "curator": N_("Curator"),
    "auditor": N_("Auditor"),
    "administrator": N_("Administrator"),
    "participant": N_("Participant"),
    "visitor": N_("Visitor"),
    "system": N_("The platform"),
}
PRIVATE = frozenset({"participant", "visitor"})
"""Whose events are told without their subject: from it and a day one could tell who was busy then with what."""
EVENTS = """
select chain, sequence, happened_at, actor, action, subject, payload, previous_hash, hash
from audit_events where chain = $1 order by sequence
"""


@dataclass(frozen=True)
class Event:
    """One event as it may be read: `by` is a role, for those who read the log in full with a code."""

    sequence: int
    day: ReleasedDay
    by: str
    action: str
    subject: str
    hash: str


@dataclass(frozen=True)
class Log:
    """The log with the outcome of checking every link and every event's own hash; `problem` is empty if all hold."""

    events: tuple[Event, ...]
    n_events: int
    n_older: int
    head: str
    problem: str


async def head_of(chain: str) -> tuple[int, str]:
    """Number and hash of a chain's last event."""
    row = await fetchrow(
        "select sequence, hash from audit_events where chain = $1 order by sequence desc limit 1", chain
    )
    return (row["sequence"], row["hash"]) if row else (0, GENESIS)


def _full(row: Any) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("chain", "sequence", "actor", "action", "subject", "previous_hash", "hash")},
        "happened_at": row["happened_at"].isoformat(),
        "payload": json.loads(row["payload"]),
    }


def _public(row: Any) -> dict[str, Any]:
    return {
        "sequence": row["sequence"],
        "day": release_day(row["happened_at"]).day.isoformat(),
        "actor": row["actor"].partition(":")[0],
        "action": row["action"],
        "subject": "" if row["actor"] in PRIVATE else row["subject"],
        "previous_hash": row["previous_hash"],
        "hash": row["hash"],
    }


def _reads_all(actor: Actor) -> bool:
    return bool(actor.roles & FULL)


async def log_of(actor: Actor) -> Log:
    """The log, the latest events first, checked from its first event to its last."""
    rows = await fetch(EVENTS, str(actor.consultation.id))
    problem = chain_problem([_full(row) for row in rows])
    reads_all = _reads_all(actor)
    shown = [
        Event(
            row["sequence"],
            release_day(row["happened_at"]),
            row["actor"] if reads_all else row["actor"].partition(":")[0],
            row["action"],
            row["subject"] if reads_all or row["actor"] not in PRIVATE else "",
            row["hash"],
        )
        for row in reversed(rows[-SHOWN:])
    ]
    head = rows[-1]["hash"] if rows else GENESIS
    return Log(tuple(shown), len(rows), len(rows) - len(shown), head, problem)


async def record_of(actor: Actor) -> dict[str, Any]:
    """The log as a record that `python -m deliberation verify` checks; in full for convenors and auditors."""
    rows = await fetch(EVENTS, str(actor.consultation.id))
    tell = _full if _reads_all(actor) else _public
    last = rows[-1] if rows else {"sequence": 0, "hash": GENESIS}
    return {
        "kind": "audit",
        "format": FORMAT,
        "consultation": actor.consultation.slug,
        "events": [tell(row) for row in rows],
        "head": {"sequence": last["sequence"], "hash": last["hash"]},
    }
