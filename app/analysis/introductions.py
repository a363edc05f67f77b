"""Introductions of two coalitions, as each of them sees them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.database import fetch


@dataclass(frozen=True)
class Introduced:
    """An introduction as one of the two coalitions sees it; `contact` is the person on the other side, once made."""

    id: UUID
    other: str
    other_purpose: str
    obstacle: str
    status: str
    is_asking: bool
    contact: int | None


INTRODUCTIONS = """
select i.id, i.status, p.obstacle, i.asking, i.answering, own.id = $1 as is_asking,
  case when own.id = $1 then peer.title else own.title end as other,
  case when own.id = $1 then peer.purpose else own.purpose end as other_purpose
from peer_introductions i join pulses p on p.id = i.pulse join commitments m on m.id = p.commitment
join coalitions own on own.id = m.coalition join coalitions peer on peer.id = i.peer
where (own.id = $1 and i.status <> 'declined') or (peer.id = $1 and i.status in ('asked', 'made'))
order by p.period desc, i.id
"""


async def introductions_of(coalition: UUID) -> tuple[Introduced, ...]:
    """Introductions that the coalition is offered or asked for; the other side of a refused one hears nothing."""
    return tuple(
        Introduced(
            row["id"],
            row["other"],
            row["other_purpose"],
            row["obstacle"],
            row["status"],
            row["is_asking"],
            (row["answering"] if row["is_asking"] else row["asking"]) if row["status"] == "made" else None,
        )
        for row in await fetch(INTRODUCTIONS, coalition)
    )
