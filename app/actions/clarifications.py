"""Unclear wording: a moderator returns a statement with a question, and its author answers it.

Nothing has been voted on yet, so that its words may change; it keeps its place in the queue.
"""

from __future__ import annotations

from typing import Any

from app import access
from app.access import Actor
from app.actions import moderation
from app.actions.record import Change, change
from app.database import execute, fetchval
from app.forms import Filled
from app.markdown import render_markdown
from app.refusals import N_, Conflict, Invalid, NotFound
from app.tables.moderation import Clarification
from app.tables.proposals import Proposal
from app.taxonomies import unclear_kinds
from deliberation import texts
from deliberation.phases import Action

TOO_LATE_TO_ASK = N_("No round of proposals is open: its author could not answer. Please accept or decline it.")


async def ask(*, proposal: Proposal, kind: str, question: str, by: Actor, form: Filled[Any] | None = None) -> None:
    """A waiting statement is with its author, and nobody decides on it until they have answered.

    One that participants reported stays open for votes: its reports are settled, its author may propose other words.
    """
    subject = str(proposal.number)
    async with change("clarifications.ask", Action.MODERATE, by=by, form=form, subject=subject) as made:
        made.outcome, made.payload = f"/c/{by.consultation.slug}/moderate", {"unclear": kind}
        if kind not in unclear_kinds.codes():
            raise Invalid(N_("Please choose what is unclear."), field="kind")
        if not question.strip():
            raise Invalid(N_("Please ask the author a question."), field="question")
        await moderation.refuse_own(proposal, by)
        if made.by.round is None or made.by.state != "propose:open":
            raise Invalid(TOO_LATE_TO_ASK, field="question")
        is_open = await fetchval("select status from proposals where id = $1 for update", proposal.id) == "accepted"
        await (_settle_reports if is_open else _return)(proposal)
        await Clarification(
            proposal=proposal.id, kind=kind, question=question, before=proposal.statement, asked_at=made.by.now
        ).save()
        if not is_open:
            await moderation.end_merges(proposal)
        await moderation.write_to(
            proposal,
            "clarification_asked",
            by=by,
            kind_label=unclear_kinds.label(kind),
            question=question,
            is_open=is_open,
            closes_at=made.by.round.closes_at,
            zone=by.consultation.zone,
        )


async def _return(proposal: Proposal) -> None:
    done = await fetchval(
        "update proposals set status = 'returned', version = version + 1 where id = $1 and status = 'waiting' "
        "returning id",
        proposal.id,
    )
    if done is None:
        raise await moderation.already(proposal)


async def _settle_reports(proposal: Proposal) -> None:
    done = await execute(
        "update flags set settled_at = clock_timestamp() where proposal = $1 and settled_at is null", proposal.id
    )
    if done == "UPDATE 0":
        raise await moderation.already(proposal)


async def answer(
    *,
    proposal: Proposal,
    statement: str,
    details: str = "",
    answer: str = "",
    by: Actor,
    form: Filled[Any] | None = None,
) -> None:
    """The statement waits again, with these words, at the place in the queue that it had."""
    async with change("clarifications.answer", Action.ANSWER_CLARIFICATION, by=by, form=form) as made:
        asked, fresh = await _open_question(proposal, made)
        is_same = statement.split() == fresh.statement.split()
        if is_same and details.split() == fresh.details.split() and not answer.strip():
            raise Invalid(N_("Please change the words, or answer the question."), field="statement")
        made.payload = {"reworded": not is_same}
        await execute(
            "update proposals set status = 'waiting', statement = $2, details = $3, details_html = $4, vector = $5, "
            "version = version + 1 where id = $1",
            fresh.id,
            statement,
            details,
            str(render_markdown(details)) if details else "",
            texts.vector(statement).to_bytes(),
        )
        await execute(
            "update clarifications set answer = $2, answered_at = clock_timestamp() where id = $1", asked.id, answer
        )


async def _open_question(proposal: Proposal, made: Change) -> tuple[Clarification, Proposal]:
    fresh = await Proposal.objects().where(Proposal.id == proposal.id).lock_rows().first()
    if fresh is None or not access.speaks_for(made.by, fresh):
        raise NotFound
    made.subject = str(fresh.number)
    back = "convene" if fresh.author is None else "me/proposals"
    made.outcome = f"/c/{made.by.consultation.slug}/{back}"
    asked = (
        await Clarification.objects()
        .where((Clarification.proposal == fresh.id) & Clarification.answered_at.is_null())
        .first()
    )
    if fresh.status != "returned" or asked is None:
        raise Conflict(N_("This question has been settled already."))
    return asked, fresh
