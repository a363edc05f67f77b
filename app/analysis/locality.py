"""The place lens: how much of a coalition's support and lead comes from the place where it works, through the gate."""

from __future__ import annotations

from dataclasses import dataclass

from app.access import Actor
from app.database import fetchrow, fetchval
from app.tables.coalitions import Coalition
from app.tables.participants import Participant
from deliberation.disclosure import Attribution, Audience, release_share
from deliberation.phases import Action, Phase, Standing
from deliberation.released import ReleasedShare

REGIONS = """
select coalesce((select m.region from commitments m where m.coalition = $1 and m.region not in ('', 'global')
  and m.status <> 'draft' order by m.number limit 1), '')
"""
VOTES = """
select count(*) as n, count(*) filter (where q.region = $2) as n_there from votes v
join participants q on q.id = v.participant where v.proposal = $1 and not q.is_excluded
"""
LEADS = """
select count(*) as n, count(*) filter (where q.region = $2) as n_there from coalition_seats s
join participants q on q.id = s.participant where s.coalition = $1 and s.status = 'accepted'
"""


@dataclass(frozen=True)
class Locality:
    """The region that the first commitment with one names, and the shares of votes and of partners from there."""

    region: str
    votes: ReleasedShare
    leads: ReleasedShare


async def locality_of(actor: Actor, coalition: Coalition) -> Locality | None:
    """Who speaks and who leads from the place; None without a place, and while votes may not be seen or still move."""
    is_moving = actor.state == f"{Phase.PROPOSE}:{Standing.OPEN}"
    if is_moving or not actor.may(Action.SEE_RESULTS):
        return None
    region = await fetchval(REGIONS, coalition.id)
    if not region:
        return None
    votes = await fetchrow(VOTES, coalition.proposal, region)
    leads = await fetchrow(LEADS, coalition.id, region)
    assert votes is not None and leads is not None
    n_participants = await Participant.n_in(coalition.consultation)
    mode = Attribution(actor.consultation.attribution)
    shares = [
        release_share(
            row["n_there"],
            row["n"],
            mode,
            audience=Audience.PUBLIC,
            n_participants=n_participants,
            is_bloc=True,
        )
        for row in (votes, leads)
    ]
    return Locality(region, *shares)
