"""Appeals: an author asks the convenor to look again, and the convenor decides."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor, proposal_for
from app.actions import appeals
from app.analysis.appeals import appeals_in, appeals_of
from app.controllers.record import OUTCOMES
from app.forms import NOT_A_CHOICE, Filled, blank, read
from app.language import gettext
from app.refusals import Denied, Invalid, NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.tables.moderation import Appeal
from app.tables.proposals import Proposal
from app.taxonomies import moderation_reasons
from deliberation.phases import Action


class AppealForm(msgspec.Struct):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class DecideForm(msgspec.Struct):
    decision: Annotated[str, msgspec.Meta(max_length=12)]
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


@get("/c/{slug:str}/statements/{number:int}/appeal", opt={"action": Action.SEE_OWN})
async def write(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _write_page(request, actor, await _own(actor, number), blank())


async def _own(actor: Actor, number: int) -> Proposal:
    proposal = await proposal_for(actor, number)
    if actor.participant is None or proposal.author != actor.participant.id:
        raise NotFound
    return proposal


async def _write_page(
    request: AnyRequest, actor: Actor, proposal: Proposal, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    appeal = (await appeals_of([proposal.id])).get(proposal.id)
    return page(
        request,
        "proposals/appeal.html",
        status=status,
        actor=actor,
        proposal=proposal,
        why=gettext(moderation_reasons.label(proposal.reason_code)) if proposal.reason_code else "",
        appeal=appeal,
        outcome=gettext(OUTCOMES[appeal.outcome]) if appeal is not None and appeal.outcome else "",
        form=form,
        refused=actor.why_not(Action.APPEAL),
    )


@post("/c/{slug:str}/statements/{number:int}/appeal", opt={"action": Action.APPEAL}, status_code=200)
async def make(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await _own(actor, number)
    form = await read(request, AppealForm)
    if form.is_valid:
        with form.refusals(at="reason"):
            await appeals.make(proposal=proposal, reason=form.data.reason, by=actor, form=form)
    if not form.is_valid:
        return await _write_page(request, actor, proposal, form, status=422)
    said = gettext("Your appeal is with the convenor. You read the answer here and by mail.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/me/proposals"), said=said)


@get("/c/{slug:str}/appeals", opt={"action": Action.DECIDE_APPEAL})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _page(request, actor, blank())


async def _page(
    request: AnyRequest, actor: Actor, form: Filled[Any], *, at: UUID | None = None, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "moderation/appeals.html",
        status=status,
        actor=actor,
        appeals=await appeals_in(actor.consultation.id),
        form=form,
        at=at,
        error_links=[(f"{name}-{at}", error) for name, error in form.errors.items()],
        reason_names={code: gettext(moderation_reasons.label(code)) for code in moderation_reasons.codes()},
        outcomes={code: gettext(text) for code, text in OUTCOMES.items()},
        decisions=[(code, gettext(text)) for code, text in OUTCOMES.items()],
    )


@post("/c/{slug:str}/appeals/{appeal_id:uuid}", opt={"action": Action.DECIDE_APPEAL}, status_code=200)
async def decide(request: AnyRequest, actor: NamedDependency[Actor], appeal_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, DecideForm)
    appeal = await Appeal.objects().where(Appeal.id == appeal_id).first()
    if appeal is None or appeal_id not in {one.id for one in await appeals_in(actor.consultation.id)}:
        raise NotFound
    if "decision" in form.errors or (form.is_valid and form.data.decision not in OUTCOMES):
        form.refuse("decision", NOT_A_CHOICE)
    if form.is_valid:
        overturns = form.data.decision == "overturned"
        try:
            await appeals.decide(appeal=appeal, overturns=overturns, answer=form.data.answer, by=actor, form=form)
        except (Invalid, Denied) as refusal:
            form.errors["answer"] = Invalid(refusal.message, field="answer", **refusal.parameters)
    if not form.is_valid:
        return await _page(request, actor, form, at=appeal_id, status=422)
    said = gettext("The appeal is decided, and its author has your sentence.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/appeals"), said=said)


HANDLERS = [write, make, show, decide]
