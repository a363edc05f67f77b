"""Changes by consent: other words for a statement, merges that its author suggests, and its lineage."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor, proposal_for
from app.actions import amendments, moderation
from app.actions.proposals import MAX_STATEMENT
from app.analysis import amendments as reading
from app.analysis import lineage, similar
from app.analysis.lineage_picture import picture
from app.controllers.moderation import MergeForm
from app.forms import NOT_A_CHOICE, Filled, blank, read
from app.language import direction, gettext
from app.refusals import N_, Denied, Invalid, NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.tables.amendments import Amendment
from app.tables.proposals import Proposal
from deliberation.phases import Action, Role
from deliberation.wordings import compare_wordings


class AmendForm(msgspec.Struct):
    statement: Annotated[str, msgspec.Meta(min_length=8, max_length=MAX_STATEMENT)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    look: bool = False


class AnswerForm(msgspec.Struct):
    answer: Annotated[str, msgspec.Meta(max_length=8)]
    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


# -------- other words


@get("/c/{slug:str}/statements/{number:int}/amend", opt={"action": Action.AMEND})
async def write(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    return _write_page(request, actor, proposal, blank(statement=proposal.statement))


def _write_page(
    request: AnyRequest, actor: Actor, proposal: Proposal, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    words = form.get("statement")
    return page(
        request,
        "amendments/write.html",
        status=status,
        actor=actor,
        proposal=proposal,
        form=form,
        max_length=MAX_STATEMENT,
        pieces=compare_wordings(proposal.statement, words) if form.get("look") else None,
    )


@post("/c/{slug:str}/statements/{number:int}/amend", opt={"action": Action.AMEND}, status_code=200)
async def propose(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, AmendForm)
    if form.get("look"):
        return _write_page(request, actor, proposal, form)
    if form.is_valid:
        with form.refusals(at="statement"):
            made = await amendments.propose(
                proposal=proposal, statement=form.data.statement, reason=form.data.reason, by=actor, form=form
            )
    if not form.is_valid:
        return _write_page(request, actor, proposal, form, status=422)
    said = gettext("Your words are on their way. You see here what becomes of them.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/amendments/{made.id}"), said=said)


async def _found(actor: Actor, amendment_id: UUID) -> tuple[Amendment, reading.Wording]:
    found = await Amendment.objects().where(Amendment.id == amendment_id).first()
    wording = None if found is None else await reading.wording_of(actor, found)
    if found is None or wording is None:
        raise NotFound
    return found, wording


@get("/c/{slug:str}/amendments/{amendment_id:uuid}", opt={"action": Action.SEE_STATEMENTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], amendment_id: FromPath[UUID]) -> Response[Any]:
    _, wording = await _found(actor, amendment_id)
    return _show_page(request, actor, wording, blank())


def _show_page(
    request: AnyRequest, actor: Actor, wording: reading.Wording, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "amendments/show.html",
        status=status,
        actor=actor,
        wording=wording,
        form=form,
        refused=actor.why_not(Action.ANSWER_AMENDMENT),
    )


@post("/c/{slug:str}/amendments/{amendment_id:uuid}", opt={"action": Action.ANSWER_AMENDMENT}, status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], amendment_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, AnswerForm)
    found, wording = await _found(actor, amendment_id)
    said = ""
    if form.is_valid:
        try:
            said = await _carry_out(found, form, actor)
        except Invalid as refusal:
            form.errors["why"] = refusal
    if not form.is_valid:
        return _show_page(request, actor, wording, form, status=422)
    return see_other(request, url(f"/c/{actor.consultation.slug}/amendments/{amendment_id}"), said=gettext(said))


async def _carry_out(found: Amendment, form: Filled[AnswerForm], by: Actor) -> str:
    match form.data.answer:
        case "accept":
            await amendments.accept(amendment=found, by=by, form=form)
            return N_("You accepted the words.")
        case "decline":
            await amendments.decline(amendment=found, answer=form.data.why, by=by, form=form)
            return N_("The statement keeps its words. Whoever proposed others reads why.")
        case "own":
            await amendments.make_own(amendment=found, by=by, form=form)
            return N_("Your words are a proposal of your own now. A moderator reads it.")
        case "withdraw":
            await amendments.withdraw(amendment=found, by=by, form=form)
            return N_("You took your words back.")
    raise Invalid(NOT_A_CHOICE)


# -------- a merge that an author or a moderator suggests


@get("/c/{slug:str}/statements/{number:int}/merge", opt={"action": Action.SUGGEST_MERGE})
async def ask_to_merge(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _merge_page(request, actor, await proposal_for(actor, number), blank())


async def _merge_page(
    request: AnyRequest, actor: Actor, proposal: Proposal, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    if Role.MODERATOR not in actor.roles and (actor.participant is None or proposal.author != actor.participant.id):
        raise Denied(moderation.NOT_TO_SUGGEST)
    close = await similar.to(proposal.statement, consultation=actor.consultation.id, leave_out=proposal.id)
    return page(
        request, "amendments/merge.html", status=status, actor=actor, proposal=proposal, form=form, similar=close
    )


@post("/c/{slug:str}/statements/{number:int}/merge", opt={"action": Action.SUGGEST_MERGE}, status_code=200)
async def suggest_merge(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, MergeForm)
    if form.is_valid:
        with form.refusals(at="into"):
            into = await _statement(actor, form.data.into)
            await moderation.suggest_merge(proposal=proposal, into=into, note=form.data.note, by=actor, form=form)
    if not form.is_valid:
        return await _merge_page(request, actor, proposal, form, status=422)
    said = gettext("Those who speak for the two statements have been asked. Nothing changes until both agree.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/statements/{number}"), said=said)


async def _statement(actor: Actor, number: int) -> Proposal:
    try:
        return await proposal_for(actor, number)
    except NotFound:
        raise Invalid(N_("There is no statement with this number."), field="into") from None


# -------- lineage


@get("/c/{slug:str}/statements/{number:int}/lineage", opt={"action": Action.SEE_STATEMENTS})
async def show_lineage(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    nodes = await lineage.family_of(actor, proposal.id)
    by_number = {node.number: node for node in nodes}
    changes = {
        node.number: compare_wordings(node.statement, by_number[node.into].statement)
        for node in nodes
        if node.into in by_number and node.language == by_number[node.into].language
    }
    drawn = picture(nodes, here=proposal.number, is_rtl=direction() == "rtl")
    return page(
        request,
        "amendments/lineage.html",
        actor=actor,
        proposal=proposal,
        nodes=nodes,
        changes=changes,
        picture=drawn,
    )


HANDLERS = [write, propose, show, answer, ask_to_merge, suggest_merge, show_lineage]
