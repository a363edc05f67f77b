"""The glossary: words explained, for everybody to read, and for an office to write."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import MAX_NUMBER, Actor
from app.actions import glossary
from app.analysis import glossary as reading
from app.forms import Filled, NoFields, blank, read
from app.language import LANGUAGES, gettext
from app.refusals import Conflict, Invalid, NotFound
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action


class TermForm(msgspec.Struct):
    term: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]
    explanation: Annotated[str, msgspec.Meta(min_length=3, max_length=400)]
    language: Annotated[str, msgspec.Meta(max_length=8)]


@get("/c/{slug:str}/glossary", opt={"action": Action.SEE_STATEMENTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _page(request, actor, blank(language=actor.consultation.language))


async def _page(request: AnyRequest, actor: Actor, form: Filled[Any], *, status: int = 200) -> Response[Any]:
    return page(
        request,
        "glossary/show.html",
        status=status,
        actor=actor,
        terms=await reading.terms_of(actor),
        form=form,
        names=LANGUAGES,
        language_options=list(LANGUAGES.items()),
        may_keep=actor.may(Action.KEEP_GLOSSARY),
    )


@post("/c/{slug:str}/glossary", opt={"action": Action.KEEP_GLOSSARY}, status_code=200)
async def keep(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, TermForm)
    if not form.is_valid:
        return await _page(request, actor, form, status=422)
    given = form.data
    try:
        await glossary.keep(
            term=given.term,
            explanation=given.explanation,
            language=given.language,
            version=form.version or 0,
            by=actor,
            form=form,
        )
    except Invalid as refusal:
        form.errors[refusal.field or "term"] = refusal
        return await _page(request, actor, form, status=422)
    except Conflict as refusal:
        if refusal.message != glossary.CHANGED:
            raise
        form.errors["term"] = Invalid(refusal.message)
        return await _page(request, actor, form, status=409)
    said = gettext("The word is in the glossary.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/glossary"), said=said)


@post("/c/{slug:str}/glossary/{number:int}/drop", opt={"action": Action.KEEP_GLOSSARY}, status_code=303)
async def drop(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    form = await read(request, NoFields)
    if not 0 <= number <= MAX_NUMBER:
        raise NotFound
    await glossary.drop(number=number, by=actor, form=form)
    said = gettext("The word is not in the glossary any more.")
    return see_other(request, url(f"/c/{actor.consultation.slug}/glossary"), said=said)


HANDLERS = [show, keep, drop]
