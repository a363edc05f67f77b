"""Duplicates as families: statements that say the same are joined, and taken out again."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import MAX_NUMBER, Actor, proposal_for
from app.actions import families
from app.controllers.moderation import ASKED, Asked, carry_out, other_statement
from app.forms import NoFields, read
from app.language import gettext
from app.rendering import AnyRequest, see_other, url
from app.tables.proposals import Proposal
from deliberation.phases import Action


class JoinForm(msgspec.Struct):
    into: Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]


@post("/c/{slug:str}/moderate/{number:int}/join", opt={"action": Action.MODERATE}, dependencies=ASKED, status_code=200)
async def join(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int], asked: NamedDependency[Asked]
) -> Response[Any]:
    form = await read(request, JoinForm)

    async def carry(proposal: Proposal) -> None:
        into = await other_statement(actor, form.data.into)
        await families.join(proposal=proposal, into=into, by=actor, form=form)

    return await carry_out(request, actor, asked, number, "join", form, carry)


async def _separate(request: AnyRequest, actor: Actor, number: int) -> Response[Any]:
    form = await read(request, NoFields)
    await families.separate(proposal=await proposal_for(actor, number), by=actor, form=form)
    back = url(f"/c/{actor.consultation.slug}/statements/{number}")
    return see_other(request, back, said=gettext("The statement stands for itself again."))


@post("/c/{slug:str}/moderate/{number:int}/separate", opt={"action": Action.MODERATE}, status_code=303)
async def undo(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _separate(request, actor, number)


@post("/c/{slug:str}/statements/{number:int}/separate", opt={"action": Action.ANSWER_MERGE}, status_code=303)
async def leave(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    return await _separate(request, actor, number)


HANDLERS = [join, undo, leave]
