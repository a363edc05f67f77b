"""What a summary is written from: reads a closed round and all that followed it, every figure through the gate.

The public is the reader, whoever asks: what a summary says, it says to everybody.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis.cards import overview_of
from app.analysis.exclusions import told_of
from app.analysis.indicators import indicators_of
from app.analysis.partnering import recommended_in, undertaken_in
from app.analysis.results import CONSTITUENCY, GROUP, VOTES, Gate, large_columns, published_basis
from app.analysis.results_views import Kept
from app.analysis.summary_material import (
    AlertLine,
    Material,
    Moderation,
    OpinionGroup,
    Statement,
)
from app.analysis.summary_people import people_of
from app.analysis.summary_slates import answers_of, coalitions_of, slates_of
from app.database import fetch, fetchrow, fetchval
from app.tables.participants import Participant
from app.tables.rounds import Round
from deliberation.disclosure import (
    Attribution,
    Audience,
    Released,
    ReleasedRow,
    release_again,
    release_day,
)
from deliberation.phases import Phase

FROZEN = """
select id, method, method_version, seed, input_digest, digest, evidence, n_participants, n_votes, votes_until, excluded
from analyses where consultation = $1 and round = $2 and kind = 'frozen' and evidence = 'full'
order by created_at desc limit 1
"""


async def last_closed(actor: Actor) -> Round | None:
    """The closed propose round that a summary would speak of."""
    return actor.last_closed(Phase.PROPOSE)


async def gather(actor: Actor) -> Material | None:
    """The material of a summary; None until a propose round has closed and its full frozen analysis is on record."""
    closed = await last_closed(actor)
    if closed is None:
        return None
    row = await fetchrow(FROZEN, actor.consultation.id, closed.id)
    gate = Gate(
        Attribution(actor.consultation.attribution), Audience.PUBLIC, await Participant.n_in(actor.consultation.id)
    )
    opened = None if row is None else await _opened(actor.consultation.id, row["id"], row["votes_until"], gate)
    if row is None or opened is None:
        return None
    landscape, record, released = opened
    statements = await _statements(actor.consultation.id, released)
    people, bases = await people_of(actor, gate, row["n_votes"], row["votes_until"])
    return Material(
        mode=gate.mode,
        is_small_room=gate.tells_words_only,
        analysis_id=row["id"],
        analysis={
            "method": row["method"],
            "method_version": row["method_version"],
            "seed": row["seed"],
            "input_digest": row["input_digest"],
            "digest": row["digest"],
            "evidence": row["evidence"],
            "votes_until": row["votes_until"].date().isoformat(),
        },
        closed=closed,
        coming=tuple(item for item in actor.rounds if item.opens_at > actor.now),
        n_voters=row["n_participants"],
        people=people,
        statements=statements,
        groups_status=landscape["groups"]["status"],
        is_spectrum=landscape["groups"]["status"] == "none" and bool(landscape["space"]["rank"]),
        groups=_groups(landscape, gate, statements),
        common_ground=tuple(_known(landscape["common_ground"], statements)),
        common_rejection=tuple(_known(landscape["common_rejection"], statements)),
        divides=_divides(landscape, statements),
        n_seen_by_too_few=sum(one["is_below_floor"] for one in landscape["statements"]),
        slates=await slates_of(actor, record, row["id"], gate, statements),
        answers=await answers_of(actor, gate),
        coalitions=await coalitions_of(actor.consultation.id, gate),
        undertaken=await undertaken_in(actor),
        recommended=await recommended_in(actor.consultation.id),
        needs=await overview_of(actor.consultation, audience=Audience.PUBLIC),
        moderation=await _moderation(actor.consultation.id),
        alerts=await _alerts(actor.consultation.id),
        indicators=await indicators_of(actor.consultation.id, gate.mode),
        left_out=await told_of(row["excluded"], actor, Audience.PUBLIC),
        bases=bases,
    )


_kept: Kept[tuple[dict[str, Any], dict[str, Any], Released]] = Kept(6)
PUBLISHED = "select analysis from publications where consultation = $1 and audience = 'both' and key = $2"


async def _opened(
    consultation: UUID, analysis: UUID, until: Any, gate: Gate
) -> tuple[dict[str, Any], dict[str, Any], Released] | None:
    """Landscape, slate and released rows of a frozen analysis; kept, because none of them changes until it is published
    anew. None where nothing was published."""
    key = (analysis, await fetchval(PUBLISHED, consultation, VOTES), gate.mode, gate.n_participants)
    found = _kept.get(key)
    if found is not None:
        return found
    basis = await published_basis(consultation)
    if basis is None:
        return None
    importance = await _importance(consultation, until)
    landscape, record = await large_columns(analysis)
    released = await asyncio.to_thread(
        release_again,
        basis,
        gate.mode,
        audience=Audience.PUBLIC,
        n_participants=gate.n_participants,
        importance=importance,
    )
    return _kept.put(key, (landscape, record, released))


def _known(entries: list[dict[str, Any]], statements: Mapping[int, Statement]) -> list[int]:
    return [one["statement_id"] for one in entries if one["statement_id"] in statements]


# -------- votes


async def _importance(consultation: UUID, until: Any) -> dict[str, float]:
    """Rank 0 to 1 of each statement by the share of its voters to whom it matters a lot."""
    rows = await fetch(
        "select proposal, avg(matters::int) as share from votes where consultation = $1 and cast_at < $2 "
        "group by proposal having count(*) >= 10 order by 2, 1",
        consultation,
        until,
    )
    if len({row["share"] for row in rows}) < 2:
        return {}
    return {str(row["proposal"]): place / (len(rows) - 1) for place, row in enumerate(rows)}


async def _statements(consultation: UUID, released: Released) -> dict[int, Statement]:
    shown = {row.key: row for row in released if row.is_shown}
    tables: dict[tuple[str, str], dict[str, ReleasedRow]] = {}
    for key, row in shown.items():
        if len(key) == 3:
            tables.setdefault((key[0], key[1]), {})[key[2]] = row
    rows = await fetch(
        "select id, number, statement, language, theme from proposals "
        "where consultation = $1 and status in ('accepted', 'merged') order by number",
        consultation,
    )
    return {
        row["id"]: Statement(
            row["id"],
            row["number"],
            row["statement"],
            row["language"],
            row["theme"],
            shown.get((str(row["id"]),)),
            tables.get((str(row["id"]), GROUP), {}),
            tables.get((str(row["id"]), CONSTITUENCY), {}),
        )
        for row in rows
    }


def _groups(landscape: Mapping[str, Any], gate: Gate, statements: Mapping[int, Statement]) -> tuple[OpinionGroup, ...]:
    groups = landscape["groups"]
    labels = Counter(groups["labels"]["values"])
    n_placed = sum(n for label, n in labels.items() if label >= 0)
    return tuple(
        OpinionGroup(
            letter,
            gate.share(labels[place], n_placed, is_bloc=True),
            tuple(
                (one["statement_id"], one["stance"])
                for one in landscape["representative"].get(letter, ())
                if one["statement_id"] in statements
            ),
        )
        for place, letter in enumerate(groups["letters"])
    )


def _divides(
    landscape: Mapping[str, Any], statements: Mapping[int, Statement]
) -> tuple[tuple[int, str, str, str], ...]:
    """Statement, dimension, and the categories that agree most and least; one line for each statement."""
    found: dict[int, tuple[int, str, str, str]] = {}
    for one in landscape["divides"]:
        if one["statement_id"] in statements:
            found.setdefault(one["statement_id"], (one["statement_id"], one["dimension"], one["high"], one["low"]))
    return tuple(found.values())


# -------- moderation


async def _moderation(consultation: UUID) -> Moderation:
    rows = await fetch(
        "select status, reason_code, count(*) as n from proposals where consultation = $1 and not is_starter "
        "group by 1, 2",
        consultation,
    )
    by_status: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in rows:
        by_status[row["status"]] += row["n"]
        if row["status"] == "declined":
            reasons[row["reason_code"]] += row["n"]
    return Moderation(
        by_status["accepted"],
        by_status["declined"],
        by_status["merged"],
        tuple(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


async def _alerts(consultation: UUID) -> tuple[AlertLine, ...]:
    rows = await fetch(
        "select kind, decision, raised_at, cleared_at from alerts where consultation = $1 order by raised_at, id",
        consultation,
    )
    return tuple(
        AlertLine(row["kind"], row["decision"], release_day(row["raised_at"]), row["cleared_at"] is not None)
        for row in rows
    )
