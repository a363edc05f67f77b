"""What a moderator has before them: statements that wait, reported ones, and the record of what was decided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor, speaks_for
from app.analysis import queue_age
from app.analysis.clarifications import Asked, asked_about, returned_in
from app.analysis.queue_age import QueueAge
from app.database import fetch, fetchrow, fetchval
from app.tables.participants import Participant
from app.tables.proposals import MergeRequest, Proposal
from deliberation import texts
from deliberation.disclosure import ReleasedCount, ReleasedDay, release_day, release_tally
from deliberation.phases import Role
from deliberation.wordings import Piece, compare_wordings

PAGE_SIZE = 25
N_SIMILAR = 3
RECORD_SIZE = 100


@dataclass(frozen=True)
class Similar:
    """A statement that says nearly the same."""

    number: int
    statement: str
    language: str
    is_accepted: bool
    is_same: bool


@dataclass(frozen=True)
class Card:
    """A statement that waits for a decision; nothing here leads to its author."""

    number: int
    statement: str
    details: str
    language: str
    version: int
    waiting_since: ReleasedDay | None
    similar: tuple[Similar, ...]
    is_own: bool
    is_sponsored: bool
    asked: Asked | None
    merge_into: int | None
    rewords: int | None
    """The statement for which this one will stand, because its author accepted these words."""


@dataclass(frozen=True)
class Report:
    """A statement that participants asked a moderator to look at: how many did, their reason codes and notes."""

    number: int
    statement: str
    language: str
    version: int
    n_reports: ReleasedCount
    reason_codes: tuple[str, ...]
    notes: tuple[str, ...]
    is_open: bool
    is_own: bool
    is_sponsored: bool


@dataclass(frozen=True)
class Queue:
    """One page of what waits, oldest first, everything that was reported, and what is with its authors."""

    cards: tuple[Card, ...]
    reports: tuple[Report, ...]
    returned: tuple[Asked, ...]
    age: QueueAge
    n_found: int
    n_waiting: int
    page: int
    n_pages: int


WAITING = """
select p.*, into_.number as merge_into,
  (select q.number from amendments a join proposals q on q.id = a.proposal
   where a.became = p.id and a.status = 'accepted' and q.status = 'accepted') as rewords,
  exists(select from cosponsors s where s.proposal = p.id and (s.participant = $4 or s.organisation = $5)) as sponsored
from proposals p
left join lateral (select q.number from merge_requests m join proposals q on q.id = m."into"
                   where m.proposal = p.id and m.settled_at is null limit 1) into_ on true
where p.consultation = $1 and p.status = 'waiting' and ($2 = '' or p.language = $2)
  and ($3 = '' or position(lower($3) in lower(p.statement)) > 0)
order by (into_.number is not null), p.waiting_since nulls first, p.number
"""
REPORTED = """
select p.number, p.statement, p.language, p.version, p.author, p.status, count(*) as n,
  exists(select from cosponsors s where s.proposal = p.id and (s.participant = $2 or s.organisation = $3)) as sponsored,
  array_agg(f.reason_code) as codes,
  array_agg(f.note order by f.id) filter (where f.note <> '') as notes
from flags f join proposals p on p.id = f.proposal
where p.consultation = $1 and f.settled_at is null and p.status in ('accepted', 'waiting')
group by p.id order by count(*) desc, p.number
"""
COMPARED = """
select id, number, statement, language, status, vector from proposals
where consultation = $1 and status in ('accepted', 'waiting') and vector is not null order by id
"""


async def n_waiting(consultation: UUID) -> int:
    """Statements that wait for a moderator."""
    return int(
        await fetchval("select count(*) from proposals where consultation = $1 and status = 'waiting'", consultation)
    )


async def queue_of(
    actor: Actor, *, language: str = "", text: str = "", page: int = 1, own: Participant | None = None
) -> Queue:
    """The page of the queue that was asked for, or the last there is. `own`: the moderator as a participant."""
    consultation = actor.consultation.id
    mine = (own.id, own.organisation) if own is not None else (None, None)
    rows = await fetch(WAITING, consultation, language, text, *mine)
    n_pages = max(1, -(-len(rows) // PAGE_SIZE))
    page = min(max(page, 1), n_pages)
    shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    alike = await _similar(consultation, shown)
    asked = await asked_about([row["id"] for row in shown])
    return Queue(
        cards=tuple(_card(row, alike.get(row["id"], ()), mine[0], asked.get(row["id"])) for row in shown),
        reports=tuple(_report(row, mine[0]) for row in await fetch(REPORTED, consultation, *mine)),
        returned=await returned_in(consultation),
        age=await queue_age.age_of(actor),
        n_found=len(rows),
        n_waiting=await n_waiting(consultation),
        page=page,
        n_pages=n_pages,
    )


def _card(row: Any, similar: tuple[Similar, ...], own: int | None, asked: Asked | None) -> Card:
    return Card(
        number=row["number"],
        statement=row["statement"],
        details=row["details"],
        language=row["language"],
        version=row["version"],
        waiting_since=release_day(row["waiting_since"]) if row["waiting_since"] else None,
        similar=similar,
        is_own=own is not None and row["author"] == own,
        is_sponsored=row["sponsored"],
        asked=asked,
        merge_into=row["merge_into"],
        rewords=row["rewords"],
    )


def _report(row: Any, own: int | None) -> Report:
    counts = Counter(row["codes"])
    return Report(
        number=row["number"],
        statement=row["statement"],
        language=row["language"],
        version=row["version"],
        n_reports=release_tally(row["n"]),
        reason_codes=tuple(sorted(counts, key=lambda code: (-counts[code], code))),
        notes=tuple(sorted(row["notes"] or ())),
        is_open=row["status"] == "accepted",
        is_own=own is not None and row["author"] == own,
        is_sponsored=row["sponsored"],
    )


async def _similar(consultation: UUID, wanted: list[Any]) -> dict[int, tuple[Similar, ...]]:
    """The closest accepted or waiting statements of each of `wanted`, most similar first."""
    if not wanted:
        return {}
    rows = await fetch(COMPARED, consultation)
    index = texts.TextIndex.of([texts.TextVector.from_bytes(bytes(row["vector"])) for row in rows])
    found: dict[int, tuple[Similar, ...]] = {}
    for card in wanted:
        matches = texts.similar(card["statement"], index)
        others = [(rows[match.index], match.is_probably_same) for match in matches]
        found[card["id"]] = tuple(
            Similar(row["number"], row["statement"], row["language"], row["status"] == "accepted", is_same)
            for row, is_same in [one for one in others if one[0]["id"] != card["id"]][:N_SIMILAR]
        )
    return found


@dataclass(frozen=True)
class Merge:
    """A suggested merge as one of those sees it who speak for its statements."""

    id: UUID
    number: int
    statement: str
    language: str
    into_number: int
    into_statement: str
    into_language: str
    note: str
    has_agreed: bool
    is_settled: bool
    is_merged: bool
    pieces: tuple[Piece, ...]


async def merge_of(actor: Actor, request: UUID) -> Merge | None:
    """The suggestion, if the actor speaks for one of its statements."""
    row = await MergeRequest.objects().where(MergeRequest.id == request).first()
    if row is None:
        return None
    one = await Proposal.objects().where(Proposal.id == row.proposal).first()
    other = await Proposal.objects().where(Proposal.id == row.into).first()
    assert one is not None and other is not None
    mine = [
        agrees
        for agrees, statement in ((row.author_agrees, one), (row.other_author_agrees, other))
        if speaks_for(actor, statement)
    ]
    if not mine:
        return None
    return Merge(
        row.id,
        one.number,
        one.statement,
        one.language,
        other.number,
        other.statement,
        other.language,
        row.note,
        has_agreed=all(mine),
        is_settled=row.settled_at is not None,
        is_merged=one.merged_into == other.id,
        pieces=compare_wordings(one.statement, other.statement),
    )


# -------- the record


@dataclass(frozen=True)
class Line:
    """One entry of the record. Texts and the moderator's code are there for staff only; times are days for all."""

    day: ReleasedDay
    action: str
    number: str
    into: str
    reason_code: str
    decision: str
    unclear: str
    kind: str
    by: str
    statement: str
    language: str
    words: str


@dataclass(frozen=True)
class Record:
    """Every moderation action, counted, and the latest of them one by one."""

    lines: tuple[Line, ...]
    n_decided: ReleasedCount
    n_accepted: ReleasedCount
    n_declined: ReleasedCount
    n_older: ReleasedCount
    reasons: tuple[tuple[str, ReleasedCount], ...]
    n_appeals: ReleasedCount
    n_upheld: ReleasedCount
    n_overturned: ReleasedCount
    n_returned: ReleasedCount
    n_joined: ReleasedCount
    with_texts: bool


ON_RECORD = (
    "split_part(action, '.', 1) in ('moderation', 'alerts', 'exclusions', 'clarifications', 'appeals', 'families')"
)
EVENTS = f"""
select happened_at, actor, action, subject, payload from audit_events
where chain = $1 and {ON_RECORD} order by sequence desc limit $2
"""  # noqa: S608  # a constant
COUNTS = f"""
select count(*) filter (where action = 'moderation.accept') as accepted,
  count(*) filter (where payload ->> 'reason_code' is not null) as declined, count(*) as all,
  count(*) filter (where action = 'appeals.make') as appeals,
  count(*) filter (where payload ->> 'outcome' = 'upheld') as upheld,
  count(*) filter (where payload ->> 'outcome' = 'overturned') as overturned,
  count(*) filter (where action = 'clarifications.ask') as returned,
  count(*) filter (where action = 'families.join') as joined
from audit_events where chain = $1 and {ON_RECORD}
"""  # noqa: S608  # a constant
REASONS = """
select payload ->> 'reason_code' as code, count(*) as n from audit_events
where chain = $1 and action like 'moderation.%' and payload ->> 'reason_code' is not null
group by 1 order by 2 desc, 1
"""


async def record_of(actor: Actor) -> Record:
    """The record as the actor may read it: everybody reasons and counts, staff also texts and by whom."""
    chain = str(actor.consultation.id)
    counts = await fetchrow(COUNTS, chain)
    assert counts is not None
    events = await fetch(EVENTS, chain, RECORD_SIZE)
    with_texts = bool(actor.roles & {Role.MODERATOR, Role.AUDITOR, Role.CONVENOR})
    found = await _texts_of(actor.consultation.id, [row["subject"] for row in events]) if with_texts else {}
    return Record(
        lines=tuple(_line(row, found, with_texts) for row in events),
        n_decided=release_tally(counts["accepted"] + counts["declined"]),
        n_accepted=release_tally(counts["accepted"]),
        n_declined=release_tally(counts["declined"]),
        n_older=release_tally(counts["all"] - len(events)),
        reasons=tuple((row["code"], release_tally(row["n"])) for row in await fetch(REASONS, chain)),
        n_appeals=release_tally(counts["appeals"]),
        n_upheld=release_tally(counts["upheld"]),
        n_overturned=release_tally(counts["overturned"]),
        n_returned=release_tally(counts["returned"]),
        n_joined=release_tally(counts["joined"]),
        with_texts=with_texts,
    )


async def _texts_of(consultation: UUID, subjects: list[str]) -> dict[str, Any]:
    numbers = sorted({int(subject) for subject in subjects if subject.isdigit() and len(subject) < 10})
    rows = await fetch(
        "select number, statement, language, reason from proposals where consultation = $1 and number = any($2::int[])",
        consultation,
        numbers,
    )
    return {str(row["number"]): row for row in rows}


def _line(row: Any, found: Mapping[str, Any], with_texts: bool) -> Line:
    payload = json.loads(row["payload"])
    text = None if row["action"].startswith(("alerts.", "exclusions.")) else found.get(row["subject"])
    return Line(
        day=release_day(row["happened_at"]),
        action=row["action"],
        number=row["subject"],
        into=str(payload.get("into", payload.get("from", ""))),
        reason_code=payload.get("reason_code", ""),
        decision=str(payload.get("decision", payload.get("outcome", payload.get("agrees", payload.get("reason", ""))))),
        unclear=payload.get("unclear", ""),
        kind=payload.get("kind", ""),
        by=row["actor"] if with_texts else "",
        statement=text["statement"] if text else "",
        language=text["language"] if text else "",
        words=text["reason"] if text and payload.get("reason_code") else "",
    )
