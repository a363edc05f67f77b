"""The expert meeting, run from its first statement to its published summary through the actions of its people.

Between two actions the demo moves the rounds, as if an hour had passed; the actions themselves are the real ones.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from app.access import Actor
from app.actions.consultations import PlannedRound
from app.demo.analysing import freeze
from app.demo.calendar import Exposures
from app.demo.expert_meeting import EXPERT_MEETING
from app.demo.people import EXPERTS, gather
from app.demo.story import SEED, Staff, Story, convene, imagine, stakeholder_as, write_down
from app.demo.writing import timetable
from deliberation.phases import Phase

N_PLACES = 6
MINUTE = 60.0
MEETING_SEED = SEED + 2


async def hold_meeting(staff: Staff, organisation_ids: dict[str, UUID], moment: datetime) -> Actor:
    """Half a day, four hours ago until just now: propose and vote, curate, respond, publish."""
    opens_at = moment - timedelta(hours=4)
    plan = [
        PlannedRound(Phase.PROPOSE, opens_at, opens_at + timedelta(hours=2)),
        PlannedRound(Phase.CURATE, opens_at + timedelta(hours=2), opens_at + timedelta(hours=3), n_places=N_PLACES),
        PlannedRound(Phase.RESPOND, opens_at + timedelta(hours=3), opens_at + timedelta(hours=3, minutes=50)),
    ]
    by = await convene(EXPERT_MEETING, plan, staff, created_at=moment - timedelta(days=14), seed=MEETING_SEED)
    await write_down(imagine_meeting(opens_at), by, staff, organisation_ids)
    await freeze(by, evidence="full", n_places=N_PLACES)
    return by


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
