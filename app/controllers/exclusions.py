"""Votes left out of the results: proposed from an alert, decided on by a second person, and told to those concerned."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor, alert_for
from app.actions import exclusions as acting
from app.analysis import exclusions as reading
from app.analysis import power_page
from app.analysis.exclusion_words import STEP_NAMES, compared_in_words, told_in_words
from app.controllers.moderation import tabs_of
from app.forms import Filled, blank, read
from app.language import gettext
from app.refusals import Refusal
from app.rendering import AnyRequest, page, see_other, url
from app.tables.alerts import Alert
from deliberation.exclusions import NEXT, Standing, Step
from deliberation.phases import Action, Role

Words = Annotated[str, msgspec.Meta(max_length=acting.MAX_WORDS)]


class ProposalForm(msgspec.Struct):
    reason_code: Annotated[str, msgspec.Meta(max_length=24)] = ""
    words: Words = ""


class StepForm(msgspec.Struct):
    step: Literal["confirm", "refuse", "propose_lifting", "lift", "keep"]
    words: Words = ""


class ObjectionForm(msgspec.Struct):
    words: Words = ""


class AnswerForm(msgspec.Struct):
    answer: Words = ""


@get("/c/{slug:str}/alerts/{alert_id:uuid}/exclude", opt={"action": Action.EXCLUDE})
async def write_proposal(request: AnyRequest, actor: NamedDependency[Actor], alert_id: FromPath[UUID]) -> Response[Any]:
    return await _proposal_page(request, actor, await alert_for(actor, alert_id), blank())


async def _proposal_page(
    request: AnyRequest, actor: Actor, alert: Alert, form: Filled[Any], *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "moderation/exclude.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "power"),
        here=gettext("Leave votes out"),
        line=power_page.line_of(alert, await power_page.gate_of(actor)),
        form=form,
        reasons=[(code, _capital(gettext(reason))) for code, reason in reading.REASONS.items()],
        refused=await acting.why_not_propose(actor, alert),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@post("/c/{slug:str}/alerts/{alert_id:uuid}/exclude", opt={"action": Action.EXCLUDE}, status_code=200)
async def propose(request: AnyRequest, actor: NamedDependency[Actor], alert_id: FromPath[UUID]) -> Response[Any]:
    alert = await alert_for(actor, alert_id)
    form = await read(request, ProposalForm)
    if form.is_valid:
        request.scope["state"]["typed"] = {"words": form.data.words}
        with form.refusals():
            made = await acting.propose(
                alert=alert, reason_code=form.data.reason_code, words=form.data.words, by=actor, form=form
            )
            return see_other(request, url(acting.path_of(actor, made.id)), said=gettext("A second person is asked."))
    return await _proposal_page(request, actor, alert, form, status=422)


@get("/c/{slug:str}/exclusions/{exclusion_id:uuid}", opt={"action": Action.EXCLUDE})
async def show(request: AnyRequest, actor: NamedDependency[Actor], exclusion_id: FromPath[UUID]) -> Response[Any]:
    return await _page(request, actor, exclusion_id, blank())


async def _page(
    request: AnyRequest, actor: Actor, exclusion_id: UUID, form: Filled[Any], *, at: str = "", status: int = 200
) -> Response[Any]:
    found = await acting.find(actor, exclusion_id)
    shown = await reading.shown(actor, found)
    alert = await alert_for(actor, found.alert)
    possible = [step for standing, step in NEXT if standing == Standing(found.standing)]
    refusals = {step: await acting.role_in(actor, found, step) for step in possible}
    return page(
        request,
        "moderation/exclusion.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "power"),
        here=gettext("Votes left out"),
        shown=shown,
        told=told_in_words(shown.told),
        line=power_page.line_of(alert, await power_page.gate_of(actor)),
        form=form,
        at=at,
        step_names=STEP_NAMES,
        refused={step.value: role if isinstance(role, Refusal) else None for step, role in refusals.items()},
        compared=compared_in_words(await reading.compared(actor, found)),
        answers=Role.CONVENOR in actor.roles,
    )


@post("/c/{slug:str}/exclusions/{exclusion_id:uuid}", opt={"action": Action.EXCLUDE}, status_code=200)
async def take_step(request: AnyRequest, actor: NamedDependency[Actor], exclusion_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, StepForm)
    if form.is_valid:
        request.scope["state"]["typed"] = {"words": form.data.words}
        step = Step(form.data.step)
        with form.refusals():
            await acting.take(exclusion=exclusion_id, step=step, words=form.data.words, by=actor, form=form)
            return see_other(request, url(f"/c/{actor.consultation.slug}/exclusions/{exclusion_id}"), said=_said(step))
    return await _page(request, actor, exclusion_id, form, status=422)


def _said(step: Step) -> str:
    return {
        Step.CONFIRM: gettext("These votes are left out. The results are worked out anew."),
        Step.REFUSE: gettext("These votes count."),
        Step.PROPOSE_LIFTING: gettext("A second person is asked."),
        Step.LIFT: gettext("These votes count again. The results are worked out anew."),
        Step.KEEP: gettext("These votes stay left out."),
    }[step]


@post(
    "/c/{slug:str}/exclusions/{exclusion_id:uuid}/answers/{objection_id:uuid}",
    opt={"action": Action.EXCLUDE},
    status_code=200,
)
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], exclusion_id: FromPath[UUID], objection_id: FromPath[UUID]
) -> Response[Any]:
    form = await read(request, AnswerForm)
    if form.is_valid:
        request.scope["state"]["typed"] = {"answer": form.data.answer}
        with form.refusals():
            await acting.answer(objection=objection_id, words=form.data.answer, by=actor, form=form)
            said = gettext("Your answer is there to read for whoever objected.")
            return see_other(request, url(f"/c/{actor.consultation.slug}/exclusions/{exclusion_id}"), said=said)
    return await _page(request, actor, exclusion_id, form, at=str(objection_id), status=422)


# -------- those concerned


@get("/c/{slug:str}/me/excluded", opt={"action": Action.SEE_OWN})
async def show_own(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _own_page(request, actor, blank())


async def _own_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return page(
        request,
        "voting/excluded.html",
        status=status,
        actor=actor,
        mine=await reading.own(actor),
        form=form,
        refused=actor.why_not(Action.CONTEST),
    )


@post("/c/{slug:str}/me/excluded", opt={"action": Action.CONTEST}, status_code=200)
async def contest(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ObjectionForm)
    if form.is_valid:
        request.scope["state"]["typed"] = {"words": form.data.words}
        with form.refusals():
            await acting.contest(words=form.data.words, by=actor, form=form)
            said = gettext("A convenor reads your objection and answers here.")
            return see_other(request, url(f"/c/{actor.consultation.slug}/me/excluded"), said=said)
    return await _own_page(request, actor, form, status=422)


HANDLERS = [write_proposal, propose, show, take_step, answer, show_own, contest]
