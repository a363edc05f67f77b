"""Responding: votes on the items of the published slate and on what it leaves out, and the two overall answers.

Like votes, responses have no audit event: a chained copy would serialise them and reveal their order.
"""

from __future__ import annotations

from app.access import Actor
from app.actions import votes
from app.analysis import responses as reading
from app.database import fetchrow
from app.refusals import N_, Closed, Invalid, NotFound
from app.tables.proposals import Proposal
from deliberation.phases import Action, Phase
from deliberation.votes import Choice

ANSWERS = ("yes", "no", "unsure")
TOO_LATE = N_("The respond round has closed. Your earlier answers are kept.")

# The round's row is held while the database's clock decides, as for a vote.
ANSWER = """
with open_round as (
  select r.id from rounds r join consultations c on c.id = r.consultation
  where r.consultation = $1 and c.lifecycle = 'running' and r.phase = 'respond'
    and r.opens_at <= clock_timestamp() and clock_timestamp() < r.closes_at
  order by r.number limit 1
  for share of r
)
insert into responses (id, round, participant, represents, can_live_with, sentence, answered_at)
select gen_random_uuid(), open_round.id, $2, $3, $4, $5, clock_timestamp() from open_round
on conflict (round, participant) do update
  set represents = excluded.represents, can_live_with = excluded.can_live_with, sentence = excluded.sentence,
      answered_at = excluded.answered_at
returning id
"""


async def answer_item(*, proposal: Proposal, choice: Choice, matters: bool = False, by: Actor) -> None:
    """The participant's current vote on this item of the respond round is this one, committed when this returns."""
    by.check(Action.RESPOND)
    assert by.participant is not None
    if proposal.id not in {item.id for item in await reading.asked_about(by)}:
        raise NotFound
    row = await fetchrow(
        votes.CAST,
        by.consultation.id,
        by.participant.id,
        proposal.id,
        choice.value,
        matters,
        proposal.language,
        [Phase.RESPOND.value],
    )
    if row is None:
        raise Closed(TOO_LATE)


async def answer_overall(*, represents: str, can_live_with: str, sentence: str = "", by: Actor) -> None:
    """The participant's overall answer in the open respond round is this one; a later one replaces it."""
    by.check(Action.RESPOND)
    assert by.participant is not None
    for name, given in (("represents", represents), ("can_live_with", can_live_with)):
        if given not in ANSWERS:
            raise Invalid(N_("Please choose one of the answers offered."), field=name)
    row = await fetchrow(ANSWER, by.consultation.id, by.participant.id, represents, can_live_with, sentence)
    if row is None:
        raise Closed(TOO_LATE)
