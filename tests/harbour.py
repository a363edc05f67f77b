"""A room whose slate is published and whose people have left cards: six who would keep the wells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.access import actor_in, proposal_for
from app.actions import cards, coalitions
from app.analysis.cards import Written
from app.database import fetch, fetchval
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.disclosure import Attribution
from deliberation.landscape import Landscape, map_landscape
from deliberation.phases import Phase
from deliberation.votes import VoteMatrix
from tests.cast import person, signed_in
from tests.factories import join, make_consultation, move_to, propose, publish_slate

PEOPLE: Mapping[str, tuple[str, str, str, Mapping[str, int], tuple[int, ...]]] = {
    "chidi": ("ngos", "Wells Union", "finance", {"people": 1}, (6, 17)),
    "dana": ("women", "Women for Water", "people", {"knowledge": 1}, (6,)),
    "hana": ("business", "Pump Makers", "knowledge", {"finance": 2}, (6, 8)),
    "ivo": ("ngos", "Village Aid", "finance", {"knowledge": 1}, (8,)),
    "jun": ("business", "", "people", {"finance": 1}, (6,)),
    "kim": ("women", "", "access", {"legitimacy": 1}, (17,)),
}
"""Constituency, organisation, what they need, what they bring to how many, goals. Kim needs what nobody brings."""


def _landscape() -> Landscape:
    """A small one, of nobody in the room: what is tested here is not read from votes."""
    rng = np.random.default_rng(1)
    pairs = [(person, statement) for person in range(1, 13) for statement in range(1, 9)]
    people, statements = zip(*pairs, strict=True)
    votes = VoteMatrix.from_votes(np.array(people), np.array(statements), rng.choice([-1, 1], len(pairs)))
    return map_landscape(votes, seed=1, evidence="quick")


async def published(attribution: Attribution = Attribution.CHATHAM_HOUSE) -> tuple[Consultation, Proposal]:
    """A consultation in its commit round, with one statement on its published slate; nobody has offered yet."""
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.CURATE, Phase.COMMIT), attribution=attribution)
    authors = [await join(name, made, constituency=one[0], organisation=one[1]) for name, one in PEOPLE.items()]
    proposal = await propose(authors[0], "Each village keeps its own wells.")
    await move_to(made, 3)
    await publish_slate(made, proposal, evidence="quick", found=json.dumps(_landscape().to_json()))
    return made, proposal


async def offered(consultation: Consultation, proposal: Proposal, *, names: tuple[str, ...] = tuple(PEOPLE)) -> None:
    """These have said that they would work on the statement, and have left their cards."""
    for name in names:
        _, _, need, offers, goals = PEOPLE[name]
        by = await actor_in(consultation, await person(name))
        card = Written(
            offers={kind: ("what we have", n) for kind, n in offers.items()}, needs={need: "what we lack"}, goals=goals
        )
        await cards.keep(card=card, by=by)
        await coalitions.offer(proposal=await proposal_for(by, proposal.number), brings=f"hands of {name[0]}", by=by)


async def offer_of(name: str) -> str:
    """The id of somebody's offer, as the line-up's form has it."""
    found = await fetchval("select id from work_offers where brings = $1", f"hands of {name[0]}")
    return str(found)


async def names_on(coalition: int = 1) -> set[str]:
    """Who is on a coalition's line-up, by the first letter of their names."""
    rows = await fetch(
        "select w.brings from coalition_seats s join coalitions c on c.id = s.coalition join work_offers w "
        "on w.participant = s.participant and w.proposal = c.proposal where c.number = $1 and s.status <> 'declined'",
        coalition,
    )
    return {row["brings"].removeprefix("hands of ") for row in rows}


async def offer(client: Any, name: str, proposal: Proposal, brings: str = "") -> None:
    """One of the cast says on the page that they would work on this proposal."""
    browser = await signed_in(client, name)
    answer = await browser.post(f"/en/c/water/coalitions/offers/{proposal.number}", {"brings": brings})
    assert answer.status_code == 303, answer.text
