"""Consultations in any state, made by walking the real actions; only the clock is moved, by moving the rounds."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from app import access, limits
from app.access import Actor
from app.actions import consultations, moderation, participants, proposals, votes
from app.actions.consultations import PlannedRound
from app.database import execute, fetchval, now
from app.tables.coalitions import Coalition, CoalitionSeat
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.disclosure import Attribution
from deliberation.phases import Phase, Role
from deliberation.votes import Choice
from tests.cast import person

TARGETS = {"constituency": {"women": 0.3, "ngos": 0.3, "business": 0.4}}


async def make_consultation(
    *,
    phases: tuple[Phase, ...] = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND),
    attribution: Attribution = Attribution.CHATHAM_HOUSE,
    launched: bool = True,
    joining: str = "open",
    slug: str = "water",
) -> Consultation:
    """Amara's consultation, moderated by Ben, audited by Fatima, curated by Gus; its first round is open."""
    amara, moment = await person("amara"), await now()
    rounds = [
        PlannedRound(
            phase, moment - timedelta(hours=1) + timedelta(days=place), moment + timedelta(days=place, hours=22)
        )
        for place, phase in enumerate(phases)
    ]
    made = await consultations.create(
        title="Clean water for all",
        question="What would bring clean water to every village?",
        attribution=attribution,
        joining=joining,
        rounds=rounds,
        targets=TARGETS,
        by=amara,
        slug=slug,
    )
    convenor = await actor("amara", made)
    for name, role in (("ben", Role.MODERATOR), ("fatima", Role.AUDITOR), ("gus", Role.CURATOR)):
        await consultations.appoint(email=f"{name}@example.org", role=role, by=convenor)
    if launched:
        await consultations.launch(by=convenor)
    return made


async def actor(name: str | None, consultation: Consultation) -> Actor:
    """One of the cast as they stand in the consultation now; None for a visitor."""
    fresh = await Consultation.objects().where(Consultation.id == consultation.id).first()
    assert fresh is not None
    return await access.actor_in(fresh, None if name is None else await person(name))


async def join(name: str, consultation: Consultation, *, constituency: str = "ngos", organisation: str = "") -> Actor:
    """One of the cast takes part."""
    await participants.join(
        constituency=constituency,
        organisation=organisation,
        region="african",
        language="en",
        by=await actor(name, consultation),
    )
    return await actor(name, consultation)


async def propose(by: Actor, statement: str, *, accepted: bool = True, **more: Any) -> Proposal:
    """A proposal of this participant, accepted by Ben unless it is to wait."""
    made = await proposals.submit(statement=statement, language="en", by=by, **more)
    if accepted:
        await moderation.accept(proposal=made, by=await actor("ben", by.consultation))
    found = await Proposal.objects().where(Proposal.id == made.id).first()
    assert found is not None
    return found


async def vote(by: Actor, proposal: Proposal, choice: str) -> None:
    await votes.cast(proposal=proposal, choice=Choice(choice), by=by)


async def move_to(consultation: Consultation, number: int, *, standing: str = "open") -> None:
    """The clock stands in round `number` (from 1): scheduled, open, or closed and the next one not yet open.

    Earlier rounds are over.
    """
    hours = {"scheduled": 2.0, "open": 0.0, "closed": -22.5}
    shift = timedelta(hours=hours[standing])
    moment = await now()
    await execute(
        """
        update rounds set opens_at = $3::timestamptz + make_interval(days => number - $2),
                          closes_at = $3::timestamptz + make_interval(days => number - $2, hours => 23)
        where consultation = $1
        """,
        consultation.id,
        number,
        moment - timedelta(hours=1) + shift,
    )


async def set_lifecycle(consultation: Consultation, lifecycle: str) -> None:
    await execute("update consultations set lifecycle = $2 where id = $1", consultation.id, lifecycle)


async def coalition_of(names: tuple[str, ...], consultation: Consultation, *, title: str = "Well keepers") -> Coalition:
    """A coalition that these have joined by accepting; the commit round is open. Its statement is the first one's."""
    people = [await join(name, consultation, organisation=f"{name.title()} Union") for name in names]
    proposal = await propose(people[0], "Each village keeps its own wells.")
    await move_to(consultation, len(people[0].rounds))
    moment = await now()
    made = Coalition(
        consultation=consultation.id,
        proposal=proposal.id,
        number=1,
        title=title,
        purpose="Wells that still give water after five years.",
        status="formed",
        n_needed=min(3, len(names)),
        created_at=moment,
        formed_at=moment,
    )
    await made.save()
    for one in people:
        assert one.participant is not None
        await CoalitionSeat(
            coalition=made.id, participant=one.participant.id, status="accepted", answered_at=moment
        ).save()
    return made


async def publish_slate(made: Consultation, proposal: Proposal, *, evidence: str = "full", found: str = "{}") -> None:
    """The curate round's slate is published and holds this one statement; `found` is the landscape behind it."""
    analysis = await fetchval(
        """
        insert into analyses (id, consultation, kind, evidence, method, method_version, seed, input_digest, digest,
          n_participants, n_votes, n_statements, landscape, slate, noise, votes_until, created_at)
        values (gen_random_uuid(), $1, 'frozen', $2, 'default', '1', 1, '', '', 3, 0, 1, $3, '{}', '{}', now(),
                now()) returning id
        """,
        made.id,
        evidence,
        found,
    )
    slate = await fetchval(
        """
        insert into curated_slates (id, consultation, round, analysis, status, version, n_places, report, published_at)
        select gen_random_uuid(), $1, r.id, $2, 'published', 1, 8, '{}', now() from rounds r
        where r.consultation = $1 and r.phase = 'curate' returning id
        """,
        made.id,
        analysis,
    )
    await execute(
        "insert into slate_items (id, slate, proposal, choice, position) "
        "values (gen_random_uuid(), $1, $2, 'agree', 1)",
        slate,
        proposal.id,
    )


async def n_spent(name: str, whose: object) -> int:
    """How many of `whose` count now, by the first limit of that name."""
    limit, key = limits.LIMITS[name][0], limits._key(name, whose, 0)
    sql = "select greatest(expires_at - clock_timestamp(), '0') from rate_windows where key = $1"
    left = await fetchval(sql, key)
    return math.ceil(left / limit.step) if left else 0
