"""Votes and the rounds they are cast in: what an analysis of a round reads stays what it was at its close."""

from __future__ import annotations

from datetime import datetime

from app.actions import votes
from app.analysis.landscape import read_input
from app.database import execute, fetchval, now
from app.tables.consultations import Consultation
from app.tables.proposals import Proposal
from deliberation.phases import Phase
from deliberation.votes import Choice
from tests.factories import actor, join, make_consultation, move_to, propose, vote


async def agreed_in_the_first_round() -> tuple[Consultation, Proposal, datetime]:
    """Dana has agreed with a statement in a round that is over; the next one is open."""
    made = await make_consultation(phases=(Phase.PROPOSE, Phase.PROPOSE))
    chidi, dana = await join("chidi", made), await join("dana", made)
    proposal = await propose(chidi, "Each village keeps its own wells.")
    await vote(dana, proposal, "agree")
    await move_to(made, 2)
    closed_at = (await actor("dana", made)).rounds[0].closes_at
    # Moving the clock moved the round, not the vote: it was cast while the first round was open.
    await execute("update votes set cast_at = $1::timestamptz - interval '1 hour'", closed_at)
    return made, proposal, closed_at


async def test_a_vote_changed_in_a_later_round_leaves_the_earlier_round_as_it_was(database: None) -> None:
    made, proposal, closed_at = await agreed_in_the_first_round()
    before = await read_input(made, closed_at)
    await vote(await actor("dana", made), proposal, "disagree")
    after = await read_input(made, closed_at)
    assert before is not None
    assert after is not None
    assert after.votes.digest() == before.votes.digest()
    live = await read_input(made, await now())
    assert live is not None
    assert live.votes.signs.tolist() == [-1]


async def test_a_vote_withdrawn_in_a_later_round_counts_for_the_earlier_round_only(database: None) -> None:
    made, proposal, closed_at = await agreed_in_the_first_round()
    assert await votes.withdraw(proposal=proposal, by=await actor("dana", made))
    at_close = await read_input(made, closed_at)
    assert at_close is not None
    assert at_close.votes.signs.tolist() == [1]
    assert await read_input(made, await now()) is None


async def test_a_vote_changed_within_its_round_leaves_no_trace(database: None) -> None:
    made = await make_consultation()
    chidi, dana = await join("chidi", made), await join("dana", made)
    proposal = await propose(chidi, "Each village keeps its own wells.")
    for choice in ("agree", "disagree", "pass"):
        await vote(dana, proposal, choice)
    assert await fetchval("select count(*) from votes") == 1
    assert await fetchval("select choice from votes") == Choice.PASS
    assert await fetchval("select count(*) from earlier_votes") == 0
