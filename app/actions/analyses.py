"""Analyses on record: each stored once with its input, seed and outcome, and what of it may be shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app import live
from app.access import Actor
from app.actions.record import change
from app.analysis.exclusions import kept_rows, left_out, stay_released
from app.analysis.integrity import row_digest
from app.analysis.results import VOTES, published_basis, vote_rows
from app.analysis.results_units import ORGANISATIONS, published_rows
from app.database import execute, fetchval
from app.queue import enqueue
from app.refusals import N_, Conflict
from app.tables.analyses import Analysis
from deliberation.disclosure import Attribution, Audience, release
from deliberation.disclosure_units import UnitRow, next_units
from deliberation.exclusions import rows_beside
from deliberation.phases import Action

if TYPE_CHECKING:
    # Pages ask for analyses too, and scipy stays in the workers.
    from deliberation.landscape import Landscape


PUBLISH = """
insert into publications (id, consultation, audience, key, row, n_voters, analysis)
values (gen_random_uuid(), $1, 'both', $2, $3::jsonb, $4, $5)
on conflict (consultation, audience, key) do update
  set row = excluded.row, n_voters = excluded.n_voters, analysis = excluded.analysis
"""

OVERTAKEN = """
select exists(
  select from analyses where consultation = $1 and kind in ($2, 'frozen') and votes_until > $3
)
"""


DROP_OLDER = """
delete from analyses a where consultation = $1 and kind = $2 and id <> $3
  and (kind = 'live' or exists(select from analyses n where n.consultation = $1 and n.kind = 'search'
    and n.votes_until > a.votes_until))
  and not exists(select from analyses b where b.previous = a.id)
  and not exists(select from alerts l where l.analysis = a.id)
"""
IS_FROZEN = "select true from analyses where round = $1 and kind = 'frozen' and evidence = $2 limit 1"


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
    excluded: tuple[str, ...] = (),
    whole: dict[str, Any] | None = None,
    organisations: Sequence[UnitRow] = (),
    by: Actor,
) -> Analysis:
    """The analysis is stored and never changed; open pages learn of it, and the balance of power is looked at anew.

    kind : "live", "frozen", or "search", which nobody sees: live ones keep its groups
    """
    async with change("analyses.record", Action.ANALYSE, by=by, subject=kind) as made:
        _refuse_moved(made.by, round_id, votes_until)
        if kind == "frozen" and await fetchval(IS_FROZEN, round_id, landscape.evidence):
            raise Conflict(N_("This round has been frozen already."))
        if kind != "frozen" and await is_overtaken(by.consultation.id, kind, votes_until):
            raise Conflict(N_("An analysis of newer votes is there already."))
        if excluded != await left_out(by.consultation.id):
            raise Conflict(N_("Votes have been left out, or taken in again, while this analysis was made."))
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
            excluded=",".join(excluded),
            whole=json.dumps(whole, separators=(",", ":")) if whole else "",
            previous=previous,
            votes_until=votes_until,
            created_at=made.by.now,
        )
        await analysis.save()
        await _drop_older(kind, analysis)
        made.payload = {"digest": landscape.digest, "input": landscape.input_digest, "evidence": landscape.evidence}
        if excluded:
            made.payload["excluded"] = list(excluded)
        if kind != "search":
            made.payload["published"] = await _publish_all(analysis, landscape, made.by, n_participants, organisations)
            await live.notify(f"results:{by.consultation.id}", analysis.id)
            # One look at a time, after whatever readers wait for: of many people it takes minutes.
            job = f"power:{by.consultation.id}"
            await enqueue(
                "check_power", queueing_lock=job, lock=job, priority=-1, consultation_id=str(by.consultation.id)
            )
        return analysis


async def _drop_older(kind: str, analysis: Analysis) -> None:
    """Live analyses and searches go once there is a newer one, unless another analysis or an alert rests on them."""
    for older in {"live": ("live", "search"), "search": ("search",)}.get(kind, ()):
        await execute(DROP_OLDER, analysis.consultation, older, analysis.id)


async def _publish_all(
    analysis: Analysis,
    landscape: Landscape,
    by: Actor,
    n_participants: int,
    organisations: Sequence[UnitRow],
) -> dict[str, str]:
    """What readers may see of it from now on, by key, as digests; nothing of an open round under Chatham House."""
    if analysis.kind != "frozen" and by.consultation.attribution == Attribution.CHATHAM_HOUSE:
        return {}
    excluded = tuple(name for name in analysis.excluded.split(",") if name)
    told = await _publish(analysis.id, landscape, by, n_participants, excluded)
    return told | await _publish_organisations(analysis.id, organisations, by)


async def is_overtaken(consultation: UUID, kind: str, votes_until: datetime) -> bool:
    """Whether one of newer votes is on record, beside which an older one of this kind would take something back."""
    return bool(await fetchval(OVERTAKEN, consultation, kind, votes_until))


def _refuse_moved(by: Actor, round_id: UUID | None, votes_until: datetime) -> None:
    """A round that was extended while it was being frozen is frozen again when it closes, with the votes until then."""
    for item in by.rounds:
        if item.id == round_id and item.closes_at > votes_until:
            raise Conflict(N_("The round has been extended while its analysis was made."))


async def _publish(
    analysis: UUID, landscape: Landscape, by: Actor, n_participants: int, excluded: tuple[str, ...]
) -> dict[str, str]:
    """Remembers what was released, so that the next release cannot be subtracted from it; returns its digest."""
    previous = await published_basis(by.consultation.id)
    kept = await kept_rows(by.consultation.id, previous, excluded)
    released = release(
        rows_beside(vote_rows(landscape), kept),
        previous,
        Attribution(by.consultation.attribution),
        audience=Audience.PUBLIC,
        n_participants=n_participants,
    )
    row: dict[str, Any] = {"basis": released.basis.records(), "n_participants": n_participants}
    if excluded or kept:
        row |= {"excluded": list(excluded), "kept": list(kept)}
    await execute(
        PUBLISH,
        by.consultation.id,
        VOTES,
        json.dumps(row),
        landscape.n_participants,
        analysis,
    )
    return {VOTES: row_digest(row)}


async def _publish_organisations(analysis: UUID, rows: Sequence[UnitRow], by: Actor) -> dict[str, str]:
    """The same for the view in which an organisation counts once; nothing where nobody speaks for one."""
    if not rows:
        return {}
    before = await published_rows(by.consultation.id)
    stays = await stay_released(by.consultation.id)
    rows = [before.get(one.statement, one) if one.statement in stays else one for one in rows]
    kept = next_units(rows, before, Attribution(by.consultation.attribution))
    row = {"rows": [one.record() for one in kept]}
    await execute(
        PUBLISH, by.consultation.id, ORGANISATIONS, json.dumps(row), sum(one.n_units > 0 for one in kept), analysis
    )
    return {ORGANISATIONS: row_digest(row)}


async def ask_for_freeze(round_id: UUID) -> None:
    """The closed round is frozen soon; one job waits, whoever asked first."""
    await enqueue("freeze", queueing_lock=f"freeze:{round_id}", round_id=str(round_id))
