"""Unclear wording: a moderator returns a statement with a question, and its author answers."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor, proposal_for, speaks_for
from app.actions import clarifications
from app.actions.proposals import MAX_DETAILS, MAX_STATEMENT
from app.analysis.clarifications import asked_about
from app.controllers.moderation import ASKED, Asked, carry_out
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_, NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.tables.proposals import Proposal
from app.taxonomies import unclear_kinds
from deliberation.phases import Action


class AskForm(msgspec.Struct):
    kind: Annotated[str, msgspec.Meta(max_length=32)]
    question: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class ClarifyForm(msgspec.Struct):
    statement: Annotated[str, msgspec.Meta(min_length=8, max_length=MAX_STATEMENT)]
    details: Annotated[str, msgspec.Meta(max_length=MAX_DETAILS)] = ""
    answer: Annotated[str, msgspec.Meta(max_length=500)] = ""


@post(
    "/c/{slug:str}/moderate/{number:int}/return", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200
)
async def ask(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = await read(request, AskForm)
    if "kind" in form.errors:
        form.refuse("kind", N_("Please choose what is unclear."))
    if "question" in form.errors and not form.get("question").strip():
        form.refuse("question", N_("Please ask the author a question."))
    return await carry_out(
        request,
        actor,
        asked,
        number,
        "return",
        form,
        lambda proposal: clarifications.ask(
            proposal=proposal, kind=form.data.kind, question=form.data.question, by=actor, form=form
        ),
    )


@get("/c/{slug:str}/statements/{number:int}/clarify", opt={"action": Action.SEE_STATEMENTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    """Also when the round is over: the words are kept, and the page says what became of them."""
    proposal = await _returned(actor, number)
    return await _page(request, actor, proposal, blank(statement=proposal.statement, details=proposal.details))


async def _returned(actor: Actor, number: int) -> Proposal:
    proposal = await proposal_for(actor, number)
    if not speaks_for(actor, proposal) or not await asked_about([proposal.id]):
        raise NotFound
    return proposal


async def _page(
    request: AnyRequest, actor: Actor, proposal: Proposal, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    asked = (await asked_about([proposal.id]))[proposal.id]
    return page(
        request,
        "proposals/clarify.html",
        status=status,
        actor=actor,
        proposal=proposal,
        asked=asked,
        kind=gettext(unclear_kinds.label(asked.kind)),
        form=form,
        refused=actor.why_not(Action.ANSWER_CLARIFICATION),
        is_open=proposal.status == "returned",
        max_length=MAX_STATEMENT,
    )


@post("/c/{slug:str}/statements/{number:int}/clarify", opt={"action": Action.ANSWER_CLARIFICATION}, status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await _returned(actor, number)
    form = await read(request, ClarifyForm)
    if form.is_valid:
        given = form.data
        with form.refusals(at="statement"):
            await clarifications.answer(
                proposal=proposal,
                statement=given.statement,
                details=given.details,
                answer=given.answer,
                by=actor,
                form=form,
            )
    if not form.is_valid:
        return await _page(request, actor, proposal, form, status=422)
    back = "me/proposals" if actor.participant else "convene"
    said = gettext("Your statement is back with the moderators, at the place in the queue that it had.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/{back}"), said=said)


HANDLERS = [ask, show, answer]
