"""Forty people with unique marks go through a consultation; no response to anybody gives one of them away.

Every GET route of the application is asked, by every role, in three phases, as a page and as a fragment, together with
the links that the pages hold. Routes that are added later are walked too: one whose places cannot be filled fails here
until `PLACES` says with what.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from app import access, auth
from app.access import Actor
from app.actions import (
    accounts,
    amendments,
    appeals,
    backing,
    charters,
    clarifications,
    coalitions,
    commitments,
    curation,
    curators,
    families,
    invitations,
    moderation,
    participants,
    proposals,
    responses,
    votes,
)
from app.analysis.charters import version_of
from app.auth import Person
from app.database import execute, fetch, fetchrow, fetchval, now
from app.jobs.analyse import freeze
from app.jobs.check_power import check_power
from app.tables.accounts import Account
from app.tables.coalitions import Coalition
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.charters import CLAUSES, Consent, digest_of
from deliberation.phases import Role
from deliberation.votes import Choice
from tests import factories
from tests.cast import person
from tests.leaks import Canary, Scanner, shapes

pytestmark = pytest.mark.slow  # a consultation is led through its rounds

N_PEOPLE, N_WRITERS = 40, 8
MOST_LINKS = 25
CONSTITUENCIES = ("ngos", "women", "business")

PLACES = {
    ("", "slug"): "select slug from consultations order by slug",
    ("/c/{slug}/statements", "number"): "select number from proposals where status = 'accepted' order by number",
    ("/c/{slug}/statements", "language"): "select unnest(array['fr', 'ar'])",
    ("/c/{slug}/merges", "request_id"): "select id from merge_requests",
    ("/c/{slug}/amendments", "amendment_id"): "select id from amendments order by created_at",
    ("/c/{slug}/alerts", "alert_id"): "select id from alerts order by id",
    ("/c/{slug}/coalitions", "number"): "select number from coalitions order by number",
    ("/c/{slug}/exclusions", "exclusion_id"): "select id from exclusions",
    ("/c/{slug}/assemblies", "number"): "select number from assemblies",
    ("/c/{slug}/coalitions", "which"): "select number from commitments order by number",
    ("/c/{slug}/coalitions", "version"): "select version from charters where status = 'signed'",
    ("/c/{slug}/results/charts", "file"): "select unnest(array['gaps.svg', 'common.svg'])",
    ("/c/{slug}/power/charts", "file"): "select unnest(array['days.svg', 'spread.svg'])",
    ("/c/{slug}/summary/charts", "file"): "select unnest(array['gaps.svg', 'people-constituency.svg'])",
    ("/c/{slug}/reveals", "reveal_id"): "select id from reveals",
    ("/c/{slug}/convene/people", "member"): "select id from memberships where role <> 'participant' order by role",
    ("/help", "name"): "select unnest(array['words', 'stakeholders'])",
    ("/help/pictures", "name"): "select 'results.png'",
    ("/messages/stop", "token"): "select split_part(stop_path, '/', 5) from messages where stop_path <> ''",
    ("/unsent", "number"): "select id from unsent_forms",
    ("/c/{slug}/meeting", "file"): "select unnest(array['note.md', 'agenda.md'])",
}
"""What fills the places of a route: by the start of its path and the place's name, a question to the database."""
LATER = {
    "/c/{slug}/coalitions/{number}": 3,
    "/c/{slug}/alerts/{alert_id}": 2,
    "/c/{slug}/exclusions/{exclusion_id}": 4,
    "/c/{slug}/assemblies/{number}": 4,
    "/c/{slug}/reveals/{reveal_id}": 4,
    "/unsent/{number}": 4,
}
"""Routes below something that only comes to be in a later round: from that round on they must be filled.
4: not in this walk of three rounds; tests of their own look at who sees what."""
BETWEEN_PARTNERS = {
    "/c/{slug}/coalitions/{number}",
    "/c/{slug}/coalitions/{number}/charter",
    "/c/{slug}/coalitions/{number}/commitments/{which}",
}
KNOWN_TO_PARTNERS = {"name", "email", "local part", "organisation"}
"""Where the partners of a coalition that has formed see each other, and what they see."""
NOT_WALKED = {"/static": "files of the program, the same for everybody"}


@dataclass
class Someone:
    """A participant with a mark on everything that is theirs."""

    token: str
    person: Person
    organisation: str
    participant: int = 0

    @property
    def canaries(self) -> list[Canary]:
        return [
            Canary(self.token, "name", self.person.name),
            Canary(self.token, "email", self.person.email),
            Canary(self.token, "local part", self.person.email.split("@")[0]),
            Canary(self.token, "organisation", self.organisation),
            Canary(self.token, "account", str(self.person.id)),
            Canary(self.token, "account", self.person.id.hex),
            Canary(self.token, "account", str(self.person.id.int)),
            Canary(self.token, "participant", str(self.participant)),
        ]


@dataclass
class World:
    here: Consultation
    people: list[Someone]
    invited: str = ""
    found: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    partners: set[str] = field(default_factory=set)

    def is_allowed(self, role: str, route: str, canary: Canary) -> bool:
        """What may be seen of whom: one's own by oneself, and the addresses a convenor has invited."""
        if canary.kind == "invited":
            return role == "convenor" and route == "/c/{slug}/convene/invitations"
        if role in self.partners and route in BETWEEN_PARTNERS and canary.kind in KNOWN_TO_PARTNERS:
            return canary.owner in self.partners or canary.text == SHARED
        if canary.text == SHARED:
            return any(who.token == role and SHARED in who.organisation for who in self.people)
        return role == canary.owner and canary.kind in {"name", "email", "local part", "organisation"}


async def someone(place: int) -> Someone:
    token = uuid4().hex[:12]
    account = Account(
        email=f"m{token}@leak-{token}.example",
        name=f"Zoë {token} O'Mark",
        created_at=await now(),
    )
    await account.save()
    who = Person(account.id, account.email, account.name, "en", "UTC", False, False)
    # Ten people come from one body, which writes most: the moderator is to find it, and nobody else.
    return Someone(token, who, f"Body “{token}” & Sons" if place >= 10 else f"Forum <{SHARED}> of Brokers")


SHARED = uuid4().hex[:12]


async def as_actor(who: Someone, here: Consultation) -> Actor:
    fresh = await Consultation.objects().where(Consultation.id == here.id).first()
    assert fresh is not None
    return await access.actor_in(fresh, who.person)


async def first_round() -> World:
    """Everybody has joined, eight have written, one statement is to be merged and one is reported, all have voted."""
    here = await factories.make_consultation()
    people = [await someone(place) for place in range(N_PEOPLE)]
    written: list[Proposal] = []
    for place, who in enumerate(people):
        await participants.join(
            constituency=CONSTITUENCIES[place % 3],
            organisation=who.organisation,
            region="african",
            language="en",
            by=await as_actor(who, here),
        )
        actor = await as_actor(who, here)
        assert actor.participant is not None
        who.participant = actor.participant.id
        for n in range(2 if place < N_WRITERS else 0):
            text = f"Wells of kind {place}-{n} should be built with the villages."
            written.append(await factories.propose(actor, text, accepted=True, on_behalf=True, is_named=True))
    author = await as_actor(people[1], here)
    waiting = await factories.propose(author, "A statement that waits for a decision.", accepted=False)
    ben = await factories.actor("ben", here)
    await moderation.suggest_merge(proposal=waiting, into=written[5], by=ben)
    for proposal in written[6:8]:
        made = await amendments.propose(
            proposal=proposal,
            statement=f"Other words for what number {proposal.number} says.",
            reason="It says more.",
            by=await as_actor(people[10], here),
        )
    await amendments.decline(amendment=made, answer="These are clearer.", by=await as_actor(people[3], here))
    flagger = await as_actor(people[20], here)
    await proposals.flag(proposal=written[5], reason_code=await a_reason(), note="Please look at this.", by=flagger)
    await proposals.cosponsor(proposal=written[2], by=await as_actor(people[15], here))
    for place, who in enumerate(people):
        actor = await as_actor(who, here)
        for step, proposal in enumerate(written):
            if (place + step) % 3:
                choice = Choice.AGREE if (place % 2) == (step % 2) or step < 4 else Choice.DISAGREE
                if proposal.author != who.participant:
                    await votes.cast(proposal=proposal, choice=choice, by=actor)
    await moderate(people, here, written)
    await check_power(consultation_id=str(here.id))
    world = World(here, people, invited=f"guest{uuid4().hex[:12]}@leak.example")
    await invitations.invite(addresses=world.invited, by=await factories.actor("amara", here))
    return world


async def moderate(people: list[Someone], here: Consultation, written: list[Proposal]) -> None:
    """One statement was unclear and is answered, one was declined and is appealed for, two say the same."""
    ben, author = await factories.actor("ben", here), await as_actor(people[2], here)
    unclear = await factories.propose(author, "They should pay for it.", accepted=False, on_behalf=True)
    await clarifications.ask(proposal=unclear, kind="who", question="Who are they?", by=ben)
    await clarifications.answer(proposal=unclear, statement="Towns should pay for it.", by=author)
    await moderation.accept(proposal=unclear, by=ben)
    declined = await factories.propose(author, "Something else should be done.", accepted=False, on_behalf=True)
    await moderation.decline(proposal=declined, reason_code=await a_reason(), reason="What should be?", by=ben)
    await appeals.make(proposal=declined, reason="It is clear to us.", by=author)
    await families.join(proposal=written[9], into=written[11], by=ben)


async def a_reason() -> str:
    from app.taxonomies import moderation_reasons

    return moderation_reasons.codes()[0]


async def later(world: World, number: int) -> None:
    """The clock stands in another round; what was cast before keeps its place in time."""
    await execute("update votes set cast_at = cast_at - interval '1 day'")
    await factories.move_to(world.here, number)


async def second_round(world: World) -> None:
    """The first round is frozen, and the desk is open with the curated slate begun."""
    await later(world, 2)
    row = await fetchrow("select id from rounds where consultation = $1 and number = 1", world.here.id)
    assert row is not None
    await freeze(round_id=str(row["id"]))
    assert await fetchval("select 1 from analyses where kind = 'frozen' and evidence = 'full'")
    for name in ("gus", "amara"):
        await curators.declare(interests={}, by=await factories.actor(name, world.here))
    await curation.open_desk(by=await factories.actor("amara", world.here))
    await check_power(consultation_id=str(world.here.id))


async def third_round(world: World) -> None:
    """The slate is signed by two and published; people respond to it, offer to work, and are invited to a coalition."""
    for name in ("amara", "gus"):
        await curation.sign(version=1, by=await factories.actor(name, world.here))
    await later(world, 3)
    item = await fetchrow("select proposal from slate_items order by position limit 1")
    assert item is not None
    adopted = await Proposal.objects().where(Proposal.id == item["proposal"]).first()
    assert adopted is not None
    for who in world.people[12:18]:
        await coalitions.offer(proposal=adopted, brings="We bring pumps.", by=await as_actor(who, world.here))
        await responses.answer_overall(represents="yes", can_live_with="yes", by=await as_actor(who, world.here))
    partners = world.people[12:15]
    sql = "select id from work_offers where participant = any($1::bigint[])"
    offers = [row["id"] for row in await fetch(sql, [who.participant for who in partners])]
    amara = await factories.actor("amara", world.here)
    coalition = await coalitions.draft(
        proposal=adopted, title="Wells together", purpose="", offers=offers, n_needed=3, by=amara
    )
    await coalitions.invite(coalition=coalition, by=amara)
    await work_together(world, coalition, partners)


async def work_together(world: World, coalition: Coalition, partners: list[Someone]) -> None:
    """The coalition forms, signs a charter that it opens, and makes a commitment with an office it does not name."""
    world.partners = {who.token for who in partners}
    for who in partners:
        await coalitions.answer(coalition=coalition, accepts=True, by=await as_actor(who, world.here))
    first, *others = [await as_actor(who, world.here) for who in partners]
    today = (await now()).date()
    charter = await charters.begin(coalition=coalition, review_on=today + timedelta(days=300), by=first)
    for clause in CLAUSES:
        await charters.write(coalition=coalition, clause=clause, words=f"What we say of {clause}.", by=first)
        for one in others:
            await charters.answer(coalition=coalition, clause=clause, number=1, consent=Consent.AGREE, by=one)
    text = (await version_of(charter)).text
    assert text is not None
    for one in (first, *others):
        await charters.sign(coalition=coalition, digest=digest_of(text), opens=True, by=one)
    given = dict.fromkeys(commitments.FIELDS, "") | {"title": "Six wells", "what": "Six wells.", "indicator": "Wells"}
    given |= {"target": "6", "achievable": "We dug four.", "targets": ["6.1"]}
    given |= {"starts_on": today, "due_on": today + timedelta(days=200)}
    made = await commitments.draft(coalition=coalition, given=given, by=first)
    here: dict[str, Any] = {"coalition": coalition, "commitment": made, "by": first}
    await commitments.add_deliverable(words="Two wells.", due_on=today + timedelta(days=99), **here)
    await commitments.add_resource(kind="people", amount=None, unit="", words="A team", from_role="", **here)
    await backing.pledge(
        office=partners[0].organisation,
        level="head",
        asset="staff",
        words="",
        due_on=today + timedelta(days=99),
        is_open=False,
        **here,
    )
    await commitments.make(**here)


# -------- the walk


@dataclass(frozen=True)
class Route:
    path: str
    places: tuple[str, ...]


def routes_of(application: Any) -> list[Route]:
    found = []
    for route in application.app.routes:
        methods = getattr(route, "methods", ())
        if "GET" in methods and not any(route.path_format.startswith(start) for start in NOT_WALKED):
            found.append(Route(route.path_format, tuple(re.findall(r"{(\w+)}", route.path_format))))
    return found


async def filled(route: Route, number: int) -> list[str]:
    """The addresses of a route: each place filled with what the consultation holds."""
    paths = [route.path]
    for place in route.places:
        starts = [start for start, name in PLACES if name == place and route.path.startswith(start)]
        assert starts, f"{route.path}: nothing is known to fill {{{place}}}; please say so in PLACES"
        rows = await fetch(PLACES[max(starts, key=len), place])
        if not rows and number < max((LATER[start] for start in LATER if route.path.startswith(start)), default=0):
            return []
        assert rows, f"{route.path}: the consultation holds nothing to fill {{{place}}}"
        paths = [path.replace(f"{{{place}}}", str(row[0])) for path in paths for row in rows[:2]]
    prefix = "" if re.match(r"/(api|live|healthz|readyz|metrics|robots\.txt|\.well-known)\b", route.path) else "/en"
    return [prefix + path for path in paths]


LINK = re.compile(r'(?:href|data-hx-get|action)="(/[^"#]*)')


@dataclass
class Walk:
    """One reader's way through the site."""

    client: Any
    scanner: Scanner
    world: World
    role: str
    headers: dict[str, str]
    seen: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)

    async def ask(self, path: str, route: str) -> str:
        """The page at this address, after it and its fragment were searched."""
        body = ""
        for extra in ({}, {"HX-Request": "true"}):
            self.client.cookies.clear()
            answer = await self.client.get(path, headers=self.headers | extra)
            if answer.status_code >= 500:
                self.world.broken.append(f"{answer.status_code} for {self.role} at {path}")
            if extra and body == answer.text:
                continue
            self.statuses[answer.status_code] += 1
            for canary, shape in self.scanner.find(answer.content, answer.headers):
                if self.world.is_allowed(self.role, route, canary):
                    self.hits[canary.kind] += 1
                else:
                    self.world.found.append(f"{self.role} at {path}: {canary.kind} in {shape}")
            body = body or answer.text
            if answer.status_code != 200:
                break
        return body

    async def everything(self, routes: list[Route], number: int) -> None:
        links: list[str] = []
        for route in routes:
            for path in await filled(route, number):
                self.seen.add(path)
                links += LINK.findall(await self.ask(path, route.path))
        new = {unescape(link) for link in links} - self.seen
        own = sorted(path for path in new if re.match(r"/(en|api)\b(?!.*sign-in)", path))
        for path in own[:: max(1, len(own) // MOST_LINKS)]:
            self.seen.add(path)
            await self.ask(path, re.sub(r"^/en(?=/)", "", path.split("?")[0]).replace("/c/water", "/c/{slug}"))


async def readers(world: World) -> AsyncIterator[tuple[str, dict[str, str]]]:
    yield "visitor", {}
    cast = {"outsider": "eve", "moderator": "ben", "convenor": "amara", "auditor": "fatima", "curator": "gus"}
    for role, name in cast.items():
        yield role, await cookie((await person(name)).id)
    yield "administrator", await cookie((await person("hana", is_administrator=True)).id)
    for who in (world.people[0], world.people[14]):
        yield who.token, await cookie(who.person.id)


async def cookie(account: Any) -> dict[str, str]:
    return {"cookie": f"{auth.cookie_name('sid')}={await accounts.open_session(account)}"}


def scanner_for(world: World) -> Scanner:
    marks = [canary for who in world.people for canary in who.canaries]
    marks = [canary for canary in marks if canary.kind != "organisation" or SHARED not in canary.text] + [
        Canary("", "organisation", SHARED),
        Canary("", "invited", world.invited),
    ]
    return Scanner(marks)


async def walk_all(client: Any, application: Any, world: World, number: int) -> dict[str, Walk]:
    walks = {}
    scanner = scanner_for(world)
    async for role, headers in readers(world):
        walks[role] = Walk(client, scanner, world, role, headers)
        await walks[role].everything(routes_of(application), number)
    return walks


@pytest.mark.slow
async def test_no_response_to_anybody_gives_a_participant_away(client, application):
    world = await first_round()
    for number, enter in ((1, None), (2, second_round), (3, third_round)):
        if enter is not None:
            await enter(world)
        walks = await walk_all(client, application, world, number)
        assert world.found == [], "\n".join(sorted(set(world.found))[:40])
        assert world.broken == [], "\n".join(sorted(set(world.broken))[:40])
        for role, walk in walks.items():
            assert walk.statuses[200] > 20, (role, walk.statuses)
        own = walks[world.people[0].token].hits
        assert own["name"] and own["email"], "the search finds what is allowed, or it would find nothing"
    assert {Role.MODERATOR, Role.CONVENOR} <= set(walks)


async def test_mail_names_nobody_but_its_reader(client):
    world = await first_round()
    await second_round(world)
    await third_round(world)
    scanner = scanner_for(world)
    mails = await fetch('select "to", subject, text, html from messages')
    assert len(mails) > 5
    for mail in mails:
        said = "\n".join((mail["subject"], mail["text"], mail["html"]))
        others = {canary.kind for canary, _ in scanner.find(said.encode()) if not same(world, canary, mail["to"])}
        assert others == set(), mail["subject"]


def same(world: World, canary: Canary, address: str) -> bool:
    return canary.text == address or any(
        who.token == canary.owner for who in world.people if who.person.email == address
    )


async def test_a_mark_planted_in_a_statement_is_found_on_the_pages_that_show_it(client, application):
    world = await first_round()
    await execute(
        "update proposals set statement = $1 where id = (select min(id) from proposals where status = 'accepted')",
        f"As {world.people[3].person.email} said, wells are needed.",
    )
    walk = Walk(client, scanner_for(world), world, "visitor", {})
    await walk.everything([route for route in routes_of(application) if "statements" in route.path], 1)
    assert any("email in raw" in line for line in world.found)
    assert any("/api/v1/" in line for line in world.found)


@pytest.mark.parametrize("kind", ["name", "email", "organisation", "participant", "account"])
def test_the_search_finds_a_mark_in_every_shape(kind):
    texts = {
        "name": "Zoë 3f9a51c07be2 O'Mark",
        "email": "m3f9a51c07be2@leak-3f9a51c07be2.example",
        "organisation": "Body “3f9a51c07be2” & Sons",
        "participant": "2917403661829547",
        "account": "0d7a8c1e-1f1b-4f6e-9f43-5b1d2a9c7e10",
    }
    canary = Canary("x", kind, texts[kind])
    scanner = Scanner([canary])
    for shape, needle in shapes(canary.text).items():
        page = b"<p>something before " + needle + b" and after</p>"
        assert any(found is canary for found, _ in scanner.find(page)), shape
        assert any(found is canary for found, _ in scanner.find(b"", {"x-trace": needle.decode()})), shape
    assert scanner.find(b"<p>nothing of the kind</p>") == set()


def test_the_search_finds_a_number_written_with_spaces_between_its_thousands():
    scanner = Scanner([Canary("x", "participant", "2917403661829547")])
    assert scanner.find("<td>2\u00a0917\u00a0403\u00a0661\u00a0829\u00a0547</td>".encode())


async def test_a_route_that_nobody_can_fill_fails_the_walk(database):
    with pytest.raises(AssertionError, match="please say so in PLACES"):
        await filled(Route("/c/{slug}/rooms/{room}", ("room",)), 1)
