"""A propose round as it might have gone, and how it is written down: actions where they govern, rows elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.access import Actor, actor_in, proposal_for
from app.actions import consultations, moderation, proposals
from app.actions.consultations import PlannedRound
from app.auth import Person
from app.database import execute, now
from app.demo import DEMO_ACCOUNTS, rows
from app.demo.calendar import Exposures
from app.demo.content import DemoConsultation, UnpublishedProposal
from app.demo.people import DemoPerson
from app.demo.voices import positions
from app.demo.voting import Cast, cast, first_seen, vote_rows, without_own
from app.demo.writing import (
    Timetable,
    choose_authors,
    proposal_row,
    reserve_numbers,
    store_cosponsors,
    store_proposals,
)
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.phases import Role

SEED = 17
FEW = 15
"""Constituencies with fewer people come back more often: their own networks remind them."""


@dataclass(frozen=True)
class Staff:
    """The people whom one can sign in as, and the curator."""

    stakeholder: Person
    convenor: Person
    moderator: Person
    auditor: Person
    curator: Person


@dataclass(frozen=True, eq=False)
class Story:
    """What happened in a propose round, before it is written down; people and proposals in one order each.

    authors : for each proposal the place of its author among the people, None for the convenor's own
    """

    content: DemoConsultation
    people: tuple[DemoPerson, ...]
    authors: list[int | None]
    times: Timetable
    votes: Cast
    opens_at: datetime


def imagine(
    content: DemoConsultation,
    people: tuple[DemoPerson, ...],
    times: Timetable,
    exposures: Exposures,
    opens_at: datetime,
    *,
    seed: int,
) -> Story:
    """Who wrote what and voted how; the same for the same seed."""
    where = positions([person.view for person in people], seed=seed)
    authors = choose_authors(content.proposals, people, seed=seed)
    votes = without_own(cast(content.proposals, where, exposures, seed=seed), authors)
    return Story(content, people, authors, times, votes, opens_at)


def eager(people: Sequence[DemoPerson]) -> NDArray[np.bool_]:
    """Array of shape (n_people,): those of constituencies with few people."""
    n_alike = Counter(person.constituency for person in people)
    return np.array([n_alike[person.constituency] < FEW for person in people])


async def convene(
    content: DemoConsultation, plan: Sequence[PlannedRound], staff: Staff, *, created_at: datetime, seed: int
) -> Actor:
    """The consultation is created, staffed, given its starter proposals and launched, by its convenor."""
    made = await consultations.create(
        title=content.title,
        question=content.question,
        description=content.description,
        promise=content.promise,
        venue=content.venue,
        zone=content.zone,
        questions=content.questions,
        goals=content.goals,
        rounds=plan,
        targets=content.targets,
        by=staff.convenor,
        slug=content.slug,
    )
    await execute("update consultations set seed = $2, created_at = $3 where id = $1", made.id, seed, created_at)
    by = await actor_in(made, staff.convenor)
    for item in content.proposals:
        if item.author == "starter":
            await proposals.write_starter(
                statement=item.statement, details=item.details, language=item.language, goals=item.goals, by=by
            )
    for person, role in (
        (staff.moderator, Role.MODERATOR),
        (staff.auditor, Role.AUDITOR),
        (staff.curator, Role.CURATOR),
    ):
        await consultations.appoint(email=person.email, role=role, by=by)
    await consultations.launch(by=by)
    await execute(
        "update proposals set submitted_on = $2, decided_at = $3 where consultation = $1",
        made.id,
        plan[0].opens_at.date(),
        plan[0].opens_at,
    )
    fresh = await Consultation.objects().where(Consultation.id == made.id).first()
    assert fresh is not None
    return await actor_in(fresh, staff.convenor)


async def write_down(story: Story, by: Actor, staff: Staff, organisation_ids: dict[str, UUID]) -> tuple[Person, ...]:
    """What happened is in the tables: people, proposals, co-sponsors, votes. The people as who they sign in as."""
    consultation, round_id, opens_at = by.consultation.id, by.rounds[0].id, story.opens_at
    first = first_seen(story.votes.exposures, len(story.people))
    first[~np.isfinite(first)] = story.votes.exposures.seconds.min()
    persons = (staff.stakeholder, *await rows.accounts(story.people[1:], created_at=opens_at))
    ids = await rows.participants(
        consultation,
        story.people,
        [person.id for person in persons],
        rows.days(opens_at, list(first)),
        organisation_ids,
    )
    proposal_ids = await store_proposals(
        consultation, round_id, story.content.proposals, story.authors, ids, story.times, opens_at=opens_at
    )
    await store_cosponsors(
        story.content.proposals, proposal_ids, story.authors, story.people, ids, organisation_ids, seed=SEED
    )
    await rows.votes(
        consultation, vote_rows(story.votes, story.content.proposals, proposal_ids, ids, opens_at=opens_at, seed=SEED)
    )
    await _store_unpublished(story, by, staff, ids)
    return persons


async def _store_unpublished(story: Story, by: Actor, staff: Staff, ids: Sequence[int]) -> None:
    """Proposals that wait; the moderator then declines those that were declined, with the reason its author reads."""
    content, consultation = story.content, by.consultation
    if not content.unpublished:
        return
    authors = choose_authors(content.unpublished, story.people, seed=SEED + 1)
    first = await reserve_numbers(consultation.id, len(authors))
    span = min((await now()) - story.opens_at, by.rounds[0].closes_at - story.opens_at)
    waiting = []
    for place, (item, author) in enumerate(zip(content.unpublished, authors, strict=True)):
        assert author is not None
        submitted_at = story.opens_at + span * (0.7 + 0.25 * place / len(authors))
        waiting.append(proposal_row(consultation.id, by.rounds[0].id, first + place, item, ids[author], submitted_at))
    await Proposal.insert(*waiting)
    moderator = await actor_in(consultation, staff.moderator)
    for row, item in zip(waiting, content.unpublished, strict=True):
        if item.reason_code:
            await _decline(row, item, moderator)


async def _decline(row: Proposal, item: UnpublishedProposal, moderator: Actor) -> None:
    submitted_at = row.waiting_since
    found = await proposal_for(moderator, row.number)
    await moderation.decline(proposal=found, reason_code=item.reason_code, reason=item.reason, by=moderator)
    await execute("update proposals set decided_at = $2 where id = $1", found.id, submitted_at + timedelta(hours=17))


def stakeholder_as(constituency: str, organisation: str, *, view: int) -> DemoPerson:
    """The person one can sign in as, taking part for an organisation."""
    return DemoPerson(
        "Dana Haddad", DEMO_ACCOUNTS["stakeholder"], "en", constituency, "asia_pacific", organisation, "woman", view
    )


def on_the_hour(moment: datetime) -> datetime:
    """The full hour before."""
    return moment.replace(minute=0, second=0, microsecond=0)
