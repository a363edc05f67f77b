"""The expert meeting, run from its first statement to its published summary through the actions of its people.

Between two actions the demo moves the rounds, as if an hour had passed; the actions themselves are the real ones.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from app.access import Actor, actor_in, system_actor
from app.actions import news
from app.actions.consultations import PlannedRound
from app.actions.responses import settle
from app.database import execute
from app.demo.analysing import freeze
from app.demo.assembling import assemble_second
from app.demo.calendar import Exposures
from app.demo.cards import leave_cards, wish
from app.demo.coalition import join_forces
from app.demo.consenting import written_by_the_stakeholder
from app.demo.curating import curate
from app.demo.expert_meeting import EXPERT_MEETING
from app.demo.people import EXPERTS, gather
from app.demo.replying import answer
from app.demo.responding import respond
from app.demo.rows import move_round
from app.demo.story import SEED, Staff, Story, convene, imagine, stakeholder_as, write_down
from app.demo.summarising import summarise
from app.demo.writing import timetable
from deliberation.phases import Phase

N_PLACES = 6
MINUTE = 60.0
MEETING_SEED = SEED + 2


async def hold_meeting(staff: Staff, organisation_ids: dict[str, UUID], moment: datetime) -> None:
    """Half a day, four hours ago until just now: propose and vote, curate, respond, publish."""
    opens_at = moment - timedelta(hours=4)
    plan = [
        PlannedRound(Phase.PROPOSE, opens_at, opens_at + timedelta(hours=2)),
        PlannedRound(Phase.CURATE, opens_at + timedelta(hours=2), opens_at + timedelta(hours=3), n_places=N_PLACES),
        PlannedRound(Phase.RESPOND, opens_at + timedelta(hours=3), opens_at + timedelta(hours=3, minutes=50)),
    ]
    by = await convene(EXPERT_MEETING, plan, staff, created_at=moment - timedelta(days=14), seed=MEETING_SEED)
    story = written_by_the_stakeholder(imagine_meeting(opens_at))
    persons = await write_down(story, by, staff, organisation_ids)
    await freeze(by, evidence="full", n_places=N_PLACES)
    await _as_if_open(by, plan, Phase.CURATE, moment)
    await curate(curator=await actor_in(by.consultation, staff.curator), convenor=await _convenor(by, staff))
    await _as_if_open(by, plan, Phase.RESPOND, moment)
    await respond(by.consultation, persons)
    await leave_cards(persons, story.people, consultation=by.consultation)
    await join_forces((*persons[1:5], persons[0]), convenor=await _convenor(by, staff))
    await assemble_second((persons[0], *persons[4:]), convenor=await _convenor(by, staff))
    await wish(persons[1], persons[2], persons[0], consultation=by.consultation)
    await _as_it_was(by, plan)
    await _count(by)
    await news.tell(consultation_id=by.consultation.id)
    await summarise(by.consultation, convenor=staff.convenor, curator=staff.curator, reader=persons[6])
    await answer(by.consultation, convenor=staff.convenor)


async def _count(by: Actor) -> None:
    """The answers are counted, as the worker does once a respond round is over."""
    system = await system_actor(by.consultation.id)
    await settle(item=next(item for item in system.rounds if item.phase == Phase.RESPOND), by=system)


async def _convenor(by: Actor, staff: Staff) -> Actor:
    """The convenor as the clock stands now."""
    return await actor_in(by.consultation, staff.convenor)


async def _as_if_open(by: Actor, plan: list[PlannedRound], phase: Phase, moment: datetime) -> None:
    """The clock stands in the round of this phase: earlier ones are over, later ones have not begun."""
    here = [planned.phase for planned in plan].index(phase)
    for place, planned in enumerate(plan):
        opens_at, closes_at = planned.opens_at, planned.closes_at
        if place >= here:
            closes_at = moment + timedelta(hours=1 + place - here)
        if place > here:
            opens_at = closes_at - timedelta(minutes=50)
        await move_round(by.consultation.id, place + 1, opens_at=opens_at, closes_at=closes_at)


async def _as_it_was(by: Actor, plan: list[PlannedRound]) -> None:
    """Rounds have their own times again, and what was done in them falls into them."""
    consultation, (_, curate_round, respond_round) = by.consultation.id, plan
    for number, planned in enumerate(plan, 1):
        await move_round(consultation, number, opens_at=planned.opens_at, closes_at=planned.closes_at)
    signed_at, answered_at = (item.closes_at - timedelta(minutes=5) for item in (curate_round, respond_round))
    await execute("update curated_slates set published_at = $2 where consultation = $1", consultation, signed_at)
    await execute(
        "update slate_signatures s set signed_at = $2 from curated_slates c "
        "where c.id = s.slate and c.consultation = $1",
        consultation,
        signed_at,
    )
    await execute(
        "update responses a set answered_at = $2 from rounds r where r.id = a.round and r.consultation = $1",
        consultation,
        answered_at,
    )
    await execute("update votes set cast_at = $2 where consultation = $1 and cast_at > $2", consultation, answered_at)


def imagine_meeting(opens_at: datetime) -> Story:
    """Two hours in one room: everybody votes on everything but their own statements."""
    people = (stakeholder_as("ngos", "", view=2), *gather(EXPERTS, seed=MEETING_SEED, domain="meeting.example.org"))
    times = timetable(EXPERT_MEETING.proposals, n_days=40 / (24 * 60), wait_hours=0.2, seed=MEETING_SEED)
    chance = np.random.default_rng(MEETING_SEED)
    person, item = np.divmod(np.arange(len(people) * times.available.size), times.available.size)
    seconds = np.maximum(times.available[item], chance.uniform(0, 80 * MINUTE, item.size)) + chance.uniform(
        0, 25 * MINUTE, item.size
    )
    order = np.argsort(seconds, kind="stable")
    exposures = Exposures(person[order], item[order], seconds[order])
    return imagine(EXPERT_MEETING, people, times, exposures, opens_at, seed=MEETING_SEED)
