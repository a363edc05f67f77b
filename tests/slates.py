"""A consultation whose propose round is frozen and whose curate round is open, with the desk ready to be opened."""

from __future__ import annotations

import re
from typing import Any

from app.actions import curation, curators
from app.analysis import curation as reading
from app.analysis.curation import Draft, Frozen
from app.analysis.responses import listed
from app.database import execute, fetchrow
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.disclosure import Attribution
from deliberation.holdings import Stance
from deliberation.phases import Phase
from tests import factories, simulated

PHASES = (Phase.PROPOSE, Phase.CURATE, Phase.RESPOND, Phase.COMMIT)


async def curating(
    *,
    phases: tuple[Phase, ...] = PHASES,
    attribution: Attribution = Attribution.OPEN,
    joining: tuple[str, ...] = (),
    slug: str = "water",
    declaring: tuple[str, ...] = ("gus", "amara"),
    **people: Any,
) -> Consultation:
    """120 simulated people have voted, the analysis is frozen, and the curate round is open to who has declared."""
    here = await factories.make_consultation(phases=phases, attribution=attribution, slug=slug)
    for name in joining:
        await factories.join(name, here)
    await factories.move_to(here, 2)
    await simulated.fill(here, **people)
    await simulated.freeze_first_round(here)
    for name in declaring:
        await curators.declare(interests={}, by=await factories.actor(name, here))
    return here


async def stored(here: Consultation) -> tuple[Frozen, Draft]:
    """The frozen analysis and the curated slate as they are in the database."""
    row = await fetchrow("select id, analysis from curated_slates where consultation = $1", here.id)
    assert row is not None
    return await reading.frozen_of(row["analysis"]), await reading.draft(row["id"])


async def proposal_of(stance: Stance) -> Proposal:
    found = await Proposal.objects().where(Proposal.id == stance.statement_id).first()
    assert found is not None
    return found


async def left_out(frozen: Frozen, draft: Draft) -> Stance:
    """A stance that is on neither list, if possible on a statement of which neither side is."""
    listed = {*frozen.stances, *draft.stances}
    statements = {stance.statement_id for stance in listed}
    free = [stance for stance in (*frozen.slate.candidates, *frozen.holdings.stances) if stance not in listed]
    return next((stance for stance in free if stance.statement_id not in statements), free[0])


async def fields(draft: Draft, stance: Stance, **more: Any) -> dict[str, str]:
    """What the page's forms carry for an edit of this stance."""
    seen = ",".join(f"{one.statement_id}:{one.choice.value}" for one in draft.stances)
    return {"_version": str(draft.version), "choice": stance.choice.value, "seen": seen, **more}


async def end_round(here: Consultation, number: int) -> None:
    """A round is over this very moment."""
    await execute(
        "update rounds set closes_at = clock_timestamp() where consultation = $1 and number = $2", here.id, number
    )


def section(page: str, heading: str) -> str:
    """The part of a page that stands under a heading's id."""
    start = page.index(f'aria-labelledby="{heading}"')
    return page[start : page.index("</section>", start)]


def numbers(part: str) -> list[int]:
    """The numbers of the statements listed in a part of a page, in order."""
    return [int(found) for found in re.findall(r'<span class="n num">(\d+)</span>', part)]


async def reasoned(here: Consultation, *, n_dropped: int = 1) -> tuple[Frozen, Draft]:
    """A draft that drops the first distinct items, adds one, and gives a reason for each difference."""
    gus = await factories.actor("gus", here)
    await curation.open_desk(by=gus)
    frozen, draft = await stored(here)
    changed = [*frozen.slate.stances[:n_dropped]]
    for stance in changed:
        await curation.remove(proposal=await proposal_of(stance), stance=stance, version=draft.version, by=gus)
        _, draft = await stored(here)
    added = await left_out(frozen, draft)
    await curation.add(proposal=await proposal_of(added), stance=added, version=draft.version, by=gus)
    for stance in (*changed, added):
        _, draft = await stored(here)
        await curation.give_reason(
            proposal=await proposal_of(stance),
            stance=stance,
            reason_code="balance",
            sentence=f"Because of number {stance.statement_id}.",
            version=draft.version,
            by=gus,
        )
    return await stored(here)


async def published(here: Consultation, **more: Any) -> tuple[Frozen, Draft]:
    """The same, signed by Gus and Amara."""
    _, draft = await reasoned(here, **more)
    for name in ("gus", "amara"):
        await curation.sign(version=draft.version, by=await factories.actor(name, here))
    return await stored(here)


async def everybody_takes_its_side(here: Consultation, draft: Draft) -> None:
    """Who has not voted on what the respond round asks about agrees with the slate and passes on what it leaves out."""
    items, left_out = listed(draft)
    await execute(
        """
        insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at)
        select gen_random_uuid(), $1, q.id, p, case when p = any($3::int[]) then 'pass' else 'agree' end,
               false, 'en', r.opens_at
        from participants q, unnest($2::int[]) p, rounds r
        where q.consultation = $1 and r.consultation = $1 and r.number = 3
        on conflict (participant, proposal) do nothing
        """,
        here.id,
        [*items, *left_out],
        left_out,
    )
