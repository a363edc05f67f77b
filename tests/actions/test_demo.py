"""The demo: what its words, people and votes are, and that seeding leaves what the three users come to find."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from app.demo.calendar import DAY, four_weeks
from app.demo.community_data import COMMUNITY_DATA
from app.demo.content import FORUM, DemoConsultation, DemoProposal, UnpublishedProposal
from app.demo.expert_meeting import EXPERT_MEETING
from app.demo.organisations import FORUM_NAME, ORGANISATIONS
from app.demo.partnerships import PARTNERSHIPS
from app.demo.people import DATA_PEOPLE, EXPERTS, PARTNERSHIPS_PEOPLE, Composition, gather
from app.demo.seeding import Story, imagine_partnerships
from app.demo.voices import CENTRES, loadings
from app.demo.voting import N_RING, RING_DAY
from app.taxonomies import constituencies, languages, moderation_reasons, organisations, regions, themes
from deliberation.bursts import bursts
from deliberation.common_ground import find_common_ground, find_divides
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
    found = bursts(minutes, seen.participants)
    assert [burst.n_people for burst in found] == [N_RING]
    assert int((seen.seconds[0] + found[0].start * 60) // DAY) == RING_DAY


def test_the_votes_hold_common_ground_and_divides_that_the_core_finds(story: Story) -> None:
    seen = story.votes.exposures
    votes = VoteMatrix.from_votes(seen.participants, seen.statements, story.votes.signs)
    views = {"view": categories_of(np.array([person.view for person in story.people]), votes.n_participants)}
    assert len(find_common_ground(votes, views)) >= 10
    wide = [divide for divide in find_divides(votes, views) if divide.gap >= 0.5]
    assert len(wide) >= 10
