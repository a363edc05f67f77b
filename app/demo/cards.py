"""The expert meeting's cards: what fifteen people bring, need and must get out of it, and two wishes about contacts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.access import Actor, actor_in
from app.actions import cards, contacts
from app.analysis.cards import Written
from app.auth import Person
from app.database import fetchval
from app.demo.people import DemoPerson
from app.tables.consultations import Consultation

STAKEHOLDER = Written(
    offers={
        "access": ("Forty village networks that would take part in a trial.", 4),
        "legitimacy": ("A seat at the table of the national forum, which we can share.", 2),
    },
    needs={
        "finance": "Travel for village speakers, twice a year.",
        "capacity": "Somebody who can write a proposal to a funder",
        "knowledge": "Figures that show what a partnership changed.",
    },
    cause="proposal_writing",
    must_get="Villages speak for themselves at the review, not we for them.",
    motivation="We were partners in five launches and in no second year.",
    place="Coastal districts of three countries",
    goals=(6, 17),
    targets=("6.b", "17.17"),
    required_terms=("open_results",),
    refused_terms=("commercial_use",),
    red_lines="No product placement in the villages.",
    open_parts=("offers", "needs", "goals"),
)

BY_CONSTITUENCY: dict[str, tuple[Written, ...]] = {
    "ngos": (
        Written(
            offers={"people": ("An office that can take the minutes of two partnerships.", 2)},
            needs={
                "technology": "A simple register of who promised what by when.",
                "legitimacy": "An invitation that a ministry answers.",
            },
            must_get="Our coordinators are paid for what they do anyway.",
            goals=(16, 17),
            open_parts=("offers",),
        ),
        Written(
            offers={"access": ("Three partnerships in our network that were launched last year.", 3)},
            needs={"capacity": "A short course for people who coordinate.", "finance": "Half a post for two years."},
            cause="bankable_project",
            must_get="They are still meeting in two years.",
            goals=(3, 17),
            required_terms=("named_credit",),
            open_parts=("offers", "needs"),
        ),
        Written(
            offers={"knowledge": ("A record of forty partnerships that ended, and why.", 5)},
            needs={"access": "People who speak openly about failures."},
            motivation="Nobody writes down what went wrong.",
            goals=(10, 17),
            required_terms=("confidential",),
            open_parts=("offers", "motivation"),
        ),
        Written(
            offers={"policy": ("Model clauses for money, credit and exit.", 6)},
            needs={"people": "Lawyers who know small associations.", "knowledge": "Agreements that were really kept."},
            must_get="One agreement with our clauses is signed.",
            goals=(16,),
            refused_terms=("company_money",),
        ),
    ),
    "education_and_academia": (
        Written(
            offers={"knowledge": ("A researcher who follows partnerships after two years.", 4)},
            needs={"access": "Partnerships that let us watch.", "finance": "A doctoral post."},
            cause="contacts",
            must_get="We may publish, also what is uncomfortable.",
            goals=(4, 17),
            required_terms=("open_results",),
            open_parts=("offers", "needs", "must_get"),
        ),
        Written(
            offers={"capacity": ("A course for people who coordinate, tried with forty of them.", 8)},
            needs={"access": "Coordinators from three regions.", "infrastructure": "Rooms in two cities."},
            must_get="Our students work on something real.",
            goals=(4,),
            targets=("4.7",),
            open_parts=("offers",),
        ),
        Written(
            offers={"technology": ("An open register of commitments, translated into six languages.", 10)},
            needs={"people": "Partners who test it for half a year."},
            goals=(9, 17),
            targets=("17.16",),
            required_terms=("open_results",),
        ),
        Written(
            offers={"capacity": ("Two people who write proposals and teach it.", 3)},
            needs={"legitimacy": "A convenor who asks for us.", "finance": "Their time."},
            cause="legal_form",
            goals=(17,),
            open_parts=("needs",),
        ),
    ),
    "business": (
        Written(
            offers={"finance": ("A small fund for the second year, for three partnerships.", 3)},
            needs={
                "knowledge": "Proof that a second year pays.",
                "policy": "Rules for gifts that our auditors accept.",
            },
            must_get="A report that our board can read in ten minutes.",
            goals=(8, 17),
            targets=("17.3",),
            required_terms=("named_credit", "binding_contract"),
            open_parts=("offers",),
        ),
        Written(
            offers={"infrastructure": ("Meeting rooms in nine cities, with interpreters' booths.", 5)},
            needs={"legitimacy": "To be seen as a host, not as a sponsor."},
            must_get="Our staff take part, not only our name.",
            goals=(11,),
            open_parts=("offers", "needs"),
        ),
        Written(
            offers={"people": ("Ten days of a mediator, twice a year.", 2)},
            needs={"access": "Coalitions that still quarrel openly."},
            must_get="We learn to mediate with public bodies.",
            goals=(16,),
            required_terms=("confidential",),
        ),
    ),
    "un_entities": (
        Written(
            offers={"legitimacy": ("An invitation in the name of the Organization.", 6)},
            needs={"people": "Somebody who chases the minutes.", "technology": "One register in place of nine."},
            must_get="Partnerships that report once and are heard.",
            goals=(17,),
            targets=("17.16", "17.17"),
            refused_terms=("commercial_use",),
            open_parts=("offers", "needs"),
        ),
        Written(
            offers={"policy": ("A way into the reporting of three ministries.", 3)},
            needs={"knowledge": "Evidence that fits one page."},
            goals=(16, 17),
            open_parts=("offers",),
        ),
        Written(
            offers={"access": ("Resident coordinators in twelve countries.", 4)},
            needs={"infrastructure": "A place to meet outside the capital.", "capacity": "Training for local hosts."},
            must_get="Countries lead, headquarters helps.",
            goals=(11, 17),
        ),
    ),
}

NEEDED: dict[str, tuple[str, ...]] = {
    "finance": ("Two years of running costs.", "Seed money for a first trial.", "Travel for those who live far away."),
    "people": ("Somebody to coordinate three days a week.", "An engineer for the first months."),
    "knowledge": ("Figures by district.", "What others have learned from failing."),
    "access": ("A door to the ministry.", "Networks of small producers."),
    "capacity": ("Training for our treasurers.", "Help with our first proposal."),
    "legitimacy": ("An invitation that others answer.",),
    "technology": ("A register that works without a signal.",),
}
OFFERED: dict[str, tuple[str, ...]] = {
    "people": ("Volunteers in nine districts.", "A lawyer for ten days a year."),
    "knowledge": ("Ten years of local records.", "A team that evaluates for others."),
    "access": ("Village assemblies that would take part.", "A network of four hundred schools."),
    "infrastructure": ("Meeting rooms outside the capital.", "Cold storage on two coasts."),
    "capacity": ("A course for coordinators.", "Mentors for young treasurers."),
    "legitimacy": ("A seat in the national council.",),
    "policy": ("Drafts of by-laws that were adopted.",),
}
CAUSES = ("bankable_project", "contacts", "proposal_writing", "legal_form", "proof", "")
N_EARLY = 40
"""Of those who speak for an organisation, so many have a card before the slate is there."""


def early_cards() -> tuple[Written, ...]:
    """Cards of a large consultation: money is needed often and brought by few, as everywhere."""
    found = []
    needs, offers = list(NEEDED), list(OFFERED)
    for n in range(N_EARLY):
        needed = {needs[1 + n % (len(needs) - 1)]} | ({"finance"} if n % 3 else set())
        offered = {offers[n % len(offers)], offers[(3 * n + 1) % len(offers)]} - needed
        lines = {kind: (OFFERED[kind][n % len(OFFERED[kind])], 1 + n % 4) for kind in sorted(offered)}
        if n % 8 == 0:
            lines["finance"] = ("A small fund with simple rules.", 2)
        found.append(
            Written(
                offers=lines,
                needs={kind: NEEDED[kind][n % len(NEEDED[kind])] for kind in sorted(needed)},
                cause=CAUSES[n % len(CAUSES)] if "finance" in needed else "",
                goals=(1 + n % 16, 17),
                required_terms=("open_results",) if n % 9 == 4 else (),
                refused_terms=("company_money",) if n % 10 == 7 else (),
                open_parts=(("offers",), (), ("offers", "needs"), ())[n % 4],
            )
        )
    return tuple(found)


async def leave_early_cards(
    persons: Sequence[Person], people: Sequence[DemoPerson], *, consultation: Consultation
) -> None:
    """Some of those who speak for an organisation have left a card, spread over all of them."""
    speaking = [place for place, who in enumerate(people) if place and who.organisation]
    step = max(len(speaking) // N_EARLY, 1)
    for place, card in zip(speaking[::step], early_cards(), strict=False):
        await cards.keep(card=card, by=await actor_in(consultation, persons[place]))


async def leave_cards(persons: Sequence[Person], people: Sequence[DemoPerson], *, consultation: Consultation) -> None:
    """Everybody has left a card: the stakeholder their own, the others one of those of their constituency."""
    left = {constituency: list(found) for constituency, found in BY_CONSTITUENCY.items()}
    for place, (person, who) in enumerate(zip(persons, people, strict=True)):
        waiting = left.get(who.constituency)
        card = STAKEHOLDER if place == 0 else waiting.pop(0) if waiting else None
        if card is not None:
            await cards.keep(card=card, by=await actor_in(consultation, person))


async def wish(one: Person, other: Person, stakeholder: Person, *, consultation: Consultation) -> None:
    """One would share their contact with the stakeholder, who has not answered; with the other both have said so."""
    dana = await actor_in(consultation, stakeholder)
    await contacts.share(card=await _card_of(dana), by=await actor_in(consultation, one))
    second = await actor_in(consultation, other)
    await contacts.share(card=await _card_of(dana), by=second)
    await contacts.share(card=await _card_of(second), by=dana)


async def _card_of(actor: Actor) -> UUID:
    assert actor.participant is not None
    found = await fetchval("select id from cards where participant = $1", actor.participant.id)
    assert isinstance(found, UUID)
    return found
