"""The front page's list, one consultation's page, and joining it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from app import auth
from app.access import Actor
from app.actions import participants, rounds, summaries
from app.analysis import consent, curation, exclusions, holding, overview
from app.analysis.participants import has_voted, suggested_organisations
from app.analysis.participation_page import still_few
from app.database import fetchval
from app.forms import NOT_A_CHOICE, NOT_A_LANGUAGE, Filled, NoFields, blank, read
from app.language import LANGUAGES, current_locale, gettext
from app.refusals import N_, Invalid
from app.rendering import AnyRequest, page, see_other, url
from app.taxonomies import constituencies, mandates, regions
from deliberation.disclosure import Attribution
from deliberation.phases import Action

Reads = Annotated[list[Annotated[str, msgspec.Meta(max_length=8)]], msgspec.Meta(max_length=6)]


class JoinForm(msgspec.Struct):
    constituency: Annotated[str, msgspec.Meta(max_length=40)]
    consent: Annotated[str, msgspec.Meta(max_length=4)]
    mandate: Annotated[str, msgspec.Meta(max_length=16)] = mandates.OWN
    organisation: Annotated[str, msgspec.Meta(max_length=160)] = ""
    region: Annotated[str, msgspec.Meta(max_length=40)] = ""
    language: Annotated[str, msgspec.Meta(max_length=8)] = "en"
    reads: Reads = msgspec.field(default_factory=list)
    token: Annotated[str, msgspec.Meta(max_length=100)] = ""


@get("/", opt={"action": Action.SEE_SITE})
async def index(request: AnyRequest) -> Response[Any]:
    listed = await overview.listed(auth.visit(request).account)
    return page(request, "consultations/index.html", listed=listed)


@get("/c/{slug:str}", opt={"action": Action.SEE_CONSULTATION})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    may_confirm = actor.may(Action.CONFIRM_EXTENSION)
    return page(
        request,
        "consultations/show.html",
        actor=actor,
        about=await overview.of(actor),
        asked_to_sign=await curation.asked_to_sign(actor),
        asked_until=await summaries.asked_until(actor),
        extension=await rounds.waiting_extension(actor.round) if may_confirm else None,
        exclusions=await exclusions.waiting(actor) if actor.may(Action.EXCLUDE) else (),
        still_few=await still_few(actor),
        held=await holding.held_before(actor),
        has_new_words=actor.participant is not None and consent.is_changed(actor.consultation, actor.participant),
    )


@get("/c/{slug:str}/join", opt={"action": Action.JOIN})
async def ask_to_join(
    request: AnyRequest, actor: NamedDependency[Actor], token: Annotated[str, QueryParameter(name="invitation")] = ""
) -> Response[Any]:
    if auth.visit(request).account is None:
        back = url(f"/c/{actor.consultation.slug}/join", invitation=token or None)
        return see_other(request, url("/sign-in", next=auth.safe_next(back) or None))
    return await _join_page(request, actor, blank(language=current_locale(), token=token, mandate=mandates.OWN))


async def _join_page(
    request: AnyRequest,
    actor: Actor,
    form: Filled[Any],
    *,
    status: int = 200,
    template: str = "consultations/join.html",
) -> Response[Any]:
    return page(
        request,
        template,
        status=status,
        actor=actor,
        form=form,
        constituencies=[(code, gettext(label)) for code, label in constituencies.options()],
        regions=[(code, gettext(label)) for code, label in regions.options()],
        language_options=list(LANGUAGES.items()),
        mandates=[(code, gettext(label)) for code, label in mandates.options()],
        suggested=await suggested_organisations(actor),
        has_new_words=actor.participant is not None and consent.is_changed(actor.consultation, actor.participant),
        consent=consent.sentences(Attribution(actor.consultation.attribution)),
        has_voted=actor.participant is not None and await has_voted(actor.participant.id),
        refused=actor.why_not(Action.CHANGE_DETAILS),
    )


def _details(given: Any) -> dict[str, Any]:
    """What the person says of themselves; an organisation counts where they speak for one."""
    names = ("constituency", "mandate", "region", "language", "reads")
    organisation = given.organisation if given.mandate != mandates.OWN else ""
    return {name: getattr(given, name) for name in names} | {"organisation": organisation}


@post("/c/{slug:str}/join", opt={"action": Action.JOIN}, status_code=200)
async def join(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, JoinForm)
    if form.is_valid:
        _check(form)
    if not form.is_valid:
        if "consent" in form.errors:
            form.refuse("consent", N_("Please confirm that you have read how your contributions are used."))
        return await _join_page(request, actor, form, status=422)
    await participants.join(**_details(form.data), token=form.data.token, by=actor, form=form)
    said = gettext("You are in. You can change this under My details here.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/vote"), said=said)


class DetailsForm(msgspec.Struct):
    constituency: Annotated[str, msgspec.Meta(max_length=40)]
    mandate: Annotated[str, msgspec.Meta(max_length=16)] = mandates.OWN
    organisation: Annotated[str, msgspec.Meta(max_length=160)] = ""
    region: Annotated[str, msgspec.Meta(max_length=40)] = ""
    language: Annotated[str, msgspec.Meta(max_length=8)] = "en"
    reads: Reads = msgspec.field(default_factory=list)


@get("/c/{slug:str}/me", opt={"action": Action.SEE_OWN})
async def details(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    own = actor.participant
    assert own is not None
    organisation = await fetchval("select name from organisations where id = $1", own.organisation)
    form = blank(
        constituency=own.constituency,
        mandate=(own.mandate or "delegate") if organisation else mandates.OWN,
        organisation=organisation or "",
        region=own.region,
        language=own.language,
        reads=list(own.reads),
    )
    return await _details_page(request, actor, form)


@post("/c/{slug:str}/me", opt={"action": Action.CHANGE_DETAILS}, status_code=200)
async def change_details(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, DetailsForm)
    if form.is_valid:
        _check(form)
    if form.is_valid:
        with form.refusals():
            await participants.change_details(**_details(form.data), by=actor, form=form)
            return see_other(request, url(f"/c/{actor.consultation.slug}/me"), said=gettext("Your details are saved."))
    return await _details_page(request, actor, form, status=422)


async def _details_page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return await _join_page(request, actor, form, status=status, template="consultations/details.html")


class ObjectionForm(msgspec.Struct):
    objects: bool = False


@post("/c/{slug:str}/me/consent", opt={"action": Action.CHANGE_DETAILS}, status_code=200)
async def agree(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    await participants.agree(by=actor, form=form)
    return see_other(request, url(f"/c/{actor.consultation.slug}/me"), said=gettext("Thank you. This is on record."))


@post("/c/{slug:str}/me/objection", opt={"action": Action.RESTRICT}, status_code=200)
async def object_to_use(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ObjectionForm)
    objects = form.is_valid and form.data.objects
    await participants.object_to_use(objects=objects, by=actor)
    said = (
        gettext("Your votes are left out from the next analysis on.") if objects else gettext("Your votes count again.")
    )
    return see_other(request, url(f"/c/{actor.consultation.slug}/me"), said=said)


def _check(form: Filled[Any]) -> None:
    given = form.data
    if given.constituency not in constituencies.codes():
        form.errors["constituency"] = Invalid(NOT_A_CHOICE)
    if given.region and given.region not in regions.codes():
        form.errors["region"] = Invalid(NOT_A_CHOICE)
    if given.language not in LANGUAGES:
        form.errors["language"] = Invalid(NOT_A_LANGUAGE)
    if not set(given.reads) <= set(LANGUAGES):
        form.errors["reads"] = Invalid(NOT_A_LANGUAGE)
    if given.mandate not in mandates.codes():
        form.errors["mandate"] = Invalid(NOT_A_CHOICE)
    if given.mandate != mandates.OWN and not given.organisation:
        form.errors["organisation"] = Invalid(N_("Please name the organisation for which you speak."))


HANDLERS = [index, show, ask_to_join, join, details, change_details, agree, object_to_use]
