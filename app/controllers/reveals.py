"""Telling two named persons who wrote one text: asked for by a moderator, answered by a convenor."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor, proposal_for
from app.actions import reveals as acting
from app.analysis import reveals as reading
from app.controllers.moderation import tabs_of
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import N_
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action

Words = Annotated[str, msgspec.Meta(max_length=acting.MAX_WORDS)]
STANDINGS = {
    "waiting": N_("Waits for a convenor"),
    "confirmed": N_("Confirmed"),
    "refused": N_("Refused"),
}


class AskForm(msgspec.Struct):
    cause: Annotated[str, msgspec.Meta(max_length=16)] = ""
    words: Words = ""


class AnswerForm(msgspec.Struct):
    answer: Literal["confirm", "refuse"]
    words: Words = ""
    is_untold: bool = False
    law: Annotated[str, msgspec.Meta(max_length=300)] = ""


@get("/c/{slug:str}/statements/{number:int}/reveal", opt={"action": Action.ASK_REVEAL})
async def write_request(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _ask_page(request, actor, number, blank())


async def _ask_page(
    request: AnyRequest, actor: Actor, number: int, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    return page(
        request,
        "reveals/ask.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "reveals"),
        here=gettext("Reveal of an author"),
        proposal=proposal,
        form=form,
        causes=[(code, gettext(words)) for code, words in reading.CAUSES.items()],
        refused=await acting.why_not_ask(actor, proposal),
    )


@post("/c/{slug:str}/statements/{number:int}/reveal", opt={"action": Action.ASK_REVEAL}, status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, AskForm)
    if form.is_valid:
        proposal = await proposal_for(actor, number)
        with form.refusals():
            made = await acting.ask(
                proposal=proposal, cause=form.data.cause, words=form.data.words, by=actor, form=form
            )
            path = url(f"/c/{actor.consultation.slug}/reveals/{made.id}")
            return see_other(request, path, said=gettext("The convenors are asked."))
    return await _ask_page(request, actor, number, form, status=422)


@get("/c/{slug:str}/reveals", opt={"action": Action.SEE_REVEALS})
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "reveals/index.html",
        actor=actor,
        tabs=await tabs_of(actor, "reveals"),
        here=gettext("Reveals of authors"),
        lines=await reading.lines_of(actor),
        causes=reading.CAUSES,
        standings=STANDINGS,
    )


@get("/c/{slug:str}/reveals/{reveal_id:uuid}", opt={"action": Action.SEE_REVEALS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], reveal_id: FromPath[UUID]) -> Response[Any]:
    return await _page(request, actor, reveal_id, blank())


async def _page(
    request: AnyRequest, actor: Actor, reveal_id: UUID, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    asked = await acting.find(actor, reveal_id)
    return page(
        request,
        "reveals/show.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "reveals"),
        here=gettext("Reveal of an author"),
        shown=await reading.shown(actor, asked),
        form=form,
        causes=reading.CAUSES,
        standings=STANDINGS,
        refused=acting.SECOND_PERSON if actor.person and actor.person.id == asked.asked_by else None,
    )


@post("/c/{slug:str}/reveals/{reveal_id:uuid}", opt={"action": Action.CONFIRM_REVEAL}, status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], reveal_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, AnswerForm)
    if form.is_valid and form.data.is_untold and not form.data.law.strip():
        form.refuse("law", N_("Please name the law that forbids to tell the author."))
    if form.is_valid:
        given = form.data
        law = given.law.strip() if given.is_untold else ""
        with form.refusals():
            await acting.answer(
                reveal=reveal_id, confirms=given.answer == "confirm", words=given.words, law=law, by=actor, form=form
            )
            said = gettext("The author is told to two persons.") if given.answer == "confirm" else gettext("Refused.")
            return see_other(request, url(f"/c/{actor.consultation.slug}/reveals/{reveal_id}"), said=said)
    return await _page(request, actor, reveal_id, form, status=422)


HANDLERS = [write_request, ask, index, show, answer]
