"""Analyses on record: each stored once with its input, seed and outcome, and what of it may be shown."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from app import live
from app.access import Actor
from app.actions.record import change
from app.analysis.results import basis_rows
from app.database import execute, fetchrow
from app.queue import enqueue
from app.tables.analyses import Analysis
from app.tables.publications import Publication
from deliberation.disclosure import Attribution, Audience, Basis, release
from deliberation.landscape import Landscape
from deliberation.phases import Action


async def record(
    *,
    landscape: Landscape,
    kind: str,
    round_id: UUID | None,
    votes_until: datetime,
    previous: UUID | None,
    n_participants: int,
    slate: dict[str, Any] | None = None,
    holdings: bytes | None = None,
    noise: dict[str, Any] | None = None,
    by: Actor,
) -> Analysis:
    """The analysis is stored and never changed; open pages learn of it, and the balance of power is looked at anew."""
    async with change("analyses.record", Action.ANALYSE, by=by, subject=kind) as made:
        analysis = Analysis(
            consultation=by.consultation.id,
            round=round_id,
            kind=kind,
            evidence=landscape.evidence,
            method=landscape.method,
            method_version=landscape.method_version,
            seed=landscape.seed,
            input_digest=landscape.input_digest,
            digest=landscape.digest,
            n_participants=landscape.n_participants,
            n_votes=landscape.n_votes,
            n_statements=landscape.n_statements,
            landscape=json.dumps(landscape.to_json(), separators=(",", ":")),
            slate=json.dumps(slate or {}),
            holdings=holdings,
            noise=json.dumps(noise or {}),
            previous=previous,
            votes_until=votes_until,
            created_at=made.by.now,
        )
        await analysis.save()
        if kind == "frozen" or by.consultation.attribution != Attribution.CHATHAM_HOUSE:
            await _publish(analysis.id, landscape, made.by, n_participants)
        if kind == "live":
            await execute(
                "delete from analyses a where consultation = $1 and kind = 'live' and id <> $2 "
                "and not exists(select from analyses b where b.previous = a.id) "
                "and not exists(select from alerts l where l.analysis = a.id)",
                by.consultation.id,
                analysis.id,
            )
        made.payload = {"digest": landscape.digest, "input": landscape.input_digest, "evidence": landscape.evidence}
        await live.notify(f"results:{by.consultation.id}", analysis.id)
        await enqueue(
            "check_power", queueing_lock=f"power:{by.consultation.id}", consultation_id=str(by.consultation.id)
        )
        return analysis


async def _publish(analysis: UUID, landscape: Landscape, by: Actor, n_participants: int) -> None:
    """Remembers what was released, so that the next release cannot be subtracted from it."""
    last = await fetchrow(
        "select basis from publications where consultation = $1 order by published_at desc limit 1", by.consultation.id
    )
    previous = Basis.from_records(json.loads(last["basis"])) if last else None
    released = release(
        basis_rows(landscape),
        previous,
        Attribution(by.consultation.attribution),
        audience=Audience.PUBLIC,
        n_participants=n_participants,
    )
    await Publication(
        consultation=by.consultation.id,
        analysis=analysis,
        basis=json.dumps(released.basis.records()),
        n_participants=n_participants,
        published_at=by.now,
    ).save()
