"""What policy-makers read: a coalition's brief on one page, and by owner what would have to be moved."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.analysis import commitments as reading
from app.controllers.files import attached
from app.documents import briefs
from app.rendering import AnyRequest, page
from app.taxonomies import barriers as barrier_terms
from deliberation.phases import Action


@get("/c/{slug:str}/coalitions/{number:int}/brief", opt={"action": Action.SEE_COMMITMENTS})
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    coalition, _ = await reading.coalition_for(actor, number)
    return page(
        request,
        "commitments/brief.html",
        actor=actor,
        coalition=coalition,
        brief=await reading.brief_of(coalition),
        kind_of=briefs.kind_of,
        amount_of=briefs.amount_of,
        addressee_of=briefs.addressee_of,
    )


@get("/c/{slug:str}/coalitions/{number:int}/brief.md", opt={"action": Action.SEE_COMMITMENTS})
async def as_markdown(actor: NamedDependency[Actor], number: FromPath[int]) -> Response[str]:
    coalition, _ = await reading.coalition_for(actor, number)
    text = briefs.markdown(await reading.brief_of(coalition))
    return attached(text, f"{actor.consultation.slug}-brief-{coalition.number}.md", "text/markdown; charset=utf-8")


@get("/c/{slug:str}/barriers", opt={"action": Action.SEE_COMMITMENTS})
async def show_barriers(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(
        request,
        "commitments/barriers.html",
        actor=actor,
        owners=reading.by_owner(await reading.barriers_in(actor.consultation.id)),
        today=actor.now.date(),
        term=barrier_terms.label,
    )


@get("/c/{slug:str}/barriers.csv", opt={"action": Action.SEE_COMMITMENTS})
async def barriers_as_csv(actor: NamedDependency[Actor]) -> Response[str]:
    text = briefs.recommendations(await reading.barriers_in(actor.consultation.id))
    return attached(text, f"{actor.consultation.slug}-recommendations.csv", "text/csv; charset=utf-8")


HANDLERS = [show, as_markdown, show_barriers, barriers_as_csv]
