"""Proposals: submitted, withdrawn, co-sponsored, flagged; starter proposals; points noted in the room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.access import Actor
from app.actions import moderation
from app.actions.record import change
from app.database import execute, fetchval
from app.forms import Filled
from app.markdown import render_markdown
from app.refusals import N_, Conflict, Denied, Invalid
from app.tables.proposals import CoSponsor, Flag, Proposal
from deliberation import texts
from deliberation.phases import Action, Role

MAX_STATEMENT, MAX_DETAILS = 200, 5_000
MAX_WAITING = 3


async def submit(
    *,
    statement: str,
    details: str = "",
    language: str,
    goals: Sequence[int] = (),
    is_named: bool = False,
    on_behalf: bool = False,
    by: Actor,
    form: Filled[Any] | None = None,
) -> Proposal:
    """The proposal waits for a moderator; its author stays unknown, unless they may be and chose to be named."""
    async with change("proposals.submit", Action.PROPOSE, by=by, form=form) as made:
        participant = by.participant
        assert participant is not None
        await _refuse_too_many(participant.id)
        proposal = await _save(
            made.by,
            statement=statement,
            details=details,
            language=language,
            goals=goals,
            author=participant.id,
            author_is_named=is_named and by.consultation.attribution == "attributed",
        )
        if on_behalf and participant.organisation is not None:
            await _cosponsor(proposal.id, participant.organisation, participant.id)
        made.subject, made.outcome = str(proposal.number), f"/c/{by.consultation.slug}/me/proposals"
        return proposal


async def write_starter(
    *,
    statement: str,
    details: str = "",
    language: str,
    goals: Sequence[int] = (),
    by: Actor,
    form: Filled[Any] | None = None,
) -> Proposal:
    """A proposal by the convenor, marked as such, there from the first vote on."""
    async with change("proposals.write_starter", Action.WRITE_STARTER, by=by, form=form) as made:
        proposal = await _save(
            made.by,
            statement=statement,
            details=details,
            language=language,
            goals=goals,
            author=None,
            is_starter=True,
            status="accepted",
        )
        made.subject = str(proposal.number)
        made.outcome = f"/c/{by.consultation.slug}/convene"
        return proposal


async def note_point(
    *, statement: str, question: int = 0, language: str, by: Actor, form: Filled[Any] | None = None
) -> Proposal:
    """A point spoken in the room, kept without its author, as an answer to a guiding question or to none.

    It is open for votes once a moderator has read it: at once where one notes it, later where a convenor does.
    """
    async with change("proposals.note_point", Action.NOTE_POINT, by=by, form=form) as made:
        if question not in range(len(made.by.consultation.questions) + 1):
            raise Invalid(N_("Please choose one of the guiding questions."), field="question")
        proposal = await _save(
            made.by,
            statement=statement,
            details="",
            language=language,
            goals=(),
            author=None,
            status="accepted" if Role.MODERATOR in made.by.roles else "waiting",
            is_noted=True,
            question=question,
        )
        made.subject, made.payload = str(proposal.number), {"question": question}
        made.outcome = f"/c/{by.consultation.slug}/rapporteur"
        return proposal


async def reword(*, original: Proposal, statement: str, author: int | None, is_read: bool, by: Actor) -> Proposal:
    """A statement with these words in place of the original's, open for votes where somebody of the staff read it.

    A step of an amendment, inside its transaction: what else was said of the original holds for it, too.
    """
    if author is not None and author != original.author:
        await _refuse_too_many(author)
    proposal = await _save(
        by,
        statement=statement,
        details=original.details,
        language=original.language,
        goals=original.goals,
        author=author,
        is_starter=original.is_starter and author is None,
        author_is_named=original.author_is_named and author == original.author,
        status="accepted" if is_read else "waiting",
        is_noted=original.is_noted and author is None,
        question=original.question,
    )
    await execute("update proposals set theme = $2 where id = $1", proposal.id, original.theme)
    return proposal


async def _refuse_too_many(participant: int) -> None:
    if (
        await fetchval("select count(*) from proposals where author = $1 and status = 'waiting'", participant)
        >= MAX_WAITING
    ):
        raise Denied(
            N_("%(n)s of your proposals are waiting for a moderator. You can add more when one has been read."),
            n=MAX_WAITING,
        )


async def _save(
    by: Actor,
    *,
    statement: str,
    details: str,
    language: str,
    goals: Sequence[int],
    author: int | None,
    is_starter: bool = False,
    author_is_named: bool = False,
    status: str = "waiting",
    is_noted: bool = False,
    question: int = 0,
) -> Proposal:
    proposal = Proposal(
        consultation=by.consultation.id,
        number=await next_number(by.consultation.id),
        round=by.round.id if by.round else None,
        author=author,
        is_starter=is_starter,
        is_noted=is_noted,
        question=question,
        author_is_named=author_is_named,
        statement=statement,
        details=details,
        details_html=str(render_markdown(details)) if details else "",
        language=language,
        goals=sorted(set(goals)),
        status=status,
        vector=texts.vector(statement).to_bytes(),
        submitted_on=by.now.date(),
        waiting_since=by.now if status == "waiting" else None,
        decided_at=by.now if status == "accepted" else None,
    )
    await proposal.save()
    return proposal


async def next_number(consultation: UUID) -> int:
    """The number people will quote; never given twice."""
    number = await fetchval(
        "update consultations set next_number = next_number + 1 where id = $1 returning next_number - 1", consultation
    )
    return int(number)


async def withdraw(*, proposal: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """The author takes the proposal back. It stays on record and is shown no more; its votes count for nothing."""
    async with change("proposals.withdraw", Action.PROPOSE, by=by, form=form, subject=str(proposal.number)):
        if by.participant is None or proposal.author != by.participant.id:
            raise Denied(N_("Only its author can withdraw a proposal."))
        done = await fetchval(
            "update proposals set status = 'withdrawn', version = version + 1 where id = $1 "
            "and status in ('waiting', 'accepted', 'returned') returning id",
            proposal.id,
        )
        if done is None:
            raise Conflict(N_("This proposal has been merged, declined or withdrawn in the meantime."))
        await moderation.end_merges(proposal)


async def cosponsor(*, proposal: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant's organisation stands behind the proposal."""
    async with change("proposals.cosponsor", Action.COSPONSOR, by=by, form=form, subject=str(proposal.number)):
        if by.participant is None or by.participant.organisation is None:
            raise Invalid(N_("Say under My details for which organisation you speak; only organisations co-sponsor."))
        if proposal.status != "accepted":
            raise Conflict(N_("Only a proposal that is open for votes can be co-sponsored."))
        await _cosponsor(proposal.id, by.participant.organisation, by.participant.id)


async def _cosponsor(proposal: int, organisation: UUID, participant: int) -> None:
    await execute(
        """
        insert into cosponsors (id, proposal, organisation, participant) values (gen_random_uuid(), $1, $2, $3)
        on conflict (proposal, organisation) do nothing
        """,
        proposal,
        organisation,
        participant,
    )


async def end_cosponsoring(*, proposal: Proposal, by: Actor, form: Filled[Any] | None = None) -> None:
    """The participant's organisation no longer stands behind the proposal."""
    async with change("proposals.end_cosponsoring", Action.COSPONSOR, by=by, form=form, subject=str(proposal.number)):
        assert by.participant is not None
        await CoSponsor.delete().where(
            (CoSponsor.proposal == proposal.id) & (CoSponsor.organisation == by.participant.organisation)
        )


async def flag(
    *, proposal: Proposal, reason_code: str, note: str = "", by: Actor, form: Filled[Any] | None = None
) -> None:
    """A moderator is asked to look at the statement; asking twice changes the note."""
    async with change("proposals.flag", Action.FLAG, by=by, form=form, subject=str(proposal.number)) as made:
        assert by.participant is not None
        await Flag.delete().where((Flag.proposal == proposal.id) & (Flag.participant == by.participant.id))
        await Flag(proposal=proposal.id, participant=by.participant.id, reason_code=reason_code, note=note).save()
        made.payload = {"reason_code": reason_code}
