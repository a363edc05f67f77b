"""Signing the curated slate: what is signed on one page, two persons, publication."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.access import Actor
from app.actions import curation
from app.analysis import curation as reading
from app.analysis import holding
from app.controllers.curation import shown
from app.forms import NoFields, read
from app.language import gettext
from app.refusals import N_, Conflict, Denied, Invalid, NotFound
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action


@get("/c/{slug:str}/desk/publish", opt={"action": Action.SIGN_SLATE})
async def confirm(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _confirm(request, actor)


async def _confirm(
    request: AnyRequest, actor: Actor, *, status: int = 200, refusal: Invalid | Conflict | None = None
) -> Response[Any]:
    is_curator = actor.why_not(Action.CURATE) is None
    if not is_curator and not await reading.asked_to_sign(actor):
        raise Denied(N_("Only curators and a participant drawn by lot can sign the slate."))
    assert actor.round is not None
    draft = await reading.draft_of_round(actor.round)
    if draft is None:
        raise NotFound
    frozen = await reading.frozen_of(draft.analysis)
    mine = actor.person is not None and any(one.account == actor.person.id for one in draft.signatures)
    return page(
        request,
        "curation/publish.html",
        status=status,
        actor=actor,
        draft=draft,
        is_curator=is_curator,
        is_mine=mine,
        is_second=bool(draft.signatures) and not mine,
        has_lot=await reading.drawn_by_lot(actor, draft) is not None,
        is_one_meeting=reading.is_one_meeting(actor),
        role_names={code: gettext(name) for code, name in ROLE_NAMES.items()},
        refusal=refusal,
        held=await holding.held(actor.consultation.id),
        **await shown(actor, frozen, draft),
    )


ROLE_NAMES = {
    "convenor": N_("a convenor"),
    "curator": N_("a curator"),
    "participant": N_("a participant drawn by lot"),
}


@post("/c/{slug:str}/desk/signatures", opt={"action": Action.SIGN_SLATE}, status_code=200)
async def sign(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    try:
        is_published = await curation.sign(version=form.version, by=actor, form=form)
    except (Invalid, Conflict) as refusal:
        if isinstance(refusal, Conflict) and not await _may_look(actor):
            raise
        return await _confirm(request, actor, status=refusal.status, refusal=refusal)
    base = f"/c/{actor.consultation.slug}"
    if not is_published:
        said = gettext("You have signed. The slate is published when a second person signs the same version.")
        return see_other(request, url(f"{base}/desk/publish"), said=said)
    rest = "/slates" if actor.may(Action.SEE_SLATES) else ""
    return see_other(request, url(base + rest), said=gettext("Signed by two persons: the slate is published."))


async def _may_look(actor: Actor) -> bool:
    return actor.may(Action.CURATE) or await reading.asked_to_sign(actor)


@post("/c/{slug:str}/desk/draw", opt={"action": Action.CURATE}, status_code=303)
async def draw_again(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    await curation.draw_again(version=form.version, by=actor, form=form)
    path = url(f"/c/{actor.consultation.slug}/desk/publish")
    return see_other(request, path, said=gettext("Another participant has been drawn."))


HANDLERS = [confirm, sign, draw_again]
