"""Changes by consent in the demo's open round: other words that wait, a merge that waits, and a vote that waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.access import Actor, actor_in
from app.actions import amendments, moderation, proposals, votes
from app.auth import Person
from app.database import fetchval
from app.demo.story import Staff, Story
from app.demo.voting import without_own
from app.tables.proposals import Proposal
from deliberation.votes import Choice

OWN = (
    "Communities should be able to correct a figure about themselves.",
    "Maps of hazards and services should be printed and hung where people meet.",
)
OWN_AT_THE_MEETING = "Governments should create stable conditions before they ask others to invest."
"""What the stakeholder of the demo has written: in the open round, and where its fate is known."""
OTHER_WORDS = "Communities should be able to correct any figure about themselves, and get an answer within a month."
WHY = "A right to correct helps nobody if the letter is never read. A month is what our registry office needs."
ALIKE = "Hazard maps should be printed and put up where people gather."
BEFORE = "Statistics offices should answer questions by telephone."
AFTER = "Statistics offices should answer questions by telephone, in the languages people speak."
WHY_AFTER = "Several people asked what help a telephone is that speaks another language."
N_VOTERS = 7


def written_by_the_stakeholder(story: Story) -> Story:
    """The same story, but the stakeholder wrote these, and so has no vote on them."""
    authors = [
        0 if item.statement in (*OWN, OWN_AT_THE_MEETING) else author
        for item, author in zip(story.content.proposals, story.authors, strict=True)
    ]
    return replace(story, authors=authors, votes=without_own(story.votes, authors))


async def seek_consent(by: Actor, staff: Staff, persons: Sequence[Person]) -> None:
    """The stakeholder is asked twice as an author, about other words and about a merge, and once as one who voted."""
    people = [await actor_in(by.consultation, person) for person in persons[: N_VOTERS + 4]]
    moderator = await actor_in(by.consultation, staff.moderator)
    own = [await _found(by, statement) for statement in OWN]
    await amendments.propose(proposal=own[0], statement=OTHER_WORDS, reason=WHY, by=people[1])
    alike = await _opened(ALIKE, people[2], moderator, people[3:])
    request = await moderation.suggest_merge(proposal=alike, into=own[1], by=moderator)
    await moderation.answer_merge(request=request, agrees=True, by=people[2])
    before = await _opened(BEFORE, people[3], moderator, [people[0], *people[4:]])
    await amendments.propose(proposal=before, statement=AFTER, reason=WHY_AFTER, by=people[3])
    await moderation.accept(proposal=await _found(by, AFTER), by=moderator)


async def _opened(statement: str, author: Actor, moderator: Actor, voters: Sequence[Actor]) -> Proposal:
    """A statement that was accepted, and on which these have voted, most of them in agreement."""
    made = await proposals.submit(statement=statement, language="en", by=author)
    await moderation.accept(proposal=made, by=moderator)
    opened = await _found(moderator, statement)
    for place, voter in enumerate(voters[:N_VOTERS]):
        choice = Choice.DISAGREE if place % 4 == 3 else Choice.AGREE
        await votes.cast(proposal=opened, choice=choice, by=voter)
    return opened


async def _found(by: Actor, statement: str) -> Proposal:
    number = await fetchval(
        "select id from proposals where consultation = $1 and statement = $2", by.consultation.id, statement
    )
    found = await Proposal.objects().where(Proposal.id == number).first()
    assert found is not None, statement
    return found
