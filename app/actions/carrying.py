"""Carrying votes: each voter says whether a vote on older words counts for those that stand for them now.

Like all that concerns votes it has no audit event: a chained copy would serialise votes and reveal their order.
"""

from __future__ import annotations

from app.access import Actor
from app.actions import votes
from app.actions.open_rounds import open_round
from app.analysis import carrying, translations
from app.analysis.carrying import Waiting
from app.database import execute, fetchrow, fetchval, transaction
from app.refusals import N_, Closed, Conflict, Invalid
from app.tables.proposals import Proposal
from deliberation.lineage import CarryAnswer
from deliberation.phases import Action

NOT_WAITING = N_("No vote of yours waits here any more.")
CHANGED_AGAIN = N_("The words have changed once more. Please read them before you answer.")
DIFFERENT = N_("You voted differently on these statements. Please look at the one that stands for them.")

# As for any vote, the round's row is held while the database's clock decides. A vote that was cast on the new words
# stays as it is.
CARRY = f"""
with {open_round("r.phase = 'propose'")}, carried as (
  insert into votes (id, consultation, participant, proposal, choice, matters, language, cast_at)
  select gen_random_uuid(), $1, $2, p.id, $4, $5, p.language, open_round.at
  from open_round, proposals p where p.id = $3 and p.consultation = $1 and p.status = 'accepted'
  on conflict (participant, proposal) do nothing returning id
)
select count(*) from open_round
"""  # noqa: S608  constants
ANSWER = """
insert into vote_carries (id, participant, proposal, answer)
select gen_random_uuid(), $1, original, $3 from unnest($2::int[]) as original
on conflict (participant, proposal) do update set answer = excluded.answer
"""

# The vote stays as it is, and its voter has read the words of now.
KEEP = f"""
with {open_round("r.phase = 'propose'")}, kept as (
  update votes v set translation = $4, language = $5 from open_round, translations t
  where v.participant = $2 and v.proposal = $3 and t.id = v.translation and t.is_outdated returning v.id
)
select (select count(*) from open_round) as n_open, (select count(*) from kept) as n_kept
"""  # noqa: S608  constants


async def keep(*, proposal: Proposal, seen: int, by: Actor) -> None:
    """The vote on words that meant something else holds for those of now, which its voter has read."""
    by.check(Action.VOTE)
    assert by.participant is not None
    now = await translations.wording_of(by, proposal)
    if now.seen != seen:
        raise Conflict(CHANGED_AGAIN)
    row = await fetchrow(KEEP, by.consultation.id, by.participant.id, proposal.id, now.seen, now.language)
    if row is None or not row["n_open"]:
        raise Closed(votes.TOO_LATE)
    if not row["n_kept"]:
        raise Conflict(NOT_WAITING)


async def answer(*, proposal: Proposal, said: CarryAnswer, by: Actor) -> None:
    """The participant's older votes count for this statement, or not; committed when this returns."""
    by.check(Action.VOTE)
    async with transaction():
        waiting = [one for one in await carrying.waiting_of(by) if one.id == proposal.id]
        if not waiting:
            raise Conflict(NOT_WAITING)
        if said is CarryAnswer.CARRY and not waiting[0].choice:
            raise Invalid(DIFFERENT)
        await _record(waiting[0], said, by)
    if said is CarryAnswer.CARRY:
        await votes.ask_for_analysis(by)


async def carry_all(*, by: Actor) -> int:
    """Every vote that can be carried is; those that differ still wait. How many were carried."""
    by.check(Action.VOTE)
    async with transaction():
        waiting = [one for one in await carrying.waiting_of(by) if one.choice]
        for one in waiting:
            await _record(one, CarryAnswer.CARRY, by)
    if waiting:
        await votes.ask_for_analysis(by)
    return len(waiting)


async def _record(waiting: Waiting, said: CarryAnswer, by: Actor) -> None:
    assert by.participant is not None
    if said is CarryAnswer.CARRY and not await fetchval(
        CARRY, by.consultation.id, by.participant.id, waiting.id, waiting.choice, waiting.matters
    ):
        raise Closed(votes.TOO_LATE)
    await execute(ANSWER, by.participant.id, list(waiting.original_ids), said.value)
