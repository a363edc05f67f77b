"""Appeals: an author asks the convenor, once, to look at what a moderator decided."""

from __future__ import annotations

from typing import Any

from app import emails
from app.access import Actor, short_code
from app.actions import moderation
from app.actions.record import change
from app.database import execute, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.moderation import Appeal
from app.tables.proposals import Proposal
from deliberation.phases import Action, Role

ONCE = N_("You have appealed against this decision already.")
DECIDED_IT = N_("You made this decision yourself. Another convenor must decide on the appeal.")
DECIDER = """
select actor from audit_events where chain = $1 and subject = $2
  and action in ('moderation.decline', 'moderation.settle_flags') order by sequence desc limit 1
"""


async def make(*, proposal: Proposal, reason: str, by: Actor, form: Filled[Any] | None = None) -> Appeal:
    """The convenors know that the author does not accept the decision, and why; nothing else has changed."""
    async with change("appeals.make", Action.APPEAL, by=by, form=form, subject=str(proposal.number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/me/proposals"
        fresh = await Proposal.objects().where(Proposal.id == proposal.id).lock_rows().first()
        if fresh is None or by.participant is None or fresh.author != by.participant.id:
            raise Denied(N_("Only its author can appeal for a proposal."))
        if fresh.status != "declined":
            raise Conflict(N_("Only a declined statement can be appealed for."))
        if await fetchval("select 1 from appeals where proposal = $1", fresh.id):
            raise Conflict(ONCE)
        if not reason.strip():
            raise Invalid(N_("Please say why, in a sentence."), field="reason")
        appeal = Appeal(proposal=fresh.id, reason=reason, made_at=made.by.now)
        await appeal.save()
        convenors = await moderation.staff_of(by.consultation.id, Role.CONVENOR)
        await emails.send_to(convenors, "appeal_made", by.consultation, number=fresh.number)
        return appeal


async def decide(*, appeal: Appeal, overturns: bool, answer: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The moderator's decision stands, or the statement is open for votes; the author reads which, and why."""
    async with change("appeals.decide", Action.DECIDE_APPEAL, by=by, form=form) as made:
        made.outcome = f"/c/{by.consultation.slug}/appeals"
        fresh, proposal = await _under_lock(appeal, made.by)
        made.subject, outcome = str(proposal.number), "overturned" if overturns else "upheld"
        made.payload = {"outcome": outcome}
        if not answer.strip():
            raise Invalid(moderation.TELL_WHY, field="answer")
        await _refuse_decider(proposal, by)
        if fresh.outcome or proposal.status != "declined":
            raise Conflict(N_("This appeal has been decided already."))
        await execute(
            "update appeals set outcome = $2, answer = $3, decided_at = clock_timestamp() where id = $1",
            fresh.id,
            outcome,
            answer,
        )
        if overturns:
            await execute(
                "update proposals set status = 'accepted', reason_code = '', reason = '', version = version + 1, "
                "decided_at = clock_timestamp() where id = $1",
                proposal.id,
            )
            await moderation.let_amendment_take_effect(proposal)
        await moderation.write_to(proposal, "appeal_decided", by=by, is_overturned=overturns, answer=answer)
        await moderation.ask_for_check(by.consultation.id)


async def _under_lock(appeal: Appeal, by: Actor) -> tuple[Appeal, Proposal]:
    fresh = await Appeal.objects().where(Appeal.id == appeal.id).lock_rows().first()
    if fresh is None:
        raise NotFound
    proposal = await Proposal.objects().where(Proposal.id == fresh.proposal).lock_rows().first()
    if proposal is None or proposal.consultation != by.consultation.id:
        raise NotFound
    return fresh, proposal


async def _refuse_decider(proposal: Proposal, by: Actor) -> None:
    """Whoever was a moderator when they declined it does not judge that as a convenor."""
    await moderation.refuse_own(proposal, by)
    decider = await fetchval(DECIDER, str(by.consultation.id), str(proposal.number)) or ""
    if by.person is not None and decider.endswith(f":{short_code(by.person.id)}"):
        raise Denied(DECIDED_IT)
