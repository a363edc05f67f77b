"""The demo from an empty database to four consultations, in one transaction: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from app.actions.consultations import PlannedRound
from app.actions.votes import ask_for_analysis
from app.auth import Person
from app.database import now, transaction
from app.demo import DEMO_ACCOUNTS, rows
from app.demo.analysing import freeze
from app.demo.calendar import DAY, Calendar, come_by, four_weeks
from app.demo.cards import leave_early_cards
from app.demo.community_data import COMMUNITY_DATA
from app.demo.consenting import seek_consent, written_by_the_stakeholder
from app.demo.excluding import N_RUSHED_VOTES, RUSH_DAY, ask_to_leave_out, who_rush
from app.demo.moderating import moderate
from app.demo.one_meeting import hold_meeting
from app.demo.partnerships import PARTNERSHIPS
from app.demo.people import DATA_PEOPLE, PARTNERSHIPS_PEOPLE, gather
from app.demo.scoring import score_alone
from app.demo.story import SEED, Staff, Story, convene, eager, imagine, on_the_hour, stakeholder_as, write_down
from app.demo.translating import translate
from app.demo.voting import N_RING, add_ring, few_of
from app.demo.wells import keep_wells
from app.demo.writing import timetable
from app.taxonomies import curation_criteria
from deliberation.phases import Phase

N_PLACES = 10
Progress = Callable[[str, float], None]


async def seed_all(progress: Progress) -> None:
    """Everything, or nothing where it is interrupted."""
    async with transaction():
        moment = await now()
        progress("People and organisations", 0.02)
        staff = await _staff(moment)
        organisation_ids = await rows.organisations()
        progress("Partnerships that deliver: 412 people in six languages", 0.1)
        await _partnerships(staff, organisation_ids, moment)
        progress("What makes partnerships work: an expert meeting and its summary", 0.5)
        await hold_meeting(staff, organisation_ids, moment)
        progress("Wells that still give water: what became of it after a year", 0.75)
        await keep_wells(staff, organisation_ids, moment)
        progress("Data that communities can use: a round that is open", 0.8)
        await _community_data(staff, organisation_ids, moment)
    progress("Ready", 1.0)


async def _staff(moment: datetime) -> Staff:
    names = {
        "stakeholder": "Dana Haddad",
        "convenor": "Amara Okafor",
        "moderator": "Lin Chen",
        "auditor": "Samuel Njoroge",
        "curator": "Priya Raman",
    }
    created_at = moment - timedelta(days=60)
    return Staff(
        **{
            role: await rows.staff_account(
                DEMO_ACCOUNTS[role], name, may_convene=role == "convenor", created_at=created_at
            )
            for role, name in names.items()
        }
    )


async def _colleagues(moment: datetime) -> tuple[Person, Person]:
    """Two curators of the first consultation whom nobody can sign in as."""
    created_at = moment - timedelta(days=60)
    kofi, elena = [
        await rows.staff_account(email, name, may_convene=False, created_at=created_at)
        for email, name in (("curator.2@example.org", "Kofi Mensah"), ("curator.3@example.org", "Elena Petrova"))
    ]
    return kofi, elena


async def _partnerships(staff: Staff, organisation_ids: dict[str, UUID], moment: datetime) -> None:
    closes_at = on_the_hour(moment - timedelta(days=2))
    opens_at = closes_at - timedelta(days=28)
    until = on_the_hour(moment + timedelta(days=10))
    plan = [
        PlannedRound(Phase.PROPOSE, opens_at, closes_at),
        PlannedRound(
            Phase.CURATE,
            closes_at + timedelta(hours=1),
            until,
            n_places=N_PLACES,
            criteria=curation_criteria.DEFAULTS,
        ),
        PlannedRound(Phase.RESPOND, until + timedelta(days=1), until + timedelta(days=15)),
        PlannedRound(Phase.COMMIT, until + timedelta(days=16), until + timedelta(days=76)),
    ]
    by = await convene(PARTNERSHIPS, plan, staff, created_at=opens_at - timedelta(days=30), seed=SEED)
    story = imagine_partnerships(opens_at)
    persons = await write_down(story, by, staff, organisation_ids)
    await leave_early_cards(persons, story.people, consultation=by.consultation)
    await score_alone(by, staff, await _colleagues(moment))
    # The launch has asked for the full analysis, which takes a worker some seconds: it goes on from this one.
    await freeze(by, evidence="quick", n_places=N_PLACES)


def imagine_partnerships(opens_at: datetime) -> Story:
    """Four weeks of "Partnerships that deliver"; a few people who speak for nobody have voted nearly alike."""
    people = (
        stakeholder_as("ngos", "Open Village Network", view=2),
        *gather(PARTNERSHIPS_PEOPLE, seed=SEED, domain="example.org"),
    )
    times = timetable(PARTNERSHIPS.proposals, n_days=17, wait_hours=25, seed=SEED)
    exposures = come_by(four_weeks(), times.available, eager(people), until=28.0 * DAY, seed=SEED)
    story = imagine(PARTNERSHIPS, people, times, exposures, opens_at, seed=SEED)
    alone = [index for index, person in enumerate(people) if person.view == 1 and not person.organisation]
    ring = [index for index in alone if index not in story.authors][:N_RING]
    return replace(story, votes=add_ring(story.votes, ring, story.times.available, seed=SEED))


async def _community_data(staff: Staff, organisation_ids: dict[str, UUID], moment: datetime) -> None:
    opens_at = on_the_hour(moment - timedelta(days=6))
    plan = [
        PlannedRound(Phase.PROPOSE, opens_at, opens_at + timedelta(days=14)),
        PlannedRound(Phase.CURATE, opens_at + timedelta(days=15), opens_at + timedelta(days=22)),
        PlannedRound(Phase.RESPOND, opens_at + timedelta(days=23), opens_at + timedelta(days=30)),
    ]
    people = (
        stakeholder_as("ngos", "Open Village Network", view=0),
        *gather(DATA_PEOPLE, seed=SEED + 3, domain="data.example.org"),
    )
    calendar = Calendar(14, (10.0, 7.0, 5.0, 4.0, 3.0, 3.0), votes_per_visit=13.0)
    elapsed = (moment - opens_at).total_seconds()
    times = timetable(COMMUNITY_DATA.proposals, n_days=3.6, wait_hours=12, seed=SEED + 3)
    alike = np.zeros(len(people), np.bool_)
    exposures = come_by(calendar, times.available, alike, until=elapsed, seed=SEED + 3)
    story = imagine(COMMUNITY_DATA, people, times, exposures, opens_at, seed=SEED + 3)
    story = written_by_the_stakeholder(replace(story, votes=few_of(story.votes, 0, 8)))
    rushed = add_ring(
        story.votes, who_rush(story, people), times.available, day=RUSH_DAY, n_votes=N_RUSHED_VOTES, seed=SEED + 3
    )
    story = replace(story, votes=rushed)
    by = await convene(COMMUNITY_DATA, plan, staff, created_at=opens_at - timedelta(days=20), seed=SEED + 3)
    persons = await write_down(story, by, staff, organisation_ids)
    await seek_consent(by, staff, persons)
    await moderate(by, staff, persons)
    await translate(by, staff, persons)
    await ask_to_leave_out(by, moment=moment)
    await ask_for_analysis(by)
