"""The expert meeting's curate round: one stance goes, another comes, each with its reason, and two persons sign."""

from __future__ import annotations

from app.access import Actor, proposal_for
from app.actions import curation, curators
from app.analysis.curation import Draft
from app.analysis.scoring import DECLARED, Conflict
from app.database import fetchval
from app.tables.proposals import Proposal
from deliberation.curation import ReasonCode
from deliberation.holdings import Stance
from deliberation.votes import Choice

INTEREST = "Professional partnering services are worth their price, as long as they do not become a business."
ADDED = "Differences of power should be named in the first meeting."
WHY_ADDED = (
    ReasonCode.BALANCE,
    "Every other item asks what partners should do. Without this one the slate would not say who decides among them.",
)
WHY_DROPPED_AS_SIDE = (
    ReasonCode.DUPLICATE,
    "The other side of this statement stands on the slate already. The summary gives both, with their support.",
)
WHY_DROPPED = (
    ReasonCode.BALANCE,
    "It was chosen last among the stances, and makes room for the one on power.",
)


async def curate(*, curator: Actor, convenor: Actor) -> None:
    """The slate is published: the last of the distinct stances has made room for one about power."""
    bound = {await _proposal_id(curator, INTEREST): Conflict(DECLARED, "public_stance")}
    await curators.declare(interests=bound, by=curator)
    await curators.declare(interests={}, by=convenor)
    draft = await curation.open_desk(by=curator)
    assert draft is not None
    added = Stance(await _proposal_id(curator, ADDED), Choice.AGREE)
    if added not in draft.stances:
        await _replace(draft, draft.stances[-1], added, curator)
    draft = await _again(curator)
    await curation.sign(version=draft.version, by=convenor)
    assert await curation.sign(version=draft.version, by=curator), "two signatures publish a slate"


async def _replace(draft: Draft, dropped: Stance, added: Stance, by: Actor) -> None:
    proposal = await _proposal(by, added)
    await curation.add(proposal=proposal, stance=added, replaces=dropped, version=draft.version, by=by)
    other_side = any(
        stance.statement_id == dropped.statement_id for stance in draft.stances if stance.choice != dropped.choice
    )
    for stance, (code, sentence) in (
        (added, WHY_ADDED),
        (dropped, WHY_DROPPED_AS_SIDE if other_side else WHY_DROPPED),
    ):
        await curation.give_reason(
            proposal=await _proposal(by, stance),
            stance=stance,
            reason_code=code.value,
            sentence=sentence,
            version=(await _again(by)).version,
            by=by,
        )


async def _again(by: Actor) -> Draft:
    draft = await curation.open_desk(by=by)
    assert draft is not None
    return draft


async def _proposal_id(by: Actor, statement: str) -> int:
    return int(
        await fetchval(
            "select id from proposals where consultation = $1 and statement = $2", by.consultation.id, statement
        )
    )


async def _proposal(by: Actor, stance: Stance) -> Proposal:
    number = await fetchval("select number from proposals where id = $1", stance.statement_id)
    return await proposal_for(by, number)
