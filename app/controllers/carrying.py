"""Votes that wait for a word from who cast them: carry, drop or look again, one by one or all at once."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor, proposal_for
from app.actions import carrying
from app.analysis import carrying as reading
from app.analysis import translations
from app.forms import NOT_A_CHOICE, NoFields, read
from app.language import gettext, num
from app.refusals import N_, Invalid
from app.rendering import AnyRequest, StatusLine, page, page_or_fragment, see_other, url, wants_fragment
from deliberation.lineage import CarryAnswer
from deliberation.phases import Action

SAID = {
    CarryAnswer.CARRY: N_("Your vote counts for statement %(number)s now."),
    CarryAnswer.DROP: N_("Your vote is not carried to statement %(number)s."),
}


class CarryForm(msgspec.Struct):
    answer: CarryAnswer


@get("/c/{slug:str}/me/carry", opt={"action": Action.SEE_OWN})
async def own(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _list(request, actor)


async def _list(request: AnyRequest, actor: Actor, said: StatusLine | None = None) -> Response[Any]:
    more: dict[str, Any] = {} if said is None else {"status_line": said}
    return page_or_fragment(
        request,
        "carrying/show.html",
        "carrying/_list.html",
        actor=actor,
        waiting=await reading.waiting_of(actor),
        reworded=await translations.reworded(actor),
        refused=actor.why_not(Action.VOTE),
        is_fragment=wants_fragment(request),
        **more,
    )


@post("/c/{slug:str}/me/carry/{number:int}", opt={"action": Action.VOTE}, status_code=200)
async def answer(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[int]) -> Response[Any]:
    proposal = await proposal_for(actor, number)
    form = await read(request, CarryForm)
    if not form.is_valid:
        raise Invalid(NOT_A_CHOICE)
    await carrying.answer(proposal=proposal, said=form.data.answer, by=actor)
    base = f"/c/{actor.consultation.slug}"
    said = gettext(SAID[form.data.answer]) % {"number": num(number)}
    if wants_fragment(request):
        return await _list(request, actor, StatusLine(said))
    left = await reading.waiting_of(actor)
    return see_other(request, url(f"{base}/me/carry" if left else f"{base}/vote"), said=said)


@get("/c/{slug:str}/me/carry/all", opt={"action": Action.SEE_OWN})
async def ask_to_carry_all(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Once more, what would be carried where, before it is."""
    waiting = await reading.waiting_of(actor)
    refused = actor.why_not(Action.VOTE)
    return page(request, "carrying/all.html", actor=actor, waiting=waiting, refused=refused)


@post("/c/{slug:str}/me/carry/all", opt={"action": Action.VOTE}, status_code=303)
async def carry_all(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await read(request, NoFields)
    n = await carrying.carry_all(by=actor)
    base = f"/c/{actor.consultation.slug}"
    left = await reading.waiting_of(actor)
    said = gettext("Votes carried: %(n)s.") % {"n": num(n)}
    return see_other(request, url(f"{base}/me/carry" if left else f"{base}/vote"), said=said)


HANDLERS = [own, answer, ask_to_carry_all, carry_all]
