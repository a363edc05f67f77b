"""What coalitions undertook, reported and ask for, as the public may read it: for the summary and for the registers.

A commitment that was made is public. A pulse is only if its writer opened it, an office only if it may be named, and
partners are a number that the disclosure gate lets out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access import Actor
from app.analysis import pulses as reading
from app.analysis.pulses import Situation
from app.database import fetch
from app.tables.coalitions import Coalition
from app.tables.pulses import Pulse
from deliberation.disclosure import Attribution, Audience, release_count
from deliberation.released import ReleasedCount

RESOURCES = """
select commitment, kind, amount, unit, words from resources where commitment = any($1::uuid[]) order by created_at, id
"""
OFFICES = """
select commitment, office from pledges where commitment = any($1::uuid[]) and is_open and status = 'standing'
order by pledged_on, id
"""
PARTNERS = """
select c.id, p.number,
  (select count(*) from coalition_seats s where s.coalition = c.id and s.status = 'accepted') as n
from coalitions c join proposals p on p.id = c.proposal where c.consultation = $1
"""
BARRIERS = """
select b.number as barrier, b.owner_kind, b.owner, b.ask, m.number as commitment_number, k.number, k.title, k.proposal,
  coalesce((select array_agg(distinct e.kind order by e.kind) from evidence_cards e
    where e.commitment = m.id and e.source <> '' and e.kind <> ''), '{}') as evidence
from barriers b join commitments m on m.id = b.commitment join coalitions k on k.id = m.coalition
where k.consultation = $1 and m.status not in ('draft', 'withdrawn') and b.status <> 'lifted'
order by k.number, m.number, b.number
"""


@dataclass(frozen=True)
class Undertaken:
    """One commitment with what the public may read of it; `reports` are the opened pulses, the latest first."""

    coalition: Coalition
    situation: Situation
    statement_number: int
    n_partners: ReleasedCount
    resources: tuple[Mapping[str, Any], ...]
    offices: tuple[str, ...]
    reports: tuple[Pulse, ...]
    lines: Mapping[UUID, tuple[tuple[str, str], ...]]

    @property
    def n_delivered(self) -> int:
        return sum(line.due.done_on is not None for line in self.situation.deliverables)


@dataclass(frozen=True)
class Recommended:
    """What a coalition asks of somebody who could move a barrier, with the statement that it works on.

    evidence : codes of the kinds of evidence that stand behind the commitment, each with a source
    """

    id: str
    coalition: str
    statement_id: int
    owner_kind: str
    owner: str
    ask: str
    evidence: tuple[str, ...]


async def undertaken_in(actor: Actor) -> tuple[Undertaken, ...]:
    """Every commitment that was made in the consultation, by coalition and number."""
    on, mode = actor.now.date(), Attribution(actor.consultation.attribution)
    every = await Coalition.objects().where(Coalition.consultation == actor.consultation.id).order_by(Coalition.number)
    found = await reading.situations(every, on)
    if not found:
        return ()
    ids = [now.commitment.id for _, now in found]
    told = await reading.told_of_each([one.id for _, now in found for one in now.sent if one.is_open])
    resources, offices = await fetch(RESOURCES, ids), await fetch(OFFICES, ids)
    partners = {row["id"]: row for row in await fetch(PARTNERS, actor.consultation.id)}
    return tuple(
        Undertaken(
            coalition,
            now,
            partners[coalition.id]["number"],
            release_count(partners[coalition.id]["n"], mode, audience=Audience.PUBLIC),
            tuple(
                {key: row[key] for key in ("kind", "amount", "unit", "words")}
                for row in resources
                if row["commitment"] == now.commitment.id
            ),
            tuple(row["office"] for row in offices if row["commitment"] == now.commitment.id),
            tuple(one for one in now.sent if one.is_open),
            {one.id: told[one.id] for one in now.sent if one.is_open},
        )
        for coalition, now in found
    )


async def recommended_in(consultation: UUID) -> tuple[Recommended, ...]:
    """What coalitions ask of others, what was lifted already left out."""
    return tuple(
        Recommended(
            f"{row['number']}.{row['commitment_number']}.{row['barrier']}",
            row["title"],
            row["proposal"],
            row["owner_kind"],
            row["owner"],
            row["ask"],
            tuple(row["evidence"]),
        )
        for row in await fetch(BARRIERS, consultation)
    )
