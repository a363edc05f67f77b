"""Partners who fit, and contacts shared where both sides agree."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import contacts
from app.analysis import contacts as bridge
from app.analysis.cards import own_card
from app.controllers.cards import words
from app.forms import NoFields, read
from app.language import gettext
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action


@get("/c/{slug:str}/partners", opt={"action": Action.SEE_OWN})
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    assert actor.participant is not None
    return page(
        request,
        "cards/partners.html",
        actor=actor,
        has_card=await own_card(actor.participant.id) is not None,
        fits=await bridge.fits_of(actor),
        words=words(),
        days=contacts.LIFE.days,
        refused=actor.why_not(Action.SHARE_CONTACT),
    )


def _back(actor: Actor) -> str:
    return url(f"/c/{actor.consultation.slug}/partners")


@post("/c/{slug:str}/partners/{card_id:uuid}/share", opt={"action": Action.SHARE_CONTACT}, status_code=303)
async def share(request: AnyRequest, actor: NamedDependency[Actor], card_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, NoFields)
    if await contacts.share(card=card_id, by=actor, form=form):
        said = gettext("Both of you have said so: you see each other's name and address now.")
    else:
        said = gettext("Said. Your contact is shared only if they say so too; you can take it back until then.")
    return see_other(request, _back(actor), said=said)


@post("/c/{slug:str}/partners/{card_id:uuid}/decline", opt={"action": Action.SHARE_CONTACT}, status_code=303)
async def decline(request: AnyRequest, actor: NamedDependency[Actor], card_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, NoFields)
    await contacts.decline(card=card_id, by=actor, form=form)
    return see_other(request, _back(actor), said=gettext("You have declined. That is free, and nobody is told."))


@post("/c/{slug:str}/partners/{card_id:uuid}/withdraw", opt={"action": Action.SHARE_CONTACT}, status_code=303)
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor], card_id: FromPath[UUID]) -> Response[Any]:
    form = await read(request, NoFields)
    await contacts.withdraw(card=card_id, by=actor, form=form)
    return see_other(request, _back(actor), said=gettext("Taken back. Your contact is not shown to them."))


HANDLERS = [index, share, decline, withdraw]
