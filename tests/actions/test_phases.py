"""Each action of taking part and governing, tried in each state of a consultation: what the tables say is what happens.

A cell is `ok`, `not` (refused: 403), `own` (another person must), `late` (its round has closed: 410) or `?` (the person
may not know of it: 404).
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from app import access
from app.actions import consultations, invitations, moderation, proposals, rounds, votes
from app.actions.consultations import PlannedRound
from app.actions.record import event_hash
from app.database import execute, fetch, fetchval, transaction
from app.refusals import Closed, Conflict, Denied, Invalid, NotFound, NotSignedIn
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.disclosure import Attribution
from deliberation.phases import Action, Phase, Role
from deliberation.votes import Choice
from tests import factories
from tests.cast import person

STATES = (
    "draft",
    "1:scheduled",
    "1:open",
    "1:closed",
    "2:open",
    "3:open",
    "4:open",
    "4:closed",
    "published",
    "archived",
)
"""Rounds by number: 1 propose, 2 curate, 3 respond, 4 commit."""
TABLE = """
             who    draft  1:sched  1:open  1:closed  2:open  3:open  4:open  4:closed  published  archived
vote         chidi  ?      not      ok      late      late    late    late    late      not        not
withdraw     chidi  ?      not      ok      late      late    late    late    late      not        not
propose      chidi  ?      not      ok      late      late    late    late    late      not        not
cosponsor    chidi  ?      not      ok      late      late    late    late    late      not        not
flag         chidi  ?      not      ok      not       not     ok      not     not       not        not
take back    chidi  ?      not      ok      late      late    late    late    late      not        not
vote         ben    not    not      not     not       not     not     not     not       not        not
vote         amara  not    not      not     not       not     not     not     not       not        not
vote         -      ?      in       in      in        in      in      in      in        in         in
join         eve    ?      ok       ok      not       not     ok      not     not       not        not
accept       ben    not    ok       ok      ok        ok      ok      ok      ok        not        not
accept       amara  not    not      not     not       not     not     not     not       not        not
accept       chidi  ?      not      not     not       not     not     not     not       not        not
starter      amara  ok     ok       not     not       not     not     not     not       not        not
invite       amara  ok     ok       ok      ok        not     ok      not     not       not        not
appoint      amara  ok     ok       ok      ok        ok      ok      ok      ok        not        not
launch       amara  ok     twice    twice   twice     twice   twice   twice   twice     not        not
extend       amara  not    not      ok      not       ok      ok      ok      not       not        not
extend       ben    not    not      not     not       not     not     not     not       not        not
confirm      ben    not    not      ok      not       ok      ok      ok      not       not        not
confirm      amara  not    not      own     not       own     own     own     not       not        not
confirm      gus    ?      not      not     not       not     not     not     not       not        not
change later amara  not    ok       ok      ok        ok      ok      ok      ok        not        not
change later ben    not    not      not     not       not     not     not     not       not        not
stricter     amara  ok     not      not     not       not     not     not     not       not        not
"""


@dataclass
class Scene:
    """One consultation with a vote to change, a proposal to judge and people to do it."""

    consultation: Consultation
    accepted: Proposal
    waiting: Proposal
    own: Proposal


@pytest_asyncio.fixture
async def scene(database: None) -> Scene:
    made = await factories.make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT))
    dana = await factories.join("dana", made)
    chidi = await factories.join("chidi", made, organisation="Wells Union")
    accepted = await factories.propose(dana, "Build wells with the villages that use them.")
    waiting = await factories.propose(dana, "Train a pump mechanic in every village.", accepted=False)
    own = await factories.propose(chidi, "Publish what each well costs.")
    await factories.vote(chidi, accepted, "agree")
    return Scene(made, accepted, waiting, own)


async def stand_in(scene: Scene, state: str) -> None:
    """The consultation is in this state."""
    number, _, standing = state.partition(":")
    if standing:
        await factories.move_to(scene.consultation, int(number), standing=standing)
    else:
        await factories.set_lifecycle(scene.consultation, state)
        if state != "draft":
            await factories.move_to(scene.consultation, 4, standing="closed")


async def attempt(verb: str, who: str | None, scene: Scene) -> None:
    """Through the door and to the action, as a page would."""
    actions = {
        "vote": (Action.VOTE, lambda by: votes.cast(proposal=scene.accepted, choice=Choice.DISAGREE, by=by)),
        "withdraw": (Action.VOTE, lambda by: votes.withdraw(proposal=scene.accepted, by=by)),
        "propose": (Action.PROPOSE, lambda by: proposals.submit(statement="Share the maps.", language="en", by=by)),
        "cosponsor": (Action.COSPONSOR, lambda by: proposals.cosponsor(proposal=scene.accepted, by=by)),
        "flag": (Action.FLAG, lambda by: proposals.flag(proposal=scene.accepted, reason_code="unclear", by=by)),
        "take back": (Action.PROPOSE, lambda by: proposals.withdraw(proposal=scene.own, by=by)),
        "join": (Action.JOIN, lambda by: factories.join("eve", scene.consultation)),
        "accept": (Action.MODERATE, lambda by: moderation.accept(proposal=scene.waiting, by=by)),
        "starter": (
            Action.WRITE_STARTER,
            lambda by: proposals.write_starter(statement="Water is a right.", language="en", by=by),
        ),
        "invite": (Action.INVITE, lambda by: invitations.invite(addresses="hana@example.org", by=by)),
        "appoint": (
            Action.APPOINT,
            lambda by: consultations.appoint(email="ida@example.org", role=Role.CURATOR, by=by),
        ),
        "launch": (Action.OPEN_ROUND, lambda by: consultations.launch(by=by)),
        "extend": (Action.EXTEND_ROUND, extend),
        "confirm": (Action.CONFIRM_EXTENSION, confirm),
        "change later": (Action.CHANGE_ROUNDS, add_a_round),
        "stricter": (
            Action.CONFIGURE,
            lambda by: consultations.tighten(attribution=Attribution.CHATHAM_HOUSE, by=by),
        ),
    }
    action, act = actions[verb]
    by = await access.enter(None if who is None else await person(who), scene.consultation.slug, action)
    await act(by)


async def extend(by: access.Actor) -> None:
    assert by.round is not None
    await rounds.ask_to_extend(
        round_id=by.round.id, closes_at=by.round.closes_at + timedelta(minutes=5), reason="Floods.", by=by
    )


async def confirm(by: access.Actor) -> None:
    """Amara has asked for five more minutes of the round that is open, if one is."""
    assert by.round is not None
    await execute(
        """
        insert into extensions (id, round, closes_at, reason, asked_by, asked_at, is_confirmed)
        select gen_random_uuid(), $1, $2, 'Floods.', a.id, clock_timestamp(), false from accounts a
        where a.email = 'amara@example.org'
        """,
        by.round.id,
        by.round.closes_at + timedelta(minutes=5),
    )
    await rounds.answer_extension(extension=await fetchval("select id from extensions"), agrees=True, by=by)


async def add_a_round(by: access.Actor) -> None:
    """After the last round, people propose once more."""
    last = max(item.closes_at for item in by.rounds)
    kept = [rounds.planned_as(item) for item in by.rounds if item.opens_at > by.now]
    start = max(last, by.now) + timedelta(days=1)
    await rounds.change_later(
        rounds=[*kept, PlannedRound(Phase.PROPOSE, start, start + timedelta(days=1))],
        version=rounds.version_of(by.rounds),
        by=by,
    )


REFUSALS: dict[str, type[Exception]] = {
    "not": Denied,
    "late": Closed,
    "?": NotFound,
    "in": NotSignedIn,
    "twice": Conflict,
}


def cells() -> list[tuple[str, str | None, str, str]]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        *verb, who = line[:18].split()
        outcomes = line[18:].split()
        assert len(outcomes) == len(STATES), line
        for state, outcome in zip(STATES, outcomes, strict=True):
            found.append((" ".join(verb), None if who == "-" else who, state, outcome))
    return found


@pytest.mark.slow
async def test_every_cell_of_the_table(scene: Scene) -> None:
    wrong = []
    for verb, who, state, expected in cells():
        with suppress(Undo):
            async with transaction():
                await stand_in(scene, state)
                try:
                    await attempt(verb, who, scene)
                    outcome = "ok"
                except (Denied, Closed, NotFound, NotSignedIn, Conflict, Invalid) as refusal:
                    outcome = next((word for word, kind in REFUSALS.items() if type(refusal) is kind), str(refusal))
                    outcome = "own" if str(refusal) == rounds.SECOND_PERSON else outcome
                    assert str(refusal).endswith("."), "a refusal is a sentence"
                if outcome != expected:
                    wrong.append(f"{verb} by {who} in {state}: {outcome}, not {expected}")
                raise Undo
    assert not wrong, "\n".join(wrong)
    assert len(cells()) == 25 * len(STATES)


class Undo(Exception):
    """Takes the savepoint back."""


async def test_a_round_that_closes_between_the_door_and_the_vote_takes_no_vote(scene: Scene) -> None:
    by = await factories.actor("chidi", scene.consultation)
    await execute("update rounds set closes_at = clock_timestamp() - interval '1 millisecond' where number = 1")
    with pytest.raises(Closed, match="Voting has closed"):
        await votes.cast(proposal=scene.accepted, choice=Choice.DISAGREE, by=by)
    assert await fetchval("select choice from votes") == "agree"


async def test_a_round_that_closes_between_the_door_and_the_proposal_takes_no_proposal(scene: Scene) -> None:
    by = await factories.actor("chidi", scene.consultation)
    await execute("update rounds set closes_at = clock_timestamp() - interval '1 millisecond' where number = 1")
    before = await fetchval("select count(*) from audit_events")
    with pytest.raises(Closed):
        await proposals.submit(statement="Share the maps.", language="en", by=by)
    assert await fetchval("select count(*) from audit_events") == before, "what is refused leaves no event"


async def test_a_role_that_was_taken_away_is_gone_at_the_next_door(scene: Scene) -> None:
    await execute("delete from memberships where role = 'moderator'")
    with pytest.raises(Denied):
        await access.enter(await person("ben"), scene.consultation.slug, Action.MODERATE)


async def test_each_action_leaves_one_event_in_an_unbroken_chain(scene: Scene) -> None:
    async def by(name: str) -> access.Actor:
        return await factories.actor(name, scene.consultation)

    before = await fetchval("select count(*) from audit_events")
    await proposals.cosponsor(proposal=scene.accepted, by=await by("chidi"))
    await moderation.accept(proposal=scene.waiting, by=await by("ben"))
    await extend(await by("amara"))
    assert await fetchval("select count(*) from audit_events") == before + 3
    await votes.cast(proposal=scene.accepted, choice=Choice.PASS, by=await by("chidi"))
    assert await fetchval("select count(*) from audit_events") == before + 3, "a vote is in no log"
    previous = "0" * 64
    events = await fetch("select * from audit_events where chain = $1 order by sequence", str(scene.consultation.id))
    for place, event in enumerate(events, 1):
        assert event["sequence"] == place
        assert event["previous_hash"] == previous
        body = [event[name] for name in ("happened_at", "actor", "action", "subject")]
        previous = event_hash(event["chain"], place, *body, json.loads(event["payload"]), event["previous_hash"])
        assert previous == event["hash"]
