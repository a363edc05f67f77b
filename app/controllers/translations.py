"""Translators: what is missing in a language, one text beside the other, and what another person has still to read."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from app.access import MAX_NUMBER, Actor, proposal_for
from app.actions import carrying, translations
from app.actions.translations import MAX_TEXT, Written
from app.analysis import translations as reading
from app.controllers.moderation import tabs_of
from app.forms import Filled, blank, read
from app.language import LANGUAGES, current_locale, gettext, num
from app.refusals import N_, Conflict, Invalid, NotFound
from app.rendering import AnyRequest, page, see_other, url
from app.settings import get_settings
from app.tables.proposals import Proposal
from deliberation.phases import Action

Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Language = Annotated[str, msgspec.Meta(max_length=8)]
Words = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
PLACES = range(1, reading.PER_PAGE + 1)
STANDING_NAMES = {
    "missing": N_("Missing"),
    "drafts": N_("Drafts that wait for a reader"),
    "done": N_("Shown now"),
}
SaveForm = msgspec.defstruct(
    "SaveForm",
    [("language", Language)]
    + [("kind", Annotated[str, msgspec.Meta(max_length=8)], "")]
    + [(f"number_{place}", Number, 0) for place in PLACES]
    + [(f"version_{place}", Number, 0) for place in PLACES]
    + [(f"text_{place}", Words, "") for place in PLACES],
)
"""A page of texts at once: each place has the statement's number, the version of its draft, and the text."""


class ApproveForm(msgspec.Struct):
    chosen: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}:[0-9]{1,9}$")]],
        msgspec.Meta(min_length=1, max_length=reading.PER_PAGE),
    ]
    language: Language = ""
    kind: Annotated[str, msgspec.Meta(max_length=8)] = ""
    is_material: Annotated[str, msgspec.Meta(max_length=8)] = ""


class WithdrawForm(msgspec.Struct):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    is_wrong: bool = False


class MachineForm(msgspec.Struct):
    language: Language


class SeenForm(msgspec.Struct):
    seen: Number = 0


def _asked(language: str, kind: str, standing: str, actor: Actor) -> tuple[str, bool, str]:
    """What the page is narrowed to; anything that makes no sense is left out."""
    others = [code for code in (*reading.reads(actor), current_locale(), *LANGUAGES) if code in LANGUAGES]
    first = next((code for code in others if code != actor.consultation.language), others[0])
    return (
        language if language in LANGUAGES else first,
        kind == "simpler",
        standing if standing in reading.STANDINGS else "missing",
    )


@get("/c/{slug:str}/translate", opt={"action": Action.TRANSLATE})
async def index(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    language: Annotated[str, QueryParameter(name="language")] = "",
    kind: Annotated[str, QueryParameter(name="kind")] = "",
    standing: Annotated[str, QueryParameter(name="standing")] = "",
    number: Annotated[int, QueryParameter(name="page")] = 1,
) -> Response[Any]:
    return await _index(request, actor, _asked(language, kind, standing, actor), max(1, min(number, 1_000)), blank())


async def _index(
    request: AnyRequest,
    actor: Actor,
    asked: tuple[str, bool, str],
    number: int,
    form: Filled[Any],
    *,
    status: int = 200,
    faster: list[Written] | None = None,
) -> Response[Any]:
    language, is_simpler, standing = asked
    rows = await reading.to_do(actor, language=language, is_simpler=is_simpler, standing=standing, page=number)
    missing = await reading.n_missing(actor, LANGUAGES)
    return page(
        request,
        "translations/index.html",
        status=status,
        actor=actor,
        tabs=await tabs_of(actor, "translations") if actor.may(Action.MODERATE) else [],
        here=gettext("Translations"),
        rows=rows,
        n=rows[0]["n"] if rows else 0,
        n_pages=max(1, -(-(rows[0]["n"] if rows else 0) // reading.PER_PAGE)),
        page_number=number,
        language=language,
        is_simpler=is_simpler,
        standing=standing,
        missing=[(code, name, missing.get(code, 0)) for code, name in LANGUAGES.items()],
        standings=[(code, gettext(name)) for code, name in STANDING_NAMES.items()],
        mine={one.proposal.number: one.text for one in faster or ()},
        form=form,
        engine=get_settings().translator if actor.may(Action.MODERATE) else None,
        last_run=await reading.last_run(actor.consultation.id) if actor.may(Action.MODERATE) else "",
        max_length=MAX_TEXT,
        language_options=list(LANGUAGES.items()),
    )


@post("/c/{slug:str}/translate", opt={"action": Action.TRANSLATE}, status_code=200)
async def save(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, SaveForm)
    asked = _asked(form.get("language"), form.get("kind"), "", actor)
    if not form.is_valid:
        return await _index(request, actor, asked, 1, form, status=422)
    written = await _written(actor, form)
    try:
        faster = await translations.save(texts=written, language=asked[0], is_simpler=asked[1], by=actor, form=form)
    except Invalid as refusal:
        form.errors["text_1"] = refusal
        return await _index(request, actor, asked, 1, form, status=422)
    if faster:
        form.errors["conflicts"] = Invalid(translations.CHANGED)
        return await _index(request, actor, asked, 1, form, status=409, faster=faster)
    said = gettext("Saved as drafts: %(n)s. Somebody else reads them before they are shown.") % {"n": num(len(written))}
    kind = "simpler" if asked[1] else None
    return see_other(request, url(f"/c/{actor.consultation.slug}/translate", language=asked[0], kind=kind), said=said)


async def _written(actor: Actor, form: Filled[Any]) -> list[Written]:
    found = []
    for place in PLACES:
        number, text = getattr(form.data, f"number_{place}"), getattr(form.data, f"text_{place}").strip()
        if number and text:
            proposal = await proposal_for(actor, number)
            found.append(Written(proposal, text, getattr(form.data, f"version_{place}")))
    return found


@post("/c/{slug:str}/translate/approve", opt={"action": Action.TRANSLATE}, status_code=200)
async def approve(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ApproveForm)
    asked = _asked(form.get("language"), form.get("kind"), "drafts", actor)
    if not form.is_valid:
        form.refuse("chosen", N_("Please choose at least one."))
        return await _index(request, actor, asked, 1, form, status=422)
    chosen = [(int(number), int(version)) for number, version in (one.split(":") for one in form.data.chosen)]
    is_material = {"yes": True, "no": False}.get(form.data.is_material)
    with form.refusals(at="chosen"):
        n = await translations.approve(chosen=chosen, is_material=is_material, by=actor, form=form)
        said = gettext("Shown from now on: %(n)s.") % {"n": num(n)}
        kind = "simpler" if asked[1] else None
        path = url(f"/c/{actor.consultation.slug}/translate", language=asked[0], kind=kind, standing="drafts")
        return see_other(request, path, said=said)
    return await _index(request, actor, asked, 1, form, status=422)


@post("/c/{slug:str}/translate/machine", opt={"action": Action.MODERATE}, status_code=303)
async def ask_machine(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, MachineForm)
    if not form.is_valid:
        raise NotFound
    await translations.ask_machine(language=form.data.language, by=actor, form=form)
    path = url(f"/c/{actor.consultation.slug}/translate", language=form.data.language, standing="drafts")
    return see_other(request, path, said=gettext("The engine has been asked. Its drafts appear here in a while."))


@get("/c/{slug:str}/statements/{number:int}/translate/{language:str}", opt={"action": Action.TRANSLATE})
async def one(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    number: FromPath[int],
    language: FromPath[str],
    kind: Annotated[str, QueryParameter(name="kind")] = "",
) -> Response[Any]:
    proposal = await _translatable(actor, number, language, kind)
    return await _one(request, actor, proposal, language, kind == "simpler", blank())


async def _translatable(actor: Actor, number: int, language: str, kind: str) -> Proposal:
    proposal = await proposal_for(actor, number)
    if language not in LANGUAGES or (kind != "simpler" and language == proposal.language):
        raise NotFound
    return proposal


async def _one(
    request: AnyRequest,
    actor: Actor,
    proposal: Proposal,
    language: str,
    is_simpler: bool,
    form: Filled[Any],
    *,
    status: int = 200,
) -> Response[Any]:
    texts = await reading.history(actor, proposal.id, language=language, is_simpler=is_simpler)
    return page(
        request,
        "translations/show.html",
        status=status,
        actor=actor,
        proposal=proposal,
        language=language,
        language_label=LANGUAGES[language],
        is_simpler=is_simpler,
        draft=next((text for text in texts if text["status"] == "draft"), None),
        texts=[text for text in texts if text["status"] != "draft"],
        was_shown=any(text["status"] != "draft" for text in texts),
        form=form,
        max_length=MAX_TEXT,
        why_no_withdrawal=actor.why_not(Action.MODERATE),
    )


@post("/c/{slug:str}/texts/{number:int}/withdraw", opt={"action": Action.MODERATE}, status_code=200)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    text, proposal = await translations.text_for(actor, number)
    form = await read(request, WithdrawForm)
    if not form.is_valid:
        form.errors = {f"reason-{number}": Invalid(N_("Please say why in a sentence."))}
        return await _one(request, actor, proposal, text.language, text.is_simpler, form, status=422)
    await translations.withdraw(
        number=number, reason=form.data.reason, is_wrong=form.data.is_wrong, by=actor, form=form
    )
    kind = "simpler" if text.is_simpler else None
    path = f"/c/{actor.consultation.slug}/statements/{proposal.number}/translate/{text.language}"
    return see_other(request, url(path, kind=kind), said=gettext("The text is withdrawn, with your reason."))


@post("/c/{slug:str}/me/reworded/{number:int}", opt={"action": Action.VOTE}, status_code=303)
async def keep_vote(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, SeenForm)
    if not form.is_valid:
        raise Conflict(carrying.NOT_WAITING)
    await carrying.keep(proposal=proposal, seen=form.data.seen, by=actor)
    said = gettext("Your vote on statement %(number)s stays as it is.") % {"number": num(number)}
    return see_other(request, url(f"/c/{actor.consultation.slug}/me/carry"), said=said)


HANDLERS = [index, save, approve, ask_machine, one, withdraw, keep_vote]
