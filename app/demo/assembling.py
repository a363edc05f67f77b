"""The expert meeting's second coalition: the assembler is asked, and the convenor changes its line-up by one step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from app import access
from app.access import Actor, actor_in, proposal_for
from app.actions import assemblies, coalitions, line_ups
from app.analysis import assembly as bridge
from app.analysis.assembly import Asked
from app.analysis.cards import own_card
from app.auth import Person
from app.database import fetchval
from app.demo.curating import ADDED
from app.tables.coalitions import Coalition
from deliberation.assembler import assemble
from deliberation.assembly import AssemblySettings, LineUp, Pool
from deliberation.errors import DeliberationError
from deliberation.stability import stability

TITLE = "The second year"
REASON = ("unusual", "Nobody else at this table has ever been asked for this.")
MOST = 6


async def assemble_second(people: Sequence[Person], *, convenor: Actor) -> None:
    """Some would work on the first statement of the slate; the assembler finds a line-up, and one more is added."""
    number = await fetchval(
        "select p.number from curated_slates s join slate_items i on i.slate = s.id "
        "join proposals p on p.id = i.proposal where s.consultation = $1 "
        "and s.status = 'published' and i.choice = 'agree' and p.statement <> $2 "
        "order by i.position limit 1",
        convenor.consultation.id,
        ADDED,
    )
    for person in people:
        actor = await actor_in(convenor.consultation, person)
        assert actor.participant is not None
        card = await own_card(actor.participant.id)
        brings = next((sentence for sentence, _ in card[0].offers.values()), "") if card else ""
        await coalitions.offer(proposal=await proposal_for(actor, number), brings=brings, by=actor)
    proposal = await proposal_for(convenor, number)
    asked = Asked(fewest=3, most=MOST)
    run = await assemblies.ask(proposal=proposal, asked=asked, by=convenor)
    system = await access.system_actor(convenor.consultation.id)
    pool = await bridge.read_pool(convenor.consultation.id, proposal.id, asked, with_unusual=True)
    digest = bridge.digest_of(pool, asked, seed=run.seed)
    try:
        found = await asyncio.to_thread(assemble, pool, seed=run.seed, settings=asked.settings)
    except DeliberationError as problem:
        await assemblies.record(assembly=run, found=None, problem=problem, digest=digest, by=system)
        return
    await assemblies.record(assembly=run, found=found, problem=None, digest=digest, by=system)
    done = await bridge.numbered(convenor.consultation.id, run.number)
    assert done is not None
    coalition = await assemblies.take_up(assembly=done, place=0, title=TITLE, by=convenor)
    await _add_a_welcome_one(coalition, found.line_up, pool, convenor)


async def _add_a_welcome_one(coalition: Coalition, line_up: LineUp, pool: Pool, convenor: Actor) -> None:
    """Somebody who would join and whom nobody would lose anything by, where there is one; else whoever else offered."""
    welcome = stability(line_up, pool, settings=AssemblySettings(most=MOST + 1)).joiners
    offer = await fetchval(
        "select id from work_offers where proposal = $1 and not participant = any($2::bigint[]) "
        "order by participant = any($3::bigint[]) desc, brings limit 1",
        coalition.proposal,
        list(line_up.participants),
        list(welcome),
    )
    if offer is not None:
        await line_ups.step(
            coalition=coalition,
            verb="add",
            comes=UUID(str(offer)),
            goes=None,
            reason_code=REASON[0],
            sentence=REASON[1],
            version=0,
            by=convenor,
        )
