"""Where a statement comes from and what became of it: amendments, merges, slates, answers, coalitions, by the day.

Everything here is public once it has happened, or known to who reads it; days, words and public outcomes leave, no
counts.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis import curation, responses, responses_result
from app.analysis.curation_page import gate_for
from app.database import fetch
from app.language import gettext
from app.refusals import N_
from app.taxonomies import curation_reasons, moderation_reasons, unclear_kinds
from deliberation.disclosure import Audience, ReleasedDay, release_day
from deliberation.lineage import current_of
from deliberation.phases import Action, Role

WORDS: dict[str, str] = {
    "submitted": N_("Submitted by a participant"),
    "starter": N_("Written by the convenor"),
    "noted": N_("Spoken in the room and noted"),
    "accepted": N_("A moderator accepted it: it is open for votes"),
    "unclear": N_("A moderator asked its author: %(label)s"),
    "clarified": N_("Its author answered, and it waits for a moderator again"),
    "declined": N_("A moderator declined it: %(label)s"),
    "appealed": N_("Its author appealed to the convenor"),
    "upheld": N_("The convenor looked at it again: the decision stands"),
    "overturned": N_("The convenor overturned the decision to decline it"),
    "withdrawn": N_("Its author withdrew it"),
    "amendment": N_("A participant proposed other words"),
    "amendment_declined": N_("Other words were proposed; its author kept these"),
    "amendment_read": N_("Its author accepted other words, which wait for a moderator"),
    "amendment_own": N_("Other words that were proposed for it became statement %(number)s"),
    "began_as_amendment": N_("Began as other words for statement %(number)s"),
    "reworded": N_("Other words were accepted: statement %(number)s stands for it now"),
    "rewords": N_("Stands for statement %(number)s, in other words"),
    "merged": N_("Merged with the consent of both authors: statement %(number)s stands for it now"),
    "carries": N_("Stands also for statement %(number)s, which was merged into it"),
    "joined": N_("It says the same as statement %(number)s, which stands for both"),
    "joins": N_("Stands also for statement %(number)s, which says the same"),
    "separated": N_("Taken out again: it does not say the same as statement %(number)s"),
    "participants_slate": N_("On the participants' slate, which follows from the votes alone"),
    "kept": N_("On the curated slate, as participants had chosen"),
    "moved": N_("On the curated slate, in another place: %(label)s"),
    "added": N_("The curators added it to the curated slate: %(label)s"),
    "dropped": N_("On the participants' slate, but the curators left it out: %(label)s"),
    "on_neither": N_("On neither slate: the places went to other statements"),
    "adopted": N_("Participants adopted the slate on which it stands"),
    "returned": N_("Participants returned the slate on which it stands to the curators"),
    "too_few": N_("Too few participants answered to adopt the slate on which it stands"),
    "coalition": N_("A coalition formed to carry it: %(label)s"),
    "commitment": N_("Its coalition undertook: %(label)s"),
    "commitment_paused": N_("The coalition paused its commitment: %(label)s"),
    "commitment_delivered": N_("The coalition delivered its commitment: %(label)s"),
    "commitment_withdrawn": N_("The coalition withdrew its commitment: %(label)s"),
}
"""What happened to a statement, in the order in which it can happen."""
LEFT = ("reworded", "merged", "joined")
"""How another statement came to stand for it."""
BECAME = ("coalition", "commitment", "commitment_delivered", "commitment_withdrawn")
TOLD = (*LEFT, "kept", "moved", "added", "dropped", "on_neither", "adopted", "returned", *BECAME)
"""What is news for an author; what a moderator decides is told at once, with the reason."""


@dataclass(frozen=True)
class Step:
    """One thing that happened to a statement. `words` is a reason as somebody wrote it; `key` tells it from others."""

    code: str
    day: ReleasedDay
    number: int | None = None
    label: str = ""
    words: str = ""
    path: str = ""
    ref: str = ""
    via: int | None = None

    @property
    def key(self) -> str:
        return f"{self.code}:{self.ref or self.number or ''}"

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        label = gettext(self.label) if self.label else ""
        return gettext(WORDS[self.code]) % {"number": self.number, "label": label}


@dataclass(frozen=True)
class Node:
    """One statement of a family, with what happened to it; `into` is the number of the one that stands for it."""

    id: int
    number: int
    statement: str
    language: str
    status: str
    is_starter: bool
    into: int | None
    steps: tuple[Step, ...]
    depth: int = 0


@dataclass
class _Found:
    row: Mapping[str, Any]
    steps: list[Step] = field(default_factory=list)


LINKS = """
select p.id as one, p.merged_into as other from proposals p where p.consultation = $1 and p.merged_into is not null
union
select a.proposal, a.became from amendments a join proposals p on p.id = a.proposal
where p.consultation = $1 and a.became is not null
"""
ROWS = """
select p.*, q.number as into_number from proposals p left join proposals q on q.id = p.merged_into
where p.id = any($1::int[]) order by p.number
"""
AMENDED = """
select a.proposal, a.became, a.status, a.created_at, a.settled_at, p.number, q.number as became_number,
       q.status as became_status, p.merged_into = a.became as stands
from amendments a join proposals p on p.id = a.proposal left join proposals q on q.id = a.became
where a.proposal = any($1::int[]) or a.became = any($1::int[]) order by a.created_at, a.id
"""
MERGED = """
select p.id, p.number, p.merged_into, q.number as into_number, p.decided_at,
       exists(select from amendments a where a.proposal = p.id and a.became = p.merged_into and a.status = 'accepted')
         as is_reworded,
       exists(select from family_members f where f.proposal = p.id and f.lead = p.merged_into and f.left_at is null)
         as is_joined
from proposals p join proposals q on q.id = p.merged_into
where p.id = any($1::int[]) or p.merged_into = any($1::int[]) order by p.number
"""
SEPARATED = """
select f.proposal, f.left_at, q.number from family_members f join proposals q on q.id = f.lead
where f.proposal = any($1::int[]) and f.left_at is not null order by f.left_at
"""
ASKED = """
select proposal, kind, question, asked_at, answered_at from clarifications where proposal = any($1::int[])
order by asked_at
"""
APPEALED = """
select proposal, outcome, answer, made_at, decided_at from appeals where proposal = any($1::int[])
"""
ACCEPTED = """
select subject, min(happened_at) filter (where action = 'moderation.accept') as at from audit_events
where chain = $1 and (action = 'moderation.accept' or payload ->> 'outcome' = 'overturned')
  and subject = any($2::text[]) group by subject
"""
SLATES = """
select id, published_at, report from curated_slates where consultation = $1 and status = 'published'
order by published_at
"""
COALITIONS = """
select proposal, number, title, formed_at from coalitions
where proposal = any($1::int[]) and status = 'formed' order by formed_at, number
"""

COMMITMENTS = """
select k.proposal, k.number as coalition, c.number, c.title, c.status, c.reason, c.made_at, c.status_at
from commitments c join coalitions k on k.id = c.coalition
where k.proposal = any($1::int[]) and c.made_at is not null order by c.made_at, k.number, c.number
"""


async def family_of(actor: Actor, proposal: int) -> tuple[Node, ...]:
    """The statement with all that it came from and that came of it, originals before what stands for them.

    Statements that the reader may not see are left out; `depth` is the number of steps to the one that stands for all.
    """
    near: dict[int, set[int]] = {}
    for row in await fetch(LINKS, actor.consultation.id):
        near.setdefault(row["one"], set()).add(row["other"])
        near.setdefault(row["other"], set()).add(row["one"])
    found, wanted = {proposal}, [proposal]
    while wanted:
        for other in near.get(wanted.pop(), set()) - found:
            found.add(other)
            wanted.append(other)
    nodes = await nodes_of(actor, sorted(found))
    into = {node.number: node.into for node in nodes if node.into is not None}
    placed = [replace(node, depth=_depth(node.number, into)) for node in nodes]
    return tuple(sorted(placed, key=lambda node: (-node.depth, node.number)))


def _depth(number: int, into: Mapping[int, int]) -> int:
    n = 0
    while number in into:
        number, n = into[number], n + 1
    return n


async def nodes_of(actor: Actor, proposals: Sequence[int]) -> tuple[Node, ...]:
    """These statements, as far as the reader may see them, each with what happened to it, by day."""
    rows = {row["id"]: _Found(row) for row in await fetch(ROWS, list(proposals)) if _may_see(actor, row)}
    ids = list(rows)
    await _add_origin(actor, rows)
    await _add_amendments(rows, ids)
    await _add_merges(rows, ids)
    await _add_questions(actor, rows)
    if actor.may(Action.SEE_SLATES):
        await _add_slates(actor, rows)
    if actor.may(Action.SEE_COALITIONS):
        for row in await fetch(COALITIONS, ids):
            path = f"/c/{actor.consultation.slug}/coalitions/{row['number']}"
            one = Step(
                "coalition", release_day(row["formed_at"]), label=row["title"], path=path, ref=str(row["number"])
            )
            rows[row["proposal"]].steps.append(one)
    if actor.may(Action.SEE_COMMITMENTS):
        await _add_commitments(actor, rows)
    return tuple(_node(one) for one in rows.values())


async def fates_of(actor: Actor, proposals: Sequence[int]) -> tuple[Node, ...]:
    """The same for authors: what happened to the statement that stands for theirs is their statement's fate, too."""
    links = await fetch(
        "select id, merged_into from proposals where consultation = $1 and merged_into is not null",
        actor.consultation.id,
    )
    successors = {row["id"]: row["merged_into"] for row in links}
    current = {one: current_of(one, successors) for one in proposals}
    nodes = {node.id: node for node in await nodes_of(actor, sorted({*proposals, *current.values()}))}
    return tuple(_with_carrier(nodes[one], nodes.get(current[one])) for one in proposals if one in nodes)


def _with_carrier(node: Node, carrier: Node | None) -> Node:
    left = [step.day.day for step in node.steps if step.code in LEFT]
    if carrier is None or carrier.id == node.id or not left:
        return node
    later = [step for step in carrier.steps if step.code in TOLD[len(LEFT) :] and step.day.day >= max(left)]
    return replace(node, steps=(*node.steps, *[replace(step, via=carrier.number) for step in later]))


def _may_see(actor: Actor, row: Mapping[str, Any]) -> bool:
    return row["status"] in {"accepted", "merged"} or _is_staff(actor) or _is_own(actor, row)


def _is_staff(actor: Actor) -> bool:
    return actor.is_system or bool(actor.roles & {Role.MODERATOR, Role.CONVENOR, Role.AUDITOR, Role.CURATOR})


def _is_own(actor: Actor, row: Mapping[str, Any]) -> bool:
    return actor.participant is not None and row["author"] == actor.participant.id


def _node(found: _Found) -> Node:
    row, order = found.row, list(WORDS)
    steps = sorted(found.steps, key=lambda step: (step.day.day, order.index(step.code), step.number or 0))
    return Node(
        row["id"],
        row["number"],
        row["statement"],
        row["language"],
        row["status"],
        row["is_starter"],
        row["into_number"],
        tuple(steps),
    )


def _day(on: date) -> ReleasedDay:
    return release_day(datetime.combine(on, time(), UTC))


async def _add_origin(actor: Actor, rows: Mapping[int, _Found]) -> None:
    """Who brought it in, and what a moderator said."""
    numbers = [str(one.row["number"]) for one in rows.values()]
    events = await fetch(ACCEPTED, str(actor.consultation.id), numbers)
    accepted = {row["subject"]: row["at"] for row in events}
    for one in rows.values():
        row = one.row
        origin = "starter" if row["is_starter"] else "noted" if row["is_noted"] else "submitted"
        one.steps.append(Step(origin, _day(row["submitted_on"])))
        opened_at = row["decided_at"] if row["status"] == "accepted" else None
        at = accepted.get(str(row["number"]), opened_at)
        if at is not None and row["author"] is not None:
            one.steps.append(Step("accepted", release_day(at)))
        if row["status"] == "declined" and row["decided_at"] is not None:
            label = moderation_reasons.label(row["reason_code"]) if row["reason_code"] else ""
            one.steps.append(Step("declined", release_day(row["decided_at"]), label=label, words=row["reason"]))
        if row["status"] == "withdrawn":
            one.steps.append(Step("withdrawn", _day(row["submitted_on"])))


async def _add_amendments(rows: Mapping[int, _Found], ids: Sequence[int]) -> None:
    """Other words that were proposed for it. They are quoted only once they are a statement that somebody has read."""
    for row in await fetch(AMENDED, list(ids)):
        is_public = row["became_status"] in {"accepted", "merged"}
        day = release_day(row["settled_at"] or row["created_at"])
        code = {
            "waiting": "amendment",
            "declined": "amendment_declined",
            "accepted": "" if row["stands"] else "amendment_read",
            "own": "amendment_own" if is_public else "amendment_declined",
        }.get(row["status"], "")
        if row["status"] == "accepted" and row["became_status"] != "waiting":
            code = ""
        if code and row["proposal"] in rows:
            rows[row["proposal"]].steps.append(Step(code, day, number=row["became_number"]))
        if row["status"] == "own" and row["became"] in rows:
            rows[row["became"]].steps.append(Step("began_as_amendment", day, number=row["number"]))


async def _add_merges(rows: Mapping[int, _Found], ids: Sequence[int]) -> None:
    for row in await fetch(MERGED, list(ids)):
        day = release_day(row["decided_at"]) if row["decided_at"] else None
        if day is None:
            continue
        if row["id"] in rows:
            code = "joined" if row["is_joined"] else "reworded" if row["is_reworded"] else "merged"
            rows[row["id"]].steps.append(Step(code, day, number=row["into_number"]))
        if row["merged_into"] in rows:
            code = "joins" if row["is_joined"] else "rewords" if row["is_reworded"] else "carries"
            rows[row["merged_into"]].steps.append(Step(code, day, number=row["number"]))
    for row in await fetch(SEPARATED, list(ids)):
        rows[row["proposal"]].steps.append(Step("separated", release_day(row["left_at"]), number=row["number"]))


async def _add_questions(actor: Actor, rows: Mapping[int, _Found]) -> None:
    """What went between its author, the moderators and the convenor: for staff and for the author alone.

    Everybody else sees that a decision was overturned, which is why it is open for votes.
    """
    ids = {one for one, found in rows.items() if _is_staff(actor) or _is_own(actor, found.row)}
    for row in await fetch(ASKED, list(ids)):
        label, steps = unclear_kinds.label(row["kind"]), rows[row["proposal"]].steps
        steps.append(Step("unclear", release_day(row["asked_at"]), label=label, words=row["question"]))
        if row["answered_at"] is not None:
            steps.append(Step("clarified", release_day(row["answered_at"])))
    for row in await fetch(APPEALED, list(rows)):
        steps, is_told = rows[row["proposal"]].steps, row["proposal"] in ids
        if is_told:
            steps.append(Step("appealed", release_day(row["made_at"])))
        if row["outcome"] and (is_told or row["outcome"] == "overturned"):
            words = row["answer"] if is_told else ""
            steps.append(Step(row["outcome"], release_day(row["decided_at"]), words=words))


async def _add_slates(actor: Actor, rows: Mapping[int, _Found]) -> None:
    """What the published slates say of it, with the curators' reason, and what participants answered."""
    path = f"/c/{actor.consultation.slug}/slates"
    for slate in await fetch(SLATES, actor.consultation.id):
        report, day = json.loads(slate["report"]), release_day(slate["published_at"])
        said = _said_of(report)
        curated = {item["number"] for item in report.get("curated_slate", ())}
        outcome = await _outcome(actor, slate["id"]) if curated & {one.row["number"] for one in rows.values()} else None
        for one in rows.values():
            ref = str(slate["id"])
            for code, item in said.get(one.row["number"]) or _left_out(one.row, slate["published_at"]):
                code_of = item.get("reason_code")
                label = curation_reasons.label(code_of) if code_of else ""
                one.steps.append(Step(code, day, label=label, words=item.get("sentence", ""), path=path, ref=ref))
            if outcome is not None and one.row["number"] in curated:
                one.steps.append(Step(outcome[0], outcome[1], path=path, ref=ref))


async def _add_commitments(actor: Actor, rows: Mapping[int, _Found]) -> None:
    """What coalitions undertook to carry it, and what became of that."""
    for row in await fetch(COMMITMENTS, list(rows)):
        path = f"/c/{actor.consultation.slug}/coalitions/{row['coalition']}/commitments/{row['number']}"
        ref, steps = f"{row['coalition']}.{row['number']}", rows[row["proposal"]].steps
        steps.append(Step("commitment", release_day(row["made_at"]), label=row["title"], path=path, ref=ref))
        if row["status"] in {"paused", "delivered", "withdrawn"}:
            code, day = f"commitment_{row['status']}", release_day(row["status_at"])
            steps.append(Step(code, day, label=row["title"], words=row["reason"], path=path, ref=ref))


def _left_out(row: Mapping[str, Any], published_at: datetime) -> list[tuple[str, Mapping[str, Any]]]:
    """What is open for votes, and was when the slate was made, stands on neither slate."""
    was_there = row["decided_at"] is None or row["decided_at"] < published_at
    return [("on_neither", {})] if row["status"] == "accepted" and was_there else []


def _said_of(report: Mapping[str, Any]) -> dict[int, list[tuple[str, Mapping[str, Any]]]]:
    """By statement number, on which slate it stands and the reason for a difference."""
    found: dict[int, list[tuple[str, Mapping[str, Any]]]] = {}
    changes: Mapping[str, Iterable[Mapping[str, Any]]] = report.get("difference", {})
    for code in ("kept", "moved", "added", "dropped"):
        for item in changes.get(code, ()):
            has_reason = code in {"added", "dropped"} or item.get("reason_code")
            found.setdefault(item["number"], []).append((code if has_reason else "kept", item))
    return found


_outcomes: OrderedDict[UUID, tuple[str, ReleasedDay]] = OrderedDict()
MAX_OUTCOMES = 256


async def _outcome(actor: Actor, slate: UUID) -> tuple[str, ReleasedDay] | None:
    """What the closed respond round about this slate decided, and when; it never changes, so that it is kept."""
    if slate not in _outcomes:
        draft = await curation.draft(slate)
        item = responses.closed_round(actor, draft)
        result = await responses_result.result_of(actor, draft, await gate_for(actor, audience=Audience.PUBLIC))
        if item is None or result is None:
            return None
        _outcomes[slate] = (result.outcome, release_day(item.closes_at))
        while len(_outcomes) > MAX_OUTCOMES:
            _outcomes.popitem(last=False)
    return _outcomes[slate]
