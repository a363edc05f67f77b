"""A consultation of last year, in its commit round: from the statement of a slate to commitments, pulses and a pause.

Between two actions the demo moves the clock, as if months had passed; the actions themselves are the real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

from app.access import Actor, actor_in, proposal_for
from app.actions import backing, charters, coalitions, commitments, curation, curators, pulses, roster
from app.actions.consultations import PlannedRound
from app.actions.pulses import Report
from app.actions.roster import Terms
from app.analysis.charters import charters_of, version_of
from app.database import execute, fetch, fetchval
from app.demo.analysing import freeze
from app.demo.calendar import DAY, Exposures
from app.demo.content import DemoConsultation
from app.demo.content import DemoProposal as P
from app.demo.people import Composition, gather
from app.demo.rows import move_round
from app.demo.story import SEED, Staff, Story, convene, imagine, on_the_hour, stakeholder_as, write_down
from app.demo.writing import timetable
from app.tables.coalitions import Coalition
from app.tables.commitments import Commitment
from deliberation.charters import CLAUSES, Consent, digest_of
from deliberation.commitments import Status
from deliberation.phases import Phase
from deliberation.pulses import Line

WELLS_SEED = SEED + 5
N_PLACES = 4
KEPT = "Each village should keep its own wells, with two people who are trained for it."
PARTS = "Spare parts should be found within a day's walk of every well."

WELLS = DemoConsultation(
    slug="wells-that-still-give-water",
    title="Wells that still give water",
    question="What keeps a village well going for ten years after it was dug?",
    description="A small consultation of last year. Its slate was carried further by two coalitions, and this is where "
    "one sees what became of what was said: commitments, ten-minute pulses, a pause with its reason.",
    promise="We publish each year what became of the commitments.",
    questions=("Who keeps it?", "Who pays for parts?", "Who knows that it stands still?"),
    venue="",
    zone="Africa/Nairobi",
    goals=(6, 17),
    views=("Village first", "Market first", "State first"),
    proposals=(
        P(KEPT, (97, 80, 86), "locally_led", goals=(6, 11), author="starter"),
        P(PARTS, (92, 96, 84), "capacity", goals=(6, 12)),
        P("A well without a budget for repairs should not be dug.", (60, 94, 70), "evidence", goals=(6,)),
        P("Districts should know within a week when a well stands still.", (80, 62, 96), "monitoring", goals=(6, 16)),
        P("Water should cost something, so that there is money for repairs.", (40, 95, 48), "enabling", goals=(6,)),
        P("Women should hold at least half of the seats in well committees.", (92, 70, 88), "power", goals=(5, 6)),
        P("Only the state can guarantee water; partnerships help and do not replace it.", (62, 20, 95), "enabling"),
        P(
            "One type of pump for a whole district is better than ten good ones.",
            (66, 88, 80),
            "structure",
            goals=(6, 9),
        ),
    ),
    targets={"constituency": {"local_authorities": 0.25, "women": 0.25, "ngos": 0.25, "business": 0.25}},
)
PEOPLE = Composition(
    counts={"ngos": 3, "local_authorities": 4, "women": 3, "business": 3, "science": 2},
    views={
        "ngos": (0.7, 0.1, 0.2),
        "local_authorities": (0.2, 0.1, 0.7),
        "women": (0.7, 0.1, 0.2),
        "business": (0.1, 0.8, 0.1),
        "science": (0.3, 0.4, 0.3),
    },
    regions={"african": 0.7, "asia_pacific": 0.1, "eastern_european": 0.05, "grulac": 0.05, "weog": 0.1},
    in_organisations=0.0,
)
KEEPERS: dict[str, Any] = {
    "title": "Two trained keepers for each of forty wells",
    "what": "In forty villages two people are trained and equipped to keep the well, and are called once a quarter.",
    "indicator": "Wells of forty that gave water in the last month",
    "baseline": "23",
    "target": "38",
    "achievable": "Twelve villages do it already; the course takes four days.",
    "place": "Kitui County",
    "region": "african",
    "role": "scale",
    "beneficiaries": "About 16,000 people in forty villages",
    "monitoring": "One call a quarter to each pair of keepers",
    "targets": ["6.1", "6.b", "17.17"],
}
PARTS_SHOPS: dict[str, Any] = KEEPERS | {
    "title": "Spare parts in nine market towns",
    "what": "A shop in each of nine towns holds the twelve parts that break most often.",
    "indicator": "Towns in which all twelve parts were in stock",
    "baseline": "1",
    "target": "9",
    "achievable": "One shop has done it for two years and lives on it.",
    "role": "initiate",
    "monitoring": "A photograph of the shelf, each quarter",
    "targets": ["6.1", "12.2", "17.17"],
}
EVIDENCE: dict[str, Any] = {
    "about": "solution",
    "claim": "Where a shop held the parts, a broken pump stood still for four days and not for forty.",
    "source": "Log of the district's water office",
    "kind": "measured",
    "place": "Kitui County",
    "year": 2025,
}
BARRIER: dict[str, Any] = {
    "kind": "tax",
    "words": "Parts are taxed at the border as if they were machines.",
    "place": "",
    "owner_kind": "ministry",
    "owner": "",
    "ask": "Free the twelve parts that break most often of import duty.",
}
FIRST = Report(
    value=27,
    story="In eleven villages the pump was repaired by its own keepers. In one they were laughed at first.",
    obstacle="money",
    obstacle_words="Keepers pay for parts themselves and wait two months for the money.",
    ask="A small fund that pays for parts at once.",
    minutes=11,
    lines={1: Line.DONE},
    is_open=True,
    mark=4,
)
SECOND = Report(
    value=31,
    story="Keepers of four villages have met and now lend each other tools.",
    obstacle="money",
    obstacle_words="The fund is there and still pays late.",
    ask="Somebody who has set up a fund like this.",
    minutes=9,
    lines={2: Line.AT_RISK},
    is_open=True,
    mark=4,
)
BEFORE = Report(value=3, story="Three shops hold all parts.", obstacle="money", minutes=8, is_open=True, mark=4)
LATER = Report(
    value=5,
    story="The shopkeepers pay for the stock out of what they sell: no fund is needed any more.",
    obstacle="rules",
    obstacle_words="Parts are taxed at the border as if they were machines.",
    minutes=10,
    lines={1: Line.DONE},
    is_open=True,
    mark=5,
)
PAUSE = "Two of the nine towns are cut off after the floods. We go on when the road is open."
MEDIATOR = Terms(
    name="Wanjiru K., mediator",
    services=("mediator", "broker"),
    about="Disputes over land and water, mostly between villages; twelve years.",
    languages=("en",),
    fee="day",
    amount=Decimal(180),
    currency="USD",
    funder="none",
    conflicts="none",
)
TRANSLATOR = Terms(
    name="Amina H., interpreter",
    services=("translator",),
    about="Meetings and letters, also in villages.",
    languages=("ar", "en", "fr"),
    fee="none",
    amount=None,
    currency="",
    funder="A university pays for two days a month.",
    conflicts="Works for the university that one of the partners comes from.",
)


async def keep_wells(staff: Staff, organisation_ids: dict[str, UUID], moment: datetime) -> None:
    """A year ago a slate was published; two coalitions have carried it since, and the commit round is still open."""
    opens_at = on_the_hour(moment - timedelta(days=400))
    plan = [
        PlannedRound(Phase.PROPOSE, opens_at, opens_at + timedelta(days=7)),
        PlannedRound(Phase.CURATE, opens_at + timedelta(days=8), opens_at + timedelta(days=15), n_places=N_PLACES),
        PlannedRound(Phase.COMMIT, opens_at + timedelta(days=16), on_the_hour(moment + timedelta(days=90))),
    ]
    by = await convene(WELLS, plan, staff, created_at=opens_at - timedelta(days=20), seed=WELLS_SEED)
    persons = await write_down(_imagined(opens_at), by, staff, organisation_ids)
    await freeze(by, evidence="full", n_places=N_PLACES)
    await _curate(by, staff, plan, moment)
    convenor = await actor_in(by.consultation, staff.convenor)
    actors = [await actor_in(by.consultation, person) for person in persons]
    parts = await _coalition(actors[4:8], convenor, PARTS, "Parts within reach")
    wells = await _coalition(actors[:4], convenor, KEPT, "Well keepers")
    shops = await _commitment(parts, actors[4], PARTS_SHOPS, "Five shops hold all parts", "Nine shops hold all parts")
    keepers = await _commitment(
        wells, actors[1], KEEPERS, "Forty pairs are trained", "Each pair is called a third time"
    )
    await _sign(wells, actors[:4])
    await pulses.plan(coalition=wells, structure="hosts", minutes_a_year=90, by=actors[1])
    # Each coalition reports twice, a quarter apart; the first then says that it rests.
    for step, (days, before, report) in enumerate(((82, BEFORE, FIRST), (91, LATER, SECOND))):
        await _days_pass(by.consultation.id, days)
        await _report(parts, shops, before, actors[4:8], step)
        await _report(wells, keepers, report, actors[1:4], step)
    await _days_pass(by.consultation.id, 92)
    await _pause(parts, shops, actors[4])
    await _roster(actors, convenor, wells)


def _imagined(opens_at: datetime) -> Story:
    """A week in which everybody voted on everything but their own statements."""
    people = (stakeholder_as("ngos", "", view=0), *gather(PEOPLE, seed=WELLS_SEED, domain="wells.example.org"))
    times = timetable(WELLS.proposals, n_days=2.0, wait_hours=6, seed=WELLS_SEED)
    chance = np.random.default_rng(WELLS_SEED)
    person, item = np.divmod(np.arange(len(people) * times.available.size), times.available.size)
    seconds = times.available[item] + chance.uniform(60, 3 * DAY, item.size)
    order = np.argsort(seconds, kind="stable")
    exposures = Exposures(person[order], item[order], seconds[order])
    return imagine(WELLS, people, times, exposures, opens_at, seed=WELLS_SEED)


async def _curate(by: Actor, staff: Staff, plan: Sequence[PlannedRound], moment: datetime) -> None:
    """The participants' slate is published as it is, with two signatures, while the clock stands in that round."""
    consultation, hour = by.consultation.id, timedelta(hours=1)
    await move_round(consultation, 2, opens_at=plan[1].opens_at, closes_at=moment + hour)
    await move_round(consultation, 3, opens_at=moment + 2 * hour, closes_at=plan[2].closes_at)
    pair = [await actor_in(by.consultation, person) for person in (staff.curator, staff.convenor)]
    for curator in pair:
        await curators.declare(interests={}, by=curator)
    draft = await curation.open_desk(by=pair[0])
    assert draft is not None
    for curator in pair:
        await curation.sign(version=draft.version, by=curator)
    for number in (2, 3):
        planned = plan[number - 1]
        await move_round(consultation, number, opens_at=planned.opens_at, closes_at=planned.closes_at)
    signed_at = plan[1].closes_at - hour
    await execute("update curated_slates set published_at = $2 where consultation = $1", consultation, signed_at)


async def _coalition(actors: Sequence[Actor], convenor: Actor, statement: str, title: str) -> Coalition:
    """Everybody asked has accepted."""
    number = await fetchval(
        "select p.number from proposals p where p.consultation = $1 and p.statement = $2",
        convenor.consultation.id,
        statement,
    )
    for actor in actors:
        await coalitions.offer(proposal=await proposal_for(actor, number), brings="", by=actor)
    proposal = await proposal_for(convenor, number)
    offers = await fetch("select id from work_offers where proposal = $1", proposal.id)
    made = await coalitions.draft(
        proposal=proposal,
        title=title,
        purpose=statement,
        offers=[row["id"] for row in offers],
        n_needed=3,
        by=convenor,
    )
    await coalitions.invite(coalition=made, by=convenor)
    for actor in actors:
        await coalitions.answer(coalition=await _fresh(made), accepts=True, by=actor)
    return await _fresh(made)


async def _fresh(coalition: Coalition) -> Coalition:
    found = await Coalition.objects().where(Coalition.id == coalition.id).first()
    assert found is not None
    return found


async def _commitment(coalition: Coalition, by: Actor, given: dict[str, Any], first: str, second: str) -> Commitment:
    today = by.now.date()
    made = await commitments.draft(
        coalition=coalition, given=given | {"starts_on": today, "due_on": today + timedelta(days=540)}, by=by
    )
    here: dict[str, Any] = {"coalition": coalition, "commitment": made, "by": by}
    for words, days in ((first, 75), (second, 180)):
        await commitments.add_deliverable(words=words, due_on=today + timedelta(days=days), **here)
    await commitments.add_resource(
        kind="people", amount=Decimal(60), unit="days", words="two trainers", from_role="a training centre", **here
    )
    if given is PARTS_SHOPS:
        await backing.add_evidence(**EVIDENCE, **here)
        await backing.add_barrier(**BARRIER, **here)
    await commitments.make(**here)
    found = await Commitment.objects().where(Commitment.id == made.id).first()
    assert found is not None
    return found


CLAUSE_WORDS = (
    "Wells in our forty villages still give water in ten years.",
    "Those who drink the water speak first.",
    "Forty villages in one county; we do not dig new wells.",
    "By consent, within ten days.",
    "Each partner pays its own time; the fund for parts is kept by two of us.",
    "All are named; the list of wells is public.",
    "Whoever leaves says so a month before and hands over.",
    "We look at how many wells give water, and vote.",
    "Whoever disagrees writes three sentences that stay beside the decision.",
)


async def _sign(coalition: Coalition, partners: Sequence[Actor]) -> None:
    """Nine clauses are agreed by all, and all have signed: the coalition has a date on which it ends."""
    first, *others = partners
    await charters.begin(coalition=coalition, review_on=first.now.date() + timedelta(days=235), by=first)
    for clause, words in zip(CLAUSES, CLAUSE_WORDS, strict=True):
        await charters.write(coalition=coalition, clause=clause, words=words, by=first)
        for other in others:
            await charters.answer(coalition=coalition, clause=clause, number=1, consent=Consent.AGREE, by=other)
    text = (await version_of((await charters_of(coalition.id))[0])).text
    assert text is not None
    for partner in partners:
        await charters.sign(coalition=coalition, digest=digest_of(text), opens=True, by=partner)


async def _report(
    coalition: Coalition, commitment: Commitment, report: Report, partners: Sequence[Actor], step: int
) -> None:
    """One partner reports for all; the others say how well they work together."""
    writer, *others = (*partners[step:], *partners[:step])
    await pulses.save(coalition=coalition, commitment=commitment, report=report, version=0, is_sent=True, by=writer)
    for place, other in enumerate(others):
        await pulses.mark(coalition=coalition, commitment=commitment, mark=3 + place, by=other)


async def _pause(coalition: Coalition, commitment: Commitment, by: Actor) -> None:
    await commitments.set_status(
        coalition=coalition,
        commitment=commitment,
        status=Status.PAUSED,
        reason=PAUSE,
        paused_until=by.now.date() + timedelta(days=60),
        by=by,
    )


async def _roster(actors: Sequence[Actor], convenor: Actor, coalition: Coalition) -> None:
    """A mediator and an interpreter are listed; the interpreter works for the well keepers."""
    for actor, terms in ((actors[9], MEDIATOR), (actors[10], TRANSLATOR)):
        await roster.register(terms=terms, by=actor)
    rows = await fetch(
        "select e.id, e.version, e.name from roster_entries e join participants q on q.id = e.participant "
        "where q.consultation = $1",
        convenor.consultation.id,
    )
    for row in rows:
        await roster.check(entry=row["id"], version=row["version"], lists=True, by=convenor)
    translator = next(row["id"] for row in rows if row["name"] == TRANSLATOR.name)
    await roster.ask(
        entry=translator,
        coalition_number=coalition.number,
        service="translator",
        words="Two days of training in four villages.",
        by=actors[1],
    )
    asked = await fetchval("select id from engagements where coalition = $1", coalition.id)
    await roster.answer(engagement=asked, agrees=True, by=actors[10])


SHIFTS = (
    "update coalitions set created_at = created_at - $2::interval, formed_at = formed_at - $2::interval "
    "where consultation = $1",
    "update coalition_seats s set answered_at = answered_at - $2::interval from coalitions c "
    "where c.id = s.coalition and c.consultation = $1",
    "update commitments m set created_at = m.created_at - $2::interval, made_at = m.made_at - $2::interval, "
    "status_at = m.status_at - $2::interval, starts_on = (m.starts_on - $2::interval)::date, "
    "due_on = (m.due_on - $2::interval)::date from coalitions c where c.id = m.coalition and c.consultation = $1",
    "update deliverables d set due_on = (d.due_on - $2::interval)::date, done_at = d.done_at - $2::interval "
    "from commitments m join coalitions c on c.id = m.coalition where m.id = d.commitment and c.consultation = $1",
    "update pulses p set started_at = p.started_at - $2::interval, sent_at = p.sent_at - $2::interval "
    "from commitments m join coalitions c on c.id = m.coalition where m.id = p.commitment and c.consultation = $1",
    "update evidence_cards e set created_at = e.created_at - $2::interval from commitments m "
    "join coalitions c on c.id = m.coalition where m.id = e.commitment and c.consultation = $1",
    "update charters h set created_at = h.created_at - $2::interval, signed_at = h.signed_at - $2::interval "
    "from coalitions c where c.id = h.coalition and c.consultation = $1",
    "update charter_signatures s set signed_on = (s.signed_on - $2::interval)::date "
    "from charters h join coalitions c on c.id = h.coalition where h.id = s.charter and c.consultation = $1",
    "update clause_answers a set answered_on = (a.answered_on - $2::interval)::date from clause_wordings w "
    "join charters h on h.id = w.charter join coalitions c on c.id = h.coalition "
    "where w.id = a.wording and c.consultation = $1",
)
"""What lies in the past moves back, so that so much time has passed since."""


async def _days_pass(consultation: UUID, n: int) -> None:
    for sql in SHIFTS:
        await execute(sql, consultation, timedelta(days=n))
