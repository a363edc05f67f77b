"""The results of a consultation, where one statement lands on them, and the stream that says when they changed."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent
from markupsafe import Markup

from app import live
from app.access import Actor
from app.actions import analyses
from app.analysis import results, results_views
from app.analysis.exclusion_words import sentence_of
from app.analysis.results import Sight, Standing, Stored
from app.analysis.results_reading import Landed, Results
from app.analysis.results_units import VIEWS
from app.analysis.results_views import Kept
from app.language import current_locale
from app.rendering import AnyRequest, fragment, page_or_fragment, render, see_other, url, wants_fragment
from deliberation.disclosure import release_day
from deliberation.phases import Action

Number = Annotated[str, QueryParameter(name="s")]
View = Annotated[str, QueryParameter(name="view")]
N_DIGITS = 9


def _asked(number: str) -> int | None:
    """The number of a statement as far as it is one."""
    return int(number) if number.isascii() and number.isdigit() and len(number) <= N_DIGITS else None


@get("/c/{slug:str}/results", opt={"action": Action.SEE_RESULTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], s: Number = "", view: View = "") -> Response[Any]:
    sight = await results.look(actor)
    if sight.unfrozen is not None:
        await analyses.ask_for_freeze(sight.unfrozen.id)
    return page_or_fragment(
        request, "results/show.html", "results/_results.html", actor=actor, **await _context(actor, sight, s, view)
    )


async def _context(actor: Actor, sight: Sight, s: str, view: str) -> dict[str, Any]:
    stored, built, landed, own = sight.analysis, None, None, None
    if stored is not None and sight.standing is Standing.READY:
        built = await results_views.page_of(actor, stored)
    if stored is not None and built is not None:
        first = [line.text.number for line in (*built.divides, *built.common)][:1]
        number = _asked(s) or (first[0] if first else None)
        landed = None if number is None else await results_views.landed_of(actor, stored, number)
        own = await results_views.own_group(actor, stored)
    changes = sight.standing in (Standing.WORKING, Standing.NOBODY, Standing.TOO_FEW) or (
        stored is not None and (stored.kind == "live" or stored.evidence == "quick")
    )
    view = view if view in VIEWS else ""
    standing = Standing.WORKING if sight.standing is Standing.READY and built is None else sight.standing
    return {
        "standing": standing.value,
        "stored": stored,
        "day": release_day(stored.votes_until).day if stored else None,
        "results": built,
        "left_out": await sentence_of(actor, stored.id) if stored else "",
        "body": await _body(actor, stored, built, landed, own, view),
        "view": view,
        "changes": changes,
        "waits": standing is Standing.WORKING or (stored is not None and stored.evidence == "quick"),
    }


_bodies: Kept[Markup] = Kept(64)


async def _body(
    actor: Actor, stored: Stored | None, built: Results | None, landed: Landed | None, own: str | None, view: str
) -> Markup:
    """The page as rendered for readers like this one; it holds no form that changes anything, so no reader's token."""
    if stored is None or built is None:
        return Markup()
    number = str(landed.text.number) if landed else ""
    key = (*await results_views.key_of(actor, stored), current_locale(), number, str(own), view)
    found = _bodies.get(key)
    if found is not None:
        return found
    context: dict[str, Any] = {"actor": actor, "stored": stored, "results": built, "landed": landed, "own_group": own}
    context["units"] = await results_views.view_of(actor, stored, view) if view else None
    # The templates escape what they show; this is their own output.
    return _bodies.put(key, Markup(await asyncio.to_thread(render, "results/_body.html", **context)))  # noqa: S704  a template's


@get("/c/{slug:str}/results/lands", opt={"action": Action.SEE_RESULTS})
async def lands(request: AnyRequest, actor: NamedDependency[Actor], s: Number = "") -> Response[Any]:
    """The part of the page that shows one statement; without htmx the page itself."""
    number = _asked(s)
    if not wants_fragment(request):
        return see_other(request, url(f"/c/{actor.consultation.slug}/results", s=number))
    sight = await results.look(actor)
    landed, built = None, None
    if sight.analysis is not None and sight.standing is Standing.READY and number is not None:
        built = await results_views.page_of(actor, sight.analysis)
        landed = await results_views.landed_of(actor, sight.analysis, number)
    return fragment(request, "results/_lands.html", actor=actor, results=built, landed=landed)


@get("/live/{slug:str}", opt={"action": Action.SEE_RESULTS})
async def stream(actor: NamedDependency[Actor]) -> ServerSentEvent:
    """Says that another analysis is there, and nothing of what it holds; open to those who may see the results."""
    await results.look(actor)
    return ServerSentEvent(
        live.updates(f"results:{actor.consultation.id}"),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


HANDLERS = [show, lands, stream]
