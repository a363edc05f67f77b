"""Downloading votes line by line, where that is possible, and why not where it is not."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.access import Actor
from app.actions import exports
from app.controllers.files import attached
from app.rendering import AnyRequest, page
from deliberation.phases import Action


@get("/c/{slug:str}/export", opt={"action": Action.EXPORT_RESULTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    refused = exports.refusal(actor.consultation) or actor.why_not(Action.EXPORT_VOTES)
    return page(request, "exports/show.html", actor=actor, refused=refused)


@post("/c/{slug:str}/export", opt={"action": Action.EXPORT_VOTES}, status_code=200)
async def download(actor: NamedDependency[Actor]) -> Response[bytes]:
    name = f"{actor.consultation.slug}.zip"
    return attached(await exports.zipped(by=actor), name, "application/zip")


HANDLERS = [show, download]
