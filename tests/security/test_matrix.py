"""Every role at every door in every state: what the table of rights says is what the application does.

The doors are tried for all cells: action, role, state, whether the role is held here or in another consultation, and
whether a code of the second factor was given lately. Over HTTP, each route is tried by one role that may and by one
that may not. A new route, role, state or action changes the number of cells, which is asserted, so that nobody adds one
unseen.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from app import access, auth
from app.access import CLOSING
from app.actions.accounts import open_session
from app.auth import Person
from app.database import execute, fetchval, now, transaction
from app.refusals import Closed, Denied, FactorAsked, NotFound, NotSignedIn, Refusal
from app.tables.consultations import Consultation
from deliberation.phases import ALLOWED, STATES, Action, Phase, Role
from tests import factories
from tests.cast import Browser, person
from tests.inventory import SAFE, Route, routes

NAMES: dict[Role, str | None] = {
    Role.VISITOR: None,
    Role.PARTICIPANT: "chidi",
    Role.CURATOR: "gus",
    Role.MODERATOR: "ben",
    Role.CONVENOR: "amara",
    Role.AUDITOR: "fatima",
    Role.ADMINISTRATOR: "root",
}
REACHABLE = tuple(state for state in STATES if not re.match("(curate|respond|commit):scheduled", state))
"""A consultation begins with a propose round: of later rounds, only open and closed are states of the whole."""
WITHOUT_OBJECT = {
    "desk": "the desk needs a frozen analysis",
    "coalitions": "a coalition needs an adopted statement",
    "assemblies": "the assembler needs an adopted statement",
    "slate": "a published slate needs a curated one",
    "slates": "two slates need a curated one",
    "ledger": "a signed ledger needs a published slate",
    "alerts": "an alert is one person's to decide, once",
    "appeals": "an appeal is made once, by an author whose statement was declined",
    "clarify": "a question is asked by a moderator, and seen by who speaks for the statement",
    "merges": "a merge request is its two authors' alone",
    "amendments": "other words are seen by who proposed them and who speaks for the statement",
    "merge": "a merge is suggested by a moderator, or by the author of the statement",
    "respond": "a response needs a slate",
    "summary": "a summary needs something to sum up",
    "results": "numbers need an analysis",
    "reply": "a response document needs a published summary",
    "embed": "an embedded result is shown where the operator allows other sites to",
    "meeting": "the page for a room needs something to show",
    "texts": "a text is withdrawn once somebody has written it",
}
"""Parts of the site whose pages may say 404 or 409 to a role that may enter, and why; they have tests of their own."""


@dataclass
class World:
    """One consultation with everybody in it."""

    consultation: Consultation
    people: dict[Role, Person | None]
    tokens: dict[Role, str] = field(default_factory=dict)
    places: dict[str, object] = field(default_factory=dict)


@pytest_asyncio.fixture
async def world(database: None) -> World:
    made = await factories.make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT))
    chidi = await factories.join("chidi", made, organisation="Wells Union")
    proposal = await factories.propose(chidi, "Build wells with the villages that use them.")
    await factories.propose(chidi, "Train a pump mechanic in every village.", accepted=False)
    await factories.vote(chidi, proposal, "agree")
    people = {
        role: None if name is None else await person(name, is_administrator=role is Role.ADMINISTRATOR)
        for role, name in NAMES.items()
    }
    tokens = {role: await open_session(who.id) for role, who in people.items() if who is not None}
    nobody = "00000000-0000-4000-8000-000000000000"
    places = {
        "slug": made.slug,
        "number": proposal.number,
        "alert_id": nobody,
        "request_id": nobody,
        "extension_id": nobody,
        "amendment_id": nobody,
        "publication_id": nobody,
        "objection_id": nobody,
        "item_id": nobody,
        "member": nobody,
        "which": 1,
        "language": "fr",
        "item": 1,
        "version": 1,
        "appeal_id": nobody,
        "exclusion_id": nobody,
        "card_id": nobody,
        "reveal_id": nobody,
        "introduction_id": nobody,
        "entry_id": nobody,
        "engagement_id": nobody,
    }
    return World(made, people, tokens, places)


async def stand_in(world: World, state: str) -> None:
    """The consultation is in this state, whether or not real rounds could bring it there."""
    phase, _, standing = state.partition(":")
    await factories.set_lifecycle(world.consultation, "running" if standing else state)
    if standing:
        hours = {"scheduled": (1, 2), "open": (-1, 1), "closed": (-2, -1)}[standing]
        await execute("delete from rounds where consultation = $1 and number > 1", world.consultation.id)
        moment = await now()
        await execute(
            "update rounds set phase = $2, opens_at = $3, closes_at = $4 where consultation = $1",
            world.consultation.id,
            phase,
            *(moment + timedelta(hours=hour) for hour in hours),
        )


def expected(action: Action, role: Role, state: str, *, is_known: bool = False) -> set[type[Refusal] | None]:
    """What the door says, from the table alone; to who is signed in without a role here, that they may not."""
    row = ALLOWED[action]
    if state not in ALLOWED[Action.SEE_CONSULTATION][role]:
        return {NotFound}
    if (action, state) == (Action.SEE_RESULTS, "propose:open"):
        return {Denied}  # under the Chatham House Rule, results open when the round has closed
    if state in row[role]:
        return {None}
    if not row[role]:
        others = any(row[other] for other in Role if other is not Role.VISITOR)
        return {NotSignedIn if role is Role.VISITOR and others and not is_known else Denied}
    return {Closed} if action in CLOSING and is_over(action, role, state) else {Denied}


def is_over(action: Action, role: Role, state: str) -> bool:
    """The only round of this test was the action's own, and has closed."""
    phase, _, standing = state.partition(":")
    return standing == "closed" and f"{phase}:open" in ALLOWED[action][role]


def doors() -> list[Action]:
    return sorted({Action(route.action) for route in routes() if route.is_of_consultation and route.action})


class Undo(Exception):
    """Takes the savepoint back."""


STALE, FRESH = timedelta(minutes=11), timedelta(minutes=9)


def outcome(actor: access.Actor, action: Action) -> type[Refusal] | None:
    try:
        actor.check(action)
        actor.check_factor(action, is_write=True)
    except Refusal as refusal:
        return type(refusal)
    return None


async def outcomes(
    world: World, who: Person | None, state: str
) -> dict[tuple[Action, timedelta], type[Refusal] | None]:
    """What each door says to the person, by how long ago they gave a code; `enter` is approaching and being checked."""
    cells = list(product(doors(), (STALE, FRESH)))
    try:
        actor = await access.approach(who, world.consultation.slug)
    except NotFound:
        return dict.fromkeys(cells, NotFound)
    assert actor.state == state
    given = {
        ago: replace(actor, person=who and replace(who, has_factor=True, factor_at=actor.now - ago))
        for ago in (STALE, FRESH)
    }
    return {(action, ago): outcome(given[ago], action) for action, ago in cells}


async def elsewhere(world: World) -> dict[Role, Person | None]:
    """Who has the same roles in another consultation, and none in this one."""
    other = await factories.make_consultation(slug="forest")
    found = {}
    for role, who in world.people.items():
        stranger = None if who is None else await person(f"far-{role}", is_administrator=role is Role.ADMINISTRATOR)
        if stranger is not None and role is Role.PARTICIPANT:
            await factories.join(f"far-{role}", other)
        elif stranger is not None and role is not Role.ADMINISTRATOR:
            await execute(
                "insert into memberships (id, consultation, account, role, rounds) "
                "values (gen_random_uuid(), $1, $2, $3, '{}')",
                other.id,
                stranger.id,
                role.value,
            )
        found[role] = stranger
    return found


async def test_every_role_at_every_door_in_every_state(world: World) -> None:
    wrong, n_cells = [], 0
    strangers = await elsewhere(world)
    for state in STATES:
        with suppress(Undo):
            async with transaction():
                await stand_in(world, state)
                for role, is_here in product(Role, (True, False)):
                    # Elsewhere's roles count for nothing here; administrators are administrators everywhere.
                    counts = role if is_here or role is Role.ADMINISTRATOR else Role.VISITOR
                    who = world.people[role] if is_here else strangers[role]
                    for (action, ago), said in (await outcomes(world, who, state)).items():
                        n_cells += 1
                        wanted = expected(action, counts, state, is_known=who is not None)
                        if wanted == {None} and ago is STALE and who is not None and ALLOWED[action].asks_factor:
                            wanted = {FactorAsked}
                        if said not in wanted:
                            wrong.append(f"{role} {is_here=} {action} in {state}, {ago}: {said}, not {wanted}")
                raise Undo
    assert not wrong, "\n".join(wrong)
    assert n_cells == len(doors()) * 7 * 15 * 2 * 2
    # A new action behind a route needs its row in the table, its cells here, and this number.
    assert len(doors()) == N_DOORS
    assert len({action for action in doors() if ALLOWED[action].asks_factor}) == N_ASKING


N_DOORS = 66
N_ASKING = 11
"""Doors that ask for a fresh second factor where something is changed."""


async def test_to_enter_is_to_approach_and_to_be_checked(world: World) -> None:
    actor = await access.enter(world.people[Role.MODERATOR], world.consultation.slug, Action.MODERATE)
    assert actor.roles == {Role.MODERATOR}
    for role, kind in ((Role.VISITOR, NotSignedIn), (Role.CONVENOR, Denied)):
        with pytest.raises(kind):
            await access.enter(world.people[role], world.consultation.slug, Action.MODERATE)
    with pytest.raises(NotFound):
        await access.enter(world.people[Role.MODERATOR], "no-such-place", Action.MODERATE)


STATUS = {None: {200, 303}, NotFound: {404}, NotSignedIn: {303, 401}, Denied: {403}, Closed: {410}}


def is_excused(route: Route) -> bool:
    parts = {part.partition(".")[0] for part in route.path.split("/")}
    return bool(parts & set(WITHOUT_OBJECT) or set(route.parameters) - {"slug", "number"})


async def request(client: Any, world: World, route: Route, role: Role) -> Any:
    places = world.places | {name: "x" for name in route.parameters if name not in world.places}
    path = route.filled(**places)
    if role is Role.VISITOR:
        client.cookies.clear()
        if route.method in SAFE:
            return await client.get(path)
        browser = auth.new_token()
        return await client.post(
            path,
            data={"_csrf_token": auth.Visit(browser=browser).csrf_token},
            headers={"cookie": f"{auth.cookie_name('browser')}={browser}"},
        )
    browser = Browser(client, world.tokens[role])
    return await (browser.get(path) if route.method in SAFE else browser.post(path))


async def check(client: Any, world: World, route: Route, role: Role, state: str) -> str | None:
    kinds = expected(Action(route.action), role, state)
    answer = await request(client, world, route, role)
    allowed = set().union(*(STATUS[kind] for kind in kinds))
    if kinds == {None}:
        allowed |= {422} if route.method not in SAFE else set()  # an empty form, read and refused
        allowed |= {404, 409, 403} if is_excused(route) or route.method not in SAFE else set()
    if answer.status_code not in allowed:
        return f"{route.name} by {role} in {state}: {answer.status_code}, not {sorted(allowed)}"
    if kinds == {NotSignedIn} and answer.status_code == 303 and "/sign-in" not in answer.headers["location"]:
        return f"{route.name} by {role} in {state}: leads to {answer.headers['location']}"
    return None


def sample(route: Route, place: int, state: str) -> list[Role]:
    """One role that may, by the table, and one that may not, changing from state to state: each has its turn."""
    row = ALLOWED[Action(route.action)]
    may = [role for role in Role if state in row[role]]
    may_not = [role for role in Role if role not in may]
    return [group[place % len(group)] for group in (may, may_not) if group]


def tried_over_http() -> list[Route]:
    return [
        route
        for route in routes()
        if route.is_of_consultation and not route.path.startswith("/live/")  # an endless stream
    ]


@pytest.mark.slow
async def test_every_page_answers_as_its_door_says(client: Any, world: World) -> None:
    wrong = []
    for place, state in enumerate(REACHABLE):
        with suppress(Undo):
            async with transaction():
                await stand_in(world, state)
                for route in tried_over_http():
                    if route.method in SAFE:
                        for role in sample(route, place, state):
                            wrong.append(await check(client, world, route, role, state))
                raise Undo
    assert not [line for line in wrong if line], "\n".join(line for line in wrong if line)
    assert len(wrong) > 500


@pytest.mark.slow
async def test_every_form_answers_as_its_door_says(client: Any, world: World) -> None:
    wrong = []
    for place, route in enumerate(tried_over_http()):
        if route.method in SAFE:
            continue
        states = [
            state for state in REACHABLE if any(state in states for states in ALLOWED[Action(route.action)].values())
        ]
        closed = [state for state in REACHABLE if state not in states]
        for state in (states[place % len(states)], closed[place % len(closed)]):
            for role in sample(route, place, state):
                with suppress(Undo):
                    async with transaction():
                        await stand_in(world, state)
                        wrong.append(await check(client, world, route, role, state))
                        raise Undo
    assert not [line for line in wrong if line], "\n".join(line for line in wrong if line)
    assert len(wrong) > 100


def without_names(text: str, slug: str) -> str:
    """The page without what must differ: the address itself, the request's id and the visitor's own tokens."""
    text = re.sub(r"[0-9a-f]{16,64}", "", text)
    return text.replace(slug, "SLUG")


@pytest.mark.slow
async def test_what_a_stranger_may_not_know_of_looks_like_what_is_not_there(client: Any, world: World) -> None:
    await factories.set_lifecycle(world.consultation, "draft")
    other = await factories.make_consultation(slug="forest")
    await factories.join("hana", other)
    hana = await open_session((await person("hana")).id)
    n = 0
    for route in tried_over_http():
        real = route.filled(**world.places, **{name: "x" for name in route.parameters if name not in world.places})
        missing = real.replace("/water", "/nowhere")
        for browser in (Browser(client, hana), Browser(client)):
            answers = []
            for path in (real, missing):
                answers.append(await (browser.get(path) if route.method in SAFE else browser.post(path)))
            first, second = answers
            if not browser.token and route.method not in SAFE:
                assert first.status_code == second.status_code == 403, "without a token the form goes nowhere"
            else:
                assert first.status_code == second.status_code == 404, route.name
            assert without_names(first.text, "water") == without_names(second.text, "nowhere"), route.name
            assert list(first.headers) == list(second.headers), route.name
            n += 1
    assert n == 2 * len(tried_over_http())


async def test_an_object_of_another_consultation_is_not_reached_through_this_one(client: Any, world: World) -> None:
    """The number, alert, request or coalition in an address is looked for in the address's own consultation."""
    other = await factories.make_consultation(slug="forest")
    hana = await factories.join("hana", other)
    for text in ("Plant along the rivers.", "Plant along the roads.", "Plant around schools."):
        await factories.propose(hana, text)
    ben = Browser(client, world.tokens[Role.MODERATOR])
    answer = await ben.get("/en/c/water/statements/3")
    assert answer.status_code == 404
    alert = await fetchval(
        """
        insert into alerts (id, consultation, kind, subject, level, measure, raised_at, decision, reason)
        values (gen_random_uuid(), $1, 'dominance', 'x', 'warn', '{}', now(), '', '') returning id
        """,
        other.id,
    )
    assert (await ben.get(f"/en/c/water/alerts/{alert}")).status_code == 404
    assert (await ben.post(f"/en/c/water/alerts/{alert}", {"decision": "kept", "reason": "x"})).status_code == 404
