"""Standing pages: how it works, help, accessibility, privacy."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from app.analysis import consent, readers
from app.analysis.retention import KEPT
from app.rendering import page
from app.settings import get_settings
from deliberation.disclosure import Attribution
from deliberation.disclosure_rules import DEFAULT
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
    settings = get_settings()
    return page(
        request,
        "home/privacy.html",
        fewest=consent.fewest(Attribution.CHATHAM_HOUSE),
        moved=DEFAULT.fewest_moved,
        readers=readers.READERS.values(),
        rows=list(readers.rows()),
        kept=KEPT,
        contact=settings.privacy_contact,
        policy=settings.privacy_policy,
    )


HANDLERS = [help_page, accessibility, privacy]
