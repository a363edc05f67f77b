"""The process, in tables that people can read: what may follow what, and who may do what while what is open.

The tables here are written by hand from the rules, not derived from the code: v visitor, p participant, c curator,
m moderator, o convenor, a auditor, A administrator; a letter means that the role may.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from deliberation.phases import (
    ALLOWED,
    NEXT_PHASES,
    READING,
    ROUND_STATES,
    SITE_ACTIONS,
    STATES,
    TEMPLATES,
    Action,
    Lifecycle,
    Phase,
    Role,
    RoundTimes,
    Step,
    asks_factor,
    could_ever,
    current_round,
    is_allowed,
    sequence_error,
    state_of,
    transitions,
)

NOON = datetime(2027, 5, 28, 12, tzinfo=UTC)
LETTERS = {
    "v": Role.VISITOR,
    "p": Role.PARTICIPANT,
    "c": Role.CURATOR,
    "m": Role.MODERATOR,
    "o": Role.CONVENOR,
    "a": Role.AUDITOR,
    "A": Role.ADMINISTRATOR,
}
COLUMNS = ("draft", "propose:open", "propose:closed", "curate:open", "respond:open", "commit:open", "published")
RIGHTS = """
                     draft  prop:open  prop:closed  cur:open  resp:open  comm:open  published
see_consultation     moaA   vpcmoaA    vpcmoaA      vpcmoaA   vpcmoaA    vpcmoaA    vpcmoaA
see_statements       moa    vpcmoa     vpcmoa       vpcmoa    vpcmoa     vpcmoa     vpcmoa
see_results          -      vpcmoa     vpcmoa       vpcmoa    vpcmoa     vpcmoa     vpcmoa
see_slates           -      -          cmoa         cmoa      vpcmoa     vpcmoa     vpcmoa
join                 -      v          -            -         v          -          -
vote                 -      p          -            -         -          -          -
propose              -      p          -            -         -          -          -
cosponsor            -      p          -            -         -          -          -
amend                -      pmo        -            -         -          -          -
answer_amendment     -      pmo        -            -         -          -          -
suggest_merge        -      pm         -            -         -          -          -
answer_merge         -      po         -            -         -          -          -
answer_clarification -      po         -            -         -          -          -
appeal               -      p          p            p         p          p          -
decide_appeal        -      o          o            o         o          o          -
flag                 -      p          -            -         p          -          -
restrict             -      p          p            p         p          p          p
see_own              -      p          p            p         p          p          p
respond              -      -          -            -         p          -          -
offer_work           -      -          -            -         p          p          p
see_cards            -      pcmoa      pcmoa        pcmoa     pcmoa      pcmoa      pcmoa
keep_card            -      p          p            p         p          p          p
share_contact        -      -          -            -         p          p          p
see_commitments      -      vpcmoa     vpcmoa       vpcmoa    vpcmoa     vpcmoa     vpcmoa
agree_charter        -      p          p            p         p          p          p
commit               -      po         po           po        po         po         po
report               -      p          p            p         p          p          p
see_roster           -      pcmoa      pcmoa        pcmoa     pcmoa      pcmoa      pcmoa
keep_roster          -      p          p            p         p          p          p
engage               -      p          p            p         p          p          p
check_roster         -      o          o            o         o          o          o
object               -      -          p            p         p          p          p
translate            o      pmo        pmo          pmo       pmo        pmo        -
keep_glossary        o      mo         mo           mo        mo         mo         -
moderate             -      m          m            m         m          m          -
see_power            -      ma         moa          moa       moa        moa        moa
see_participation    -      moa        moa          moa       moa        moa        moa
decide_alert         -      m          m            m         m          m          m
exclude              -      mo         mo           mo        mo         mo         mo
contest              -      p          p            p         p          p          p
see_reveals          -      moa        moa          moa       moa        moa        moa
ask_reveal           -      m          m            m         m          m          m
confirm_reveal       -      o          o            o         o          o          o
archive              -      -          -            -         -          -          o
configure            o      -          -            -         -          -          -
appoint              o      o          o            o         o          o          -
write_starter        o      -          -            -         -          -          -
change_rounds        -      o          o            o         o          o          -
extend_round         -      o          -            o         o          o          -
confirm_extension    -      mo         -            mo        mo         mo         -
note_point           -      mo         -            -         -          -          -
curate               -      -          -            co        -          -          -
sign_slate           -      -          -            pco       -          -          -
form_coalition       -      -          -            -         o          o          o
write_summary        -      -          o            o         o          o          o
write_reply          -      -          o            o         o          o          o
export_votes         -      -          oa           oa        oa         oa         oa
"""


def rows() -> list[tuple[Action, str, set[Role]]]:
    cells = []
    for line in RIGHTS.strip().splitlines()[1:]:
        name, *letters = line.split()
        assert len(letters) == len(COLUMNS), line
        for state, given in zip(COLUMNS, letters, strict=True):
            cells.append((Action(name), state, {LETTERS[letter] for letter in given if letter != "-"}))
    return cells


def id_of(item: object) -> str:
    """The same in every process: a set has its own order in each, and two workers must see the same tests."""
    return "+".join(sorted(item)) if isinstance(item, set) else str(item)


@pytest.mark.parametrize(("action", "state", "roles"), rows(), ids=id_of)
def test_who_may_do_what(action: Action, state: str, roles: set[Role]) -> None:
    assert {role for role in Role if is_allowed(action, [role], state)} == roles


def test_the_table_has_a_cell_for_every_action_role_and_state() -> None:
    assert len(STATES) == len(set(STATES)) == 15
    assert set(ALLOWED) == set(Action)
    for action, role in product(Action, Role):
        assert ALLOWED[action][role] <= set(STATES)


def test_an_administrator_has_no_say_in_any_consultation() -> None:
    says = {action for action in Action if ALLOWED[action][Role.ADMINISTRATOR]} - SITE_ACTIONS
    assert says == {Action.SEE_CONSULTATION, Action.SEE_COALITIONS, Action.SEE_SUMMARY, Action.SEE_AUDIT} & says
    assert Action.VOTE not in says
    assert Action.CURATE not in says


def test_who_governs_does_not_vote_and_who_judges_does_not_curate() -> None:
    for role in set(Role) - {Role.PARTICIPANT}:
        assert not ALLOWED[Action.VOTE][role]
        assert not ALLOWED[Action.RESPOND][role]
    for role in (Role.MODERATOR, Role.AUDITOR):
        assert not ALLOWED[Action.CURATE][role]
        assert not ALLOWED[Action.SIGN_SLATE][role]


def test_an_auditor_changes_nothing() -> None:
    changes = {action for action in Action if ALLOWED[action][Role.AUDITOR]} - READING - SITE_ACTIONS
    assert changes == {Action.ANALYSE}


def test_nothing_is_written_once_a_consultation_is_archived() -> None:
    private = {Action.ANALYSE, Action.WRITE_SUMMARY}  # a computation again, a draft that can no longer be published
    for action in set(Action) - READING - SITE_ACTIONS - private:
        assert not any("archived" in states for states in ALLOWED[action].values()), action


def test_several_roles_add_up() -> None:
    roles = [Role.PARTICIPANT, Role.MODERATOR]
    assert is_allowed(Action.VOTE, roles, "propose:open")
    assert is_allowed(Action.MODERATE, roles, "propose:open")
    assert could_ever(Action.VOTE, roles)
    assert not could_ever(Action.VOTE, [Role.MODERATOR])


ASKS_FACTOR = """
manage_accounts appoint open_round change_rounds extend_round confirm_extension
curate sign_slate publish_summary archive export_votes confirm_reveal restore_access
"""


def test_what_has_consequences_for_others_asks_for_a_fresh_second_factor() -> None:
    assert {action for action in Action if ALLOWED[action].asks_factor} == {Action(one) for one in ASKS_FACTOR.split()}


def test_looking_asks_for_no_factor_but_taking_votes_away_does() -> None:
    assert asks_factor(Action.CURATE, is_write=True)
    assert not asks_factor(Action.CURATE, is_write=False)
    assert asks_factor(Action.EXPORT_VOTES, is_write=False)
    assert not asks_factor(Action.VOTE, is_write=True)


# -------- the order of rounds


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_a_possible_order(name: str) -> None:
    assert sequence_error(TEMPLATES[name]) is None


@pytest.mark.parametrize(
    ("phases", "wrong"),
    [
        (("curate",), (0, "curate")),
        (("respond",), (0, "respond")),
        (("propose", "respond"), (1, "respond")),
        (("propose", "curate", "curate"), (2, "curate")),
        (("propose", "commit", "curate"), (2, "curate")),
        (("propose", "propose", "curate", "respond", "curate", "commit", "propose"), None),
        ((), None),
    ],
)
def test_a_slate_needs_proposals_and_a_response_needs_a_slate(
    phases: tuple[str, ...], wrong: tuple[int, str] | None
) -> None:
    found = sequence_error([Phase(phase) for phase in phases])
    assert found == (None if wrong is None else (wrong[0], Phase(wrong[1])))


def test_every_phase_can_be_reached_and_left() -> None:
    reached = set().union(*NEXT_PHASES.values())
    assert reached == set(Phase)
    assert all(NEXT_PHASES[phase] for phase in Phase)


# -------- from state to state


def walked(longest: int) -> set[tuple[str, str]]:
    """The states the clock really walks through in every order of up to so many rounds, an hour of pause between."""
    found = set()
    for length in range(1, longest + 1):
        for phases in product(Phase, repeat=length):
            if sequence_error(phases) is None:
                rounds = planned(*((phase.value, 2 * place, 2 * place + 1) for place, phase in enumerate(phases)))
                hours = [NOON + timedelta(hours=hour - 0.5) for hour in range(2 * length + 1)]
                states = [state_of(Lifecycle.RUNNING, rounds, moment) for moment in hours]
                found |= set(pairwise(states))
    return found


def test_the_ways_from_state_to_state_are_those_the_clock_takes() -> None:
    by_the_clock = {(one.before, one.after) for one in transitions() if one.step in {Step.OPENING, Step.CLOSING}}
    assert walked(5) == by_the_clock


def test_people_decide_on_the_beginning_and_the_end_alone() -> None:
    by_people = {(one.before, one.after) for one in transitions()} - walked(5)
    assert by_people == {
        ("draft", "propose:scheduled"),
        ("draft", "propose:open"),
        ("published", "archived"),
        *((f"{phase}:closed", "published") for phase in Phase),
    }
    assert len(transitions()) == len(set(transitions()))
    for one in transitions():
        if one.step is Step.PUBLICATION:
            assert is_allowed(Action.PUBLISH_SUMMARY, [Role.CONVENOR], one.before)


# -------- the clock


def planned(*hours: tuple[str, int, int]) -> list[RoundTimes]:
    return [
        RoundTimes(Phase(phase), NOON + timedelta(hours=opens), NOON + timedelta(hours=closes))
        for phase, opens, closes in hours
    ]


@pytest.mark.parametrize(
    ("rounds", "state"),
    [
        ([("propose", 1, 2)], "propose:scheduled"),
        ([("propose", -1, 1)], "propose:open"),
        ([("propose", 0, 1)], "propose:open"),  # it opens on the dot
        ([("propose", -1, 0)], "propose:closed"),  # and closes on the dot: no grace
        ([("propose", -3, -2), ("curate", 1, 2)], "propose:closed"),  # between two rounds the last one counts
        ([("propose", -3, -2), ("curate", -1, 2)], "curate:open"),
        ([("propose", -3, 0), ("curate", 0, 2)], "curate:open"),  # back to back
        ([("propose", -3, 2), ("curate", -2, -1)], "propose:open"),  # an open round is not closed by a later one
    ],
)
def test_what_is_open_is_a_function_of_the_clock(rounds: list[tuple[str, int, int]], state: str) -> None:
    assert state_of(Lifecycle.RUNNING, planned(*rounds), NOON) == state


def test_before_launch_and_after_publication_the_clock_decides_nothing() -> None:
    rounds = planned(("propose", -1, 1))
    for lifecycle in (Lifecycle.DRAFT, Lifecycle.PUBLISHED, Lifecycle.ARCHIVED):
        assert state_of(lifecycle, rounds, NOON) == lifecycle.value


def test_without_rounds_nothing_is_open() -> None:
    assert current_round([], NOON) is None
    assert state_of(Lifecycle.RUNNING, [], NOON) == "draft"


def test_there_are_three_standings_of_four_phases() -> None:
    assert len(ROUND_STATES) == 12
    assert {state.partition(":")[0] for state in ROUND_STATES} == set(Phase)
