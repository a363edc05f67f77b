"""Moderating: proposals accepted or declined with a reason, merges suggested and consented to, reports settled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app import access, emails
from app.access import Actor
from app.actions import news
from app.actions.record import change
from app.database import execute, fetchrow, fetchval
from app.forms import NOT_A_REASON, Filled
from app.language import gettext
from app.queue import enqueue
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.consultations import Membership
from app.tables.proposals import MergeRequest, Proposal
from app.taxonomies import moderation_reasons
from deliberation.phases import Action, Role

TELL_WHY = N_("Please tell the author why, in a sentence.")
OWN_PROPOSAL = N_("You wrote this statement yourself. Another moderator must decide on it.")
SPONSORED = N_("You or your organisation stand behind this statement. Another moderator must decide on it.")
NOT_TO_SUGGEST = N_("Authors suggest a merge for a statement of their own; moderators for those of others.")
BEHIND = "select true from cosponsors where proposal = $1 and (participant = $2 or organisation = $3) limit 1"
ALREADY: dict[str, str] = {
    "accepted": N_("Statement %(number)s has been accepted in the meantime."),
    "declined": N_("Statement %(number)s has been declined in the meantime, with the reason: %(reason)s"),
    "withdrawn": N_("The author has withdrawn statement %(number)s in the meantime."),
    "merged": N_("Statement %(number)s has been merged in the meantime."),
    "waiting": N_("Statement %(number)s waits for a decision again."),
    "returned": N_("Statement %(number)s has been returned to its author with a question in the meantime."),
}


async def accept(*, proposal: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """The statement is open for votes, and its author knows."""
    async with change("moderation.accept", Action.MODERATE, by=by, form=form, subject=str(proposal.number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/moderate"
        await refuse_own(proposal, by)
        await _decide(proposal, ("waiting",), "accepted")
        await end_merges(proposal)
        await let_amendment_take_effect(proposal)
        await _tell_author(proposal, made.by, kind="accepted")
        await ask_for_check(by.consultation.id)


async def decline(
    *, proposal: Proposal, reason_code: str, reason: str, by: Actor, form: Filled[Any] | None = None
) -> None:
    """The statement is not shown; its author has the reason, and its reason code is on record. Nothing is deleted."""
    async with change("moderation.decline", Action.MODERATE, by=by, form=form, subject=str(proposal.number)) as made:
        made.outcome = f"/c/{by.consultation.slug}/moderate"
        _check_reason(reason_code, reason)
        await refuse_own(proposal, by)
        await _decide(proposal, ("waiting",), "declined", reason_code=reason_code, reason=reason)
        await end_merges(proposal)
        made.payload = {"reason_code": reason_code}
        await _tell_author(proposal, made.by, kind="declined", reason_code=reason_code, reason=reason)
        await ask_for_check(by.consultation.id)


async def settle_flags(
    *,
    proposal: Proposal,
    keeps: bool,
    reason_code: str = "",
    reason: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """All reports of the statement are settled: it stays, or it is declined with a reason. Its votes stay on record."""
    subject = str(proposal.number)
    async with change("moderation.settle_flags", Action.MODERATE, by=by, form=form, subject=subject) as made:
        made.outcome = f"/c/{by.consultation.slug}/moderate"
        await refuse_own(proposal, by)
        settled = await fetchval(
            """
            with settled as (update flags set settled_at = clock_timestamp()
                             where proposal = $1 and settled_at is null returning 1)
            select count(*) from settled
            """,
            proposal.id,
        )
        if not settled:
            raise Conflict(N_("The reports of statement %(number)s have been settled already."), number=proposal.number)
        made.payload = {"kept": keeps, "reports": int(settled)}
        if not keeps:
            _check_reason(reason_code, reason)
            made.payload["reason_code"] = reason_code
            await _decide(proposal, ("accepted", "waiting"), "declined", reason_code=reason_code, reason=reason)
            await end_merges(proposal)
            await _tell_author(proposal, made.by, kind="declined", reason_code=reason_code, reason=reason)
        await ask_for_check(by.consultation.id)


async def suggest_merge(
    *, proposal: Proposal, into: Proposal, note: str = "", by: Actor, form: Filled[Any] | None = None
) -> MergeRequest:
    """Whoever wrote either statement is asked whether one may stand for both. Until both agree nothing changes.

    A moderator suggests it for statements of others, an author for their own; for one without an author, the convenor
    is asked.
    """
    subject = str(proposal.number)
    async with change("moderation.suggest_merge", Action.SUGGEST_MERGE, by=by, form=form, subject=subject) as made:
        made.outcome = f"/c/{by.consultation.slug}/" + ("moderate" if Role.MODERATOR in by.roles else "me/proposals")
        made.payload = {"into": into.number}
        is_author = await _check_suggestion(proposal, into, by)
        await _check_merge(proposal, into)
        request = MergeRequest(
            proposal=proposal.id,
            into=into.id,
            note=note,
            author_agrees=True if is_author else None,
            other_author_agrees=True if is_author and into.author == proposal.author else None,
            created_at=made.by.now,
        )
        await request.save()
        for one, other in ((proposal, into), (into, proposal)):
            if not (is_author and one.author == proposal.author):
                await write_to(one, "merge_suggested", by=by, other=other.number, request=str(request.id))
        if request.author_agrees and request.other_author_agrees:
            await _merge(request.id, proposal, into)
        return request


async def _check_suggestion(proposal: Proposal, into: Proposal, by: Actor) -> bool:
    """Whether the author of the statement suggests it themselves. Denied for anybody else but a moderator."""
    if Role.MODERATOR in by.roles:
        await refuse_own(proposal, by)
        await refuse_own(into, by)
        return False
    if by.participant is None or proposal.author != by.participant.id:
        raise Denied(NOT_TO_SUGGEST)
    return True


async def _check_merge(proposal: Proposal, into: Proposal) -> None:
    if into.id == proposal.id or into.consultation != proposal.consultation:
        raise Invalid(N_("Please choose another statement of this consultation."), field="into")
    now = {
        row: await fetchval("select status from proposals where id = $1 for update", row)
        for row in sorted((proposal.id, into.id))
    }
    if now[proposal.id] not in {"waiting", "accepted"}:
        raise await already(proposal)
    if now[into.id] != "accepted":
        raise Invalid(N_("A statement can be merged only into one that is open for votes."), field="into")
    if await fetchval(
        """
        select 1 from merge_requests where (proposal = $1 and (settled_at is null or "into" = $2))
          or (proposal = $2 and "into" = $1 and settled_at is null)
        """,
        proposal.id,
        into.id,
    ):
        raise Conflict(N_("This merge has been suggested already."))


async def answer_merge(
    *, request: MergeRequest, agrees: bool | None, by: Actor, form: Filled[Any] | None = None
) -> None:
    """One of those asked has answered; None takes a consent back, as long as the other has not agreed.

    With both consents one statement stands for both; a refusal ends the suggestion.
    """
    async with change("moderation.answer_merge", Action.ANSWER_MERGE, by=by, form=form) as made:
        row = await MergeRequest.objects().where(MergeRequest.id == request.id).lock_rows().first()
        if row is None:
            raise NotFound
        proposal, into = await _proposal(row.proposal), await _proposal(row.into)
        made.subject = str(proposal.number)
        made.payload = {"into": into.number, "agrees": "withdrawn" if agrees is None else agrees}
        made.outcome = f"/c/{by.consultation.slug}/merges/{row.id}"
        mine = [
            column
            for column, one in (("author_agrees", proposal), ("other_author_agrees", into))
            if access.speaks_for(by, one)
        ]
        if not mine:
            raise NotFound
        if row.settled_at is not None:
            raise Conflict(N_("This suggestion has been settled already."))
        await MergeRequest.update(dict.fromkeys(mine, agrees)).where(MergeRequest.id == row.id)
        if agrees is False:
            await execute("update merge_requests set settled_at = clock_timestamp() where id = $1", row.id)
        elif await fetchval("select author_agrees and other_author_agrees from merge_requests where id = $1", row.id):
            await _merge(row.id, proposal, into)
            await ask_for_check(by.consultation.id)


async def let_amendment_take_effect(proposal: Proposal) -> None:
    """An accepted wording, once a moderator has read it, stands for the statement that it rewords."""
    original = await fetchval(
        "select a.proposal from amendments a join proposals p on p.id = a.proposal "
        "where a.became = $1 and a.status = 'accepted' and p.status = 'accepted'",
        proposal.id,
    )
    if original is not None:
        await let_stand_for(proposal=await _proposal(original), into=proposal)


async def _merge(request: UUID, proposal: Proposal, into: Proposal) -> None:
    await execute("update merge_requests set settled_at = clock_timestamp() where id = $1", request)
    await let_stand_for(proposal=proposal, into=into)


async def let_stand_for(*, proposal: Proposal, into: Proposal) -> None:
    """`into` stands for the proposal, which stays on record; votes on it count nowhere until they are carried.

    A statement that is open for votes stands for no other yet, so that no circle can close.
    """
    if await fetchval("select status from proposals where id = $1 for update", into.id) != "accepted":
        raise Conflict(N_("Statement %(number)s is not open for votes any more."), number=into.number)
    await _decide(proposal, ("waiting", "accepted"), "merged")
    await execute("update proposals set merged_into = $2 where id = $1", proposal.id, into.id)
    await end_merges(proposal)
    await news.ask_soon("tell_news", proposal.consultation)
    await news.ask_soon("ask_voters", proposal.consultation)


async def end_merges(proposal: Proposal) -> None:
    """A decision settles what was suggested for the statement; what its authors answered stays on record."""
    await execute(
        """
        update merge_requests set settled_at = clock_timestamp()
        where (proposal = $1 or "into" = $1) and settled_at is null
        """,
        proposal.id,
    )


def _check_reason(reason_code: str, reason: str) -> None:
    if reason_code not in moderation_reasons.codes():
        raise Invalid(NOT_A_REASON, field="reason_code")
    if not reason.strip():
        raise Invalid(TELL_WHY, field="reason")


async def refuse_own(proposal: Proposal, by: Actor) -> None:
    """Denied where the person at work, in their other capacity as a participant, wrote it or stands behind it."""
    participant = None if by.person is None else await access.participant_of(by.consultation.id, by.person.id)
    if participant is None:
        return
    if participant.id == proposal.author:
        raise Denied(OWN_PROPOSAL)
    if await fetchval(BEHIND, proposal.id, participant.id, participant.organisation):
        raise Denied(SPONSORED)


async def _decide(
    proposal: Proposal, before: tuple[str, ...], after: str, *, reason_code: str = "", reason: str = ""
) -> None:
    """The status changes from one of `before`; otherwise Conflict says what was decided in the meantime."""
    done = await fetchval(
        """
        update proposals set status = $3, reason_code = $4, reason = $5, version = version + 1,
          decided_at = clock_timestamp()
        where id = $1 and status = any($2::text[]) returning id
        """,
        proposal.id,
        list(before),
        after,
        reason_code,
        reason,
    )
    if done is None:
        raise await already(proposal)


async def already(proposal: Proposal) -> Conflict:
    """The refusal that says what was decided in the meantime."""
    row = await fetchrow("select status, reason_code from proposals where id = $1", proposal.id)
    assert row is not None
    label = gettext(moderation_reasons.label(row["reason_code"])) if row["reason_code"] else ""
    return Conflict(ALREADY[row["status"]], number=proposal.number, reason=label)


async def _proposal(number: int) -> Proposal:
    found = await Proposal.objects().where(Proposal.id == number).first()
    assert found is not None
    return found


async def _tell_author(proposal: Proposal, by: Actor, *, kind: str, reason_code: str = "", reason: str = "") -> None:
    await write_to(
        proposal,
        "proposal_decided",
        by=by,
        decision=kind,
        reason_label=moderation_reasons.label(reason_code) if reason_code else "",
        reason=reason,
    )


async def write_to(proposal: Proposal, message: str, *, by: Actor, **values: object) -> None:
    """A message to who speaks for a proposal, its author or else the convenors, in their language.

    It names nobody and quotes no statement.
    """
    consultation = by.consultation
    if proposal.author is not None:
        accounts = list((await access.accounts_of([proposal.author])).values())
    else:
        accounts = await staff_of(consultation.id, Role.CONVENOR)
    await emails.send_to(accounts, message, consultation, number=proposal.number, **values)


async def staff_of(consultation: UUID, role: Role) -> list[UUID]:
    """The accounts that have this role in the consultation."""
    rows = await Membership.select(Membership.account).where(
        (Membership.consultation == consultation) & (Membership.role == role.value)
    )
    return [row["account"] for row in rows]


async def ask_for_check(consultation: UUID) -> None:
    """The power balance is worked out anew soon; one check waits, whoever asked first."""
    # One look at a time, after whatever readers wait for: of many people it takes minutes.
    job = f"power:{consultation}"
    await enqueue("check_power", queueing_lock=job, lock=job, priority=-1, consultation_id=str(consultation))
