"""Standing pages: how it works, help, accessibility, privacy."""

from __future__ import annotations

import asyncio
import hmac
from typing import Annotated, Any
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from app.analysis import consent, readers
from app.analysis.retention import KEPT
from app.documents.handbook import PAGES, handbook_page, picture
from app.language import gettext
from app.refusals import NotFound
from app.rendering import AnyRequest, page
from app.seals import sign_of
from app.settings import get_settings
from deliberation.disclosure import Attribution
from deliberation.disclosure_rules import DEFAULT
from deliberation.phases import Action


@get("/help", opt={"action": Action.SEE_SITE})
async def help_page(request: AnyRequest) -> Response[Any]:
    return page(request, "home/help.html", pages=PAGES)


@get("/help/{name:str}", opt={"action": Action.SEE_SITE})
async def handbook(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    if name not in PAGES:
        raise NotFound
    text = await asyncio.to_thread(handbook_page, name)
    return page(request, "home/handbook.html", name=name, label=gettext(PAGES[name]), pages=PAGES, text=text)


@get("/help/pictures/{name:str}", opt={"action": Action.SEE_SITE})
async def handbook_picture(name: FromPath[str]) -> Response[bytes]:
    try:
        content = await asyncio.to_thread(picture, name)
    except KeyError:
        raise NotFound from None
    return Response(content, media_type="image/png", headers={"cache-control": "public, max-age=3600"})


@get("/accessibility", opt={"action": Action.SEE_SITE})
async def accessibility(request: AnyRequest) -> Response[Any]:
    return page(request, "home/accessibility.html", contact=get_settings().privacy_contact)


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


@get("/leave", opt={"action": Action.SEE_SITE})
async def leave(
    request: AnyRequest,
    to: Annotated[str, QueryParameter(name="to")] = "",
    sign: Annotated[str, QueryParameter(name="sign")] = "",
) -> Response[Any]:
    """Which site a participant's link leads to, before anybody follows it."""
    host = urlsplit(to).netloc if to.startswith(("https://", "http://")) else ""
    if not host or not hmac.compare_digest(sign.encode(), sign_of(to).encode()):
        raise NotFound
    return page(request, "home/leave.html", to=to, host=host)


HANDLERS = [help_page, leave, handbook, handbook_picture, accessibility, privacy]
