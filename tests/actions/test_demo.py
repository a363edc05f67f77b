"""The demo: what its words, people and votes are, and that seeding leaves what the three users come to find."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from app import demo
from app.access import approach
from app.actions import exclusions
from app.actions.record import GENESIS
from app.analysis.charters import charters_of, version_of
from app.analysis.exclusions import waiting
from app.analysis.pulses import going
from app.analysis.routing import deck_of
from app.auth import Person
from app.database import fetch, fetchrow, fetchval, now
from app.demo.calendar import DAY, four_weeks
from app.demo.community_data import COMMUNITY_DATA
from app.demo.content import FORUM, DemoConsultation, DemoProposal, UnpublishedProposal
from app.demo.expert_meeting import EXPERT_MEETING
from app.demo.organisations import FORUM_NAME, ORGANISATIONS
from app.demo.partnerships import PARTNERSHIPS
from app.demo.people import DATA_PEOPLE, EXPERTS, PARTNERSHIPS_PEOPLE, Composition, gather
from app.demo.seeding import imagine_partnerships
from app.demo.story import Story
from app.demo.voices import CENTRES, loadings
from app.demo.voting import N_RING, RING_DAY
from app.demo.wells import WELLS
from app.tables.accounts import Account
from app.tables.coalitions import Coalition
from app.tables.exclusions import Exclusion
from app.taxonomies import (
    constituencies,
    curation_reasons,
    languages,
    moderation_reasons,
    organisations,
    regions,
    themes,
)
from deliberation.bursts import bursts, windows_of
from deliberation.charters import ClauseState
from deliberation.common_ground import find_common_ground, find_divides
from deliberation.exclusions import Step
from deliberation.phases import Role
from deliberation.pulses import Cause, Colour
from deliberation.tallies import categories_of
from deliberation.votes import VoteMatrix

CONSULTATIONS = (PARTNERSHIPS, EXPERT_MEETING, COMMUNITY_DATA)
every_consultation = pytest.mark.parametrize("content", CONSULTATIONS, ids=lambda content: content.slug)


def texts_of(content: DemoConsultation) -> list[DemoProposal | UnpublishedProposal]:
    return [*content.proposals, *content.unpublished]


@every_consultation
def test_every_statement_is_one_short_sentence_said_once(content: DemoConsultation) -> None:
    statements = [item.statement for item in texts_of(content)]
    assert len(set(statements)) == len(statements)
    for statement in statements:
        assert len(statement) <= 200
        assert statement == statement.strip() and "lorem" not in statement.lower()
        assert statement[-1] in ".。"


@every_consultation
def test_every_code_of_the_content_is_in_its_vocabulary(content: DemoConsultation) -> None:
    for item in texts_of(content):
        assert item.theme in themes.codes() and item.language in languages.codes()
        assert item.author in {"", FORUM, "starter", *constituencies.codes()}
    assert all(1 <= goal <= 17 for item in content.proposals for goal in item.goals)
    assert {item.reason_code for item in content.unpublished} <= {"", *moderation_reasons.codes()}
    assert set(content.targets["constituency"]) <= set(constituencies.codes())
    for shares in content.targets.values():
        assert sum(shares.values()) == pytest.approx(1.0)


@every_consultation
def test_texts_fit_the_columns_that_store_them(content: DemoConsultation) -> None:
    assert len(content.slug) <= 60 and len(content.title) <= 120 and len(content.question) <= 300
    assert len(content.questions) == 3 and max(map(len, content.questions)) <= 300


def test_the_first_consultation_speaks_six_languages_on_every_theme_of_the_expert_meeting() -> None:
    spoken = Counter(item.language for item in PARTNERSHIPS.proposals)
    assert len(PARTNERSHIPS.proposals) == 64 and spoken["en"] == 46
    assert all(3 <= spoken[code] <= 4 for code in languages.codes() if code != "en")
    of_the_meeting = {entry.code for kind in (themes.INSIDE, themes.AROUND) for entry in themes.of_kind(kind)}
    assert of_the_meeting <= {item.theme for item in PARTNERSHIPS.proposals}


def test_one_organisation_wrote_nearly_a_quarter_of_the_first_consultation() -> None:
    n_forum = sum(item.author == FORUM for item in PARTNERSHIPS.proposals)
    assert n_forum / len(PARTNERSHIPS.proposals) == pytest.approx(0.23, abs=0.01)


@every_consultation
def test_at_its_centre_each_view_supports_each_statement_as_written(content: DemoConsultation) -> None:
    axes, intercepts = loadings(content.proposals)
    agree = 1 / (1 + np.exp(-(CENTRES @ axes.T + intercepts)))
    written = np.array([item.support for item in content.proposals]).T / 100
    np.testing.assert_allclose(agree, written, atol=1e-9)


def test_the_first_consultation_has_common_ground_and_real_divides() -> None:
    support = np.array([item.support for item in PARTNERSHIPS.proposals])
    assert (support.min(axis=1) >= 70).sum() >= 10
    assert (np.ptp(support, axis=1) >= 55).sum() >= 10


@pytest.mark.parametrize(
    ("composition", "n"),
    [(PARTNERSHIPS_PEOPLE, 411), (EXPERTS, 14), (DATA_PEOPLE, 59)],
    ids=["first", "second", "third"],
)
def test_people_are_the_same_for_the_same_seed_and_known_to_the_vocabularies(composition: Composition, n: int) -> None:
    people = gather(composition, seed=5, domain="example.org")
    assert people == gather(composition, seed=5, domain="example.org")
    assert len(people) == n == len({person.email for person in people})
    assert Counter(person.constituency for person in people) == Counter(composition.counts)
    for person in people:
        assert person.name.strip() and person.email.isascii() and person.email.endswith("@example.org")
        assert person.region in regions.codes() and person.language in languages.codes()
        assert person.constituency in constituencies.codes()


def test_two_constituencies_are_far_under_their_targets_and_one_far_over() -> None:
    n_people = sum(PARTNERSHIPS_PEOPLE.counts.values()) + 1
    targets = PARTNERSHIPS.targets["constituency"]
    ratio = {code: PARTNERSHIPS_PEOPLE.counts[code] / n_people / share for code, share in targets.items()}
    assert {code for code, value in ratio.items() if value < 0.4} == {"indigenous_peoples", "farmers"}
    assert ratio["ngos"] > 1.5


def test_organisations_are_some_ninety_and_each_speaks_for_a_constituency() -> None:
    assert 80 <= len(ORGANISATIONS) <= 100 and len({item.name for item in ORGANISATIONS}) == len(ORGANISATIONS)
    for item in ORGANISATIONS:
        assert item.constituency in constituencies.codes() and item.region in regions.codes()
        assert item.kind in organisations.codes()
    assert sum(item.name == FORUM_NAME for item in ORGANISATIONS) == 1


def test_four_weeks_have_peaks_at_opening_reminder_and_closing() -> None:
    weights = np.array(four_weeks().day_weights)
    assert weights.size == four_weeks().n_days == 28
    peaks = [day for day in range(28) if weights[day] == weights[max(0, day - 3) : day + 4].max()]
    assert {0, 14, 27} <= set(peaks)
    assert DAY == 24 * 3600


@pytest.fixture(scope="module")
def story() -> Story:
    return imagine_partnerships(datetime(2026, 3, 2, 13, tzinfo=UTC))


def test_votes_are_cast_once_on_statements_that_are_there_and_not_by_their_authors(story: Story) -> None:
    seen = story.votes.exposures
    pairs = set(zip(seen.participants.tolist(), seen.statements.tolist(), strict=True))
    assert len(pairs) == seen.seconds.size == story.votes.signs.size
    assert (seen.seconds >= story.times.available[seen.statements]).all()
    assert seen.seconds.max() < 28 * DAY
    assert not pairs & {(author, place) for place, author in enumerate(story.authors)}


def test_authors_write_in_their_own_language_unless_the_large_organisation_does(story: Story) -> None:
    for item, author in zip(story.content.proposals, story.authors, strict=True):
        assert (author is None) == (item.author == "starter")
        if author is not None:
            assert (story.people[author].organisation == FORUM_NAME) == (item.author == FORUM)
            assert item.author == FORUM or story.people[author].language == item.language


def test_one_evening_shows_a_burst_of_nearly_identical_votes(story: Story) -> None:
    seen = story.votes.exposures
    minutes = ((seen.seconds - seen.seconds[0]) // 60).astype(np.int64)
    found = bursts(windows_of(minutes, seen.participants))
    assert [burst.n_people for burst in found] == [N_RING]
    assert int((seen.seconds[0] + found[0].start * 60) // DAY) == RING_DAY


def test_the_votes_hold_common_ground_and_divides_that_the_core_finds(story: Story) -> None:
    seen = story.votes.exposures
    votes = VoteMatrix.from_votes(seen.participants, seen.statements, story.votes.signs)
    views = {"view": categories_of(np.array([person.view for person in story.people]), votes.n_participants)}
    assert len(find_common_ground(votes, views)) >= 10
    wide = [divide for divide in find_divides(votes, views) if divide.gap >= 0.5]
    assert len(wide) >= 10


async def seeded() -> None:
    shares: list[float] = []
    await demo.seed(lambda _words, share: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == 1.0


async def who(role: str) -> Person:
    found = await Account.objects().where(Account.email == demo.DEMO_ACCOUNTS[role]).first()
    assert found is not None
    return Person(found.id, found.email, found.name, found.locale, found.zone, False, found.may_convene)


@pytest.mark.slow
async def test_seeding_leaves_four_consultations_for_three_users(database: None) -> None:
    assert not await demo.is_seeded()
    await seeded()
    assert await demo.is_seeded()
    await check_states_and_roles()
    await check_first_consultation()
    await check_queue()
    await check_analyses()
    await check_exclusion()
    await check_meeting()
    await check_coalition()
    await check_agreement()
    await check_line_up()
    await check_wells()
    await check_summary()
    await check_chains()
    before = await counts()
    await seeded()
    assert await counts() == before


async def counts() -> dict[str, int]:
    tables = ("accounts", "consultations", "participants", "proposals", "votes", "audit_events")
    return {table: await fetchval(f"select count(*) from {table}") for table in tables}


async def check_states_and_roles() -> None:
    stakeholder = await who("stakeholder")
    first, third = [await approach(stakeholder, content.slug) for content in (PARTNERSHIPS, COMMUNITY_DATA)]
    assert (first.state, third.state) == ("curate:open", "propose:open")
    for actor in (first, third):
        assert actor.roles == {Role.PARTICIPANT} and actor.participant is not None
    deck = await deck_of(third)
    assert 3 <= deck.n_voted <= 8 and len(deck.unseen) >= 15
    for role in (Role.CONVENOR, Role.MODERATOR, Role.AUDITOR, Role.CURATOR):
        for content in CONSULTATIONS:
            assert (await approach(await who(role.value), content.slug)).roles == {role}


async def check_first_consultation() -> None:
    row = await fetchrow(
        """
        select (select count(*) from participants where consultation = c.id) as n_people,
          (select count(distinct region) from participants where consultation = c.id) as n_regions,
          (select count(distinct language) from participants where consultation = c.id) as n_languages,
          (select count(*) from votes where consultation = c.id) as n_votes,
          (select count(*) from votes v join participants q on q.id = v.participant
           where v.consultation = c.id and v.cast_at::date < q.joined_on) as n_before_joining,
          (select count(*) from votes v join rounds r on r.consultation = c.id and r.number = 1
           where v.consultation = c.id and not (v.cast_at >= r.opens_at and v.cast_at < r.closes_at)) as n_outside
        from consultations c where slug = $1
        """,
        PARTNERSHIPS.slug,
    )
    assert row is not None
    assert dict(row) | {"n_votes": 0} == {
        "n_people": 412,
        "n_regions": 5,
        "n_languages": 6,
        "n_votes": 0,
        "n_before_joining": 0,
        "n_outside": 0,
    }
    assert 15_000 < row["n_votes"] < 20_000
    shares = await fetch(
        """
        select o.name, count(*)::float / sum(count(*)) over () as share
        from proposals p join consultations c on c.id = p.consultation and c.slug = $1
        left join participants q on q.id = p.author left join organisations o on o.id = q.organisation
        where p.status = 'accepted' group by o.name
        """,
        PARTNERSHIPS.slug,
    )
    assert {row["name"]: row["share"] for row in shares}[FORUM_NAME] == pytest.approx(0.23, abs=0.01)


async def check_queue() -> None:
    rows = await fetch(
        """
        select p.status, p.language, p.reason, p.reason_code from proposals p
        join consultations c on c.id = p.consultation and c.slug = $1 where p.status <> 'accepted'
        """,
        COMMUNITY_DATA.slug,
    )
    waiting = [row["language"] for row in rows if row["status"] == "waiting"]
    assert sorted(waiting) == ["ar", "en", "en", "es"]
    declined = [row for row in rows if row["status"] == "declined"]
    assert len(declined) == 3 and all(row["reason"] and row["reason_code"] for row in declined)


async def check_analyses() -> None:
    """The first is still looking for groups, the second is complete, and the third has been asked for."""
    rows = await fetch(
        "select c.slug, a.kind, a.evidence, a.slate <> '{}'::jsonb as has_slate from analyses a "
        "join consultations c on c.id = a.consultation order by c.slug"
    )
    assert [tuple(row) for row in rows] == [
        (PARTNERSHIPS.slug, "frozen", "quick", False),
        (WELLS.slug, "frozen", "full", True),
        (EXPERT_MEETING.slug, "frozen", "full", True),
    ]
    asked = await fetch("select task_name, args ->> 'consultation_id' as id from procrastinate_jobs")
    third = await fetchval("select id from consultations where slug = $1", COMMUNITY_DATA.slug)
    assert ("analyse", str(third)) in {(row["task_name"], row["id"]) for row in asked}


async def check_exclusion() -> None:
    """A colleague has proposed that votes cast within minutes be left out, and the moderator can confirm it."""
    lin = await approach(await who("moderator"), COMMUNITY_DATA.slug)
    found = await Exclusion.objects().where(Exclusion.consultation == lin.consultation.id)
    assert [one.standing for one in found] == ["proposed"]
    assert 3 <= len(found[0].participants) <= 8
    assert await exclusions.role_in(lin, found[0], Step.CONFIRM) is Role.MODERATOR
    assert await waiting(lin) == (found[0].id,)
    assert not await fetchval("select bool_or(is_excluded) from participants")


async def check_meeting() -> None:
    """Its slate is published, differs by one stance gone and one come, and gives a reason for both."""
    row = await fetchrow(
        "select s.status, s.report, c.id from curated_slates s join consultations c on c.id = s.consultation "
        "where c.slug = $1",
        EXPERT_MEETING.slug,
    )
    assert row is not None and row["status"] == "published"
    report = json.loads(row["report"])
    assert report["signatures"] == ["convenor", "curator"]
    assert [len(report["difference"][kind]) for kind in ("added", "dropped")] == [1, 1]
    reasons = await fetch("select reason_code, sentence from slate_reasons")
    assert len(reasons) == 2 and {row["reason_code"] for row in reasons} <= set(curation_reasons.codes())
    rounds = await fetch("select opens_at, closes_at from rounds where consultation = $1 order by number", row["id"])
    assert all(before["closes_at"] <= after["opens_at"] for before, after in pairwise(rounds))
    assert rounds[-1]["closes_at"] < await now()
    answers = await fetch("select can_live_with, answered_at from responses")
    assert Counter(row["can_live_with"] for row in answers) == {"yes": 13, "no": 1, "unsure": 1}
    assert all(rounds[2]["opens_at"] < row["answered_at"] < rounds[2]["closes_at"] for row in answers)
    n_late = await fetchval(
        "select count(*) from votes where consultation = $1 and cast_at > $2", row["id"], rounds[2]["closes_at"]
    )
    assert n_late == 0


async def check_agreement() -> None:
    """Its charter is nearly agreed, with one objection; its commitment is made, with what stands behind and against."""
    coalition = await fetchval(
        "select c.id from coalitions c join consultations k on k.id = c.consultation "
        "where k.slug = $1 and c.number = 1",
        EXPERT_MEETING.slug,
    )
    (charter,) = await charters_of(coalition)
    standing = {one.clause: one.state for one in (await version_of(charter)).standings}
    assert sum(state is ClauseState.AGREED for state in standing.values()) == 5
    assert standing["money"] is ClauseState.WAITING, "one partner objects to the first words, nobody to the others"
    assert await fetchval("select count(*) from clause_answers where answer = 'object'") == 1
    made = await fetchval("select id from commitments where coalition = $1 and status = 'made'", coalition)
    held = {"deliverables": 2, "pledges": 1, "evidence_cards": 2, "barriers": 1, "resources": 2}
    for table, n in held.items():
        assert await fetchval(f"select count(*) from {table} where commitment = $1", made) == n, table


async def check_coalition() -> None:
    """It has formed without the stakeholder, whose invitation is still to be answered."""
    stakeholder = (await approach(await who("stakeholder"), EXPERT_MEETING.slug)).participant
    assert stakeholder is not None
    seats = await fetch(
        "select c.status as coalition, s.status, s.participant from coalition_seats s "
        "join coalitions c on c.id = s.coalition join consultations k on k.id = c.consultation "
        "where k.slug = $1 and c.number = 1",
        EXPERT_MEETING.slug,
    )
    assert {row["coalition"] for row in seats} == {"formed"}
    assert Counter(row["status"] for row in seats) == {"accepted": 4, "invited": 1}
    assert [row["participant"] for row in seats if row["status"] == "invited"] == [stakeholder.id]


async def check_line_up() -> None:
    """The assembler has answered; the draft is its line-up and one more, with a reason, and nobody is asked yet."""
    runs = await fetch("select status, gap from assemblies")
    assert [row["status"] for row in runs] == ["done"]
    assert runs[0]["gap"] <= 0.01
    assert await fetchval("select count(*) from line_up_steps where verb = 'add' and sentence <> ''") == 1
    first = await fetchval("select count(*) from line_up_seats")
    seats = await fetch(
        "select s.status from coalition_seats s join line_up_steps l on l.coalition = s.coalition where l.number = 1"
    )
    assert [row["status"] for row in seats] == ["drafted"] * (first + 1)


async def check_wells() -> None:
    """The stakeholder's coalition has sent two pulses and a third is due; the other one rests, and says why."""
    by = await approach(await who("stakeholder"), WELLS.slug)
    assert by.state == "commit:open" and by.participant is not None
    own = await Coalition.objects().where((Coalition.consultation == by.consultation.id) & (Coalition.number == 2))
    found = await going(by, own[0])
    assert found.is_partner and found.health is not None and found.health.middle.value is not None
    assert [one.status for one in found.introductions] == ["suggested"]
    (item,) = found.situations
    assert [pulse.period for pulse in item.sent] == [1, 0] and item.is_due
    assert item.light.colour is Colour.YELLOW and item.light.causes == (Cause.DELIVERY,)
    (resting,) = await Coalition.objects().where(
        (Coalition.consultation == by.consultation.id) & (Coalition.number == 1)
    )
    assert [item.light.colour for item in (await going(by, resting)).situations] == [Colour.PAUSED]
    assert await fetchval("select count(*) from engagements where status = 'agreed'") == 1


async def check_summary() -> None:
    """The meeting is published with a summary that two persons signed and that can be checked without a database."""
    rows = await fetch(
        "select s.status, s.snapshot, c.lifecycle, c.slug from summaries s join consultations c "
        "on c.id = s.consultation order by s.number"
    )
    assert [(row["slug"], row["status"], row["lifecycle"]) for row in rows] == [
        (EXPERT_MEETING.slug, "published", "published"),
        (EXPERT_MEETING.slug, "draft", "published"),
    ]
    assert await fetchval("select shown_until > now() + interval '6 days' from summaries where status = 'draft'")
    body = json.loads(rows[0]["snapshot"])["snapshot"]
    assert all(test["passed"] for test in body["balance"]["tests"])
    assert len(body["slate"]["common_ground"]) == 4


async def check_chains() -> None:
    """Every event of the demo is chained to the one before it."""
    rows = await fetch("select chain, sequence, hash, previous_hash from audit_events order by chain, sequence")
    for before, event in pairwise(rows):
        same = before["chain"] == event["chain"]
        assert event["previous_hash"] == (before["hash"] if same else GENESIS)
        assert event["sequence"] == (before["sequence"] + 1 if same else 1)
