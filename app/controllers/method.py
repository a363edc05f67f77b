"""How it works: the page that shows the rules by which everything here is done."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from app.documents import method, proof
from app.rendering import page
from deliberation.phases import Action, Role


@get("/method", opt={"action": Action.SEE_SITE})
async def show_method(request: Request[Any, Any, Any]) -> Response[str]:
    return page(
        request,
        "method/show.html",
        phases=method.phase_rows(),
        diagram=method.diagram(),
        transitions=method.transition_rows(),
        permissions=method.permission_rows(),
        roles=[method.ROLE_NAMES[role] for role in Role],
        settings=method.all_settings(),
        ladder=method.ladder_rows(),
        disclosure=method.disclosure_rows(),
        held=method.held_rows(),
        exclusion=method.exclusion_rows(),
        renewal=method.attribution_note(),
    )


@get("/verify", opt={"action": Action.SEE_SITE}, sync_to_thread=False)
def show_proof(request: Request[Any, Any, Any]) -> Response[str]:
    """What published records prove, what they do not, and how anybody checks them."""
    return page(request, "method/proof.html", rows=proof.rows())


HANDLERS = [show_method, show_proof]
