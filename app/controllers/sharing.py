"""What leaves the site: a calendar of rounds, a feed of what became public, a poster, a result in another's page."""

from __future__ import annotations

from typing import Any

import segno
from litestar import Response, get
from litestar.di import NamedDependency

from app.access import Actor
from app.analysis import overview, results, results_views, sharing
from app.analysis.results import Standing
from app.controllers.files import attached
from app.documents.calendar import calendar_of
from app.front import CONTENT_POLICY
from app.refusals import N_, Denied
from app.rendering import AnyRequest, absolute, page, render
from app.settings import get_settings
from deliberation.phases import Action

N_STATEMENTS = 3
"""Of each kind, in another's page and on the wall."""


@get("/c/{slug:str}/calendar.ics", opt={"action": Action.SEE_CONSULTATION})
async def calendar(actor: NamedDependency[Actor]) -> Response[bytes]:
    text = calendar_of(actor.consultation, actor.rounds, made_at=actor.now)
    return attached(text.encode(), f"{actor.consultation.slug}.ics", "text/calendar")


@get("/c/{slug:str}/feed.atom", opt={"action": Action.SEE_CONSULTATION})
async def feed(actor: NamedDependency[Actor]) -> Response[bytes]:
    entries = await sharing.entries_of(actor)
    base = get_settings().base_url
    text = render(
        "sharing/feed.atom",
        actor=actor,
        entries=entries,
        base_url=base,
        updated=entries[0].at if entries else actor.consultation.created_at,
    )
    return Response(text.encode(), media_type="application/atom+xml")


def square_of(actor: Actor) -> str:
    """The consultation's address as a picture that a telephone reads; `src` of an image."""
    return segno.make(absolute(f"/c/{actor.consultation.slug}"), error="m").svg_data_uri(
        scale=10, border=4, light="white"
    )


@get("/c/{slug:str}/poster", opt={"action": Action.SEE_CONSULTATION})
async def poster(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "sharing/poster.html",
        actor=actor,
        square=square_of(actor),
        address=absolute(f"/c/{actor.consultation.slug}"),
    )


@get("/c/{slug:str}/present", opt={"action": Action.SEE_CONSULTATION})
async def present(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """For the wall of a room: what is going on, how to come in, and what the votes say once they may say it."""
    return page(
        request,
        "sharing/present.html",
        actor=actor,
        about=await overview.of(actor),
        square=square_of(actor),
        address=absolute(f"/c/{actor.consultation.slug}"),
        found=await _found(actor),
        n_statements=N_STATEMENTS,
    )


@get("/c/{slug:str}/embed", opt={"action": Action.SEE_RESULTS})
async def embed(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """The result for a page of another site; who may show it stands in the settings, and nobody is signed in there."""
    allowed = get_settings().embedded_by
    if not allowed:
        raise Denied(N_("Results are not shown inside other sites here. An operator can allow it."))
    answer = page(
        request,
        "sharing/embed.html",
        actor=actor,
        address=absolute(f"/c/{actor.consultation.slug}") + "/results",
        found=await _found(actor),
        n_statements=N_STATEMENTS,
    )
    policy = CONTENT_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(allowed)}")
    answer.headers |= {"content-security-policy": policy, "x-frame-options": "SAMEORIGIN"}
    return answer


async def _found(actor: Actor) -> Any:
    """The released results as they stand, where this reader may see any."""
    if actor.why_not(Action.SEE_RESULTS) is not None:
        return None
    try:
        sight = await results.look(actor)
    except Denied:  # a round whose results open when it closes
        return None
    if sight.analysis is None or sight.standing is not Standing.READY:
        return None
    return await results_views.page_of(actor, sight.analysis)


HANDLERS = [calendar, feed, poster, present, embed]
