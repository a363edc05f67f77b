"""The expert meeting's coalition: some would work on a statement, the convenor brings them together, and it forms."""

from __future__ import annotations

from collections.abc import Sequence

from app.access import Actor, actor_in, proposal_for
from app.actions import coalitions
from app.auth import Person
from app.database import fetch, fetchval
from app.demo.agreeing import agree, undertake
from app.demo.curating import ADDED
from app.tables.coalitions import Coalition

TITLE = "After the launch"
PURPOSE = (
    "Keep five partnerships going for two years after their launch, and tell each other honestly what it takes: "
    "who books the room, who chases the minutes, who finds the money for it."
)
BRINGS = (
    "An office that can take the minutes of two partnerships for a year.",
    "Three partnerships in our network that were launched last year and would take part.",
    "A short course for people who coordinate, tried with forty of them.",
    "Ten days of a mediator, twice a year.",
    "A researcher who follows what happens to partnerships after two years.",
)
"""What each of those who offer would bring; the stakeholder is the last."""
N_NEEDED = 3


async def join_forces(people: Sequence[Person], *, convenor: Actor) -> None:
    """The coalition has formed, as all but the last have accepted; it agrees a charter and makes a commitment."""
    consultation = convenor.consultation
    number = await fetchval(
        "select number from proposals where consultation = $1 and statement = $2", consultation.id, ADDED
    )
    actors = [await actor_in(consultation, person) for person in people]
    for actor, brings in zip(actors, BRINGS, strict=True):
        await coalitions.offer(proposal=await proposal_for(actor, number), brings=brings, by=actor)
    proposal = await proposal_for(convenor, number)
    offers = await fetch("select id from work_offers where proposal = $1 order by id", proposal.id)
    made = await coalitions.draft(
        proposal=proposal,
        title=TITLE,
        purpose=PURPOSE,
        offers=[row["id"] for row in offers],
        n_needed=N_NEEDED,
        by=convenor,
    )
    await coalitions.invite(coalition=made, by=convenor)
    for actor in actors[:-1]:
        coalition = await Coalition.objects().where(Coalition.id == made.id).first()
        assert coalition is not None
        await coalitions.answer(coalition=coalition, accepts=True, by=actor)
    await agree(actors[:-1], made)
    await undertake(actors[:-1], made)
