"""What a form about oneself needs to know: organisations worth suggesting, and whether votes already count."""

from __future__ import annotations

from app.access import Actor
from app.analysis.my_data import seats_of
from app.database import fetch, fetchval
from deliberation.disclosure import Attribution

OWN = "select distinct o.name from participants q join organisations o on o.id = q.organisation where q.id = any($1)"
HERE = """
select distinct o.name from participants q join organisations o on o.id = q.organisation
where q.consultation = $1 order by o.name limit 300
"""


async def suggested_organisations(actor: Actor) -> tuple[str, ...]:
    """Names the reader may be shown while typing: those they spoke for before, and where people are named, those here.

    Elsewhere a list of who takes part would tell the affiliation of others.
    """
    seats = [] if actor.person is None else await seats_of(actor.person.id)
    rows = await fetch(OWN, [seat.participant for seat in seats])
    if actor.consultation.attribution == Attribution.ATTRIBUTED:
        rows = [*rows, *await fetch(HERE, actor.consultation.id)]
    return tuple(sorted({row["name"] for row in rows}))


async def has_voted(participant: int) -> bool:
    """Whether a vote of theirs counts already, in the capacity that they stated."""
    return bool(await fetchval("select exists(select from votes where participant = $1)", participant))
