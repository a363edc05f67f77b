"""What moderators do in the demo's open round: a question that waits for the stakeholder, an appeal, a family."""

from __future__ import annotations

from collections.abc import Sequence

from app.access import Actor, actor_in, proposal_for
from app.actions import appeals, clarifications, families, moderation, proposals, votes
from app.auth import Person
from app.demo.story import Staff
from app.tables.proposals import Proposal
from deliberation.votes import Choice

UNCLEAR = "They should publish it faster."
QUESTION = "Who are they, and what should they publish? Somebody who reads this alone cannot tell."
DECLINED = "The ministry should give back the registers it took from the districts."
WHY_DECLINED = "It accuses a ministry. Please say what should be done with registers in future."
WHY_NOT = "It names an authority and what the audit office has published, and no person. The rule is about persons."
ALIKE = (
    "Water quality should be tested every month and the result posted at the well.",
    "Water quality should be tested each month and the results posted at the well.",
    "Water quality should be tested every month, with the result posted at each well.",
)
N_LOOKED_AT = 40


async def moderate(by: Actor, staff: Staff, persons: Sequence[Person]) -> None:
    """One statement is with its author, one author has appealed, and three people have proposed the same."""
    people = [await actor_in(by.consultation, person) for person in persons[:N_LOOKED_AT]]
    moderator = await actor_in(by.consultation, staff.moderator)
    unclear = await proposals.submit(statement=UNCLEAR, language="en", by=people[0])
    await clarifications.ask(proposal=unclear, kind="who", question=QUESTION, by=moderator)
    declined = await proposals.submit(statement=DECLINED, language="en", by=people[12])
    await moderation.decline(proposal=declined, reason_code="personal_data", reason=WHY_DECLINED, by=moderator)
    await appeals.make(proposal=declined, reason=WHY_NOT, by=people[12])
    await _join_alike(_of_different_bodies(people[13:]), moderator, people[1:9])


def _of_different_bodies(people: Sequence[Actor]) -> list[Actor]:
    """As many people as there are statements, each from another organisation."""
    found: dict[object, Actor] = {}
    for person in people:
        assert person.participant is not None
        if person.participant.organisation is not None:
            found.setdefault(person.participant.organisation, person)
    return list(found.values())[: len(ALIKE)]


async def _join_alike(authors: Sequence[Actor], moderator: Actor, voters: Sequence[Actor]) -> None:
    made: list[Proposal] = []
    for statement, author in zip(ALIKE, authors, strict=True):
        submitted = await proposals.submit(statement=statement, language="en", by=author)
        if not made:
            await moderation.accept(proposal=submitted, by=moderator)
        made.append(await proposal_for(moderator, submitted.number))
    for voter in voters:
        await votes.cast(proposal=made[0], choice=Choice.AGREE, by=voter)
    for one in made[1:]:
        await families.join(proposal=one, into=made[0], by=moderator)
