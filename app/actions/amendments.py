"""Amending: other words are proposed, and who speaks for the statement accepts them, declines them or leaves them.

A number always means the same words. Accepted words become a statement of their own, which stands for the older one
once somebody of the staff has read them: the convenor at once, for a statement without an author; else a moderator.
"""

from __future__ import annotations

from typing import Any

from app import access, emails
from app.access import Actor
from app.actions import moderation, proposals
from app.actions.record import Change, change
from app.database import execute, fetchval
from app.forms import Filled
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.tables.amendments import Amendment
from app.tables.proposals import Proposal
from deliberation.phases import Action, Role

SETTLED = N_("This wording has been settled already.")


async def propose(
    *, proposal: Proposal, statement: str, reason: str = "", by: Actor, form: Filled[Any] | None = None
) -> Amendment:
    """Other words wait for the author's answer; those of who speaks for the statement are accepted by being written."""
    async with change("amendments.propose", Action.AMEND, by=by, form=form, subject=str(proposal.number)) as made:
        is_own = access.speaks_for(by, proposal)
        if by.participant is None and not is_own:
            raise Denied(N_("Convenors reword only statements that have no author."))
        await _check_words(proposal, statement)
        if by.participant is not None:
            await _refuse_too_many(proposal, by.participant.id)
        amendment = Amendment(
            proposal=proposal.id,
            participant=by.participant.id if by.participant else None,
            statement=statement,
            reason=reason,
            created_at=made.by.now,
        )
        await amendment.save()
        made.outcome = f"/c/{by.consultation.slug}/amendments/{amendment.id}"
        if is_own:
            await _let_become(amendment, proposal, made)
        else:
            await moderation.write_to(proposal, "amendment_proposed", by=by, amendment=str(amendment.id))
        return amendment


async def _check_words(proposal: Proposal, statement: str) -> None:
    if await fetchval("select status from proposals where id = $1 for update", proposal.id) != "accepted":
        raise Conflict(N_("Only a statement that is open for votes can be reworded."))
    if statement.split() == proposal.statement.split():
        raise Invalid(N_("These are the words as they stand. Please change them."), field="statement")


async def _refuse_too_many(proposal: Proposal, participant: int) -> None:
    if await fetchval(
        "select 1 from amendments where proposal = $1 and participant = $2 and status = 'waiting'",
        proposal.id,
        participant,
    ):
        raise Conflict(N_("A wording of yours for this statement waits for an answer. You can take it back."))


async def accept(*, amendment: Amendment, by: Actor, form: Filled[Any] | None = None) -> None:
    """The words become a statement of the same author, which stands for the older one once the staff has read it."""
    async with change("amendments.accept", Action.ANSWER_AMENDMENT, by=by, form=form) as made:
        proposal = await _to_be_answered(amendment, made)
        await _let_become(amendment, proposal, made)
        await _tell_writer(amendment, proposal, by, is_accepted=True)


async def decline(*, amendment: Amendment, answer: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """The statement keeps its words; whoever proposed others reads why, and may make them a proposal of their own."""
    async with change("amendments.decline", Action.ANSWER_AMENDMENT, by=by, form=form) as made:
        proposal = await _to_be_answered(amendment, made)
        if not answer.strip():
            raise Invalid(N_("Please say why, in a sentence."), field="answer")
        await _settle(amendment, "declined", answer=answer)
        await _tell_writer(amendment, proposal, by, is_accepted=False, answer=answer)


async def withdraw(*, amendment: Amendment, by: Actor, form: Filled[Any] | None = None) -> None:
    """Whoever proposed the words has taken them back; nobody needs to answer."""
    async with change("amendments.withdraw", Action.AMEND, by=by, form=form) as made:
        await _of_writer(amendment, ("waiting",), made)
        await _settle(amendment, "withdrawn")


async def make_own(*, amendment: Amendment, by: Actor, form: Filled[Any] | None = None) -> Proposal:
    """Words that were declined or left unanswered are a proposal of their writer, and wait for a moderator."""
    async with change("amendments.make_own", Action.AMEND, by=by, form=form) as made:
        original = await _of_writer(amendment, ("waiting", "declined"), made)
        assert by.participant is not None
        proposal = await proposals.reword(
            original=original, statement=amendment.statement, author=by.participant.id, is_read=False, by=made.by
        )
        await _settle(amendment, "own", became=proposal.id)
        made.payload = {"became": proposal.number}
        made.outcome = f"/c/{by.consultation.slug}/me/proposals"
        return proposal


async def _let_become(amendment: Amendment, original: Proposal, made: Change) -> None:
    if await fetchval(
        "select 1 from amendments a join proposals p on p.id = a.became "
        "where a.proposal = $1 and a.status = 'accepted' and p.status = 'waiting'",
        original.id,
    ):
        raise Conflict(N_("Other words for this statement were accepted and wait for a moderator."))
    # A moderator may be an author as well, and nobody reads their own statement.
    is_read = Role.CONVENOR in made.by.roles or (Role.MODERATOR in made.by.roles and original.author is None)
    proposal = await proposals.reword(
        original=original, statement=amendment.statement, author=original.author, is_read=is_read, by=made.by
    )
    await _settle(amendment, "accepted", became=proposal.id)
    made.payload = {"became": proposal.number}
    if is_read:
        await moderation.let_stand_for(proposal=original, into=proposal)


async def _to_be_answered(amendment: Amendment, made: Change) -> Proposal:
    fresh = await Amendment.objects().where(Amendment.id == amendment.id).lock_rows().first()
    proposal = await Proposal.objects().where(Proposal.id == amendment.proposal).lock_rows().first()
    if fresh is None or proposal is None or not access.speaks_for(made.by, proposal):
        raise NotFound
    made.subject, made.outcome = str(proposal.number), f"/c/{made.by.consultation.slug}/amendments/{amendment.id}"
    if fresh.status != "waiting":
        raise Conflict(SETTLED)
    if proposal.status != "accepted":
        raise Conflict(N_("Only a statement that is open for votes can be reworded."))
    return proposal


async def _of_writer(amendment: Amendment, before: tuple[str, ...], made: Change) -> Proposal:
    fresh = await Amendment.objects().where(Amendment.id == amendment.id).lock_rows().first()
    proposal = await Proposal.objects().where(Proposal.id == amendment.proposal).first()
    mine = made.by.participant is not None and fresh is not None and fresh.participant == made.by.participant.id
    if fresh is None or proposal is None or not mine or proposal.consultation != made.by.consultation.id:
        raise NotFound
    made.subject, made.outcome = str(proposal.number), f"/c/{made.by.consultation.slug}/amendments/{amendment.id}"
    if fresh.status not in before:
        raise Conflict(SETTLED)
    return proposal


async def _settle(amendment: Amendment, status: str, *, answer: str = "", became: int | None = None) -> None:
    await execute(
        "update amendments set status = $2, answer = $3, became = $4, settled_at = clock_timestamp() where id = $1",
        amendment.id,
        status,
        answer,
        became,
    )


async def _tell_writer(
    amendment: Amendment, proposal: Proposal, by: Actor, *, is_accepted: bool, answer: str = ""
) -> None:
    """Whoever proposed the words reads what became of them."""
    if amendment.participant is None:
        return
    accounts = await access.accounts_of([amendment.participant])
    await emails.send_to(
        list(accounts.values()),
        "amendment_answered",
        by.consultation,
        number=proposal.number,
        amendment=str(amendment.id),
        is_accepted=is_accepted,
        answer=answer,
    )
