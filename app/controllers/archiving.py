"""Archiving a consultation: what ends with it, and when nothing leads to its participants any more."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.access import Actor
from app.actions import retention
from app.analysis.retention import days
from app.forms import NoFields, read
from app.language import gettext
from app.rendering import AnyRequest, page, see_other, url
from deliberation.phases import Action


@get("/c/{slug:str}/convene/archive", opt={"action": Action.ARCHIVE})
async def ask_to_archive(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(request, "convene/archive.html", actor=actor, days=days("links"))


@post("/c/{slug:str}/convene/archive", opt={"action": Action.ARCHIVE}, status_code=200)
async def archive(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, NoFields)
    await retention.archive(by=actor, form=form)
    return see_other(request, url(f"/c/{actor.consultation.slug}"), said=gettext("This consultation is archived."))


HANDLERS = [ask_to_archive, archive]
