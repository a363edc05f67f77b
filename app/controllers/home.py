"""Standing pages: how it works, help, accessibility, privacy."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from app.rendering import page
from deliberation.phases import Action

AnyRequest = Request[Any, Any, Any]


@get("/help", opt={"action": Action.SEE_SITE})
async def help_page(request: AnyRequest) -> Response[Any]:
    return page(request, "home/help.html")


@get("/accessibility", opt={"action": Action.SEE_SITE})
async def accessibility(request: AnyRequest) -> Response[Any]:
    return page(request, "home/accessibility.html")


@get("/privacy", opt={"action": Action.SEE_SITE})
async def privacy(request: AnyRequest) -> Response[Any]:
    return page(request, "home/privacy.html")


HANDLERS = [help_page, accessibility, privacy]
