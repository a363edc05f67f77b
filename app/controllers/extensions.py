"""A later closing time for an open round: one person asks for it, a second one confirms it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.access import Actor
from app.actions import rounds as acting
from app.analysis.rounds import lasting
from app.controllers.rounds import moment_typed
from app.forms import NOT_A_CHOICE, blank, read
from app.language import gettext
from app.refusals import N_, Invalid
from app.rendering import AnyRequest, page, see_other, url
from app.tables.rounds import Extension
from deliberation.phases import Action


class ExtendForm(msgspec.Struct):
    closes_date: Annotated[str, msgspec.Meta(max_length=10)]
    closes_time: Annotated[str, msgspec.Meta(max_length=5)]
    reason: Annotated[str, msgspec.Meta(min_length=8, max_length=500)]


class AnswerForm(msgspec.Struct):
    agrees: Annotated[str, msgspec.Meta(max_length=4)]


@get("/c/{slug:str}/convene/extend", opt={"action": Action.EXTEND_ROUND})
async def write_extension(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    assert actor.round is not None
    there = actor.round.closes_at.astimezone(ZoneInfo(actor.consultation.zone)) + timedelta(days=1)
    form = blank(closes_date=there.strftime("%Y-%m-%d"), closes_time=there.strftime("%H:%M"))
    return page(request, "convene/extend.html", actor=actor, form=form)


@post("/c/{slug:str}/convene/extend", opt={"action": Action.EXTEND_ROUND}, status_code=200)
async def ask_to_extend(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read(request, ExtendForm)
    if form.is_valid:
        assert actor.round is not None
        try:
            closes_at = moment_typed(form.data.closes_date, form.data.closes_time, actor.consultation.zone)
            await acting.ask_to_extend(
                round_id=actor.round.id, closes_at=closes_at, reason=form.data.reason, by=actor, form=form
            )
            said = gettext(
                "A second person is asked. The round closes later once another convenor or a moderator agrees."
            )
            return see_other(request, url(f"/c/{actor.consultation.slug}/convene"), said=said)
        except (ValueError, OverflowError):
            form.refuse("closes_date", N_("Please give a day and a time of day."))
        except Invalid as refusal:
            form.errors["closes_date"] = refusal
    return page(request, "convene/extend.html", status=422, actor=actor, form=form)


@get("/c/{slug:str}/extension", opt={"action": Action.CONFIRM_EXTENSION})
async def read_extension(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return _extension_page(request, actor, await acting.waiting_extension(actor.round))


def _extension_page(
    request: AnyRequest, actor: Actor, asked: Extension | None, *, refused: Invalid | None = None
) -> Response[Any]:
    is_own = asked is not None and actor.person is not None and asked.asked_by == actor.person.id
    shift = None
    if asked is not None and actor.round is not None:
        shift = acting.shift_of_later(actor.rounds, actor.round, asked.closes_at)
    return page(
        request,
        "convene/extension.html",
        status=422 if refused else 200,
        actor=actor,
        asked=asked,
        is_own=is_own,
        moves=lasting(shift) if shift else "",
        own_refused=acting.SECOND_PERSON if is_own else None,
        errors={} if refused is None else {"closes_at": refused},
    )


@post("/c/{slug:str}/extension/{extension_id:uuid}", opt={"action": Action.CONFIRM_EXTENSION}, status_code=200)
async def answer_extension(
    request: AnyRequest, actor: NamedDependency[Actor], extension_id: FromPath[UUID]
) -> Response[Any]:
    form = await read(request, AnswerForm)
    if form.data.agrees not in {"yes", "no"}:
        raise Invalid(NOT_A_CHOICE)
    agrees = form.data.agrees == "yes"
    try:
        await acting.answer_extension(extension=extension_id, agrees=agrees, by=actor, form=form)
    except Invalid as refusal:
        return _extension_page(request, actor, await acting.waiting_extension(actor.round), refused=refusal)
    said = (
        gettext("The round closes later; everybody can read why.")
        if agrees
        else gettext("The closing time stays as it is.")
    )
    return see_other(request, url(f"/c/{actor.consultation.slug}"), said=said)


HANDLERS = [write_extension, ask_to_extend, read_extension, answer_extension]
