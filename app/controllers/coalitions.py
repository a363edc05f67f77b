"""Coalitions: "I would work on this", a convenor's line-up with its balance, invitations and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import Actor, proposal_for
from app.actions import coalitions
from app.analysis import charters
from app.analysis import coalitions as bridge
from app.analysis.assembly_words import own_win
from app.analysis.pulses import going
from app.controllers.pulses import COLOURS
from app.forms import Filled, NoFields, blank, read
from app.language import gettext
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.rendering import AnyRequest, page, page_or_fragment, see_other, url, wants_fragment
from app.tables.coalitions import Coalition
from app.tables.proposals import Proposal
from app.taxonomies import constituencies
from deliberation.phases import Action, Role

STATUS_NAMES = {
    "draft": N_("Draft"),
    "invited": N_("Invitations are out"),
    "formed": N_("Formed"),
}


class OfferForm(msgspec.Struct):
    brings: Annotated[str, msgspec.Meta(max_length=300)] = ""


class DraftForm(msgspec.Struct):
    title: Annotated[str, msgspec.Meta(min_length=4, max_length=120)]
    purpose: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    n_needed: Annotated[int, msgspec.Meta(ge=2, le=30)] = 3
    offers: Annotated[list[UUID], msgspec.Meta(max_length=60)] = []
    go: Literal["save", "balance"] = "save"


class AnswerForm(msgspec.Struct):
    answer: Literal["accept", "decline"]


@get("/c/{slug:str}/coalitions", opt={"action": Action.SEE_COALITIONS})
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "coalitions/index.html",
        actor=actor,
        adopted=await bridge.adopted(actor),
        listed=await bridge.listed(actor),
        status_names=STATUS_NAMES,
        refused=actor.why_not(Action.OFFER_WORK),
        can_form=actor.may(Action.FORM_COALITION),
    )


@post("/c/{slug:str}/coalitions/offers/{number:int}", opt={"action": Action.OFFER_WORK}, status_code=303)
async def offer(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, OfferForm)
    if not form.is_valid:
        return see_other(request, _home(actor), said=gettext("What you bring: at most 300 characters, please."))
    proposal = await proposal_for(actor, number)
    await coalitions.offer(proposal=proposal, brings=form.data.brings, by=actor, form=form)
    said = gettext("Thank you. Your name is shared only if you accept an invitation and the coalition forms.")
    return see_other(request, _home(actor), said=said)


@post("/c/{slug:str}/coalitions/offers/{number:int}/withdraw", opt={"action": Action.OFFER_WORK}, status_code=303)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, NoFields)
    await coalitions.withdraw_offer(proposal=await proposal_for(actor, number), by=actor, form=form)
    return see_other(request, _home(actor), said=gettext("Your offer is withdrawn."))


def _home(actor: Actor) -> str:
    return url(f"/c/{actor.consultation.slug}/coalitions")


@get("/c/{slug:str}/coalitions/new", opt={"action": Action.FORM_COALITION})
async def new(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: Annotated[int, QueryParameter(name="statement", ge=0, le=2**31 - 1)] = 0,
) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    if not await bridge.is_adopted(actor.consultation.id, proposal.id):
        raise Denied(coalitions.NOT_ADOPTED)
    return await _edit_page(request, actor, proposal, blank(offers=[], n_needed="3"))


async def _edit_page(
    request: AnyRequest,
    actor: Actor,
    proposal: Proposal,
    form: Filled[Any],
    *,
    coalition: Coalition | None = None,
    status: int = 200,
) -> Response[Any]:
    seats = await bridge.seats_of(coalition) if coalition else []
    chosen = [UUID(str(item)) for item in form.get("offers") or [] if _is_uuid(str(item))]
    offers = await bridge.offers_of(proposal.id, actor.consultation.id, seated=seats)
    held = await bridge.balance_of_offers(
        [*chosen, *(item.id for item in offers if item.is_invited)]
        if chosen or not coalition
        else [item.id for item in offers if item.is_seated],
        actor.consultation.id,
    )
    return page_or_fragment(
        request,
        "coalitions/edit.html",
        "coalitions/_balance.html",
        status=status,
        actor=actor,
        proposal=proposal,
        coalition=coalition,
        form=form,
        offers=offers,
        chosen=set(chosen) or {item.id for item in offers if item.is_seated},
        held=held,
        label=lambda code: gettext(constituencies.label(code)),
    )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@post("/c/{slug:str}/coalitions/new/{number:int}", opt={"action": Action.FORM_COALITION}, status_code=200)
async def create(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _taken(request, actor, await read(request, DraftForm), await proposal_for(actor, number))


async def _taken(
    request: AnyRequest, actor: Actor, form: Filled[Any], proposal: Proposal, coalition: Coalition | None = None
) -> Response[Any]:
    """The line-up as it was sent: looked at again with its balance, or saved."""
    if form.get("go") == "balance" or wants_fragment(request):
        form.errors.clear()
        return await _edit_page(request, actor, proposal, form, coalition=coalition)
    if form.is_valid:
        given = {name: getattr(form.data, name) for name in ("title", "purpose", "offers", "n_needed")}
        try:
            if coalition is None:
                coalition = await coalitions.draft(proposal=proposal, by=actor, form=form, **given)
            else:
                await coalitions.revise(coalition=coalition, by=actor, form=form, **given)
            return see_other(request, f"{_home(actor)}/{coalition.number}", said=gettext("The line-up is saved."))
        except (Invalid, Conflict) as refusal:
            form.errors["offers"] = Invalid(refusal.message, field="offers", **refusal.parameters)
    return await _edit_page(request, actor, proposal, form, coalition=coalition, status=422)


async def _coalition(actor: Actor, number: int) -> tuple[Coalition, Proposal]:
    """The coalition of this number and its proposal, if the reader may see it."""
    found = [one for one in await bridge.listed(actor) if one.number == number]
    if not found:
        raise NotFound
    proposal = await Proposal.objects().where(Proposal.id == found[0].proposal).first()
    assert proposal is not None
    return found[0], proposal


@get("/c/{slug:str}/coalitions/{number:int}", opt={"action": Action.SEE_COALITIONS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, proposal = await _coalition(actor, number)
    seats = await bridge.seats_of(coalition)
    is_convenor = Role.CONVENOR in actor.roles
    return page(
        request,
        "coalitions/show.html",
        actor=actor,
        coalition=coalition,
        proposal=proposal,
        status_name=STATUS_NAMES[coalition.status],
        own_status=await bridge.own_status(actor, coalition),
        contacts=await bridge.contacts_of(actor, coalition),
        own_win=await own_win(actor, coalition),
        is_assembled=await bridge.is_assembled(coalition),
        held=await bridge.balance_of(seats, actor.consultation.id) if is_convenor else None,
        n_seats={name: sum(row["status"] == name for row in seats) for name in ("drafted", "invited", "accepted")},
        is_convenor=is_convenor,
        label=lambda code: gettext(constituencies.label(code)),
        answer_refused=actor.why_not(Action.ANSWER_INVITATION),
        charter_door=await charters.door_of(actor, coalition),
        going=await going(actor, coalition) if coalition.status == "formed" else None,
        colours=COLOURS,
    )


@get("/c/{slug:str}/coalitions/{number:int}/edit", opt={"action": Action.FORM_COALITION})
async def edit(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, proposal = await _coalition(actor, number)
    form = blank(title=coalition.title, purpose=coalition.purpose, n_needed=str(coalition.n_needed), offers=[])
    return await _edit_page(request, actor, proposal, form, coalition=coalition)


@post("/c/{slug:str}/coalitions/{number:int}/edit", opt={"action": Action.FORM_COALITION}, status_code=200)
async def save(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, proposal = await _coalition(actor, number)
    return await _taken(request, actor, await read(request, DraftForm), proposal, coalition)


@post("/c/{slug:str}/coalitions/{number:int}/invite", opt={"action": Action.FORM_COALITION}, status_code=303)
async def invite(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, _ = await _coalition(actor, number)
    form = await read(request, NoFields)
    await coalitions.invite(coalition=coalition, by=actor, form=form)
    said = gettext("The invitations are out. The coalition forms only if enough people accept.")
    return see_other(request, f"{_home(actor)}/{number}", said=said)


@post("/c/{slug:str}/coalitions/{number:int}/answer", opt={"action": Action.ANSWER_INVITATION}, status_code=303)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, _ = await _coalition(actor, number)
    form = await read(request, AnswerForm)
    if not form.is_valid:
        return see_other(request, f"{_home(actor)}/{number}", said=gettext("Please accept or decline."))
    accepts = form.data.answer == "accept"
    has_formed = await coalitions.answer(coalition=coalition, accepts=accepts, by=actor, form=form)
    if accepts:
        said = (
            gettext("The coalition has formed.") if has_formed else gettext("You have accepted. Others still answer.")
        )
    else:
        said = gettext("You have declined. That is free, and nobody is told.")
    return see_other(request, f"{_home(actor)}/{number}", said=said)


HANDLERS = [index, offer, withdraw, new, create, show, edit, save, invite, answer]
