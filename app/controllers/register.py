"""What coalitions undertook, in the fields of the United Nations' registers: JSON and CSV for everybody."""

from __future__ import annotations

import json

from litestar import MediaType, Response, get
from litestar.di import NamedDependency

from app.access import Actor
from app.analysis.partnering import undertaken_in
from app.controllers.files import attached
from app.documents import register
from app.rendering import absolute
from deliberation.phases import Action


@get("/c/{slug:str}/register.json", opt={"action": Action.SEE_COMMITMENTS})
async def as_json(actor: NamedDependency[Actor]) -> Response[str]:
    found = register.as_json(
        await undertaken_in(actor), title=actor.consultation.title, base=absolute(f"/c/{actor.consultation.slug}")
    )
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return attached(text, f"{actor.consultation.slug}-register.json", MediaType.JSON)


@get("/c/{slug:str}/register.csv", opt={"action": Action.SEE_COMMITMENTS})
async def as_csv(actor: NamedDependency[Actor]) -> Response[str]:
    text = register.as_csv(await undertaken_in(actor), base=absolute(f"/c/{actor.consultation.slug}"))
    return attached(text, f"{actor.consultation.slug}-register.csv", "text/csv; charset=utf-8")


HANDLERS = [as_json, as_csv]
