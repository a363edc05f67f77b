"""The vocabularies: versioned data with a source, whose codes fit what stores them and whose counts are the UN's."""

from __future__ import annotations

from datetime import date

import pytest

from app.language import LANGUAGES
from app.tables.coalitions import Coalition
from app.tables.commitments import Barrier, Resource
from app.tables.curators import CuratorConflict
from app.tables.participants import Organisation, Participant
from app.tables.proposals import Proposal
from app.tables.pulses import Pulse
from app.tables.roster import Engagement
from app.taxonomies import (
    NAMES,
    Entry,
    Taxonomy,
    constituencies,
    curation_reasons,
    languages,
    named,
    reports,
    structures,
    targets,
    themes,
)
from deliberation.curation import ReasonCode

COLUMNS = {
    "barriers": Barrier.owner_kind,
    "commitments": Resource.kind,
    "conflict_grounds": CuratorConflict.ground,
    "constituencies": Participant.constituency,
    "genders": Participant.gender,
    "languages": Participant.language,
    "moderation_reasons": Proposal.reason_code,
    "curation_reasons": Proposal.reason_code,
    "obstacles": Pulse.obstacle,
    "organisations": Organisation.kind,
    "regions": Participant.region,
    "services": Engagement.service,
    "structures": Coalition.structure,
    "themes": Proposal.theme,
}


@pytest.mark.parametrize("name", NAMES)
def test_each_list_says_where_it_comes_from_and_since_when(name: str) -> None:
    taxonomy = named(name)
    assert taxonomy.name == name
    assert taxonomy.source and taxonomy.version
    assert taxonomy.valid_to is None or taxonomy.valid_to > taxonomy.valid_from


@pytest.mark.parametrize("name", NAMES)
def test_codes_are_unique_words_and_every_code_has_a_label(name: str) -> None:
    entries = named(name).entries
    assert len({entry.code for entry in entries}) == len(entries)
    assert len({(entry.label, entry.kind) for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.code == entry.code.lower() and entry.code.replace("_", "").isalnum()
        assert entry.label.strip() == entry.label != ""


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_codes_fit_the_column_that_stores_them(name: str) -> None:
    longest = max(len(entry.code) for entry in named(name).entries)
    assert longest <= (COLUMNS[name].length or 0)


def test_an_unknown_list_is_refused() -> None:
    with pytest.raises(KeyError):
        named("sdgs; drop table")


def test_the_nine_major_groups_stand_under_their_exact_headings() -> None:
    assert [entry.label for entry in constituencies.of_kind(constituencies.MAJOR_GROUP)] == [
        "Women",
        "Children and Youth",
        "Indigenous Peoples",
        "Non-Governmental Organizations",
        "Local Authorities",
        "Workers and Trade Unions",
        "Business and Industry",
        "Scientific and Technological Community",
        "Farmers",
    ]


def test_nine_major_groups_and_twelve_others_make_twenty_one_constituencies() -> None:
    n_major = len(constituencies.of_kind(constituencies.MAJOR_GROUP))
    assert (n_major, len(constituencies.of_kind(constituencies.OTHER_STAKEHOLDER))) == (9, 12)


def test_the_six_languages_are_those_the_pages_speak_under_the_same_names() -> None:
    assert dict(languages.options()) == LANGUAGES
    assert [code for code in languages.codes() if languages.direction(code) == "rtl"] == ["ar"]


def test_the_nineteen_targets_of_goal_17_stand_under_one_heading_each() -> None:
    found = [target for code in targets.codes() for target in targets.targets_of(code)]
    assert found == [f"17.{number}" for number in range(1, 20)]
    assert "17.16" in targets.targets_of("partnerships")


def test_the_seventeen_goals_have_one_hundred_and_sixty_nine_targets() -> None:
    found = [target for goal in range(1, 18) for target in targets.targets_of_goal(goal)]
    assert len(found) == len(set(found)) == 169
    assert targets.targets_of_goal(13) == ("13.1", "13.2", "13.3", "13.a", "13.b")
    assert [one for one in ("17.19", "6.b", "17.20", "6.c", "18.1", "x", "", "1", "१.1") if targets.is_target(one)] == [
        "17.19",
        "6.b",
    ]


def test_the_expert_meeting_left_nineteen_themes() -> None:
    assert len(themes.of_kind(themes.INSIDE)) + len(themes.of_kind(themes.AROUND)) == 19


def test_the_reasons_of_curators_are_those_the_core_accepts() -> None:
    assert set(curation_reasons.codes()) == set(ReasonCode)


def test_every_report_is_answered_by_fields_that_a_pulse_has() -> None:
    assert set(reports.FIELDS) == set(reports.codes())
    for fields in reports.FIELDS.values():
        assert {field for field, _ in fields} <= set(reports.PULSE_FIELDS)
    assert len(reports.PULSE_FIELDS) == 7


def test_every_structure_has_its_hours_and_its_risk() -> None:
    assert set(structures.COSTS) == set(structures.codes())
    hours = [structures.COSTS[code].hours_a_month for code in structures.codes()]
    assert hours == sorted(hours), "the leanest comes first"


def test_a_retired_term_can_be_shown_but_no_longer_chosen() -> None:
    old = Taxonomy(
        name="example",
        version="2",
        source="an example",
        valid_from=date(2020, 1, 1),
        entries=(
            Entry("kept", "Kept"),
            Entry("retired", "Retired", valid_to=date(2024, 1, 1)),
            Entry("coming", "Coming", valid_from=date(2030, 1, 1)),
        ),
    )
    assert old.codes(date(2023, 12, 31)) == ("kept", "retired")
    assert old.codes(date(2024, 1, 1)) == ("kept",)
    assert old.codes(date(2031, 1, 1)) == ("kept", "coming")
    assert old.label("retired") == "Retired"
    assert old.label("never heard of") == "never heard of"
    with pytest.raises(KeyError):
        old.entry("never heard of")
