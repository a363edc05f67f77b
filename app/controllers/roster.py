"""The roster: entering it, a convenor's check, asking somebody for a coalition, agreeing, ending."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import roster
from app.actions.roster import Terms
from app.analysis import roster as reading
from app.forms import Filled, NoFields, blank, read
from app.language import gettext
from app.refusals import N_
from app.rendering import AnyRequest, page, see_other, url
from app.taxonomies import languages, services
from deliberation.disclosure import release_tally
from deliberation.phases import Action

STATUS_NAMES = {
    "waiting": N_("Waits for a convenor's check"),
    "listed": N_("On the roster"),
    "declined": N_("Not listed"),
    "withdrawn": N_("Withdrawn"),
}
ENGAGEMENT_NAMES = {
    "asked": N_("Asked"),
    "agreed": N_("Agreed"),
    "declined": N_("Not agreed"),
    "ended": N_("Ended"),
}


class EntryForm(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=120)]
    fee: Literal["none", "fixed", "day"]
    services: Annotated[list[str], msgspec.Meta(max_length=8)] = []
    about: Annotated[str, msgspec.Meta(max_length=500)] = ""
    languages: Annotated[list[str], msgspec.Meta(max_length=12)] = []
    amount: Decimal | None = None
    currency: Annotated[str, msgspec.Meta(max_length=3)] = ""
    funder: Annotated[str, msgspec.Meta(max_length=200)] = ""
    conflicts: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CheckForm(msgspec.Struct):
    answer: Literal["list", "decline"]
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


class AskForm(msgspec.Struct):
    coalition: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    service: Annotated[str, msgspec.Meta(max_length=20)]
    words: Annotated[str, msgspec.Meta(max_length=300)] = ""


class AnswerForm(msgspec.Struct):
    answer: Literal["agree", "decline"]


def _home(actor: Actor) -> str:
    return url(f"/c/{actor.consultation.slug}/roster")


@get("/c/{slug:str}/roster", opt={"action": Action.SEE_ROSTER})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _page(request, actor, None)


async def _page(
    request: AnyRequest, actor: Actor, form: Filled[Any] | None, *, at: str = "", status: int = 200
) -> Response[Any]:
    """The page; `at` names the form whose errors and words are shown again, empty for one's own entry."""
    found = await reading.roster_of(actor)
    return page(
        request,
        "roster/show.html",
        status=status,
        actor=actor,
        roster=found,
        n_engagements=release_tally(found.n_engagements),
        form=form if form is not None else blank(**_known(found)),
        at=at,
        service=services.label,
        language_name=languages.label,
        services=[(entry.code, gettext(entry.label)) for entry in services.of_kind("service")],
        fees=[(entry.code, gettext(entry.label)) for entry in services.of_kind("fee")],
        languages_=[(code, label) for code, label in languages.options()],
        names=STATUS_NAMES,
        engagement_names=ENGAGEMENT_NAMES,
        keep_refused=actor.why_not(Action.KEEP_ROSTER),
        engage_refused=actor.why_not(Action.ENGAGE),
        may_check=actor.may(Action.CHECK_ROSTER),
    )


def _known(found: reading.Roster) -> dict[str, Any]:
    mine = found.mine
    if mine is None:
        return {"services": [], "languages": []}
    return {
        "name": mine.name,
        "services": mine.services,
        "about": mine.about,
        "languages": mine.languages,
        "fee": mine.fee,
        "amount": "" if mine.amount is None else f"{mine.amount:f}",
        "currency": mine.currency,
        "funder": mine.funder,
        "conflicts": mine.conflicts,
    }


@post("/c/{slug:str}/roster", opt={"action": Action.KEEP_ROSTER}, status_code=200)
async def register(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, EntryForm)
    if form.is_valid:
        with form.refusals(at="name"):
            await roster.register(terms=Terms(**msgspec.structs.asdict(form.data)), by=actor, form=form)
            said = gettext("Your entry is saved. It is listed once a convenor has checked it.")
            return see_other(request, _home(actor), said=said)
    return await _page(request, actor, form, status=422)


@post("/c/{slug:str}/roster/withdraw", opt={"action": Action.KEEP_ROSTER}, status_code=303)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    await roster.withdraw(by=actor, form=form)
    return see_other(request, _home(actor), said=gettext("Your entry is withdrawn. What you agreed to stays agreed."))


@post("/c/{slug:str}/roster/{entry_id:uuid}/check", opt={"action": Action.CHECK_ROSTER}, status_code=200)
async def check(request: AnyRequest, actor: NamedDependency[Actor], entry_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, CheckForm)
    if form.is_valid:
        with form.refusals(at="reason"):
            await roster.check(
                entry=entry_id,
                version=form.version or 0,
                lists=form.data.answer == "list",
                reason=form.data.reason,
                by=actor,
                form=form,
            )
            return see_other(request, _home(actor), said=gettext("Saved."))
    return await _page(request, actor, form, at=str(entry_id), status=422)


@post("/c/{slug:str}/roster/{entry_id:uuid}/ask", opt={"action": Action.ENGAGE}, status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor], entry_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, AskForm)
    if form.is_valid:
        given = form.data
        with form.refusals(at="service"):
            await roster.ask(
                entry=entry_id,
                coalition_number=given.coalition,
                service=given.service,
                words=given.words,
                by=actor,
                form=form,
            )
            said = gettext("The request is made. It holds once the person asked has agreed.")
            return see_other(request, _home(actor), said=said)
    return await _page(request, actor, form, at=str(entry_id), status=422)


@post("/c/{slug:str}/roster/engagements/{engagement_id:uuid}/answer", opt={"action": Action.ENGAGE}, status_code=303)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], engagement_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, AnswerForm)
    if not form.is_valid:
        return see_other(request, _home(actor), said=gettext("Please agree or decline."))
    agrees = form.data.answer == "agree"
    await roster.answer(engagement=engagement_id, agrees=agrees, by=actor, form=form)
    said = gettext("You have agreed.") if agrees else gettext("You have declined. That is free.")
    return see_other(request, _home(actor), said=said)


@post("/c/{slug:str}/roster/engagements/{engagement_id:uuid}/end", opt={"action": Action.ENGAGE}, status_code=303)
async def end(request: AnyRequest, actor: NamedDependency[Actor], engagement_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, NoFields)
    await roster.end(engagement=engagement_id, by=actor, form=form)
    return see_other(request, _home(actor), said=gettext("It is over. Both sides see that."))


HANDLERS = [show, register, withdraw, check, ask, answer, end]
