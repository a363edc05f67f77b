"""Duplicates as families: statements that say the same have one that stands for all, and keep their origins.

A moderator joins them and may undo it; so may the author of a statement that was joined, and then only a merge that
both agree to can bring it back. Votes stay with the words they were cast on, as after a merge.
"""

from __future__ import annotations

from typing import Any

from app import access
from app.access import Actor
from app.actions import moderation
from app.actions.record import change
from app.analysis import similar
from app.database import execute, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, Invalid, NotFound
from app.tables.moderation import FamilyMember
from app.tables.proposals import Proposal
from deliberation.phases import Action, Role

NOT_ALIKE = N_("These two do not say nearly the same. Suggest a merge instead: both authors are asked.")
TAKEN_OUT = N_("Its author has taken it out. Suggest a merge instead: both authors are asked.")
TAKEN_OUT_BEFORE = """
select true from audit_events where chain = $1 and subject = $2 and action = 'families.separate'
  and actor = 'participant' and payload ->> 'from' = $3 limit 1
"""


async def join(*, proposal: Proposal, into: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """`into` stands for both, and both stay: the family says how many have proposed it independently."""
    async with change("families.join", Action.MODERATE, by=by, form=form, subject=str(proposal.number)) as made:
        made.outcome, made.payload = f"/c/{by.consultation.slug}/moderate", {"into": into.number}
        await moderation.refuse_own(proposal, by)
        await moderation.refuse_own(into, by)
        await _check(proposal, into, by)
        before = await fetchval("select status from proposals where id = $1 for update", proposal.id)
        await moderation.let_stand_for(proposal=proposal, into=into)
        await FamilyMember(proposal=proposal.id, lead=into.id, before=before, joined_at=made.by.now).save()
        await moderation.ask_for_check(by.consultation.id)


async def _check(proposal: Proposal, into: Proposal, by: Actor) -> None:
    if into.id == proposal.id or into.consultation != proposal.consultation:
        raise Invalid(N_("Please choose another statement of this consultation."), field="into")
    if await fetchval("select status from proposals where id = $1 for update", into.id) != "accepted":
        raise Invalid(N_("A statement can be joined only with one that is open for votes."), field="into")
    if not await similar.is_close(proposal.statement, consultation=by.consultation.id, other=into.id):
        raise Invalid(NOT_ALIKE, field="into")
    if await fetchval(TAKEN_OUT_BEFORE, str(by.consultation.id), str(proposal.number), str(into.number)):
        raise Invalid(TAKEN_OUT, field="into")


async def separate(*, proposal: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """The statement stands for itself again, as it did before; votes carried meanwhile stay where they are."""
    is_staff = Role.MODERATOR in by.roles
    action = Action.MODERATE if is_staff else Action.ANSWER_MERGE
    async with change("families.separate", action, by=by, form=form, subject=str(proposal.number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/statements/{proposal.number}"
        if not access.speaks_for(by, proposal):
            if not is_staff:
                raise NotFound
            await moderation.refuse_own(proposal, by)
        member = (
            await FamilyMember.objects()
            .where((FamilyMember.proposal == proposal.id) & FamilyMember.left_at.is_null())
            .lock_rows()
            .first()
        )
        if member is None:
            raise Conflict(N_("This statement is not joined with another one any more."))
        made.payload = {"from": await fetchval("select number from proposals where id = $1", member.lead)}
        await execute("update family_members set left_at = clock_timestamp() where id = $1", member.id)
        await execute(
            "update proposals set status = $2::text, merged_into = null, version = version + 1, "
            "decided_at = case when $2::text = 'waiting' then null else decided_at end where id = $1",
            proposal.id,
            member.before,
        )
        await moderation.ask_for_check(by.consultation.id)
