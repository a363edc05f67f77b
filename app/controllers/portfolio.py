"""The convenor's view of all coalitions together."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from app.access import Actor
from app.analysis.portfolio import portfolio_of
from app.controllers.coalitions import STATUS_NAMES
from app.language import gettext
from app.rendering import page
from app.taxonomies import cards, commitments, constituencies, regions
from deliberation.phases import Action
from deliberation.portfolio import Part


@get("/c/{slug:str}/coalitions/overview", opt={"action": Action.FORM_COALITION})
async def overview(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    found = await portfolio_of(actor)
    return page(
        request,
        "coalitions/overview.html",
        actor=actor,
        found=found,
        titles={one.number: one.title for one in found.forming},
        status_names=STATUS_NAMES,
        roles=[(part.value, gettext(commitments.label(part.value))) for part in Part],
        label=lambda code: gettext(constituencies.label(code)),
        region_name=lambda code: gettext(regions.label(code)),
        kind_name=lambda code: gettext(cards.label(code)),
    )


HANDLERS = [overview]
